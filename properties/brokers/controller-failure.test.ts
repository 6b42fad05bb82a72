/** Brokers without a controller go on with what they know; the controller that comes back knows what it decided. */
import { describe, expect, it } from 'vitest';
import { BrokerCluster, CONTROLLER } from '../support/broker-cluster.ts';

describe.each(['crash', 'powerLoss'] as const)('a controller that goes down by %s', (how) => {
  const down = (cluster: BrokerCluster): void => (how === 'crash' ? cluster.world.crash(CONTROLLER, 'test') : cluster.world.powerLoss(CONTROLLER));

  it('does not keep the brokers from committing, and fences nobody when it is back', () => {
    const cluster = new BrokerCluster({ partitions: 2 });
    cluster.settle();
    const before = cluster.partitions().map((partition) => cluster.committed(partition));
    const leader = cluster.leader();
    down(cluster);
    cluster.run(15_000);
    const request = cluster.produce(leader, 'meanwhile', -1);
    cluster.until('it is committed', 2_000, () => cluster.produced(request) === 'NONE');
    cluster.run(15_000);
    cluster.world.start(CONTROLLER);
    cluster.run(30_000);
    expect(cluster.partitions().map((partition) => cluster.committed(partition))).toEqual(before);
    expect(cluster.controller().committedImage.brokers.every(({ fenced }) => !fenced)).toBe(true);
    expect(cluster.isSettled()).toBe(true);
  });

  it('elects for a broker that went down in its absence, one session after it is back', () => {
    const cluster = new BrokerCluster();
    cluster.settle();
    const leader = cluster.leader();
    down(cluster);
    cluster.world.crash(leader, 'test');
    cluster.run(20_000);
    cluster.world.start(CONTROLLER);
    const tookMs = cluster.until('another leads', 11_000, () => cluster.committed() !== undefined && cluster.leader() !== leader);
    expect(tookMs).toBeGreaterThan(8_999);
    cluster.produceUntilCommitted('on', 0, 5_000);
    cluster.world.start(leader);
    cluster.settle(30_000);
  });

  it('in the middle of an election has made it for all partitions or for none', () => {
    for (let afterMs = 0; afterMs <= 8; afterMs += 2) {
      const cluster = new BrokerCluster({ partitions: 3 });
      cluster.settle();
      const victim = cluster.leader();
      cluster.world.crash(victim, 'test');
      cluster.until('the controller decides', 11_000, () => cluster.marked('broker session expired') === 1);
      cluster.run(afterMs);
      down(cluster);
      cluster.run(2_000);
      cluster.world.start(CONTROLLER);
      cluster.until('the controller is back', 1_000, () => cluster.committed() !== undefined);
      const kept = cluster.partitions().filter((partition) => cluster.committed(partition)?.isr.includes(victim));
      expect([0, 3], `${how} after ${afterMs} ms`).toContain(kept.length);
      cluster.world.start(victim);
      cluster.settle(60_000);
    }
  });
});
