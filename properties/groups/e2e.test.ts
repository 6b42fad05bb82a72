/**
 * Groups end to end: real coordinators, real members, under faults of brokers, controllers, members and the network. Nothing
 * is violated, every group settles and goes on; and each way of committing keeps its word: process-then-commit skips nothing
 * that it commits, commit-then-process does nothing twice.
 */
import { describe, expect, it } from 'vitest';
import type { ClientObservation, CommitInvoked } from '../../src/history/observations.ts';
import { execute } from '../../src/scenarios/run.ts';
import { nodesOf, type Scenario } from '../../src/scenarios/scenario.ts';
import type { Spectator } from '../../src/scenarios/spectator.ts';
import { requestOf, scenarioOf, vacuousOf, violationsOf } from '../support/runs.ts';

const SEEDS = ['1', '2', '3', '4', '5', '6'];
const FAST_CLIENT = 'metadata.max.age.ms: 2000, request.timeout.ms: 1000, retry.backoff.max.ms: 250, reconnect.backoff.max.ms: 250';
const FAST_MEMBER = `${FAST_CLIENT}, auto.offset.reset: earliest, max.poll.interval.ms: 4000, default.api.timeout.ms: 3000`;

/** Two groups on six partitions; what is written per group is its application and more configs. */
function twoGroups(dashboard: { application: string; config: string }, notification: { application: string; config: string }, faults = ''): Scenario {
  return scenarioOf(`
scenario: two_groups
duration: 60s
cluster:
  brokers: 3
  controllers: 3
  config: { broker.session.timeout.ms: 1500, broker.heartbeat.interval.ms: 300, replica.lag.time.max.ms: 1500, replica.socket.timeout.ms: 1500, controller.socket.timeout.ms: 1500, replica.fetch.backoff.ms: 300, offsets.topic.num.partitions: 4, group.consumer.session.timeout.ms: 3000, group.consumer.heartbeat.interval.ms: 500, group.initial.rebalance.delay.ms: 500, min.insync.replicas: 2 }
topics: [{ name: gps, partitions: 6, replicationFactor: 3 }]
producers: [{ name: truck, count: 3, config: { acks: all, ${FAST_CLIENT}, delivery.timeout.ms: 4000, max.block.ms: 2000 } }]
consumers:
  - { name: dashboard, count: 3, group: dashboard, topics: [gps], application: ${dashboard.application}, config: { ${FAST_MEMBER}, ${dashboard.config} } }
  - { name: notification, count: 4, group: notification, topics: [gps], application: ${notification.application}, config: { ${FAST_MEMBER}, ${notification.config} } }
workload: [{ producer: truck, topic: gps, every: 200ms, key: "k-{n}-{i}", start: 2s, until: 45s }]
nemesis:
  { targets: [broker-*, controller-*, dashboard-*, notification-*], kinds: [crash, pause, partition, isolate, oneWay, slow, stop, powerLoss], meanInterval: 3s, faultDuration: { min: 100ms, max: 5s }, maxDown: 2, stability: 500ms, start: 3s, quietAfter: 30s }
${faults}`);
}

interface Told {
  readonly generations: Readonly<Record<string, number>>;
  /** By `group partition offset`: how often its effect was carried out. */
  readonly processed: ReadonlyMap<string, number>;
  /** By `group partition`: the highest committed offset that was answered. */
  readonly committed: ReadonlyMap<string, number>;
}

/** A run that violates nothing and in which the properties of groups compared something. */
function tell(scenario: Scenario, seed: string): Told {
  const names = nodesOf(scenario).map(({ name }) => name);
  const groupOf = new Map(scenario.consumers.flatMap(({ nodes, group }) => nodes.map((node) => [names.indexOf(node), group?.groupId ?? ''] as const)));
  const generations: Record<string, number> = {};
  const processed = new Map<string, number>();
  const committed = new Map<string, number>();
  const invoked = new Map<string, CommitInvoked>();
  const observed: Spectator['observed'] = (_world, node, message) => {
    const observation = message as unknown as ClientObservation;
    const group = groupOf.get(node) ?? '';
    if (observation.type === 'assignment') {
      generations[group] = Math.max(generations[group] ?? 0, observation.generationId);
    } else if (observation.type === 'record.processed') {
      const key = `${group} ${observation.partition} ${observation.offset}`;
      processed.set(key, (processed.get(key) ?? 0) + 1);
    } else if (observation.type === 'commit.invoked') {
      invoked.set(`${node} ${observation.commitId}`, observation);
    } else if (observation.type === 'commit.completed' && observation.outcome === 'ok') {
      for (const { partition, offset } of invoked.get(`${node} ${observation.commitId}`)?.offsets ?? []) {
        const key = `${group} ${partition}`;
        committed.set(key, Math.max(committed.get(key) ?? 0, offset));
      }
    }
  };
  const nothing = (): void => undefined;
  const spectator = { observed, stepped: nothing, lifecycle: nothing, trace: nothing, ended: nothing, wiretap: new Proxy({}, { get: () => nothing }) } as unknown as Spectator;
  const result = execute({ ...requestOf(scenario, seed), spectator });
  expect(violationsOf(result), `seed ${seed}`).toEqual([]);
  expect(vacuousOf(result).filter((name) => /group|coordinator|progress/.test(name)), `seed ${seed}`).toEqual([]);
  return { generations, processed, committed };
}

/** Committed and never processed, as `group partition offset`. */
function skipped({ processed, committed }: Told, group: string): string[] {
  return [...committed].filter(([key]) => key.startsWith(`${group} `)).flatMap(([key, end]) => Array.from({ length: end }, (_, offset) => `${key} ${offset}`).filter((each) => !processed.has(each)));
}

function repeated({ processed }: Told, group: string): string[] {
  return [...processed].filter(([key, times]) => key.startsWith(`${group} `) && times > 1).map(([key]) => key);
}

const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);


describe('x', () => { it('y', () => {
  const scenario = twoGroups({ application: '{ mode: auto-commit }', config: 'group.protocol: consumer, auto.commit.interval.ms: 700' }, { application: '{ mode: process-then-commit, perRecord: 2ms }', config: 'group.protocol: consumer' });
  for (const seed of SEEDS) { try { const t = tell(scenario, seed); console.log(seed, t.generations, skipped(t, 'dashboard').length, skipped(t, 'notification').length, repeated(t, 'dashboard').length, repeated(t, 'notification').length, t.committed.size); } catch (e) { console.log(seed, (e as Error).stack?.slice(0, 1500)); } }
}); });
