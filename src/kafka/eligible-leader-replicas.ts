/**
 * Eligible leader replicas (KIP-966, part 1): who may be elected cleanly when nobody is in sync. While the ISR is smaller
 * than `min.insync.replicas` the high watermark stands still, so whoever leaves the ISR then still holds everything that
 * is committed, until it restarts without a clean shutdown:
 *
 *   |isr'| >= minIsr   elr' = ∅
 *   |isr'| <  minIsr   elr' = (elr ∪ isr) \ isr' \ uncleanly shut down
 *
 * Of `lastKnownElr` only the use that Kafka ships is here: it names the last leader while the ISR is empty
 * (useLastKnownLeaderInBalancedRecovery, which nothing in Kafka turns off).
 *
 * Source: PartitionChangeBuilder.maybePopulateTargetElr, maybeUpdateLastKnownLeader, canElectLastKnownLeader;
 * KAFKA-19522.
 */
import { NO_LEADER } from './ids.ts';
import type { NodeId } from './ids.ts';
import { NO_LEADER_CHANGE } from './metadata-records.ts';
import { NO_REPLICAS } from './partition-registration.ts';
import type { PartitionRegistration } from './partition-registration.ts';

/** The ELR that goes with a new ISR, rising. */
export function eligibleLeaderReplicas(
  partition: Pick<PartitionRegistration, 'isr' | 'elr'>,
  newIsr: readonly NodeId[],
  minInsyncReplicas: number,
  uncleanShutdownReplicas: readonly NodeId[],
): readonly NodeId[] {
  if (newIsr.length >= minInsyncReplicas) return NO_REPLICAS;
  const { isr, elr } = partition;
  const candidates = isr.length === 0 ? elr : [...elr, ...isr.filter((id) => !elr.includes(id))];
  return candidates
    .filter((id) => !newIsr.includes(id) && !uncleanShutdownReplicas.includes(id))
    .sort((a, b) => a - b);
}

/**
 * The last known leader when it may be elected: nobody else can be trusted with the data (ISR and ELR are empty) and it
 * is active. `mustBeActive` false is Kafka before KAFKA-19522, which looked and went on.
 */
export function electableLastKnownLeader(
  { lastKnownElr }: Pick<PartitionRegistration, 'lastKnownElr'>,
  newIsr: readonly NodeId[],
  newElr: readonly NodeId[],
  isAcceptableLeader: (id: NodeId) => boolean,
  mustBeActive: boolean,
): NodeId | undefined {
  if (newIsr.length > 0 || newElr.length > 0 || lastKnownElr.length !== 1) return undefined;
  const lastLeader = lastKnownElr[0] as NodeId;
  return !mustBeActive || isAcceptableLeader(lastLeader) ? lastLeader : undefined;
}

/**
 * The last known leader after a change, null when it stays: noted when the ISR becomes empty, forgotten when the
 * partition has a leader. `isrChange` and `leaderChange` are the fields of the change record.
 */
export function lastKnownElrChange(
  { leader, lastKnownElr }: Pick<PartitionRegistration, 'leader' | 'lastKnownElr'>,
  isrChange: readonly NodeId[] | null,
  leaderChange: NodeId,
): readonly NodeId[] | null {
  const isNoted = lastKnownElr.length === 1 && lastKnownElr[0] === leader;
  if (isrChange !== null && isrChange.length === 0 && !isNoted) return [leader];
  const hasLeader = (leaderChange === NO_LEADER_CHANGE ? leader : leaderChange) !== NO_LEADER;
  return hasLeader && lastKnownElr.length > 0 ? NO_REPLICAS : null;
}
