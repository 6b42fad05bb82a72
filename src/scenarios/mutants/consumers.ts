/**
 * Mutants of the consumer.
 * Source: the issues named at each; BUG-58 collects what other clients have done (franz-go, librdkafka).
 */
import type { MutantDoc } from './mutant.ts';

export const CONSUMER_MUTANTS: readonly MutantDoc[] = [
  {
    name: 'consumer-ignores-leader-changes',
    doc: 'a consumer fetches on from a new leader without having its position confirmed',
    reverts: { consumerValidatesPositions: false },
    trips: ['truncation-noticed'],
    source: 'CON-5, BUG-59; KIP-320 (KAFKA-7747, 2.3)',
    needs: 'an unclean election that cuts off what the consumer has read, while it is away',
    hunt: 'hunt_unclean_elections',
    seedsToDetection: 1,
  },
  {
    name: 'consumer-reads-while-revoking',
    doc: 'poll goes on returning records of partitions whose revocation waits for a commit',
    reverts: { consumerStopsBeforeRevocation: false },
    trips: ['committed-before-revoked'],
    source: 'KAFKA-14196 (3.4), BUG-55',
    needs: 'enable.auto.commit, a rebalance, and a commit that takes a while',
    hunt: 'hunt_consumer_protocol',
    seedsToDetection: 1,
  },
  {
    name: 'consumer-commits-what-it-lost',
    doc: 'a commit holds the positions of partitions that went to another member, and sets the group back',
    reverts: { consumerCommitsOwnedOnly: false },
    trips: ['at-most-once'],
    source: 'BUG-58c: stored offsets that outlive the assignment (librdkafka)',
    needs: 'a rebalance that moves a partition, and a commit of its former owner',
    hunt: 'hunt_members',
    seedsToDetection: 1,
  },
  {
    name: 'consumer-acknowledges-first',
    doc: 'a consumer of the consumer protocol says that it gave partitions up, and commits and gives them up then',
    reverts: { consumerRevokesBeforeAck: false },
    trips: ['consumer-group'],
    source: 'KIP-848 (ConsumerMembershipManager.maybeReconcile)',
    needs: 'group.protocol=consumer with enable.auto.commit, and a member that joins',
    hunt: 'hunt_consumer_protocol',
    seedsToDetection: 1,
  },
  {
    name: 'consumer-takes-errors-for-no-offset',
    doc: 'committed offsets that the coordinator cannot tell yet count as missing, and the reset policy decides',
    reverts: { consumerRetriesOffsetFetch: false },
    trips: ['at-most-once', 'at-least-once'],
    source: 'BUG-58d',
    needs: 'a rebalance while the coordinator loads or moves, or another epoch of the group while a member asks for its offsets',
    hunt: 'hunt_consumer_protocol',
    seedsToDetection: 3,
  },
];
