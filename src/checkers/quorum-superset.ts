/**
 * S-14: whoever may be elected was counted. Each time the legitimate leader's high watermark rises, the set that it was
 * computed over, its maximal ISR, contains every eligible leader: the committed ISR and, with KIP-966, the ELR. While the
 * ISR is too small the ELR stands in for it, and the high watermark must not move without it.
 *
 * Source: ReplicationQuorumSuperset of the KIP-966 specification; KAFKA-15583.
 */
import type { ReplicaView } from '../kafka/views.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedReplica } from './cluster.ts';
import { Findings } from './findings.ts';
import { checkedTopic } from './min-isr.ts';

export const quorumSuperset: Property = {
  name: 'quorum-superset',
  claim: 'a high watermark is computed over a set that contains everybody who may be elected, ISR and ELR',
  source: 'S-14; ReplicationQuorumSuperset of the KIP-966 specification',
  kind: 'safety',
  check: (context) => new QuorumSuperset(context),
};

class QuorumSuperset implements Checker {
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
    const { partition, brokerId } = replica;
    if (partition.leader !== replica || before === undefined || after === undefined || after.highWatermark <= before.highWatermark) return;
    const { registration } = partition;
    const { leadership } = after;
    if (registration === undefined || leadership === null) return;
    this.findings.compared += 1;
    const { maximalIsr } = leadership;
    const { isr, replicas } = registration;
    // A reassignment leaves in the ELR whom it removed; that broker has no replica to lead with.
    const elr = registration.elr.filter((id) => replicas.includes(id));
    const isCounted = (id: number): boolean => maximalIsr.includes(id);
    const countsIsr = isr.every(isCounted);
    if (countsIsr && elr.every(isCounted)) return;
    if (countsIsr && checkedTopic(this.context.config, partition.topic)?.minInsyncReplicasChanges === true) {
      this.findings.expect(1, 'min.insync.replicas changes, and the leader hears of it later than the controller that keeps the ELR');
      return;
    }
    const uncounted = [...isr, ...elr].filter((id) => !isCounted(id)).map((id) => this.context.cluster.nameOf(id));
    const broker = this.context.cluster.nameOf(brokerId);
    this.findings.violated(atUs, () => ({
      sentence: `${broker} raised the high watermark of ${partition.name} to ${after.highWatermark} in leader epoch ${after.leaderEpoch} without ${uncounted.join(' and ')}, who may be elected`,
      details: { topicPartition: partition.name, broker, leaderEpoch: after.leaderEpoch, highWatermark: after.highWatermark, maximalIsr, isr, elr },
    }));
  }

  verdict() {
    return this.findings.verdict(quorumSuperset, 'no legitimate leader ever raised its high watermark');
  }

  fork(context: CheckContext): Checker {
    return new QuorumSuperset(context, this.findings.fork());
  }
}
