/**
 * Kafka's rules as switches. A profile is the set of rules of a Kafka version; a mutant reverts one of them, as a bug
 * did, to see the properties that depend on it trip. Actors and decisions read these switches where the rule stands;
 * nothing else knows of versions.
 *
 * Source: the KIPs and issues named at each switch.
 */

/**
 * How a follower finds where its log parts from its leader's, oldest first:
 *
 *   highWatermark          it cuts its log at its own high watermark and fetches on (before 0.11)
 *   offsetForLeaderEpoch   it asks once for the end of its last epoch and cuts there (KIP-101, 0.11)
 *   untilEpochIsKnown      it asks again while the leader's answer names an epoch it does not have (KIP-279, 2.0)
 *   fetch                  its fetches say which epoch they continue, and the answer names the divergence (KIP-595, 2.7)
 */
export type TruncationProtocol = 'highWatermark' | 'offsetForLeaderEpoch' | 'untilEpochIsKnown' | 'fetch';

export interface Rules {
  // --- the leader ----------------------------------------------------------------------------------------------------

  /** REP-9: acks=all is answered when the high watermark has passed the batch, not when the leader has appended it. */
  readonly acksAllWaitsForHighWatermark: boolean;
  /** REP-9: acks=all is refused before the append while the ISR is smaller than `min.insync.replicas`. */
  readonly acksAllNeedsMinIsr: boolean;
  /** EPO-2: a new leader records (epoch, LEO) at once, not with its first append (KAFKA-7415, 2.1). */
  readonly newLeaderRecordsEpoch: boolean;
  /** REP-7: latest offsets are not given while the high watermark is behind the start of the leader epoch (KIP-207, 2.2). */
  readonly latestOffsetWaitsForHighWatermark: boolean;
  /** EPO-4: a leader refuses requests that name another leader epoch (KIP-320, 2.1); without it fetches carry none. */
  readonly fencesFetchesByLeaderEpoch: boolean;
  /** REP-6: the high watermark stands still while the ISR is smaller than `min.insync.replicas` (KAFKA-15583, 3.7). */
  readonly highWatermarkNeedsMinIsr: boolean;
  /** REP-5: the high watermark counts the ISR that a proposal in flight may bring about (KIP-497, 2.7). */
  readonly countsMaximalIsr: boolean;
  /** REP-8: a proposal whose outcome is unknown stays open until the metadata log tells (KIP-497). */
  readonly keepsUnknownProposal: boolean;
  /** REP-4: a replica joins the ISR only when it has reached the start of the leader epoch (KAFKA-7128, 2.1). */
  readonly isrNeedsEpochStart: boolean;
  /** REP-4: a leader does not propose replicas that are fenced or shutting down (KIP-841, 3.3). */
  readonly proposesActiveReplicasOnly: boolean;
  /** REP-4: a leader proposes a replica only in the broker epoch it fetches with (KIP-903, 3.5; KAFKA-15221). */
  readonly proposesBrokerEpochs: boolean;

  // --- the follower --------------------------------------------------------------------------------------------------

  readonly truncationProtocol: TruncationProtocol;
  /** EPO-9: diverging records are cut before the high watermark of the answer is taken (KAFKA-14704, 3.5). */
  readonly truncatesBeforeHighWatermark: boolean;
  /** EPO-8: the epoch cache is cut even where the log is short already (KAFKA-10706, 2.8). */
  readonly truncatesEpochsOfShortLog: boolean;

  // --- the consumer --------------------------------------------------------------------------------------------------

  /** CON-5: a consumer lets a new leader confirm its position before it fetches on (KIP-320, KAFKA-7747, 2.3). */
  readonly consumerValidatesPositions: boolean;
  /** A consumer returns no more records of partitions whose revocation waits for a commit (KAFKA-14196, 3.4). */
  readonly consumerStopsBeforeRevocation: boolean;
  /** A consumer commits positions of partitions that it owns, and no others (BUG-58, librdkafka's stored offsets). */
  readonly consumerCommitsOwnedOnly: boolean;
  /** A consumer of the consumer protocol says that it gave partitions up when it has, and no sooner (KIP-848). */
  readonly consumerRevokesBeforeAck: boolean;
  /** A consumer asks again for committed offsets that it could not learn, and does not take them for missing (BUG-58). */
  readonly consumerRetriesOffsetFetch: boolean;

  // --- the disk ------------------------------------------------------------------------------------------------------

  /** EPO-1: the epoch checkpoint is flushed when an epoch is assigned (KAFKA-16541, 3.9). */
  readonly flushesEpochCheckpoint: boolean;
  /** LOG-12: the clean-shutdown marker is gone before logs are loaded (KAFKA-10471, 2.8). */
  readonly removesCleanShutdownMarkerFirst: boolean;
  /** LOG-8: retention deletes only below the high watermark (KAFKA-5634, 1.0). */
  readonly retentionStopsAtHighWatermark: boolean;
  /** LOG-14: a log directory that failed takes no further append (KAFKA-7866, 2.3). */
  readonly diskErrorStopsReplica: boolean;

  // --- producer ids, at the broker -----------------------------------------------------------------------------------

  /** IDM-2: duplicates are known among a producer's last five batches, not only as the last one (KAFKA-5494, 1.0). */
  readonly retainsFiveBatches: boolean;
  /** IDM-3: a producer is known after its records are deleted, and any sequence of an unknown one is taken (KIP-360, 2.5). */
  readonly producerStateOutlivesRecords: boolean;
  /** IDM-3: a log that never held a record takes no first sequence but 0 (KAFKA-15591, 4.5). */
  readonly firstSequenceOfEmptyLogIsZero: boolean;
  /** IDM-4: followers keep the states of producers, too, and a new leader knows them. */
  readonly followersKeepProducerState: boolean;
  /** IDM-4: a start replays the log from the latest snapshot of the producers on. */
  readonly recoveryRebuildsProducerState: boolean;

  // --- the producer --------------------------------------------------------------------------------------------------

  /** PRD-3: with one request in flight a partition is muted until the answer, also when its leader moves (KAFKA-3197, 0.10). */
  readonly mutesPartitionInFlight: boolean;
  /** IDM-5: a batch whose fate is unknown is sent again under the epoch and sequence it had. */
  readonly retriesInSameEpoch: boolean;
  /** IDM-5: nothing new is sent to a partition while the fate of a batch that timed out there is unknown. */
  readonly waitsForUnresolvedSequences: boolean;
  /** IDM-6: OUT_OF_ORDER_SEQUENCE_NUMBER raises the epoch only for a batch that follows directly on what was acknowledged. */
  readonly bumpsEpochForGapsOnly: boolean;
  // --- the group coordinator -----------------------------------------------------------------------------------------

  /** GRP-8: offsets of topics that a group with members subscribes to do not expire (KIP-211, 2.1). */
  readonly activeGroupsKeepOffsets: boolean;
  /** GRP-7: of several records of a key the last one counts when a coordinator loads (KAFKA-5600, 1.0). */
  readonly loadKeepsLastRecord: boolean;
  /** G848-2: a partition is given to a member when no other has it any more, be it to own or to revoke (KIP-848). */
  readonly partitionsAreReleasedFirst: boolean;

  // --- the controller ------------------------------------------------------------------------------------------------

  /** REP-17: the leader epoch is raised when the ISR shrinks, until metadata version 3.6 (KAFKA-15021). */
  readonly bumpsLeaderEpochOnIsrShrink: boolean;
  /** BRK-3: AlterPartition refuses fenced, unregistered and leaving replicas (KIP-841, 3.3). */
  readonly rejectsIneligibleReplicas: boolean;
  /** BRK-3: AlterPartition compares the broker epochs of the new ISR with the registrations (KIP-903, 3.5). */
  readonly checksIsrBrokerEpochs: boolean;
  /** BRK-1: a new incarnation of a broker leaves the ISRs that its predecessor was in. */
  readonly newIncarnationLeavesIsr: boolean;
  /** REP-18: eligible leader replicas (KIP-966; by default for new clusters since 4.1). */
  readonly eligibleLeaderReplicas: boolean;
  /** REP-18: the last known leader is elected only while it is active (KAFKA-19522). */
  readonly lastKnownLeaderMustBeActive: boolean;

  // --- the controller quorum -----------------------------------------------------------------------------------------

  /** KR-1: a voter flushes its log before it counts, and its vote before it gives it. */
  readonly raftFlushesBeforeAck: boolean;
  /** KR-3: a voter asks whether it would be elected before it starts an epoch (KIP-996, 4.0). */
  readonly raftPreVotes: boolean;
  /** KR-4: only an entry of the leader's own epoch commits what stands before it (Raft, figure 8). */
  readonly raftCommitsOwnEpochFirst: boolean;
  /** KR-5: a leader that hears of no majority resigns (KAFKA-15489, 3.7). */
  readonly raftChecksQuorum: boolean;
  /** KR-5: a restarted leader does not lead the same epoch again (KAFKA-10527, 2.7). */
  readonly raftLeaderResignsOnRestart: boolean;
  /** A fetch of the metadata log is answered when the high watermark has risen, not only when there are records (KIP-1166, 4.1). */
  readonly raftFetchWaitsForHighWatermark: boolean;
  /** KR-3: a voter gives one vote in an epoch, and only to a log that is not behind its own. */
  readonly raftChecksCandidateLog: boolean;
}

/** Apache Kafka 4.5 as it is: the newest rules. */
export const KAFKA_RULES: Rules = {
  acksAllWaitsForHighWatermark: true,
  acksAllNeedsMinIsr: true,
  newLeaderRecordsEpoch: true,
  latestOffsetWaitsForHighWatermark: true,
  fencesFetchesByLeaderEpoch: true,
  highWatermarkNeedsMinIsr: true,
  countsMaximalIsr: true,
  keepsUnknownProposal: true,
  isrNeedsEpochStart: true,
  proposesActiveReplicasOnly: true,
  proposesBrokerEpochs: true,
  truncationProtocol: 'fetch',
  truncatesBeforeHighWatermark: true,
  truncatesEpochsOfShortLog: true,
  consumerValidatesPositions: true,
  consumerStopsBeforeRevocation: true,
  consumerCommitsOwnedOnly: true,
  consumerRevokesBeforeAck: true,
  consumerRetriesOffsetFetch: true,
  flushesEpochCheckpoint: true,
  removesCleanShutdownMarkerFirst: true,
  retentionStopsAtHighWatermark: true,
  diskErrorStopsReplica: true,
  retainsFiveBatches: true,
  producerStateOutlivesRecords: true,
  firstSequenceOfEmptyLogIsZero: true,
  followersKeepProducerState: true,
  recoveryRebuildsProducerState: true,
  mutesPartitionInFlight: true,
  retriesInSameEpoch: true,
  waitsForUnresolvedSequences: true,
  bumpsEpochForGapsOnly: true,
  activeGroupsKeepOffsets: true,
  loadKeepsLastRecord: true,
  partitionsAreReleasedFirst: true,
  bumpsLeaderEpochOnIsrShrink: false,
  rejectsIneligibleReplicas: true,
  checksIsrBrokerEpochs: true,
  newIncarnationLeavesIsr: true,
  eligibleLeaderReplicas: true,
  lastKnownLeaderMustBeActive: true,
  raftFlushesBeforeAck: true,
  raftPreVotes: true,
  raftCommitsOwnEpochFirst: true,
  raftChecksQuorum: true,
  raftLeaderResignsOnRestart: true,
  raftFetchWaitsForHighWatermark: true,
  raftChecksCandidateLog: true,
};
