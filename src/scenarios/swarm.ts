/**
 * Scenarios drawn from a seed: size of the cluster and of its quorum, Kafka version, topics with their guarantees and
 * clean-up, workload, consumer groups, what the administrator does, and a nemesis that may harm any node. Short, so that many seeds cover
 * many configurations. What is drawn is a scenario that a person could have written, and it is read as one.
 *
 * Left out: datagram mode (Kafka runs on TCP) and versions with known bugs.
 *
 * Source: Groce et al., "Swarm Testing", ISSTA 2012.
 */
import { assert, unreachable } from '../kernel/assert.ts';
import { parseScenario } from './parse.ts';
import type { Scenario } from './scenario.ts';
import { drawAdministration, type SwarmTopic } from './swarm-administration.ts';
import { SwarmChoices } from './swarm-choices.ts';
import { drawGroups } from './swarm-groups.ts';

export interface SwarmDraw {
  readonly scenario: Scenario;
  /** What was chosen, as `what=value`; one question may be answered for each topic or client. */
  readonly choices: readonly string[];
}

/** Timeouts a sixth of Kafka's and less, in about the same ratios, so that elections and recovery fit into seconds. */
const FAST_BROKER = {
  'broker.session.timeout.ms': 1_500, 'broker.heartbeat.interval.ms': 300, 'replica.lag.time.max.ms': 1_500, 'replica.socket.timeout.ms': 1_500,
  'controller.socket.timeout.ms': 1_500, 'replica.fetch.backoff.ms': 300, 'leader.imbalance.check.interval.seconds': 3, 'unclean.leader.election.interval.ms': 3_000,
  'replica.high.watermark.checkpoint.interval.ms': 700, 'log.retention.check.interval.ms': 900, 'log.cleaner.backoff.ms': 700,
  'log.flush.offset.checkpoint.interval.ms': 1_100, 'log.flush.start.offset.checkpoint.interval.ms': 1_300,
};
/** A client hears of new partitions when its metadata is that old. */
const FAST_CLIENT = { 'metadata.max.age.ms': 2_000, 'request.timeout.ms': 1_000, 'retry.backoff.max.ms': 250, 'reconnect.backoff.max.ms': 250 };
const FAST_PRODUCER = { ...FAST_CLIENT, 'delivery.timeout.ms': 4_000, 'max.block.ms': 2_000 };

/** By then the cluster has its leaders. */
const START_S = 2;
/** Of faults and operations: a few seconds, or until after retention has begun, which is 30 s after a broker's start (LogManager.InitialTaskDelayMs). */
const QUIET_AFTER_S = { short: 11, long: 34 } as const;
/** Records are sent after the faults as well: what recovers must be seen to work. */
const WORK_AFTER_QUIET_S = 2;
/** The bound of liveness is eight to nine seconds with these timeouts; the rest of the run must be longer. */
const REST_S = 10;

/** The versions without a known bug of the rules that are modelled. */
const SOUND_PROFILES = ['4.5', '4.1', '4.1', '3.9'] as const;

/** Faults of which a nemesis is given three, beside crashes and power losses, when it is harsh: a wiped disk may take committed records along. */
const HARSH_KINDS = ['wipe', 'partition', 'pause', 'isolate', 'oneWay', 'slow', 'clockJump', 'stop', 'clog', 'flushFailure'] as const;

/** The scenario of a seed, with what was chosen on the way. */
export function drawSwarm(seed: string): SwarmDraw {
  const choices = new SwarmChoices(seed);
  const brokers = choices.pick('brokers', [1, 2, 3, 3, 3, 4, 5]);
  const isCombined = choices.pick('combined', [true, false, false]);
  const controllers = choices.pick('controllers', [1, 1, 3, 3, 5].filter((count) => !isCombined || count <= brokers));
  const topics = Array.from({ length: choices.pick('topics', [1, 1, 2]) }, (_, index) => topicOf(choices, `topic-${index + 1}`, brokers));
  const producers = producersOf(choices);
  const quietAfterS = QUIET_AFTER_S[lengthOf(choices, topics)];
  const groups = drawGroups(choices, { brokers, topics: topics.map(({ name }) => name), clientConfig: FAST_CLIENT, startMs: START_S * 1_000, untilMs: quietAfterS * 1_000 });
  const content = {
    scenario: 'swarm',
    description: 'Drawn from a seed.',
    profile: choices.pick('profile', SOUND_PROFILES),
    seed,
    duration: `${quietAfterS + REST_S + groups.restS}s`,
    cluster: { brokers, controllers, combined: isCombined, config: { ...FAST_BROKER, ...quorumOf(choices), ...groups.brokerConfig } },
    topics,
    producers,
    consumers: [...consumersOf(choices, topics), ...groups.consumers],
    workload: workloadOf(choices, producers, topics, quietAfterS + WORK_AFTER_QUIET_S),
    network: { loss: choices.pick('loss', ['0', '0', '1/1000', '1/100']) },
    disk: choices.pick('disk', ['fast', 'fast', 'slow']) === 'fast' ? {} : { flushLatency: { min: '5ms', max: '60ms' } },
    admin: drawAdministration(choices, { topics, brokers, startMs: START_S * 1_000, untilMs: quietAfterS * 1_000 }),
    ...(groups.faults.length === 0 ? {} : { faults: groups.faults }),
    nemesis: nemesisOf(choices, { brokers, controllers, isCombined, quietAfterS, members: groups.targets }),
  };
  const parsed = parseScenario({ file: `swarm seed ${seed}`, content: JSON.stringify(content) });
  assert('value' in parsed, () => `seed ${seed} draws no scenario: ${JSON.stringify('problems' in parsed ? parsed.problems : [])}`);
  return { scenario: parsed.value, choices: choices.list };
}

export function swarmScenario(seed: string): Scenario {
  return drawSwarm(seed).scenario;
}

/** A third of the runs with retention are long enough to see some. */
function lengthOf(choices: SwarmChoices, topics: readonly SwarmTopic[]): keyof typeof QUIET_AFTER_S {
  const hasRetention = topics.some(({ config }) => config['cleanup.policy'] === undefined && ('retention.ms' in config || 'retention.bytes' in config));
  return choices.noted('length', hasRetention ? choices.stream('length').pick(['short', 'short', 'long'] as const) : 'short');
}

/** Snapshots of the metadata log are taken often in half of the runs: followers then meet them. */
function quorumOf(choices: SwarmChoices): Readonly<Record<string, number>> {
  return choices.pick('metadata snapshots', ['rare', 'often']) === 'rare' ? {} : { 'metadata.log.max.record.bytes.between.snapshots': 2_000, 'metadata.log.max.snapshot.interval.ms': 2_000 };
}

function topicOf(choices: SwarmChoices, name: string, brokers: number): SwarmTopic {
  const pick = <T>(what: string, values: readonly T[]): T => choices.pick(what, values, name);
  const replicationFactor = choices.noted('replication.factor', Math.min(brokers, choices.stream(`replication.factor/${name}`).pick([1, 2, 3, 3, 3])));
  const minInsyncReplicas = choices.noted('min.insync.replicas', Math.min(replicationFactor, choices.stream(`min.insync.replicas/${name}`).pick([1, 2, 2, 3])));
  return {
    name,
    partitions: pick('partitions', [1, 2, 3]),
    replicationFactor,
    config: {
      'min.insync.replicas': minInsyncReplicas,
      ...(pick('unclean.leader.election.enable', [true, false, false, false]) ? { 'unclean.leader.election.enable': true } : {}),
      ...(pick('flush.messages', ['never', 'never', '1']) === '1' ? { 'flush.messages': 1 } : {}),
      ...cleanUpOf(pick('clean-up', CLEAN_UPS)),
    },
  };
}

const CLEAN_UPS = ['none', 'none', 'none', 'retention.bytes', 'retention.ms', 'compact', 'compact,delete'] as const;

/** Segments of a few records, so that there is something to clean within seconds. */
function cleanUpOf(cleanUp: (typeof CLEAN_UPS)[number]): Readonly<Record<string, string | number>> {
  const segments = { 'segment.bytes': 400 };
  const compaction = { ...segments, 'min.cleanable.dirty.ratio': 0.1, 'delete.retention.ms': 2_000 };
  switch (cleanUp) {
    case 'retention.bytes':
      return { ...segments, 'retention.bytes': 1_200 };
    case 'retention.ms':
      return { ...segments, 'retention.ms': 2_500 };
    case 'compact':
      return { ...compaction, 'cleanup.policy': 'compact' };
    case 'compact,delete':
      return { ...compaction, 'cleanup.policy': 'compact,delete', 'retention.ms': 4_000 };
    case 'none':
      return {};
    default:
      return unreachable(cleanUp, 'clean-up of a topic');
  }
}

interface SwarmClient {
  readonly name: string;
  readonly config: Readonly<Record<string, string | number>>;
}

function producersOf(choices: SwarmChoices): readonly SwarmClient[] {
  return Array.from({ length: choices.pick('producers', [1, 1, 2]) }, (_, index) => {
    const name = `producer-${index + 1}`;
    return {
      name,
      config: {
        ...FAST_PRODUCER,
        acks: choices.pick<string | number>('acks', ['all', 'all', 'all', 1, 0], name),
        'max.in.flight.requests.per.connection': choices.pick('max.in.flight', [1, 2, 5, 5], name),
        'linger.ms': choices.pick('linger.ms', [0, 0, 40], name),
        // Kafka switches idempotence off by itself where acks or retries do not go with it.
        ...(choices.pick('enable.idempotence', ['default', 'default', 'default', 'false'], name) === 'false' ? { 'enable.idempotence': 'false' } : {}),
        ...retriesOf(choices.pick('retries', ['default', 'default', 'default', '3', '0'], name)),
        ...(choices.pick('partitioner.class', ['default', 'default', 'default', 'RoundRobinPartitioner'], name) === 'default' ? {} : { 'partitioner.class': 'RoundRobinPartitioner' }),
      },
    };
  });
}

function retriesOf(retries: 'default' | '3' | '0'): Readonly<Record<string, number>> {
  return retries === 'default' ? {} : { retries: Number(retries) };
}

function consumersOf(choices: SwarmChoices, topics: readonly SwarmTopic[]): readonly (SwarmClient & { readonly topics: readonly string[] })[] {
  return Array.from({ length: choices.pick('consumers', [1, 1, 2]) }, (_, index) => {
    const name = `consumer-${index + 1}`;
    // Kafka's answers carry at most this much of a partition: small ones make a consumer fetch often.
    const limit = choices.pick('max.partition.fetch.bytes', ['1 MiB', '1 MiB', '300'], name) === '300' ? { 'max.partition.fetch.bytes': 300 } : {};
    return { name, topics: topics.map((topic) => topic.name), config: { ...FAST_CLIENT, 'auto.offset.reset': 'earliest', ...limit } };
  });
}

/** Compacted topics take no record without a key. */
function workloadOf(choices: SwarmChoices, producers: readonly SwarmClient[], topics: readonly SwarmTopic[], untilS: number): readonly object[] {
  return producers.flatMap(({ name: producer }) => topics.map(({ name: topic, config }) => {
    const of = `${producer}/${topic}`;
    const isCompacted = String(config['cleanup.policy']).includes('compact');
    const keys = choices.noted('keys', isCompacted ? 'one for each producer' : choices.stream(`keys/${of}`).pick(['none', 'none', 'one for each producer', 'many']));
    const key = { none: null, 'one for each producer': 'key-{n}', many: 'key-{i}' }[keys];
    return {
      producer, topic, every: choices.pick('every', ['50ms', '100ms', '250ms', '250ms', '500ms'], of), jitter: '50ms', value: `${producer} {i}`, start: '1s', until: `${untilS}s`,
      ...(key === null ? {} : { key }),
    };
  }));
}

const TARGETS: readonly (readonly string[])[] = [['broker-*'], ['broker-*'], ['broker-*', 'controller-*'], ['controller-*']];

interface NemesisScope {
  readonly brokers: number;
  readonly controllers: number;
  readonly isCombined: boolean;
  readonly quietAfterS: number;
  /** Patterns of members of groups, which may be harmed as well. */
  readonly members: readonly string[];
}

function nemesisOf(choices: SwarmChoices, { brokers, controllers, isCombined, quietAfterS, members }: NemesisScope): object {
  const isHarsh = choices.pick('nemesis', ['harsh', 'recoverable', 'recoverable']) === 'harsh';
  const targets = isCombined ? choices.noted('targets', ['broker-*']) : choices.pick('targets', TARGETS);
  const nodes = (targets.includes('broker-*') ? brokers : 0) + (targets.includes('controller-*') ? controllers : 0);
  // Raft does not survive a voter that comes back without its log and its vote.
  const harmsVoters = isCombined || targets.includes('controller-*');
  const kinds = ['crash', 'powerLoss', ...choices.stream('harsh').shuffle(HARSH_KINDS).filter((kind) => kind !== 'wipe' || !harmsVoters).slice(0, 3)];
  return {
    targets: [...targets, ...members],
    maxDown: choices.noted('max down', Math.min(nodes, choices.stream('max down').pick([1, 1, 2, 3]))),
    meanInterval: choices.pick('mean interval', ['1500ms', '3s', '3s', '6s']),
    faultDuration: { min: '100ms', max: '2500ms' },
    stability: choices.pick('stability', ['0s', '1s', '2s']),
    start: `${START_S}s`,
    quietAfter: `${quietAfterS}s`,
    ...(isHarsh ? { kinds: kinds.map((kind) => choices.noted('harsh kind', kind)) } : {}),
  };
}
