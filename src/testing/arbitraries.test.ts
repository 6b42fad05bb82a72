import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requestOfClosed } from '../explorer/request.ts';
import { builtInScenario } from '../scenarios/catalogue/catalogue.ts';
import { FAULT_DOCS, type FaultKind } from '../scenarios/faults.ts';
import { parseScenario } from '../scenarios/parse.ts';
import { quietFromMs } from '../scenarios/plan.ts';
import { execute } from '../scenarios/run.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { writeScenario } from '../scenarios/write-scenario.ts';
import { configurations, faultPlans, scenarios, workloads } from './arbitraries.ts';

const scenario: Scenario = { ...(builtInScenario('small_faulty_cluster') as Scenario), seed: '1', nemesis: null };
const PLANNED = FAULT_DOCS.map(({ kind }) => kind).filter((kind): kind is FaultKind => kind !== 'swizzleClog' && kind !== 'rollingRestart');

function reads(written: Scenario): boolean {
  return 'value' in parseScenario({ file: 'drawn', content: writeScenario(written) });
}

describe('drawn fault plans', () => {
  it('are scenarios, sorted, and over by the quiet end, whatever the kinds', () => {
    fc.assert(fc.property(faultPlans(scenario, { kinds: PLANNED, quietFromMs: 40_000 }), (faults) => {
      expect(reads({ ...scenario, faults })).toBe(true);
      expect(quietFromMs(faults)).toBeLessThanOrEqual(40_000);
      expect([...faults].sort((a, b) => a.atMs - b.atMs)).toEqual(faults);
    }));
  });

  it('shrink to one early fault when one is enough', () => {
    const { counterexample } = fc.check(fc.property(faultPlans(scenario, { kinds: ['pause', 'crash'] }), (faults) => !faults.some(({ kind }) => kind === 'crash')), { endOnFailure: false });
    expect(counterexample?.[0]).toHaveLength(1);
    expect(counterexample?.[0][0]).toMatchObject({ kind: 'crash', node: 'broker-1', atMs: Math.floor(scenario.durationMs / 12) });
  });
});

describe('drawn workloads', () => {
  it('are scenarios that offer as many records as they say', () => {
    fc.assert(fc.property(workloads(scenario, { max: 20 }), (workload) => {
      const drawn = { ...scenario, workload };
      expect(reads(drawn)).toBe(true);
      expect(requestOfClosed(drawn).workload).toHaveLength(workload.reduce((sum, { rows }) => sum + rows.length, 0));
    }), { numRuns: 50 });
  });

  it('shrink to one record', () => {
    const { counterexample } = fc.check(fc.property(workloads(scenario), (workload) => !workload.some(({ topic }) => topic === 'payments')), { endOnFailure: false });
    expect(counterexample?.[0].flatMap(({ rows }) => rows)).toHaveLength(1);
  });
});

describe('drawn configurations', () => {
  it('are scenarios, and shrink to the value that comes first', () => {
    const space = { producer: { acks: ['all', 1, 0], 'linger.ms': [0, 20] }, topic: { 'min.insync.replicas': [2, 1] } };
    fc.assert(fc.property(configurations(scenario, space), (drawn) => {
      expect(reads(drawn)).toBe(true);
    }));
    const { counterexample } = fc.check(fc.property(configurations(scenario, space), ({ producers }) => producers.every(({ config }) => config['acks'] === 'all')), { endOnFailure: false });
    expect(counterexample?.[0].producers[0]?.config).toMatchObject({ acks: 1, 'linger.ms': 0 });
    expect(counterexample?.[0].topics[0]?.config).toEqual({ 'min.insync.replicas': 2 });
  });
});

describe('configurations', () => {
  it.each([
    [{ producer: { akcs: [1] } }, 'producer config akcs'],
    [{ producer: { acks: [7] } }, 'producer config acks: got 7'],
    [{ broker: { 'replica.lag.time.max.ms': ['soon'] } }, 'broker config replica.lag.time.max.ms: got'],
    [{ topic: { 'min.insync.replicas': [-5] } }, 'topic config min.insync.replicas: got -5'],
    [{ consumer: { 'max.poll.records': [] } }, 'consumer config max.poll.records has no values to choose from'],
  ])('%j is refused: %s', (space, words) => {
    expect(() => configurations(scenario, space)).toThrow(`configurations: ${words}`);
  });

  it('are refused when they are drawn, where Kafka refuses two values together', () => {
    const drawn = configurations(scenario, { producer: { acks: [1], 'enable.idempotence': [true] } });
    expect(() => fc.sample(drawn, 1)).toThrow('configurations: producer config');
  });
});

it('drawn scenarios run, and violate nothing without faults', () => {
  fc.assert(fc.property(scenarios(), (drawn) => {
    const result = execute(requestOfClosed({ ...drawn, seed: '3' }));
    expect(result.verdicts.filter(({ verdict }) => verdict === 'violated')).toEqual([]);
  }), { numRuns: 15 });
});
