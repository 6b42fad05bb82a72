/** A topic that is deleted while clients write and read it: the run goes on, and what is judged is the other topics. */
import { describe, expect, it } from 'vitest';
import { run, scenarioOf, violationsOf } from '../support/runs.ts';

const SCENARIO = `scenario: deleted
duration: 30s
cluster: { brokers: 1 }
topics: [{ name: gps }, { name: kept }]
producers: [{ name: p, config: { delivery.timeout.ms: 4000, request.timeout.ms: 1000, max.block.ms: 2000 } }]
consumers: [{ name: c, topics: [gps, kept] }, { name: d, topics: [gps, kept], count: 2, group: dashboards, config: { auto.offset.reset: earliest } }]
workload: [{ producer: p, topic: gps, every: 200ms }, { producer: p, topic: kept, every: 200ms }]
admin: [{ at: 11s, deleteTopic: gps }]
`;

describe('a topic that is deleted under its clients', () => {
  it.each(['1', '2', '3'])('leaves the other topic as it was promised, with seed %s', (seed) => {
    const result = run(scenarioOf(SCENARIO), seed);
    expect(violationsOf(result)).toEqual([]);
    expect(result.admin.map(({ outcome }) => outcome)).toEqual(['ok']);
    expect(result.delivered.topics.find(({ topic }) => topic === 'kept')?.ok).toBeGreaterThan(100);
  });
});
