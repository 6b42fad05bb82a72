/**
 * S-03: in every state of a partition that the controller commits, the leader is one of the ISR (or there is none), and the
 * ISR is a set of replicas. Without eligible leader replicas it is never empty; with them (KIP-966) it is empty only while
 * the ELR, or the last leader that is known, says who may lead next.
 *
 * Source: LeaderInIsr and ValidControllerState in the KIP-320 and KIP-966 specifications; PartitionRegistration.
 */
import { NO_LEADER } from '../kafka/ids.ts';
import type { PartitionRegistration } from '../kafka/metadata.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedPartition } from './cluster.ts';
import { Findings } from './findings.ts';
import { checkedTopic } from './min-isr.ts';

export const leaderInIsr: Property = {
  name: 'leader-in-isr',
  claim: 'the leader is in the ISR, the ISR is among the replicas and not empty without somebody else to elect',
  source: 'S-03; ReplicationControlManager',
  kind: 'safety',
  check: (context) => new LeaderInIsr(context),
};

class LeaderInIsr implements Checker {
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
    this.findings.compared += 1;
    // Another min.insync.replicas clears the ELR (ClearElrRecord), and with it the last trace of who may lead.
    const mayBeCleared = checkedTopic(this.context.config, partition.topic)?.minInsyncReplicasChanges === true;
    const fault = faultOf(after, mayBeCleared);
    if (fault === undefined) return;
    const names = (ids: readonly number[]): string => `[${ids.map((id) => this.context.cluster.nameOf(id)).join(', ')}]`;
    const { leader, isr, replicas, leaderEpoch, partitionEpoch } = after;
    this.findings.violated(atUs, () => ({
      sentence: `the controller committed ${partition.name} in partition epoch ${partitionEpoch} with leader ${leader === NO_LEADER ? 'none' : this.context.cluster.nameOf(leader)}, ISR ${names(isr)}, replicas ${names(replicas)}: ${fault}`,
      details: { topicPartition: partition.name, leader, isr, replicas, leaderEpoch, partitionEpoch },
    }));
  }

  verdict() {
    return this.findings.verdict(leaderInIsr, 'the controller committed no partition');
  }

  fork(context: CheckContext): Checker {
    return new LeaderInIsr(context, this.findings.fork());
  }
}

function faultOf({ leader, isr, replicas, elr, lastKnownElr }: PartitionRegistration, mayBeCleared: boolean): string | undefined {
  if (!mayBeCleared && isr.length === 0 && elr.length === 0 && lastKnownElr.length === 0) return 'the ISR is empty';
  if (isr.some((id, i) => isr.indexOf(id) !== i)) return 'the ISR names a broker twice';
  if (isr.some((id) => !replicas.includes(id))) return 'the ISR names a broker that holds no replica';
  if (leader !== NO_LEADER && !isr.includes(leader)) return 'the leader is not in the ISR';
  return undefined;
}
