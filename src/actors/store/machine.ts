/**
 * An external store with idempotent writes: it remembers which records had their effect, by group, topic, partition and
 * offset, and applies each once. What it has answered is on its disk: it survives a crash and a power loss.
 *
 *   Serving   looks up, writes, flushes, answers
 *
 * Left out: everything else that a database does. Source: the idempotent consumer of the usual delivery guides (process,
 * then commit, with deduplication by offset at the sink).
 */
import { setup } from 'xstate';
import type { DiskOutcome, Effect, EffectsEmitted, Received, Stimulus } from '../../kernel/effects.ts';
import { handOver, NO_EFFECTS, reduces, type Reduced } from '../reduction.ts';
import type { StoreRequest, StoreResponse } from './messages.ts';
import { hasOffset, withOffset, type OffsetRange } from './ranges.ts';

export const STORE_MACHINE = 'store';
const STORE_FILE = 'applied';

export interface AppliedOffsets {
  readonly groupId: string;
  readonly topic: string;
  readonly partition: number;
  readonly ranges: readonly OffsetRange[];
}

export interface StoreState {
  readonly applied: readonly AppliedOffsets[];
}

interface PendingAnswer {
  readonly replyTo: number;
  readonly message: StoreResponse;
}

export interface StoreInput {
  /** As the disk has it; undefined on the first start. */
  readonly applied: readonly AppliedOffsets[] | undefined;
}

export function readApplied(read: (file: string) => unknown): StoreInput {
  return { applied: read(STORE_FILE) as readonly AppliedOffsets[] | undefined };
}

function handleStore(state: StoreState, { message, replyTo }: Received<StoreRequest>): Reduced<StoreState> {
  const { requestId, groupId, topic, partition, offset } = message;
  const isOf = (each: AppliedOffsets): boolean => each.groupId === groupId && each.topic === topic && each.partition === partition;
  const known = state.applied.find(isOf);
  const isApplied = known === undefined || !hasOffset(known.ranges, offset);
  const answer: PendingAnswer = { replyTo, message: { type: 'StoreResponse', requestId, isApplied } };
  const after: AppliedOffsets = { groupId, topic, partition, ranges: withOffset(known?.ranges ?? [], offset) };
  const applied = !isApplied ? state.applied : known === undefined ? [...state.applied, after] : state.applied.map((each) => (each === known ? after : each));
  const effects: Effect[] = isApplied ? [{ kind: 'replace', file: STORE_FILE, value: applied }] : [];
  // Also a repeated request waits for the flush: its first one may not be on the platter yet.
  effects.push({ kind: 'flush', file: STORE_FILE, then: 'store.flushed', data: answer });
  return { state: { applied }, effects };
}

function answer(state: StoreState, { data }: Stimulus<'store.flushed', DiskOutcome>): Reduced<StoreState> {
  const { replyTo, message } = data.data as PendingAnswer;
  return { state, effects: [{ kind: 'reply', to: replyTo, message }] };
}

function terminate(state: StoreState): Reduced<StoreState> {
  return { state, effects: [{ kind: 'halt', reason: 'the disk of the store failed' }] };
}

export type StoreEvent = Received<StoreRequest> | Stimulus<'store.flushed' | 'disk.flushFailed' | 'disk.writeFailed', DiskOutcome>;

export const storeMachine = setup({
  types: {} as { context: Reduced<StoreState>; events: StoreEvent; input: StoreInput; emitted: EffectsEmitted },
  actions: { handleStore: reduces(handleStore), answer: reduces(answer), terminate: reduces((state: StoreState, _event: StoreEvent) => terminate(state)), handOver },
}).createMachine({
  id: 'store',
  context: ({ input }) => ({ state: { applied: input.applied ?? [] }, effects: NO_EFFECTS }),
  initial: 'Serving',
  states: {
    Serving: {
      on: {
        StoreRequest: { actions: ['handleStore', 'handOver'] },
        'store.flushed': { actions: ['answer', 'handOver'] },
        'disk.flushFailed': { actions: ['terminate', 'handOver'] },
        'disk.writeFailed': { actions: ['terminate', 'handOver'] },
      },
    },
  },
});
