/**
 * Exceptions of poll: what the consumer cannot decide for its application. The first one stands, and poll throws it again
 * and again; an application without a group has nobody to catch it, and stays where it is.
 *
 * Source: KafkaConsumer.poll; NoOffsetForPartitionException, OffsetOutOfRangeException, LogTruncationException.
 */
import type { ConsumerFailed } from '../../history/observations.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import type { ConsumerException } from './group-state.ts';
import type { ConsumerTurn } from './state.ts';

/** To be thrown by the poll under way, or by the next one. */
export function throwFromPoll(turn: ConsumerTurn, exception: ConsumerException): void {
  const { state } = turn;
  if (state.group === null || state.group.exception !== null) return;
  state.group = { ...state.group, exception };
  const observation: ConsumerFailed = { type: 'consumer.failed', ...exception };
  turn.effects.push({ kind: 'observe', observation });
}

/** Kafka's exception for an error that ends the membership. */
export function exceptionOf(errorCode: ErrorName): ConsumerException {
  const words = errorCode.toLowerCase().split('_').map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`);
  return { errorCode, exception: `${words.join('')}Exception` };
}
