/**
 * L-04: a bound after the last fault the high watermark has reached whatever the leader had appended a bound before the
 * end: when writes stop, everything is committed. It may stand still while the ISR is below `min.insync.replicas`.
 *
 * Source: L-04; Partition.maybeIncrementLeaderHW, KAFKA-13091.
 */
import { formatUs } from '../kernel/time.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedPartition, TrackedReplica } from './cluster.ts';
import { Findings } from './findings.ts';
import { sampled } from './quiet-end.ts';
import type { Sample } from './quiet-end.ts';

export const highWatermarkArrives: Property = {
  name: 'high-watermark-arrives',
  claim: 'a bound after the last fault the high watermark has reached what the leader had appended a bound before',
  source: 'L-04; Partition.maybeIncrementLeaderHW',
  kind: 'liveness',
  appliesTo: ({ liveness }) => liveness !== null,
  check: (context) => new HighWatermarkArrives(context),
};

class HighWatermarkArrives implements Checker {
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
    if (typeof rest === 'string') return this.findings.verdict(highWatermarkArrives, rest);
    for (const partition of this.context.cluster.partitions) if (partition.leader !== undefined) this.judge(partition, partition.leader, rest.sample, endUs);
    return this.findings.verdict(highWatermarkArrives, 'no partition has a leader');
  }

  private judge(partition: TrackedPartition, { brokerId, view }: TrackedReplica, sample: Sample, endUs: number): void {
    this.findings.compared += 1;
    // Another leader may have a shorter log by now, where nothing was promised: it owes what it has.
    const owed = Math.min(sampled(sample, partition).logEndOffset, view?.log.logEndOffset ?? 0);
    const highWatermark = view?.highWatermark ?? 0;
    if (highWatermark >= owed || this.context.trace.isBelowMinIsr(partition)) return;
    const { cluster } = this.context;
    const isr = partition.registration?.isr ?? [];
    const behind = (view?.leadership?.maximalIsr ?? []).filter((id) => id !== brokerId).map((id) => {
      const remote = view?.leadership?.remotes.find((each) => each.brokerId === id);
      return `${cluster.nameOf(id)} has fetched up to ${remote === undefined || remote.logEndOffset < 0 ? 'nothing' : remote.logEndOffset}`;
    });
    this.findings.violated(endUs, () => ({
      sentence: `the high watermark of ${partition.name} is ${highWatermark} at its leader ${cluster.nameOf(brokerId)}, which had appended up to ${owed} by ${formatUs(sample.atUs)}: ${behind.length === 0 ? 'nobody else is in sync' : behind.join(', ')}`,
      details: { topicPartition: partition.name, leader: cluster.nameOf(brokerId), isr, highWatermark, logEndOffset: view?.log.logEndOffset ?? null },
    }));
  }

  fork(context: CheckContext): Checker {
    return new HighWatermarkArrives(context, this.findings.fork());
  }
}
