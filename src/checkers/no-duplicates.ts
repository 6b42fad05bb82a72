/**
 * H-02, GD-5: no record stands in a partition twice. Every value is sent once, so two offsets with one value are two copies
 * of one send.
 *
 * What Kafka promises depends on the producer, and what it does not promise is counted as expected (guarantees.ts): without
 * idempotence a retry after an attempt of unknown end may be a second copy; with it only after the producer gave up a batch
 * and raised its epoch (KIP-360), or the leader had forgotten it.
 *
 * Judged at the end, in the log that an election would take: what was lost is judged elsewhere. What brokers write into internal
 * topics may well say the same twice.
 * Source: duplicate in Jepsen's Kafka checker; KIP-98; HAZ-9.
 */
import { US_PER_MS } from '../kernel/time.ts';
import { isInternal } from '../kafka/group/partition.ts';
import { NO_SEQUENCE, type Offset } from '../kafka/ids.ts';
import { offsetOfRecord, type RecordBatch } from '../kafka/records.ts';
import type { HistoryEntry, Send } from '../history/history.ts';
import type { ProducerEpochBegun } from '../history/observations.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import type { TrackedPartition } from './cluster.ts';
import { dataBatches } from './compare-logs.ts';
import { Findings } from './findings.ts';
import { allowed, type Copies } from './guarantees.ts';

export const noDuplicates: Property = {
  name: 'no-duplicates',
  claim: 'no record stands in a log twice, but for what its producer may send twice',
  source: 'H-02; GD-5; KIP-98, KIP-360',
  kind: 'safety',
  check: (context) => new NoDuplicates(context),
};

interface Copy {
  readonly offset: Offset;
  readonly batch: RecordBatch;
}

/** One value at two offsets. */
interface Duplicate {
  readonly partition: TrackedPartition;
  readonly value: string;
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

  constructor(context: CheckContext, findings = new Findings(), bumps: readonly HistoryEntry<ProducerEpochBegun>[] = [], failures: ReadonlyMap<string, number> = new Map()) {
    this.context = context;
    this.findings = findings;
    this.bumps = bumps;
    this.failures = failures;
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
    const duplicates: Duplicate[] = [];
    const seen = new Map<string, Copy>();
    for (const batch of dataBatches(log, log.logStartOffset, log.logEndOffset)) {
      batch.records.forEach(({ value }, i) => {
        const copy = { offset: offsetOfRecord(batch, i), batch };
        if (value === null || copy.offset < log.logStartOffset) return;
        const first = seen.get(value);
        if (seen.size > 0) this.findings.compared += 1;
        if (first === undefined) seen.set(value, copy);
        else duplicates.push({ partition, value, first, second: copy });
      });
    }
    return duplicates;
  }

  private judge({ partition, value, first, second }: Duplicate, sends: readonly Send[], endUs: number): void {
    const { config, trace, cluster } = this.context;
    const [send] = sends;
    const producer = config.producers.find(({ node }) => node === send?.node);
    const copies = kindOf(first, second);
    const reason = send === undefined || producer === undefined ? undefined : allowed({
      kind: 'duplicated', producer, copies, isSentAgain: sends.length > 1, isUndecided: send.outcome === 'unknown' || send.mayBeTwice,
      wasBatchGivenUp: this.gaveUpBefore(send, second.batch.producerEpoch), isForgotten: second.batch.maxTimestamp - first.batch.maxTimestamp >= (config.producerIdExpirationMs ?? Number.MAX_SAFE_INTEGER),
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
    return new NoDuplicates(context, this.findings.fork(), this.bumps, this.failures);
  }
}

function lifeOf({ node, incarnation }: { readonly node: number; readonly incarnation: number }): string {
  return `${node}/${incarnation}`;
}

function kindOf({ batch: a }: Copy, { batch: b }: Copy): Copies {
  if (a.baseSequence === NO_SEQUENCE && b.baseSequence === NO_SEQUENCE) return 'without sequences';
  return a.producerId === b.producerId && a.producerEpoch !== b.producerEpoch ? 'in two epochs' : 'in one epoch';
}
