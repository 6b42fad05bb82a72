/** Stories at the command line: one flag puts the fix on, and the report says how it came out. */
import { describe, expect, it } from 'vitest';
import { parseRunRecord } from '../scenarios/run-record-file.ts';
import type { RunRecord } from '../scenarios/run-record.ts';
import { MemoryOutside } from './memory-outside.ts';

class TestOutside extends MemoryOutside {
  get record(): RunRecord {
    const parsed = parseRunRecord('latest.json', this.files.get('reports/runs/latest.json') ?? '');
    if ('problems' in parsed) throw new Error(parsed.problems[0]?.message);
    return parsed.value;
  }
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ');

describe('a story', () => {
  it('that comes out as its source describes says so, and is violated all the same', () => {
    const outside = new TestOutside();
    expect(outside.run('run', 'kip_101_loss')).toBe(1);
    expect(oneLine(outside.out)).toMatch(/VIOLATED: acknowledged-records-survive.* As told: A follower truncates .* is lost\. \(KIP-101, scenario 1\) $/);
  });

  it('does not with the fix on, which is one flag, and part of the record', () => {
    const outside = new TestOutside();
    expect(outside.run('run', 'kip_101_loss', '--profile', '0.11')).toBe(0);
    expect(oneLine(outside.out)).toContain('Not as told: acknowledged-records-survive was not violated;');
    expect(outside.record).toMatchObject({ verdict: 'held', scenario: { profile: '0.11', story: { source: 'KIP-101, scenario 1' } } });
    expect(outside.run('replay', 'reports/runs/latest.json')).toBe(0);
  });

  it('whose loss Kafka allows is told by what was given away', () => {
    const outside = new TestOutside();
    expect(outside.run('run', 'kip_966_last_replica_standing')).toBe(0);
    expect(outside.out).toContain('As told: ');
    expect(outside.run('run', 'kip_966_last_replica_standing', '--profile', '4.1')).toBe(0);
    expect(oneLine(outside.out)).toContain('Not as told: acknowledged-records-survive gave nothing away.');
  });

  it('reverts the rules that it names, unless it is told not to, and others besides', () => {
    const outside = new TestOutside();
    expect(outside.run('run', 'kip_497_maximal_isr')).toBe(1);
    expect(outside.record.mutants).toEqual(['minimal-isr']);
    expect(outside.run('run', 'kip_497_maximal_isr', '--mutant', 'none')).toBe(0);
    expect(outside.record.mutants).toEqual([]);
    outside.run('run', 'kip_497_maximal_isr', '--mutant', 'unfenced-fetches');
    expect(outside.record.mutants).toEqual(['minimal-isr', 'unfenced-fetches']);
    expect(outside.out).toContain('mutant minimal-isr · mutant unfenced-fetches');
  });

  it('is told to machines as well', () => {
    const outside = new TestOutside();
    outside.run('run', 'slow_follower', '--json');
    expect(JSON.parse(outside.out)).toMatchObject({ profile: '4.1', story: { source: 'Kafka documentation, 4.7 Replication; KIP-497', violates: [], isAsTold: true, differences: [] } });
  });

  it('stands with its source in the list of scenarios, under a heading of its own', () => {
    const outside = new TestOutside();
    expect(outside.run('list', 'scenarios')).toBe(0);
    expect(oneLine(outside.out)).toMatch(/ stories that were published kip_101_loss 30s A follower truncates .*\(KIP-101, scenario 1\) /);
    outside.run('list', 'scenarios', '--json');
    const { scenarios } = JSON.parse(outside.out) as { readonly scenarios: readonly { readonly name: string; readonly group: string; readonly story?: object }[] };
    expect(scenarios.find(({ name }) => name === 'zombie_leader')).toMatchObject({ group: 'stories that were published', story: { violates: [] } });
  });
});

describe('a profile', () => {
  it('that there is not is refused with the nearest', () => {
    const outside = new TestOutside();
    expect(outside.run('run', 'kip_101_loss', '--profile', '3.99')).toBe(64);
    expect(outside.err).toContain('error: --profile 3.99: no such profile; expected 0.10, 0.11, 2.1, 2.8, 3.5, 3.9, 4.1 or 4.5; did you mean 3.9?');
  });
});

describe('a story in a file', () => {
  const yaml = (lines: string): string => `scenario: mine\nduration: 1m\ncluster: { brokers: 1 }\ntopics: [{ name: orders }]\n${lines}`;

  it.each([
    ['mutants: [minimal-irs]\n', 'mine.yaml:5:11: mutants[0]: got "minimal-irs"; expected a mutant:'],
    ['mutants: [minimal-isr, minimal-isr]\n', 'mutants[1]: mutant "minimal-isr" twice; expected each mutant once'],
    ['story: { source: KIP-0, tells: Nothing. }\n', 'story.violates: missing; expected'],
    ['story: { source: KIP-0, tells: Nothing., violates: [log-macthing] }\n', 'story.violates[0]: no property "log-macthing"; expected'],
  ])('%j is a mistake with its place', (lines, problem) => {
    const outside = new TestOutside();
    outside.files.set('mine.yaml', yaml(lines));
    expect(outside.run('run', 'mine.yaml')).toBe(64);
    expect(outside.err).toContain(problem);
  });
});
