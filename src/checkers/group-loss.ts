/**
 * What the disks may have taken of a group. A group lives in one partition of `__consumer_offsets`, and its generations, members
 * and committed offsets are as safe as that partition: what the fault budget lets it lose (one replica and a power loss, an ISR
 * that loses power at once), the group may have lost, and its next coordinator counts on from what is left. Generations and
 * member epochs that were given away once are given away again then.
 *
 * Source: GRP-7, HAZ-7; GroupCoordinatorService.partitionFor; fault-budget.ts for what a partition may lose.
 */
import { GROUP_METADATA_TOPIC, partitionForGroup } from '../kafka/group/partition.ts';
import type { CheckContext } from './checker.ts';

/** Why records of the group may be gone; undefined while all of them must be there. */
export function groupLoss(groupId: string, { cluster, budget }: Pick<CheckContext, 'cluster' | 'budget'>): string | undefined {
  const { length } = cluster.partitionsOf(GROUP_METADATA_TOPIC);
  return length === 0 ? undefined : budget.lossOf(cluster.partition(GROUP_METADATA_TOPIC, partitionForGroup(groupId, length)));
}
