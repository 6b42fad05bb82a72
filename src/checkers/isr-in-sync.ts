/**
 * S-05: whoever counts as in sync holds what it counts for. For any broker that acts as leader, also one that was replaced
 * and does not know it, every batch below its high watermark is on every member of its maximal ISR (WeakIsr) and on every
 * member of the ISR that the controller has committed (StrongIsr). A clean election among such members loses nothing.
 *
 * Judged when a leader begins, when its high watermark rises or its ISR changes, when the committed ISR gains members, and
 * when a member's log gets shorter. One hash of a prefix stands for all batches below it.
 *
 * Not asked of a member whose disk has lost records since it registered: a fetch from before may bring it into the ISR until
 * it registers anew (KIP-903). Nor, when the ISR as committed is without it, of one that did so in the life before: its
 * leader counts on it until it is told. What is missing beyond the fault budget (an unclean election, everybody's disk) is
 * excused and counted.
 *
 * Source: WeakIsr and StrongIsr of the KIP-320 specification; KAFKA-7128, KIP-497, KIP-903.
 */
import type { NodeId } from '../kafka/ids.ts';
import { NO_EPOCH } from '../kafka/ids.ts';
import type { PartitionRegistration } from '../kafka/metadata.ts';
import type { ReplicaView } from '../kafka/views.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedPartition, TrackedReplica } from './cluster.ts';
import { missingBatches } from './committed-prefix.ts';
import { holdsPrefix } from './compare-logs.ts';
import { Findings } from './findings.ts';
import { allowed } from './guarantees.ts';

export const isrInSync: Property = {
  name: 'isr-in-sync',
  claim: 'every in-sync replica holds everything below the high watermark of any broker that acts as leader',
  source: 'S-05; WeakIsr and StrongIsr of the KIP-320 specification, KIP-497, KIP-903',
  kind: 'safety',
  check: (context) => new IsrInSync(context),
};

class IsrInSync implements Checker {
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
    if (after === undefined) return;
    const { leadership } = after;
    if (leadership !== null) {
      const led = before?.leadership ?? null;
      if (led === null || before === undefined || after.highWatermark > before.highWatermark || led.maximalIsr !== leadership.maximalIsr) this.judgeLeader(replica, after, atUs);
    }
    if (before !== undefined && after.log.logEndOffset < before.log.logEndOffset) this.judgeMember(replica.partition, replica.brokerId, atUs);
  }

  registrationChanged(partition: TrackedPartition, before: PartitionRegistration | undefined, after: PartitionRegistration, atUs: number): void {
    for (const id of after.isr) if (before?.isr.includes(id) !== true) this.judgeMember(partition, id, atUs);
  }

  /** Its disk lost records, and whoever counts on it, controller or leader, counts on what it had before. */
  private isAboutToLeave(partition: TrackedPartition, brokerId: NodeId): boolean {
    const { trace } = this.context;
    const isCommitted = partition.registration?.isr.includes(brokerId) === true;
    return isCommitted ? trace.hasLost(partition, brokerId) : trace.hasLostLately(partition, brokerId);
  }

  private judgeLeader(leader: TrackedReplica, { leadership }: ReplicaView, atUs: number): void {
    const maximalIsr = leadership?.maximalIsr ?? [];
    const isr = leader.partition.registration?.isr ?? maximalIsr;
    for (let i = 0; i < maximalIsr.length; i += 1) this.compare(leader, maximalIsr[i] as NodeId, atUs);
    for (let i = 0; i < isr.length; i += 1) if (!maximalIsr.includes(isr[i] as NodeId)) this.compare(leader, isr[i] as NodeId, atUs);
  }

  /** The member against everybody who leads and counts on it. */
  private judgeMember(partition: TrackedPartition, brokerId: NodeId, atUs: number): void {
    const isCommitted = partition.registration?.isr.includes(brokerId) === true;
    for (const leader of partition.replicas) {
      const leadership = leader.view?.leadership ?? null;
      if (leadership !== null && (isCommitted || leadership.maximalIsr.includes(brokerId))) this.compare(leader, brokerId, atUs);
    }
  }

  private compare(leader: TrackedReplica, brokerId: NodeId, atUs: number): void {
    const { partition, log } = leader;
    const endOffset = leader.view?.highWatermark ?? 0;
    if (brokerId === leader.brokerId || endOffset <= log.logStartOffset) return;
    const held = partition.logOn(brokerId);
    if (holdsPrefix(held, log, endOffset)) this.findings.compared += 1;
    else if (!this.isAboutToLeave(partition, brokerId)) this.missing(leader, brokerId, atUs);
  }

  private missing(leader: TrackedReplica, brokerId: NodeId, atUs: number): void {
    this.findings.compared += 1;
    const { partition, log, view } = leader;
    const highWatermark = view?.highWatermark ?? 0;
    const { config, trace, cluster } = this.context;
    const held = partition.logOn(brokerId);
    for (const batch of missingBatches(held, { log, endOffset: highWatermark, deletedTo: log.logStartOffset })) {
      const reason = allowed({ kind: 'committed batch lost', partition, batch }, config, trace);
      if (reason !== undefined) {
        this.findings.excuse(batch.records.length, reason);
        continue;
      }
      const [leads, member] = [cluster.nameOf(leader.brokerId), cluster.nameOf(brokerId)];
      const leaderEpoch = view?.leaderEpoch ?? NO_EPOCH;
      const set = view?.leadership?.maximalIsr.includes(brokerId) === true ? 'its maximal ISR' : 'the committed ISR';
      this.findings.violated(atUs, () => ({
        sentence: `${leads} acts as leader of ${partition.name} in leader epoch ${leaderEpoch} with high watermark ${highWatermark}, and ${member}, in ${set}, does not hold its batch at offset ${batch.baseOffset} (leader epoch ${batch.partitionLeaderEpoch}): its log ends at ${held.logEndOffset}`,
        details: { topicPartition: partition.name, leader: leads, leaderEpoch, highWatermark, member, offset: batch.baseOffset, logEndOffset: held.logEndOffset },
      }));
      return;
    }
  }

  verdict() {
    return this.findings.verdict(isrInSync, 'nothing was below the high watermark of a leader with in-sync followers');
  }

  fork(context: CheckContext): Checker {
    return new IsrInSync(context, this.findings.fork());
  }
}
