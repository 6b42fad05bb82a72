/**
 * S-15: somebody who may lead has it all. At every moment at least one eligible leader, of the ISR or, with KIP-966, of the
 * ELR, holds everything that is committed; unless the disks of all of them lost it, which with eligible leader replicas
 * takes lossy crashes of at least min.insync.replicas brokers (the fault budget knows).
 *
 * Judged when the ISR or the ELR changes, and when a disk loses records.
 * Source: MinIsrRecoveryQuorum of the KIP-966 specification; "tolerates min ISR - 1 unclean shutdowns", KIP-966.
 */
import type { PartitionRegistration } from '../kafka/metadata.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedPartition, TrackedReplica } from './cluster.ts';
import { missingBatches, standingEnd } from './committed-prefix.ts';
import type { CommittedPrefix } from './committed-prefix.ts';
import { holdsPrefix } from './compare-logs.ts';
import { Findings } from './findings.ts';
import { allowed } from './guarantees.ts';
import { eligibleLeaders } from './min-isr.ts';

export const minIsrRecovery: Property = {
  name: 'min-isr-recovery',
  claim: 'somebody in ISR or ELR holds everything that is committed, unless the disks of all of them lost it',
  source: 'S-15; MinIsrRecoveryQuorum of the KIP-966 specification',
  kind: 'safety',
  check: (context) => new MinIsrRecovery(context),
};

class MinIsrRecovery implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;

  constructor(context: CheckContext, findings = new Findings()) {
    this.context = context;
    this.findings = findings;
  }

  get violations(): number {
    return this.findings.violations;
  }

  registrationChanged(partition: TrackedPartition, _before: PartitionRegistration | undefined, after: PartitionRegistration, atUs: number): void {
    this.judge(partition, after, atUs);
  }

  diskLost({ partition }: TrackedReplica, _before: unknown, atUs: number): void {
    if (partition.registration !== undefined) this.judge(partition, partition.registration, atUs);
  }

  private judge(partition: TrackedPartition, registration: PartitionRegistration, atUs: number): void {
    this.findings.compared += 1;
    const known = this.context.committed.of(partition);
    if (known === undefined) return;
    const logs = eligibleLeaders(registration).map((id) => partition.logOn(id));
    if (logs.some((log) => holdsPrefix(log, known.log, known.endOffset))) return;
    this.lost(partition, registration, known, atUs);
  }

  private lost(partition: TrackedPartition, registration: PartitionRegistration, known: CommittedPrefix, atUs: number): void {
    const { cluster, config, trace } = this.context;
    const names = (ids: readonly number[]): string => `[${ids.map((id) => cluster.nameOf(id)).join(', ')}]`;
    const longest = eligibleLeaders(registration).map((id) => partition.logOn(id)).sort((a, b) => standingEnd(known, b) - standingEnd(known, a))[0];
    for (const batch of longest === undefined ? [] : missingBatches(longest, known)) {
      const reason = allowed({ kind: 'committed batch lost', partition, batch }, config, trace);
      if (reason !== undefined) {
        this.findings.excuse(batch.records.length, reason);
        continue;
      }
      const { isr, elr } = registration;
      this.findings.violated(atUs, () => ({
        sentence: `no member of the ISR ${names(isr)} or the ELR ${names(elr)} of ${partition.name} holds the committed batch at offset ${batch.baseOffset} (leader epoch ${batch.partitionLeaderEpoch}); the high watermark had reached ${known.endOffset}`,
        details: { topicPartition: partition.name, isr, elr, offset: batch.baseOffset, highWatermark: known.endOffset },
      }));
      return;
    }
  }

  verdict() {
    return this.findings.verdict(minIsrRecovery, 'the controller committed no partition');
  }

  fork(context: CheckContext): Checker {
    return new MinIsrRecovery(context, this.findings.fork());
  }
}
