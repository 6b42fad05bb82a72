/**
 * S-10, H-05: a record that was acknowledged with acks=all stands at the offset that was acknowledged, with its key and
 * value, in the log of every legitimate leader from then on. Retention may forget it.
 *
 * At each acknowledgement and each election the check is cheap: the leader's log must agree with one that is known to hold
 * everything acknowledged so far. Only where it does not are records looked up one by one, and at the end all of them are,
 * in the legitimate leader's log, or, while none acts, in those of the ISR.
 *
 * Losses beyond the fault budget of GD-1 are excused and counted. acks=0 and acks=1 promise nothing when a leader fails:
 * what was lost that way is counted as expected, with its reason, and what was lost for no such reason is a violation like
 * any other (guarantees.ts). When the run expects all acknowledged records, they are judged alike.
 *
 * Source: GD-1, "acks=all" in the Kafka documentation; lost-write in Jepsen's Kafka checker; KIP-966.
 */
import { formatUs } from '../kernel/time.ts';
import { NO_OFFSET, NO_EPOCH } from '../kafka/ids.ts';
import type { Offset } from '../kafka/ids.ts';
import { PartitionLog } from '../kafka/log.ts';
import { isCompletion } from '../history/history.ts';
import type { Completion, HistoryEntry } from '../history/history.ts';
import type { SendInvoked } from '../history/observations.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedPartition, TrackedReplica } from './cluster.ts';
import { commonPrefixEnd, dataBatches, holdsPrefix, isRetained, recordAt } from './compare-logs.ts';
import { Findings } from './findings.ts';
import { allowed } from './guarantees.ts';

export const acknowledgedRecordsSurvive: Property = {
  name: 'acknowledged-records-survive',
  claim: 'every acknowledged record stays in the log of the legitimate leader',
  source: 'S-10, H-05; GD-1; acks=all in the Kafka documentation, KIP-966',
  kind: 'safety',
  check: (context) => new AcknowledgedRecordsSurvive(context),
};

/** Of one partition. */
interface Acknowledged {
  /** Holds every record acknowledged below `endOffset`, those in `waiting` and those reported aside. */
  readonly log: PartitionLog;
  readonly endOffset: Offset;
  /** Acknowledged while no legitimate leader acted; held against the next one. */
  readonly waiting: readonly Completion[];
}

const NOTHING: Acknowledged = { log: PartitionLog.empty(), endOffset: 0, waiting: [] };

class AcknowledgedRecordsSurvive implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;
  /** By partition id; absent while nothing was acknowledged. */
  private readonly partitions: (Acknowledged | undefined)[];
  /** Entry indexes of acknowledgements whose record was missed once: violated or excused, and not looked for again. */
  private readonly missed: Set<number>;

  constructor(context: CheckContext, findings = new Findings(), partitions: (Acknowledged | undefined)[] = [], missed = new Set<number>()) {
    this.context = context;
    this.findings = findings;
    this.partitions = partitions;
    this.missed = missed;
  }

  get violations(): number {
    return this.findings.violations;
  }

  observed(entry: HistoryEntry): void {
    if (!isCompletion(entry) || entry.observation.outcome !== 'ok' || entry.observation.offset === NO_OFFSET) return;
    const { topic, acks } = entry.invocation.observation;
    if (!this.isJudged(acks)) return;
    const { partition: index, offset } = entry.observation;
    const partition = this.context.cluster.partition(topic, index);
    const known = this.partitions[partition.id] ?? NOTHING;
    const { leader } = partition;
    if (leader === undefined) {
      this.set(partition, { ...known, waiting: [...known.waiting, entry] });
      return;
    }
    if (!holds(leader.log, entry)) this.miss(partition, entry, leader, entry.atUs);
    this.set(partition, { log: leader.log, endOffset: Math.max(known.endOffset, offset + 1), waiting: known.waiting });
  }

  leaderChanged(partition: TrackedPartition, atUs: number): void {
    const known = this.partitions[partition.id];
    const { leader } = partition;
    if (known === undefined || leader === undefined) return;
    if (!holdsPrefix(leader.log, known.log, known.endOffset)) this.lookUpFrom(commonPrefixEnd(leader.log, known.log), partition, leader, atUs);
    let { endOffset } = known;
    for (const acknowledgement of known.waiting) {
      if (!holds(leader.log, acknowledgement)) this.miss(partition, acknowledgement, leader, atUs);
      endOffset = Math.max(endOffset, acknowledgement.observation.offset + 1);
    }
    this.set(partition, { log: leader.log, endOffset, waiting: NOTHING.waiting });
  }

  /** Acknowledged records of `partition` from `startOffset` on, one by one: only after an election that lost or changed something. */
  private lookUpFrom(startOffset: Offset, partition: TrackedPartition, leader: TrackedReplica, atUs: number): void {
    for (const acknowledgement of this.context.history.completions()) {
      const { outcome, partition: index, offset } = acknowledgement.observation;
      if (outcome !== 'ok' || index !== partition.partition || offset < startOffset) continue;
      const { topic, acks } = acknowledgement.invocation.observation;
      if (topic === partition.topic && this.isJudged(acks) && !holds(leader.log, acknowledgement)) this.miss(partition, acknowledgement, leader, atUs);
    }
  }

  private isJudged(acks: SendInvoked['acks']): boolean {
    return acks === -1 || this.context.config.expectAllAcks;
  }

  /** `leader` is undefined when no leader acts, and no member of the ISR holds the record. */
  private miss(partition: TrackedPartition, acknowledgement: Completion, leader: TrackedReplica | undefined, atUs: number): void {
    if (this.missed.has(acknowledgement.index)) return;
    this.missed.add(acknowledgement.index);
    const { cluster, budget, committed } = this.context;
    const { offset } = acknowledgement.observation;
    // What a legitimate leader has deleted nobody has to hold, whatever stands there at one that was elected uncleanly since.
    if (offset !== NO_OFFSET && offset < (committed.of(partition)?.deletedTo ?? 0)) return;
    const { sendId, key, value, acks } = acknowledgement.invocation.observation;
    const excuse = budget.excuseForRecord(partition, offset, value);
    if (excuse !== undefined) {
      this.findings.excuse(1, excuse);
      return;
    }
    const producer = cluster.nameOf(acknowledgement.node);
    const where = leader === undefined
      ? `no member of the ISR of ${partition.name} holds`
      : `${cluster.nameOf(leader.brokerId)} leads ${partition.name} in leader epoch ${leader.view?.leaderEpoch ?? NO_EPOCH} without`;
    const instead = partition.survivingLogs().map((log) => describe(log, offset)).join(', ');
    this.findings.violated(atUs, () => ({
      sentence: `${where} offset ${offset} (key ${key === null ? 'null' : `"${key}"`}, value "${value}"), acknowledged to ${producer} with acks=${acks === -1 ? 'all' : acks} at ${formatUs(acknowledgement.atUs)}: ${instead}`,
      details: { topicPartition: partition.name, offset, key, value, producer, sendId, acknowledgedAtUs: acknowledgement.atUs, acks },
    }));
  }

  /** Acknowledged with acks=0 or acks=1: the price of that, or a bug. */
  private missWeakly(partition: TrackedPartition, acknowledgement: Completion, endUs: number): void {
    const { offset } = acknowledgement.observation;
    const { value, acks } = acknowledgement.invocation.observation;
    const reason = allowed({ kind: 'lost', partition, offset, value, acks, sentAtUs: acknowledgement.invocation.atUs }, this.context.config, this.context.trace);
    if (reason === undefined) this.miss(partition, acknowledgement, partition.leader, endUs);
    else this.findings.expect(1, reason);
  }

  verdict(endUs: number) {
    const { history, cluster } = this.context;
    const weakly = { acknowledged: 0, lost: 0, values: new Map<number, ReadonlySet<string | null>>() };
    for (const acknowledgement of history.completions()) {
      const { outcome, partition: index, offset } = acknowledgement.observation;
      if (outcome !== 'ok' || index < 0) continue;
      const { topic, acks, value } = acknowledgement.invocation.observation;
      const partition = cluster.partition(topic, index);
      const logs = partition.survivingLogs();
      const isHeld = offset === NO_OFFSET
        ? valuesOf(partition, logs, weakly.values).has(value) || logs.some((log) => log.logStartOffset > 0)
        : logs.some((log) => holds(log, acknowledgement));
      if (this.isJudged(acks)) {
        this.findings.compared += 1;
        if (!isHeld) this.miss(partition, acknowledgement, partition.leader, endUs);
      } else {
        weakly.acknowledged += 1;
        if (!isHeld) weakly.lost += 1;
        if (!isHeld) this.missWeakly(partition, acknowledgement, endUs);
      }
    }
    const remarks = weakly.acknowledged === 0 ? [] : [`lostUnderWeakAcks: ${weakly.lost} of ${weakly.acknowledged} records acknowledged with acks=0 or acks=1`];
    return this.findings.verdict(acknowledgedRecordsSurvive, this.context.config.expectAllAcks ? 'no record was acknowledged' : 'no record was acknowledged with acks=all', remarks);
  }

  fork(context: CheckContext): Checker {
    return new AcknowledgedRecordsSurvive(context, this.findings.fork(), this.partitions.slice(), new Set(this.missed));
  }

  private set(partition: TrackedPartition, acknowledged: Acknowledged): void {
    while (this.partitions.length < partition.id) this.partitions.push(undefined);
    this.partitions[partition.id] = acknowledged;
  }
}

/** True when the record stands at the acknowledged offset, or retention or a cleaning took it. */
function holds(log: PartitionLog, { observation, invocation }: Completion): boolean {
  const { offset } = observation;
  if (!isRetained(log, offset)) return true;
  const { key, value } = invocation.observation;
  const record = recordAt(log, offset);
  return record !== undefined && record.value === value && record.key === key;
}

/** What stands at `offset` instead of the acknowledged record. */
function describe(log: PartitionLog, offset: Offset): string {
  if (offset >= log.logEndOffset) return `the log ends at ${log.logEndOffset}`;
  const record = recordAt(log, offset);
  return record === undefined ? 'nothing is there' : `value "${record.value}" of leader epoch ${log.epochAt(offset)} is there`;
}

/** Every value in `logs`: acks=0 tells no offset, so its records are looked for by value. Kept in `known` by partition. */
function valuesOf(partition: TrackedPartition, logs: readonly PartitionLog[], known: Map<number, ReadonlySet<string | null>>): ReadonlySet<string | null> {
  const collected = known.get(partition.id);
  if (collected !== undefined) return collected;
  const values = new Set<string | null>();
  for (const log of logs) for (const batch of dataBatches(log, log.logStartOffset, log.logEndOffset)) for (const { value } of batch.records) values.add(value);
  known.set(partition.id, values);
  return values;
}
