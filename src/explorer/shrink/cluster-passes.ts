/**
 * Passes over the cluster and its configuration, towards Kafka's defaults and the language's: fewer clients, topics,
 * partitions, brokers and controllers; configs as by default; every message and every flush alike.
 */
import { nodesNamedByOperation } from '../../scenarios/administration.ts';
import { nodesNamedBy, type ScenarioFault } from '../../scenarios/faults.ts';
import { DEFAULT_LATENCY } from '../../scenarios/resolve.ts';
import { brokerNode, nodesOf, type ConfigEntries, type Scenario, type TopicSpec } from '../../scenarios/scenario.ts';
import { sendsOf } from '../request.ts';
import { ddmin } from './ddmin.ts';
import type { Hunt } from './hunt.ts';
import { recordsOf } from './plan-passes.ts';

type Change = (scenario: Scenario) => Scenario | undefined;

export function fewerNodes(hunt: Hunt): void {
  const { consumers, producers, topics } = hunt.scenario;
  hunt.attemptEach([
    (scenario) => ({ ...scenario, consumers: [] }),
    ...consumers.map(({ name }): Change => (scenario) => ({ ...scenario, consumers: scenario.consumers.filter((each) => each.name !== name) })),
    ...producers.map(({ name }): Change => (scenario) => withoutProducer(scenario, name)),
    ...producers.flatMap(({ name }) => producers.map(({ name: other }): Change => (scenario) => (name === other ? undefined : sentByOther(scenario, name, other)))),
    ...producers.map(({ name }): Change => (scenario) => withOneNode(scenario, name)),
    ...topics.map(({ name }): Change => (scenario) => withoutTopic(scenario, name)),
    ...topics.flatMap(({ name }): Change[] => [(scenario) => withPartitions(scenario, name, 1), (scenario) => withPartitions(scenario, name, 2)]),
    (scenario) => (scenario.cluster.combined ? { ...scenario, cluster: { ...scenario.cluster, combined: false } } : undefined),
    (scenario) => withControllers(scenario, 1),
    (scenario) => withControllers(scenario, 3),
    (scenario) => withBrokers(scenario, 2),
    (scenario) => withBrokers(scenario, 3),
    (scenario) => withBrokers(scenario, 1),
  ]);
}

/** Only if nobody needs it: a producer without records changes nothing but the metadata that it asks for. */
function withoutProducer(scenario: Scenario, name: string): Scenario | undefined {
  if (scenario.workload.some(({ producer }) => producer === name)) return undefined;
  return onlyKnownNodes({ ...scenario, producers: scenario.producers.filter((each) => each.name !== name) });
}

/** Another group sends what this one did, with its own configuration. */
function sentByOther(scenario: Scenario, name: string, other: string): Scenario | undefined {
  const node = scenario.producers.find((each) => each.name === other)?.nodes[0];
  if (node === undefined || scenario.producers.every((each) => each.name !== name)) return undefined;
  const records = recordsOf(scenario).map((record) => (scenario.producers.some((each) => each.name === name && each.nodes.includes(record.producer)) ? { ...record, producer: node } : record));
  return withoutProducer({ ...scenario, workload: sendsOf(records, scenario) }, name);
}

/** A group of one, which sends everything that the group did. */
function withOneNode(scenario: Scenario, name: string): Scenario | undefined {
  const group = scenario.producers.find((each) => each.name === name);
  if (group === undefined || group.nodes.length === 1) return undefined;
  const workload = scenario.workload.map((spec) => (spec.kind === 'sends' && spec.producer === name ? { ...spec, rows: spec.rows.map((row) => ({ ...row, from: name })) } : spec));
  return onlyKnownNodes({ ...scenario, producers: scenario.producers.map((each) => (each === group ? { ...each, nodes: [name] } : each)), workload });
}

function withoutTopic(scenario: Scenario, name: string): Scenario | undefined {
  const isNamed = scenario.topics.length === 1 || scenario.workload.some(({ topic }) => topic === name) || scenario.admin.some((operation) => JSON.stringify(operation).includes(`"${name}"`));
  if (isNamed) return undefined;
  const consumers = scenario.consumers.map((each) => ({ ...each, topics: each.topics.filter((topic) => topic !== name) })).filter(({ topics }) => topics.length > 0);
  return onlyKnownNodes({ ...scenario, topics: scenario.topics.filter((topic) => topic.name !== name), consumers });
}

/** Records that named a partition beyond go where the partitioner sends them. */
function withPartitions(scenario: Scenario, name: string, partitions: number): Scenario | undefined {
  const topic = scenario.topics.find((each) => each.name === name);
  if (topic === undefined || topic.partitions <= partitions) return undefined;
  const fewer: TopicSpec = { ...topic, partitions, assignment: topic.assignment?.slice(0, partitions) ?? null };
  const workload = scenario.workload.map((spec) =>
    (spec.kind === 'sends' && spec.topic === name ? { ...spec, rows: spec.rows.map((row) => ({ ...row, partition: row.partition === null || row.partition < partitions ? row.partition : null })) } : spec));
  return { ...scenario, topics: scenario.topics.map((each) => (each === topic ? fewer : each)), workload };
}

function withControllers(scenario: Scenario, controllers: number): Scenario | undefined {
  return scenario.cluster.controllers <= controllers ? undefined : onlyKnownNodes({ ...scenario, cluster: { ...scenario.cluster, controllers } });
}

function withBrokers(scenario: Scenario, brokers: number): Scenario | undefined {
  const { cluster } = scenario;
  if (cluster.brokers <= brokers) return undefined;
  const bootstrap = Array.from({ length: brokers }, (_, index) => brokerNode(index + 1));
  return onlyKnownNodes({
    ...scenario,
    cluster: { ...cluster, brokers, controllers: cluster.combined ? Math.min(cluster.controllers, brokers) : cluster.controllers },
    topics: scenario.topics.map((topic) => ({ ...topic, replicationFactor: Math.min(topic.replicationFactor, brokers), assignment: null, config: withAtMost(topic.config, 'min.insync.replicas', brokers) })),
    producers: scenario.producers.map((producer) => ({ ...producer, bootstrap })),
    consumers: scenario.consumers.map((consumer) => ({ ...consumer, bootstrap })),
  });
}

function withAtMost(config: ConfigEntries, name: string, most: number): ConfigEntries {
  return name in config && Number(config[name]) > most ? { ...config, [name]: most } : config;
}

/** What names nodes that are gone goes as well. */
function onlyKnownNodes(scenario: Scenario): Scenario {
  const known = new Set(nodesOf(scenario).map(({ name }) => name));
  const faults = scenario.faults.flatMap((fault): ScenarioFault[] => {
    if (nodesNamedBy(fault).every((node) => known.has(node))) return [fault];
    if ('from' in fault) {
      const [from, to] = [fault.from.filter((node) => known.has(node)), fault.to.filter((node) => known.has(node))];
      return from.length === 0 || to.length === 0 || (from.length === 1 && to.length === 1 && from[0] === to[0]) ? [] : [{ ...fault, from, to }];
    }
    if (!('groups' in fault)) return [];
    const groups = fault.groups.map((group) => group.filter((node) => known.has(node))).filter((group) => group.length > 0);
    return groups.length < 2 ? [] : [{ ...fault, groups }];
  });
  return { ...scenario, faults, admin: scenario.admin.filter((operation) => nodesNamedByOperation(operation).every((node) => known.has(node))) };
}

/** One config at one place. */
interface Entry {
  readonly place: string;
  readonly name: string;
}

/** Configs as by default: all of them, else as many as can be. */
export function fewerConfigs(hunt: Hunt): void {
  ddmin(entriesOf(hunt.scenario), (kept) => hunt.attemptChanged(withEntries(hunt.scenario, kept)), hunt.mayGoOn);
}

function entriesOf(scenario: Scenario): Entry[] {
  const of = (place: string, config: ConfigEntries): Entry[] => Object.keys(config).map((name) => ({ place, name }));
  return [
    ...of('cluster', scenario.cluster.config),
    ...scenario.topics.flatMap(({ name, config }) => of(`topic ${name}`, config)),
    ...scenario.producers.flatMap(({ name, config }) => of(`producer ${name}`, config)),
    ...scenario.consumers.flatMap(({ name, config }) => of(`consumer ${name}`, config)),
  ];
}

function withEntries(scenario: Scenario, kept: readonly Entry[]): Scenario {
  const names = new Set(kept.map(({ place, name }) => `${place} ${name}`));
  const only = (place: string, config: ConfigEntries): ConfigEntries => Object.fromEntries(Object.entries(config).filter(([name]) => names.has(`${place} ${name}`)));
  return {
    ...scenario,
    cluster: { ...scenario.cluster, config: only('cluster', scenario.cluster.config) },
    topics: scenario.topics.map((topic) => ({ ...topic, config: only(`topic ${topic.name}`, topic.config) })),
    producers: scenario.producers.map((producer) => ({ ...producer, config: only(`producer ${producer.name}`, producer.config) })),
    consumers: scenario.consumers.map((consumer) => ({ ...consumer, config: only(`consumer ${consumer.name}`, consumer.config) })),
  };
}

const NEVER = { numerator: 0, denominator: 1 };

/** Single deliveries: no packet is lost, no message is late by itself, every one takes as long as any other. */
export function plainDeliveries(hunt: Hunt): void {
  hunt.attemptEach(DELIVERIES);
}

const DELIVERIES: readonly Change[] = [
  (scenario) => withNetwork(scenario, { loss: NEVER, duplicate: NEVER, reorder: NEVER, reorderWithinUs: 0 }),
  (scenario) => withLatency(scenario, DEFAULT_LATENCY.maxUs),
  (scenario) => withLatency(scenario, scenario.network.latency.maxUs),
  (scenario) => withLatency(scenario, scenario.network.latency.minUs),
  (scenario) => withFlushLatency(scenario, 1_000),
  (scenario) => withFlushLatency(scenario, scenario.disk.flushLatency.maxUs),
];

/** Every message takes as long as any other. */
function withLatency(scenario: Scenario, us: number): Scenario | undefined {
  const { minUs, maxUs } = scenario.network.latency;
  return minUs === maxUs ? undefined : withNetwork(scenario, { latency: { minUs: us, maxUs: us, tailUs: us, tailRatio: NEVER } });
}

function withNetwork(scenario: Scenario, change: Partial<Scenario['network']>): Scenario | undefined {
  const network = { ...scenario.network, ...change };
  return JSON.stringify(network) === JSON.stringify(scenario.network) ? undefined : { ...scenario, network };
}

function withFlushLatency(scenario: Scenario, us: number): Scenario | undefined {
  const { minUs, maxUs } = scenario.disk.flushLatency;
  return minUs === maxUs ? undefined : { ...scenario, disk: { flushLatency: { minUs: us, maxUs: us } } };
}
