/**
 * GD-14: writes with acks=all are accepted while a leader is in reach and the ISR is as large as min.insync.replicas.
 * NOT_ENOUGH_REPLICAS says the ISR was smaller at some time since the call; and once the cluster is at rest, a bound after
 * the last fault, every write is accepted unless it is at fault itself.
 *
 * Judged by what producers are told. What was refused while it might be (a small ISR, no leader, faults not over, timeouts
 * shorter than what the messages of a send may take) is counted as expected, with its reason (guarantees.ts).
 *
 * Source: GD-14; `min.insync.replicas`, Partition.appendRecordsToLeader.
 */
import { formatUs } from '../kernel/time.ts';
import { isCompletion } from '../history/history.ts';
import type { Completion, HistoryEntry } from '../history/history.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedPartition } from './cluster.ts';
import { Findings } from './findings.ts';
import { checkedTopic } from './min-isr.ts';
import { allowed } from './guarantees.ts';

export const writesAccepted: Property = {
  name: 'writes-accepted',
  claim: 'writes with acks=all are accepted while a leader is in reach and the ISR is large enough',
  source: 'GD-14; min.insync.replicas, Partition.appendRecordsToLeader',
  kind: 'liveness',
  appliesTo: ({ producers }) => producers.some(({ config }) => config.acks === -1),
  check: (context) => new WritesAccepted(context),
};

class WritesAccepted implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;

  constructor(context: CheckContext, findings = new Findings()) {
    this.context = context;
    this.findings = findings;
  }

  get violations(): number {
    return this.findings.violations;
  }

  observed(entry: HistoryEntry): void {
    if (!isCompletion(entry) || entry.invocation.observation.acks !== -1) return;
    this.findings.compared += 1;
    if (entry.observation.outcome !== 'ok') this.refused(entry);
  }

  /** A record that never got a partition might have gone to any of its topic: one of them must have been in trouble. */
  private refused(entry: Completion): void {
    const { topic, value, sendId } = entry.invocation.observation;
    const { partition: index, errorCode } = entry.observation;
    const { config, cluster, trace } = this.context;
    if (checkedTopic(config, topic)?.minInsyncReplicasChanges === true) {
      this.findings.expect(1, `min.insync.replicas of ${topic} was changed, and brokers learn of it at different times`);
      return;
    }
    const candidates: readonly TrackedPartition[] = index < 0 ? cluster.partitions.filter((partition) => partition.topic === topic) : [cluster.partition(topic, index)];
    const sentAtUs = entry.invocation.atUs;
    const sender = config.producers.find(({ node }) => node === entry.node);
    for (const partition of candidates) {
      const reason = allowed({ kind: 'refused', producer: sender, partition, errorCode, sentAtUs }, config, trace);
      if (reason === undefined) continue;
      this.findings.expect(1, reason);
      return;
    }
    if (candidates.length === 0) {
      this.findings.expect(1, 'the topic did not exist');
      return;
    }
    const producer = cluster.nameOf(entry.node);
    const where = index < 0 ? topic : `${topic}-${index}`;
    this.findings.violated(entry.atUs, () => ({
      sentence: `"${value}", which ${producer} sent to ${where} with acks=all at ${formatUs(sentAtUs)}, ended in ${errorCode}, though a leader acted and the ISR was never below min.insync.replicas since`,
      details: { topic, partition: index, producer, sendId, errorCode, sentAtUs },
    }));
  }

  verdict() {
    return this.findings.verdict(writesAccepted, 'no write with acks=all was decided');
  }

  fork(context: CheckContext): Checker {
    return new WritesAccepted(context, this.findings.fork());
  }
}
