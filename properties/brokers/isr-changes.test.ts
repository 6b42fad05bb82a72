/** How the ISR follows the replicas, by AlterPartition, and what acks=all means meanwhile. */
import { describe, expect, it } from 'vitest';
import { BrokerCluster, CONTROLLER, TOPIC } from '../support/broker-cluster.ts';

const LAG_MS = 10_000;

describe('a follower that cannot reach its leader', () => {
  it('leaves the ISR after replica.lag.time.max.ms, and is back when it has caught up; the leader stays the same', () => {
    const cluster = new BrokerCluster();
    cluster.settle();
    const leader = cluster.leader();
    const { leaderEpoch, partitionEpoch } = cluster.committed()!;
    const slow = cluster.followers()[0]!;
    // Everybody has fetched once, so the leader knows where everybody is.
    cluster.run(1_000);
    cluster.cut('slow', [slow], [leader]);
    // A follower that is at the log end counts as caught up for ever.
    cluster.run(3 * LAG_MS);
    expect(cluster.committed()?.isr.length).toBe(3);
    const first = cluster.produce(leader, 'a', -1, 0, 60_000);
    const tookMs = cluster.until('the ISR shrinks', 2 * LAG_MS, () => cluster.committed()!.isr.length === 2);
    expect(tookMs).toBeLessThan(1.5 * LAG_MS + 1_000);
    cluster.until('the rest commits', 1_000, () => cluster.produced(first) === 'NONE');
    expect(cluster.leadership(leader).isr).not.toContain(slow);
    cluster.mend('slow');
    cluster.settle(60_000);
    expect(cluster.committed()).toMatchObject({ leader, leaderEpoch, partitionEpoch: partitionEpoch + 2 });
    expect(cluster.values(slow)).toEqual(['a']);
    expect(cluster.marked('ISR shrunk by lag')).toBe(1);
  });
});

describe('a leader without enough in-sync replicas', () => {
  it('refuses acks=all before it appends, takes acks=1, and commits nothing (KAFKA-15583)', () => {
    const cluster = new BrokerCluster();
    cluster.settle();
    const leader = cluster.leader();
    for (const id of cluster.followers()) cluster.world.crash(id, 'test');
    cluster.until('it is alone', 11_000, () => cluster.leadership(leader).isr.length === 1);
    const [all, one] = [cluster.produce(leader, 'all', -1), cluster.produce(leader, 'one', 1)];
    cluster.run(5_000);
    expect([cluster.produced(all), cluster.produced(one)]).toEqual(['NOT_ENOUGH_REPLICAS', 'NONE']);
    expect([cluster.values(leader), cluster.replica(leader)?.highWatermark]).toEqual([['one'], 0]);
    cluster.heal();
    cluster.settle(60_000);
    expect(cluster.replica(leader)?.highWatermark).toBe(1);
  });
});

describe('a proposal whose answer does not come', () => {
  it('is open as long: the leader counts whoever may be in the ISR, and goes on when it hears', () => {
    const cluster = new BrokerCluster();
    cluster.settle();
    const leader = cluster.leader();
    const [slow, fast] = cluster.followers() as [number, number];
    cluster.cut('slow', [slow], [leader]);
    const first = cluster.produce(leader, 'a', -1, 0, 60_000);
    cluster.until('the controller decides to shrink the ISR', 2 * LAG_MS, () => cluster.controller().image.partition(TOPIC, 0)?.isr.length === 2);
    // The request got through; its answer, which waits for the commit, and the metadata log do not.
    cluster.network.addRule(cluster.world, { id: 'deaf', links: [[CONTROLLER, leader]], effect: { kind: 'cut' } });
    cluster.until('the controller has shrunk the ISR', 1_000, () => cluster.committed()?.isr.length === 2);
    cluster.run(2_000);
    expect([cluster.leadership(leader).isr.length, cluster.leadership(leader).pending === null, cluster.replica(leader)?.highWatermark]).toEqual([3, false, 0]);
    expect([cluster.replica(fast)?.log.logEndOffset, cluster.produced(first)]).toEqual([1, undefined]);
    cluster.heal();
    cluster.settle(60_000);
    expect(cluster.values(slow)).toEqual(['a']);
  });
});
