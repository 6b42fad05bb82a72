/**
 * What the administrator asks of a whole cluster is carried out, and his words about it are true: in a calm run all of it,
 * under faults as much as the outcome says. Any part of a plan is a plan.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planFaults } from '../../src/scenarios/nemesis.ts';
import type { RunResult } from '../../src/scenarios/run-record.ts';
import { run, scenarioOf, violationsOf } from '../support/runs.ts';

const scenario = scenarioOf(`scenario: administered
duration: 100s
cluster: { brokers: 4, controllers: 3 }
topics: [ { name: gps, assignment: [[broker-1, broker-2, broker-3], [broker-2, broker-3, broker-1]], config: { min.insync.replicas: 2 } } ]
producers: [ { name: truck } ]
consumers: [ { name: dashboard, topics: [gps] } ]
workload: [ { producer: truck, topic: gps, every: 500ms, partition: 0 } ]
admin:
  - { at: 20s, createPartitions: { topic: gps, count: 4 } }
  - { at: 30s, createTopic: { name: trips, partitions: 2, replicationFactor: 2 } }
  - { at: 35s, deleteRecords: { topic: gps, partition: 0, before: 20 } }
  - { at: 40s, alterConfig: { topic: gps, set: { retention.ms: 86400000 } } }
  - { at: 45s, reassign: { topic: gps, partition: 0, to: [broker-4, broker-2, broker-3] } }
  - { at: 70s, electLeaders: preferred, topic: gps, partitions: [0] }
  - { at: 75s, deleteTopic: trips }
faults:
  - { at: 25s, crash: controller-1, restartAfter: 20s }
  - { at: 42s, rollingRestart: broker-*, every: 8s, restartAfter: 1s, killAfter: 5s }
  - { at: 44s, pause: controller-2, for: 10s }
  - { at: 29s, crash: admin-1, restartAfter: 3s }
  - { at: 72s, stop: admin-1, restartAfter: 1s }
`);

const outcomesOf = ({ admin }: RunResult): string[] => admin.map(({ operation, outcome }) => `${operation.kind} ${outcome}`);

describe('an administered cluster', () => {
  it('that nothing disturbs carries everything out', () => {
    const result = run(scenario, '1', { faults: [] });
    expect(outcomesOf(result).filter((each) => !each.endsWith(' ok'))).toEqual(['electLeaders fail']);
    expect(result.admin.flatMap(({ operation, results }) => results.flatMap((each) => (each.errorCode === 'NONE' ? [] : [[operation.kind, each.errorCode]])))).toEqual([['electLeaders', 'ELECTION_NOT_NEEDED']]);
    expect(result.admin.find(({ operation }) => operation.kind === 'deleteRecords')?.results).toMatchObject([{ name: 'gps', partition: 0, lowWatermark: 20 }]);
    expect(violationsOf(result)).toEqual([]);
  });

  it('keeps its promises while controllers, brokers and the administrator come and go', () => {
    const result = run(scenario, '1');
    expect(result.faults.every(({ outcome }) => outcome === 'applied')).toBe(true);
    expect(outcomesOf(result)).toContain('createTopic notCalled');
    expect(outcomesOf(result).filter((each) => each.endsWith(' ok')).length).toBeGreaterThanOrEqual(4);
    expect(violationsOf(result)).toEqual([]);
  });

  it('takes any part of the operations and of the faults for a plan', () => {
    const faults = planFaults(scenario, '2');
    fc.assert(fc.property(fc.subarray(scenario.admin.slice()), fc.subarray(faults), (admin, some) => {
      const result = run(scenario, '2', { admin, faults: some });
      expect(result.admin.map(({ operation }) => operation)).toEqual(admin);
      expect(violationsOf(result)).toEqual([]);
    }), { numRuns: 6 });
  });
});

describe('of partitions that are added', () => {
  const added = (duration: string, config: string): string => `
scenario: added
duration: ${duration}
cluster: { brokers: 3 }
topics: [{ name: gps, partitions: 1, replicationFactor: 3 }]
producers: [{ name: shop }]
consumers: [{ name: reader, topics: [gps], config: { auto.offset.reset: earliest${config} } }]
workload: [{ producer: shop, topic: gps, every: 500ms, key: "k-{i}", until: 1m }]
admin: [{ at: 41s, createPartitions: { topic: gps, count: 2 } }]
checks: [progress-after-heal]
`;

  it('a consumer hears with its next refresh of metadata, and before that nobody is owed what is in them', () => {
    const verdictOf = (text: string) => run(scenarioOf(text), '1').verdicts.map(({ verdict, compared }) => ({ verdict, compared }))[0];
    expect(verdictOf(added('3m', ''))).toMatchObject({ verdict: 'vacuous', compared: 0 });
    expect(verdictOf(added('8m', ''))).toEqual({ verdict: 'held', compared: 2 });
    expect(verdictOf(added('3m', ', metadata.max.age.ms: 10000'))).toEqual({ verdict: 'held', compared: 2 });
  });
});
