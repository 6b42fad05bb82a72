/**
 * From what was read to the resolved scenario: defaults, references between the parts, and what only holds for several
 * keys together. Every check works on what could be read, so one mistake does not hide another.
 */
import { assert, present } from '../kernel/assert.ts';
import { formatDurationUs, formatRatio } from './durations.ts';
import { resolveAdmin } from './admin-forms.ts';
import { resolveConfig } from './config-entries.ts';
import { inOrder, resolveFaults } from './fault-forms.ts';
import { applicationsOf, clientNodes, resolveConsumers } from './resolve-consumers.ts';
import { resolveNemesis } from './resolve-nemesis.ts';
import { meant, oneOf, show } from './problems.ts';
import type { Mistakes, Path, Problem } from './problems.ts';
import { DEFAULT_PROFILE } from './profiles.ts';
import { PROPERTY_NAMES } from './properties.ts';
import { resolveTopics } from './resolve-topics.ts';
import { resolveWorkload } from './resolve-workload.ts';
import type { LoadFile } from './resolve-workload.ts';
import { ADMIN_NODE, brokerNode, nodesOf } from './scenario.ts';
import type { ClusterSpec, DiskSpec, NetworkSpec, ProducerSpec, Scenario, Story } from './scenario.ts';
import { MAX_NODES } from './schema.ts';
import type { RawScenario } from './schema.ts';
import type { Located } from './shape.ts';

type Raw<K extends keyof RawScenario> = NonNullable<RawScenario[K]>;

const ZERO = { numerator: 0, denominator: 1 };
const ONE_IN_A_THOUSAND = { numerator: 1, denominator: 1000 };
/** One data centre, now and then a burst of 20 ms. */
export const DEFAULT_LATENCY = { minUs: 200, maxUs: 1_000, tailUs: 20_000, tailRatio: ONE_IN_A_THOUSAND };
/** A device with a volatile write cache: an fsync takes milliseconds. */
export const DEFAULT_FLUSH_LATENCY = { minUs: 1_000, maxUs: 8_000 };

const NO_CLUSTER: ClusterSpec = { brokers: 0, controllers: 0, combined: false, config: {} };

/**
 * The scenario, or undefined when there are mistakes; `problems` are those of records files. In a document that
 * `hasBrokenParts`, a required value may be missing without a mistake of its own: the document reported it.
 */
export function resolveScenario(raw: RawScenario, load: LoadFile, hasBrokenParts: boolean, mistakes: Mistakes): { scenario: Scenario | undefined; problems: Problem[] } {
  const durationMs = raw.duration;
  const cluster = resolveCluster(raw.cluster, mistakes);
  const topics = resolveTopics(raw.topics ?? [], cluster, mistakes);
  const brokers = Array.from({ length: cluster?.brokers ?? 0 }, (_, index) => brokerNode(index + 1));
  const producers = resolveProducers(raw.producers ?? [], brokers, mistakes);
  const topicsAreKnown = namesAreKnown('topics', raw, mistakes);
  const producersAreKnown = namesAreKnown('producers', raw, mistakes);
  const consumers = resolveConsumers(raw.consumers ?? [], topicsAreKnown ? topics : undefined, brokers, mistakes);
  checkNodeNames(raw, mistakes);
  const { workload, problems } = resolveWorkload(raw.workload ?? [], { producers, topics, producersAreKnown, topicsAreKnown, durationMs, load }, mistakes);
  const network = resolveNetwork(raw.network ?? {}, mistakes);
  const disk = resolveDisk(raw.disk ?? {}, mistakes);

  const nodes = [...new Set(nodesOf({ cluster: cluster ?? NO_CLUSTER, producers, consumers }).map((node) => node.name))];
  if (nodes.length > MAX_NODES) mistakes.add(['producers'], `${nodes.length} nodes in all; expected at most ${MAX_NODES}`);
  // Without all names, good references would look unknown; what is missing is reported already.
  const faults = cluster === undefined || !producersAreKnown ? [] : resolveFaults(raw.faults ?? [], { nodes, applications: applicationsOf(consumers), durationMs }, mistakes);
  const admin = resolveAdmin(raw.admin ?? [], { brokers, topics, topicsAreKnown, cluster, durationMs }, mistakes);
  const nemesis = raw.nemesis === undefined || cluster === undefined ? null : resolveNemesis(raw.nemesis, nodes, durationMs, mistakes);
  const checks = raw.checks === undefined ? null : resolveProperties(raw.checks, mistakes);
  const mutants = resolveMutants(raw.mutants ?? [], mistakes);
  const story = resolveStory(raw.story, mistakes);

  if (hasBrokenParts || mistakes.list.length > 0 || problems.length > 0) return { scenario: undefined, problems };
  const scenario: Scenario = {
    name: present(raw.scenario, 'scenario'),
    description: (raw.description ?? '').trim().replace(/\s+/g, ' '),
    profile: raw.profile ?? DEFAULT_PROFILE,
    seed: raw.seed ?? null,
    durationMs: present(durationMs, 'duration'),
    cluster: present(cluster, 'cluster'),
    topics, producers, consumers, workload, network, disk, admin, faults, nemesis,
    mustSurvive: raw.mustSurvive ?? 'acks-all',
    checks,
    ...(mutants.length === 0 ? {} : { mutants }),
    ...(story === undefined ? {} : { story }),
  };
  assert(scenario.topics.every((topic) => topic.replicationFactor <= scenario.cluster.brokers), 'replicas have brokers');
  return { scenario, problems };
}

/** Whether every name of a section could be read; if not, a reference to a missing one is no mistake of its own. */
function namesAreKnown(section: 'topics' | 'producers', raw: RawScenario, mistakes: Mistakes): boolean {
  // A mistyped section name is an unknown key of the whole document.
  if (raw[section] === undefined) return !mistakes.list.some(({ path, on }) => path.length === 1 && (on === 'key' || path[0] === section));
  return raw[section].length > 0 && !mistakes.list.some(({ path }) => path[0] === section && (path.length <= 2 || path[2] === 'name'));
}

function resolveCluster(raw: RawScenario['cluster'], mistakes: Mistakes): ClusterSpec | undefined {
  if (raw === undefined) return undefined;
  const config = resolveConfig('broker', raw.config, ['cluster', 'config'], mistakes);
  const { brokers, combined = false } = raw;
  const controllers = raw.controllers?.value ?? 1;
  if (combined && brokers !== undefined && controllers > brokers) {
    mistakes.add(['cluster', 'controllers'], `got ${controllers}, more than there are brokers to be controllers as well; expected at most ${brokers}`);
  }
  return brokers === undefined ? undefined : { brokers, controllers, combined, config };
}

function resolveProducers(raw: Raw<'producers'>, brokers: readonly string[], mistakes: Mistakes): ProducerSpec[] {
  const producers: ProducerSpec[] = [];
  for (const producer of raw) {
    if (producer.name === undefined) continue;
    const { value: name, path: namePath } = producer.name;
    const path = namePath.slice(0, -1);
    const config = resolveConfig('producer', producer.config, [...path, 'config'], mistakes);
    producers.push({ name, nodes: clientNodes(name, producer.count ?? 1), bootstrap: resolveBootstrap(producer.bootstrap, brokers, mistakes), config });
  }
  return producers;
}

/** As written, because the order is the order in which they are tried; patterns in the brokers' order. */
function resolveBootstrap(written: readonly Located<string>[] | undefined, brokers: readonly string[], mistakes: Mistakes): string[] {
  if (written === undefined || brokers.length === 0) return [...brokers];
  return inOrder(written, brokers, mistakes);
}

/** Every node name is an address: it must be unique in the whole world. */
function checkNodeNames(raw: RawScenario, mistakes: Mistakes): void {
  const taken = new Map<string, string>([[ADMIN_NODE, 'the administrator']]);
  const take = (node: string, owner: string, path: Path): void => {
    const other = taken.get(node);
    if (/^(admin|broker|controller|store)-[0-9]+$/.test(node)) mistakes.add(path, `the node name ${show(node)} belongs to the cluster; expected another name`);
    else if (other !== undefined) mistakes.add(path, `the node name ${show(node)} is taken by ${other}; expected different names`);
    taken.set(node, owner);
  };
  for (const { name, count = 1 } of raw.producers ?? []) {
    if (name !== undefined) for (const node of clientNodes(name.value, count)) take(node, `producer ${name.value}`, name.path);
  }
  const groups = (raw.producers ?? []).flatMap(({ name }) => (name === undefined ? [] : [name]));
  for (const [index, group] of groups.entries()) {
    const isRepeated = groups.findIndex((other) => other.value === group.value) !== index;
    const isReported = mistakes.list.some((mistake) => mistake.path === group.path);
    if (isRepeated && !isReported) mistakes.add(group.path, `a second producer ${show(group.value)}; expected different names`);
  }
  for (const { name, count = 1 } of raw.consumers ?? []) {
    if (name !== undefined) for (const node of clientNodes(name.value, count)) take(node, `consumer ${name.value}`, name.path);
  }
}

function resolveNetwork(raw: Raw<'network'>, mistakes: Mistakes): NetworkSpec {
  const mode: NetworkSpec['mode'] = raw.mode ?? 'connection';
  for (const knob of ['duplicate', 'reorder'] as const) {
    if (mode === 'connection' && raw[knob] !== undefined) {
      mistakes.add(['network', knob], `not possible in connection mode: TCP delivers in order and once; expected mode: datagram with it`, 'key');
    }
  }
  let latency: NetworkSpec['latency'] = DEFAULT_LATENCY;
  if (raw.latency?.min !== undefined && raw.latency.max !== undefined) {
    const { min: minUs, max: maxUs, tail: tailUs = maxUs } = raw.latency;
    const tailRatio = raw.latency.tailRatio ?? (raw.latency.tail === undefined ? ZERO : ONE_IN_A_THOUSAND);
    if (minUs > maxUs) mistakes.add(['network', 'latency', 'min'], `got ${formatDurationUs(minUs)}, more than max; expected at most ${formatDurationUs(maxUs)}`);
    if (tailUs < maxUs) mistakes.add(['network', 'latency', 'tail'], `got ${formatDurationUs(tailUs)}, less than max; expected at least ${formatDurationUs(maxUs)}`);
    if (raw.latency.tail === undefined && tailRatio.numerator > 0) mistakes.add(['network', 'latency', 'tailRatio'], `got ${formatRatio(tailRatio)} without a tail; expected tail as well`);
    latency = { minUs, maxUs, tailUs, tailRatio };
  }
  return {
    mode, latency, loss: raw.loss ?? ZERO,
    duplicate: raw.duplicate ?? ZERO, reorder: raw.reorder?.ratio ?? ZERO, reorderWithinUs: raw.reorder?.within ?? 0,
  };
}

function resolveDisk(raw: Raw<'disk'>, mistakes: Mistakes): DiskSpec {
  const { min: minUs, max: maxUs } = raw.flushLatency ?? {};
  if (minUs === undefined || maxUs === undefined) return { flushLatency: DEFAULT_FLUSH_LATENCY };
  if (minUs > maxUs) mistakes.add(['disk', 'flushLatency', 'min'], `got ${formatDurationUs(minUs)}, more than max; expected at most ${formatDurationUs(maxUs)}`);
  return { flushLatency: { minUs, maxUs } };
}

function resolveProperties(raw: readonly Located<string>[], mistakes: Mistakes): string[] {
  const properties: string[] = [];
  for (const { value, path } of raw) {
    if (!PROPERTY_NAMES.includes(value)) mistakes.add(path, `no property ${show(value)}; expected ${oneOf(PROPERTY_NAMES)}${meant(value, PROPERTY_NAMES)}`);
    else if (properties.includes(value)) mistakes.add(path, `property ${show(value)} twice; expected each property once`);
    properties.push(value);
  }
  return properties;
}

/** Sorted: their order means nothing. */
function resolveMutants(raw: readonly Located<string>[], mistakes: Mistakes): string[] {
  const mutants: string[] = [];
  for (const { value, path } of raw) {
    if (mutants.includes(value)) mistakes.add(path, `mutant ${show(value)} twice; expected each mutant once`);
    mutants.push(value);
  }
  return mutants.sort((a, b) => (a < b ? -1 : 1));
}

function resolveStory(raw: RawScenario['story'], mistakes: Mistakes): Story | undefined {
  if (raw === undefined) return undefined;
  const violates = resolveProperties(raw.violates ?? [], mistakes);
  const allows = resolveProperties(raw.allows ?? [], mistakes);
  const { source, tells } = raw;
  if (source === undefined || tells === undefined) return undefined;
  return { source, tells: tells.trim().replace(/\s+/g, ' '), violates, ...(allows.length === 0 ? {} : { allows }) };
}
