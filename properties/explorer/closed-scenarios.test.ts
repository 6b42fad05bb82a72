/**
 * A run written out, every fault and every record, is that run: its closed scenario comes to the same digest, also once it was a
 * text. A shrinker that began with anything else would shrink another run, and a plan that is committed would pin another one.
 */
import { expect, it } from 'vitest';
import { closedScenario, requestOf, requestOfClosed } from '../../src/explorer/request.ts';
import { execute } from '../../src/scenarios/run.ts';
import { drawSwarm } from '../../src/scenarios/swarm.ts';
import { writeScenario } from '../../src/scenarios/write-scenario.ts';
import { scenarioOf } from '../support/runs.ts';
import { freshSeed } from '../support/seed.ts';

const SEEDS = 15;

const fresh = freshSeed('closed scenarios');

// From 21 on: there a producer's first record is not of the first topic that its workload names.
it.each([21, fresh])(`a closed scenario runs as the swarm's run did, over ${SEEDS} seeds from %i on`, (first) => {
  for (let seed = first; seed < first + SEEDS; seed += 1) {
    const asked = requestOf(drawSwarm(String(seed)).scenario, String(seed));
    const closed = closedScenario(asked);
    const { digest } = execute(asked);
    expect(execute(requestOfClosed(closed)).digest, `seed ${seed}`).toBe(digest);
    expect(execute(requestOfClosed(scenarioOf(writeScenario(closed)))).digest, `seed ${seed}, as a text`).toBe(digest);
  }
});

/** The values say in which order they were offered. */
it.each([
  ['a workload that has no record', '[{ producer: p, topic: a, sends: [{ at: 1s, value: x }] }, { producer: p, topic: b, every: 59s, start: 1s, until: 1001ms }]'],
  ['records of one time in workloads that take turns', '[{ producer: p, topic: a, sends: [{ at: 1s, value: x }] }, { producer: p, topic: b, sends: [{ at: 1s, value: y }] }, { producer: p, topic: a, sends: [{ at: 1s, value: z }, { at: 2s, value: w }] }]'],
])('a closed scenario runs as it did with %s', (_, workload) => {
  const scenario = scenarioOf(`{ scenario: s, duration: 5s, cluster: { brokers: 1 }, topics: [{ name: a }, { name: b }], producers: [{ name: p }], workload: ${workload} }`);
  const asked = requestOf(scenario, '1');
  const closed = scenarioOf(writeScenario(closedScenario(asked)));
  expect(requestOfClosed(closed).workload).toEqual(asked.workload);
  expect(execute(requestOfClosed(closed)).digest).toBe(execute(asked).digest);
});
