/**
 * How sends end. Every send ends at most once: `ok`, `fail` when it certainly did not happen, `unknown` when it may have.
 * The errors' own verdicts are in kafka/errors.ts; this file only adds up the attempts of a batch. A crash of the process
 * ends nothing, and history takes what has not ended for unknown.
 *
 * Source: ProducerBatch.completeFutureAndFireCallbacks; Jepsen's ok, fail and info.
 */
import type { SendCompleted } from '../../history/observations.ts';
import { errorInfo, type ErrorName } from '../../kafka/errors.ts';
import { NO_OFFSET, type Offset, type PartitionIndex } from '../../kafka/ids.ts';
import type { ProducerBatch } from './batch.ts';
import { expired } from './sequences.ts';
import type { PartitionQueue, ProducerTurn } from './state.ts';

const NO_PARTITION: PartitionIndex = -1;

/** A send that never got into a batch: nothing of it ever left. */
export function failSend(turn: ProducerTurn, sendId: number, errorCode: ErrorName): void {
  complete(turn, { type: 'send.completed', sendId, outcome: 'fail', partition: NO_PARTITION, offset: NO_OFFSET, errorCode });
}

/** `baseOffset` is -1 when the broker does not tell: acks=0, or a duplicate it had forgotten the offset of. */
export function completeBatch(turn: ProducerTurn, batch: ProducerBatch, baseOffset: Offset): void {
  const { partition } = turn.state.queues[batch.queue] as PartitionQueue;
  for (let i = 0; i < batch.sendIds.length; i += 1) {
    const offset = baseOffset === NO_OFFSET ? NO_OFFSET : baseOffset + i;
    const sendId = batch.sendIds[i] as number;
    const observation: SendCompleted = { type: 'send.completed', sendId, outcome: 'ok', partition, offset, errorCode: 'NONE' };
    complete(turn, batch.maybeAppended ? { ...observation, mayBeTwice: true } : observation);
  }
  release(turn, batch);
}

/** The last attempt ended with `errorCode`; earlier ones are in the batch's account. */
export function failBatch(turn: ProducerTurn, batch: ProducerBatch, errorCode: ErrorName): void {
  endBatch(turn, batch, errorCode, batch.maybeAppended || !errorInfo(errorCode).definite);
}

/** `delivery.timeout.ms` is over. A batch that waits in its queue is as certain as its attempts were; one in flight is not. */
export function expireBatch(turn: ProducerTurn, batch: ProducerBatch, where: 'queued' | 'inFlight'): void {
  if (turn.state.idempotence !== null) expired(turn, batch, where);
  endBatch(turn, batch, 'REQUEST_TIMED_OUT', batch.maybeAppended || where === 'inFlight');
}

function endBatch(turn: ProducerTurn, batch: ProducerBatch, errorCode: ErrorName, maybeAppended: boolean): void {
  const { partition } = turn.state.queues[batch.queue] as PartitionQueue;
  const outcome = maybeAppended ? 'unknown' : 'fail';
  for (const sendId of batch.sendIds) complete(turn, { type: 'send.completed', sendId, outcome, partition, offset: NO_OFFSET, errorCode });
  release(turn, batch);
}

/** Gives the memory of a batch back (BufferPool.deallocate). */
export function release(turn: ProducerTurn, batch: ProducerBatch): void {
  turn.state.availableBytes += batch.reservedBytes;
}

function complete(turn: ProducerTurn, observation: SendCompleted): void {
  turn.effects.push({ kind: 'observe', observation });
}
