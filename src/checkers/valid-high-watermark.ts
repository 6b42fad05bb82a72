/**
 * S-06: a leader counts whoever the controller may count. The maximal ISR of the legitimate leader contains the committed
 * ISR, whichever way its proposal in flight goes; and when the high watermark of a broker that acts as leader rises, every
 * member of the committed ISR has a log that reaches it.
 *
 * Between the controller's word and the leader's, the leader's set may be the larger one, never the smaller. Not asked of a
 * member whose disk has lost records since it registered; nor, of a deposed leader, who knows of no registration after its own
 * time, of one that has lost records in its life before.
 *
 * Source: KIP-497 (PendingExpandIsr, PendingShrinkIsr); ValidLeaderMaximalISR of the KIP-966 specification, AsyncIsr of
 * the KIP-320 one.
 */
import { NO_LEADER } from '../kafka/ids.ts';
import type { NodeId } from '../kafka/ids.ts';
import type { PartitionRegistration } from '../kafka/metadata.ts';
import type { ReplicaView } from '../kafka/views.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedPartition, TrackedReplica } from './cluster.ts';
import { Findings } from './findings.ts';

export const validHighWatermark: Property = {
  name: 'valid-high-watermark',
  claim: "a leader's maximal ISR contains the committed ISR, whose logs reach every high watermark it takes",
  source: 'S-06; KIP-497, ValidLeaderMaximalISR of the KIP-966 specification',
  kind: 'safety',
  check: (context) => new ValidHighWatermark(context),
};

class ValidHighWatermark implements Checker {
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
    const leadership = after?.leadership ?? null;
    const { registration } = replica.partition;
    if (leadership === null || after === undefined || registration === undefined) return;
    if (leadership.maximalIsr !== before?.leadership?.maximalIsr || after.leaderEpoch !== before.leaderEpoch) this.judgeMaximalIsr(replica, registration, atUs);
    if (before !== undefined && after.highWatermark > before.highWatermark) this.judgeHighWatermark(replica, after.highWatermark, registration.isr, atUs);
  }

  registrationChanged(partition: TrackedPartition, _before: PartitionRegistration | undefined, after: PartitionRegistration, atUs: number): void {
    const leader = after.leader === NO_LEADER ? undefined : partition.replicaOn(after.leader);
    if (leader !== undefined) this.judgeMaximalIsr(leader, after, atUs);
  }

  private judgeMaximalIsr({ partition, brokerId, view }: TrackedReplica, { leader, leaderEpoch, isr, partitionEpoch }: PartitionRegistration, atUs: number): void {
    const leadership = view?.leadership ?? null;
    // Who was replaced, or elected and not told yet, counts for nothing.
    if (leadership === null || view?.leaderEpoch !== leaderEpoch || leader !== brokerId) return;
    this.findings.compared += 1;
    const { maximalIsr } = leadership;
    if (isr.every((id) => maximalIsr.includes(id))) return;
    const { cluster } = this.context;
    this.findings.violated(atUs, () => ({
      sentence: `${cluster.nameOf(brokerId)} leads ${partition.name} in leader epoch ${leaderEpoch} with the maximal ISR ${this.names(maximalIsr)}, and the controller has committed the ISR ${this.names(isr)} in partition epoch ${partitionEpoch}`,
      details: { topicPartition: partition.name, leader: cluster.nameOf(brokerId), leaderEpoch, maximalIsr, isr, partitionEpoch },
    }));
  }

  private judgeHighWatermark({ partition, brokerId, view }: TrackedReplica, highWatermark: number, isr: readonly NodeId[], atUs: number): void {
    this.findings.compared += 1;
    const { cluster, budget, trace } = this.context;
    const isDeposed = view?.leaderEpoch !== partition.registration?.leaderEpoch;
    for (let i = 0; i < isr.length; i += 1) {
      const member = isr[i] as NodeId;
      const { logEndOffset } = partition.logOn(member);
      if (logEndOffset >= highWatermark || trace.hasLost(partition, member)) continue;
      // After an unclean election the deposed leader counts an ISR that is none any more.
      if (isDeposed && (budget.electedUncleanly(partition) || trace.hasLostLately(partition, member))) continue;
      const leaderEpoch = view?.leaderEpoch ?? -1;
      this.findings.violated(atUs, () => ({
        sentence: `${cluster.nameOf(brokerId)} raised its high watermark of ${partition.name} to ${highWatermark} in leader epoch ${leaderEpoch}, and ${cluster.nameOf(member)}, in the committed ISR, has a log that ends at ${logEndOffset}`,
        details: { topicPartition: partition.name, leader: cluster.nameOf(brokerId), leaderEpoch, highWatermark, member: cluster.nameOf(member), logEndOffset },
      }));
    }
  }

  private names(ids: readonly NodeId[]): string {
    return `[${ids.map((id) => this.context.cluster.nameOf(id)).join(', ')}]`;
  }

  verdict() {
    return this.findings.verdict(validHighWatermark, 'no leader acted in the epoch that the controller had committed');
  }

  fork(context: CheckContext): Checker {
    return new ValidHighWatermark(context, this.findings.fork());
  }
}
