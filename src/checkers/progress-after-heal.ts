/**
 * L-01..L-04, bounded: when a run ends a bound after its last fault, the cluster has come to rest. Every partition that
 * has a live member of its ISR has an acting leader, every live replica is in the ISR, every send has completed, and what
 * had been appended a bound before the end is below the high watermark and read by every consumer. What came later is not
 * owed yet, so that a workload which runs to the very end is judged as well.
 *
 * Vacuous when the run ends too early, or has no quiet end. Each thing that did not happen is named with what blocks it.
 * Down brokers are asked nothing; a high watermark may stand still while the ISR is below `min.insync.replicas`.
 *
 * Source: L-01..L-04; EventuallyLeaderElected, WriteAcceptedOrRejected of the KIP-966 and KIP-996 specifications.
 */
import { NEVER_US, formatUs, usOfMs } from '../kernel/time.ts';
import { NO_LEADER } from '../kafka/ids.ts';
import type { Offset } from '../kafka/ids.ts';
import type { PartitionRegistration } from '../kafka/metadata.ts';
import type { Send } from '../history/history.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedPartition, TrackedReplica } from './cluster.ts';
import { Findings } from './findings.ts';
import { sendBoundMs } from './liveness-bound.ts';

export const progressAfterHeal: Property = {
  name: 'progress-after-heal',
  claim: 'a bound after the last fault every partition has a leader and a full ISR, and all that was sent is settled and read',
  source: 'L-01, L-02, L-03, L-04; bounded by the configured timeouts',
  kind: 'liveness',
  appliesTo: ({ liveness }) => liveness !== null,
  check: (context) => new ProgressAfterHeal(context),
};

/** What had been done by `atUs`, by partition id; 0 where no leader acted. */
interface Sample {
  readonly atUs: number;
  readonly logEndOffsets: readonly Offset[];
  readonly highWatermarks: readonly Offset[];
}

/** Samples are half a bound apart: the last one that is a bound old is among this many. */
const SAMPLES_KEPT = 4;

class ProgressAfterHeal implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;
  private samples: readonly Sample[];
  alarmAtUs: number;

  constructor(context: CheckContext, findings = new Findings(), samples: readonly Sample[] = [], alarmAtUs = context.config.liveness?.quietFromUs ?? NEVER_US) {
    this.context = context;
    this.findings = findings;
    this.samples = samples;
    this.alarmAtUs = alarmAtUs;
  }

  get violations(): number {
    return this.findings.violations;
  }

  alarm(atUs: number): void {
    const { liveness } = this.context.config;
    if (liveness === null) return;
    const leaders = this.context.cluster.partitions.map(({ leader }) => leader?.view);
    const sample = { atUs, logEndOffsets: leaders.map((view) => view?.log.logEndOffset ?? 0), highWatermarks: leaders.map((view) => view?.highWatermark ?? 0) };
    this.samples = [...this.samples, sample].slice(-SAMPLES_KEPT);
    this.alarmAtUs = atUs + Math.max(1, Math.floor(usOfMs(liveness.boundMs) / 2));
  }

  verdict(endUs: number) {
    const { liveness } = this.context.config;
    if (liveness === null) return this.findings.verdict(progressAfterHeal, 'the run has no quiet end');
    const owedFromUs = endUs - usOfMs(liveness.boundMs);
    const sample = this.samples.findLast(({ atUs }) => atUs <= owedFromUs);
    if (sample === undefined || owedFromUs < liveness.quietFromUs) {
      const dueUs = liveness.quietFromUs + usOfMs(liveness.boundMs);
      return this.findings.verdict(progressAfterHeal, `the run ended at ${formatUs(endUs)}, before ${formatUs(dueUs)}, a bound of ${liveness.boundMs} ms after the last fault`);
    }
    const { cluster } = this.context;
    const dead = cluster.partitions.filter((partition) => !this.hasLiveMember(partition));
    for (const partition of cluster.partitions) if (!dead.includes(partition)) this.judgePartition(partition, sample, endUs);
    this.judgeSends(owedFromUs, endUs);
    this.judgeConsumers(sample, endUs);
    return this.findings.verdict(progressAfterHeal, 'there is nothing alive to wait for', dead.length === 0 ? [] : [`not judged, since no member of the ISR is up: ${dead.map(({ name }) => name).join(', ')}`]);
  }

  private hasLiveMember({ registration }: TrackedPartition): boolean {
    return registration !== undefined && registration.isr.some((id) => this.context.cluster.isUp(id));
  }

  private judgePartition(partition: TrackedPartition, sample: Sample, endUs: number): void {
    const registration = partition.registration as PartitionRegistration;
    this.findings.compared += 1;
    const { leader } = partition;
    if (leader === undefined) {
      this.stuck(partition, endUs, `${partition.name} has no leader: ${this.whyLeaderless(registration)}`);
      return;
    }
    for (const id of registration.replicas) if (this.context.cluster.isUp(id) && !registration.isr.includes(id)) this.notInSync(partition, leader, id, endUs);
    const owed = sample.logEndOffsets[partition.id] ?? 0;
    const highWatermark = leader.view?.highWatermark ?? 0;
    if (highWatermark < owed && !this.isBelowMinIsr(partition, registration)) {
      this.stuck(partition, endUs, `the high watermark of ${partition.name} is ${highWatermark} at its leader ${this.name(leader.brokerId)}, which had appended up to ${owed} by ${formatUs(sample.atUs)}; ${this.isrOf(partition)}`);
    }
  }

  private whyLeaderless({ leader, leaderEpoch, isr }: PartitionRegistration): string {
    const live = isr.filter((id) => this.context.cluster.isUp(id)).map((id) => this.name(id)).join(', ');
    const word = leader === NO_LEADER ? `the controller committed none in leader epoch ${leaderEpoch}` : `${this.name(leader)}, committed in leader epoch ${leaderEpoch}, does not act as leader`;
    return `${word}; of the ISR [${isr.map((id) => this.name(id)).join(', ')}] up: ${live}`;
  }

  private notInSync(partition: TrackedPartition, leader: TrackedReplica, brokerId: number, endUs: number): void {
    const broker = this.context.cluster.image.broker(brokerId);
    const standing = broker === undefined ? 'not registered' : broker.fenced ? 'fenced' : broker.inControlledShutdown ? 'in controlled shutdown' : 'unfenced';
    const ends = `its log ends at ${partition.logOn(brokerId).logEndOffset}, the leader's at ${leader.log.logEndOffset}`;
    this.stuck(partition, endUs, `${this.name(brokerId)} is up (${standing}) and not in the ISR of ${partition.name}: ${ends}; ${this.isrOf(partition)}`);
  }

  private isBelowMinIsr({ topic }: TrackedPartition, { isr, replicas }: PartitionRegistration): boolean {
    const minInsyncReplicas = this.context.config.topics.find(({ name }) => name === topic)?.minInsyncReplicas ?? 1;
    return isr.length < Math.min(minInsyncReplicas, replicas.length);
  }

  private judgeSends(owedFromUs: number, endUs: number): void {
    const { config, cluster, history } = this.context;
    const limitsUs = new Map(config.producers.map((producer) => [producer.node, Math.min(owedFromUs, endUs - usOfMs(sendBoundMs(producer.config)))]));
    for (const send of history.sends()) {
      const limitUs = limitsUs.get(send.node);
      if (limitUs === undefined || send.invokedAtUs > limitUs) continue;
      // A send whose process died has no callback to wait for.
      if (!cluster.isUp(send.node) || send.incarnation !== history.incarnationOf(send.node)) continue;
      this.findings.compared += 1;
      if (send.completed === undefined) this.unsettled(send, endUs);
    }
  }

  private unsettled({ node, sendId, topic, value, invokedAtUs }: Send, endUs: number): void {
    const producer = this.name(node);
    this.findings.violated(endUs, () => ({
      sentence: `${producer} sent "${value}" to ${topic} at ${formatUs(invokedAtUs)} and has neither an acknowledgement nor an error`,
      details: { producer, sendId, topic, value, invokedAtUs },
    }));
  }

  private judgeConsumers(sample: Sample, endUs: number): void {
    const { config, cluster, history } = this.context;
    for (const { node, topics, config: consumer } of config.consumers) {
      // With `none` a consumer that finds no position gives up, as configured.
      if (!cluster.isUp(node) || consumer.autoOffsetReset === 'none') continue;
      for (const partition of cluster.partitions) {
        if (!topics.includes(partition.topic) || partition.leader === undefined) continue;
        this.findings.compared += 1;
        const owed = sample.highWatermarks[partition.id] ?? 0;
        const position = history.position(node, partition.topic, partition.partition);
        if (position === undefined) this.stuck(partition, endUs, `${this.name(node)} has no position in ${partition.name}, whose high watermark is ${partition.leader.view?.highWatermark}`);
        else if (position < owed) {
          this.stuck(partition, endUs, `${this.name(node)} is at offset ${position} of ${partition.name}, whose high watermark was ${owed} by ${formatUs(sample.atUs)}; ${this.name(partition.leader.brokerId)} leads it`);
        }
      }
    }
  }

  private stuck(partition: TrackedPartition, endUs: number, sentence: string): void {
    const { leader, isr, leaderEpoch } = partition.registration as PartitionRegistration;
    const logEndOffset = partition.leader?.log.logEndOffset ?? null;
    const highWatermark = partition.leader?.view?.highWatermark ?? null;
    this.findings.violated(endUs, () => ({ sentence, details: { topicPartition: partition.name, leader, leaderEpoch, isr, highWatermark, logEndOffset } }));
  }

  private isrOf({ registration }: TrackedPartition): string {
    return `the ISR is [${registration?.isr.map((id) => this.name(id)).join(', ') ?? ''}]`;
  }

  private name(node: number): string {
    return this.context.cluster.nameOf(node);
  }

  fork(context: CheckContext): Checker {
    return new ProgressAfterHeal(context, this.findings.fork(), this.samples, this.alarmAtUs);
  }
}
