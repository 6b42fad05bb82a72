import { describe, expect, it } from 'vitest';
import { FAULT_DOCS, describeFault, describeNodes, sortedByTime } from './faults.ts';
import type { ScenarioFaultKind } from './faults.ts';
import { parseFaultPlan, parseScenario } from './parse.ts';
import type { Scenario } from './scenario.ts';

const FLEET = `scenario: fleet
duration: 1h
cluster: { brokers: 3 }
topics: [ { name: gps } ]
producers: [ { name: truck, count: 25 } ]
`;

function fleet(): Scenario {
  const result = parseScenario({ file: 'fleet.yaml', content: FLEET });
  if ('problems' in result) throw new Error('the fleet has mistakes');
  return result.value;
}

describe('the registry of fault kinds', () => {
  it.each(FAULT_DOCS)('the example of $kind is a fault of that kind, and has one line to describe it', ({ kind, example }) => {
    const result = parseFaultPlan({ file: 'example.yaml', content: `- ${example}` }, fleet());
    if ('problems' in result) throw new Error(result.problems.map((problem) => problem.message).join('\n'));
    expect(new Set(result.value.map((fault) => fault.kind))).toEqual(new Set<ScenarioFaultKind>([kind]));
    for (const fault of result.value) {
      expect(describeFault(fault)).not.toMatch(/\n|undefined|NaN|\[object/);
      expect(describeFault(fault).length).toBeGreaterThan(8);
    }
  });

  it('names every kind once', () => {
    expect(new Set(FAULT_DOCS.map((each) => each.kind)).size).toBe(FAULT_DOCS.length);
  });
});

describe('descriptions', () => {
  it('say what, where and how long in Kafka’s and the operator’s words', () => {
    expect(describeFault({ atMs: 0, kind: 'crash', node: 'broker-2', restartAfterMs: 30_000 })).toBe('crash broker-2, restart after 30s');
    expect(describeFault({ atMs: 0, kind: 'stop', node: 'broker-2', restartAfterMs: 30_000, killAfterMs: 60_000 })).toBe('stop broker-2, restart after 30s');
    expect(describeFault({ atMs: 0, kind: 'stop', node: 'broker-2', restartAfterMs: null, killAfterMs: 5_000 })).toBe('stop broker-2, kill after 5s, for good');
    expect(describeFault({ atMs: 0, kind: 'rollingRestart', nodes: ['broker-1', 'broker-2', 'broker-3'], everyMs: 60_000, restartAfterMs: 10_000, killAfterMs: 60_000 })).toBe('rolling restart of broker-1..3, one every 1m, restart after 10s');
    expect(describeFault({ atMs: 0, kind: 'powerLoss', node: 'broker-2', restartAfterMs: null })).toBe('power loss at broker-2, for good');
    expect(describeFault({ atMs: 0, kind: 'clockJump', node: 'broker-2', byMs: -5_000 })).toBe('clock of broker-2 jumps by -5s');
    expect(describeFault({ atMs: 0, kind: 'flaky', from: ['broker-1'], to: ['broker-2'], loss: { numerator: 1, denominator: 10 }, forMs: 60_000 })).toBe('lose 1/10 of broker-1 -> broker-2 for 1m');
    expect(describeFault({ atMs: 0, kind: 'partition', groups: [['broker-1'], ['broker-2', 'broker-3']], forMs: 60_000 })).toBe('partition broker-1 | broker-2,broker-3 for 1m');
  });

  it('join runs of numbered nodes', () => {
    expect(describeNodes(['broker-1', 'broker-2', 'truck-1', 'truck-2', 'truck-3', 'truck-5'])).toBe('broker-1,broker-2,truck-1..3,truck-5');
    expect(describeNodes(['controller-1', 'broker-1', 'broker-3', 'shop', 'cashier', 'ledger'])).toBe('controller-1,broker-1,broker-3,shop,…');
  });
});

describe('the order of a plan', () => {
  it('is by time, and as written at one instant', () => {
    const plan = sortedByTime([
      { atMs: 2, kind: 'heal' as const }, { atMs: 1, kind: 'pause' as const, node: 'b', forMs: 1 }, { atMs: 1, kind: 'pause' as const, node: 'a', forMs: 1 },
    ]);
    expect(plan.map((fault) => ('node' in fault ? fault.node : fault.kind))).toEqual(['b', 'a', 'heal']);
  });
});
