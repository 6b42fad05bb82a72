/**
 * Hunting scenarios: small clusters with Kafka's timeouts scaled down and the faults that one kind of bug needs. Each
 * mutant names the one it is caught in (mutants.ts); the protocol as it is holds in all of them.
 */
import { huntCatchingUp } from './catching-up.ts';
import { huntCleanShutdown } from './clean-shutdown.ts';
import { huntConsumerProtocol } from './consumer-protocol.ts';
import { huntCutOffControllers } from './cut-off-controllers.ts';
import { huntDeletedRecords } from './deleted-records.ts';
import { huntDelayedAlterPartition } from './delayed-alter-partition.ts';
import { huntEndOffsets } from './end-offsets.ts';
import { huntFailStop } from './fail-stop.ts';
import { huntFastFailover } from './fast-failover.ts';
import { huntFigure8 } from './figure-8.ts';
import { huntFlapping } from './flapping.ts';
import { huntFullDisk } from './full-disk.ts';
import { huntGroups } from './groups.ts';
import { huntLastReplica } from './last-replica.ts';
import { huntLostAnswer } from './lost-answer.ts';
import { huntMembers } from './members.ts';
import { huntNewPartitions } from './new-partitions.ts';
import { huntNobodyEligible } from './nobody-eligible.ts';
import { huntOneInFlight } from './one-in-flight.ts';
import { huntPowerLoss } from './power-loss.ts';
import { huntQuorum } from './quorum.ts';
import { huntRetention } from './retention.ts';
import { huntRetries } from './retries.ts';
import { huntTrailingHighWatermark } from './trailing-high-watermark.ts';
import { huntUncleanElections } from './unclean-elections.ts';

export const HUNTS = [
  { name: 'hunt_fail_stop', text: huntFailStop, files: {} },
  { name: 'hunt_fast_failover', text: huntFastFailover, files: {} },
  { name: 'hunt_flapping', text: huntFlapping, files: {} },
  { name: 'hunt_catching_up', text: huntCatchingUp, files: {} },
  { name: 'hunt_delayed_alter_partition', text: huntDelayedAlterPartition, files: {} },
  { name: 'hunt_lost_answer', text: huntLostAnswer, files: {} },
  { name: 'hunt_trailing_high_watermark', text: huntTrailingHighWatermark, files: {} },
  { name: 'hunt_end_offsets', text: huntEndOffsets, files: {} },
  { name: 'hunt_last_replica', text: huntLastReplica, files: {} },
  { name: 'hunt_nobody_eligible', text: huntNobodyEligible, files: {} },
  { name: 'hunt_power_loss', text: huntPowerLoss, files: {} },
  { name: 'hunt_clean_shutdown', text: huntCleanShutdown, files: {} },
  { name: 'hunt_full_disk', text: huntFullDisk, files: {} },
  { name: 'hunt_retention', text: huntRetention, files: {} },
  { name: 'hunt_retries', text: huntRetries, files: {} },
  { name: 'hunt_one_in_flight', text: huntOneInFlight, files: {} },
  { name: 'hunt_deleted_records', text: huntDeletedRecords, files: {} },
  { name: 'hunt_new_partitions', text: huntNewPartitions, files: {} },
  { name: 'hunt_unclean_elections', text: huntUncleanElections, files: {} },
  { name: 'hunt_groups', text: huntGroups, files: {} },
  { name: 'hunt_members', text: huntMembers, files: {} },
  { name: 'hunt_consumer_protocol', text: huntConsumerProtocol, files: {} },
  { name: 'hunt_quorum', text: huntQuorum, files: {} },
  { name: 'hunt_cut_off_controllers', text: huntCutOffControllers, files: {} },
  { name: 'hunt_figure_8', text: huntFigure8, files: {} },
] as const;

export type HuntName = (typeof HUNTS)[number]['name'];
