/**
 * All assignors by side, as `partition.assignment.strategy` of a consumer and `group.consumer.assignors` of a broker name
 * them. The default of a consumer is range and cooperative-sticky, of a broker uniform and range, in this order.
 *
 * Left out: assignors of the application's own; Kafka Streams and share groups have theirs.
 *
 * Source: ConsumerConfig, GroupCoordinatorConfig; KIP-848.
 */
import type { ConsumerPartitionAssignor, PartitionAssignor } from './assignor.ts';
import { rangeAssignor } from './range.ts';
import { roundRobinAssignor } from './round-robin.ts';
import { serverRangeAssignor } from './server-range.ts';
import { cooperativeStickyAssignor, stickyAssignor } from './sticky.ts';
import { uniformAssignor } from './uniform.ts';

/** Those that the leader of a classic group runs. */
export const consumerPartitionAssignors: readonly ConsumerPartitionAssignor[] = [
  rangeAssignor,
  roundRobinAssignor,
  stickyAssignor,
  cooperativeStickyAssignor,
];

/** Those that a coordinator runs; the first one where a member leaves the choice to it. */
export const partitionAssignors: readonly PartitionAssignor[] = [uniformAssignor, serverRangeAssignor];
