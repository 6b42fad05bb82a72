/**
 * S-12: while one broker leads one leader epoch, its high watermark never falls. A follower's may, and a new leader's may
 * begin below its predecessor's.
 *
 * Source: Partition.maybeIncrementLeaderHW; LeaderHwMonotone in the KIP-966 specification.
 */
import type { ReplicaView } from '../kafka/views.ts';
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

  constructor(context: CheckContext, findings = new Findings()) {
    this.context = context;
    this.findings = findings;
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

  verdict() {
    return this.findings.verdict(highWatermarkMonotone, 'no leader ever moved its high watermark');
  }

  fork(context: CheckContext): Checker {
    return new HighWatermarkMonotone(context, this.findings.fork());
  }
}
