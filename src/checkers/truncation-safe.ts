/**
 * S-13: a follower never cuts from its log what was committed and is still held. It may cut what its leader does not
 * have (that is what truncation is for), and a disk may lose anything; but a committed record that a follower holds and
 * a surviving log holds too must stay, or the next election may take the one replica that forgot it.
 *
 * Excused is a replica that still follows a leader that was replaced, and that nobody counts on: neither in the ISR nor in
 * the ELR, so no clean election takes it before it caught up. Brokers fence a fetch of another epoch than their own, and
 * here the zombie and its follower are of one epoch.
 *
 * The ghost is the committed prefix (committed-prefix.ts).
 * Source: KIP-101 (truncation to the high watermark), KAFKA-12460 for the metadata log; S-13. Partition.getLocalLog (the epoch).
 */
import type { PartitionLog } from '../kafka/log.ts';
import type { ReplicaView } from '../kafka/views.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedReplica } from './cluster.ts';
import { commonPrefixEnd, comparableFrom } from './compare-logs.ts';
import { Findings } from './findings.ts';
import { eligibleLeaders } from './min-isr.ts';

export const truncationSafe: Property = {
  name: 'truncation-safe',
  claim: 'no follower cuts a committed record that a surviving log still holds',
  source: 'S-13; KIP-101',
  kind: 'safety',
  check: (context) => new TruncationSafe(context),
};

class TruncationSafe implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;

  constructor(context: CheckContext, findings = new Findings()) {
    this.context = context;
    this.findings = findings;
  }

  get violations(): number {
    return this.findings.violations;
  }

  replicaChanged(replica: TrackedReplica, before: ReplicaView | undefined, after: ReplicaView | undefined, atUs: number): void {
    if (before === undefined || after === undefined) return;
    if (replica.partition.leader === replica || before.log === after.log) return;
    this.findings.compared += 1;
    if (after.log.logEndOffset < before.log.logEndOffset) this.judge(replica, before.log, after, atUs);
  }

  private judge(replica: TrackedReplica, before: PartitionLog, { log: after, leaderEpoch }: ReplicaView, atUs: number): void {
    const { partition, brokerId } = replica;
    const known = this.context.committed.of(partition);
    if (known === undefined) return;
    const heldEnd = Math.min(commonPrefixEnd(before, known.log), known.endOffset);
    // Where one of the two was cleaned, nobody can tell what was cut from what was cleaned away.
    if (Math.max(after.logEndOffset, comparableFrom(before, known.log)) >= heldEnd) return;
    const isHeldElsewhere = partition.survivingLogs().some((log) => commonPrefixEnd(log, known.log) >= heldEnd);
    if (!isHeldElsewhere) return;
    const { registration } = partition;
    if (registration !== undefined && leaderEpoch < registration.leaderEpoch && !eligibleLeaders(registration).includes(brokerId)) {
      this.findings.excuse(1, 'a replica outside the ISR and the ELR followed a leader that had been replaced');
      return;
    }
    const broker = this.context.cluster.nameOf(brokerId);
    this.findings.violated(atUs, () => ({
      sentence: `${broker} cut ${partition.name} at offset ${after.logEndOffset}, below the committed offset ${known.endOffset}: it held records up to ${heldEnd} that are committed and not lost`,
      details: { topicPartition: partition.name, broker, truncatedTo: after.logEndOffset, heldEnd, committedOffset: known.endOffset },
    }));
  }

  verdict() {
    return this.findings.verdict(truncationSafe, "no follower's log changed");
  }

  fork(context: CheckContext): Checker {
    return new TruncationSafe(context, this.findings.fork());
  }
}
