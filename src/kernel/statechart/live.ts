/**
 * Machines as real XState actors: `createActor`, one actor per running machine, on a scheduler that reports instead of
 * waiting. Shows that the other engines mean what XState means, and lets the Stately inspector attach.
 *
 * A live state is not a value. It names its actor's snapshot at one moment, and only the latest of an actor may be
 * stepped, so a fork or a replay from an old state fails instead of giving a wrong answer. XState rethrows an actor's
 * error in a macrotask unless somebody observes it; here an observer keeps it and the step throws it.
 */
import { createActor } from 'xstate';
import type { AnyActor, AnyStateMachine, EventObject } from 'xstate';
import { assert } from '../assert.ts';
import { UnsupportedMachine, checkMachine } from './check.ts';
import type { MachineState, OutputSink, Program } from './engine.ts';
import { idOfDelayed } from './inert-scope.ts';
import { GuardErrors, instrument } from './instrument.ts';
import { OutputBuffer } from './outputs.ts';
import { Descriptions, checkEvent, checkSnapshot, sameState } from './snapshot.ts';
import type { SnapshotShape } from './xstate-shapes.ts';

/** An actor and the error that ended it, if one did. */
interface LiveActor {
  readonly actor: AnyActor;
  failure: { readonly error: unknown } | undefined;
}

/** XState's path of every event between actors; not in its types. */
type Relay = (source: unknown, target: unknown, event: EventObject) => void;

export class LiveState implements MachineState {
  readonly live: LiveActor;
  readonly snapshot: SnapshotShape;
  readonly context: unknown;
  readonly status: 'active' | 'done';

  constructor(live: LiveActor, snapshot: SnapshotShape) {
    this.live = live;
    this.snapshot = snapshot;
    this.context = snapshot.context;
    this.status = snapshot.status === 'done' ? 'done' : 'active';
  }
}

class LiveProgram implements Program {
  readonly machine: AnyStateMachine;
  readonly forkable = false;
  private readonly logic: AnyStateMachine;
  private readonly guardErrors = new GuardErrors();
  private readonly outputs = new OutputBuffer();
  private readonly descriptions = new Descriptions();

  constructor(machine: AnyStateMachine) {
    this.machine = machine;
    this.logic = instrument(machine, this.guardErrors);
  }

  start(input: unknown, sink: OutputSink): MachineState {
    this.outputs.clear();
    this.guardErrors.clear();
    const actor = createActor(this.logic, { id: this.logic.id, input, logger: () => {} }) as AnyActor;
    const live: LiveActor = { actor, failure: undefined };
    const born = snapshotOf(actor);
    if (born.status === 'error') throw this.guardErrors.original(born.error);
    // A child would be started, and might run on real timers, before anything below could refuse it.
    checkSnapshot(born, this.logic.id);
    this.cutOff(actor);
    actor.on('*', (event: EventObject) => this.outputs.emit(event));
    actor.subscribe({ error: (error) => { live.failure = { error }; } });
    actor.start();
    return this.finish(live, undefined, sink);
  }

  step(state: MachineState, event: EventObject, sink: OutputSink): MachineState {
    assert(state instanceof LiveState, 'a state of the live engine');
    if (state.status === 'done') return state;
    const { live } = state;
    assert(live.failure === undefined, () => `machine ${this.logic.id}: the actor has failed and cannot be stepped`);
    assert(
      sameState(snapshotOf(live.actor), state.snapshot),
      () => `machine ${this.logic.id}: a live state was stepped twice; only forkable engines can go back`,
    );
    checkEvent(event, this.logic.id);
    this.outputs.clear();
    this.guardErrors.clear();
    live.actor.send(event);
    return this.finish(live, state, sink);
  }

  dispose(state: MachineState): void {
    assert(state instanceof LiveState, 'a state of the live engine');
    state.live.actor.stop();
    this.outputs.clear();
  }

  describe(state: MachineState): string {
    assert(state instanceof LiveState, 'a state of the live engine');
    return this.descriptions.of(state.snapshot._nodes);
  }

  private finish(live: LiveActor, before: LiveState | undefined, sink: OutputSink): MachineState {
    if (live.failure !== undefined) throw this.guardErrors.original(live.failure.error);
    const snapshot = snapshotOf(live.actor);
    checkSnapshot(snapshot, this.logic.id);
    this.outputs.flushTo(sink);
    return before !== undefined && sameState(before.snapshot, snapshot) ? before : new LiveState(live, snapshot);
  }

  /**
   * Takes the actor off real timers and off other actors: what it schedules is reported, and the only events that reach
   * it are those the world sends, which have no source. `cancelAll` runs when an actor stops or is done; what is then
   * still armed is the world's to forget.
   */
  private cutOff(actor: AnyActor): void {
    const { outputs } = this;
    const machineId = this.logic.id;
    const system = actor.system as AnyActor['system'] & { _relay: Relay };
    const relay = system._relay;
    system._relay = (source, target, event) => {
      if (source !== undefined) throw new UnsupportedMachine(`machine '${machineId}': sendTo reaches another actor; emit a message instead`);
      relay(source, target, event);
    };
    system.scheduler = {
      schedule: (source, target, event, delay, id) => {
        if (source !== target) throw new UnsupportedMachine(`machine '${machineId}': sendTo reaches another actor; emit a message instead`);
        outputs.schedule(idOfDelayed(id, event, machineId), delay, event);
      },
      cancel: (_source, id) => outputs.cancel(id),
      cancelAll: () => {},
    };
  }
}

function snapshotOf(actor: AnyActor): SnapshotShape {
  return actor.getSnapshot() as SnapshotShape;
}

/** @throws UnsupportedMachine when the machine asks for what cannot be simulated. */
export function live(machine: AnyStateMachine): Program {
  checkMachine(machine);
  return new LiveProgram(machine);
}
