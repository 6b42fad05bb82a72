/**
 * How long a cluster may need to come to rest after its last fault: the longest chain of timeouts that one lost message,
 * one dead connection or one restarted process can hold things up for, taken once for the brokers, twice for clients
 * (first metadata, then data), and once for the groups of consumers on top of that.
 *
 * Sends have their own limit, `delivery.timeout.ms`, counted from the call. Source: the configs' documentation; L-01..L-04.
 */
import { unreachable } from '../kernel/assert.ts';
import type { BrokerConfig, ConsumerConfig, ProducerConfig } from '../kafka/config.ts';

/** Heartbeats that may be missed before and after a session expires. */
const HEARTBEATS = 2;

export interface TimeoutConfigs {
  readonly brokers: readonly BrokerConfig[];
  readonly producers: readonly ProducerConfig[];
  readonly consumers: readonly ConsumerConfig[];
  /** Those of `consumers` that are members of groups. */
  readonly members?: readonly ConsumerConfig[];
}

/** The bound in ms; the largest over all nodes of a kind. */
export function livenessBoundMs({ brokers, producers, consumers, members = [] }: TimeoutConfigs): number {
  const clients = [...producers.map(producerMs), ...consumers.map(consumerMs)];
  return Math.max(0, ...brokers.map(brokerMs)) + 2 * Math.max(0, ...clients) + Math.max(0, ...members.map((member) => memberMs(member, brokers)));
}

/**
 * The session of a member that is gone ends, and the others are waited for; before and after that a write of the coordinator
 * may take its time. In the consumer protocol session and heartbeats are the coordinator's; a member that revokes is waited for
 * as long as its rebalance timeout.
 */
function memberMs(config: ConsumerConfig, brokers: readonly BrokerConfig[]): number {
  const delays = brokers.map(({ groupInitialRebalanceDelayMs, offsetsCommitTimeoutMs, groupConsumerSessionTimeoutMs, groupConsumerHeartbeatIntervalMs }) => {
    switch (config.groupProtocol) {
      case 'classic':
        return groupInitialRebalanceDelayMs + offsetsCommitTimeoutMs + config.sessionTimeoutMs + HEARTBEATS * config.heartbeatIntervalMs;
      case 'consumer':
        return offsetsCommitTimeoutMs + groupConsumerSessionTimeoutMs + 2 * HEARTBEATS * groupConsumerHeartbeatIntervalMs;
      default:
        return unreachable(config.groupProtocol, 'group.protocol');
    }
  });
  return config.maxPollIntervalMs + Math.max(0, ...delays);
}

/** A restarted broker waits for its former session to expire, registers, is unfenced, and its fetchers catch up. */
function brokerMs(config: BrokerConfig): number {
  const detectionMs = config.brokerSessionTimeoutMs + HEARTBEATS * config.brokerHeartbeatIntervalMs;
  const deadConnectionMs = Math.max(config.replicaSocketTimeoutMs, config.controllerSocketTimeoutMs);
  return detectionMs + deadConnectionMs + config.replicaFetchBackoffMs + config.replicaFetchWaitMaxMs;
}

function producerMs(config: ProducerConfig): number {
  return config.requestTimeoutMs + config.retryBackoffMaxMs + config.reconnectBackoffMaxMs + config.lingerMs;
}

function consumerMs(config: ConsumerConfig): number {
  return config.requestTimeoutMs + config.retryBackoffMaxMs + config.reconnectBackoffMaxMs + config.fetchMaxWaitMs;
}

/** A send is settled this long after the call (KIP-91), and after waiting for metadata or memory before. */
export function sendBoundMs(config: ProducerConfig): number {
  return config.maxBlockMs + config.deliveryTimeoutMs;
}
