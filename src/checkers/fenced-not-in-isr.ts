/**
 * S-04: in what the controller commits, nobody in an ISR is fenced or unregistered, but for the last member, which stays
 * where there are no eligible leader replicas; the ELR has nobody of the ISR, and is empty once the ISR is as large as
 * min.insync.replicas.
 *
 * A decision is one batch of records (a fenced broker leaves its ISRs in the same batch), so a committed image is judged
 * when it is whole. Only partitions that changed are looked at, or all when a registration did.
 *
 * Source: KIP-841, KIP-966; ValidControllerState and ValidControllerIsrAndElr of their specifications.
 */
import { NO_LEADER, type NodeId } from '../kafka/ids.ts';
import type { MetadataImage, PartitionRegistration } from '../kafka/metadata.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedPartition } from './cluster.ts';
import { Findings } from './findings.ts';
import { checkedTopic, effectiveMinIsr } from './min-isr.ts';

export const fencedNotInIsr: Property = {
  name: 'fenced-not-in-isr',
  claim: 'no fenced broker is in an ISR, and the ELR is apart from the ISR and empty while the ISR is large enough',
  source: 'S-04; KIP-841, KIP-966, ReplicationControlManager',
  kind: 'safety',
  check: (context) => new FencedNotInIsr(context),
};

class FencedNotInIsr implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;
  /** Changed by the image that is being committed. */
  private changed: TrackedPartition[] = [];

  constructor(context: CheckContext, findings = new Findings()) {
    this.context = context;
    this.findings = findings;
  }

  get violations(): number {
    return this.findings.violations;
  }

  registrationChanged(partition: TrackedPartition): void {
    this.changed.push(partition);
  }

  imageCommitted(before: MetadataImage, after: MetadataImage, atUs: number): void {
    const partitions = before.brokers === after.brokers ? this.changed : this.context.cluster.partitions;
    this.changed = [];
    for (const partition of partitions) this.judge(partition, after, atUs);
  }

  private judge(partition: TrackedPartition, image: MetadataImage, atUs: number): void {
    const { registration } = partition;
    if (registration === undefined) return;
    this.findings.compared += 1;
    const fault = this.faultOf(partition, registration, image);
    if (fault === undefined) return;
    const { isr, elr, leader, partitionEpoch } = registration;
    this.findings.violated(atUs, () => ({
      sentence: `the controller committed ${partition.name} in partition epoch ${partitionEpoch} with ISR ${this.names(isr)}, ELR ${this.names(elr)}: ${fault}`,
      details: { topicPartition: partition.name, leader, isr, elr, partitionEpoch },
    }));
  }

  private faultOf({ topic }: TrackedPartition, { isr, elr, leader, replicas }: PartitionRegistration, image: MetadataImage): string | undefined {
    const { config } = this.context;
    const isLastMember = isr.length === 1 && config.eligibleLeaderReplicas !== true;
    // A cancelled reassignment that leaves nobody in the ISR puts the first replica there, whatever its state
    // (PartitionReassignmentRevert): an unclean election, which the topic must allow.
    const isReverted = config.reassigns === true && isr.length === 1 && leader === NO_LEADER && checkedTopic(config, topic)?.uncleanLeaderElectionEnable === true;
    const fenced = isLastMember || isReverted ? undefined : isr.find((id) => image.broker(id)?.fenced !== false);
    if (fenced !== undefined) return `${this.context.cluster.nameOf(fenced)} is in the ISR and ${image.broker(fenced) === undefined ? 'not registered' : 'fenced'}`;
    if (elr.length === 0) return undefined;
    const both = elr.find((id) => isr.includes(id));
    if (both !== undefined) return `${this.context.cluster.nameOf(both)} is in both`;
    // A reassignment keeps in the ELR whom it removed, and another min.insync.replicas clears it in its own time.
    if (config.reassigns === true || checkedTopic(config, topic)?.minInsyncReplicasChanges === true) return undefined;
    const minIsr = effectiveMinIsr(config, topic, replicas);
    return isr.length >= minIsr ? `the ISR is as large as min.insync.replicas, ${minIsr}, and the ELR is not empty` : undefined;
  }

  private names(ids: readonly NodeId[]): string {
    return `[${ids.map((id) => this.context.cluster.nameOf(id)).join(', ')}]`;
  }

  verdict() {
    return this.findings.verdict(fencedNotInIsr, 'the controller committed no partition');
  }

  fork(context: CheckContext): Checker {
    return new FencedNotInIsr(context, this.findings.fork());
  }
}
