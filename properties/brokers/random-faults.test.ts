/**
 * Whatever happens to brokers, controller and network, the cluster recovers: once the faults are over every replica is
 * back in its ISR, all logs are the same and all of it is committed. While it lasts no invariant breaks; and what
 * acks=all acknowledged is there at the end, unless the disks themselves lost it.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BrokerCluster } from '../support/broker-cluster.ts';
import { play, schedule, type ClusterEvent } from '../support/replication-faults.ts';
import { freshSeed } from '../support/seed.ts';

const SHAPE = { brokers: 3, partitions: 2, lengthMs: 60_000, maxEvents: 40 };
/** A session (9 s), a connection attempt (10 s), a stalled segment (up to 120 s) and the lag of 10 s, with room. */
const RECOVERY_MS = 240_000;
/** A segment that was lost just before the end is sent again after as long as its link was cut. */
const STALL_MS = 30_000;
const RUNS = 40;
const seeds = fc.nat();

function recovered(seed: number, events: readonly ClusterEvent[]): { cluster: BrokerCluster; written: ReturnType<typeof play> } {
  const cluster = new BrokerCluster({ seed: `${seed}`, partitions: SHAPE.partitions });
  cluster.settle();
  const written = play(cluster, events);
  cluster.heal();
  // What is still on its way arrives; a cluster that settles before that has more to do.
  cluster.run(1_000);
  cluster.until('the cluster recovers', RECOVERY_MS, () => cluster.isSettled());
  for (const partition of cluster.partitions()) {
    const [first, ...others] = cluster.brokerIds.map((id) => cluster.values(id, partition));
    for (const other of others) expect(other).toEqual(first);
  }
  for (const partition of cluster.partitions()) cluster.produceUntilCommitted('last', partition, STALL_MS);
  for (const [label, times] of cluster.world.marksReached()) reached.set(label, (reached.get(label) ?? 0) + times);
  return { cluster, written };
}

/** What the schedules of this file have brought about: recovery from nothing would prove nothing. */
const reached = new Map<string, number>();

describe('after any schedule of crashes, pauses and partitions', () => {
  it('the cluster recovers, and has every record that acks=all acknowledged', () => {
    fc.assert(
      fc.property(seeds, schedule({ ...SHAPE, losesData: false }), (seed, events) => {
        const { cluster, written } = recovered(seed, events);
        const leader = (partition: number): (string | null)[] => cluster.values(cluster.leader(partition), partition);
        for (const { value, partition, acks, correlationId } of written) {
          if (acks === -1 && cluster.produced(correlationId) === 'NONE') expect(leader(partition)).toContain(value);
        }
      }),
      { seed: freshSeed('random faults'), numRuns: RUNS },
    );
    for (const label of ['became leader', 'broker session expired', 'ISR shrunk by lag']) expect(reached.get(label) ?? 0, label).toBeGreaterThan(0);
  });
});

describe('after any schedule that also takes power and disks away', () => {
  it('the cluster recovers with equal logs', () => {
    fc.assert(
      fc.property(seeds, schedule({ ...SHAPE, losesData: true }), (seed, events) => { recovered(seed, events); }),
      { seed: freshSeed('random losses'), numRuns: RUNS },
    );
  });
});
