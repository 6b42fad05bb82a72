/**
 * Kafka's configs as data: dotted name, type, default, unit, valid range and the class that defines it. A config is
 * here once something in the simulated cluster obeys it. Defaults are those of Kafka 4.1; older ones are noted where
 * they differ in meaning. What is made of the tables is in config.ts.
 *
 * Source: ReplicationConfigs, ServerConfigs, ServerLogConfigs, GroupCoordinatorConfig, KRaftConfigs, QuorumConfig, LogConfig, ProducerConfig, ConsumerConfig.
 */

export type ConfigUnit = 'ms' | 's' | 'min' | 'h' | 'bytes' | 'percent' | 'messages' | 'count' | 'ratio';

export interface NumberDef {
  /** int is Java's, 32 bits; long is a safe integer, with `LONG_MAX` for Java's largest. */
  readonly type: 'int' | 'long' | 'double';
  readonly default: number;
  readonly unit: ConfigUnit;
  readonly min: number;
  readonly max: number;
  readonly source: string;
  /** The broker config that a topic config falls back to when it is not set. */
  readonly synonym?: string;
}

export interface BooleanDef {
  readonly type: 'boolean';
  readonly default: boolean;
  readonly source: string;
  readonly synonym?: string;
}

export interface ChoiceDef<Choice extends string = string> {
  readonly type: 'string';
  readonly default: Choice;
  readonly choices: readonly Choice[];
  readonly source: string;
  readonly synonym?: string;
}

/** `acks`: `all` and `-1` are the same. */
export interface AcksDef {
  readonly type: 'acks';
  readonly default: Acks;
  readonly source: string;
}

/** Names of `choices`, separated by commas, in the order of preference; each once. */
export interface ListDef<Choice extends string = string> {
  readonly type: 'list';
  readonly default: string;
  readonly choices: readonly Choice[];
  readonly source: string;
}

/** Free text; '' stands for Kafka's null: not set. */
export interface TextDef {
  readonly type: 'text';
  readonly default: string;
  readonly what: string;
  readonly source: string;
}

export type Acks = -1 | 0 | 1;
export type ConfigDef = NumberDef | BooleanDef | ChoiceDef | AcksDef | ListDef | TextDef;
export type ConfigTable = { readonly [name: string]: ConfigDef };

export const INT_MAX = 2_147_483_647;
/** Stands for Java's Long.MAX_VALUE, which a JavaScript number cannot hold: "never", "without limit". */
export const LONG_MAX = Number.MAX_SAFE_INTEGER;

const MIB = 1_048_576;

const int = (value: number, unit: ConfigUnit, source: string, min = 0, max = INT_MAX): NumberDef => ({
  type: 'int',
  default: value,
  unit,
  min,
  max,
  source,
});
const long = (value: number, unit: ConfigUnit, source: string, min = 0, max = LONG_MAX): NumberDef => ({
  type: 'long',
  default: value,
  unit,
  min,
  max,
  source,
});
const ratio = (value: number, source: string): NumberDef => ({ type: 'double', default: value, unit: 'ratio', min: 0, max: 1, source });
const boolean = (value: boolean, source: string): BooleanDef => ({ type: 'boolean', default: value, source });
const choice = <const Choice extends string>(
  value: NoInfer<Choice>,
  choices: readonly Choice[],
  source: string,
): ChoiceDef<Choice> => ({
  type: 'string',
  default: value,
  choices,
  source,
});
const inherits = <Def extends NumberDef | BooleanDef | ChoiceDef>(def: Def, synonym: string): Def => ({ ...def, synonym });

const HOUR_MS = 3_600_000;

/** `cleanup.policy` is a list of the two; every spelling of it. */
const CLEANUP_POLICIES = ['delete', 'compact', 'compact,delete', 'delete,compact'] as const;

/** The logs of a broker's topics, as far as a topic says nothing itself. */
const logConfigs = {
  /** Kafka asks for a mebibyte at least since 4.0 (KIP-1030); small segments are what a simulation wants. */
  'log.segment.bytes': int(1024 * MIB, 'bytes', 'ServerLogConfigs', 14),
  'log.roll.ms': long(168 * HOUR_MS, 'ms', 'ServerLogConfigs', 1),
  'log.cleanup.policy': choice('delete', CLEANUP_POLICIES, 'ServerLogConfigs'),
  'log.retention.hours': int(168, 'h', 'ServerLogConfigs', -1),
  /** -1 here: not set, the hours decide. */
  'log.retention.minutes': int(-1, 'min', 'ServerLogConfigs', -1),
  /** What is not set here follows from minutes, then hours; -1 is for ever. */
  'log.retention.ms': long(168 * HOUR_MS, 'ms', 'ServerLogConfigs', -1),
  'log.retention.bytes': long(-1, 'bytes', 'ServerLogConfigs', -1),
  'log.retention.check.interval.ms': long(300_000, 'ms', 'ServerLogConfigs', 1),
  'log.flush.interval.messages': long(LONG_MAX, 'messages', 'ServerLogConfigs', 1),
  /** Kafka's default is `log.flush.scheduler.interval.ms`, which is as long. */
  'log.flush.interval.ms': long(LONG_MAX, 'ms', 'ServerLogConfigs'),
  'log.flush.scheduler.interval.ms': long(LONG_MAX, 'ms', 'ServerLogConfigs', 1),
  'log.flush.offset.checkpoint.interval.ms': int(60_000, 'ms', 'ServerLogConfigs', 1),
  'log.flush.start.offset.checkpoint.interval.ms': int(60_000, 'ms', 'ServerLogConfigs', 1),
  'log.cleaner.enable': boolean(true, 'CleanerConfig'),
  'log.cleaner.backoff.ms': long(15_000, 'ms', 'CleanerConfig', 1),
  'log.cleaner.delete.retention.ms': long(24 * HOUR_MS, 'ms', 'CleanerConfig'),
  'log.cleaner.min.cleanable.ratio': ratio(0.5, 'CleanerConfig'),
  'log.cleaner.min.compaction.lag.ms': long(0, 'ms', 'CleanerConfig'),
} as const satisfies ConfigTable;

/** The group coordinator and its topic. */
const groupConfigs = {
  'offsets.topic.num.partitions': int(50, 'count', 'GroupCoordinatorConfig', 1),
  'offsets.topic.replication.factor': int(3, 'count', 'GroupCoordinatorConfig', 1),
  'offsets.topic.segment.bytes': int(100 * MIB, 'bytes', 'GroupCoordinatorConfig', 1),
  'offsets.load.buffer.size': int(5 * MIB, 'bytes', 'GroupCoordinatorConfig', 1),
  'offset.metadata.max.bytes': int(4_096, 'bytes', 'GroupCoordinatorConfig'),
  'offsets.commit.timeout.ms': int(5_000, 'ms', 'GroupCoordinatorConfig', 1),
  /** A day before 2.0 (KIP-186). */
  'offsets.retention.minutes': int(7 * 24 * 60, 'min', 'GroupCoordinatorConfig', 1),
  'offsets.retention.check.interval.ms': long(600_000, 'ms', 'GroupCoordinatorConfig', 1),
  'group.initial.rebalance.delay.ms': int(3_000, 'ms', 'GroupCoordinatorConfig'),
  'group.min.session.timeout.ms': int(6_000, 'ms', 'GroupCoordinatorConfig'),
  'group.max.session.timeout.ms': int(1_800_000, 'ms', 'GroupCoordinatorConfig'),
  'group.max.size': int(INT_MAX, 'count', 'GroupCoordinatorConfig', 1),
  'group.consumer.session.timeout.ms': int(45_000, 'ms', 'GroupCoordinatorConfig', 1),
  'group.consumer.heartbeat.interval.ms': int(5_000, 'ms', 'GroupCoordinatorConfig', 1),
  'group.consumer.max.size': int(INT_MAX, 'count', 'GroupCoordinatorConfig', 1),
  /** The first is the one for groups that ask for none. */
  'group.consumer.assignors': choice('uniform,range', ['uniform,range', 'range,uniform', 'uniform', 'range'], 'GroupCoordinatorConfig'),
} as const satisfies ConfigTable;

/** Configs of a broker and of the controller, set per node. */
export const brokerConfigs = {
  'replica.lag.time.max.ms': long(30_000, 'ms', 'ReplicationConfigs', 1),
  'replica.fetch.wait.max.ms': int(500, 'ms', 'ReplicationConfigs'),
  'replica.fetch.min.bytes': int(1, 'bytes', 'ReplicationConfigs'),
  'replica.fetch.max.bytes': int(MIB, 'bytes', 'ReplicationConfigs'),
  'replica.fetch.response.max.bytes': int(10 * MIB, 'bytes', 'ReplicationConfigs'),
  'replica.fetch.backoff.ms': int(1_000, 'ms', 'ReplicationConfigs'),
  'replica.socket.timeout.ms': int(30_000, 'ms', 'ReplicationConfigs', 1),
  'replica.high.watermark.checkpoint.interval.ms': long(5_000, 'ms', 'ReplicationConfigs', 1),
  'broker.session.timeout.ms': int(9_000, 'ms', 'KRaftConfigs', 1),
  'broker.heartbeat.interval.ms': int(2_000, 'ms', 'KRaftConfigs', 1),
  'controller.socket.timeout.ms': int(30_000, 'ms', 'ReplicationConfigs', 1),
  'controller.quorum.election.timeout.ms': int(1_000, 'ms', 'QuorumConfig', 1),
  'controller.quorum.fetch.timeout.ms': int(2_000, 'ms', 'QuorumConfig', 1),
  'controller.quorum.election.backoff.max.ms': int(1_000, 'ms', 'QuorumConfig'),
  'controller.quorum.request.timeout.ms': int(2_000, 'ms', 'QuorumConfig', 1),
  'controller.quorum.retry.backoff.ms': int(20, 'ms', 'QuorumConfig'),
  'metadata.log.max.record.bytes.between.snapshots': long(20 * MIB, 'bytes', 'MetadataLogConfig', 1),
  'metadata.log.max.snapshot.interval.ms': long(3_600_000, 'ms', 'MetadataLogConfig'),
  'auto.leader.rebalance.enable': boolean(true, 'ReplicationConfigs'),
  'leader.imbalance.check.interval.seconds': long(300, 's', 'ReplicationConfigs', 1),
  'unclean.leader.election.enable': boolean(false, 'ReplicationConfigs'),
  'unclean.leader.election.interval.ms': long(300_000, 'ms', 'ReplicationConfigs', 1),
  /** Of topics that say nothing themselves. */
  'num.partitions': int(1, 'count', 'ServerLogConfigs', 1),
  'default.replication.factor': int(1, 'count', 'ReplicationConfigs', 1),
  'min.insync.replicas': int(1, 'count', 'ServerLogConfigs', 1),
  'message.max.bytes': int(MIB + 12, 'bytes', 'ServerConfigs'),
  'producer.id.expiration.ms': int(24 * HOUR_MS, 'ms', 'TransactionLogConfig', 1),
  'producer.id.expiration.check.interval.ms': int(600_000, 'ms', 'TransactionLogConfig', 1),
  ...logConfigs,
  ...groupConfigs,
} as const satisfies ConfigTable;

/** Configs of one topic; one that is not set takes the broker's value. */
export const topicConfigs = {
  'min.insync.replicas': inherits(int(1, 'count', 'LogConfig', 1), 'min.insync.replicas'),
  'unclean.leader.election.enable': inherits(boolean(false, 'LogConfig'), 'unclean.leader.election.enable'),
  'max.message.bytes': inherits(int(MIB + 12, 'bytes', 'LogConfig'), 'message.max.bytes'),
  'segment.bytes': inherits(int(1024 * MIB, 'bytes', 'LogConfig', 14), 'log.segment.bytes'),
  'segment.ms': inherits(long(168 * HOUR_MS, 'ms', 'LogConfig', 1), 'log.roll.ms'),
  'cleanup.policy': inherits(choice('delete', CLEANUP_POLICIES, 'LogConfig'), 'log.cleanup.policy'),
  'retention.ms': inherits(long(168 * HOUR_MS, 'ms', 'LogConfig', -1), 'log.retention.ms'),
  'retention.bytes': inherits(long(-1, 'bytes', 'LogConfig', -1), 'log.retention.bytes'),
  'flush.messages': inherits(long(LONG_MAX, 'messages', 'LogConfig', 1), 'log.flush.interval.messages'),
  'flush.ms': inherits(long(LONG_MAX, 'ms', 'LogConfig'), 'log.flush.interval.ms'),
  'delete.retention.ms': inherits(long(24 * HOUR_MS, 'ms', 'LogConfig'), 'log.cleaner.delete.retention.ms'),
  'min.cleanable.dirty.ratio': inherits(ratio(0.5, 'LogConfig'), 'log.cleaner.min.cleanable.ratio'),
  'min.compaction.lag.ms': inherits(long(0, 'ms', 'LogConfig'), 'log.cleaner.min.compaction.lag.ms'),
} as const satisfies ConfigTable;

/** What producers and consumers share. */
const clientConfigs = {
  'metadata.max.age.ms': long(300_000, 'ms', 'CommonClientConfigs'),
  'reconnect.backoff.ms': long(50, 'ms', 'CommonClientConfigs'),
  'reconnect.backoff.max.ms': long(1_000, 'ms', 'CommonClientConfigs'),
  'retry.backoff.ms': long(100, 'ms', 'CommonClientConfigs'),
  'retry.backoff.max.ms': long(1_000, 'ms', 'CommonClientConfigs'),
  'request.timeout.ms': int(30_000, 'ms', 'CommonClientConfigs'),
} as const satisfies ConfigTable;

export const producerConfigs = {
  ...clientConfigs,
  /** 1 before 3.0. */
  acks: { type: 'acks', default: -1, source: 'ProducerConfig' },
  'batch.size': int(16_384, 'bytes', 'ProducerConfig'),
  /** 0 before 4.0 (KIP-1030). */
  'linger.ms': long(5, 'ms', 'ProducerConfig'),
  'max.in.flight.requests.per.connection': int(5, 'count', 'ProducerConfig', 1),
  /** 0 before 2.1 (KIP-91). */
  retries: int(INT_MAX, 'count', 'ProducerConfig'),
  'delivery.timeout.ms': int(120_000, 'ms', 'ProducerConfig'),
  'buffer.memory': long(32 * MIB, 'bytes', 'ProducerConfig'),
  'max.block.ms': long(60_000, 'ms', 'ProducerConfig'),
  'max.request.size': int(MIB, 'bytes', 'ProducerConfig'),
  'partitioner.ignore.keys': boolean(false, 'ProducerConfig'),
  'partitioner.adaptive.partitioning.enable': boolean(true, 'ProducerConfig'),
  /** False before 3.0. With acks or retries that contradict it, and not set itself, it is off. */
  'enable.idempotence': boolean(true, 'ProducerConfig'),
  /** `default` is Kafka's null: the hash of the key, or a sticky partition. */
  'partitioner.class': choice('default', ['default', 'RoundRobinPartitioner'], 'ProducerConfig'),
} as const satisfies ConfigTable;

export const consumerConfigs = {
  ...clientConfigs,
  'auto.offset.reset': choice('latest', ['latest', 'earliest', 'none'], 'ConsumerConfig'),
  'fetch.min.bytes': int(1, 'bytes', 'ConsumerConfig'),
  'fetch.max.bytes': int(50 * MIB, 'bytes', 'ConsumerConfig'),
  'fetch.max.wait.ms': int(500, 'ms', 'ConsumerConfig'),
  'max.partition.fetch.bytes': int(MIB, 'bytes', 'ConsumerConfig'),
  'max.poll.records': int(500, 'count', 'ConsumerConfig', 1),
  'isolation.level': choice('read_uncommitted', ['read_uncommitted', 'read_committed'], 'ConsumerConfig'),
  'check.crcs': boolean(true, 'ConsumerConfig'),
  /** Classic until the application asks for the protocol of KIP-848. */
  'group.protocol': choice('classic', ['classic', 'consumer'], 'ConsumerConfig'),
  /** 10 s before 3.0 (KIP-735). */
  'session.timeout.ms': int(45_000, 'ms', 'ConsumerConfig', 1),
  'heartbeat.interval.ms': int(3_000, 'ms', 'ConsumerConfig', 1),
  'max.poll.interval.ms': int(300_000, 'ms', 'ConsumerConfig', 1),
  'default.api.timeout.ms': int(60_000, 'ms', 'ConsumerConfig'),
  'enable.auto.commit': boolean(true, 'ConsumerConfig'),
  'auto.commit.interval.ms': int(5_000, 'ms', 'ConsumerConfig'),
  /** Kafka takes the names of classes; here it is what their `name()` says. */
  'partition.assignment.strategy': { type: 'list', default: 'range,cooperative-sticky', choices: ['range', 'roundrobin', 'sticky', 'cooperative-sticky'], source: 'ConsumerConfig' },
  /** `{n}` is the number of the consumer. */
  'group.instance.id': { type: 'text', default: '', what: 'a name that no other member of the group has', source: 'ConsumerConfig' },
  /** Of the consumer protocol (KIP-848); '' leaves the choice to the coordinator. */
  'group.remote.assignor': { type: 'text', default: '', what: 'the name of an assignor of the coordinator', source: 'ConsumerConfig' },
} as const satisfies ConfigTable;

/** The tables by kind. */
export const tables = {
  broker: brokerConfigs,
  topic: topicConfigs,
  producer: producerConfigs,
  consumer: consumerConfigs,
} as const;
type Tables = typeof tables;

export type ConfigKind = keyof Tables;

/** `linger.ms` -> `lingerMs`. */
type CamelCase<Name extends string> = Name extends `${infer Head}.${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;
type ValueOf<Def> = Def extends AcksDef
  ? Acks
  : Def extends BooleanDef
    ? boolean
    : Def extends { readonly type: 'list' | 'text' }
    ? string
    : Def extends ChoiceDef<infer Choice>
      ? Choice
      : Def extends NumberDef
        ? number
        : never;

/** The typed config of a kind, one field per entry of its table. */
export type Config<Kind extends ConfigKind> = {
  readonly [Name in keyof Tables[Kind] & string as CamelCase<Name>]: ValueOf<Tables[Kind][Name]>;
};
export type BrokerConfig = Config<'broker'>;
export type TopicConfig = Config<'topic'>;
export type ProducerConfig = Config<'producer'>;
export type ConsumerConfig = Config<'consumer'>;
