/**
 * S-12: while one broker leads one leader epoch, its high watermark never falls. A follower's may, and a new leader's may
 * begin below its predecessor's. That of the metadata log never falls while a process lives, whatever its role, nor does
 * the offset up to which anybody has applied it.
 *
 * Source: Partition.maybeIncrementLeaderHW; LeaderHwMonotone in the KIP-966 specification.
 */
import type { NodeId, Offset } from '../kafka/ids.ts';
import type { MetadataImage } from '../kafka/metadata.ts';
import type { RaftView, ReplicaView } from '../kafka/views.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedReplica } from './cluster.ts';
import { Findings } from './findings.ts';

export const highWatermarkMonotone: Property = {
  name: 'high-watermark-monotone',
  claim: 'the high watermark never falls while one leader leads one epoch',
  source: 'S-12; Partition.maybeIncrementLeaderHW',
  kind: 'safety',
  check: (context) => new HighWatermarkMonotone(context),
};

class HighWatermarkMonotone implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;
  /** By node: offset of the image that it has. */
  private readonly applied: Map<NodeId, Offset>;

  constructor(context: CheckContext, findings = new Findings(), applied = new Map<NodeId, Offset>()) {
    this.context = context;
    this.findings = findings;
    this.applied = applied;
  }

  get violations(): number {
    return this.findings.violations;
  }

  replicaChanged({ partition, brokerId }: TrackedReplica, before: ReplicaView | undefined, after: ReplicaView | undefined, atUs: number): void {
    if (before === undefined || after === undefined || before.highWatermark === after.highWatermark) return;
    if (before.leadership === null || after.leadership === null || before.leaderEpoch !== after.leaderEpoch) return;
    this.findings.compared += 1;
    if (after.highWatermark > before.highWatermark) return;
    const broker = this.context.cluster.nameOf(brokerId);
    const { leaderEpoch } = after;
    this.findings.violated(atUs, () => ({
      sentence: `${broker}, leader of ${partition.name} in leader epoch ${leaderEpoch}, lowered its high watermark from ${before.highWatermark} to ${after.highWatermark}`,
      details: { topicPartition: partition.name, broker, leaderEpoch, before: before.highWatermark, after: after.highWatermark },
    }));
  }

  raftChanged(before: RaftView | undefined, after: RaftView | undefined, atUs: number): void {
    if (before === undefined || after === undefined) {
      if (before !== undefined) this.applied.delete(before.nodeId);
      return;
    }
    if (before.highWatermark === after.highWatermark) return;
    this.findings.compared += 1;
    if (after.highWatermark < before.highWatermark) this.fell(after.nodeId, 'the high watermark of the metadata log', before.highWatermark, after.highWatermark, atUs);
  }

  imageSeen(nodeId: NodeId, { offset }: MetadataImage, atUs: number): void {
    const before = this.applied.get(nodeId);
    this.applied.set(nodeId, offset);
    // A process begins with an empty image.
    if (before === undefined || offset === before || offset < 0) return;
    this.findings.compared += 1;
    if (offset < before) this.fell(nodeId, 'what it has applied of the metadata log', before, offset, atUs);
  }

  /** What a process knew is gone with it. */
  processStarted(node: number): void {
    this.applied.delete(node);
  }

  private fell(nodeId: NodeId, what: string, before: Offset, after: Offset, atUs: number): void {
    const node = this.context.cluster.nameOf(nodeId);
    this.findings.violated(atUs, () => ({ sentence: `${node} lowered ${what} from ${before} to ${after}`, details: { node, before, after } }));
  }

  verdict() {
    return this.findings.verdict(highWatermarkMonotone, 'no leader ever moved its high watermark');
  }

  fork(context: CheckContext): Checker {
    return new HighWatermarkMonotone(context, this.findings.fork(), new Map(this.applied));
  }
}
