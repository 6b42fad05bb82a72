/**
 * The leader of a classic group: it assigns for all members, with the assignor that the coordinator chose, and watches the
 * sizes of the topics afterwards; when one changes, it joins again, and so does everybody.
 *
 * Source: ConsumerCoordinator.onLeaderElected, updateGroupSubscription, rejoinNeededOrPending; KIP-814.
 */
import type { PartitionCount } from '../../kafka/assignors/assignor.ts';
import { assignorsOf } from './group-state.ts';
import { present } from '../../kernel/assert.ts';
import { topicMetadata, withTopic } from '../client/metadata.ts';
import { tellMembership } from './calls.ts';
import { groupOf, setGroup } from './commits.ts';
import type { ConsumerTurn } from './state.ts';

/** Assigns, once the metadata knows every topic that some member subscribes to. */
export function assignIfElected(turn: ConsumerTurn): void {
  const { election, assignedCounts } = groupOf(turn);
  if (election === null) return;
  const topics = [...new Set(election.members.flatMap(({ metadata }) => metadata.topics))].sort((a, b) => (a < b ? -1 : 1));
  for (const topic of topics) turn.state.metadata = withTopic(turn.state.metadata, topic);
  if (turn.state.metadata.hasNewTopics || (turn.state.metadata.inProgress && !topics.every((topic) => isKnown(turn, topic)))) return;
  const { generationId, protocolName, members, skipAssignment } = election;
  const counts = countsOf(turn, topics);
  setGroup(turn, { election: null, assignedCounts: skipAssignment ? (assignedCounts ?? counts) : counts });
  if (skipAssignment) {
    tellMembership(turn, { type: 'membership.assigned', generationId, assignments: [] });
    return;
  }
  const assignor = present(assignorsOf(turn.state.config.partitionAssignmentStrategy).find(({ name }) => name === protocolName), `assignor ${protocolName}`);
  const subscriptions = members.map(({ memberId, groupInstanceId, metadata }) => ({ ...metadata, memberId, groupInstanceId }));
  const assignments = assignor.assign(counts, subscriptions).map(({ memberId, topicPartitions }) => ({ memberId, assignment: { assignedPartitions: topicPartitions, userData: null } }));
  tellMembership(turn, { type: 'membership.assigned', generationId, assignments });
}

function isKnown({ state }: ConsumerTurn, topic: string): boolean {
  return topicMetadata(state.metadata, topic)?.errorCode === 'NONE';
}

/** Topics that the metadata knows to exist, in order of name. */
function countsOf({ state }: ConsumerTurn, topics: readonly string[]): PartitionCount[] {
  return topics.flatMap((topic) => {
    const known = topicMetadata(state.metadata, topic);
    return known === undefined || known.errorCode !== 'NONE' ? [] : [{ topic, numPartitions: known.partitions.length }];
  });
}

/** True when a topic that the leader assigned has another size now, or has appeared (assignmentSnapshot.matches). */
export function hasAssignedOtherSizes(turn: ConsumerTurn): boolean {
  const { assignedCounts, comparedTopics, topics } = groupOf(turn);
  if (assignedCounts === null || comparedTopics === turn.state.metadata.topics) return false;
  setGroup(turn, { comparedTopics: turn.state.metadata.topics });
  const known = countsOf(turn, [...new Set([...topics, ...assignedCounts.map(({ topic }) => topic)])].sort((a, b) => (a < b ? -1 : 1)));
  return known.length !== assignedCounts.length || known.some(({ topic, numPartitions }, i) => assignedCounts[i]?.topic !== topic || assignedCounts[i]?.numPartitions !== numPartitions);
}
