/**
 * Profiles: a Kafka version as the bundle of protocol rules it had. A scenario names one. Each profile is written as
 * what it lacks of the next newer one, so that the table reads as Kafka's history, newest first.
 *
 * Left out: ZooKeeper; also that a leader before 2.7 wrote the ISR itself, at once, and had no proposal in flight (KIP-497). The older profiles have the replication rules of their time under a KRaft controller, and the
 * controller of 3.5 where theirs was the ZooKeeper one.
 *
 * Source: the KIPs and issues at each switch in src/kafka/rules.ts.
 */
import { KAFKA_RULES, type Rules } from '../kafka/rules.ts';

export interface ProfileDoc {
  readonly name: string;
  readonly title: string;
  /** What it lacks of the profile before it in the table. */
  readonly lacks: Partial<Rules>;
  readonly source: string;
}

/** Newest first. */
const HISTORY = [
  {
    name: '4.5',
    title: 'Kafka 4.5: an empty log takes no first sequence but 0',
    lacks: {},
    source: 'apache/kafka trunk; KAFKA-15591 (4.5)',
  },
  {
    name: '4.1',
    title: 'Kafka 4.1: eligible leader replicas, pre-vote',
    lacks: { firstSequenceOfEmptyLogIsZero: false },
    source: 'apache/kafka branch 4.1; KIP-966 (default for new clusters), KIP-996',
  },
  {
    name: '3.9',
    title: 'Kafka 3.9: KRaft, no ELR, no pre-vote',
    lacks: { eligibleLeaderReplicas: false, raftPreVotes: false, raftFetchWaitsForHighWatermark: false },
    source: 'apache/kafka branch 3.9: ReplicaManager, Partition, ReplicationControlManager, KafkaRaftClient',
  },
  {
    name: '3.5',
    title: 'Kafka 3.5: the high watermark moves below min.insync.replicas, no check-quorum',
    lacks: { highWatermarkNeedsMinIsr: false, raftChecksQuorum: false, flushesEpochCheckpoint: false, bumpsLeaderEpochOnIsrShrink: true },
    source: 'KAFKA-15583 (3.7), KAFKA-15489 (3.7), KAFKA-16541 (3.9), KAFKA-15021 (3.6)',
  },
  {
    name: '2.8',
    title: 'Kafka 2.8: fenced and restarted replicas may stay in the ISR; replication rules only, KRaft instead of ZooKeeper',
    lacks: {
      truncatesBeforeHighWatermark: false, proposesActiveReplicasOnly: false, proposesBrokerEpochs: false, rejectsIneligibleReplicas: false, checksIsrBrokerEpochs: false,
    },
    source: 'KAFKA-14704 (3.5), KIP-841 (3.3), KIP-903 (3.5)',
  },
  {
    name: '2.1',
    title: 'Kafka 2.1: followers ask for epoch ends; replication rules only',
    lacks: {
      truncationProtocol: 'untilEpochIsKnown', latestOffsetWaitsForHighWatermark: false, consumerValidatesPositions: false,
      truncatesEpochsOfShortLog: false, removesCleanShutdownMarkerFirst: false, diskErrorStopsReplica: false, producerStateOutlivesRecords: false,
    },
    source: 'KIP-595 (2.7), KIP-207 (2.2), KAFKA-7747 (2.3), KAFKA-10706 (2.8), KAFKA-10471 (2.8), KAFKA-7866 (2.3), KIP-360 (2.5)',
  },
  {
    name: '0.11',
    title: 'Kafka 0.11: one question for the epoch end, no fencing of fetches; replication rules only',
    lacks: {
      truncationProtocol: 'offsetForLeaderEpoch', fencesFetchesByLeaderEpoch: false, isrNeedsEpochStart: false, newLeaderRecordsEpoch: false,
      retentionStopsAtHighWatermark: false, retainsFiveBatches: false,
    },
    source: 'KIP-279 (2.0), KIP-320 (2.1), KAFKA-7128 (2.1), KAFKA-7415 (2.1), KAFKA-5634 (1.0), KAFKA-5494 (1.0)',
  },
  {
    name: '0.10',
    title: 'Kafka 0.10: followers truncate to their high watermark; replication rules only',
    lacks: { truncationProtocol: 'highWatermark' },
    source: 'KIP-101 (0.11)',
  },
] as const satisfies readonly ProfileDoc[];

export type ProfileName = (typeof HISTORY)[number]['name'];

/** Oldest first. */
export const PROFILES: readonly (ProfileDoc & { readonly name: ProfileName })[] = [...HISTORY].reverse();
export const PROFILE_NAMES: readonly ProfileName[] = PROFILES.map((profile) => profile.name);
/** What a scenario has that names none. */
export const DEFAULT_PROFILE: ProfileName = '4.1';

/** The rules of a Kafka version. */
export function rulesOf(name: ProfileName): Rules {
  const newest = HISTORY.slice(0, HISTORY.findIndex((profile) => profile.name === name) + 1);
  return newest.reduce<Rules>((rules, { lacks }) => ({ ...rules, ...lacks }), KAFKA_RULES);
}
