/**
 * A producer as it begins: it knows nothing, asks for the metadata of its topics and, if it is idempotent, for an id.
 * Source: the constructor of KafkaProducer.
 */
import { newMetadata } from '../client/metadata.ts';
import { maybeUpdateMetadata } from '../client/metadata-updater.ts';
import { firstCorrelationId } from '../client/network-client.ts';
import { NO_TIMERS } from '../client/turn.ts';
import type { Reduced } from '../reduction.ts';
import { maybeInitProducerId } from './init-producer-id.ts';
import { NOT_INITIALIZED } from './sequences.ts';
import { beginTurn, type ProducerInput, type ProducerState } from './state.ts';

/** A producer that has just been constructed. */
export function startProducer(input: ProducerInput): Reduced<ProducerState> {
  const { bootstrapServers, config, rules, topics, nowMs, incarnation } = input;
  const state: ProducerState = {
    ...NO_TIMERS, config, rules, bootstrapServers, metadata: newMetadata(topics, nowMs), connections: [], lastCorrelationId: firstCorrelationId(incarnation),
    topics: [], queues: [], waiting: [], availableBytes: config.bufferMemory, blocked: [], drainIndexes: [],
    idempotence: config.enableIdempotence ? NOT_INITIALIZED : null,
  };
  const turn = beginTurn(state, input);
  maybeUpdateMetadata(turn);
  maybeInitProducerId(turn);
  return turn.end();
}
