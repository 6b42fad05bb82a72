import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeReplicas } from './replica-placer.ts';
import type { UsableBroker } from './replica-placer.ts';

const brokersOf = (unfenced: readonly number[], fenced: readonly number[] = []): UsableBroker[] => [
  ...unfenced.map((id) => ({ id, fenced: false })),
  ...fenced.map((id) => ({ id, fenced: true })),
];

function assignments(
  brokers: readonly UsableBroker[],
  numPartitions: number,
  replicationFactor: number,
  draw = 7,
): readonly (readonly number[])[] {
  const placement = placeReplicas(brokers, numPartitions, replicationFactor, draw);
  if ('invalidReplicationFactor' in placement) throw new Error(placement.invalidReplicationFactor);
  return placement.assignments;
}

const count = (ids: readonly (number | undefined)[]): Map<number | undefined, number> =>
  ids.reduce((counts, id) => counts.set(id, (counts.get(id) ?? 0) + 1), new Map());

describe('placing the replicas of a topic', () => {
  const draw = fc.nat({ max: 2 ** 32 - 1 });

  it('stripes partitions over brokers in order of id, from a drawn start', () => {
    const [first, second, third] = assignments(brokersOf([3, 1, 2]), 3, 3);
    const start = (first as number[])[0] as number;
    const from = (n: number): number[] => [0, 1, 2].map((i) => ((start - 1 + n + i) % 3) + 1);
    expect([first, second, third]).toEqual([from(0), from(1), from(2)]);
    const starts = new Set(
      Array.from({ length: 64 }, (_, i) => assignments(brokersOf([1, 2, 3]), 1, 1, i * 0x1234567)[0]?.[0]),
    );
    expect([...starts].sort()).toEqual([1, 2, 3]);
  });

  it('never puts two replicas of a partition on one broker and never lets a fenced broker lead', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.nat(4),
        fc.integer({ min: 1, max: 30 }),
        fc.nat(11),
        draw,
        (unfenced, fenced, numPartitions, rf, drawn) => {
          const brokers = brokersOf(
            Array.from({ length: unfenced }, (_, i) => i),
            Array.from({ length: fenced }, (_, i) => 100 + i),
          );
          const replicationFactor = 1 + (rf % brokers.length);
          for (const replicas of assignments(brokers, numPartitions, replicationFactor, drawn)) {
            expect(replicas).toHaveLength(replicationFactor);
            expect(new Set(replicas).size).toBe(replicationFactor);
            expect((replicas[0] as number) < 100).toBe(true);
            // Fenced brokers come only when the unfenced ones are used up.
            expect(replicas.filter((id) => id >= 100)).toHaveLength(Math.max(0, replicationFactor - unfenced));
          }
        },
      ),
    );
  });

  it('gives each broker equally many leaders and replicas when partitions are a multiple of brokers', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 7 }),
        fc.integer({ min: 1, max: 5 }),
        fc.nat(6),
        draw,
        (brokers, rounds, rf, drawn) => {
          const replicationFactor = 1 + (rf % brokers);
          const placed = assignments(
            brokersOf(Array.from({ length: brokers }, (_, i) => i)),
            brokers * rounds,
            replicationFactor,
            drawn,
          );
          const leaders = count(placed.map((replicas) => replicas[0]));
          const replicas = count(placed.flat());
          for (let id = 0; id < brokers; id += 1) {
            expect(leaders.get(id)).toBe(rounds);
            expect(replicas.get(id)).toBe(rounds * replicationFactor);
          }
        },
      ),
    );
  });

  it('shuffles after each round, so that the partitions a broker leads do not all follow it to one other', () => {
    const placed = assignments(brokersOf([0, 1, 2, 3, 4, 5]), 60, 2);
    const followers = new Set(placed.filter((replicas) => replicas[0] === 0).map((replicas) => replicas[1]));
    expect(followers.size).toBeGreaterThan(2);
  });

  it('is the same for the same draw', () => {
    expect(assignments(brokersOf([1, 2, 3, 4]), 40, 3, 99)).toEqual(assignments(brokersOf([4, 3, 2, 1]), 40, 3, 99));
    expect(assignments(brokersOf([1, 2, 3, 4]), 40, 3, 99)).not.toEqual(
      assignments(brokersOf([1, 2, 3, 4]), 40, 3, 100),
    );
  });

  it('lets a single unfenced broker lead everything', () => {
    expect(assignments(brokersOf([5], [1, 2]), 6, 2).every((replicas) => replicas[0] === 5)).toBe(true);
  });

  it.each([
    [brokersOf([1]), 0, 'Invalid replication factor 0: it must be positive.'],
    [brokersOf([], [1, 2]), 1, 'All brokers are currently fenced.'],
    [brokersOf([]), 1, 'All brokers are currently fenced.'],
    [brokersOf([1], [2]), 3, '3 replicas cannot be placed on 2 broker(s).'],
  ])('says why it cannot', (brokers, replicationFactor, invalidReplicationFactor) => {
    expect(placeReplicas(brokers, 1, replicationFactor, 0)).toEqual({ invalidReplicationFactor });
  });
});
