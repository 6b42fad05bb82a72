/**
 * What fields of one config have to do with each other: Kafka adjusts some silently and refuses others.
 *
 * Source: KafkaConfig.validateValues, KafkaProducer.configureDeliveryTimeout,
 * ProducerConfig.postProcessAndValidateIdempotenceConfigs, CommonClientConfigs.postProcessReconnectBackoffConfigs.
 */
import { unreachable } from '../kernel/assert.ts';
import { INT_MAX } from './config-tables.ts';
import type { BrokerConfig, Config, ConfigKind, ConsumerConfig, ProducerConfig } from './config-tables.ts';

/** What is wrong with one entry, in words that complete "expected ..., got ...". */
export interface ConfigProblem {
  readonly name: string;
  readonly expected: string;
  readonly got: string;
  /** The valid name or value that was probably meant. */
  readonly nearest?: string;
}

/** A problem that lies between entries, the first of which is blamed. */
export interface Contradiction {
  readonly involves: readonly string[];
  readonly problem: ConfigProblem;
}

export interface Settled {
  readonly config: Config<ConfigKind>;
  readonly contradictions: readonly Contradiction[];
}

type IsExplicit = (name: string) => boolean;

/**
 * The config of `kind` as Kafka would run it, and why it would not. `isExplicit` tells what the user set, by dotted
 * name.
 */
export function settle(kind: ConfigKind, config: Config<ConfigKind>, isExplicit: IsExplicit): Settled {
  switch (kind) {
    case 'broker':
      return settleBroker(config as BrokerConfig, isExplicit);
    case 'topic':
      return { config, contradictions: [] };
    case 'producer':
      return settleProducer(config as ProducerConfig, isExplicit);
    case 'consumer':
      return settleConsumer(config as ConsumerConfig, isExplicit);
    default:
      return unreachable(kind, 'config kind');
  }
}

/** Nothing when `holds`, else a contradiction that blames `name`. */
function must(holds: boolean, name: string, others: readonly string[], expected: string, got: number): Contradiction[] {
  return holds ? [] : [{ involves: [name, ...others], problem: { name, expected, got: String(got) } }];
}

const MS_PER_MINUTE = 60_000;
const MS_PER_HOUR = 3_600_000;

/** KafkaConfig.logRetentionTimeMillis: milliseconds before minutes before hours. */
function settleBroker(config: BrokerConfig, isExplicit: IsExplicit): Settled {
  const { logRetentionMs, logRetentionMinutes: minutes, logRetentionHours: hours } = config;
  const [amount, unitMs] = isExplicit('log.retention.minutes') ? [minutes, MS_PER_MINUTE] : [hours, MS_PER_HOUR];
  const retentionMs = isExplicit('log.retention.ms') ? logRetentionMs : amount < 0 ? -1 : amount * unitMs;
  return { config: { ...config, logRetentionMs: retentionMs }, contradictions: brokerContradictions(config) };
}

/**
 * KafkaConfig bounds how long a replica's fetch may wait. That a session outlives a heartbeat is our rule: Kafka starts
 * without it and then fences for ever.
 */
function brokerContradictions(config: BrokerConfig): Contradiction[] {
  const { brokerSessionTimeoutMs: session, brokerHeartbeatIntervalMs: heartbeat, replicaFetchWaitMaxMs: wait } = config;
  const { replicaSocketTimeoutMs: socket, replicaLagTimeMaxMs: lag } = config;
  const heartbeatName = 'broker.heartbeat.interval.ms';
  const socketName = 'replica.socket.timeout.ms';
  const lagName = 'replica.lag.time.max.ms';
  const expectedSession = `more than ${heartbeatName} = ${heartbeat}`;
  return [
    ...must(session > heartbeat, 'broker.session.timeout.ms', [heartbeatName], expectedSession, session),
    ...must(wait <= socket, 'replica.fetch.wait.max.ms', [socketName], `at most ${socketName} = ${socket}`, wait),
    ...must(wait <= lag, 'replica.fetch.wait.max.ms', [lagName], `at most ${lagName} = ${lag}`, wait),
  ];
}

/** A backoff set alone is its own maximum. */
function reconnectBackoffMaxMs(config: ProducerConfig | ConsumerConfig, isExplicit: IsExplicit): number {
  return isExplicit('reconnect.backoff.ms') && !isExplicit('reconnect.backoff.max.ms')
    ? config.reconnectBackoffMs
    : config.reconnectBackoffMaxMs;
}

/**
 * A delivery takes at least one linger and one request: a shorter delivery timeout is refused when it was set, raised
 * when it was not.
 */
function settleProducer(config: ProducerConfig, isExplicit: IsExplicit): Settled {
  const leastMs = Math.min(config.lingerMs + config.requestTimeoutMs, INT_MAX);
  const isLongEnough = config.deliveryTimeoutMs >= leastMs;
  const settled: ProducerConfig = {
    ...config,
    deliveryTimeoutMs: isLongEnough ? config.deliveryTimeoutMs : leastMs,
    reconnectBackoffMaxMs: reconnectBackoffMaxMs(config, isExplicit),
  };
  const contradictions = must(
    isLongEnough || !isExplicit('delivery.timeout.ms'),
    'delivery.timeout.ms',
    ['linger.ms', 'request.timeout.ms'],
    `at least linger.ms + request.timeout.ms = ${leastMs}`,
    config.deliveryTimeoutMs,
  );
  return settleIdempotence({ config: settled, contradictions }, isExplicit);
}

/** With more requests in flight a leader would not know every retry (BATCHES_TO_RETAIN). */
const MAX_IN_FLIGHT_FOR_IDEMPOTENCE = 5;

/**
 * Idempotence needs acks=all and retries: it is refused with other values when it was set, and off when it was not
 * (KAFKA-13598). Too many requests in flight are refused in both cases since 4.0; only who switches it off may have them.
 */
function settleIdempotence({ config, contradictions }: { readonly config: ProducerConfig; readonly contradictions: readonly Contradiction[] }, isExplicit: IsExplicit): Settled {
  const { acks, retries, enableIdempotence, maxInFlightRequestsPerConnection: inFlight } = config;
  if (!enableIdempotence) return { config, contradictions };
  const name = 'enable.idempotence';
  const isSet = isExplicit(name);
  const isPossible = acks === -1 && retries > 0;
  const found = [
    ...must(!isSet || acks === -1, 'acks', [name], `all, which ${name} needs`, acks),
    ...must(!isSet || retries > 0, 'retries', [name], `at least 1, which ${name} needs`, retries),
    ...must(inFlight <= MAX_IN_FLIGHT_FOR_IDEMPOTENCE, 'max.in.flight.requests.per.connection', [name], `at most ${MAX_IN_FLIGHT_FOR_IDEMPOTENCE} with ${name}`, inFlight),
  ];
  return { config: isPossible ? config : { ...config, enableIdempotence: false }, contradictions: [...contradictions, ...found] };
}

/**
 * A fetch that waits as long as its own timeout would always time out. A session must outlive a heartbeat
 * (AbstractCoordinator's Heartbeat); the consumer protocol leaves session, heartbeat and assignors to the coordinator
 * (ConsumerConfig.checkUnsupportedConfigsPostProcess).
 */
function settleConsumer(config: ConsumerConfig, isExplicit: IsExplicit): Settled {
  const { fetchMaxWaitMs, requestTimeoutMs, sessionTimeoutMs, heartbeatIntervalMs, groupProtocol } = config;
  const isClassic = groupProtocol === 'classic';
  const others = isClassic ? (config.groupRemoteAssignor === '' ? [] : ['group.remote.assignor']) : ['heartbeat.interval.ms', 'session.timeout.ms', 'partition.assignment.strategy'];
  return {
    config: { ...config, reconnectBackoffMaxMs: reconnectBackoffMaxMs(config, isExplicit) },
    contradictions: [
      ...must(fetchMaxWaitMs < requestTimeoutMs, 'fetch.max.wait.ms', ['request.timeout.ms'], `less than request.timeout.ms = ${requestTimeoutMs}`, fetchMaxWaitMs),
      ...must(!isClassic || heartbeatIntervalMs < sessionTimeoutMs, 'heartbeat.interval.ms', ['session.timeout.ms'], `less than session.timeout.ms = ${sessionTimeoutMs}`, heartbeatIntervalMs),
      ...others.filter(isExplicit).map((name) => ({
        involves: [name, 'group.protocol'],
        problem: { name, expected: isClassic ? 'group.protocol = consumer with it' : 'group.protocol = classic with it: the coordinator decides', got: `group.protocol = ${groupProtocol}` },
      })),
    ],
  };
}
