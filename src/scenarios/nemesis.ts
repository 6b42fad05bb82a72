/**
 * Nemesis: from a specification and a seed to explicit faults. Swarm style: unless kinds are listed, each recoverable
 * kind is on or off by a draw (all off happens too, and is the control), and how often a kind strikes is drawn anew.
 *
 * Time alternates between calm and trouble. A period of trouble has victims, at most `maxDown` of them; every fault in
 * it harms only victims and is over when it ends. So at any time the harmed nodes number at most `maxDown`, whatever
 * the kinds do, and no kind needs to know of another: each draws from its own stream, and leaving one out leaves the
 * others' faults exactly as they were.
 *
 * Left out: whether the ISR has recovered in between; `stability` is a time, not a condition.
 *
 * Source: Groce et al., "Swarm Testing", ISSTA 2012; partition stability of TigerBeetle's PacketSimulator; quiet phase
 * before liveness is judged, FoundationDB and VOPR.
 */
import { assert, unreachable } from '../kernel/assert.ts';
import { stream } from '../kernel/random.ts';
import type { Stream } from '../kernel/random.ts';
import { below, between } from './draws.ts';
import { FAULT_DOCS, sortedByTime } from './faults.ts';
import type { ClogFault, Fault, NodeName, RollingRestart, ScenarioFaultKind, StopFault, SwizzleClog } from './faults.ts';
import { nodesOf } from './scenario.ts';
import type { NemesisSpec, Scenario } from './scenario.ts';

/**
 * Kinds that a cluster survives as long as a majority of replicas is left alone. The others take a disk away, or are stops
 * in a row, which the nemesis makes itself: they are on only when listed.
 */
export const RECOVERABLE_KINDS: readonly ScenarioFaultKind[] = FAULT_DOCS.map((each) => each.kind).filter(
  (kind) => kind !== 'wipe' && kind !== 'flushFailure' && kind !== 'diskFull' && kind !== 'heal' && kind !== 'rollingRestart',
);

/** A time in which `victims` may be harmed; every fault in it is over at `endMs`. */
export interface TroublePeriod {
  readonly startMs: number;
  readonly endMs: number;
  readonly victims: readonly NodeName[];
}

/** The plan of one run: the scenario's own faults, and those of its nemesis under `seed`. Sorted by time. */
export function planFaults(scenario: Scenario, seed: string): Fault[] {
  const nodes = nodesOf(scenario).map((node) => node.name);
  const explicit = scenario.faults.flatMap((fault, index): Fault[] => {
    if (fault.kind === 'swizzleClog') return expandSwizzleClog(fault, nodes, stream(seed, `faults/swizzle/${index}`));
    return fault.kind === 'rollingRestart' ? expandRollingRestart(fault) : [fault];
  });
  const random = scenario.nemesis === null ? [] : expandNemesis(scenario.nemesis, seed, nodes);
  return sortedByTime([...explicit, ...random]);
}

/** Faults of `spec` under `seed`, sorted by time. `nodes` are all nodes of the world; links lead to any of them. */
export function expandNemesis(spec: NemesisSpec, seed: string, nodes: readonly NodeName[]): Fault[] {
  if (spec.targets.length === 0) return [];
  const periods = troublePeriods(spec, seed);
  const kinds = enabledKinds(spec, seed);
  return sortedByTime(kinds.flatMap((kind) => faultsOfKind(kind, spec, periods, nodes, stream(seed, `faults/${kind}`))));
}

/** The kinds that are on under `seed`, in the order of the registry. */
export function enabledKinds(spec: NemesisSpec, seed: string): ScenarioFaultKind[] {
  if (spec.kinds !== null) return FAULT_DOCS.map((each) => each.kind).filter((kind) => spec.kinds?.includes(kind));
  // One run in sixteen is left in peace as a whole; coins alone would do so once in 2^15.
  const draws = stream(seed, 'faults/swarm');
  const isPeaceful = draws.below(16) === 0;
  const drawn = RECOVERABLE_KINDS.filter(() => draws.below(2) === 0);
  return isPeaceful ? [] : drawn;
}

/** Calm and trouble by turns. Depends on no kind. */
export function troublePeriods(spec: NemesisSpec, seed: string): TroublePeriod[] {
  const draws = stream(seed, 'faults/periods');
  const periods: TroublePeriod[] = [];
  let atMs = spec.startMs;
  for (;;) {
    // Long enough for the longest fault, mostly longer, so that faults meet.
    const lengthMs = between(draws, spec.faultMs.max, spec.faultMs.max * 3);
    const endMs = Math.min(atMs + lengthMs, spec.quietAfterMs);
    const victims = draws.shuffle(spec.targets).slice(0, between(draws, 1, Math.min(spec.maxDown, spec.targets.length)));
    if (endMs - atMs < spec.faultMs.min) return periods;
    periods.push({ startMs: atMs, endMs, victims });
    atMs = endMs + spec.stabilityMs + between(draws, 0, spec.stabilityMs);
  }
}

/**
 * A kind strikes again after a drawn time around its own mean, counted in times of trouble only; what does not fit into
 * the rest of its period is left out.
 */
function faultsOfKind(kind: ScenarioFaultKind, spec: NemesisSpec, periods: readonly TroublePeriod[], nodes: readonly NodeName[], draws: Stream): Fault[] {
  // Weights redrawn per run: this kind's mean is half to double the written one.
  const meanMs = Math.max(1, Math.floor((spec.meanIntervalMs * between(draws, 50, 200)) / 100));
  const faults: Fault[] = [];
  let troubleBeforeMs = 0;
  let dueMs = below(draws, meanMs);
  for (const period of periods) {
    const lengthMs = period.endMs - period.startMs;
    for (; dueMs < troubleBeforeMs + lengthMs; dueMs += 1 + below(draws, 2 * meanMs)) {
      const atMs = period.startMs + dueMs - troubleBeforeMs;
      const forMs = Math.min(between(draws, spec.faultMs.min, spec.faultMs.max), period.endMs - atMs);
      const strike = { atMs, forMs, victim: draws.next32(), other: draws.next32(), size: draws.next32() };
      if (forMs >= spec.faultMs.min) faults.push(...faultOf(kind, strike, period.victims, spec.targets, nodes, draws));
    }
    troubleBeforeMs += lengthMs;
  }
  return faults;
}

/** The draws of one strike; every strike makes the same number of them, used or not. */
interface Strike {
  readonly atMs: number;
  readonly forMs: number;
  readonly victim: number;
  readonly other: number;
  readonly size: number;
}

function faultOf(kind: ScenarioFaultKind, strike: Strike, victims: readonly NodeName[], targets: readonly NodeName[], nodes: readonly NodeName[], draws: Stream): Fault[] {
  const { atMs, forMs } = strike;
  const node = victims[strike.victim % victims.length] as NodeName;
  const others = nodes.filter((each) => !victims.includes(each));
  const peers = targets.filter((each) => !victims.includes(each));
  // Traffic among the targets is where the protocol lives; half of the link faults hit everything else as well.
  const far = peers.length > 0 && strike.other % 2 === 0 ? peers : others;
  const outward = strike.size % 2 === 0;
  const links = outward ? { from: [node], to: far } : { from: far, to: [node] };
  switch (kind) {
    case 'crash':
    case 'powerLoss':
    case 'wipe':
      return [{ atMs, kind, node, restartAfterMs: forMs }];
    case 'stop':
      return [stopWithin(node, atMs, forMs)];
    case 'rollingRestart': {
      const everyMs = Math.floor(forMs / victims.length);
      return everyMs < LEAST_STOP_MS ? [] : victims.map((each, index) => stopWithin(each, atMs + index * everyMs, everyMs));
    }
    case 'pause':
    case 'flushFailure':
    case 'diskFull':
    case 'isolate':
      return [{ atMs, kind, node, forMs }];
    case 'clockJump':
      // Up to ten seconds: beyond most of Kafka's own timeouts.
      return [{ atMs, kind, node, byMs: (outward ? 1 : -1) * (1 + (strike.other % 10_000)) }];
    case 'clockDrift':
      return [{ atMs, kind, node, ppm: (outward ? 1 : -1) * (100 + (strike.other % 10_000)), forMs }];
    case 'slowDisk':
      return [{ atMs, kind, node, factor: 2 + (strike.other % 99), forMs }];
    case 'partition':
      return far.length === 0 ? [] : [{ atMs, kind, groups: [[node], far], forMs }];
    case 'oneWay':
    case 'clog':
      return far.length === 0 ? [] : [{ atMs, kind, ...links, forMs }];
    case 'flaky':
      return far.length === 0 ? [] : [{ atMs, kind, ...links, loss: { numerator: 1 + (strike.victim % 9), denominator: 10 }, forMs }];
    case 'slow':
      return far.length === 0 ? [] : [{ atMs, kind, ...links, addMs: 1 + (strike.victim % 2_000), forMs }];
    case 'swizzleClog':
      return expandSwizzleClog({ atMs, kind, nodes: victims, forMs }, nodes, draws);
    case 'reset':
      return far.length === 0 ? [] : [{ atMs, kind, between: [node, far[strike.size % far.length] as NodeName] }];
    case 'heal':
      return [{ atMs, kind }];
    default:
      return unreachable(kind, 'faultOf');
  }
}

/** A process may end at once and be started at once: two milliseconds hold a stop. */
const LEAST_STOP_MS = 2;

/** Half of the time to end, the other half to stay down: up again by `atMs + forMs`. */
function stopWithin(node: NodeName, atMs: number, forMs: number): StopFault {
  const killAfterMs = Math.max(1, Math.floor(forMs / 2));
  return { atMs, kind: 'stop', node, killAfterMs, restartAfterMs: forMs - killAfterMs };
}

/** One stop after the other; a node that takes longer than `everyMs` to come back overlaps with the next. */
export function expandRollingRestart({ atMs, nodes, everyMs, restartAfterMs, killAfterMs }: RollingRestart): StopFault[] {
  return nodes.map((node, index) => ({ atMs: atMs + index * everyMs, kind: 'stop', node, restartAfterMs, killAfterMs }));
}

/**
 * Clogs a random half (at least one) of the nodes one by one in the first third of `forMs`, and unclogs them in
 * another order in the last third. A clogged node neither receives nor is heard.
 */
export function expandSwizzleClog(fault: SwizzleClog, nodes: readonly NodeName[], draws: Stream): ClogFault[] {
  const clogged = draws.shuffle(fault.nodes).slice(0, Math.max(1, Math.floor(fault.nodes.length / 2)));
  const unclogOrder = draws.shuffle(clogged);
  const third = Math.floor(fault.forMs / 3);
  const clogs = clogged.flatMap((node, index): ClogFault[] => {
    const startMs = fault.atMs + Math.floor((third * index) / clogged.length);
    const endMs = fault.atMs + fault.forMs - Math.floor((third * unclogOrder.indexOf(node)) / clogged.length);
    const others = nodes.filter((each) => each !== node);
    const forMs = Math.max(1, endMs - startMs);
    return [{ atMs: startMs, kind: 'clog', from: [node], to: others, forMs }, { atMs: startMs, kind: 'clog', from: others, to: [node], forMs }];
  });
  assert(clogs.every((clog) => clog.atMs + clog.forMs <= fault.atMs + Math.max(1, fault.forMs)), 'a swizzle ends in time');
  return sortedByTime(clogs);
}
