import { describe, expect, it } from 'vitest';
import { stream } from '../kernel/random.ts';
import { FAULT_DOCS } from './faults.ts';
import type { Fault, NodeName, ScenarioFaultKind } from './faults.ts';
import { RECOVERABLE_KINDS, enabledKinds, expandNemesis, expandRollingRestart, expandSwizzleClog, planFaults, troublePeriods } from './nemesis.ts';
import { parseScenario } from './parse.ts';
import type { NemesisSpec, Scenario } from './scenario.ts';

const SEEDS = 2_000;
const BROKERS = ['broker-1', 'broker-2', 'broker-3', 'broker-4', 'broker-5'];
const NODES = ['controller-1', ...BROKERS, 'truck-1', 'truck-2', 'dashboard'];
const ALL_KINDS = FAULT_DOCS.map((each) => each.kind).filter((kind) => kind !== 'heal');

function specification(changes: Partial<NemesisSpec> = {}): NemesisSpec {
  return { kinds: null, targets: BROKERS, meanIntervalMs: 15_000, faultMs: { min: 300, max: 6_000 }, maxDown: 2, stabilityMs: 3_000, startMs: 5_000, quietAfterMs: 45_000, ...changes };
}

/** From when to when a fault harms, undefined for those that are over at once. */
function harmOf(fault: Fault): { fromMs: number; toMs: number } | undefined {
  if ('forMs' in fault) return { fromMs: fault.atMs, toMs: fault.atMs + fault.forMs };
  if (fault.kind === 'stop') return { fromMs: fault.atMs, toMs: fault.restartAfterMs === null ? Number.POSITIVE_INFINITY : fault.atMs + fault.killAfterMs + fault.restartAfterMs };
  if ('restartAfterMs' in fault) return { fromMs: fault.atMs, toMs: fault.restartAfterMs === null ? Number.POSITIVE_INFINITY : fault.atMs + fault.restartAfterMs };
  return undefined;
}

/** Whether leaving `nodes` out of the cluster would leave `fault` without effect. */
function isConfinedTo(fault: Fault, nodes: readonly NodeName[]): boolean {
  const within = (names: readonly NodeName[]): boolean => names.every((name) => nodes.includes(name));
  if ('node' in fault) return within([fault.node]);
  if ('from' in fault) return within(fault.from) || within(fault.to);
  if (fault.kind === 'partition') return fault.groups.filter((group) => !within(group)).length <= 1;
  return true;
}

/** Every choice of at most `size` of the brokers. */
function choices(size: number): NodeName[][] {
  let sets: NodeName[][] = [[]];
  for (const broker of BROKERS) sets = [...sets, ...sets.filter((set) => set.length < size).map((set) => [...set, broker])];
  return sets;
}

describe('a nemesis keeps its budget', () => {
  // Looks at the faults alone: it does not know of periods and victims, the means by which the budget is kept.
  it.each([1, 2])(`never are more than %i nodes harmed at once, over ${SEEDS} seeds`, (maxDown) => {
    const sets = choices(maxDown);
    let mostFaultsAtOnce = 0;
    for (let seed = 0; seed < SEEDS; seed += 1) {
      const faults = expandNemesis(specification({ maxDown, kinds: seed % 2 === 0 ? null : ALL_KINDS }), String(seed), NODES);
      for (const { atMs } of faults) {
        const inForce = faults.filter((fault) => {
          const harm = harmOf(fault);
          return harm !== undefined && harm.fromMs <= atMs && atMs < harm.toMs;
        });
        mostFaultsAtOnce = Math.max(mostFaultsAtOnce, inForce.length);
        if (!sets.some((set) => inForce.every((fault) => isConfinedTo(fault, set)))) throw new Error(`seed ${seed} at ${atMs} ms: ${JSON.stringify(inForce)}`);
      }
    }
    expect(mostFaultsAtOnce).toBeGreaterThan(3);
  });

  it(`every fault starts after the start and is over when the quiet phase begins, over ${SEEDS} seeds`, () => {
    for (let seed = 0; seed < SEEDS; seed += 1) {
      const faults = expandNemesis(specification({ kinds: seed % 2 === 0 ? null : ALL_KINDS }), String(seed), NODES);
      const outside = faults.filter((fault) => fault.atMs < 5_000 || (harmOf(fault)?.toMs ?? fault.atMs) > 45_000);
      expect(outside).toEqual([]);
    }
  });

  it('between two periods of trouble there is at least the stability that was asked for', () => {
    for (let seed = 0; seed < SEEDS; seed += 1) {
      const periods = troublePeriods(specification(), String(seed));
      expect(periods.length).toBeGreaterThan(0);
      for (const [i, period] of periods.entries()) {
        expect(period.victims.length).toBeLessThanOrEqual(2);
        if (i > 0) expect(period.startMs - (periods[i - 1]?.endMs as number)).toBeGreaterThanOrEqual(3_000);
      }
    }
  });

  it('all times and sizes are integers', () => {
    const faults = Array.from({ length: 200 }, (_, seed) => expandNemesis(specification({ kinds: ALL_KINDS }), String(seed), NODES)).flat();
    const fractional = faults.filter((fault) => Object.values(fault).some((value) => typeof value === 'number' && !Number.isSafeInteger(value)));
    expect(faults.length).toBeGreaterThan(1_000);
    expect(fractional).toEqual([]);
  });
});

describe('a nemesis is a swarm', () => {
  it('each recoverable kind is on in some runs and off in others, and some runs are left in peace', () => {
    const timesOn = new Map<ScenarioFaultKind, number>();
    let peaceful = 0;
    for (let seed = 0; seed < SEEDS; seed += 1) {
      const kinds = enabledKinds(specification(), String(seed));
      if (kinds.length === 0) peaceful += 1;
      for (const kind of kinds) timesOn.set(kind, (timesOn.get(kind) ?? 0) + 1);
    }
    expect([...timesOn.keys()].sort()).toEqual([...RECOVERABLE_KINDS].sort());
    for (const times of timesOn.values()) expect(Math.abs(times / SEEDS - 0.47)).toBeLessThan(0.08);
    expect(Math.abs(peaceful / SEEDS - 1 / 16)).toBeLessThan(0.03);
    expect(enabledKinds(specification({ kinds: ['wipe', 'crash'] }), '1')).toEqual(['crash', 'wipe']);
  });

  it('every kind that is listed does strike, and every target is struck', () => {
    for (const kind of ALL_KINDS) {
      const struck = new Set<NodeName>();
      for (let seed = 0; seed < 100; seed += 1) {
        for (const fault of expandNemesis(specification({ kinds: [kind] }), String(seed), NODES)) {
          expect(fault.kind).toBe(kind === 'swizzleClog' ? 'clog' : kind === 'rollingRestart' ? 'stop' : kind);
          for (const broker of BROKERS) if (JSON.stringify(fault).includes(`"${broker}"`)) struck.add(broker);
        }
      }
      expect(struck.size, kind).toBe(BROKERS.length);
    }
  });

  it('removing a kind removes its faults and leaves all others exactly as they were', () => {
    for (let seed = 0; seed < 200; seed += 1) {
      const all = expandNemesis(specification({ kinds: ALL_KINDS }), String(seed), NODES);
      // A swizzle expands to clogs, so those two can only be told apart together.
      for (const removed of [['crash'], ['partition', 'pause'], ['clog', 'swizzleClog']] as ScenarioFaultKind[][]) {
        const fewer = expandNemesis(specification({ kinds: ALL_KINDS.filter((kind) => !removed.includes(kind)) }), String(seed), NODES);
        expect(fewer).toEqual(all.filter((fault) => !removed.includes(fault.kind)));
      }
    }
  });

  it('the same seed gives the same faults, and different seeds different ones', () => {
    expect(expandNemesis(specification(), '42', NODES)).toEqual(expandNemesis(specification(), '42', NODES));
    const plans = new Set(Array.from({ length: 100 }, (_, seed) => JSON.stringify(expandNemesis(specification({ kinds: ALL_KINDS }), String(seed), NODES))));
    expect(plans.size).toBe(100);
  });
});

describe('a swizzle', () => {
  it('clogs half of its nodes, both ways, one by one, and unclogs them in an order of its own', () => {
    let isReordered = false;
    for (let seed = 0; seed < 50; seed += 1) {
      const clogs = expandSwizzleClog({ atMs: 10_000, kind: 'swizzleClog', nodes: BROKERS, forMs: 9_000 }, NODES, stream(String(seed), 'test'));
      const outward = clogs.filter((clog) => clog.from.length === 1);
      expect(clogs).toHaveLength(4);
      expect(outward).toHaveLength(2);
      const [first, second] = outward as [typeof outward[number], typeof outward[number]];
      expect(first.atMs).toBeLessThan(second.atMs);
      expect(clogs.every((clog) => clog.atMs >= 10_000 && clog.atMs + clog.forMs <= 19_000)).toBe(true);
      if (first.atMs + first.forMs > second.atMs + second.forMs) isReordered = true;
    }
    expect(isReordered).toBe(true);
  });
});

describe('a rolling restart', () => {
  it('stops one node after the other, in the order in which they are written', () => {
    const stops = expandRollingRestart({ atMs: 10_000, kind: 'rollingRestart', nodes: ['broker-3', 'broker-1', 'broker-2'], everyMs: 60_000, restartAfterMs: 5_000, killAfterMs: 30_000 });
    expect(stops).toEqual(['broker-3', 'broker-1', 'broker-2'].map((node, index) => ({ atMs: 10_000 + index * 60_000, kind: 'stop', node, restartAfterMs: 5_000, killAfterMs: 30_000 })));
  });

  it('by a nemesis goes through its victims, each of them back before the next one is stopped', () => {
    let most = 0;
    for (let seed = 0; seed < 50; seed += 1) {
      const stops = expandNemesis(specification({ kinds: ['rollingRestart'], maxDown: 3, meanIntervalMs: 60_000 }), String(seed), NODES).flatMap((fault) => (fault.kind === 'stop' ? [fault] : []));
      for (const [index, one] of stops.entries()) {
        const next = stops[index + 1];
        const backMs = one.atMs + one.killAfterMs + (one.restartAfterMs as number);
        if (next !== undefined && next.node !== one.node && next.atMs - one.atMs < 6_000) expect(backMs).toBeLessThanOrEqual(next.atMs);
      }
      most = Math.max(most, new Set(stops.map(({ node }) => node)).size);
    }
    expect(most).toBeGreaterThan(1);
  });
});

describe('the plan of a run', () => {
  const scenario: Scenario = (() => {
    const result = parseScenario({ file: 'plan.yaml', content: 'scenario: plan\nduration: 60s\ncluster: { brokers: 3 }\ntopics: [ { name: t } ]\nfaults:\n  - { at: 50s, crash: broker-1 }\n  - { at: 1s, swizzleClog: broker-*, for: 3s }\nnemesis: { kinds: [pause] }\n' });
    if ('problems' in result) throw new Error('the scenario has mistakes');
    return result.value;
  })();

  it('has the stops of a rolling restart, and their defaults', () => {
    const plan = planFaults({ ...scenario, nemesis: null, faults: [{ atMs: 1_000, kind: 'rollingRestart', nodes: ['broker-1', 'broker-2'], everyMs: 10_000, restartAfterMs: 0, killAfterMs: 60_000 }] }, '7');
    expect(plan.map(({ atMs, kind }) => [atMs, kind])).toEqual([[1_000, 'stop'], [11_000, 'stop']]);
  });

  it('has the faults of the scenario and those of its nemesis in order of time, and no swizzle', () => {
    const plan = planFaults(scenario, '7');
    expect(plan.map((fault) => fault.atMs)).toEqual(plan.map((fault) => fault.atMs).sort((a, b) => a - b));
    expect(new Set(plan.map((fault) => fault.kind))).toEqual(new Set(['clog', 'pause', 'crash']));
    expect(plan.filter((fault) => fault.kind === 'crash')).toEqual([{ atMs: 50_000, kind: 'crash', node: 'broker-1', restartAfterMs: null }]);
  });
});
