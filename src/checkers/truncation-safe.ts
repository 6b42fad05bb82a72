/**
 * S-13: a follower never cuts from its log what was committed and is still held. It may cut what its leader does not
 * have (that is what truncation is for), and a disk may lose anything; but a committed record that a follower holds and
 * a surviving log holds too must stay, or the next election may take the one replica that forgot it.
 *
 * The ghost is the committed prefix (committed-prefix.ts).
 * Source: KIP-101 (truncation to the high watermark), KAFKA-12460 for the metadata log; S-13.
 */
import type { PartitionLog } from '../kafka/log.ts';
import type { ReplicaView } from '../kafka/views.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedReplica } from './cluster.ts';
import { commonPrefixEnd, comparableFrom } from './compare-logs.ts';
import { Findings } from './findings.ts';

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
    if (after.log.logEndOffset < before.log.logEndOffset) this.judge(replica, before.log, after.log, atUs);
  }

  private judge(replica: TrackedReplica, before: PartitionLog, after: PartitionLog, atUs: number): void {
    const { partition, brokerId } = replica;
    const known = this.context.committed.of(partition);
    if (known === undefined) return;
    const heldEnd = Math.min(commonPrefixEnd(before, known.log), known.endOffset);
    // Where one of the two was cleaned, nobody can tell what was cut from what was cleaned away.
    if (Math.max(after.logEndOffset, comparableFrom(before, known.log)) >= heldEnd) return;
    const isHeldElsewhere = partition.survivingLogs().some((log) => commonPrefixEnd(log, known.log) >= heldEnd);
    if (!isHeldElsewhere) return;
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
