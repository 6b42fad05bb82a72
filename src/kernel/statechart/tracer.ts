/**
 * Writes down one macrostep while the real interpreter runs it. Every guard and action of the traced machine reports
 * here; so does each event the interpreter takes from its internal queue, because a function is replayed with the event
 * it saw: the one from outside, a constant (static raise, done event), or one that a computed raise made.
 */
import type { AnyStateMachine, EventObject } from 'xstate';
import { assert } from '../assert.ts';
import type { GeneratorBug } from './generator.ts';
import { GuardErrors, instrument, paramsFor } from './instrument.ts';
import type { Instruments, Params } from './instrument.ts';
import { operationOf } from './operations.ts';
import type { Reducer } from './reduction.ts';
import { CREATE_CONTEXT, GUARD, SCHEDULE_OR_RAISE, SEE_CONSTANT, SEE_RAISED, operation, typeOf } from './trie.ts';
import type { Operation, Outcome, Path } from './trie.ts';
import { isBuiltinAction, shapeOf } from './xstate-shapes.ts';
import type { BuiltinAction, ExpressionArgs, MachineShape, SnapshotShape, UserFunction } from './xstate-shapes.ts';

/** Where the event being processed came from: outside, a constant, or the n-th computed raise of this path. */
type Source = typeof OUTSIDE | EventObject | number;
const OUTSIDE = -1;

const SEE_RAISED_OPERATION = operation(SEE_RAISED, {});

/** Test only: plants a bug in the compiler, to prove that the differential fuzz would find one. */
export interface PlantedBug {
  readonly configurationKey?: (snapshot: SnapshotShape) => string;
  /** The guard use, in the order of the config, whose outcome is taken for granted. */
  readonly forgottenGuard?: number;
  /** A replayed reduction hands over nothing. */
  readonly forgetsEffects?: boolean;
  /** Every context is taken for a pair. */
  readonly assumesPairs?: boolean;
  /** A mistake in the code that is generated for hot configurations. */
  readonly generator?: GeneratorBug;
}

export class Tracer {
  /** The machine to run; reports to this tracer. */
  readonly traced: MachineShape;
  readonly guardErrors = new GuardErrors();
  private operations: Operation[] = [];
  private slots: number[] = [];
  private outcomes: Outcome[] = [];
  private tracing = false;
  private beyond = false;
  private raisedCount = 0;
  private source: Source = OUTSIDE;
  private seen: Source = OUTSIDE;
  private awaitsOutside = false;
  private queue: { readonly event: EventObject; readonly source: Source }[] = [];
  private guardUses = 0;
  private readonly planted: PlantedBug;
  private readonly delays: Readonly<Record<string, unknown>>;

  constructor(machine: AnyStateMachine, planted: PlantedBug) {
    this.planted = planted;
    this.delays = shapeOf(machine).implementations.delays;
    const instruments: Instruments = {
      guard: (fn, params, label) => this.traceGuard(fn, params, label),
      action: (fn, params, label) => this.traceAction(fn, params, label),
      output: (fn) => (args, params) => {
        this.leaveToInterpreter();
        return fn(args, params);
      },
    };
    this.traced = shapeOf(instrument(machine, instruments));
    this.traceContext();
    this.traceEvents();
  }

  /** @param starting true when the macrostep enters the initial state, so that no outside event is selected first */
  begin(starting: boolean): void {
    this.operations = [];
    this.slots = [];
    this.outcomes = [];
    this.queue = [];
    this.tracing = true;
    this.beyond = false;
    this.raisedCount = 0;
    this.source = OUTSIDE;
    this.seen = OUTSIDE;
    this.awaitsOutside = !starting;
    this.guardErrors.clear();
  }

  /** Steps without writing anything down. */
  beginUntraced(): void {
    this.tracing = false;
    this.guardErrors.clear();
  }

  /** The macrostep so far; when `beyondTrace` it ends where only the interpreter knows on. */
  end(): Path & { readonly beyondTrace: boolean } {
    this.tracing = false;
    return { operations: this.operations, slots: this.slots, outcomes: this.outcomes, beyondTrace: this.beyond };
  }

  private leaveToInterpreter(): void {
    this.beyond = true;
  }

  private record(op: Operation, outcome: Outcome, slot = 0): void {
    if (!this.tracing || this.beyond) return;
    if (this.source !== this.seen) {
      this.seen = this.source;
      if (typeof this.source === 'number') this.push(SEE_RAISED_OPERATION, true, this.source);
      else this.push(operation(SEE_CONSTANT, { constant: this.source }), true, 0);
    }
    this.push(op, outcome, slot);
  }

  private push(op: Operation, outcome: Outcome, slot: number): void {
    this.operations.push(op);
    this.outcomes.push(outcome);
    this.slots.push(slot);
  }

  private traceGuard(fn: UserFunction, params: Params, label: string): UserFunction {
    const op = operation(GUARD, { fn, params, label: label || fn.name });
    const forgotten = this.guardUses++ === this.planted.forgottenGuard;
    return (args) => {
      let holds: boolean;
      try {
        holds = Boolean(fn(args, paramsFor(params, args.context, args.event)));
      } catch (error) {
        this.guardErrors.note(error);
        throw error;
      }
      if (!forgotten) this.record(op, holds);
      return holds;
    };
  }

  private traceAction(fn: UserFunction, params: Params, label: string): UserFunction {
    let op = operationOf(fn, params, this.delays);
    if (this.planted.forgetsEffects === true && op?.reducer !== undefined) op = { ...op, reducer: withoutEffects(op.reducer) };
    if (isBuiltinAction(fn)) return this.traceBuiltin(fn, op, params);
    assert(op !== undefined, 'a custom action is an operation');
    // Shaped like one of XState's own, because it is recorded when it is resolved, in program order, and may be
    // executed later.
    const resolve: BuiltinAction['resolve'] = (_scope, snapshot, args) => {
      const values = paramsFor(params, args.context, args.event);
      this.record(op, true);
      return [snapshot, { args, values }, undefined];
    };
    const execute = (_scope: unknown, called: { args: ExpressionArgs; values: unknown }): unknown => fn(called.args, called.values);
    return Object.assign(() => undefined, { type: label, resolve, execute });
  }

  /** @param op undefined when only the interpreter can run the action */
  private traceBuiltin(action: BuiltinAction, op: Operation | undefined, params: Params): UserFunction {
    const resolve: BuiltinAction['resolve'] = (scope, snapshot, args, _params, _action, extra) => {
      if (op === undefined) this.leaveToInterpreter();
      const values = paramsFor(params, args.context, args.event);
      const result = action.resolve(scope, snapshot, args, values, action, extra);
      if (op !== undefined) this.recordBuiltin(op, action, result[1]);
      return result;
    };
    const execute = 'execute' in action ? { execute: action.execute } : {};
    return Object.assign(() => undefined, { type: action.type, resolve }, execute);
  }

  private recordBuiltin(op: Operation, action: BuiltinAction, result: unknown): void {
    if (action.type !== 'xstate.raise') {
      this.record(op, true);
      return;
    }
    const { event, delay } = result as { event: EventObject; delay: unknown };
    const computed = op.fn !== undefined;
    if (typeof delay === 'number') {
      // The slot the raise would have taken: it belongs to the node, whichever way the delay goes.
      this.record(op, true, op.kind === SCHEDULE_OR_RAISE && computed ? this.raisedCount : 0);
    } else if (!computed) {
      if (op.kind === SCHEDULE_OR_RAISE) this.record(op, false);
      this.queue.push({ event, source: event });
    } else {
      const slot = this.raisedCount++;
      this.record(op, typeOf(event), slot);
      this.queue.push({ event, source: slot });
    }
  }

  private traceContext(): void {
    const { config } = this.traced;
    const { context } = config;
    if (typeof context !== 'function') return;
    const factory = context as UserFunction;
    const op = operation(CREATE_CONTEXT, { fn: factory });
    this.traced.config = {
      ...config,
      context: (args: ExpressionArgs) => {
        const created = factory(args);
        this.record(op, true);
        return created;
      },
    };
  }

  /** XState asks `getTransitionData` once for each event it processes, in order, before any guard of it runs. */
  private traceEvents(): void {
    const select = this.traced.getTransitionData.bind(this.traced);
    this.traced.getTransitionData = (snapshot, event) => {
      if (this.tracing && !this.beyond) this.processing(event);
      return select(snapshot, event);
    };
  }

  private processing(event: EventObject): void {
    if (this.awaitsOutside) {
      this.awaitsOutside = false;
      return;
    }
    // Done events are fresh objects of XState's own, so identity tells them from the raise at the head of the queue.
    if (this.queue[0]?.event === event) this.source = (this.queue.shift() as { source: Source }).source;
    else this.source = event;
  }
}

function withoutEffects(reducer: Reducer): Reducer {
  return (state, event) => ({ state: reducer(state, event).state, effects: [] });
}
