/**
 * L-02: a bound after the last fault every live replica is back in the ISR of its leader, and no proposal of a leader to
 * change the ISR (AlterPartition) has been open for a bound.
 *
 * Not judged while a partition has no leader, which is leader-elected's. A replica that is being removed by a reassignment
 * owes nothing, nor one whose broker is locked out (cluster.ts). Nor does one that Kafka itself strands: DeleteRecords moved the
 * leader's start into a batch, behind the place where the histories part; the replica is told to cut at that start, gets the whole
 * batch, cannot append it (UnexpectedAppendOffsetException: its log is not empty), and its partition is marked as failed.
 *
 * Source: L-02; KAFKA-2729, KAFKA-10706 (a replica that diverges for ever).
 */
import type { NodeId } from '../kafka/ids.ts';
import type { PartitionLog } from '../kafka/log.ts';
import type { PartitionRegistration } from '../kafka/metadata.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedPartition, TrackedReplica } from './cluster.ts';
import { Findings } from './findings.ts';
import { sampled } from './quiet-end.ts';
import { standing } from './standing.ts';

export const isrRecovers: Property = {
  name: 'isr-recovers',
  claim: 'a bound after the last fault every live replica is in the ISR, and no ISR change is stuck',
  source: 'L-02; KIP-497, KAFKA-2729, KAFKA-10706',
  kind: 'liveness',
  appliesTo: ({ liveness }) => liveness !== null,
  check: (context) => new IsrRecovers(context),
};

class IsrRecovers implements Checker {
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
    const rest = this.context.quiet.restAt(endUs);
    if (typeof rest === 'string') return this.findings.verdict(isrRecovers, rest);
    for (const partition of this.context.cluster.partitions) {
      const { leader, registration } = partition;
      if (leader === undefined || registration === undefined) continue;
      this.judgeReplicas(partition, leader, registration, endUs);
      this.judgeProposal(partition, leader, sampled(rest.sample, partition).pending, endUs);
    }
    return this.findings.verdict(isrRecovers, 'no partition has a leader');
  }

  private judgeReplicas(partition: TrackedPartition, leader: TrackedReplica, { replicas, isr, removingReplicas }: PartitionRegistration, endUs: number): void {
    const { cluster } = this.context;
    for (const id of replicas) {
      if (!cluster.isUp(id) || cluster.lockedOut(id) !== undefined || removingReplicas.includes(id)) continue;
      this.findings.compared += 1;
      if (isr.includes(id)) continue;
      if (isStranded(leader.log, partition.logOn(id))) {
        this.findings.excuse(1, `DeleteRecords has moved the start of the leader's log of ${partition.name} into a batch at which ${cluster.nameOf(id)} cannot go on`);
        continue;
      }
      this.stuck(partition, endUs, `${cluster.nameOf(id)} (${standing(cluster, id)}) is not in the ISR of ${partition.name}: its log ends at ${partition.logOn(id).logEndOffset}, the leader's at ${leader.log.logEndOffset}${this.fetchOf(leader, id)}; the ISR is ${this.names(isr)}`);
    }
  }

  /** What the leader knows of the replica, from its fetches. */
  private fetchOf({ view }: TrackedReplica, brokerId: NodeId): string {
    const remote = view?.leadership?.remotes.find((each) => each.brokerId === brokerId);
    if (remote === undefined) return '';
    return remote.logEndOffset < 0 ? ', and it has not fetched from this leader' : `, and it has fetched up to ${remote.logEndOffset}`;
  }

  private judgeProposal(partition: TrackedPartition, { brokerId, view }: TrackedReplica, sampledPending: object | null, endUs: number): void {
    this.findings.compared += 1;
    const leadership = view?.leadership ?? null;
    if (leadership === null || sampledPending === null || leadership.pending !== sampledPending) return;
    const broker = this.context.cluster.nameOf(brokerId);
    this.stuck(partition, endUs, `${broker}, leader of ${partition.name}, has waited a bound for the outcome of its AlterPartition from ISR ${this.names(leadership.isr)} to ${this.names(leadership.maximalIsr)}`);
  }

  private stuck(partition: TrackedPartition, endUs: number, sentence: string): void {
    const { leader, isr, leaderEpoch } = partition.registration as PartitionRegistration;
    this.findings.violated(endUs, () => ({ sentence, details: { topicPartition: partition.name, leader, leaderEpoch, isr } }));
  }

  private names(ids: readonly NodeId[]): string {
    return `[${ids.map((id) => this.context.cluster.nameOf(id)).join(', ')}]`;
  }

  fork(context: CheckContext): Checker {
    return new IsrRecovers(context, this.findings.fork());
  }
}

/** The follower's log ends within the leader's first batch, of which it holds other records. */
function isStranded(leader: PartitionLog, follower: PartitionLog): boolean {
  const { logEndOffset } = follower;
  const batch = logEndOffset < leader.logEndOffset ? leader.batchAt(logEndOffset) : undefined;
  return batch !== undefined && batch.baseOffset < leader.logStartOffset && batch.baseOffset < logEndOffset && follower.logStartOffset < logEndOffset;
}
