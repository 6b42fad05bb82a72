/**
 * Faults as a scenario writes them: `{ at: 10m, crash: broker-2, restartAfter: 30s }`. Targets may be globs
 * (`broker-*`) and lists; they become node names here, so that a plan is explicit.
 */
import { assert, present, unreachable } from '../kernel/assert.ts';
import { formatDurationMs } from './durations.ts';
import { CRASH_STEPS, DEFAULT_KILL_AFTER_MS, sortedByTime } from './faults.ts';
import type { CrashPoint, NodeName, ScenarioFault } from './faults.ts';
import { meant, Mistakes, oneOf, show } from './problems.ts';
import type { Path } from './problems.ts';
import { durationMs, ratioShape, restartShape } from './scalars.ts';
import { choice, integer, keyed, list, located, object, oneOrMore, optional, required, text } from './shape.ts';
import type { KeyedValue, Located, Shape } from './shape.ts';

const nodeText = located(text('the name of a node, or a pattern such as broker-*', { maxLength: 200 }));
/** A node, a pattern, or several of them. */
export const nodesShape: Shape<Located<string>[]> = oneOrMore(nodeText, 'nodes', 1000);
const linksShape = object('links', {
  from: required(nodesShape, 'senders'),
  to: required(nodesShape, 'receivers'),
});
/** 10 % fast or slow: far beyond any quartz, and timers still run forwards. */
const MAX_DRIFT_PPM = 100_000;

const at = required(located(durationMs({ min: 0 })), 'when it strikes, from the start of the run');
const lasts = required(durationMs({ min: 1 }), 'how long it lasts');
const onNodes = (doc: string) => required(nodesShape, doc);
const restartAfter = optional(restartShape, 'when the node is started again; default never');
const killAfter = optional(durationMs({ min: 1 }), 'when a node that has not ended by itself is killed; default 1m');

const crashStep = choice(CRASH_STEPS, 'a step of an application');

const FORMS = {
  crash: {
    at, crash: onNodes('the nodes whose process stops; the page cache survives'), restartAfter,
    before: optional(located(crashStep), 'of an application: it crashes when it is about to do this the next time'),
    after: optional(located(crashStep), 'of an application: it crashes when it has done this the next time'),
  },
  stop: { at, stop: onNodes('the nodes that are asked to end: brokers shut down in a controlled way'), restartAfter, killAfter },
  rollingRestart: {
    at, rollingRestart: onNodes('the nodes that are stopped and started again, one after the other'),
    every: required(durationMs({ min: 1 }), 'time between the stops of two nodes'),
    restartAfter: required(durationMs({ min: 0 }), 'when a node that has ended is started again'), killAfter,
  },
  powerLoss: { at, powerLoss: onNodes('the nodes that lose power: what was not flushed may be lost'), restartAfter },
  wipe: { at, wipe: onNodes('the nodes that stop and come back with an empty disk'), restartAfter },
  pause: { at, pause: onNodes('the nodes that stand still'), for: lasts },
  clockJump: { at, clockJump: onNodes('the nodes whose clock jumps'), by: required(durationMs({ min: 0, signed: true }), 'by how much, such as 5s or -5s') },
  clockDrift: { at, clockDrift: onNodes('the nodes whose clock drifts'), ppm: required(integer(-MAX_DRIFT_PPM, MAX_DRIFT_PPM), 'parts per million, fast when positive'), for: lasts },
  flushFailure: { at, flushFailure: onNodes('the nodes whose flushes fail'), for: lasts },
  slowDisk: { at, slowDisk: onNodes('the nodes whose disk is slow'), factor: required(integer(2, 1_000_000), 'how many times slower'), for: lasts },
  diskFull: { at, diskFull: onNodes('the nodes whose disk is full'), for: lasts },
  partition: { at, partition: required(list(located(nodesShape), { min: 2, max: 100, what: 'groups' }), 'groups cut from each other; a node in no group keeps all its links'), for: lasts },
  oneWay: { at, oneWay: required(linksShape, 'the links that carry nothing'), for: lasts },
  isolate: { at, isolate: onNodes('the nodes cut from every other'), for: lasts },
  flaky: { at, flaky: required(linksShape, 'the links that lose packets'), loss: required(ratioShape, 'the share that is lost'), for: lasts },
  slow: { at, slow: required(linksShape, 'the links that get slower'), add: required(durationMs({ min: 1 }), 'added latency'), for: lasts },
  clog: { at, clog: required(linksShape, 'the links that hold messages back'), for: lasts },
  swizzleClog: { at, swizzleClog: onNodes('a random half of these is clogged, one by one'), for: lasts },
  reset: { at, reset: required(list(nodeText, { min: 2, max: 2, what: 'nodes' }), 'the two nodes whose connections are reset') },
  heal: { at, heal: required(choice(['network'], 'what to heal'), 'ends every network fault in force') },
} as const;

export const faultShape = keyed('fault', FORMS);
export const faultsShape = list(faultShape, { min: 0, max: 100_000, what: 'faults' });
export type FaultForm = KeyedValue<typeof FORMS>;

export interface FaultScope {
  /** Every node of the world, in order. */
  readonly nodes: readonly NodeName[];
  /** Those that run an application. */
  readonly applications: readonly NodeName[];
  /** Undefined when the duration itself is a mistake. */
  readonly durationMs: number | undefined;
}

/** Names that a pattern stands for, in the order of `nodes`; a name or pattern that matches none is a mistake. */
export function resolveNodes(patterns: readonly Located<string>[], nodes: readonly NodeName[], mistakes: Mistakes): NodeName[] {
  const chosen = new Set<NodeName>();
  for (const { value, path } of patterns) {
    const glob = new RegExp(`^${value.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
    const matches = nodes.filter((name) => (value.includes('*') ? glob.test(name) : name === value));
    if (matches.length === 0) mistakes.add(path, `no node ${show(value)}; expected ${oneOf(nodes, 12)}${meant(value, nodes)}`);
    for (const name of matches) chosen.add(name);
  }
  return nodes.filter((name) => chosen.has(name));
}

/** As written, where the order matters; what a pattern stands for in the order of `nodes`. */
export function inOrder(patterns: readonly Located<string>[], nodes: readonly NodeName[], mistakes: Mistakes): NodeName[] {
  return [...new Set(patterns.flatMap((each) => resolveNodes([each], nodes, mistakes)))];
}

/** Resolves the faults of a scenario or of a plan file, sorted by time; mistakes are noted and their faults left out. */
export function resolveFaults(forms: readonly FaultForm[], scope: FaultScope, mistakes: Mistakes): ScenarioFault[] {
  return sortedByTime(forms.flatMap((form) => resolveFault(form, scope, mistakes)));
}

function resolveFault(form: FaultForm, scope: FaultScope, mistakes: Mistakes): ScenarioFault[] {
  const { at: atLocated } = form.fields;
  if (atLocated !== undefined && scope.durationMs !== undefined && atLocated.value >= scope.durationMs) {
    mistakes.add(atLocated.path, `${formatDurationMs(atLocated.value)} is not before the end of the run; expected less than ${formatDurationMs(scope.durationMs)}`);
  }
  const before = mistakes.list.length;
  const build = faultBuilder(form, scope, mistakes);
  return mistakes.list.length > before || atLocated === undefined || build === undefined ? [] : build(atLocated.value);
}

type Build = ((atMs: number) => ScenarioFault[]) | undefined;

/** Undefined when a field is missing or broken, which has been reported. */
function faultBuilder(form: FaultForm, scope: FaultScope, mistakes: Mistakes): Build {
  const onEach = (patterns: readonly Located<string>[] | undefined, make: (node: NodeName, atMs: number) => ScenarioFault): Build => {
    if (patterns === undefined) return undefined;
    const nodes = resolveNodes(patterns, scope.nodes, mistakes);
    return (atMs) => nodes.map((node) => make(node, atMs));
  };
  switch (form.kind) {
    case 'crash': {
      const { crash, restartAfter: restartAfterMs = null } = form.fields;
      const point = resolvePoint(form.fields, crash, scope, mistakes);
      return onEach(crash, (node, atMs) => ({ atMs, kind: 'crash', node, restartAfterMs, ...(point === undefined ? {} : { point }) }));
    }
    case 'powerLoss':
    case 'wipe': {
      const patterns = form.kind === 'powerLoss' ? form.fields.powerLoss : form.fields.wipe;
      const restartAfterMs = form.fields.restartAfter ?? null;
      return onEach(patterns, (node, atMs) => ({ atMs, kind: form.kind, node, restartAfterMs }));
    }
    case 'stop': {
      const { stop, restartAfter: restartAfterMs = null, killAfter: killAfterMs = DEFAULT_KILL_AFTER_MS } = form.fields;
      return onEach(stop, (node, atMs) => ({ atMs, kind: 'stop', node, restartAfterMs, killAfterMs }));
    }
    case 'rollingRestart': {
      const { rollingRestart, every: everyMs, restartAfter: restartAfterMs, killAfter: killAfterMs = DEFAULT_KILL_AFTER_MS } = form.fields;
      if (rollingRestart === undefined) return undefined;
      const nodes = inOrder(rollingRestart, scope.nodes, mistakes);
      if (everyMs === undefined || restartAfterMs === undefined) return undefined;
      return (atMs) => {
        const lastMs = atMs + everyMs * (nodes.length - 1);
        if (scope.durationMs !== undefined && lastMs >= scope.durationMs) {
          mistakes.add([...form.path, 'every'], `${nodes[nodes.length - 1] as string} would be stopped at ${formatDurationMs(lastMs)}, after the end of the run; expected the last stop before ${formatDurationMs(scope.durationMs)}`);
        }
        return [{ atMs, kind: 'rollingRestart', nodes, everyMs, restartAfterMs, killAfterMs }];
      };
    }
    case 'pause':
    case 'flushFailure':
    case 'diskFull':
    case 'isolate': {
      const { for: forMs } = form.fields;
      const patterns = form.kind === 'pause' ? form.fields.pause : form.kind === 'flushFailure' ? form.fields.flushFailure : form.kind === 'diskFull' ? form.fields.diskFull : form.fields.isolate;
      const build = onEach(patterns, (node, atMs) => ({ atMs, kind: form.kind, node, forMs: present(forMs, 'for') }));
      return forMs === undefined ? undefined : build;
    }
    case 'clockJump': {
      const { by, clockJump } = form.fields;
      if (by === 0) mistakes.add([...form.path, 'by'], 'got "0s", which changes nothing; expected a jump such as 5s or -5s');
      const build = onEach(clockJump, (node, atMs) => ({ atMs, kind: 'clockJump', node, byMs: present(by, 'by') }));
      return by === undefined ? undefined : build;
    }
    case 'clockDrift': {
      const { ppm, clockDrift, for: forMs } = form.fields;
      const build = onEach(clockDrift, (node, atMs) => ({ atMs, kind: 'clockDrift', node, ppm: present(ppm, 'ppm'), forMs: present(forMs, 'for') }));
      return ppm === undefined || forMs === undefined ? undefined : build;
    }
    case 'slowDisk': {
      const { factor, slowDisk, for: forMs } = form.fields;
      const build = onEach(slowDisk, (node, atMs) => ({ atMs, kind: 'slowDisk', node, factor: present(factor, 'factor'), forMs: present(forMs, 'for') }));
      return factor === undefined || forMs === undefined ? undefined : build;
    }
    case 'partition': {
      const { partition, for: forMs } = form.fields;
      if (partition === undefined) return undefined;
      const groups = resolveGroups(partition, scope, mistakes);
      return forMs === undefined ? undefined : (atMs) => [{ atMs, kind: 'partition', groups, forMs }];
    }
    case 'oneWay': {
      const { oneWay, for: forMs } = form.fields;
      const links = resolveLinks(oneWay, scope, mistakes, [...form.path, 'oneWay']);
      return links === undefined || forMs === undefined ? undefined : (atMs) => [{ atMs, kind: 'oneWay', ...links, forMs }];
    }
    case 'flaky': {
      const { flaky, loss, for: forMs } = form.fields;
      const links = resolveLinks(flaky, scope, mistakes, [...form.path, 'flaky']);
      return links === undefined || loss === undefined || forMs === undefined ? undefined : (atMs) => [{ atMs, kind: 'flaky', ...links, loss, forMs }];
    }
    case 'slow': {
      const { slow, add: addMs, for: forMs } = form.fields;
      const links = resolveLinks(slow, scope, mistakes, [...form.path, 'slow']);
      return links === undefined || addMs === undefined || forMs === undefined ? undefined : (atMs) => [{ atMs, kind: 'slow', ...links, addMs, forMs }];
    }
    case 'clog': {
      const { clog, for: forMs } = form.fields;
      const links = resolveLinks(clog, scope, mistakes, [...form.path, 'clog']);
      return links === undefined || forMs === undefined ? undefined : (atMs) => [{ atMs, kind: 'clog', ...links, forMs }];
    }
    case 'swizzleClog': {
      const { swizzleClog, for: forMs } = form.fields;
      if (swizzleClog === undefined) return undefined;
      const nodes = resolveNodes(swizzleClog, scope.nodes, mistakes);
      return forMs === undefined ? undefined : (atMs) => [{ atMs, kind: 'swizzleClog', nodes, forMs }];
    }
    case 'reset': {
      const { reset } = form.fields;
      if (reset === undefined || reset.length !== 2) return undefined;
      const [a, b] = reset.map((each) => resolveNodes([each], scope.nodes, mistakes)) as [NodeName[], NodeName[]];
      if (a.length === 1 && a[0] === b[0] && b.length === 1) mistakes.add([...form.path, 'reset', 1], `got ${a[0] as string} twice; expected two nodes`);
      return (atMs) => a.flatMap((from) => b.filter((to) => to !== from).map((to): ScenarioFault => ({ atMs, kind: 'reset', between: [from, to] })));
    }
    case 'heal':
      return form.fields.heal === undefined ? undefined : (atMs) => [{ atMs, kind: 'heal' }];
    default:
      return unreachable(form, 'faultBuilder');
  }
}

/** Where an application crashes; undefined where any process does, at once. */
function resolvePoint(
  { before, after }: { readonly before?: Located<CrashPoint['step']>; readonly after?: Located<CrashPoint['step']> },
  nodes: readonly Located<string>[] | undefined, scope: FaultScope, mistakes: Mistakes,
): CrashPoint | undefined {
  const written = before ?? after;
  if (written === undefined) return undefined;
  if (before !== undefined && after !== undefined) mistakes.add(after.path, 'a second step beside before; expected before or after', 'key');
  const others = nodes === undefined ? [] : resolveNodes(nodes, scope.nodes, new Mistakes()).filter((node) => !scope.applications.includes(node));
  if (others.length > 0) mistakes.add(written.path, `${others[0] as string} runs no application; expected a member of a consumer group`, 'key');
  return { step: written.value, when: before === undefined ? 'after' : 'before' };
}

function resolveGroups(partition: readonly Located<Located<string>[]>[], scope: FaultScope, mistakes: Mistakes): NodeName[][] {
  const groupOf = new Map<NodeName, number>();
  return partition.map(({ value, path }, index) => {
    const group = resolveNodes(value, scope.nodes, mistakes);
    for (const node of group) {
      const other = groupOf.get(node);
      if (other !== undefined) mistakes.add(path, `${node} is in group ${other + 1} already; expected groups that do not overlap`);
      groupOf.set(node, index);
    }
    return group;
  });
}

function resolveLinks(
  links: { readonly from?: readonly Located<string>[]; readonly to?: readonly Located<string>[] } | undefined,
  scope: FaultScope, mistakes: Mistakes, path: Path,
): { from: NodeName[]; to: NodeName[] } | undefined {
  if (links === undefined) return undefined;
  const from = links.from === undefined ? [] : resolveNodes(links.from, scope.nodes, mistakes);
  const to = links.to === undefined ? [] : resolveNodes(links.to, scope.nodes, mistakes);
  if (from.length === 0 || to.length === 0) return undefined;
  if (from.length === 1 && to.length === 1 && from[0] === to[0]) {
    mistakes.add(path, `from and to are both ${from[0] as string}; expected at least one link between two nodes`);
    return undefined;
  }
  assert(from.every((node) => scope.nodes.includes(node)), 'links resolve to nodes of the scope');
  return { from, to };
}
