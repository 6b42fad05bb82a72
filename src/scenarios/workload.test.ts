import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseScenario } from './parse.ts';
import type { Scenario } from './scenario.ts';
import { expandWorkload } from './workload.ts';

function fleet(options: { trucks?: number; extra?: string; records?: string } = {}): Scenario {
  const { trucks = 5, extra = '', records = '' } = options;
  const result = parseScenario({
    file: 'fleet.yaml',
    load: (path) => (path === 'rows.ndjson' ? records : null),
    content: `scenario: fleet
duration: 10m
cluster: { brokers: 3 }
topics: [ { name: gps, partitions: 4 } ]
producers: [ { name: truck, count: ${trucks} }, { name: depot } ]
workload:
  - { producer: truck, topic: gps, every: 20s, jitter: 2s, key: "truck-{n}", value: "position {i}", start: 5s, until: 9m }
${extra}`,
  });
  if ('problems' in result) throw new Error(result.problems.map((problem) => problem.message).join('\n'));
  return result.value;
}

const seeds = fc.string({ minLength: 1, maxLength: 8 });

describe('a periodic workload', () => {
  it('has every producer send one record per interval, between start and until', () => {
    fc.assert(fc.property(seeds, (seed) => {
      const operations = expandWorkload(fleet(), seed);
      for (let n = 1; n <= 5; n += 1) {
        const own = operations.filter((operation) => operation.producer === `truck-${n}`);
        // (9m - 5s) / 20s = 26.75 intervals: the phase decides whether the last one counts.
        expect([26, 27]).toContain(own.length);
        expect(own.every((operation) => operation.key === `truck-${n}`)).toBe(true);
        for (const [i, operation] of own.entries()) {
          const sinceFirst = operation.atUs - (own[0]?.atUs as number);
          expect(Math.abs(sinceFirst - i * 20_000_000)).toBeLessThanOrEqual(4_000_000);
        }
      }
      expect(operations.every((operation) => operation.atUs >= 5_000_000 && operation.atUs < 540_000_000)).toBe(true);
    }), { numRuns: 50 });
  });

  it('is sorted by time, and every value in it is unique', () => {
    fc.assert(fc.property(seeds, (seed) => {
      // Equal templates without placeholders: uniqueness must not depend on what the writer thought of.
      const operations = expandWorkload(fleet({ extra: '  - { producer: depot, topic: gps, every: 1s, value: same }\n  - { producer: truck, topic: gps, every: 7s, value: same }\n' }), seed);
      expect(operations.every((operation, i) => i === 0 || operation.atUs >= (operations[i - 1]?.atUs as number))).toBe(true);
      expect(new Set(operations.map((operation) => operation.value)).size).toBe(operations.length);
      expect(operations.every((operation) => operation.value.endsWith(`#${operation.producer}/${operation.value.split('/').at(-1) as string}`))).toBe(true);
    }), { numRuns: 50 });
  });

  it('is the same for the same seed, and different for another', () => {
    expect(expandWorkload(fleet(), '42')).toEqual(expandWorkload(fleet(), '42'));
    expect(expandWorkload(fleet(), '42')).not.toEqual(expandWorkload(fleet(), '43'));
  });

  it('does not change when a producer or another entry joins', () => {
    const before = expandWorkload(fleet(), '42');
    const after = expandWorkload(fleet({ trucks: 6, extra: '  - { producer: depot, topic: gps, every: 1s }\n' }), '42');
    expect(after.filter((operation) => operation.producer !== 'truck-6' && operation.producer !== 'depot')).toEqual(before);
  });

  it('starts the producers of a group at different times', () => {
    const first = new Set(expandWorkload(fleet({ trucks: 25 }), '42').slice(0, 25).map((operation) => Math.floor(operation.atUs / 1_000_000)));
    expect(first.size).toBeGreaterThan(8);
  });
});

describe('a workload from a file', () => {
  const rows = Array.from({ length: 60 }, (_, i) => JSON.stringify({ atMs: i * 100, key: i % 4 === 0 ? null : `trip-${i % 4}`, value: 'moved', ...(i === 7 ? { producer: 'truck-2', partition: 3 } : {}) })).join('\n');
  const scenario = fleet({ records: rows, extra: '  - { producer: truck, topic: gps, records: rows.ndjson, speed: 2 }\n' });
  const operations = expandWorkload(scenario, '42').filter((operation) => operation.value.startsWith('moved'));

  it('keeps every row, at the speed that was asked for', () => {
    expect(operations).toHaveLength(60);
    expect(operations.map((operation) => operation.atUs)).toEqual(Array.from({ length: 60 }, (_, i) => i * 50_000));
  });

  it('gives the rows of a key to one producer, and keyless rows to all in turn', () => {
    const unassigned = operations.filter((_, i) => i !== 7);
    for (const key of ['trip-1', 'trip-2', 'trip-3']) {
      expect(new Set(unassigned.filter((operation) => operation.key === key).map((operation) => operation.producer)).size).toBe(1);
    }
    expect(new Set(unassigned.filter((operation) => operation.key === null).map((operation) => operation.producer)).size).toBe(5);
  });

  it('obeys rows that name their producer and partition', () => {
    expect(operations[7]).toMatchObject({ producer: 'truck-2', partition: 3 });
    expect(operations.filter((operation) => operation.partition !== undefined)).toHaveLength(1);
  });
});
