/**
 * The replica fetcher of one leader, named `fetcher/<leaderId>`: copies every partition that this broker follows there.
 *
 *   Idle           nothing to fetch, or everything is delayed
 *   Fetching       one FetchRequest is at the leader, which may hold it for `replica.fetch.wait.max.ms`
 *   ListingOffsets the leader is asked for the range of partitions whose fetch offset it does not have
 *   Truncating     the leader is asked for the ends of the epochs that followers of before KIP-595 have to compare first
 *   Cutting        a replica cuts its log; over within the instant
 *
 * A leader that does not answer within `replica.socket.timeout.ms` is disconnected and tried again.
 * Simplified: `num.replica.fetchers` is 1; no fetch sessions (KIP-227).
 *
 * Source: kafka.server.ReplicaFetcherThread, AbstractFetcherThread.
 */
import { setup } from 'xstate';
import type { ConnectionLost, EffectsEmitted, Received, Stimulus } from '../../kernel/effects.ts';
import type { FetchResponse, ListOffsetsResponse, OffsetForLeaderEpochResponse } from '../../kafka/api.ts';
import type { TopicPartition } from '../../kafka/ids.ts';
import type { FetcherAdd, FetcherRemove, FetcherTruncated } from '../replication-events.ts';
import { handOver, quietly, reduces, type Reduced } from '../reduction.ts';
import {
  addPartition, askForRange, continueAfterTruncation, delayAll, endDelay, giveUpOnLeader, isAnswerToLast, processFetchResponse, processRange, removePartition, sendFetch,
} from './fetch.ts';
import { askForEpochEnds, processEpochEnds } from './truncation.ts';
import { hasPhase, newFetcher, type FetcherInput, type FetcherState } from './state.ts';

export type FetcherEvent =
  | FetcherAdd
  | FetcherRemove
  | FetcherTruncated
  | Received<FetchResponse>
  | Received<ListOffsetsResponse>
  | Received<OffsetForLeaderEpochResponse>
  | Stimulus<'connection.lost', ConnectionLost>
  | Stimulus<'timer.backoff', TopicPartition>;

export const fetcherMachine = setup({
  types: {} as { context: Reduced<FetcherState>; events: FetcherEvent; input: FetcherInput; emitted: EffectsEmitted },
  guards: {
    isAnswerToLast: ({ context, event }) => isAnswerToLast(context.state, event as Received<FetchResponse>),
    someAreCut: ({ context }) => hasPhase(context.state, 'Cutting'),
    someTruncate: ({ context }) => hasPhase(context.state, 'Truncating'),
    someAreOutOfRange: ({ context }) => hasPhase(context.state, 'OutOfRange'),
    someFetch: ({ context }) => hasPhase(context.state, 'Fetching'),
  },
  actions: {
    addPartition: reduces(addPartition),
    removePartition: reduces(removePartition),
    continueAfterTruncation: reduces(continueAfterTruncation),
    sendFetch: reduces((state: FetcherState, _event: FetcherEvent) => sendFetch(state)),
    processFetchResponse: reduces(processFetchResponse),
    askForEpochEnds: reduces((state: FetcherState, _event: FetcherEvent) => askForEpochEnds(state)),
    processEpochEnds: reduces(processEpochEnds),
    askForRange: reduces((state: FetcherState, _event: FetcherEvent) => askForRange(state)),
    processRange: reduces(processRange),
    delayAll: reduces((state: FetcherState, _event: FetcherEvent) => delayAll(state)),
    giveUpOnLeader: reduces((state: FetcherState, _event: FetcherEvent) => giveUpOnLeader(state)),
    endDelay: reduces(endDelay),
    handOver,
  },
  delays: {
    socketTimeout: ({ context }) => context.state.config.replicaSocketTimeoutMs,
  },
}).createMachine({
  id: 'fetcher',
  context: ({ input }) => quietly(newFetcher(input)),
  initial: 'Idle',
  on: {
    'fetcher.add': { actions: ['addPartition', 'handOver'] },
    'fetcher.remove': { actions: ['removePartition', 'handOver'] },
    'fetcher.truncated': { actions: ['continueAfterTruncation', 'handOver'] },
    'timer.backoff': { actions: ['endDelay', 'handOver'] },
  },
  states: {
    Idle: {
      on: {
        'fetcher.add': { target: 'Deciding', actions: ['addPartition', 'handOver'] },
        'fetcher.truncated': { target: 'Deciding', actions: ['continueAfterTruncation', 'handOver'] },
        'timer.backoff': { target: 'Deciding', actions: ['endDelay', 'handOver'] },
      },
    },
    Deciding: {
      always: [
        { guard: 'someAreCut', target: 'Cutting' },
        { guard: 'someTruncate', target: 'Truncating' },
        { guard: 'someAreOutOfRange', target: 'ListingOffsets' },
        { guard: 'someFetch', target: 'Fetching' },
        { target: 'Idle' },
      ],
    },
    Fetching: {
      entry: ['sendFetch', 'handOver'],
      after: { socketTimeout: { target: 'Deciding', actions: ['giveUpOnLeader', 'handOver'] } },
      on: {
        FetchResponse: { guard: 'isAnswerToLast', target: 'Deciding', actions: ['processFetchResponse', 'handOver'] },
        'connection.lost': { target: 'Deciding', actions: ['delayAll', 'handOver'] },
      },
    },
    ListingOffsets: {
      entry: ['askForRange', 'handOver'],
      after: { socketTimeout: { target: 'Deciding', actions: ['giveUpOnLeader', 'handOver'] } },
      on: {
        ListOffsetsResponse: { guard: 'isAnswerToLast', target: 'Deciding', actions: ['processRange', 'handOver'] },
        'connection.lost': { target: 'Deciding', actions: ['delayAll', 'handOver'] },
      },
    },
    Truncating: {
      entry: ['askForEpochEnds', 'handOver'],
      after: { socketTimeout: { target: 'Deciding', actions: ['giveUpOnLeader', 'handOver'] } },
      on: {
        OffsetForLeaderEpochResponse: { guard: 'isAnswerToLast', target: 'Deciding', actions: ['processEpochEnds', 'handOver'] },
        'connection.lost': { target: 'Deciding', actions: ['delayAll', 'handOver'] },
      },
    },
    Cutting: {
      on: {
        'fetcher.truncated': { target: 'Deciding', actions: ['continueAfterTruncation', 'handOver'] },
        'fetcher.remove': { target: 'Deciding', actions: ['removePartition', 'handOver'] },
        'fetcher.add': { target: 'Deciding', actions: ['addPartition', 'handOver'] },
      },
    },
  },
});
