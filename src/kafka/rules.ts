/**
 * Kafka's rules as switches. A profile is the set of rules of a Kafka version; a mutant reverts one of them, as a bug
 * did, to see the properties that depend on it trip. Actors read these flags where the rule stands; nothing else knows
 * of versions.
 */
export interface Rules {
  /** REP-9: acks=all is answered when the high watermark has passed the batch, not when the leader has appended it. */
  readonly acksAllWaitsForHighWatermark: boolean;
  /** EPO-6: a new follower keeps its log until the leader names the divergence, instead of cutting it at its high watermark (KIP-101). */
  readonly truncatesByLeaderEpoch: boolean;
  /** EPO-4, EPO-5: fetches carry leader epochs; stale ones are fenced and diverging logs found (KIP-320, KIP-595). */
  readonly fetchCarriesEpochs: boolean;
}

/** Apache Kafka as it is. */
export const KAFKA_RULES: Rules = {
  acksAllWaitsForHighWatermark: true,
  truncatesByLeaderEpoch: true,
  fetchCarriesEpochs: true,
};
