/**
 * L-06, as far as it needs no groups: a bound after the last fault every consumer has read everything that had been below a
 * high watermark a bound before the end. The last link of a chain whose others are judged by name: leader-elected,
 * isr-recovers, high-watermark-arrives, brokers-return, sends-settle.
 *
 * Vacuous when the run ends too early, or has no quiet end. Members of groups are not asked: no single one owes anything.
 * Consumers that are down are asked nothing, nor is one that gives up when it finds no position (`auto.offset.reset` = none), as
 * configured; nor what had been committed and is not there to be read, since a leader was elected uncleanly, or everybody whom a
 * clean election could take had lost it.
 *
 * Source: L-06; EventuallyConverges of the KIP-848 specification, Jepsen Kafka: unseen.
 */
import { formatUs } from '../kernel/time.ts';
import type { CheckContext, CheckedConsumer, Checker, Property } from './checker.ts';
import type { TrackedPartition, TrackedReplica } from './cluster.ts';
import { Findings } from './findings.ts';
import { sampled } from './quiet-end.ts';
import type { Sample } from './quiet-end.ts';

export const progressAfterHeal: Property = {
  name: 'progress-after-heal',
  claim: 'a bound after the last fault every consumer has read all that was committed a bound before',
  source: 'L-06; bounded by the configured timeouts',
  kind: 'liveness',
  appliesTo: ({ liveness, consumers }) => liveness !== null && consumers.some(({ groupId }) => groupId === undefined),
  check: (context) => new ProgressAfterHeal(context),
};

class ProgressAfterHeal implements Checker {
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
    const { config, cluster, quiet } = this.context;
    const rest = quiet.restAt(endUs);
    if (typeof rest === 'string') return this.findings.verdict(progressAfterHeal, rest);
    for (const consumer of config.consumers) {
      if (consumer.groupId !== undefined || !cluster.isUp(consumer.node) || consumer.config.autoOffsetReset === 'none') continue;
      for (const partition of cluster.partitions) {
        if (consumer.topics.includes(partition.topic) && partition.leader !== undefined) this.judge(consumer, partition, partition.leader, rest.sample, endUs);
      }
    }
    return this.findings.verdict(progressAfterHeal, 'no consumer is up that has something to read');
  }

  private judge({ node }: CheckedConsumer, partition: TrackedPartition, { brokerId, view }: TrackedReplica, sample: Sample, endUs: number): void {
    this.findings.compared += 1;
    const { budget, cluster, history } = this.context;
    const owed = sampled(sample, partition).highWatermark;
    const position = history.position(node, partition.topic, partition.partition);
    if (position !== undefined && position >= owed) return;
    const highWatermark = view?.highWatermark ?? 0;
    const loss = budget.lossOf(partition);
    if (position !== undefined && highWatermark < owed && loss !== undefined) {
      this.findings.excuse(1, `less is there than was committed: ${loss}`);
      return;
    }
    const consumer = cluster.nameOf(node);
    this.findings.violated(endUs, () => ({
      sentence: position === undefined
        ? `${consumer} has no position in ${partition.name}, whose high watermark is ${highWatermark}`
        : `${consumer} is at offset ${position} of ${partition.name}, whose high watermark was ${owed} by ${formatUs(sample.atUs)}; ${cluster.nameOf(brokerId)} leads it`,
      details: { topicPartition: partition.name, consumer, position: position ?? null, owed, leader: cluster.nameOf(brokerId), highWatermark },
    }));
  }

  fork(context: CheckContext): Checker {
    return new ProgressAfterHeal(context, this.findings.fork());
  }
}
