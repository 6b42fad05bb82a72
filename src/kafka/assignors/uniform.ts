/**
 * UniformAssignor of the coordinator (KIP-848), the default of `group.consumer.assignors`: as even as can be, then as
 * little movement as can be. One way for groups whose members all subscribe to the same topics, another for the rest.
 *
 * Different from Kafka in form only: members that subscribe to nothing are in the result, with nothing.
 *
 * Source: UniformAssignor, 4.x.
 */
import type { AssignableMember, GroupAssignment, PartitionAssignor, PartitionCount } from './assignor.ts';
import { refusalOf, serverGroupOf, targetOf } from './server-group.ts';
import { assignHeterogeneous } from './uniform-heterogeneous.ts';
import { assignHomogeneous } from './uniform-homogeneous.ts';

function assign(cluster: readonly PartitionCount[], members: readonly AssignableMember[]): GroupAssignment {
  const partitionAssignorException = refusalOf(cluster, members);
  if (partitionAssignorException !== null) return { partitionAssignorException };
  const group = serverGroupOf(cluster, members);
  return targetOf(group, group.isHomogeneous ? assignHomogeneous(group) : assignHeterogeneous(group), members);
}

export const uniformAssignor: PartitionAssignor = { name: 'uniform', assign };
