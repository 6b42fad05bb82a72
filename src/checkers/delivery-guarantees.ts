/**
 * What Kafka and an application together do not promise of the effects of a group, as predicates (see guarantees.ts): why a
 * record that the group has committed was passed over without its effect (`skipped`), or had its effect twice (`repeated`);
 * undefined when it is a bug.
 *
 *   allowed(skip)    the application commits before the effect; a threaded handler; auto.offset.reset where nothing is
 *                    committed; retention; what the faults took
 *   allowed(repeat)  the application commits after the effect, and another claim began before the commit was confirmed; the
 *                    committed offset was lost or has expired; an attempt to commit less, which was given up, came late
 *
 * Source: GD-6, GD-7; part "Offsets and Consumer Position" of KafkaConsumer's javadoc; KIP-211 (expiry).
 */
import type { Offset } from '../kafka/ids.ts';
import { formatUs, usOfMs } from '../kernel/time.ts';
import type { CheckContext, CheckedApplication } from './checker.ts';
import { confirmedBeyond, mayBeSetBack, type Claim, type Delivery } from './deliveries.ts';
import { groupLoss } from './group-loss.ts';
import { checkedTopic } from './min-isr.ts';

export type Guarantor = Pick<CheckContext, 'config' | 'cluster' | 'budget' | 'committed'>;

/** Why the application may commit what it has not processed. */
export function commitsFirst({ mode, handler }: CheckedApplication): string | undefined {
  if (mode === 'commit-then-process') return 'commit-then-process commits before the effect';
  return mode === 'auto-commit' && handler === 'threaded' ? 'auto-commit with a threaded handler commits what waits for its worker' : undefined;
}

/** Why the application may process what was processed already: its commit comes later, or nobody waits for it. */
export function commitsLater({ mode, commit }: CheckedApplication): string | undefined {
  if (mode !== 'commit-then-process') return `${mode} processes again what was not committed`;
  return commit === 'async' ? 'commit-then-process does not wait for its commit' : undefined;
}

/** GD-6: why the record at `offset`, which the group has committed, never had its effect. */
export function skipped(delivery: Delivery, offset: Offset, guarantor: Guarantor): string | undefined {
  const { applications, partition, claims } = delivery;
  const wasPolled = claims.some(({ firstOffset, endOffset }) => offset >= firstOffset && offset < endOffset);
  return guarantor.budget.lossOf(partition)
    ?? (wasPolled ? first(applications, commitsFirst) : undefined)
    ?? first(claims.filter(({ to }) => to > offset), (claim) => leap(delivery, claim, guarantor))
    ?? (isCleaned(delivery, guarantor) && mayBeTaken(delivery, offset, guarantor) ? 'retention or compaction may have taken it first' : undefined);
}

/** Below the start of a log that led, or where some replica was cleaned: each cleans when it likes. */
function mayBeTaken({ partition }: Delivery, offset: Offset, { committed }: Guarantor): boolean {
  return offset < (committed.of(partition)?.deletedTo ?? 0) || partition.replicas.some(({ log }) => offset < Math.max(log.logStartOffset, log.cleanedEndOffset));
}

function isCleaned({ partition: { topic } }: Delivery, { config }: Guarantor): boolean {
  return checkedTopic(config, topic)?.isCleaned === true;
}

/**
 * Why `auto.offset.reset` may set a position beyond what nobody of the group has read: `latest`, where nothing is committed, or
 * where retention has passed what is.
 */
function leap(delivery: Delivery, claim: Claim, guarantor: Guarantor): string | undefined {
  const isCommitted = confirmedBeyond(delivery, -1, sinceIndex(claim)) !== undefined;
  const mayReset = claim.reason === 'initial' ? !isCommitted || offsetsGone(delivery, claim, guarantor) !== undefined : claim.reason === 'outOfRange' && isCleaned(delivery, guarantor);
  if (!mayReset) return undefined;
  const beyond = delivery.autoOffsetResets.filter((reset) => reset !== 'earliest');
  return beyond.length === 0 ? undefined : `auto.offset.reset=${beyond.join(', ')} leapt over it`;
}

/** GD-7: why a record that another claim had got already was given to `claim` as well. */
export function repeated(delivery: Delivery, offset: Offset, claim: Claim, guarantor: Guarantor): string | undefined {
  const { applications, partition } = delivery;
  if (claim.reason === 'outOfRange' || claim.reason === 'truncation') {
    return guarantor.budget.lossOf(partition) ?? (isCleaned(delivery, guarantor) ? 'retention passed the position, and auto.offset.reset set it anew' : undefined);
  }
  if (confirmedBeyond(delivery, offset, sinceIndex(claim)) !== undefined) return offsetsGone(delivery, claim, guarantor);
  if (mayBeSetBack(delivery, offset, sinceIndex(claim))) return 'an attempt to commit that was given up may have come late';
  // Who begins where a loss has set the group back commits from there on, and sets it back for those who come later, too.
  return first(applications, commitsLater) ?? guarantor.budget.lossOf(partition) ?? offsetsLost(delivery, guarantor);
}

/** What was confirmed before, the coordinator knew when the claim asked it. */
function sinceIndex({ assignedIndex, index }: Claim): number {
  return assignedIndex < 0 ? index : assignedIndex;
}

function offsetsLost({ groupId }: Delivery, guarantor: Guarantor): string | undefined {
  const lost = groupLoss(groupId, guarantor);
  return lost === undefined ? undefined : `of the committed offsets: ${lost}`;
}

/** Why the committed offset of the group may be gone or older than what was confirmed. */
function offsetsGone(delivery: Delivery, { atUs }: Claim, guarantor: Guarantor): string | undefined {
  const lost = offsetsLost(delivery, guarantor);
  if (lost !== undefined) return lost;
  const lastUs = Math.max(0, ...delivery.commits.filter(({ isConfirmed, endedUs }) => isConfirmed && endedUs <= atUs).map(({ endedUs }) => endedUs));
  const { offsetsRetentionMs } = guarantor.config;
  return offsetsRetentionMs !== undefined && atUs - lastUs >= usOfMs(offsetsRetentionMs) ? `what was committed at ${formatUs(lastUs)} has expired` : undefined;
}

function first<T>(all: readonly T[], reasonOf: (each: T) => string | undefined): string | undefined {
  for (const each of all) {
    const reason = reasonOf(each);
    if (reason !== undefined) return reason;
  }
  return undefined;
}
