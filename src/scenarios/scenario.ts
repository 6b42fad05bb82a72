/**
 * A scenario as a value: everything a run is made of except the seed. Fully resolved (durations are numbers, node
 * names are explicit, defaults are filled in), immutable and plain JSON, so that it can be stored, compared and sent
 * to a worker. parse.ts makes it from YAML; only cluster.ts gives it a meaning.
 */
import type { Ratio } from '../kernel/random.ts';
import type { ApplicationOptions } from '../actors/application/state.ts';
import type { AdminOperation } from './administration.ts';
import type { NodeName, ScenarioFault, ScenarioFaultKind } from './faults.ts';
import type { ProfileName } from './profiles.ts';

/** Configs under Kafka's dotted names, as written and checked; what is absent has Kafka's default. Sorted by name. */
export type ConfigEntries = Readonly<Record<string, string | number | boolean>>;

export interface ClusterSpec {
  /** Nodes `broker-1` … `broker-N`. */
  readonly brokers: number;
  /** Voters of the controller quorum: nodes `controller-1` … `controller-N`, or the first N brokers when combined. */
  readonly controllers: number;
  /** `process.roles=broker,controller`: controllers live in the processes of brokers. */
  readonly combined: boolean;
  readonly config: ConfigEntries;
}

export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  /** Brokers of each partition, preferred leader first; null leaves it to the controller. */
  readonly assignment: readonly (readonly NodeName[])[] | null;
  readonly config: ConfigEntries;
}

/** A group of equal producers. `nodes` is `[name]` when alone, else `name-1` … `name-count`. */
export interface ProducerSpec {
  readonly name: string;
  readonly nodes: readonly NodeName[];
  /** Brokers it asks for metadata first, in order. */
  readonly bootstrap: readonly NodeName[];
  readonly config: ConfigEntries;
}

/** Equal consumers. `nodes` is `[name]` when alone, else `name-1` … `name-count`. */
export interface ConsumerSpec {
  readonly name: string;
  readonly nodes: readonly NodeName[];
  readonly topics: readonly string[];
  readonly bootstrap: readonly NodeName[];
  /** `group.instance.id` is a template with `{n}`, the number of the consumer. */
  readonly config: ConfigEntries;
  /** Absent for readers of all partitions. */
  readonly group?: { readonly groupId: string; readonly application: ApplicationOptions };
}

/** Every producer of the group sends one record about each `everyMs`, the first one within the first interval. */
export interface PeriodicWorkload {
  readonly kind: 'periodic';
  /** Name of the producer group. */
  readonly producer: string;
  readonly topic: string;
  readonly everyUs: number;
  /** Each record is moved by a draw from `[-jitterUs, +jitterUs]`. */
  readonly jitterUs: number;
  readonly startMs: number;
  readonly untilMs: number;
  /** Template with `{n}` (producer, from 1) and `{i}` (record, from 0); null sends keyless records. */
  readonly key: string | null;
  readonly value: string;
  /** Explicit partition; null leaves it to the partitioner. */
  readonly partition: number | null;
}

/** One row of a records file. */
export interface RecordRow {
  readonly atMs: number;
  readonly key: string | null;
  readonly value: string;
  /** The node that sends it; null lets the group share the rows, equal keys on one producer. */
  readonly producer: NodeName | null;
  readonly partition: number | null;
}

/** Records taken from a file beside the scenario. */
export interface RecordsWorkload {
  readonly kind: 'records';
  readonly producer: string;
  readonly topic: string;
  readonly file: string;
  /** Times are divided by it: 2 plays twice as fast. */
  readonly speed: Ratio;
  readonly rows: readonly RecordRow[];
}

/** One record of a list that is written out. */
export interface SendRow {
  readonly atUs: number;
  /** The node of the group that sends it. */
  readonly from: NodeName;
  readonly key: string | null;
  readonly value: string;
  /** Explicit partition; null leaves it to the partitioner. */
  readonly partition: number | null;
}

/** Records written out one by one: what is left of a workload that was shrunk. */
export interface SendsWorkload {
  readonly kind: 'sends';
  readonly producer: string;
  readonly topic: string;
  readonly rows: readonly SendRow[];
}

export type WorkloadSpec = PeriodicWorkload | RecordsWorkload | SendsWorkload;

/** Per-message latency: uniform in `[minUs, maxUs]`, and with `tailRatio` uniform in `[maxUs, tailUs]`. */
export interface LatencySpec {
  readonly minUs: number;
  readonly maxUs: number;
  readonly tailUs: number;
  readonly tailRatio: Ratio;
}

/**
 * `connection` models TCP: loss shows as a retransmission stall, and nothing is dropped, duplicated or reordered.
 * `datagram` drops (`loss`), duplicates and reorders single messages, for protocol research.
 */
export interface NetworkSpec {
  readonly mode: 'connection' | 'datagram';
  readonly latency: LatencySpec;
  readonly loss: Ratio;
  /** Datagram mode; 0 in connection mode. */
  readonly duplicate: Ratio;
  /** Datagram mode: this share of messages gets up to `reorderWithinUs` more latency; 0 in connection mode. */
  readonly reorder: Ratio;
  readonly reorderWithinUs: number;
}

export interface DiskSpec {
  readonly flushLatency: { readonly minUs: number; readonly maxUs: number };
}

/** Random faults within a budget; expanded by nemesis.ts. */
export interface NemesisSpec {
  /** Exactly these kinds; null draws for each recoverable kind whether it is on (swarm). */
  readonly kinds: readonly ScenarioFaultKind[] | null;
  /** Nodes that may be harmed. */
  readonly targets: readonly NodeName[];
  /** Mean time of trouble between two faults of one kind; calm does not count. */
  readonly meanIntervalMs: number;
  /** How long a fault lasts. */
  readonly faultMs: { readonly min: number; readonly max: number };
  /** Never more nodes harmed at once. */
  readonly maxDown: number;
  /** Least time without any fault between two periods of trouble. */
  readonly stabilityMs: number;
  readonly startMs: number;
  /** Every fault is over by then, so that what follows can be judged for liveness. */
  readonly quietAfterMs: number;
}

/** A story that was published: what its source tells of, and what it tells was broken. */
export interface Story {
  /** A KIP, an issue, a paper, such as `KIP-101`. */
  readonly source: string;
  /** One sentence. */
  readonly tells: string;
  /** Properties that are violated when it comes out as told; every other property holds. Empty: nothing is violated. */
  readonly violates: readonly string[];
  /** Properties that hold only because the configuration or the faults excuse what happened: it is told that something was given away. */
  readonly allows?: readonly string[];
}

export interface Scenario {
  readonly name: string;
  readonly description: string;
  readonly profile: ProfileName;
  /** Default seed; null draws a fresh one per run. */
  readonly seed: string | null;
  readonly durationMs: number;
  readonly cluster: ClusterSpec;
  readonly topics: readonly TopicSpec[];
  readonly producers: readonly ProducerSpec[];
  readonly consumers: readonly ConsumerSpec[];
  readonly workload: readonly WorkloadSpec[];
  readonly network: NetworkSpec;
  readonly disk: DiskSpec;
  /** What the administrator does, by time. */
  readonly admin: readonly AdminOperation[];
  readonly faults: readonly ScenarioFault[];
  readonly nemesis: NemesisSpec | null;
  /** Which acknowledged records are expected to survive: those of acks=all, as Kafka promises, or every one. */
  readonly mustSurvive: 'acks-all' | 'every-ack';
  /** Properties to judge; null judges all that apply. */
  readonly checks: readonly string[] | null;
  /** Rules that the scenario needs reverted, by the names of mutants; absent for none. */
  readonly mutants?: readonly string[];
  /** There when the scenario retells something published. */
  readonly story?: Story;
}

export type NodeRole = 'admin' | 'controller' | 'broker' | 'producer' | 'consumer' | 'store';

export interface ScenarioNode {
  readonly name: NodeName;
  readonly role: NodeRole;
}

/** The administrator, who creates the topics. */
export const ADMIN_NODE: NodeName = 'admin-1';
/** The idempotent store that applications write to. */
export const STORE_NODE: NodeName = 'store-1';

export function brokerNode(id: number): NodeName {
  return `broker-${id}`;
}

/** The id of `broker-N`: N. */
export function brokerIdOf(name: NodeName): number {
  return Number(name.slice('broker-'.length));
}

export function controllerNode(n: number): NodeName {
  return `controller-${n}`;
}

/**
 * Every node of the world in the order in which it is built: the administrator, brokers, controllers, producers, consumers,
 * and the idempotent store if some application has one.
 * A node's place is its id: broker n is node n.
 */
export function nodesOf(scenario: Pick<Scenario, 'cluster' | 'producers' | 'consumers'>): ScenarioNode[] {
  const { brokers, controllers, combined } = scenario.cluster;
  const nodes: ScenarioNode[] = [{ name: ADMIN_NODE, role: 'admin' }];
  for (let id = 1; id <= brokers; id += 1) nodes.push({ name: brokerNode(id), role: 'broker' });
  for (let n = 1; n <= controllers && !combined; n += 1) nodes.push({ name: controllerNode(n), role: 'controller' });
  for (const producer of scenario.producers) {
    for (const name of producer.nodes) nodes.push({ name, role: 'producer' });
  }
  for (const consumer of scenario.consumers) {
    for (const name of consumer.nodes) nodes.push({ name, role: 'consumer' });
  }
  if (scenario.consumers.some(({ group }) => group?.application.sink === 'idempotent')) nodes.push({ name: STORE_NODE, role: 'store' });
  return nodes;
}

/** Node ids of the quorum's voters. */
export function votersOf({ brokers, controllers, combined }: ClusterSpec): number[] {
  return Array.from({ length: controllers }, (_, i) => (combined ? i + 1 : brokers + i + 1));
}
