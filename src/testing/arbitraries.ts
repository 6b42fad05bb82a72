/**
 * fast-check arbitraries of scenarios, configurations, fault plans and workloads. Each shrinks by its structure: fewer
 * faults and records, fewer brokers, configs towards the first value that is listed, times towards the beginning. What they
 * give is valid by construction, and any part of a plan is a plan.
 *
 * A property of `check` stops at the first failure and lets Harrow's own shrinker do the rest, which takes a tenth of the
 * runs; these are for whoever writes properties with fast-check alone.
 */
import fc from 'fast-check';
import { parseConfig } from '../kafka/config.ts';
import type { ConfigKind } from '../kafka/config-tables.ts';
import { assert, unreachable } from '../kernel/assert.ts';
import { sortedByTime, type Fault, type FaultKind } from '../scenarios/faults.ts';
import { parseScenario } from '../scenarios/parse.ts';
import { nodesOf, type Scenario, type SendsWorkload } from '../scenarios/scenario.ts';

/** One of the values, each of which shrinks to the first one that also fails; `fc.constantFrom` tries only the very first. */
function simplestFirst<T>(values: readonly T[]): fc.Arbitrary<T> {
  return fc.nat(values.length - 1).map((index) => values[index] as T);
}

export interface FaultPlanOptions {
  /** Default: what a cluster can recover from without losing a disk. */
  readonly kinds?: readonly FaultKind[];
  /** Nodes that may be harmed; default the brokers. */
  readonly targets?: readonly string[];
  /** Most faults; default 6. */
  readonly max?: number;
  /** When the first may strike; default a twelfth of the run. */
  readonly startMs?: number;
  /** When the last one is over; default three quarters of the run. */
  readonly quietFromMs?: number;
}

const KINDS: readonly FaultKind[] = ['crash', 'stop', 'powerLoss', 'pause', 'partition', 'isolate', 'oneWay', 'slow', 'clog', 'reset'];
const MOST_FAULTS = 6;
/** A fault that lasts less does nothing that a protocol would notice. */
const SHORTEST_MS = 50;
const LOSS = { numerator: 1, denominator: 4 };

/** Explicit faults, sorted by time and all over by the quiet end. */
export function faultPlans(scenario: Scenario, options: FaultPlanOptions = {}): fc.Arbitrary<readonly Fault[]> {
  const { durationMs } = scenario;
  const { kinds = KINDS, max = MOST_FAULTS, startMs = Math.floor(durationMs / 12), quietFromMs = Math.floor((durationMs * 3) / 4) } = options;
  const targets = options.targets ?? nodesOf(scenario).filter(({ role }) => role === 'broker').map(({ name }) => name);
  assert(targets.length > 0 && quietFromMs > startMs + SHORTEST_MS, 'a fault plan has nodes to harm and time to do it');
  const others = nodesOf(scenario).map(({ name }) => name);
  const strike = fc.record({
    kind: simplestFirst(kinds), node: simplestFirst(targets), other: simplestFirst(others), atMs: fc.integer({ min: startMs, max: quietFromMs - SHORTEST_MS }),
    lengthMs: fc.integer({ min: SHORTEST_MS, max: Math.max(SHORTEST_MS, Math.floor((quietFromMs - startMs) / 3)) }), size: fc.integer({ min: 2, max: 50 }),
  });
  return fc.array(strike, { maxLength: max }).map((strikes) => sortedByTime(strikes.flatMap((each) => faultOf(each, quietFromMs, others))));
}

interface Strike {
  readonly kind: FaultKind;
  readonly node: string;
  readonly other: string;
  readonly atMs: number;
  readonly lengthMs: number;
  readonly size: number;
}

/** None where a link would lead from a node to itself. */
function faultOf({ kind, node, other, atMs, lengthMs, size }: Strike, quietFromMs: number, nodes: readonly string[]): Fault[] {
  const forMs = Math.min(lengthMs, quietFromMs - atMs);
  const link = { atMs, from: [node], to: [other], forMs };
  switch (kind) {
    case 'crash':
    case 'powerLoss':
    case 'wipe':
      return [{ kind, atMs, node, restartAfterMs: forMs }];
    case 'stop':
      // Its end counts its patience: half of the time for each.
      return forMs < 2 * SHORTEST_MS ? [] : [{ kind, atMs, node, killAfterMs: Math.floor(forMs / 2), restartAfterMs: Math.floor(forMs / 2) }];
    case 'pause':
    case 'isolate':
    case 'flushFailure':
    case 'diskFull':
      return [{ kind, atMs, node, forMs }];
    case 'slowDisk':
      return [{ kind, atMs, node, forMs, factor: size }];
    case 'clockJump':
      return [{ kind, atMs, node, byMs: size * 100 }];
    case 'clockDrift':
      return [{ kind, atMs, node, ppm: size * 100, forMs }];
    case 'partition':
      return [{ kind, atMs, groups: [[node], nodes.filter((each) => each !== node)], forMs }];
    case 'oneWay':
    case 'clog':
      return node === other ? [] : [{ kind, ...link }];
    case 'flaky':
      return node === other ? [] : [{ kind, ...link, loss: LOSS }];
    case 'slow':
      return node === other ? [] : [{ kind, ...link, addMs: size * 20 }];
    case 'reset':
      return node === other ? [] : [{ kind, atMs, between: [node, other] }];
    case 'heal':
      return [{ kind, atMs }];
    default:
      return unreachable(kind, 'fault kind');
  }
}

export interface WorkloadOptions {
  /** Most records; default 50. */
  readonly max?: number;
  /** Keys to choose from; null is keyless. Few keys collide. Default null and three keys. */
  readonly keys?: readonly (string | null)[];
  /** When the last record is offered; default four fifths of the run. */
  readonly untilMs?: number;
}

const MOST_RECORDS = 50;
const US_PER_MS = 1_000;

/** Records offered to the producers and topics that the scenario's own workload connects. */
export function workloads(scenario: Scenario, options: WorkloadOptions = {}): fc.Arbitrary<readonly SendsWorkload[]> {
  const { max = MOST_RECORDS, keys = [null, 'a', 'b', 'c'], untilMs = Math.floor((scenario.durationMs * 4) / 5) } = options;
  const routes = [...new Map(scenario.workload.map(({ producer, topic }) => [`${producer}/${topic}`, { producer, topic }])).values()];
  assert(routes.length > 0, 'the scenario has a workload to go by');
  const record = fc.record({ route: simplestFirst(routes), member: fc.nat(), atMs: fc.nat(untilMs - 1), key: simplestFirst(keys) });
  // Not by `minLength`: with one, fast-check keeps two records where the first is the one that matters.
  const some = fc.array(record, { maxLength: max }).filter((records) => records.length > 0);
  return some.map((records) => routes.flatMap((route): SendsWorkload[] => {
    const nodes = scenario.producers.find(({ name }) => name === route.producer)?.nodes ?? [];
    const rows = records.filter((each) => each.route === route)
      .map(({ atMs, key, member }, index) => ({ atUs: atMs * US_PER_MS, from: nodes[member % nodes.length] as string, key, value: String(index), partition: null }))
      .sort((a, b) => a.atUs - b.atUs);
    return rows.length === 0 ? [] : [{ kind: 'sends', ...route, rows }];
  }));
}

/** Values by config name, the simplest first; each config may stand for all brokers, topics, producers or consumers. */
export interface ConfigSpace {
  readonly broker?: Readonly<Record<string, readonly (string | number | boolean)[]>>;
  readonly topic?: Readonly<Record<string, readonly (string | number | boolean)[]>>;
  readonly producer?: Readonly<Record<string, readonly (string | number | boolean)[]>>;
  readonly consumer?: Readonly<Record<string, readonly (string | number | boolean)[]>>;
}

/**
 * The scenario under configurations of a space.
 *
 * @throws Error for a name that is no config and for a value that is none of it; when it is drawn, for values that Kafka refuses together
 */
export function configurations(scenario: Scenario, space: ConfigSpace): fc.Arbitrary<Scenario> {
  for (const kind of ['broker', 'topic', 'producer', 'consumer'] as const) {
    for (const [name, values] of Object.entries(space[kind] ?? {})) {
      if (values.length === 0) throw new Error(`configurations: ${kind} config ${name} has no values to choose from`);
      for (const value of values) mustParse(kind, { [name]: value });
    }
  }
  const of = (entries: ConfigSpace['broker'] = {}): fc.Arbitrary<Readonly<Record<string, string | number | boolean>>> =>
    fc.record(Object.fromEntries(Object.entries(entries).map(([name, values]) => [name, simplestFirst(values)])));
  return fc.record({ broker: of(space.broker), topic: of(space.topic), producer: of(space.producer), consumer: of(space.consumer) }).map(({ broker, topic, producer, consumer }) => {
    const sorted = (...parts: readonly Readonly<Record<string, string | number | boolean>>[]): Readonly<Record<string, string | number | boolean>> =>
      Object.fromEntries(Object.entries(Object.assign({}, ...parts) as Record<string, string | number | boolean>).sort(([a], [b]) => (a < b ? -1 : 1)));
    const drawn: Scenario = {
      ...scenario,
      cluster: { ...scenario.cluster, config: sorted(scenario.cluster.config, broker) },
      topics: scenario.topics.map((each) => ({ ...each, config: sorted(each.config, topic) })),
      producers: scenario.producers.map((each) => ({ ...each, config: sorted(each.config, producer) })),
      consumers: scenario.consumers.map((each) => ({ ...each, config: sorted(each.config, consumer) })),
    };
    mustParse('broker', drawn.cluster.config);
    for (const { config } of drawn.topics) mustParse('topic', config);
    for (const { config } of drawn.producers) mustParse('producer', config);
    for (const { config } of drawn.consumers) mustParse('consumer', config);
    return drawn;
  });
}

/** @throws Error with what Kafka would say */
function mustParse(kind: ConfigKind, config: Readonly<Record<string, unknown>>): void {
  const [problem] = parseConfig(kind, config).problems;
  if (problem !== undefined) throw new Error(`configurations: ${kind} config ${problem.name}: got ${problem.got}; expected ${problem.expected}${problem.nearest === undefined ? '' : `; did you mean ${problem.nearest}?`}`);
}

/** Small clusters with one topic, one to three producers and a reader, without faults. */
export function scenarios(): fc.Arbitrary<Scenario> {
  return fc.record({
    brokers: simplestFirst([3, 1, 2, 4]), controllers: simplestFirst([1, 3]), partitions: fc.integer({ min: 1, max: 4 }), replicationFactor: fc.integer({ min: 1, max: 3 }), minInsyncReplicas: fc.integer({ min: 1, max: 2 }),
    acks: simplestFirst(['all', 1, 0]), producers: fc.integer({ min: 1, max: 3 }), everyMs: simplestFirst([500, 100, 250]), isKeyed: fc.boolean(),
  }).map(({ brokers, controllers, partitions, replicationFactor, minInsyncReplicas, acks, producers, everyMs, isKeyed }) => {
    const replicas = Math.min(replicationFactor, brokers);
    const parsed = parseScenario({
      file: 'drawn',
      content: JSON.stringify({
        scenario: 'drawn', duration: '30s', cluster: { brokers, controllers, config: FAST_BROKER },
        topics: [{ name: 'topic', partitions, replicationFactor: replicas, config: { 'min.insync.replicas': Math.min(minInsyncReplicas, replicas) } }],
        producers: [{ name: 'producer', count: producers, config: { ...FAST_CLIENT, 'delivery.timeout.ms': 4_000, 'max.block.ms': 2_000, acks, 'max.in.flight.requests.per.connection': 1 } }],
        consumers: [{ name: 'reader', topics: ['topic'], config: { ...FAST_CLIENT, 'auto.offset.reset': 'earliest' } }],
        workload: [{ producer: 'producer', topic: 'topic', every: `${everyMs}ms`, ...(isKeyed ? { key: 'key-{n}' } : {}) }],
      }),
    });
    assert('value' in parsed, () => `a drawn scenario reads: ${JSON.stringify(parsed)}`);
    return parsed.value;
  });
}

/** Timeouts a sixth of Kafka's and less, so that failovers fit into seconds. */
const FAST_BROKER = { 'broker.session.timeout.ms': 1_500, 'broker.heartbeat.interval.ms': 300, 'replica.lag.time.max.ms': 1_500, 'replica.socket.timeout.ms': 1_500, 'controller.socket.timeout.ms': 1_500 };
const FAST_CLIENT = { 'request.timeout.ms': 1_000, 'retry.backoff.max.ms': 250, 'reconnect.backoff.max.ms': 250 };
