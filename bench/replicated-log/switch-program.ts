/**
 * The plain switch in the place of a statechart engine, so that the kernel's own world runs on it: what a simulated
 * message costs with no XState at all.
 */
import type { AnyStateMachine } from 'xstate';
import type { Effect, EffectsEmitted } from '../../src/kernel/effects.ts';
import type { EventObject, MachineState, OutputSink, Program } from '../../src/kernel/statechart/engine.ts';
import { replicatedLogMachine } from './machine.ts';
import type { PeerEvent } from './messages.ts';
import { started, stepped, type Hands, type Peer } from './switch.ts';

class SwitchState implements MachineState {
  readonly context: Peer;
  readonly status = 'active';

  constructor(context: Peer) {
    this.context = context;
  }
}

export class SwitchProgram implements Program, Hands {
  readonly machine: AnyStateMachine = replicatedLogMachine;
  readonly forkable = true;
  private sink: OutputSink | undefined;

  start(input: unknown, sink: OutputSink): MachineState {
    this.sink = sink;
    return new SwitchState(started(this, (input as { readonly id: number }).id));
  }

  step(state: MachineState, event: EventObject, sink: OutputSink): MachineState {
    const { context } = state as SwitchState;
    this.sink = sink;
    const next = stepped(this, context.state.id, context, event as PeerEvent);
    return next === context ? state : new SwitchState(next);
  }

  dispose(): void {}

  describe(state: MachineState): string {
    return (state as SwitchState).context.mode;
  }

  carryOut(_peer: number, effects: readonly Effect[]): void {
    const emitted: EffectsEmitted = { type: 'effects', effects };
    (this.sink as OutputSink).emit(emitted);
  }

  arm(_peer: number, key: string, delayMs: number, type: string): void {
    (this.sink as OutputSink).schedule(key, delayMs, { type });
  }

  disarm(_peer: number, key: string): void {
    (this.sink as OutputSink).cancel(key);
  }
}
