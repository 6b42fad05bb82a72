/**
 * S-07 in its weaker form, for followers: when a replica's high watermark rises, what its log holds below is what is
 * committed there. Anybody may take what is below a high watermark for final, whoever it is that says so: readers of followers
 * (KIP-392), and the replica itself once it leads.
 *
 *   high watermark rises to h  =>  log and committed prefix agree below min(h, end of the committed prefix)
 *
 * A follower may hold more than that, and other records, above its high watermark: it is yet to truncate them. Beyond the
 * committed prefix nothing is compared: a leader that was replaced and does not know it may know more than its successor.
 * What an unclean election or lost disks took back is excused for those that have not heard of it.
 *
 * Source: LogMatching up to min(HW, HW) of the KIP-966 specification; KAFKA-14704.
 */
import type { Offset } from '../kafka/ids.ts';
import type { ReplicaView } from '../kafka/views.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedReplica } from './cluster.ts';
import { agreeBelow, commonPrefixEnd } from './compare-logs.ts';
import type { CommittedPrefix } from './committed-prefix.ts';
import { Findings } from './findings.ts';

export const highWatermarkAgreed: Property = {
  name: 'high-watermark-agreed',
  claim: 'what a replica holds below its high watermark is what is committed there',
  source: 'S-07, GD-3; KAFKA-14704, LogMatching of the KIP-966 specification',
  kind: 'safety',
  // Before 3.5 a follower takes the high watermark of a diverging answer and cuts its log after that.
  appliesTo: ({ truncatesBeforeHighWatermark }) => truncatesBeforeHighWatermark !== false,
  check: (context) => new HighWatermarkAgreed(context),
};

class HighWatermarkAgreed implements Checker {
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
    // A legitimate leader decides what is committed; whether it may is committed-prefix-immutable.
    if (before === undefined || after === undefined || after.highWatermark <= before.highWatermark || replica === replica.partition.leader) return;
    const known = this.context.committed.of(replica.partition);
    if (known === undefined) return;
    const end = Math.min(after.highWatermark, known.endOffset);
    if (end <= known.log.logStartOffset) return;
    this.findings.compared += 1;
    if (!agreeBelow(after.log, known.log, end)) this.disagrees(replica, after, known, atUs);
  }

  private disagrees({ partition, brokerId }: TrackedReplica, { log, highWatermark, leaderEpoch }: ReplicaView, known: CommittedPrefix, atUs: number): void {
    const offset: Offset = commonPrefixEnd(log, known.log);
    const { budget, cluster } = this.context;
    const held = log.batchAt(offset);
    const committed = known.log.batchAt(offset);
    const excuse = budget.electedUncleanly(partition)
      ? 'a leader was elected uncleanly'
      : (held && budget.excuseForBatch(partition, held)) ?? (committed && budget.excuseForBatch(partition, committed));
    if (excuse !== undefined) {
      this.findings.excuse(1, excuse);
      return;
    }
    const broker = cluster.nameOf(brokerId);
    const other = held === undefined ? 'nothing' : `a batch of leader epoch ${held.partitionLeaderEpoch}`;
    this.findings.violated(atUs, () => ({
      sentence: `${broker} raised its high watermark of ${partition.name} to ${highWatermark} in leader epoch ${leaderEpoch}, and holds ${other} at offset ${offset}, where ${committed === undefined ? 'nothing' : `one of leader epoch ${committed.partitionLeaderEpoch}`} is committed`,
      details: { topicPartition: partition.name, broker, leaderEpoch, highWatermark, offset, heldLeaderEpoch: held?.partitionLeaderEpoch ?? null, committedLeaderEpoch: committed?.partitionLeaderEpoch ?? null },
    }));
  }

  verdict() {
    return this.findings.verdict(highWatermarkAgreed, 'no follower raised its high watermark over what is committed');
  }

  fork(context: CheckContext): Checker {
    return new HighWatermarkAgreed(context, this.findings.fork());
  }
}
