import { describe, expect, it } from 'vitest';
import { parseScenario } from '../scenarios/parse.ts';
import type { RunResult } from '../scenarios/run-record.ts';
import { formatRunRecord } from '../scenarios/run-record-file.ts';
import { execute } from '../scenarios/run.ts';
import { MemoryOutside } from './memory-outside.ts';
import { requestOf } from '../explorer/request.ts';

/** Two partitions, each with a record that its leader alone has when broker-1, the leader of one of them, goes dark. */
const PLANTED = `
scenario: planted
seed: 1
duration: 14s
cluster: { brokers: 2, config: { broker.session.timeout.ms: 1500, broker.heartbeat.interval.ms: 300, replica.lag.time.max.ms: 8000 } }
topics: [{ name: t, partitions: 2, replicationFactor: 2 }]
producers: [{ name: p, config: { acks: 1 } }]
workload:
  - { producer: p, topic: t, sends: [{ at: 5s, value: one, partition: 0 }, { at: 5s, value: other, partition: 1 }] }
faults:
  - { at: 4s, slow: { from: broker-*, to: broker-* }, add: 1s, for: 9s }
  - { at: 5500ms, powerLoss: broker-1 }
mustSurvive: every-ack
checks: [acknowledged-records-survive]
`;

function recordOf(content: string): string {
  const parsed = parseScenario({ file: 'planted.yaml', content });
  if (!('value' in parsed)) throw new Error(JSON.stringify(parsed.problems));
  const asked = requestOf(parsed.value, '1');
  const result: RunResult = execute(asked);
  return formatRunRecord({ format: 'harrow.run/1', harrow: '1', code: 'c0de'.repeat(16), verdict: result.verdicts[0]?.verdict ?? 'vacuous', result, ...asked });
}

describe('harrow explain', () => {
  const files = new Map([['a.json', recordOf(PLANTED)], ['calm.json', recordOf(PLANTED.replace('acks: 1', 'acks: all'))]]);
  const few = ['--points', '3', '--futures', '5', '--quiet'];
  /** The record of one run with the verdicts of another. */
  const claiming = (run: string, verdictsOf: string): string => {
    const [record, other] = [run, verdictsOf].map((path) => JSON.parse(files.get(path) as string) as { result: RunResult }) as [{ result: RunResult }, { result: RunResult }];
    return JSON.stringify({ ...record, result: { ...record.result, verdicts: other.result.verdicts } });
  };

  it('names the moment, what happened then, and draws the curve', () => {
    const outside = new MemoryOutside(files);
    expect(outside.run('explain', 'a.json', ...few)).toBe(0);
    expect(outside.out).toContain('from 00:00:05.500000 on');
    expect(outside.out).toContain('A microsecond earlier 0 of 100 did. What happened then:');
    expect(outside.out).toContain('00:00:05.500000  power loss at broker-1');
    expect(outside.out).not.toContain('Greatest rise');
    expect(outside.out).toMatch(/00:00:05\.499999 {2}░{30} {3}0 %\n {2}00:00:05\.500000 {2}█{30} 100 % {2}power loss at broker-1, for good\n/);
    expect(Math.max(...outside.out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it('says the same as JSON, each time', () => {
    const [one, two] = [1, 2].map(() => {
      const outside = new MemoryOutside(files);
      outside.run('explain', 'a.json', '--json', ...few);
      return outside.out;
    });
    expect(one).toBe(two);
    const { certain, steepest, curve, faultsToCome } = JSON.parse(one ?? '') as { certain: { fromUs: number; futures: number; happened: string[] }; steepest: { atUs: number; happened: string[] }; curve: { atUs: number }[]; faultsToCome: string };
    expect(steepest).toMatchObject({ atUs: certain.fromUs, happened: certain.happened });
    expect([faultsToCome, certain.fromUs, certain.futures]).toEqual(['spared', 5_500_000, 100]);
    expect(curve.map(({ atUs }) => atUs)).toEqual([...curve].map(({ atUs }) => atUs).sort((a, b) => a - b));
  });

  it('takes the plan as it is when asked to, and then it was certain from the start', () => {
    const outside = new MemoryOutside(files);
    outside.run('explain', 'a.json', '--faults', 'planned', ...few);
    expect(outside.out).toContain('from the start: all of 100 futures violate; that is 97 % of them at least, at 95 %');
    expect(outside.out).not.toContain('Greatest rise');
  });

  it('tells of a run that violated nothing, of one that is not there, and of options that are none', () => {
    const outside = new MemoryOutside(files);
    expect(outside.run('explain', 'calm.json')).toBe(64);
    expect(outside.err).toContain('error: calm.json: no property was violated');
    expect(outside.run('explain', 'nowhere.json')).toBe(64);
    expect(outside.run('explain', 'a.json', '--faults', 'none')).toBe(64);
    expect(outside.err).toContain('--faults none: expected planned or spared');
    for (const [options, words] of [
      [['--points', '1'], '--points 1: expected an integer from 2 to'], [['--futures', 'many'], '--futures many: expected an integer from 1 to'],
      [['--property', 'acknowledged-records-survives'], 'no such property; expected'], [['--property', 'reads-agree'], 'a.json: reads-agree was not violated'],
    ] as const) {
      const told = new MemoryOutside(files);
      expect(told.run('explain', 'a.json', '--quiet', ...options), options.join(' ')).toBe(64);
      expect(told.err).toContain(words);
      expect(told.out).toBe('');
    }
    const misspelt = new MemoryOutside(files);
    misspelt.run('explain', 'a.json', '--property', 'acknowledged-records-survives');
    expect(misspelt.err).toContain('did you mean acknowledged-records-survive?');
  });

  it('tells of a file that is no run record where it goes wrong, and of a record that comes to something else', () => {
    const broken = new Map([['no.json', '{\n  "format": "harrow.run/1",\n  "seed": \n}'], ['other.json', '{ "format": "harrow.run/9" }'], ['lost.json', claiming('calm.json', 'a.json')]]);
    const outside = new MemoryOutside(broken);
    expect(outside.run('explain', 'no.json', '--quiet')).toBe(64);
    expect(outside.err).toMatch(/no\.json:\d+:\d+: /);
    expect(outside.run('explain', 'other.json', '--quiet')).toBe(64);
    expect(outside.run('explain', 'lost.json', ...few)).toBe(70);
    expect(outside.err).toContain('does not violate acknowledged-records-survive in the same way');
  });
});
