/**
 * L-01: a bound after the last fault every partition that has a live broker to elect has a leader that acts: one of the
 * ISR, or of the ELR where the ISR is empty.
 *
 * A partition with nobody to elect is not judged, and named; a broker that is locked out (cluster.ts) cannot be elected.
 *
 * Source: EventuallyLeaderElected of the KIP-966 specification.
 */
import { NO_LEADER } from '../kafka/ids.ts';
import type { PartitionRegistration } from '../kafka/metadata.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedPartition } from './cluster.ts';
import { Findings } from './findings.ts';
import { eligibleLeaders } from './min-isr.ts';
import { standing } from './standing.ts';

export const leaderElected: Property = {
  name: 'leader-elected',
  claim: 'a bound after the last fault every partition with a live eligible replica has a leader that acts',
  source: 'L-01; EventuallyLeaderElected of the KIP-966 specification',
  kind: 'liveness',
  appliesTo: ({ liveness }) => liveness !== null,
  check: (context) => new LeaderElected(context),
};

class LeaderElected implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;

  constructor(context: CheckContext, findings = new Findings()) {
    this.context = context;
    this.findings = findings;
  }

  get violations(): number {
    return this.findings.violations;
  }

  verdict(endUs: number) {
    const { cluster, quiet } = this.context;
    const rest = quiet.restAt(endUs);
    if (typeof rest === 'string') return this.findings.verdict(leaderElected, rest);
    const dead: string[] = [];
    for (const partition of cluster.partitions) {
      const { registration } = partition;
      if (registration === undefined || !eligibleLeaders(registration).some((id) => cluster.isUp(id) && cluster.lockedOut(id) === undefined)) dead.push(partition.name);
      else this.judge(partition, registration, endUs);
    }
    return this.findings.verdict(leaderElected, 'there is nobody alive to elect', dead.length === 0 ? [] : [`not judged, since no eligible replica is up: ${dead.join(', ')}`]);
  }

  private judge(partition: TrackedPartition, { leader, leaderEpoch, isr, elr }: PartitionRegistration, endUs: number): void {
    this.findings.compared += 1;
    if (partition.leader !== undefined) return;
    const { cluster } = this.context;
    const who = (ids: readonly number[]): string => ids.map((id) => `${cluster.nameOf(id)} (${standing(cluster, id)})`).join(', ');
    const word = leader === NO_LEADER ? `the controller committed none in leader epoch ${leaderEpoch}` : `${cluster.nameOf(leader)}, committed in leader epoch ${leaderEpoch}, does not act as leader`;
    this.findings.violated(endUs, () => ({
      sentence: `${partition.name} has no leader: ${word}; ISR [${who(isr)}]${elr.length === 0 ? '' : `, ELR [${who(elr)}]`}`,
      details: { topicPartition: partition.name, leader, leaderEpoch, isr, elr },
    }));
  }

  fork(context: CheckContext): Checker {
    return new LeaderElected(context, this.findings.fork());
  }
}
