/**
 * L-07: a bound after the last fault no reassignment is still under way that was under way a bound before the end: the
 * replicas it adds have joined the ISR, and those it removes are gone.
 *
 * A reassignment waits for the replicas it adds, so it owes nothing while one of them is down, nor while nobody is left to lead:
 * whoever joins the ISR has to fetch from a leader.
 * Source: L-07; KIP-455, PartitionReassignmentReplicas.
 */
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedPartition } from './cluster.ts';
import { Findings } from './findings.ts';
import { eligibleLeaders } from './min-isr.ts';
import { sampled } from './quiet-end.ts';
import { standing } from './standing.ts';

export const reassignmentsComplete: Property = {
  name: 'reassignments-complete',
  claim: 'a bound after the last fault every reassignment is complete whose new replicas are up',
  source: 'L-07; KIP-455',
  kind: 'liveness',
  appliesTo: ({ liveness, reassigns }) => liveness !== null && reassigns === true,
  check: (context) => new ReassignmentsComplete(context),
};

class ReassignmentsComplete implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;
  /** By partition id: a reassignment of it was seen. */
  private readonly seen: boolean[];

  constructor(context: CheckContext, findings = new Findings(), seen: boolean[] = []) {
    this.context = context;
    this.findings = findings;
    this.seen = seen;
  }

  get violations(): number {
    return this.findings.violations;
  }

  registrationChanged({ id }: TrackedPartition, _before: unknown, { addingReplicas, removingReplicas }: { addingReplicas: readonly number[]; removingReplicas: readonly number[] }): void {
    if (addingReplicas.length + removingReplicas.length === 0) return;
    while (this.seen.length <= id) this.seen.push(false);
    this.seen[id] = true;
  }

  verdict(endUs: number) {
    const { cluster, quiet } = this.context;
    const rest = quiet.restAt(endUs);
    if (typeof rest === 'string') return this.findings.verdict(reassignmentsComplete, rest);
    for (const partition of cluster.partitions) {
      const { registration } = partition;
      if (registration === undefined || this.seen[partition.id] !== true) continue;
      if (!eligibleLeaders(registration).some((id) => cluster.isUp(id))) continue;
      this.findings.compared += 1;
      const { addingReplicas, removingReplicas, isr, partitionEpoch } = registration;
      const isDone = addingReplicas.length + removingReplicas.length === 0;
      if (isDone || sampled(rest.sample, partition).partitionEpoch < partitionEpoch || addingReplicas.some((id) => !cluster.isUp(id))) continue;
      const who = (ids: readonly number[]): string => `[${ids.map((id) => `${cluster.nameOf(id)} (${standing(cluster, id)})`).join(', ')}]`;
      this.findings.violated(endUs, () => ({
        sentence: `the reassignment of ${partition.name} is not complete: it adds ${who(addingReplicas)} and removes ${who(removingReplicas)}; the ISR is ${who(isr)}`,
        details: { topicPartition: partition.name, addingReplicas, removingReplicas, isr },
      }));
    }
    return this.findings.verdict(reassignmentsComplete, 'nothing was reassigned');
  }

  fork(context: CheckContext): Checker {
    return new ReassignmentsComplete(context, this.findings.fork(), this.seen.slice());
  }
}
