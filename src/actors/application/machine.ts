/**
 * An application that consumes: the thread that polls, side by side with the steps of its loop.
 *
 *   Polling      waits in poll; records                    -> Processing or Committing, by mode
 *   Processing   works through what poll returned; done    -> Committing or Polling
 *   Committing   waits in commit; returned                 -> Polling or Processing
 *   Closing      closes its consumer, because the process is asked to end
 *   Failed       poll threw what it cannot go on from; the consumer is closed and the process idle
 *
 * A threaded handler stays in Polling while its worker processes. The reducers decide on the step; the table says which
 * changes there are.
 *
 * Source: KafkaConsumer's javadoc.
 */
import { setup } from 'xstate';
import type { ConnectionLost, EffectsEmitted, Received, Stimulus } from '../../kernel/effects.ts';
import type { ToApplication } from '../group-events.ts';
import { handOver, reduces, type Reduced } from '../reduction.ts';
import type { StoreResponse } from '../store/messages.ts';
import {
  armCrash, commitReturned, consumerClosed, pollReturned, pollThrew, startApplication, stopApplication, storeAnswered, storeLost, storeTimedOut, worked,
} from './loop.ts';
import type { ApplicationInput, ApplicationState, CrashPoint, LoopStep } from './state.ts';

export type ApplicationEvent =
  | ToApplication
  | Received<StoreResponse>
  | Stimulus<'connection.lost', ConnectionLost>
  | Stimulus<'timer.work'> | Stimulus<'timer.store'> | Stimulus<'process.stop'>
  | Stimulus<'fault.crashAt', CrashPoint>;

/** A step ends as the reducers said; only into these others. */
const toSteps = (...steps: readonly LoopStep[]) => steps.map((step) => ({ guard: { type: 'isStep' as const, params: step }, target: step }));

export const applicationMachine = setup({
  types: {} as { context: Reduced<ApplicationState>; events: ApplicationEvent; input: ApplicationInput; emitted: EffectsEmitted },
  guards: {
    isStep: ({ context }, step: LoopStep) => context.state.step === step,
  },
  actions: {
    pollReturned: reduces(pollReturned),
    pollThrew: reduces(pollThrew),
    commitReturned: reduces(commitReturned),
    consumerClosed: reduces(consumerClosed),
    worked: reduces(worked),
    storeAnswered: reduces(storeAnswered),
    storeLost: reduces(storeLost),
    storeTimedOut: reduces(storeTimedOut),
    stopApplication: reduces(stopApplication),
    armCrash: reduces(armCrash),
    handOver,
  },
}).createMachine({
  id: 'application',
  context: ({ input }) => startApplication(input),
  entry: 'handOver',
  initial: 'Polling',
  on: {
    'timer.work': { actions: ['worked', 'handOver'] },
    'timer.store': { actions: ['storeTimedOut', 'handOver'] },
    StoreResponse: { actions: ['storeAnswered', 'handOver'] },
    'connection.lost': { actions: ['storeLost', 'handOver'] },
    'process.stop': { actions: ['stopApplication', 'handOver'] },
    'fault.crashAt': { actions: ['armCrash', 'handOver'] },
    'consumer.closed': { actions: ['consumerClosed', 'handOver'] },
  },
  states: {
    Polling: {
      always: toSteps('Processing', 'Committing', 'Closing', 'Failed'),
      on: {
        'poll.returned': { actions: ['pollReturned', 'handOver'] },
        'poll.threw': { actions: ['pollThrew', 'handOver'] },
      },
    },
    Processing: { always: toSteps('Committing', 'Polling', 'Closing') },
    Committing: {
      always: toSteps('Polling', 'Processing', 'Closing'),
      on: { 'commit.returned': { actions: ['commitReturned', 'handOver'] } },
    },
    Closing: {},
    Failed: {},
  },
});
