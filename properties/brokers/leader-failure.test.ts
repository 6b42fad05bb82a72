/** What becomes of a partition when its leader fails: clean elections, truncation, the way back into the ISR. */
import { describe, expect, it } from 'vitest';
import { KAFKA_RULES } from '../../src/kafka/rules.ts';
import { BrokerCluster, CONTROLLER, TOPIC } from '../support/broker-cluster.ts';

/** broker.session.timeout.ms, and what detection, commit and news take besides. */
const SESSION_MS = 9_000;
const EPSILON_MS = 1_000;

describe('a new cluster', () => {
  it('creates its topic once all brokers are active, and every replica is in the ISR', () => {
    const cluster = new BrokerCluster({ partitions: 3 });
    cluster.settle(5_000);
    expect(cluster.partitions().map((partition) => cluster.committed(partition)?.isr.length)).toEqual([3, 3, 3]);
    expect(new Set(cluster.partitions().map((partition) => cluster.leader(partition))).size).toBe(3);
    expect(cluster.invariants.steps).toBeGreaterThan(0);
  });
});

describe('a leader that crashes', () => {
  it('is replaced within the session timeout, by a member of the ISR, in the next epoch', () => {
    const cluster = new BrokerCluster();
    cluster.settle();
    const leader = cluster.leader();
    const { leaderEpoch } = cluster.committed()!;
    cluster.world.crash(leader, 'test');
    const tookMs = cluster.until('another leads', SESSION_MS + EPSILON_MS, () => cluster.leader() !== leader && cluster.leads());
    expect(tookMs).toBeGreaterThan(SESSION_MS - 2_000 - EPSILON_MS);
    expect(cluster.committed()).toMatchObject({ leaderEpoch: leaderEpoch + 1 });
    expect(cluster.committed()?.isr).not.toContain(leader);
    expect(cluster.marked('broker session expired')).toBe(1);
    // The others can commit without it.
    cluster.produceUntilCommitted('after', 0, 5_000);
  });

  it('and comes back truncates what nobody else had, catches up and is in the ISR again', () => {
    const cluster = new BrokerCluster();
    cluster.settle();
    const leader = cluster.leader();
    cluster.produceUntilCommitted('common', 0, 5_000);
    cluster.settle();
    // Its followers hear of nothing any more, the controller does: what it takes now is its own.
    cluster.cut('followers', [leader], cluster.followers());
    cluster.produce(leader, 'lost', 1);
    cluster.run(100);
    expect(cluster.values(leader)).toEqual(['common', 'lost']);
    cluster.world.crash(leader, 'test');
    cluster.mend('followers');
    cluster.until('another leads', SESSION_MS + EPSILON_MS, () => cluster.leader() !== leader && cluster.leader() !== -1);
    cluster.produceUntilCommitted('kept', 0, 5_000);
    const truncations = cluster.marked('follower truncated');
    cluster.world.start(leader);
    cluster.settle(20_000);
    expect(cluster.values(leader)).toEqual(['common', 'kept']);
    expect(cluster.marked('follower truncated')).toBe(truncations + 1);
    expect(cluster.lifecycle(leader).brokerEpoch).toBe(cluster.controller().committedImage.broker(leader)?.epoch);
  });

  it('with a new process within the session waits for the old one\'s to end: DUPLICATE_BROKER_REGISTRATION', () => {
    const cluster = new BrokerCluster();
    cluster.settle();
    const leader = cluster.leader();
    cluster.world.crash(leader, 'test');
    cluster.run(100);
    cluster.world.start(leader);
    cluster.run(5_000);
    expect([cluster.lifecycle(leader).brokerEpoch, cluster.lifecycle(leader).failures > 2]).toEqual([-1, true]);
    cluster.settle(20_000);
    expect(cluster.lifecycle(leader).brokerEpoch).toBeGreaterThan(2);
  });

  it('takes back its leadership as the preferred replica at the next check', () => {
    const cluster = new BrokerCluster({ config: { 'leader.imbalance.check.interval.seconds': 40 } });
    cluster.settle();
    const preferred = cluster.committed()!.replicas[0]!;
    expect(cluster.leader()).toBe(preferred);
    cluster.world.crash(preferred, 'test');
    cluster.until('another leads', SESSION_MS + EPSILON_MS, () => cluster.leader() !== preferred);
    cluster.world.start(preferred);
    cluster.settle(20_000);
    expect(cluster.leader()).not.toBe(preferred);
    cluster.until('the preferred leader is back', 40_000, () => cluster.leader() === preferred);
    cluster.settle();
    cluster.produceUntilCommitted('on', 0, 5_000);
  });
});

describe('the last member of an ISR', () => {
  it.each([[true, 'and is the one eligible leader (KIP-966)'], [false, 'and stays in the ISR']])('that goes leaves the partition without a leader, and leads again when it is back (ELR %s: %s)', (eligibleLeaderReplicas) => {
    const cluster = new BrokerCluster({ minInsyncReplicas: 1, rules: { ...KAFKA_RULES, eligibleLeaderReplicas } });
    cluster.settle();
    const leader = cluster.leader();
    const others = cluster.followers();
    for (const id of others) cluster.world.crash(id, 'test');
    cluster.until('the leader is alone', SESSION_MS + EPSILON_MS, () => cluster.committed()!.isr.length === 1);
    cluster.produceUntilCommitted('alone', 0, 5_000);
    cluster.world.crash(leader, 'test');
    for (const id of others) cluster.world.start(id);
    cluster.until('nobody leads', SESSION_MS + EPSILON_MS, () => cluster.leader() === -1);
    cluster.run(20_000);
    expect(cluster.committed()).toMatchObject(eligibleLeaderReplicas ? { leader: -1, isr: [], elr: [leader] } : { leader: -1, isr: [leader], elr: [] });
    cluster.world.start(leader);
    cluster.settle(20_000);
    for (const id of others) expect(cluster.values(id)).toEqual(['alone']);
  });
});

describe('a leader that is cut off from the controller', () => {
  it('goes on serving in its old epoch, and steps down when it hears of the new one', () => {
    const cluster = new BrokerCluster();
    cluster.settle();
    const old = cluster.leader();
    cluster.cut('controller', [old], [CONTROLLER]);
    cluster.until('another is elected', SESSION_MS + EPSILON_MS, () => cluster.leader() !== old);
    cluster.until('another leads', EPSILON_MS, () => cluster.leads());
    // Two brokers lead now, in different epochs; the old one takes records that nobody will keep.
    expect(cluster.replica(old)?.leadership).not.toBe(null);
    const zombie = cluster.produce(old, 'zombie', 1);
    cluster.until('the old leader acknowledges', EPSILON_MS, () => cluster.produced(zombie) === 'NONE');
    const unsure = cluster.produce(old, 'never', -1);
    cluster.run(3_000);
    expect([cluster.produced(unsure), cluster.replica(old)?.highWatermark]).toEqual([undefined, 0]);
    cluster.produceUntilCommitted('kept', 0, 5_000);
    cluster.mend('controller');
    cluster.settle(60_000);
    expect(cluster.produced(unsure)).toBe('NOT_LEADER_OR_FOLLOWER');
    for (const id of cluster.brokerIds) expect(cluster.values(id)).toEqual(['kept']);
  });
});

describe('a replica whose host loses power', () => {
  it.each(['follower', 'leader'] as const)('as %s loses what it had not flushed and gets it back from the others', (role) => {
    const cluster = new BrokerCluster();
    cluster.settle();
    for (const value of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) cluster.produceUntilCommitted(value, 0, 5_000);
    cluster.settle();
    const expected = cluster.values(cluster.leader());
    const victim = role === 'leader' ? cluster.leader() : cluster.followers()[0]!;
    cluster.world.powerLoss(victim);
    cluster.until('it is out of the ISR', SESSION_MS + EPSILON_MS, () => !cluster.committed()!.isr.includes(victim));
    const left = cluster.world.node(victim).disk.read(`${TOPIC}-0/log`) as { length: number } | undefined;
    expect(left?.length ?? 0, 'this power loss lost something').toBeLessThan(expected.length);
    cluster.world.start(victim);
    cluster.settle(30_000);
    expect(cluster.values(victim)).toEqual(expected);
  });

  it('and whose disk is replaced copies everything anew', () => {
    const cluster = new BrokerCluster();
    cluster.settle();
    cluster.produceUntilCommitted('a', 0, 5_000);
    const victim = cluster.followers()[0]!;
    cluster.world.wipe(victim);
    cluster.until('it is out of the ISR', SESSION_MS + EPSILON_MS, () => !cluster.committed()!.isr.includes(victim));
    cluster.world.start(victim);
    cluster.settle(30_000);
    expect(cluster.values(victim)).toEqual(['a']);
  });
});
