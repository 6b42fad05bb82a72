/**
 * The smallest machine there is: one state, and a function that says what an event does. It stands in for the machines
 * of a simulation where what is tested or measured lies around them: the world, the disk, the network.
 */
import { assign, emit, setup, type AnyStateMachine, type EventObject } from 'xstate';
import type { Effect, EffectsEmitted } from '../effects.ts';

export interface Acted<State> {
  readonly state: State;
  readonly effects: readonly Effect[];
  /** The machine ends after these effects. */
  readonly isOver?: boolean;
}

/** Pure functions; `act` gets every event that arrives. */
export interface Script<State> {
  start(input: unknown): Acted<State>;
  act(state: State, event: EventObject): Acted<State>;
}

export function scriptedMachine<State>(id: string, script: Script<State>): AnyStateMachine {
  return setup({
    types: {} as { context: Acted<State>; events: EventObject; input: unknown; emitted: EffectsEmitted },
    guards: { isOver: ({ context }) => context.isOver === true },
    actions: {
      act: assign(({ context, event }) => ({ isOver: false, ...script.act(context.state, event) })),
      handOver: emit(({ context }) => ({ type: 'effects' as const, effects: context.effects })),
    },
  }).createMachine({
    id,
    context: ({ input }) => ({ isOver: false, ...script.start(input) }),
    initial: 'Running',
    states: {
      Running: {
        entry: 'handOver',
        on: { '*': { actions: ['act', 'handOver'] } },
        always: { guard: 'isOver', target: 'Over' },
      },
      Over: { type: 'final' },
    },
  });
}
