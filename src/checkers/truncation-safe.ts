/**
 * S-13: a follower never cuts from its log what was committed and is still held. It may cut what its leader does not
 * have (that is what truncation is for), and a disk may lose anything; but a committed record that a follower holds and
 * a surviving log holds too must stay, or the next election may take the one replica that forgot it.
 *
 * The ghost is the highest high watermark that a legitimate leader reached, with the log that it had then.
 * Source: KIP-101 (truncation to the high watermark), KAFKA-12460 for the metadata log; S-13.
 */
import type { Offset } from '../kafka/ids.ts';
import type { PartitionLog } from '../kafka/log.ts';
import type { ReplicaView } from '../kafka/views.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedReplica } from './cluster.ts';
import { commonPrefixEnd } from './compare-logs.ts';
import { Findings } from './findings.ts';

export const truncationSafe: Property = {
  name: 'truncation-safe',
  claim: 'no follower cuts a committed record that a surviving log still holds',
  source: 'S-13; KIP-101',
  kind: 'safety',
  check: (context) => new TruncationSafe(context),
};

interface CommittedPrefix {
  readonly log: PartitionLog;
  readonly endOffset: Offset;
}

class TruncationSafe implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;
  /** By partition id; absent until something was committed. */
  private readonly prefixes: (CommittedPrefix | undefined)[];

  constructor(context: CheckContext, findings = new Findings(), prefixes: (CommittedPrefix | undefined)[] = []) {
    this.context = context;
    this.findings = findings;
    this.prefixes = prefixes;
  }

  get violations(): number {
    return this.findings.violations;
  }

  replicaChanged(replica: TrackedReplica, before: ReplicaView | undefined, after: ReplicaView | undefined, atUs: number): void {
    if (before === undefined || after === undefined) return;
    const { partition } = replica;
    if (partition.leader === replica) {
      this.commit(partition.id, after);
      return;
    }
    if (before.log === after.log) return;
    this.findings.compared += 1;
    if (after.log.logEndOffset < before.log.logEndOffset) this.judge(replica, before.log, after.log, atUs);
  }

  private commit(id: number, { log, highWatermark }: ReplicaView): void {
    if (highWatermark <= (this.prefixes[id]?.endOffset ?? 0)) return;
    while (this.prefixes.length < id) this.prefixes.push(undefined);
    this.prefixes[id] = { log, endOffset: highWatermark };
  }

  private judge(replica: TrackedReplica, before: PartitionLog, after: PartitionLog, atUs: number): void {
    const { partition, brokerId } = replica;
    const known = this.prefixes[partition.id];
    if (known === undefined) return;
    const heldEnd = Math.min(commonPrefixEnd(before, known.log), known.endOffset);
    if (after.logEndOffset >= heldEnd) return;
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
    return new TruncationSafe(context, this.findings.fork(), this.prefixes.slice());
  }
}
