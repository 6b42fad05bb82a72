/**
 * How a statechart runs. A machine is an ordinary XState v5 `setup().createMachine`; an engine turns it into a
 * `Program`, a pure step `(state, event) -> (state, outputs)`. Three engines give the same steps and therefore the
 * same run digest: `compiled` (the tracing compiler), `interpreter` (XState's own `machine.transition`) and `live`
 * (real `createActor` actors on a replaced scheduler).
 *
 * Left out on purpose: child actors, promises, observables, `sendTo`, and snapshots that outlive a process. Nothing
 * here knows time or nodes; a delay is a number that the world gives a meaning to.
 */
import type { AnyStateMachine, EventObject } from 'xstate';

export type { EventObject } from 'xstate';

/** What a step wants done, reported in program order. An implementation records; it must not step a machine. */
export interface OutputSink {
  /** An XState `emit`. */
  emit(event: EventObject): void;
  /** An `after` or delayed `raise`: deliver `event` to this machine in `delayMs`, under `id`; replaces an armed one. */
  schedule(id: string, delayMs: number, event: EventObject): void;
  /** Disarm `id`; a no-op when nothing is armed under it. */
  cancel(id: string): void;
}

/**
 * One running machine between two steps. `context` is readonly data. States of the compiled engine and the
 * interpreter are immutable values and may be shared between forked worlds; a live one is neither.
 */
export interface MachineState {
  readonly context: unknown;
  readonly status: 'active' | 'done';
}

export interface Program {
  readonly machine: AnyStateMachine;
  /** True when states are immutable values, so that a world made of them can fork. */
  readonly forkable: boolean;
  /** Enters the initial state. Throws as `step` does. */
  start(input: unknown, sink: OutputSink): MachineState;
  /**
   * One macrostep. A step that neither assigns nor changes the configuration returns the same state; an event that
   * nothing handles also reports nothing, and so does every event once a state is done.
   *
   * @throws what the machine's own function threw, as it was thrown, also from a guard; the sink then hears nothing and
   * the state stands (a live one cannot be stepped again)
   */
  step(state: MachineState, event: EventObject, sink: OutputSink): MachineState;
  /** Ends a state that will not be stepped again (a crash, a stop). Reports nothing. */
  dispose(state: MachineState): void;
  /** The active state in words: `Leader`, or `Follower.Fetching`; regions of a parallel state joined by `|`. */
  describe(state: MachineState): string;
}

export type EngineName = 'compiled' | 'interpreter' | 'live';

/**
 * Loads programs; the same machine always gives the same program. `load` throws `UnsupportedMachine` (check.ts) for a
 * machine that the engines could not run alike.
 */
export interface Engine {
  readonly name: EngineName;
  load(machine: AnyStateMachine): Program;
}
