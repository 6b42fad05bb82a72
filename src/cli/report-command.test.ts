/** Reports at the command line, around the real simulator: a file in which the run can be read back. */
import { inflateRawSync, deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodeModel } from '../report/model/codec.ts';
import type { RunModel } from '../report/model/model.ts';
import { DATA_PLACE } from '../report/html.ts';
import { execute } from '../scenarios/run.ts';
import type { RunResult } from '../scenarios/run-record.ts';
import { MemoryOutside } from './memory-outside.ts';

/** With a page to put data into, which is deflated as it is outside. */
class PageOutside extends MemoryOutside {
  override reportPage(): string {
    return `<html>${DATA_PLACE}</html>`;
  }

  override deflate(bytes: Uint8Array): Uint8Array {
    return deflateRawSync(bytes);
  }
}

/** An outside with the record of a short run in it. */
function withRecord(): { outside: PageOutside; record: string } {
  const outside = new PageOutside();
  outside.run('run', 'quickstart', '--seed', '5', '--quiet', '--duration', '20s');
  const record = [...outside.files.keys()].find((path) => path.endsWith('.json') && !path.endsWith('latest.json')) as string;
  return { outside, record };
}

function modelsIn(html: string): RunModel[] {
  return [...html.matchAll(/<script type="application\/x-harrow-run">([A-Za-z0-9+/=]+)<\/script>/g)].map((match) => decodeModel(inflateRawSync(Buffer.from(match[1] as string, 'base64'))));
}

describe('harrow report', () => {
  it('replays the record and writes one HTML file beside it, from which the run can be read', () => {
    const { outside, record } = withRecord();
    expect(outside.run('report', record, '--quiet')).toBe(0);
    const html = record.replace('.json', '.html');
    expect(outside.out).toBe(`report  ${html}\n`);
    const { result } = JSON.parse(outside.files.get(record) as string) as { result: RunResult };
    const [model] = modelsIn(outside.files.get(html) as string);
    expect(model?.meta.digest).toBe(result.digest);
    expect(model?.tables.messages.rows).toBe(result.messages);
    expect(model?.tables.sends.rows).toBeGreaterThan(0);
    expect(outside.opened).toEqual([]);
  });

  it('shows two runs in one file, and opens it where that is asked for', () => {
    const { outside, record } = withRecord();
    expect(outside.run('report', record, record, '--quiet', '--output', 'both.html', '--open')).toBe(0);
    expect(modelsIn(outside.files.get('both.html') as string)).toHaveLength(2);
    expect(outside.opened).toEqual(['both.html']);
    expect(outside.run('report', record, '--quiet', '--output', '-')).toBe(64);
    expect(outside.files.has('-')).toBe(false);
    // Without --output it leaves the report of the one run alone.
    outside.files.set('elsewhere/other.json', outside.files.get(record) as string);
    outside.run('report', record, 'elsewhere/other.json', '--quiet');
    expect(outside.out).toBe(`report  ${record.replace('.json', '.vs.other.html')}\n`);
  });

  it('comes with a run that asks for it', () => {
    const outside = new PageOutside();
    outside.run('run', 'quickstart', '--seed', '5', '--quiet', '--duration', '20s', '--report', '--json');
    const html = [...outside.files.keys()].find((path) => path.endsWith('.html')) as string;
    expect(JSON.parse(outside.out)).toMatchObject({ report: html });
  });

  it('a replay that comes out differently is a bug of ours, and makes no report but with --force', () => {
    const { outside, record } = withRecord();
    outside.execute = (request) => ({ ...execute(request), digest: 'f'.repeat(16) });
    expect(outside.run('report', record, '--quiet')).toBe(70);
    expect(outside.err).toContain('the replay came to digest ffff');
    expect([...outside.files.keys()].some((path) => path.endsWith('.html'))).toBe(false);
    expect(outside.run('report', record, '--quiet', '--force')).toBe(0);
  });

  it('says what it misses', () => {
    const outside = new PageOutside();
    expect(outside.run('report', 'nowhere.json')).toBe(64);
    expect(outside.err).toContain('no run record "nowhere.json"');
  });
});
