import { describe, expect, it } from 'vitest';
import { planFaults } from './nemesis.ts';
import { brokerIdOf, votersOf } from './scenario.ts';
import { drawSwarm } from './swarm.ts';

const SEEDS = Array.from({ length: 300 }, (_, index) => String(index + 1));

describe('a swarm', () => {
  const draws = SEEDS.map((seed) => ({ seed, ...drawSwarm(seed) }));

  it('draws the same scenario for the same seed, and different ones for different seeds', () => {
    expect({ seed: '7', ...drawSwarm('7') }).toEqual(draws[6]);
    expect(new Set(draws.map(({ choices }) => choices.join())).size).toBe(SEEDS.length);
  });

  it('draws every answer to every question within a few hundred seeds', () => {
    const answers = new Set(draws.flatMap(({ choices }) => choices));
    const expected = [
      ...[1, 2, 3, 4, 5].map((count) => `brokers=${count}`), ...[1, 3, 5].map((count) => `controllers=${count}`), 'combined=true', 'profile=3.9', 'profile=4.1', 'profile=4.5', 'enable.idempotence=false', 'retries=0', 'retries=3', 'max.in.flight=2', 'partitioner.class=RoundRobinPartitioner', 'acks=all', 'acks=1', 'acks=0',
      ...['none', 'retention.bytes', 'retention.ms', 'compact', 'compact,delete'].map((cleanUp) => `clean-up=${cleanUp}`), 'unclean.leader.election.enable=true', 'flush.messages=1',
      ...['electLeaders', 'reassign', 'cancelReassignment', 'deleteRecords', 'createPartitions', 'alterConfig', 'createTopic', 'deleteTopic'].map((kind) => `admin=${kind}`),
      ...['wipe', 'stop', 'flushFailure', 'powerLoss'].map((kind) => `harsh kind=${kind}`), 'targets=broker-*+controller-*', 'targets=controller-*', 'max down=3',
      ...[0, 1, 2].map((count) => `groups=${count}`), ...['range', 'roundrobin', 'sticky', 'cooperative-sticky'].map((name) => `partition.assignment.strategy=${name}`), 'group.instance.id=true', 'group.protocol=consumer', 'group.remote.assignor=range',
      'application=threaded handler', 'application=commit-then-process', 'application=commits what takes too long', 'crash points=true', 'members are harmed=true', 'offsets.topic.segment.bytes=small',
    ];
    expect(expected.filter((answer) => !answers.has(answer))).toEqual([]);
  });

  it('lets members of groups crash between two steps of their loop, and gives such runs longer to come to rest', () => {
    const grouped = draws.filter(({ scenario }) => scenario.consumers.some(({ group }) => group !== undefined));
    expect(grouped.length).toBeGreaterThan(SEEDS.length / 5);
    expect(grouped.some(({ scenario }) => scenario.faults.some((fault) => fault.kind === 'crash' && fault.point !== undefined))).toBe(true);
    for (const { scenario } of grouped) expect(scenario.durationMs - (scenario.nemesis?.quietAfterMs ?? 0)).toBeGreaterThanOrEqual(19_000);
  });

  it('never wipes a voter: Raft does not survive that', () => {
    const wiped = draws.flatMap(({ scenario, seed }) => planFaults(scenario, seed).flatMap((fault) => (fault.kind === 'wipe' ? [{ node: fault.node, scenario }] : [])));
    expect(wiped.length).toBeGreaterThan(0);
    expect(wiped.filter(({ node, scenario }) => node.startsWith('controller-') || votersOf(scenario.cluster).includes(brokerIdOf(node)))).toEqual([]);
  });

  it('leaves the network to TCP, and time to recover after the last fault', () => {
    for (const { scenario } of draws) {
      expect(scenario.network.mode).toBe('connection');
      expect(scenario.durationMs - (scenario.nemesis?.quietAfterMs ?? 0)).toBeGreaterThanOrEqual(9_000);
    }
  });
});
