/**
 * Kafka's own tables of states, as data: which state may follow which, where Kafka says so, and what differs here, each
 * with its reason. The test beside holds our statecharts, and what runs do, to them.
 */

export interface Edge {
  readonly from: string;
  readonly to: string;
  /** Kafka's words for when, or why it is different here. */
  readonly why: string;
}

export interface TransitionTable {
  readonly name: string;
  readonly source: string;
  readonly kafka: readonly Edge[];
  /** Ours alone. */
  readonly additional: readonly Edge[];
  /** Kafka's alone. */
  readonly absent: readonly Edge[];
}

const edge = (from: string, to: string, why: string): Edge => ({ from, to, why });

export const QUORUM_STATE: TransitionTable = {
  name: 'QuorumState, voters',
  source: 'org.apache.kafka.raft.QuorumState (4.1), javadoc of the class; KIP-595, KIP-996',
  kafka: [
    edge('Unattached', 'Prospective', 'the election timeout is over'),
    edge('Unattached', 'Follower', 'a leader of this epoch or a higher one'),
    edge('Prospective', 'Unattached', 'a higher epoch; or the election is lost and no leader was known'),
    edge('Prospective', 'Candidate', 'a majority granted its pre-vote'),
    edge('Prospective', 'Follower', 'a leader of a higher epoch; or the election is lost and a leader was known'),
    edge('Candidate', 'Unattached', 'a higher epoch'),
    edge('Candidate', 'Prospective', 'the election timeout is over, or the election is lost'),
    edge('Candidate', 'Leader', 'a majority granted its vote'),
    edge('Leader', 'Unattached', 'a higher epoch'),
    edge('Leader', 'Resigned', 'a shutdown in good order'),
    edge('Leader', 'Follower', 'a leader of a higher epoch'),
    edge('Follower', 'Unattached', 'a higher epoch'),
    edge('Follower', 'Prospective', 'the fetch timeout is over'),
    edge('Resigned', 'Unattached', 'a higher epoch, or the election timeout is over'),
    edge('Resigned', 'Follower', 'a leader of a higher epoch'),
  ],
  additional: [
    edge('Unattached', 'Candidate', 'Kafka before 4.0 has no pre-vote; and a restart finds itself a candidate that voted for itself (QuorumState.initialize)'),
    edge('Unattached', 'Resigned', 'a restart finds itself the leader of its epoch (QuorumState.initialize): the chart begins in Unattached'),
    edge('Unattached', 'Leader', 'the only voter goes through Prospective and Candidate in one step'),
    edge('Prospective', 'Leader', 'the only voter goes through Candidate in one step'),
    edge('Candidate', 'Follower', 'a leader of this epoch or a higher one: transitionToFollower allows it, the javadoc does not say it'),
    edge('Follower', 'Candidate', 'Kafka before 4.0 has no pre-vote'),
    edge('Resigned', 'Leader', 'the only voter stands again at once after a restart (KafkaRaftClient.initialize); others only as the mutant raft-leads-again-after-restart'),
  ],
  absent: [],
};

export const OBSERVER_QUORUM_STATE: TransitionTable = {
  name: 'QuorumState, observers',
  source: 'org.apache.kafka.raft.QuorumState (4.1), javadoc of the class: an observer is Unattached or Follower',
  kafka: [edge('Unattached', 'Follower', 'a leader of this epoch or a higher one'), edge('Follower', 'Unattached', 'a higher epoch')],
  additional: [],
  absent: [],
};

export const BROKER_STATE: TransitionTable = {
  name: 'BrokerState',
  source: 'kafka.server.BrokerLifecycleManager: BrokerHeartbeatResponseEvent, BeginControlledShutdownEvent, ShutdownEvent',
  kafka: [
    edge('NotRunning', 'Starting', 'the process starts'),
    edge('Starting', 'Recovery', 'it has caught up with the metadata log'),
    edge('Recovery', 'Running', 'the controller has unfenced it'),
    edge('Running', 'PendingControlledShutdown', 'it is asked to stop'),
    edge('PendingControlledShutdown', 'ShuttingDown', 'the controller lets it go'),
    edge('Starting', 'ShuttingDown', 'asked to stop while not Running, it skips the controlled shutdown'),
    edge('Recovery', 'ShuttingDown', 'asked to stop while not Running, it skips the controlled shutdown'),
    edge('Running', 'ShuttingDown', 'ShutdownEvent without a controlled shutdown'),
  ],
  additional: [],
  absent: [
    edge('NotRunning', 'Starting', 'a process that does not run has no machine'),
    edge('Running', 'ShuttingDown', 'BrokerServer.shutdown begins with the controlled shutdown; a fatal error here halts the process at once'),
  ],
};

/** Groups of either protocol share their states, as DescribeGroups gives them; a consumer group has no PreparingRebalance or CompletingRebalance. */
export const GROUP_STATE: TransitionTable = {
  name: 'GroupState',
  source: 'org.apache.kafka.coordinator.group.classic.ClassicGroupState.validPreviousStates; ConsumerGroup.maybeUpdateGroupState (4.1)',
  kafka: [
    edge('Empty', 'PreparingRebalance', 'a member joins'),
    edge('Empty', 'Dead', 'its offsets have expired'),
    edge('PreparingRebalance', 'CompletingRebalance', 'all members have joined, or the time for it is over'),
    edge('PreparingRebalance', 'Empty', 'all members have left'),
    edge('PreparingRebalance', 'Dead', 'the group is removed'),
    edge('CompletingRebalance', 'Stable', 'the assignment of its leader is committed'),
    edge('CompletingRebalance', 'PreparingRebalance', 'a member joins, joins anew with other metadata, or leaves'),
    edge('CompletingRebalance', 'Dead', 'the group is removed'),
    edge('Stable', 'PreparingRebalance', 'a member joins, joins anew with other metadata, or leaves'),
    edge('Stable', 'Dead', 'the group is removed'),
    edge('Empty', 'Assigning', 'the first member joins a consumer group'),
    edge('Empty', 'Reconciling', 'and its target assignment is made at once'),
    edge('Empty', 'Stable', 'and there is nothing to reconcile; or a stable group is loaded'),
    edge('Assigning', 'Empty', 'the last member of a consumer group leaves'),
    edge('Assigning', 'Reconciling', 'the target assignment is made'),
    edge('Assigning', 'Stable', 'the target assignment is what everybody has'),
    edge('Reconciling', 'Empty', 'the last member of a consumer group leaves'),
    edge('Reconciling', 'Assigning', 'the group epoch rises'),
    edge('Reconciling', 'Stable', 'every member has its target assignment'),
    edge('Stable', 'Empty', 'the last member of a consumer group leaves'),
    edge('Stable', 'Assigning', 'the group epoch rises'),
    edge('Stable', 'Reconciling', 'the group epoch rises and the target assignment is made at once'),
  ],
  additional: [
    edge('Assigning', 'Dead', 'a transition that every state has'),
    edge('Reconciling', 'Dead', 'a transition that every state has'),
  ],
  absent: [],
};

const IN_GROUP = ['JOINING', 'RECONCILING', 'ACKNOWLEDGING', 'STABLE'] as const;

/** Membership of a consumer in the consumer protocol. PREPARE_LEAVING, in which Kafka's gives up what it owns, is the consumer's close here. */
export const MEMBER_STATE: TransitionTable = {
  name: 'MemberState',
  source: 'org.apache.kafka.clients.consumer.internals.MemberState.previousValidStates (4.1); KIP-848',
  kafka: [
    ...['FENCED', 'UNSUBSCRIBED', 'STALE'].map((from) => edge(from, 'JOINING', 'it joins, for the first time or again')),
    ...['STABLE', 'JOINING', 'ACKNOWLEDGING'].map((from) => edge(from, 'RECONCILING', 'an assignment')),
    edge('RECONCILING', 'ACKNOWLEDGING', 'it owns what it was told to'),
    edge('ACKNOWLEDGING', 'STABLE', 'the heartbeat that says so is on its way'),
    edge('RECONCILING', 'STABLE', 'and it leaves in the step that has it to say; in Kafka, an assignment that is what it owns'),
    edge('JOINING', 'STABLE', 'an assignment of nothing'),
    ...IN_GROUP.map((from) => edge(from, 'FENCED', 'FENCED_MEMBER_EPOCH or UNKNOWN_MEMBER_ID')),
    ...[...IN_GROUP, 'UNSUBSCRIBED', 'LEAVING', 'PREPARE_LEAVING'].map((from) => edge(from, 'FATAL', 'an error that does not pass')),
    ...['PREPARE_LEAVING', 'LEAVING'].map((from) => edge(from, 'FENCED', 'the last heartbeat is refused')),
    ...[...IN_GROUP, 'UNSUBSCRIBED'].map((from) => edge(from, 'PREPARE_LEAVING', 'close, or max.poll.interval.ms')),
    edge('PREPARE_LEAVING', 'LEAVING', 'everything is given up'),
    edge('LEAVING', 'STALE', 'it left because the application did not poll'),
    ...['PREPARE_LEAVING', 'LEAVING', 'FENCED'].map((from) => edge(from, 'UNSUBSCRIBED', 'it has left')),
  ],
  additional: [
    ...IN_GROUP.map((from) => edge(from, 'LEAVING', 'the consumer has given everything up before it says so: no PREPARE_LEAVING')),
    ...[...IN_GROUP, 'FENCED'].map((from) => edge(from, 'STALE', 'the last heartbeat is sent in the same step, and nobody waits for its answer')),
    ...[...IN_GROUP, 'STALE', 'FATAL'].map((from) => edge(from, 'UNSUBSCRIBED', 'close, with nobody to be told')),
    ...['FENCED', 'STALE'].map((from) => edge(from, 'FATAL', 'looking for the coordinator ends in an error that does not pass: a commit wanted it')),
  ],
  absent: [
    edge('JOINING', 'STABLE', 'an assignment of nothing is reconciled like any other'),
    ...[...IN_GROUP, 'UNSUBSCRIBED'].map((from) => edge(from, 'PREPARE_LEAVING', 'the consumer has given everything up before it says so')),
    ...['LEAVING', 'FENCED', 'UNSUBSCRIBED', 'FATAL'].map((to) => edge('PREPARE_LEAVING', to, 'there is no PREPARE_LEAVING')),
    edge('LEAVING', 'FENCED', 'whatever the answer to the last heartbeat is, it has left'),
    edge('LEAVING', 'STALE', 'it is STALE at once'),
  ],
};

/** States that a heartbeat leads to; a state may follow itself. */
export const BROKER_CONTROL_STATE: TransitionTable = {
  name: 'BrokerControlState',
  source: 'org.apache.kafka.controller.BrokerHeartbeatManager.calculateNextBrokerState (4.1)',
  kafka: [
    edge('FENCED', 'FENCED', 'it wants to stay fenced, or has not caught up with its registration'),
    edge('FENCED', 'UNFENCED', 'it has caught up with its registration'),
    edge('FENCED', 'SHUTDOWN_NOW', 'it wants to shut down'),
    edge('UNFENCED', 'UNFENCED', 'it wants nothing'),
    edge('UNFENCED', 'FENCED', 'it wants to be fenced'),
    edge('UNFENCED', 'CONTROLLED_SHUTDOWN', 'it wants to shut down and leads partitions'),
    edge('UNFENCED', 'SHUTDOWN_NOW', 'it wants to shut down and leads none'),
    edge('CONTROLLED_SHUTDOWN', 'CONTROLLED_SHUTDOWN', 'it leads partitions, or the others have not caught up with the new leaders'),
    edge('CONTROLLED_SHUTDOWN', 'SHUTDOWN_NOW', 'it leads none and all active brokers have caught up'),
    edge('SHUTDOWN_NOW', 'SHUTDOWN_NOW', 'there is no way back'),
  ],
  additional: [],
  absent: [],
};

/** A partition of a fetcher, while its leader epoch stays. */
export const FETCH_STATE: TransitionTable = {
  name: 'PartitionFetchState',
  source: 'kafka.server.PartitionFetchState (isTruncating, isReadyForFetch, isDelayed) and AbstractFetcherThread',
  kafka: [
    edge('Truncating', 'Fetching', 'the truncation is complete (updateFetchOffsetAndMaybeMarkTruncationComplete)'),
    edge('Truncating', 'Delayed', 'the request for epoch ends failed, or an answer has an error (delayPartitions)'),
    edge('Fetching', 'Delayed', 'the fetch failed, or an answer has an error (delayPartitions)'),
    edge('Delayed', 'Fetching', 'the delay is over'),
    edge('Delayed', 'Truncating', 'the delay is over'),
    edge('Fetching', 'Truncating', 'ReplicaAlterLogDirsThread is told that the other log was truncated (markPartitionsForTruncation)'),
  ],
  additional: [
    edge('Truncating', 'Cutting', 'the leader has answered; in Kafka the fetcher thread cuts the log itself, here the replica does'),
    edge('Fetching', 'Cutting', 'the answer says where the logs part (KIP-595), or has records that are flushed before the next fetch'),
    edge('Cutting', 'Fetching', 'the replica has cut its log, or flushed it'),
    edge('Cutting', 'Truncating', 'the log was cut at an epoch that the leader does not have: it asks again (KIP-279)'),
    edge('Fetching', 'OutOfRange', 'OFFSET_OUT_OF_RANGE; the thread asks the leader for its offsets, here in a request of its own'),
    edge('OutOfRange', 'Cutting', 'the leader has said what it has'),
    edge('OutOfRange', 'Delayed', 'the request for offsets failed'),
  ],
  absent: [
    edge('Truncating', 'Fetching', 'it goes through Cutting'),
    edge('Fetching', 'Truncating', 'replicas do not move between log directories'),
  ],
};
