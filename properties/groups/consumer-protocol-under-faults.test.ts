/**
 * Groups of the consumer protocol (KIP-848) end to end: members come, go, crash and fall asleep, brokers and controllers too,
 * the network breaks. No partition is ever with two members, the groups settle, everybody goes on where the group had
 * committed, and nothing that is committed was skipped.
 */
import { describe, expect, it } from 'vitest';
import type { Scenario } from '../../src/scenarios/scenario.ts';
import { runWithDeeds, type GroupDeeds } from '../support/group-deeds.ts';
import { run, scenarioOf, vacuousOf, violationsOf } from '../support/runs.ts';

const SEEDS = ['1', '2', '3', '4'];
const CLIENT = 'metadata.max.age.ms: 2000, request.timeout.ms: 1000, retry.backoff.max.ms: 250, reconnect.backoff.max.ms: 250';
const MEMBER = `${CLIENT}, group.protocol: consumer, auto.offset.reset: earliest, max.poll.interval.ms: 4000, default.api.timeout.ms: 3000`;
const NEMESIS = 'nemesis: { targets: [broker-*, controller-*, dashboard-*, notification-*], kinds: [crash, pause, partition, isolate, oneWay, slow, stop, powerLoss], meanInterval: 3s, faultDuration: { min: 100ms, max: 5s }, maxDown: 2, stability: 500ms, start: 3s, quietAfter: 30s }';
/** Longer than a session: the coordinator goes on without them. */
const ABSENCES = 'faults:\n  - { at: 12s, pause: dashboard-1, for: 5s }\n  - { at: 20s, partition: [[notification-1], [broker-*]], for: 6s }';

interface GroupText {
  readonly application: string;
  readonly config?: string;
}

function twoGroups(dashboard: GroupText, notification: GroupText, more = `${NEMESIS}\n${ABSENCES}`): Scenario {
  const config = (own = ''): string => `{ ${MEMBER}${own === '' ? '' : ', '}${own} }`;
  return scenarioOf(`
scenario: consumer_protocol
duration: 70s
cluster:
  brokers: 3
  controllers: 3
  config: { broker.session.timeout.ms: 1500, broker.heartbeat.interval.ms: 300, replica.lag.time.max.ms: 1500, replica.socket.timeout.ms: 1500, controller.socket.timeout.ms: 1500, replica.fetch.backoff.ms: 300, offsets.topic.num.partitions: 4, group.consumer.session.timeout.ms: 3000, group.consumer.heartbeat.interval.ms: 500, min.insync.replicas: 2 }
topics: [{ name: gps, partitions: 6, replicationFactor: 3 }]
producers: [{ name: truck, count: 3, config: { acks: all, ${CLIENT}, delivery.timeout.ms: 4000, max.block.ms: 2000 } }]
consumers:
  - { name: dashboard, count: 3, group: dashboard, topics: [gps], application: ${dashboard.application}, config: ${config(dashboard.config)} }
  - { name: notification, count: 4, group: notification, topics: [gps], application: ${notification.application}, config: ${config(notification.config)} }
workload: [{ producer: truck, topic: gps, every: 200ms, key: "k-{n}-{i}", start: 2s, until: 45s }]
${more}`);
}

/** A run that violates nothing and in which the properties of groups compared something. */
function deedsOf(scenario: Scenario, seed: string): GroupDeeds {
  const { result, deeds } = runWithDeeds(scenario, seed);
  expect(violationsOf(result), `seed ${seed}`).toEqual([]);
  const vacuous = vacuousOf(result);
  expect(['consumer-group', 'coordinator-is-replay', 'group-offsets-kept', 'groups-settle', 'groups-progress'].filter((name) => vacuous.includes(name)), `seed ${seed}`).toEqual([]);
  return deeds;
}

const total = (all: readonly GroupDeeds[], reason: string): number => all.reduce((sum, { assignments }) => sum + (assignments.get(reason) ?? 0), 0);

describe('two groups of the consumer protocol under faults', () => {
  it('keep their promises, with auto-commit and the uniform assignor, and with process-then-commit and ranges', () => {
    const scenario = twoGroups({ application: '{ mode: auto-commit }', config: 'auto.commit.interval.ms: 700' }, { application: '{ mode: process-then-commit, perRecord: 2ms }', config: 'group.remote.assignor: range' });
    const all = SEEDS.map((seed) => deedsOf(scenario, seed));
    for (const each of all) expect(each.skipped()).toEqual([]);
    for (const group of ['dashboard', 'notification']) {
      expect([total(all, `${group} revoked`), total(all, `${group} lost`)].every((count) => count > 0), group).toBe(true);
    }
  });

  it('keep their promises with static members, an application that is taken for stuck, and a topic that grows', () => {
    const scenario = twoGroups(
      { application: '{ mode: process-then-commit }', config: 'group.instance.id: "dashboard-{n}"' }, { application: '{ mode: process-then-commit, perRecord: 400ms, perBatch: 1s }', config: 'max.poll.records: 10' },
      'faults:\n  - { at: 12s, stop: dashboard-2, restartAfter: 1s }\n  - { at: 20s, crash: broker-1, restartAfter: 5s }\n  - { at: 28s, stop: dashboard-3, restartAfter: 6s }\nadmin: [{ at: 25s, createPartitions: { topic: gps, count: 8 } }]',
    );
    const all = SEEDS.slice(0, 2).map((seed) => deedsOf(scenario, seed));
    for (const each of all) expect(each.skipped()).toEqual([]);
    expect(total(all, 'notification lost')).toBeGreaterThan(0);
    for (const { committed } of all) expect([...committed.keys()]).toEqual(expect.arrayContaining(['dashboard 6', 'dashboard 7']));
  });

  it.each(['assigns-unreleased-partitions', 'consumer-acknowledges-first'])('are seen to break them with the mutant %s', (mutant) => {
    const scenario = twoGroups({ application: '{ mode: auto-commit }' }, { application: '{ mode: auto-commit }' }, 'faults:\n  - { at: 12s, stop: dashboard-2, restartAfter: 3s }');
    const violated = violationsOf(run(scenario, '1', { mutants: [mutant] }));
    expect(violated).toEqual([expect.stringMatching(/^consumer-group: the group \w+, at broker-\d, /)]);
  });
});
