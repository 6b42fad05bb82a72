/**
 * A consumer that throws to its application says so in the result of the run: without a word, one that dies at once would look like
 * one that has nothing to read.
 */
import { expect, it } from 'vitest';
import { formatRunRecord, parseRunRecord } from '../../src/scenarios/run-record-file.ts';
import { requestOf, run, scenarioOf } from '../support/runs.ts';

const scenario = (sessionTimeoutMs: number) => scenarioOf(`
scenario: hasty
duration: 30s
cluster: { brokers: 3 }
topics: [{ name: orders, partitions: 2, replicationFactor: 3 }]
producers: [{ name: shop }]
consumers: [{ name: warehouse, count: 2, group: g, topics: [orders], application: { mode: process-then-commit }, config: { enable.auto.commit: false, session.timeout.ms: ${sessionTimeoutMs}, heartbeat.interval.ms: 1000 } }]
workload: [{ producer: shop, topic: orders, every: 1s, until: 20s }]
`);

it('a session timeout that the coordinator refuses is told, of each member', () => {
  const refused = scenario(4_000);
  const result = run(refused, '1');
  expect(result.delivered.exceptions).toEqual(['warehouse-1', 'warehouse-2'].map((consumer) => ({ consumer, exception: 'InvalidSessionTimeoutException', times: 1 })));
  const record = { format: 'harrow.run/1' as const, harrow: '1', code: 'c0de'.repeat(16), verdict: 'vacuous' as const, result, ...requestOf(refused, '1') };
  expect(parseRunRecord('r.json', formatRunRecord(record))).toMatchObject({ value: { result: { delivered: result.delivered } } });
});

it('and nothing is told where nothing was thrown', () => {
  expect(run(scenario(6_000), '1').delivered).not.toHaveProperty('exceptions');
});
