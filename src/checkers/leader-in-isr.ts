/**
 * S-03: in every state of a partition that the controller commits, the leader is one of the ISR (or there is none), the
 * ISR is a set of replicas, and it is not empty.
 *
 * Source: LeaderInIsr and ValidControllerState in the KIP-320 and KIP-966 specifications; PartitionRegistration.
 */
import { NO_LEADER } from '../kafka/ids.ts';
import type { PartitionRegistration } from '../kafka/metadata.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedPartition } from './cluster.ts';
import { Findings } from './findings.ts';

export const leaderInIsr: Property = {
  name: 'leader-in-isr',
  claim: 'the leader is in the ISR, the ISR is among the replicas and never empty',
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
    const fault = faultOf(after);
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

function faultOf({ leader, isr, replicas }: PartitionRegistration): string | undefined {
  if (isr.length === 0) return 'the ISR is empty';
  if (isr.some((id, i) => isr.indexOf(id) !== i)) return 'the ISR names a broker twice';
  if (isr.some((id) => !replicas.includes(id))) return 'the ISR names a broker that holds no replica';
  if (leader !== NO_LEADER && !isr.includes(leader)) return 'the leader is not in the ISR';
  return undefined;
}
