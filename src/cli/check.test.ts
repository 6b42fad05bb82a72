/** Histories at the command line: a run writes one, and whoever has the file alone judges it. */
import { describe, expect, it } from 'vitest';
import { EXIT_HELD, EXIT_USAGE, EXIT_VACUOUS, EXIT_VIOLATED } from './exit-codes.ts';
import { MemoryOutside } from './memory-outside.ts';

const HEADER = '{"format":"harrow.history/1"}';

/** Judges a history of `lines` under a header. */
function checked(lines: readonly string[], ...argv: string[]): { readonly outside: MemoryOutside; readonly code: number } {
  const outside = new MemoryOutside();
  outside.files.set('h.ndjson', [HEADER, ...lines].join('\n'));
  return { outside, code: outside.run('check', 'h.ndjson', ...argv) };
}

const poll = (time: number, process: string, records: string): string => `{"type":"ok","process":"${process}","f":"poll","time":${time},"value":[["poll",{"orders-0":${records}}]]}`;

describe('harrow check', () => {
  it('judges what harrow run --history wrote, and says what was compared', () => {
    const outside = new MemoryOutside();
    expect(outside.run('run', 'quickstart', '--seed', '5', '--quiet', '--history', 'h.ndjson')).toBe(EXIT_HELD);
    expect(outside.out).toContain('history h.ndjson');
    expect(outside.run('check', 'h.ndjson')).toBe(EXIT_HELD);
    expect(outside.out).toMatch(/h\.ndjson {2}[\d,]+ operations, quickstart, seed 5/);
    expect(outside.out).toContain('lost-write');
    expect(outside.out).toContain('HELD: ');
  });

  it('ends with 1 and evidence when something is wrong, and gives the same as JSON', () => {
    const lines = [poll(1, 'a', '[[0,"x"],[1,"y"]]'), poll(2, 'b', '[[0,"z"]]')];
    const { outside, code } = checked(lines);
    expect(code).toBe(EXIT_VIOLATED);
    expect(outside.out).toContain('offset 0 of orders-0 had "x" and "z"');
    expect(outside.out).toContain('VIOLATED: inconsistent-offsets');
    const asJson = checked(lines, '--json');
    expect(asJson.code).toBe(EXIT_VIOLATED);
    expect(JSON.parse(asJson.outside.out)).toMatchObject({ format: 'harrow.check/1', history: 'h.ndjson', operations: 2, verdict: 'violated' });
  });

  it('is vacuous when nothing that could be wrong was compared', () => {
    expect(checked(['{"type":"info","process":"a","f":"crash","time":1}']).code).toBe(EXIT_VACUOUS);
  });

  it('names mistakes by file, line and nearest name, and a file that is not there', () => {
    const { outside, code } = checked([poll(1, 'a', '[[0,"x"]]'), '{"type":"ok","process":"a","f":"pol","time":2}']);
    expect(code).toBe(EXIT_USAGE);
    expect(outside.err).toContain('h.ndjson:3:1');
    expect(outside.err).toContain('did you mean "poll"?');
    expect(outside.run('check', 'other.ndjson')).toBe(EXIT_USAGE);
    expect(outside.err).toContain('no history "other.ndjson"');
  });

  it('writes the history in the shape of Jepsen, too', () => {
    const { outside } = checked([poll(1, 'a', '[[0,"x"]]')], '--edn', 'h.edn');
    expect(outside.files.get('h.edn')).toContain(':f :poll, :value [[:poll {"orders-0" [[0 "x"]]}]]');
    const piped = checked([poll(1, 'a', '[[0,"x"]]')], '--edn', '-');
    expect(piped.outside.out.startsWith(outside.files.get('h.edn') as string)).toBe(true);
    expect(piped.outside.files.has('-')).toBe(false);
    expect(checked([], '--edn', '-', '--json').code).toBe(EXIT_USAGE);
  });
});
