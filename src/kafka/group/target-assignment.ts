/**
 * The target assignment of a consumer group: who should own what in the group's present epoch, made by one of the coordinator's
 * assignors. Only what has changed is written.
 *
 * The assignor is the one that most members ask for; where nobody asks, the first of `group.consumer.assignors`.
 * Source: TargetAssignmentBuilder, ConsumerGroup.computePreferredServerAssignor.
 */
import { present } from '../../kernel/assert.ts';
import type { AssignableMember, PartitionAssignor } from '../assignors/assignor.ts';
import { partitionAssignors } from '../assignors/assignors.ts';
import type { ConsumerGroupImage } from './group-image.ts';
import type { GroupDraft } from './group-draft.ts';
import { inHashMapOrder } from './partition.ts';
import { isSameSet } from './partition-sets.ts';

/** Makes and writes the target of the group's epoch. Returns why there is none, null when there is one. */
export function updateTargetAssignment(draft: GroupDraft, assignorNames: readonly string[]): string | null {
  const { group } = draft;
  const result = assignorOf(group, assignorNames).assign(group.partitionMetadata.map(({ topicName, numPartitions }) => ({ topic: topicName, numPartitions })), assignableMembers(group));
  if ('partitionAssignorException' in result) return result.partitionAssignorException;
  for (const { memberId, topicPartitions } of result.members) {
    const before = group.targetAssignment.get(memberId);
    if (before === undefined || !isSameSet(before, topicPartitions)) draft.putTarget(memberId, topicPartitions);
  }
  draft.putTargetEpoch(group.groupEpoch);
  return null;
}

function assignorOf({ members }: ConsumerGroupImage, names: readonly string[]): PartitionAssignor {
  const votes = new Map<string, number>();
  for (const { serverAssignor } of members.values()) if (serverAssignor !== null) votes.set(serverAssignor, (votes.get(serverAssignor) ?? 0) + 1);
  let chosen = names[0];
  let most = 0;
  for (const name of inHashMapOrder([...votes.keys()])) {
    const count = votes.get(name) as number;
    if (count > most) [chosen, most] = [name, count];
  }
  return present(partitionAssignors.find(({ name }) => name === chosen), `assignor ${chosen}`);
}

/** A topic that does not exist has no id to subscribe to: it is left out until it does. */
function assignableMembers({ members, partitionMetadata, targetAssignment }: ConsumerGroupImage): AssignableMember[] {
  return [...members].map(([memberId, { instanceId, subscribedTopicNames }]) => ({
    memberId, instanceId, subscribedTopics: subscribedTopicNames.filter((name) => partitionMetadata.some(({ topicName }) => topicName === name)), assigned: targetAssignment.get(memberId) ?? [],
  }));
}
