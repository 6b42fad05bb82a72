/**
 * Idempotence at the producer (KIP-98, KIP-360): its id and epoch, and for each partition the sequences of what it has sent.
 * A batch gets its sequence when it is drained and keeps it however often it is sent; a leader that has seen it says so.
 *
 *   IDM-5   of the batches in flight only the first may be sent again, and nothing new goes out while the fate of one that
 *           timed out is unknown: a later one would be refused, or take its place
 *   IDM-6   where a gap cannot be closed any more the producer raises its own epoch and counts from 0: at once in the
 *           partition that needs it, whose batches in flight are renumbered, in others when nothing is in flight there.
 *           What had been appended under the old epoch is then appended again.
 *
 * Invariant: `inFlight` are the base sequences, rising, of the batches of the partition that have a sequence and are not
 * done, whether they are on the wire or wait to be sent again; all of them under the id and epoch of the partition's entry.
 *
 * Left out: transactions, the fatal errors that only they meet (PRODUCER_FENCED), the wrap of a sequence that is compared.
 * Source: TransactionManager, TxnPartitionMap, TxnPartitionEntry; RecordAccumulator.shouldStopDrainBatchesForPartition.
 */
import type { ProducerEpochBegun } from '../../history/observations.ts';
import type { ProducePartitionResponse } from '../../kafka/api.ts';
import { errorInfo, type ErrorName } from '../../kafka/errors.ts';
import { NO_EPOCH, NO_OFFSET, NO_PRODUCER_ID, NO_SEQUENCE, type Offset, type ProducerEpoch, type ProducerId, type Sequence } from '../../kafka/ids.ts';
import { incrementSequence, type BatchOptions } from '../../kafka/records.ts';
import { assert } from '../../kernel/assert.ts';
import { AT_ONCE_MS } from '../client/turn.ts';
import type { ProducerBatch } from './batch.ts';
import { rewriteBatches } from './rewrite.ts';
import type { ProducerTurn } from './state.ts';

export interface PartitionSequences {
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
  readonly nextSequence: Sequence;
  /** -1 before the first acknowledgement under this epoch. */
  readonly lastAckedSequence: Sequence;
  readonly lastAckedOffset: Offset;
  readonly inFlight: readonly Sequence[];
  /** What follows on the batch that was given up with its fate unknown; -1 while there is none. */
  readonly unresolvedUntil: Sequence;
}

export interface Idempotence {
  /** -1 until a broker has given one. */
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
  /** InitProducerId is in flight. */
  readonly isAsking: boolean;
  /** It is not sent again before. */
  readonly askAtMs: number;
  readonly mustBumpEpoch: boolean;
  /** Places of the partitions whose batches in flight are renumbered with the next epoch. */
  readonly toRewrite: readonly number[];
  /** By place of the queue; of those that something was sent to. */
  readonly partitions: readonly (PartitionSequences | undefined)[];
  /** Places of the partitions with an unresolved sequence. */
  readonly unresolved: readonly number[];
}

export const NOT_INITIALIZED: Idempotence = {
  producerId: NO_PRODUCER_ID, producerEpoch: NO_EPOCH, isAsking: false, askAtMs: AT_ONCE_MS, mustBumpEpoch: false, toRewrite: [], partitions: [], unresolved: [],
};

const MAX_EPOCH = 32_767;
const UNUSED: PartitionSequences = {
  producerId: NO_PRODUCER_ID, producerEpoch: NO_EPOCH, nextSequence: 0, lastAckedSequence: NO_SEQUENCE, lastAckedOffset: NO_OFFSET, inFlight: [], unresolvedUntil: NO_SEQUENCE,
};

export function hasSequence({ records }: ProducerBatch): boolean {
  return records.baseSequence !== NO_SEQUENCE;
}

function sequencesOf({ partitions }: Idempotence, at: number): PartitionSequences {
  return partitions[at] ?? UNUSED;
}

function change(turn: ProducerTurn, changes: Partial<Idempotence>): void {
  turn.state.idempotence = { ...(turn.state.idempotence as Idempotence), ...changes };
}

function setSequences(turn: ProducerTurn, at: number, changes: Partial<PartitionSequences>): void {
  const idempotence = turn.state.idempotence as Idempotence;
  const partitions = idempotence.partitions.slice();
  while (partitions.length < at) partitions.push(undefined);
  partitions[at] = { ...sequencesOf(idempotence, at), ...changes };
  change(turn, { partitions });
}

// --- before a batch is sent ------------------------------------------------------------------------------------------

/** Must the partition at `at` wait, whose next batch is `first`, or one that is still open? */
export function mustHoldBack(idempotence: Idempotence, at: number, first: ProducerBatch | undefined): boolean {
  if (idempotence.producerId === NO_PRODUCER_ID) return true;
  const { inFlight, unresolvedUntil, producerId, producerEpoch } = sequencesOf(idempotence, at);
  if (first !== undefined && hasSequence(first)) return inFlight.length > 0 && first.records.baseSequence !== inFlight[0];
  const isStale = producerId !== idempotence.producerId || producerEpoch !== idempotence.producerEpoch;
  return (inFlight.length > 0 && isStale) || unresolvedUntil !== NO_SEQUENCE;
}

/** The id, epoch and sequence of a batch of `recordCount` records that is sent for the first time, from now on in flight. */
export function nextSequenceOf(turn: ProducerTurn, at: number, recordCount: number): BatchOptions {
  const idempotence = turn.state.idempotence as Idempotence;
  const { producerId, producerEpoch } = idempotence;
  const known = sequencesOf(idempotence, at);
  const isStale = known.producerId !== producerId || known.producerEpoch !== producerEpoch;
  assert(!isStale || known.inFlight.length === 0, () => `a partition begins epoch ${producerEpoch} with ${known.inFlight.length} batches in flight`);
  const baseSequence = isStale ? 0 : known.nextSequence;
  setSequences(turn, at, {
    producerId, producerEpoch, nextSequence: incrementSequence(baseSequence, recordCount), inFlight: isStale ? [baseSequence] : [...known.inFlight, baseSequence],
    ...(isStale ? { lastAckedSequence: NO_SEQUENCE } : {}),
  });
  return { producerId, producerEpoch, baseSequence };
}

/** The parts of a batch that was split have sequences of their own, in its place. */
export function trackParts(turn: ProducerTurn, batch: ProducerBatch, parts: readonly ProducerBatch[]): void {
  if (!hasSequence(batch)) return;
  const others = sequencesOf(turn.state.idempotence as Idempotence, batch.queue).inFlight.filter((each) => each !== batch.records.baseSequence);
  setSequences(turn, batch.queue, { inFlight: [...others, ...parts.map(({ records }) => records.baseSequence)].sort((a, b) => a - b) });
}

/**
 * A batch that never left gives its sequence back, as if it had not been drained, which in Kafka it had not: true when
 * nothing that was drained after it needs it to have one.
 */
export function takeBackSequence(turn: ProducerTurn, batch: ProducerBatch): boolean {
  const { baseSequence, records } = batch.records;
  const known = sequencesOf(turn.state.idempotence as Idempotence, batch.queue);
  if (batch.attempts > 0 || incrementSequence(baseSequence, records.length) !== known.nextSequence) return false;
  setSequences(turn, batch.queue, { nextSequence: baseSequence, inFlight: known.inFlight.filter((each) => each !== baseSequence) });
  return true;
}

// --- when an attempt has ended ---------------------------------------------------------------------------------------

/** `baseOffset` is -1 where the broker has forgotten it. */
export function acknowledged(turn: ProducerTurn, { queue, records }: ProducerBatch, baseOffset: Offset): void {
  const known = sequencesOf(turn.state.idempotence as Idempotence, queue);
  const lastOffset = baseOffset === NO_OFFSET ? NO_OFFSET : baseOffset + records.lastOffsetDelta;
  setSequences(turn, queue, {
    lastAckedSequence: Math.max(known.lastAckedSequence, records.lastSequence),
    lastAckedOffset: Math.max(known.lastAckedOffset, lastOffset),
    inFlight: known.inFlight.filter((each) => each !== records.baseSequence),
  });
}

/**
 * TransactionManager.canRetry: an idempotent producer also sends again what came too early, and closes gaps that will
 * not close by themselves by raising its epoch.
 */
export function mayRetry(turn: ProducerTurn, batch: ProducerBatch, { errorCode, logStartOffset }: Pick<ProducePartitionResponse, 'errorCode' | 'logStartOffset'>): boolean {
  const { queue, records, sequenceHasBeenReset } = batch;
  const { lastAckedSequence, unresolvedUntil } = sequencesOf(turn.state.idempotence as Idempotence, queue);
  if (errorCode === 'UNKNOWN_PRODUCER_ID') {
    // Without a log start nothing can be said; a batch that was renumbered already waits for the first of its kind.
    if (logStartOffset !== NO_OFFSET && !sequenceHasBeenReset) requestEpochBump(turn, queue);
    return true;
  }
  if (errorCode === 'OUT_OF_ORDER_SEQUENCE_NUMBER') {
    const isUnresolved = unresolvedUntil !== NO_SEQUENCE;
    const isNext = records.baseSequence === (lastAckedSequence === NO_SEQUENCE ? 0 : incrementSequence(lastAckedSequence, 1));
    const isEarly = !isUnresolved && (sequenceHasBeenReset || !isNext);
    if (!turn.state.rules.bumpsEpochForGapsOnly) requestEpochBumpEverywhere(turn);
    else if (!isEarly && (!isUnresolved || records.baseSequence === unresolvedUntil)) requestEpochBump(turn, queue);
    return true;
  }
  const error = errorInfo(errorCode);
  if (error.retriable && !error.definite && !turn.state.rules.retriesInSameEpoch) requestEpochBump(turn, queue);
  return error.retriable;
}

/** The batch has failed for good. `adjusts`: its answer, not its retries, decided that, so its sequence stays a gap. */
export function failed(turn: ProducerTurn, batch: ProducerBatch, errorCode: ErrorName, adjusts: boolean): void {
  if (errorCode === 'UNKNOWN_PRODUCER_ID') setSequences(turn, batch.queue, UNUSED);
  else if (errorCode === 'OUT_OF_ORDER_SEQUENCE_NUMBER' || adjusts) requestEpochBump(turn, batch.queue);
  untrack(turn, batch);
}

/** `delivery.timeout.ms` is over. What was sent before may have been appended: the partition waits until that is settled. */
export function expired(turn: ProducerTurn, batch: ProducerBatch, where: 'queued' | 'inFlight'): void {
  if (!hasSequence(batch)) return;
  untrack(turn, batch);
  if (batch.attempts === 0 && where === 'inFlight') return;
  const { queue, records } = batch;
  const known = sequencesOf(turn.state.idempotence as Idempotence, queue);
  if (!turn.state.rules.waitsForUnresolvedSequences) {
    if (known.inFlight.length === 0) setSequences(turn, queue, { nextSequence: records.baseSequence });
    return;
  }
  setSequences(turn, queue, { unresolvedUntil: Math.max(known.unresolvedUntil, incrementSequence(records.lastSequence, 1)) });
  const { unresolved } = turn.state.idempotence as Idempotence;
  if (!unresolved.includes(queue)) change(turn, { unresolved: [...unresolved, queue] });
}

function untrack(turn: ProducerTurn, { queue, records }: ProducerBatch): void {
  const { inFlight } = sequencesOf(turn.state.idempotence as Idempotence, queue);
  setSequences(turn, queue, { inFlight: inFlight.filter((each) => each !== records.baseSequence) });
}

function requestEpochBump(turn: ProducerTurn, at: number): void {
  const { toRewrite } = turn.state.idempotence as Idempotence;
  change(turn, { mustBumpEpoch: true, toRewrite: toRewrite.includes(at) ? toRewrite : [...toRewrite, at] });
}

function requestEpochBumpEverywhere(turn: ProducerTurn): void {
  (turn.state.idempotence as Idempotence).partitions.forEach((known, at) => {
    if (known !== undefined && known.inFlight.length > 0) requestEpochBump(turn, at);
  });
}

// --- at the end of a turn --------------------------------------------------------------------------------------------

/**
 * Partitions with an unresolved sequence and nothing in flight: either what followed was acknowledged, so that the lost
 * batch was appended after all, or nobody knows, and a new epoch has to settle it. Then the epoch, if it must.
 */
export function settleSequences(turn: ProducerTurn): void {
  for (const at of (turn.state.idempotence as Idempotence).unresolved) {
    const { inFlight, nextSequence, lastAckedSequence } = sequencesOf(turn.state.idempotence as Idempotence, at);
    if (inFlight.length > 0) continue;
    if (nextSequence !== incrementSequence(lastAckedSequence, 1)) requestEpochBump(turn, at);
    setSequences(turn, at, { unresolvedUntil: NO_SEQUENCE });
    change(turn, { unresolved: (turn.state.idempotence as Idempotence).unresolved.filter((each) => each !== at) });
  }
  bumpEpoch(turn);
}

/** TransactionManager.bumpIdempotentProducerEpoch; an exhausted epoch takes a new id, and the renumbering waits for it. */
function bumpEpoch(turn: ProducerTurn): void {
  const { mustBumpEpoch, producerId, producerEpoch } = turn.state.idempotence as Idempotence;
  if (!mustBumpEpoch) return;
  change(turn, { mustBumpEpoch: false });
  if (producerEpoch === MAX_EPOCH) change(turn, { producerId: NO_PRODUCER_ID, producerEpoch: NO_EPOCH });
  else beginEpoch(turn, producerId, producerEpoch + 1);
}

/** The producer has a new id or epoch: partitions that asked for it begin with it at once. */
export function beginEpoch(turn: ProducerTurn, producerId: ProducerId, producerEpoch: ProducerEpoch): void {
  const { toRewrite, unresolved } = turn.state.idempotence as Idempotence;
  change(turn, { producerId, producerEpoch, toRewrite: [], unresolved: unresolved.filter((at) => !toRewrite.includes(at)) });
  const observation: ProducerEpochBegun = { type: 'producer.epoch', producerId, producerEpoch };
  turn.effects.push({ kind: 'observe', observation });
  for (const at of toRewrite) {
    const inFlight = rewriteBatches(turn, at, producerId, producerEpoch);
    const last = inFlight[inFlight.length - 1];
    setSequences(turn, at, {
      producerId, producerEpoch, nextSequence: last === undefined ? 0 : incrementSequence(last.baseSequence, last.recordCount), lastAckedSequence: NO_SEQUENCE,
      inFlight: inFlight.map(({ baseSequence }) => baseSequence), unresolvedUntil: NO_SEQUENCE,
    });
  }
}
