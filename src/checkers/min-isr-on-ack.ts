/**
 * S-11: when a producer hears that a record is acknowledged with acks=all, at least min(min.insync.replicas, replication
 * factor) replicas hold it.
 *
 * The leader decided a little earlier than the producer hears of it: a replica whose disk lost records since the call may
 * have held it, and counts. A record that was lost beyond the fault budget meanwhile is excused.
 *
 * Source: AckedFullyReplicated of the KIP-966 specification; Partition.checkEnoughReplicasReachOffset, KAFKA-15583.
 */
import { NO_OFFSET } from '../kafka/ids.ts';
import type { PartitionLog } from '../kafka/log.ts';
import { isCompletion } from '../history/history.ts';
import type { Completion, HistoryEntry } from '../history/history.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedPartition } from './cluster.ts';
import { isRetained, recordAt } from './compare-logs.ts';
import { Findings } from './findings.ts';
import { allowed } from './guarantees.ts';
import type { PartitionRegistration } from '../kafka/metadata.ts';
import { effectiveMinIsr } from './min-isr.ts';

export const minIsrOnAck: Property = {
  name: 'min-isr-on-ack',
  claim: 'a record acknowledged with acks=all is on as many replicas as the topic asks for',
  source: 'S-11; AckedFullyReplicated of the KIP-966 specification, min.insync.replicas',
  kind: 'safety',
  appliesTo: ({ producers }) => producers.some(({ config }) => config.acks === -1),
  check: (context) => new MinIsrOnAck(context),
};

class MinIsrOnAck implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;
  /** Fewest replicas that a partition had, by its id. */
  private fewest: readonly number[] = [];

  constructor(context: CheckContext, findings = new Findings()) {
    this.context = context;
    this.findings = findings;
  }

  get violations(): number {
    return this.findings.violations;
  }

  /** A reassignment changes how many there are, and with them what a topic can demand; leaders hear of it in their own time. */
  registrationChanged(partition: TrackedPartition, _before: PartitionRegistration | undefined, { replicas }: PartitionRegistration): void {
    const known = this.fewest[partition.id] ?? Number.MAX_SAFE_INTEGER;
    if (replicas.length >= known) return;
    const fewest = this.fewest.slice();
    while (fewest.length < partition.id) fewest.push(Number.MAX_SAFE_INTEGER);
    fewest[partition.id] = replicas.length;
    this.fewest = fewest;
  }

  observed(entry: HistoryEntry): void {
    if (!isCompletion(entry) || entry.observation.outcome !== 'ok' || entry.observation.offset === NO_OFFSET) return;
    const { topic, acks } = entry.invocation.observation;
    if (acks === -1) this.judge(this.context.cluster.partition(topic, entry.observation.partition), entry);
  }

  private judge(partition: TrackedPartition, entry: Completion): void {
    const { registration, replicas } = partition;
    if (registration === undefined) return;
    this.findings.compared += 1;
    const needed = Math.min(effectiveMinIsr(this.context.config, partition.topic, registration.replicas), this.fewest[partition.id] ?? Number.MAX_SAFE_INTEGER);
    let holders = 0;
    for (let i = 0; i < replicas.length; i += 1) {
      const replica = replicas[i];
      if (replica !== undefined && holds(replica.log, entry)) holders += 1;
    }
    if (holders < needed) this.tooFew(partition, entry, holders, needed);
  }

  private tooFew(partition: TrackedPartition, entry: Completion, holders: number, needed: number): void {
    const { config, trace, cluster } = this.context;
    const { offset } = entry.observation;
    const { value, sendId } = entry.invocation.observation;
    const sentAtUs = entry.invocation.atUs;
    const lost = partition.replicas.filter(({ log, brokerId }) => !holds(log, entry) && trace.lostSince(partition, brokerId, sentAtUs));
    if (holders + lost.length >= needed) return;
    const reason = allowed({ kind: 'lost', partition, offset, value, acks: -1, sentAtUs }, config, trace);
    if (reason !== undefined) {
      this.findings.excuse(1, reason);
      return;
    }
    const producer = cluster.nameOf(entry.node);
    const names = partition.replicas.filter(({ log }) => holds(log, entry)).map(({ brokerId }) => cluster.nameOf(brokerId));
    this.findings.violated(entry.atUs, () => ({
      sentence: `"${value}" was acknowledged to ${producer} with acks=all at offset ${offset} of ${partition.name} and is on ${names.length === 0 ? 'no replica' : names.join(' and ')}, where min.insync.replicas asks for ${needed}`,
      details: { topicPartition: partition.name, offset, value, producer, sendId, holders: names, needed },
    }));
  }

  verdict() {
    return this.findings.verdict(minIsrOnAck, 'no record was acknowledged with acks=all');
  }

  fork(context: CheckContext): Checker {
    const copy = new MinIsrOnAck(context, this.findings.fork());
    copy.fewest = this.fewest;
    return copy;
  }
}

/** The record stands where it was acknowledged; of what retention or compaction took, nobody can tell. */
function holds(log: PartitionLog, { observation: { offset }, invocation }: Completion): boolean {
  return !isRetained(log, offset) || recordAt(log, offset)?.value === invocation.observation.value;
}
