/**
 * S-02: no two brokers act as leader of a partition in one leader epoch, at the same time or one after the other. All
 * else rests on it: a leader epoch names one leader's log, so an (offset, epoch) names one batch.
 *
 * The ghost is who led each epoch. The same broker may lead an epoch twice (it stepped back and forth between states).
 * Source: KIP-101; ElectionSafety in Raft, section 5.2; Partition.makeLeader.
 */
import { formatUs } from '../kernel/time.ts';
import type { LeaderEpoch, NodeId } from '../kafka/ids.ts';
import type { ReplicaView } from '../kafka/views.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedReplica } from './cluster.ts';
import { Findings } from './findings.ts';

export const oneLeaderPerEpoch: Property = {
  name: 'one-leader-per-epoch',
  claim: 'a partition has at most one leader in a leader epoch',
  source: 'S-02; KIP-101, Raft section 5.2',
  kind: 'safety',
  check: (context) => new OneLeaderPerEpoch(context),
};

interface Reign {
  readonly brokerId: NodeId;
  readonly sinceUs: number;
}

class OneLeaderPerEpoch implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;
  /** By partition id: who acted as leader in which epoch. Elections are few, so all are kept. */
  private readonly reigns: (ReadonlyMap<LeaderEpoch, Reign> | undefined)[];

  constructor(context: CheckContext, findings = new Findings(), reigns: (ReadonlyMap<LeaderEpoch, Reign> | undefined)[] = []) {
    this.context = context;
    this.findings = findings;
    this.reigns = reigns;
  }

  get violations(): number {
    return this.findings.violations;
  }

  replicaChanged(replica: TrackedReplica, before: ReplicaView | undefined, after: ReplicaView | undefined, atUs: number): void {
    if (after === undefined || after.leadership === null) return;
    if (before !== undefined && before.leadership !== null && before.leaderEpoch === after.leaderEpoch) return;
    const { partition, brokerId } = replica;
    const { leaderEpoch } = after;
    const reigns = this.reigns[partition.id] ?? new Map<LeaderEpoch, Reign>();
    const other = reigns.get(leaderEpoch);
    this.findings.compared += 1;
    if (other === undefined) {
      while (this.reigns.length < partition.id) this.reigns.push(undefined);
      this.reigns[partition.id] = new Map(reigns).set(leaderEpoch, { brokerId, sinceUs: atUs });
    } else if (other.brokerId !== brokerId) {
      const { cluster } = this.context;
      const [one, two] = [cluster.nameOf(other.brokerId), cluster.nameOf(brokerId)];
      this.findings.violated(atUs, () => ({
        sentence: `${two} acts as leader of ${partition.name} in leader epoch ${leaderEpoch}, in which ${one} has been leader since ${formatUs(other.sinceUs)}`,
        details: { topicPartition: partition.name, leaderEpoch, leaders: [one, two] },
      }));
    }
  }

  verdict() {
    return this.findings.verdict(oneLeaderPerEpoch, 'no broker ever acted as leader');
  }

  fork(context: CheckContext): Checker {
    return new OneLeaderPerEpoch(context, this.findings.fork(), this.reigns.slice());
  }
}
