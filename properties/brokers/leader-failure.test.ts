/** What becomes of a partition when its leader fails: clean elections, truncation, the way back into the ISR. */
import { describe, expect, it } from 'vitest';
import { BrokerCluster } from '../support/broker-cluster.ts';

describe('a new cluster', () => {
  it('creates its topic once all brokers are active, and every replica joins the ISR', () => {
    const cluster = new BrokerCluster({ partitions: 3 });
    cluster.settle(5_000);
    expect(cluster.partitions().map((partition) => cluster.committed(partition)?.isr.length)).toEqual([3, 3, 3]);
    expect(new Set(cluster.partitions().map((partition) => cluster.leader(partition))).size).toBe(3);
    expect(cluster.invariants.steps).toBeGreaterThan(0);
  });
});
