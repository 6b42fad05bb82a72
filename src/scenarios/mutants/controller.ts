/**
 * Mutants of the controller and of the disk. No mutant: eligibleLeaderReplicas. Without it the last replica of an ISR
 * may lose what min.insync.replicas had seemed to promise (BUG-14), which is what Kafka before 4.1 promises and no bug.
 *
 * Source: the issues named at each; the rules are described in src/kafka/rules.ts.
 */
import type { MutantDoc } from './mutant.ts';

const LOSS = ['acknowledged-records-survive', 'committed-prefix-immutable', 'reads-agree', 'leader-completeness'] as const;

export const CONTROLLER_MUTANTS: readonly MutantDoc[] = [
  {
    name: 'isr-without-broker-epochs',
    doc: 'the controller accepts a proposal although a replica in it has become another incarnation',
    reverts: { checksIsrBrokerEpochs: false },
    trips: LOSS,
    source: 'KIP-903 (3.5), KAFKA-14617, BUG-13',
    needs: 'a slow AlterPartition, a power loss of the replica that it names, then a failover to it',
    hunt: 'hunt_delayed_alter_partition',
    seedsToDetection: 2,
  },
  {
    name: 'new-incarnation-stays-in-isr',
    doc: 'a broker that comes back with another incarnation keeps its places in ISRs, whatever its disk has lost',
    reverts: { newIncarnationLeavesIsr: false },
    trips: LOSS,
    source: 'KIP-966, ReplicationControlManager.handleUncleanBrokerShutdown',
    needs: 'eligible leader replicas; one of them loses power, comes back first and is elected',
    hunt: 'hunt_last_replica',
    seedsToDetection: 6,
  },
  {
    name: 'fenced-last-known-leader',
    doc: 'the last known leader is elected although it is fenced',
    reverts: { lastKnownLeaderMustBeActive: false },
    trips: ['fenced-not-in-isr', 'leader-in-isr', 'progress-after-heal'],
    source: 'KAFKA-19522 (4.2), BUG-15',
    needs: 'eligible leader replicas; ISR and ELR empty after unclean shutdowns',
    hunt: 'hunt_nobody_eligible',
    seedsToDetection: 3,
  },
];

export const DISK_MUTANTS: readonly MutantDoc[] = [
  {
    name: 'unflushed-epoch-checkpoint',
    doc: 'the epoch checkpoint is not flushed when an epoch is assigned',
    reverts: { flushesEpochCheckpoint: false },
    trips: ['type-ok', 'truncation-safe', 'log-matching', 'committed-prefix-immutable', 'progress-after-heal'],
    source: 'KAFKA-16541 (3.9), BUG-17',
    needs: 'small segments, a recovery point beyond an election, and a power loss soon after it',
    hunt: 'hunt_power_loss',
    seedsToDetection: 3,
  },
  {
    name: 'clean-shutdown-marker-stays',
    doc: 'the clean-shutdown marker is still there while logs are loaded: a crash then skips the next recovery',
    reverts: { removesCleanShutdownMarkerFirst: false },
    trips: ['log-matching', 'committed-prefix-immutable', 'progress-after-heal'],
    source: 'KAFKA-10471 (2.8), BUG-18',
    needs: 'a clean shutdown, a power loss while the broker follows again and is not unfenced, and another start',
    hunt: 'hunt_clean_shutdown',
    seedsToDetection: 1,
  },
  {
    name: 'retention-above-high-watermark',
    doc: 'retention deletes records that are not committed yet',
    reverts: { retentionStopsAtHighWatermark: false },
    trips: ['retained-as-promised', 'acknowledged-records-survive', 'committed-prefix-immutable', 'progress-after-heal'],
    source: 'KAFKA-5634 (1.0), BUG-19',
    needs: 'a high watermark that lags by more than a tiny retention',
    hunt: 'hunt_retention',
    seedsToDetection: 1,
  },
  {
    name: 'append-after-disk-error',
    doc: 'a log goes on after an append that the disk refused',
    reverts: { diskErrorStopsReplica: false },
    trips: ['reads-agree', 'log-matching', 'acknowledged-records-survive', 'committed-prefix-immutable'],
    source: 'KAFKA-7866 (2.3), KAFKA-10778 (2.8), BUG-23',
    needs: 'a disk that is full for a while',
    hunt: 'hunt_full_disk',
    seedsToDetection: 1,
  },
];
