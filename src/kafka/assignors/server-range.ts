/**
 * RangeAssignor of the coordinator (KIP-848): the ranges of the classic one. The first version kept as much of the current
 * target as it could and lost co-partitioning over it, so that since KAFKA-16944 it computes every target anew and
 * looks at no old one; what sticks, sticks because static members come first, in order of instance id.
 *
 * Left out: racks (KIP-1101).
 *
 * Source: RangeAssignor of the group coordinator, 4.x; KAFKA-16944.
 */
import type { AssignableMember, GroupAssignment, PartitionAssignor, PartitionCount } from './assignor.ts';
import { PartitionTable } from './partition-table.ts';
import type { PartitionId } from './partition-table.ts';
import { rangesOf } from './range.ts';
import { refusalOf } from './server-group.ts';

function assign(cluster: readonly PartitionCount[], members: readonly AssignableMember[]): GroupAssignment {
  const partitionAssignorException = refusalOf(cluster, members);
  if (partitionAssignorException !== null) return { partitionAssignorException };
  const table = PartitionTable.of(cluster, members.map(({ subscribedTopics }) => subscribedTopics));
  const ranges = rangesOf(table, members.map(({ memberId, instanceId, subscribedTopics }) => ({ memberId, instanceId, topics: subscribedTopics })));
  return { members: members.map(({ memberId }, index) => ({ memberId, topicPartitions: table.topicPartitionsOf(ranges[index] as PartitionId[]) })) };
}

export const serverRangeAssignor: PartitionAssignor = { name: 'range', assign };
