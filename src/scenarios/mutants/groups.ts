/**
 * Mutants of the group coordinator. The issues are named at each; the rules are described in src/kafka/rules.ts.
 */
import type { MutantDoc } from './mutant.ts';

export const GROUP_MUTANTS: readonly MutantDoc[] = [
  {
    name: 'offsets-expire-in-use',
    doc: 'a committed offset expires a retention time after its commit, whoever subscribes to its topic',
    reverts: { activeGroupsKeepOffsets: false },
    trips: ['group-offsets-kept'],
    source: 'KAFKA-4682, KIP-211 (2.1); KAFKA-8069 (2.3), KAFKA-13636 (3.2), BUG-52',
    needs: 'a group whose partition is quiet for longer than offsets.retention.minutes',
    hunt: 'hunt_groups',
    seedsToDetection: 1,
  },
  {
    name: 'load-keeps-first-offset',
    doc: 'a coordinator that loads keeps the first offset of a partition that it reads, not the last',
    reverts: { loadKeepsLastRecord: false },
    trips: ['coordinator-is-replay'],
    source: 'KAFKA-5600 (0.11.0.1, 1.0), BUG-53',
    needs: 'two commits of one partition, then another leader of the group\'s partition',
    hunt: 'hunt_groups',
    seedsToDetection: 1,
  },
  {
    name: 'assigns-unreleased-partitions',
    doc: 'a coordinator of the consumer protocol gives a partition to its next owner before the last one has given it up',
    reverts: { partitionsAreReleasedFirst: false },
    trips: ['consumer-group'],
    source: 'G848-2; KIP-848 (CurrentAssignmentBuilder, UNRELEASED_PARTITIONS)',
    needs: 'a member that joins a group in which others own partitions',
    hunt: 'hunt_consumer_protocol',
    seedsToDetection: 1,
  },
];
