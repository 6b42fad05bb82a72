/**
 * What a replica knows of the producers that wrote to its log (KIP-98): of each producer id the epoch and the last five
 * batches of that epoch. With it a leader tells a retry from a new batch and a gap from the next batch. It is a function of
 * the log and of what has been dropped of it: leader and followers alike take it from the batches they append.
 *
 * Immutable, with structural sharing: entries stand in order of producer id, and an append copies that list of references
 * and replaces one of them. A log without producer ids has the one empty value.
 *
 *   IDM-2   an epoch below the known one is fenced; a batch that is among the last five is a duplicate and is answered
 *           with its old offsets; a new epoch begins at 0; otherwise sequences go on where the last batch ended
 *   IDM-3   of a producer that is not known any sequence is taken (KIP-360); since 4.5 only 0 where the log never held a
 *           record (KAFKA-15591)
 *   IDM-4   what a follower or a recovery appends is not checked
 *
 * Left out: transactions (open ones, markers, the verification of KIP-890).
 * Source: ProducerStateManager, ProducerStateEntry, ProducerAppendInfo, UnifiedLog.analyzeAndValidateProducerState.
 */
import type { ErrorName } from './errors.ts';
import { NO_PRODUCER_ID, type Offset, type ProducerEpoch, type ProducerId, type Sequence } from './ids.ts';
import { incrementSequence, type RecordBatch } from './records.ts';
import type { Rules } from './rules.ts';

/** ProducerStateEntry.NUM_BATCHES_TO_RETAIN: as many as a producer may have in flight. */
const BATCHES_TO_RETAIN = 5;

export interface BatchMetadata {
  readonly firstSequence: Sequence;
  readonly lastSequence: Sequence;
  readonly firstOffset: Offset;
  readonly lastOffset: Offset;
}

export interface ProducerStateEntry {
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
  /** Of that epoch, oldest first; at least one. */
  readonly batches: readonly BatchMetadata[];
  /** Largest timestamp of its last batch, ms on the producer's clock: its age is counted from here. */
  readonly lastTimestampMs: number;
}

/** What a leader does with a batch of a client. */
export type ProducerCheck =
  | { readonly verdict: 'append' }
  | { readonly verdict: 'duplicate'; readonly batch: BatchMetadata }
  | { readonly verdict: 'refused'; readonly errorCode: ErrorName };

const APPEND: ProducerCheck = { verdict: 'append' };

type ProducerRules = Pick<Rules, 'retainsFiveBatches' | 'producerStateOutlivesRecords' | 'firstSequenceOfEmptyLogIsZero'>;

export class ProducerStates {
  /** By producer id, rising. */
  readonly entries: readonly ProducerStateEntry[];

  private constructor(entries: readonly ProducerStateEntry[]) {
    this.entries = entries;
  }

  private static readonly nothing = new ProducerStates([]);

  static empty(): ProducerStates {
    return ProducerStates.nothing;
  }

  get isEmpty(): boolean {
    return this.entries.length === 0;
  }

  /** Undefined for a producer that is not known. */
  entry(producerId: ProducerId): ProducerStateEntry | undefined {
    const place = this.placeOf(producerId);
    const found = this.entries[place];
    return found !== undefined && found.producerId === producerId ? found : undefined;
  }

  /** May a leader append `batch`, a client's, to a log that ends at `logEndOffset`? */
  check(batch: RecordBatch, logEndOffset: Offset, rules: ProducerRules): ProducerCheck {
    const { producerId, producerEpoch, baseSequence } = batch;
    if (producerId === NO_PRODUCER_ID) return APPEND;
    const known = this.entry(producerId);
    if (known === undefined) return checkUnknown(baseSequence, logEndOffset, rules);
    if (producerEpoch < known.producerEpoch) return { verdict: 'refused', errorCode: 'INVALID_PRODUCER_EPOCH' };
    if (producerEpoch > known.producerEpoch) return baseSequence === 0 ? APPEND : OUT_OF_ORDER;
    const { batches } = known;
    const retained = rules.retainsFiveBatches ? 0 : batches.length - 1;
    for (let i = batches.length - 1; i >= retained; i -= 1) {
      const each = batches[i] as BatchMetadata;
      if (each.firstSequence === baseSequence && each.lastSequence === batch.lastSequence) return { verdict: 'duplicate', batch: each };
    }
    const { lastSequence } = batches[batches.length - 1] as BatchMetadata;
    return baseSequence === incrementSequence(lastSequence, 1) ? APPEND : OUT_OF_ORDER;
  }

  /** The states after `batch`, which has its offsets, was appended: unchecked, and by an older epoch, too (IDM-4). */
  append(batch: RecordBatch): ProducerStates {
    const { producerId, producerEpoch } = batch;
    if (producerId === NO_PRODUCER_ID) return this;
    const metadata: BatchMetadata = {
      firstSequence: batch.baseSequence, lastSequence: batch.lastSequence, firstOffset: batch.baseOffset, lastOffset: batch.lastOffset,
    };
    const place = this.placeOf(producerId);
    const known = this.entries[place];
    const isKnown = known !== undefined && known.producerId === producerId;
    const entry: ProducerStateEntry = { producerId, producerEpoch, batches: isKnown && known.producerEpoch === producerEpoch ? withBatch(known.batches, metadata) : [metadata], lastTimestampMs: batch.maxTimestamp };
    return new ProducerStates(isKnown ? this.entries.with(place, entry) : this.entries.toSpliced(place, 0, entry));
  }

  /** Without the producers whose last batch is `expirationMs` old (`producer.id.expiration.ms`). */
  withoutExpired(nowMs: number, expirationMs: number): ProducerStates {
    return this.keeping(({ lastTimestampMs }) => nowMs - lastTimestampMs < expirationMs);
  }

  /** Without the producers of which the log holds nothing any more, as it was before KIP-360. */
  withoutDeletedBelow(logStartOffset: Offset): ProducerStates {
    return this.keeping(({ batches }) => (batches[batches.length - 1] as BatchMetadata).lastOffset >= logStartOffset);
  }

  private keeping(isKept: (entry: ProducerStateEntry) => boolean): ProducerStates {
    if (this.entries.every(isKept)) return this;
    const kept = this.entries.filter(isKept);
    return kept.length === 0 ? ProducerStates.nothing : new ProducerStates(kept);
  }

  /** Place of the first entry with this producer id or a higher one. */
  private placeOf(producerId: ProducerId): number {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.entries[middle] as ProducerStateEntry).producerId < producerId) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const OUT_OF_ORDER: ProducerCheck = { verdict: 'refused', errorCode: 'OUT_OF_ORDER_SEQUENCE_NUMBER' };
const UNKNOWN: ProducerCheck = { verdict: 'refused', errorCode: 'UNKNOWN_PRODUCER_ID' };

/** The state has expired, or was truncated away, or there never was any. */
function checkUnknown(baseSequence: Sequence, logEndOffset: Offset, rules: ProducerRules): ProducerCheck {
  if (baseSequence === 0) return APPEND;
  if (!rules.producerStateOutlivesRecords) return UNKNOWN;
  return logEndOffset === 0 && rules.firstSequenceOfEmptyLogIsZero ? OUT_OF_ORDER : APPEND;
}

function withBatch(batches: readonly BatchMetadata[], batch: BatchMetadata): readonly BatchMetadata[] {
  return batches.length < BATCHES_TO_RETAIN ? [...batches, batch] : [...batches.slice(1), batch];
}

/** The states after the batches that a log holds from `offset` on. */
export function replayed(states: ProducerStates, batches: Iterable<RecordBatch>): ProducerStates {
  let after = states;
  for (const batch of batches) after = after.append(batch);
  return after;
}

/** A snapshot: the states of everything below `offset`. */
export interface ProducerSnapshot {
  readonly offset: Offset;
  readonly states: ProducerStates;
}
