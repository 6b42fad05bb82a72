/**
 * XState's own interpreter as a pure step: `machine.transition` under one reused inert scope, outputs as data. The
 * reference that the compiled engine is held to. The exported `transition()` of XState would mean the same, but builds
 * an actor and two systems per call.
 */
import type { AnyStateMachine, EventObject } from 'xstate';
import { assert } from '../assert.ts';
import { checkMachine } from './check.ts';
import type { MachineState, OutputSink, Program } from './engine.ts';
import { InertScope, inertActor } from './inert-scope.ts';
import { GuardErrors, instrument } from './instrument.ts';
import { OutputBuffer } from './outputs.ts';
import { Descriptions, checkEvent, checkSnapshot, sameState } from './snapshot.ts';
import { shapeOf } from './xstate-shapes.ts';
import type { MachineShape, SnapshotShape } from './xstate-shapes.ts';

export class InterpreterState implements MachineState {
  readonly snapshot: SnapshotShape;
  readonly context: unknown;
  readonly status: 'active' | 'done';

  constructor(snapshot: SnapshotShape) {
    this.snapshot = snapshot;
    this.context = snapshot.context;
    this.status = snapshot.status === 'done' ? 'done' : 'active';
  }
}

class InterpreterProgram implements Program {
  readonly machine: AnyStateMachine;
  readonly forkable = true;
  private readonly interpreted: MachineShape;
  private readonly outputs = new OutputBuffer();
  private readonly guardErrors = new GuardErrors();
  private readonly descriptions = new Descriptions();
  private readonly inert: InertScope;

  constructor(machine: AnyStateMachine) {
    this.machine = machine;
    this.interpreted = shapeOf(instrument(machine, this.guardErrors));
    this.inert = new InertScope(inertActor(this.interpreted.id), this.outputs);
  }

  start(input: unknown, sink: OutputSink): MachineState {
    this.inert.begin(true);
    this.guardErrors.clear();
    const snapshot = this.interpreted.getInitialSnapshot(this.inert.scope, input);
    if (snapshot.status === 'error') throw this.guardErrors.original(snapshot.error);
    checkSnapshot(snapshot, this.interpreted.id);
    this.inert.finishStart();
    this.outputs.flushTo(sink);
    return new InterpreterState(snapshot);
  }

  step(state: MachineState, event: EventObject, sink: OutputSink): MachineState {
    assert(state instanceof InterpreterState, 'a state of the interpreter engine');
    if (state.status === 'done') return state;
    checkEvent(event, this.interpreted.id);
    this.inert.begin(false);
    this.guardErrors.clear();
    let next: SnapshotShape;
    try {
      next = this.interpreted.transition(state.snapshot, event, this.inert.scope);
    } catch (error) {
      throw this.guardErrors.original(error);
    }
    checkSnapshot(next, this.interpreted.id);
    this.outputs.flushTo(sink);
    return sameState(state.snapshot, next) ? state : new InterpreterState(next);
  }

  dispose(): void {}

  describe(state: MachineState): string {
    assert(state instanceof InterpreterState, 'a state of the interpreter engine');
    return this.descriptions.of(state.snapshot._nodes);
  }
}

/** @throws UnsupportedMachine when the machine asks for what cannot be simulated. */
export function interpret(machine: AnyStateMachine): Program {
  checkMachine(machine);
  return new InterpreterProgram(machine);
}
