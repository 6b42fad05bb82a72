/**
 * The scenario language as one table: every key, what it may hold, and what it is for. The reader, its messages and
 * the JSON Schema of `harrow schema` all come from here. What relates two keys to each other is in resolve.ts.
 */
import { adminShape } from './admin-forms.ts';
import { applicationShape } from './application-shape.ts';
import { configShape } from './config-entries.ts';
import { MAX_DURATION_US } from './durations.ts';
import { faultsShape, nodesShape } from './fault-forms.ts';
import { SCENARIO_FAULT_KINDS } from './faults.ts';
import { MUTANT_NAMES } from './mutants.ts';
import { PROFILE_NAMES } from './profiles.ts';
import { durationMs, durationUs, factorShape, ratioShape } from './scalars.ts';
import { choice, flag, integer, keyed, list, located, nullable, object, oneOfNumbers, optional, required, scalar, text } from './shape.ts';
import type { JsonSchema, KeyedValue, ValueOf } from './shape.ts';
import { MAX_BROKERS, MAX_PARTITIONS, topicShape } from './topic-shape.ts';
import { show } from './problems.ts';

/** Links are kept per pair of nodes, so their number grows with the square of this. */
export const MAX_NODES = 1_000;

const SEED_PATTERN = /^[A-Za-z0-9._-]{1,64}$/;
const SEED_WORDS = 'a seed: an integer, or up to 64 letters, digits, dots, dashes and underscores';
const CLIENT_NAME = /^[a-z][a-z0-9-]{0,62}$/;

export const scenarioNameShape = text('an identifier such as trucks_gps', { pattern: /^[a-z][a-z0-9_-]{0,63}$/ });

/** A seed as text; an integer is taken as its digits. */
export const seedShape = scalar<string>(SEED_WORDS, { anyOf: [{ type: 'integer' }, { type: 'string', pattern: SEED_PATTERN.source }] }, (value) => {
  if (Number.isSafeInteger(value)) return { value: String(value) };
  return typeof value === 'string' && SEED_PATTERN.test(value) ? { value } : { wrong: `got ${show(value)}; expected ${SEED_WORDS}` };
});

const clientName = located(text('a name of small letters, digits and dashes', { pattern: CLIENT_NAME }));
const textOrNull = nullable(text('text'));

const clusterShape = object('a cluster', {
  brokers: required(integer(1, MAX_BROKERS), 'how many brokers: nodes broker-1 to broker-N'),
  controllers: optional(located(oneOfNumbers([1, 3, 5])), 'voters of the controller quorum: nodes controller-1 to controller-N; default 1'),
  combined: optional(flag('true or false'), 'process.roles=broker,controller: the first brokers are the controllers; default false'),
  config: optional(configShape('broker'), 'broker configs, for every broker'),
});

const bootstrap = optional(nodesShape, 'brokers it asks for metadata first; default all');

const producerShape = object('a producer', {
  name: required(clientName, 'name of the group; its nodes are name-1 to name-count, or just name when there is one'),
  count: optional(integer(1, MAX_NODES), 'how many of them; default 1'),
  bootstrap,
  config: optional(configShape('producer'), 'producer configs'),
});

const consumerShape = object('a consumer', {
  name: required(clientName, 'name of it; its nodes are name-1 to name-count, or just name when there is one'),
  count: optional(integer(1, MAX_NODES), 'how many of them; default 1'),
  group: optional(text('the name of a consumer group', { maxLength: 249 }), 'group.id: the members of a group share the partitions; without one each reads all of them'),
  topics: required(list(located(text('the name of a topic')), { min: 1, max: 1000, what: 'topics' }), 'topics it reads'),
  bootstrap,
  application: optional(applicationShape, 'what a member of a group does with the records; default: processes them, and the consumer commits by itself'),
  config: optional(configShape('consumer'), 'consumer configs'),
});

const from = {
  producer: required(located(text('the name of a producer group')), 'who sends'),
  topic: required(located(text('the name of a topic')), 'where to'),
};

const sendShape = object('a record', {
  at: required(located(durationUs()), 'when it is handed to the producer'),
  from: optional(located(text('the name of a producer node')), 'node of the group that sends it; default the first'),
  key: optional(textOrNull, 'its key; default null, keyless'),
  value: optional(text('text'), 'its value; default its number in the list; an id is added, so that values are unique'),
  partition: optional(located(integer(0, MAX_PARTITIONS - 1)), 'explicit partition; default: the partitioner decides'),
});

const WORKLOADS = {
  every: {
    ...from,
    every: required(durationUs(), 'interval between two records of one producer'),
    jitter: optional(durationUs(), 'each record is moved by up to this much, either way; default 0s'),
    key: optional(textOrNull, 'template of the key, {n} is the number of the producer and {i} that of its record; default null, keyless'),
    value: optional(text('text'), 'template of the value, like key; an id is added, so that values are unique'),
    start: optional(durationMs({ min: 0 }), 'when it begins; default 0s'),
    until: optional(durationMs({ min: 1 }), 'when it ends; default shortly before the end of the run (a fifth of it, at most 10s)'),
    partition: optional(integer(0, MAX_PARTITIONS - 1), 'explicit partition; default: the partitioner decides'),
  },
  records: {
    ...from,
    records: required(located(text('the path of a file')), 'NDJSON or CSV file beside the scenario with atMs, key, value, producer (optional), partition (optional)'),
    speed: optional(factorShape, 'plays it faster (2) or slower (1/2); default 1'),
  },
  sends: {
    ...from,
    sends: required(list(sendShape, { min: 0, max: 100_000, what: 'records' }), 'records, one by one; with none, the producer knows the topic and sends nothing'),
  },
} as const;

const workloadShape = keyed('workload', WORKLOADS);

const latencyShape = object('a latency', {
  min: required(durationUs(), 'least latency of a message'),
  max: required(durationUs(), 'most latency, save for the tail'),
  tail: optional(durationUs(), 'most latency of the tail; default max'),
  tailRatio: optional(ratioShape, 'share of messages in the tail; default 1/1000 when tail is given, else 0'),
});

const networkShape = object('a network', {
  mode: optional(choice(['connection', 'datagram'], 'a network mode'), 'connection (TCP, default) or datagram (single messages, for protocol research)'),
  latency: optional(latencyShape, 'one way; default 200us to 1ms, 1/1000 up to 20ms'),
  loss: optional(ratioShape, 'lost packets: a retransmission stall in connection mode, a lost message in datagram mode; default 0'),
  duplicate: optional(ratioShape, 'datagram mode: messages delivered twice; default 0'),
  reorder: optional(object('reordering', { ratio: required(ratioShape, 'share of messages held back'), within: required(durationUs(), 'by up to this much') }), 'datagram mode: messages that others overtake'),
});

const flushLatencyShape = object('a latency', {
  min: required(durationUs(), 'least time of a flush'),
  max: required(durationUs(), 'most time of a flush'),
});

const spanShape = object('a range of durations', {
  min: required(durationMs({ min: 1 }), 'shortest'),
  max: required(durationMs({ min: 1 }), 'longest'),
});

export const nemesisShape = object('a nemesis', {
  kinds: optional(list(located(choice(SCENARIO_FAULT_KINDS.filter((kind) => kind !== 'heal'), 'a fault kind')), { min: 1, max: 64, what: 'fault kinds' }), 'exactly these kinds; default: each recoverable kind is on or off by a draw'),
  targets: optional(nodesShape, 'nodes that may be harmed; default broker-*'),
  meanInterval: optional(durationMs({ min: 1 }), 'mean time of trouble between two faults of one kind; default a quarter of the run, at most 2m'),
  faultDuration: optional(spanShape, 'how long a fault lasts; default 1/120 (at most 5s) to 1/12 (at most 1m) of the run'),
  maxDown: optional(integer(1, MAX_BROKERS), 'never more nodes harmed at once; default 1'),
  stability: optional(durationMs({ min: 0 }), 'least calm between two periods of trouble; default 1/30 of the run, at most 1m'),
  start: optional(durationMs({ min: 0 }), 'no fault before; default 1/12 of the run, at most 5s'),
  quietAfter: optional(durationMs({ min: 1 }), 'every fault is over by then; default three quarters of the run'),
});

const storyShape = object('a story', {
  source: required(text('a source'), 'where it was published: a KIP, an issue, a paper'),
  tells: required(text('a sentence'), 'what the source tells of, one sentence'),
  violates: required(list(located(text('the name of a property')), { min: 0, max: 1000, what: 'properties' }), 'properties that are violated when it comes out as told, and no other; [] when nothing is'),
  allows: optional(list(located(text('the name of a property')), { min: 1, max: 1000, what: 'properties' }), 'properties that hold only because Kafka promises nothing better here: the price of the configuration or of the faults'),
});

export const scenarioShape = object('a scenario', {
  scenario: required(scenarioNameShape, 'identifier of the scenario'),
  description: optional(text('text'), 'what it shows, one paragraph'),
  profile: optional(choice(PROFILE_NAMES, 'a profile'), 'Kafka version whose rules are in force; default the newest'),
  seed: optional(seedShape, 'default seed; without one every run draws its own'),
  duration: required(durationMs({ min: 1 }), `virtual time of the run, such as 1h; at most ${MAX_DURATION_US / 86_400_000_000}d`),
  cluster: required(clusterShape, 'the brokers'),
  topics: required(list(topicShape, { min: 1, max: 10_000, what: 'topics' }), 'topics created before the run starts'),
  producers: optional(list(producerShape, { min: 0, max: MAX_NODES, what: 'producers' }), 'groups of equal producers'),
  consumers: optional(list(consumerShape, { min: 0, max: MAX_NODES, what: 'consumers' }), 'consumers'),
  workload: optional(list(workloadShape, { min: 0, max: 10_000, what: 'workload entries' }), 'what the producers are asked to send'),
  network: optional(networkShape, 'how messages travel'),
  disk: optional(object('a disk', { flushLatency: optional(flushLatencyShape, 'default 1ms to 8ms') }), 'how disks behave'),
  admin: optional(adminShape, 'what the administrator does'),
  faults: optional(faultsShape, 'explicit faults'),
  nemesis: optional(nemesisShape, 'random faults within a budget'),
  mustSurvive: optional(choice(['acks-all', 'every-ack'], 'a set of acknowledgements'), 'which acknowledged records acknowledged-records-survive expects to find: acks-all (default), what Kafka promises, or every-ack, also those of acks=0 and acks=1'),
  checks: optional(list(located(text('the name of a property')), { min: 1, max: 1000, what: 'properties' }), 'properties to judge; default all'),
  mutants: optional(list(located(choice(MUTANT_NAMES, 'a mutant')), { min: 1, max: 1000, what: 'mutants' }), 'protocol rules that are reverted in this scenario, in addition to those of --mutant'),
  story: optional(storyShape, 'of a scenario that retells something published'),
});

export type RawScenario = ValueOf<typeof scenarioShape>;
export type RawNemesis = ValueOf<typeof nemesisShape>;
export type RawWorkload = KeyedValue<typeof WORKLOADS>;

/** JSON Schema (draft 2020-12) of a scenario file, for editors: completion, hovers, red lines. */
export function scenarioJsonSchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Harrow scenario',
    description: 'A simulated Kafka cluster, its clients, what they do and what breaks.',
    ...scenarioShape.json,
  };
}
