import { describe, expect, it } from 'vitest';
import { describeFault, type Fault } from '../../src/scenarios/faults.ts';
import { run, scenarioOf } from '../support/runs.ts';

const SCENARIO = scenarioOf(`
scenario: crash_points
duration: 20s
cluster: { brokers: 1 }
topics: [{ name: gps, partitions: 1, replicationFactor: 1 }]
consumers:
  - { name: dashboard, count: 2, group: dashboards, topics: [gps], application: { mode: process-then-commit, pollTimeout: 500ms } }
`);

const crash = (node: string, atMs: number, step: 'poll' | 'commit', restartAfterMs: number | null = null): Fault => ({ atMs, kind: 'crash', node, restartAfterMs, point: { step, when: 'before' } });

describe('a crash that waits for a step of an application', () => {
  it('strikes when the application gets there, and the node comes back as the fault says', () => {
    const { faults } = run(SCENARIO, '1', { faults: [crash('dashboard-1', 5_200, 'poll', 2_000), crash('dashboard-1', 12_000, 'poll')] });
    expect(faults.map(({ outcome }) => outcome)).toEqual(['applied', 'applied']);
    expect(faults[0]?.reason).toBe('dashboard-1 crashed before poll at 5.500s');
  });

  it('has no effect on an application that never gets there, or is down', () => {
    const { faults } = run(SCENARIO, '1', { faults: [crash('dashboard-2', 5_000, 'commit'), { atMs: 8_000, kind: 'crash', node: 'dashboard-2', restartAfterMs: null }, crash('dashboard-2', 9_000, 'poll')] });
    expect(faults.map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['noEffect', 'dashboard-2 did not get as far as before its next commit'], ['applied', undefined], ['noEffect', 'dashboard-2 was already down'],
    ]);
  });

  it('says what it is', () => {
    expect(describeFault(crash('dashboard-1', 5_000, 'commit', 2_000))).toBe('crash dashboard-1 before its next commit, restart after 2s');
  });
});
