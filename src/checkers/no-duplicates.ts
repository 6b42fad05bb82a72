/**
 * H-02, GD-5: no record stands in a partition twice. Every value is sent once, so two offsets with one value are two copies
 * of one send.
 *
 * What Kafka promises depends on the producer, and what it does not promise is counted as expected (guarantees.ts): without
 * idempotence a retry after an attempt of unknown end may be a second copy; with it only after the producer gave up a batch
 * and raised its epoch (KIP-360), or the leader had forgotten it.
 *
 * Judged at the end, in the log that an election would take, with what retention has taken since: a reader may have had that, and
 * a leader knows the producer all the same (KIP-360). What was lost is judged elsewhere. What brokers write into internal topics
 * may well say the same twice.
 * Source: duplicate in Jepsen's Kafka checker; KIP-98; HAZ-9.
 */
import { US_PER_MS } from '../kernel/time.ts';
import { isInternal } from '../kafka/group/partition.ts';
import { NO_SEQUENCE } from '../kafka/ids.ts';
import { offsetOfRecord, type RecordBatch } from '../kafka/records.ts';
import type { ReplicaView } from '../kafka/views.ts';
import type { HistoryEntry, Send } from '../history/history.ts';
import type { ProducerEpochBegun } from '../history/observations.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedPartition, TrackedReplica } from './cluster.ts';
import { dataBatches } from './compare-logs.ts';
import { DeletedCopies, type Copy } from './deleted-copies.ts';
import { Findings } from './findings.ts';
import { allowed, type Copies } from './guarantees.ts';

export const noDuplicates: Property = {
  name: 'no-duplicates',
  claim: 'no record stands in a log twice, but for what its producer may send twice',
  source: 'H-02; GD-5; KIP-98, KIP-360',
  kind: 'safety',
  check: (context) => new NoDuplicates(context),
};

/** One value at two offsets. */
interface Duplicate {
  readonly partition: TrackedPartition;
  readonly value: string;
  /** Retention has taken it. */
  readonly isFirstDeleted: boolean;
  readonly first: Copy;
  readonly second: Copy;
}

class NoDuplicates implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;
  /** The later epochs of producers, with when they began. */
  private bumps: readonly HistoryEntry<ProducerEpochBegun>[];
  /** By `node/incarnation`: when a send first ended without success. */
  private failures: ReadonlyMap<string, number>;
  private readonly deleted: DeletedCopies;
  /** Retention can take anything at all in this run. */
  private readonly isCleaned: boolean;

  constructor(context: CheckContext, findings = new Findings(), bumps: readonly HistoryEntry<ProducerEpochBegun>[] = [], failures: ReadonlyMap<string, number> = new Map(), deleted = new DeletedCopies(youngMs(context))) {
    this.context = context;
    this.findings = findings;
    this.bumps = bumps;
    this.failures = failures;
    this.deleted = deleted;
    this.isCleaned = context.config.topics.some((topic) => topic.isCleaned === true);
  }

  get violations(): number {
    return this.findings.violations;
  }

  observed(entry: HistoryEntry): void {
    const { observation } = entry;
    if (observation.type === 'producer.epoch') {
      if (observation.producerEpoch > 0) this.bumps = [...this.bumps, entry as HistoryEntry<ProducerEpochBegun>];
    } else if (observation.type === 'send.completed' && observation.outcome !== 'ok') {
      const life = lifeOf(entry);
      if (!this.failures.has(life)) this.failures = new Map(this.failures).set(life, entry.atUs);
    }
  }

  replicaChanged(replica: TrackedReplica, before: ReplicaView | undefined, after: ReplicaView | undefined, atUs: number): void {
    if (this.isCleaned && !isInternal(replica.partition.topic)) this.deleted.replicaChanged(replica, before, after, atUs);
  }

  verdict(endUs: number) {
    const duplicates = this.context.cluster.partitions.flatMap((partition) => (isInternal(partition.topic) ? [] : this.find(partition)));
    if (duplicates.length > 0) {
      const values = new Set(duplicates.map(({ value }) => value));
      const sends = new Map<string, Send[]>();
      for (const send of this.context.history.sends()) if (values.has(send.value)) sends.set(send.value, [...(sends.get(send.value) ?? []), send]);
      for (const duplicate of duplicates) this.judge(duplicate, sends.get(duplicate.value) ?? [], endUs);
    }
    return this.findings.verdict(noDuplicates, 'no log held two records');
  }

  /** What stands twice in the longest log that an election may take. */
  private find(partition: TrackedPartition): Duplicate[] {
    const [log] = [...partition.survivingLogs()].sort((a, b) => b.logEndOffset - a.logEndOffset);
    if (log === undefined) return [];
    const duplicates: Duplicate[] = this.deleted.duplicatesOf(partition.id).map((each) => ({ partition, isFirstDeleted: true, ...each }));
    const seen = new Map<string, Copy>();
    for (const batch of dataBatches(log, log.logStartOffset, log.logEndOffset)) {
      batch.records.forEach(({ value }, i) => {
        const copy = { offset: offsetOfRecord(batch, i), batch };
        if (value === null || copy.offset < log.logStartOffset) return;
        const first = seen.get(value);
        if (seen.size > 0) this.findings.compared += 1;
        if (first === undefined) seen.set(value, copy);
        else duplicates.push({ partition, value, isFirstDeleted: false, first, second: copy });
      });
    }
    return duplicates;
  }

  private judge({ partition, value, isFirstDeleted, first, second }: Duplicate, sends: readonly Send[], endUs: number): void {
    const { config, trace, cluster } = this.context;
    const [send] = sends;
    const producer = config.producers.find(({ node }) => node === send?.node);
    const copies = kindOf(first, second);
    const reason = send === undefined || producer === undefined ? undefined : allowed({
      kind: 'duplicated', producer, copies, isSentAgain: sends.length > 1, isUndecided: send.outcome === 'unknown' || send.mayBeTwice,
      wasBatchGivenUp: this.gaveUpBefore(send, second.batch.producerEpoch), isForgotten: second.batch.maxTimestamp - first.batch.maxTimestamp >= (config.producerIdExpirationMs ?? Number.MAX_SAFE_INTEGER),
      firstBatch: isFirstDeleted ? undefined : firstBatchLike(first.batch, partition), isFirstDeleted, partition, sentAtUs: send.invokedAtUs,
    }, config, trace);
    if (reason !== undefined) {
      this.findings.expect(1, reason);
      return;
    }
    const name = send === undefined ? 'nobody' : cluster.nameOf(send.node);
    const stamp = ({ batch: { producerEpoch, baseSequence } }: Copy): string => (baseSequence === NO_SEQUENCE ? '' : ` (epoch ${producerEpoch}, sequence ${baseSequence})`);
    this.findings.violated(endUs, () => ({
      sentence: `"${value}", which ${name} sent once, stands in ${partition.name} twice: at offset ${first.offset}${stamp(first)} and at offset ${second.offset}${stamp(second)}`,
      details: { topicPartition: partition.name, value, producer: name, offsets: [first.offset, second.offset], sentAtMs: (send?.invokedAtUs ?? 0) / US_PER_MS, copies },
    }));
  }

  /** Had the producer given up a batch before it began `producerEpoch`? */
  private gaveUpBefore({ node, incarnation }: Send, producerEpoch: number): boolean {
    const failedUs = this.failures.get(lifeOf({ node, incarnation }));
    return failedUs !== undefined && this.bumps.some((bump) => bump.node === node && bump.incarnation === incarnation && bump.observation.producerEpoch === producerEpoch && failedUs <= bump.atUs);
  }

  fork(context: CheckContext): Checker {
    return new NoDuplicates(context, this.findings.fork(), this.bumps, this.failures, this.deleted.fork());
  }
}

/** The batch of the same producer and epoch that the partition got first. */
function firstBatchLike({ producerId, producerEpoch }: RecordBatch, partition: TrackedPartition): RecordBatch | undefined {
  for (const batch of partition.survivingLogs()[0]?.batches() ?? []) if (batch.producerId === producerId && batch.producerEpoch === producerEpoch) return batch;
  return undefined;
}

/** Twice the patience of the most patient producer: its clock may be off. */
function youngMs({ config: { producers } }: CheckContext): number {
  return 2 * Math.max(0, ...producers.map(({ config }) => config.deliveryTimeoutMs));
}

function lifeOf({ node, incarnation }: { readonly node: number; readonly incarnation: number }): string {
  return `${node}/${incarnation}`;
}

function kindOf({ batch: a }: Copy, { batch: b }: Copy): Copies {
  if (a.baseSequence === NO_SEQUENCE && b.baseSequence === NO_SEQUENCE) return 'without sequences';
  return a.producerId === b.producerId && a.producerEpoch !== b.producerEpoch ? 'in two epochs' : 'in one epoch';
}
