/**
 * Commits: what happens when a flush of the metadata log is through. Answers leave, waiting brokers get the records, and
 * the next flush begins if the log has grown meanwhile.
 *
 * Also the fetches of the brokers, which observe the committed log (BRK-4).
 * Source: QuorumController.handleCommit, KafkaRaftClient.handleFetchRequest.
 */
import type { Effect, Received, Stimulus } from '../../kernel/effects.ts';
import type { DiskOutcome } from '../../kernel/effects.ts';
import { CLUSTER_METADATA_TOPIC, type FetchRequest, type FetchResponse, type MetadataBatch } from '../../kafka/api.ts';
import type { NodeId } from '../../kafka/ids.ts';
import { quietly, type Reduced } from '../reduction.ts';
import { flushLog, type Commit, type ControllerState, type ParkedFetch } from './state.ts';

export function committed(before: ControllerState, { data }: Stimulus<string, DiskOutcome>): Reduced<ControllerState> {
  const { endOffset, image } = data.data as Commit;
  const effects: Effect[] = [];
  const due = before.deferred.filter((answer) => answer.endOffset <= endOffset);
  for (const { replyTo, message } of due) effects.push({ kind: 'reply', to: replyTo, message });
  let state: ControllerState = before.with({ isFlushing: false,
    committedOffset: endOffset,
    committedImage: image,
    deferred: before.deferred.filter((answer) => answer.endOffset > endOffset) });
  const ready = state.parked.filter(({ fetchOffset }) => fetchOffset < endOffset);
  for (const fetch of ready) effects.push({ kind: 'cancel', key: parkKey(fetch.source) }, answerFetch(state, fetch));
  state = state.with({ parked: state.parked.filter(({ fetchOffset }) => fetchOffset >= endOffset) });
  return { state: state.log.endOffset > endOffset ? flushLog(state, effects) : state, effects };
}

export function handleFetch(state: ControllerState, { message, replyTo, from }: Received<FetchRequest>): Reduced<ControllerState> {
  const fetchOffset = message.topics[0]?.partitions[0]?.fetchOffset ?? 0;
  const fetch: ParkedFetch = { source: from, replyTo, correlationId: message.correlationId, fetchOffset };
  if (fetchOffset < state.committedOffset || message.maxWaitMs === 0) return { state, effects: [answerFetch(state, fetch)] };
  // A broker has one fetch here; of two, the older came from a life or a connection that is over.
  const older = state.parked.find(({ source }) => source === from);
  const effects: Effect[] = older === undefined ? [] : [{ kind: 'release', to: older.replyTo }];
  effects.push({ kind: 'schedule', key: parkKey(from), delayMs: message.maxWaitMs, type: 'timer.fetch', data: from });
  return { state: state.with({ parked: [...state.parked.filter((parked) => parked !== older), fetch] }), effects };
}

export function fetchTimeUp(state: ControllerState, { data: source }: Stimulus<string, NodeId>): Reduced<ControllerState> {
  const fetch = state.parked.find((parked) => parked.source === source);
  if (fetch === undefined) return quietly(state);
  return { state: state.with({ parked: state.parked.filter((parked) => parked !== fetch) }), effects: [answerFetch(state, fetch)] };
}

function answerFetch({ log, committedOffset }: ControllerState, { replyTo, correlationId, fetchOffset }: ParkedFetch): Effect {
  const message: FetchResponse<MetadataBatch> = {
    type: 'FetchResponse',
    correlationId,
    responses: [
      {
        topic: CLUSTER_METADATA_TOPIC,
        partitions: [
          {
            partitionIndex: 0,
            errorCode: 'NONE',
            highWatermark: committedOffset,
            lastStableOffset: committedOffset,
            logStartOffset: 0,
            records: log.read(fetchOffset, committedOffset),
          },
        ],
      },
    ],
  };
  return { kind: 'reply', to: replyTo, message };
}

function parkKey(source: NodeId): string {
  return `fetch/${source}`;
}
