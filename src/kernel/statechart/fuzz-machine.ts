/**
 * A fuzz spec as a real XState machine. All functions are pure but one kind, the custom action, which writes into
 * `calls` so that the fuzz can see it called once, in order, with the right arguments.
 */
import { and, assign, cancel, createMachine, emit, enqueueActions, log, not, or, raise, stateIn } from 'xstate';
import type { AnyStateMachine, EventObject } from 'xstate';
import { unreachable } from '../assert.ts';
import { EVENT_TYPES, KEYS } from './fuzz.ts';
import { handedOver, reduction } from './reduction.ts';
import type { ActionSpec, AssignForm, DelaySpec, GuardSpec, Key, StateSpec, TransitionSpec } from './fuzz.ts';

interface Data { readonly a: number; readonly b: number; readonly c: number; readonly z?: number }
/** Data at the top, or in the `state` of a pair; a reduction on the former adds the latter, which then counts. */
type Context = Data & { readonly state?: Data; readonly effects?: unknown };
interface Args { readonly context: Context; readonly event: EventObject & { readonly n?: number } }
interface Params { readonly k: number }

/** Values stay below this, so that a machine has few contexts and its paths recur. */
const MODULUS = 5;
/** A loop of `always` or `raise` is an error after so many microsteps; low, because the fuzz meets many. */
const MAX_MICROSTEPS = 8;

export interface FuzzMachine {
  readonly machine: AnyStateMachine;
  /** What custom actions were called with, in order; the runner empties it. */
  readonly calls: string[];
}

/** @throws Error when the spec is not a machine, as a cut-down spec may not be */
export function buildMachine(spec: StateSpec): FuzzMachine {
  return new Builder().build(spec);
}

/** XState's types describe machines written by hand; a generated one goes in untyped, and comes out checked by running. */
type Untyped = never;

/** A partial update that is not a plain object: `assign` copies its own fields only. */
class Update {
  readonly key: Key;
  constructor(key: Key, value: number) {
    this.key = key;
    (this as Record<string, unknown>)[key] = value;
  }

  get invisible(): number { return 1; }
}

class Builder {
  private readonly calls: string[] = [];
  private readonly actions: Record<string, unknown> = {};
  private readonly guards: Record<string, unknown> = {};
  private names = 0;

  build(spec: StateSpec): FuzzMachine {
    const config = {
      id: 'm',
      context: ({ input }: { input: { n: number } }) => {
        const data = { a: input.n % MODULUS, b: 1, c: 2 };
        return spec.paired === true ? { state: data, effects: [] } : data;
      },
      options: { maxIterations: MAX_MICROSTEPS },
      ...this.state(spec),
    };
    const delays = {
      named: 30,
      namedComputed: ({ context }: Args) => 40 + dataOf(context).a,
      maybe: ({ context }: Args) => (dataOf(context).b % 2 === 0 ? undefined : 50),
    };
    const machine = createMachine(config as Untyped, { actions: this.actions, guards: this.guards, delays } as Untyped);
    return { machine: machine as AnyStateMachine, calls: this.calls };
  }

  private state(spec: StateSpec): object {
    const keys = Object.keys(spec.states);
    return {
      ...(spec.type === 'compound' ? {} : { type: spec.type }),
      ...(keys.length === 0 ? {} : { states: mapRecord(spec.states, (child) => this.state(child)) }),
      ...(spec.initial === undefined ? {} : { initial: this.initial(spec, spec.initial) }),
      ...(spec.history === undefined ? {} : { history: spec.history }),
      ...(spec.fallback === undefined ? {} : { target: spec.fallback }),
      ...(spec.output === undefined ? {} : { output: spec.output === 'static' ? 7 : ({ context }: Args) => dataOf(context).a }),
      ...(spec.type === 'history' ? {} : {
        entry: spec.entry.map((action) => this.action(action)),
        exit: spec.exit.map((action) => this.action(action)),
        on: mapRecord(spec.on, (transitions) => (transitions === null ? undefined : this.transitions(transitions))),
        always: this.transitions(spec.always),
        after: mapRecord(spec.after, (transitions) => this.transitions(transitions)),
        ...(spec.onDone.length === 0 ? {} : { onDone: this.transitions(spec.onDone) }),
      }),
    };
  }

  private initial(spec: StateSpec, target: string): unknown {
    if (spec.initialActions.length === 0) return target;
    return { target, actions: spec.initialActions.map((action) => this.action(action)) };
  }

  private transitions(specs: readonly TransitionSpec[]): object[] {
    return specs.map((spec) => ({
      ...(spec.targets.length === 0 ? {} : { target: spec.targets.map((path) => `#m.${path}`) }),
      ...(spec.guard === undefined ? {} : { guard: this.guard(spec.guard) }),
      actions: spec.actions.map((action) => this.action(action)),
      reenter: spec.reenter,
    }));
  }

  private guard(spec: GuardSpec): unknown {
    switch (spec.kind) {
      case 'in': return stateIn(`#m.${spec.state}`);
      case 'and': return and(spec.of.map((inner) => this.guard(inner)) as Untyped);
      case 'or': return or(spec.of.map((inner) => this.guard(inner)) as Untyped);
      case 'not': return not(this.guard(spec.of[0] as GuardSpec) as Untyped);
      case 'test': {
        const { key, modulus, remainder, usesEvent } = spec;
        return this.refer(this.guards, spec, ({ context, event }, params) => {
          explode(spec, context, 'guard');
          return (dataOf(context)[key] + (usesEvent ? event.n ?? 0 : 0) + (params?.k ?? 0)) % modulus === remainder;
        });
      }
      default: return unreachable(spec, 'guard spec');
    }
  }

  private action(spec: ActionSpec): unknown {
    return this.refer(this.actions, spec, this.actionFunction(spec) as never);
  }

  private actionFunction(spec: ActionSpec): unknown {
    switch (spec.kind) {
      case 'assign': return assign(assignment(spec) as Untyped);
      case 'reduce': return assign(reduction(reducerFor(spec) as Untyped) as Untyped);
      case 'handOver': return emit(handedOver as Untyped);
      case 'emit': return emit(eventOf(spec, 'out') as Untyped);
      case 'raise': return raise(eventOf(spec, 'raised') as Untyped);
      case 'delayed': return raise(eventOf(spec, 'raised') as Untyped, { id: `d${spec.choice % 2}`, delay: delayOf(spec.delay) } as Untyped);
      case 'cancel': return cancel((spec.computed ? ({ context }: Args) => `d${dataOf(context).a % 2}` : `d${spec.choice % 2}`) as Untyped);
      case 'log': return log((({ context }: Args) => { explode(spec, context, 'log'); return dataOf(context).a; }) as Untyped);
      case 'custom': return ({ context, event }: Args, params?: Params): void => {
        explode(spec, context, 'custom action');
        const { a, b, c } = dataOf(context);
        this.calls.push(`${spec.choice} ${event.type} ${a}${b}${c} ${params?.k}`);
      };
      case 'enqueue': return enqueueActions((({ context, enqueue }: Args & { enqueue: Enqueue }) => {
        const { a, b } = dataOf(context);
        if (a % 2 === 0) enqueue.assign({ b: (b + 1) % MODULUS });
        else enqueue.raise({ type: EVENT_TYPES[spec.choice] as string });
        enqueue.emit({ type: 'enqueued', a });
      }) as Untyped);
      default: return unreachable(spec, 'action spec');
    }
  }

  /** By name or inline, with or without `params`; XState gives params to named functions only. */
  private refer(
    registry: Record<string, unknown>, spec: { readonly named: boolean; readonly params: string },
    fn: (args: Args, params?: Params) => unknown,
  ): unknown {
    if (!spec.named) return fn;
    const type = `f${this.names++}`;
    registry[type] = fn;
    switch (spec.params) {
      case 'static': return { type, params: { k: 1 } };
      case 'computed': return { type, params: ({ context, event }: Args) => ({ k: (dataOf(context).b + (event.n ?? 0)) % MODULUS }) };
      default: return type;
    }
  }
}

interface Enqueue {
  assign(update: object): void;
  raise(event: EventObject): void;
  emit(event: object): void;
}

function assignment(spec: Extract<ActionSpec, { kind: 'assign' }>): unknown {
  const { key, form } = spec;
  const value = ({ context, event }: Args, params?: Params): number => {
    explode(spec, context, 'assign');
    return (dataOf(context)[key] + (event.n ?? 1) + (params?.k ?? 0)) % MODULUS;
  };
  if (form === 'fields') return { [key]: value, c: 3 };
  return (args: Args, params?: Params) => updateOf(form, key, value(args, params), args.context);
}

function updateOf(form: Exclude<AssignForm, 'fields'>, key: Key, value: number, context: Context): unknown {
  switch (form) {
    case 'partial': return { [key]: value };
    case 'whole': return { ...context, [key]: value };
    case 'reordered': return Object.fromEntries([...KEYS].reverse().map((each) => [each, each === key ? value : context[each]]));
    case 'same': return context;
    case 'instance': return new Update(key, value);
    case 'nothing': return undefined;
    case 'newKey': return value % 2 === 0 ? { z: value } : { [key]: value };
    default: return unreachable(form, 'assign form');
  }
}

function reducerFor(spec: Extract<ActionSpec, { kind: 'reduce' }>): (data: Data | undefined, event: Args['event']) => object {
  const { form, key, choice } = spec;
  return (data = { a: 0, b: 0, c: 0 }, event) => {
    explode(spec, data, 'reducer');
    const value = (data[key] + (event.n ?? 1)) % MODULUS;
    const effects = [choice, value];
    switch (form) {
      case 'pair': return { state: { ...data, [key]: value }, effects };
      case 'more': return { effects, more: value, state: { ...data, [key]: value } };
      case 'same': return { state: data, effects };
      default: return unreachable(form, 'reduce form');
    }
  };
}

function dataOf(context: Context): Data {
  return context.state ?? context;
}

/** A constant event, or one whose type and data depend on context and event. */
function eventOf(spec: ActionSpec & { readonly computed: boolean; readonly choice: number }, prefix: string): unknown {
  const types = prefix === 'out' ? ['out.0', 'out.1', 'out.2', 'out.3', 'out.4'] : EVENT_TYPES;
  if (!spec.computed) return { type: types[spec.choice], n: spec.choice };
  return ({ context, event }: Args, params?: Params) => {
    explode(spec, context, spec.kind);
    if (spec.choice === 0 && event.n !== undefined) return event;
    return { type: types[(spec.choice + dataOf(context).a) % types.length], n: (dataOf(context).b + (event.n ?? 0) + (params?.k ?? 0)) % MODULUS };
  };
}

function delayOf(delay: DelaySpec): unknown {
  switch (delay) {
    case 'static': return 5;
    case 'computed': return ({ context }: Args, params?: Params) => dataOf(context).c + (params?.k ?? 0);
    default: return delay;
  }
}

function explode(spec: { readonly throwsAt?: number }, context: Context, what: string): void {
  const { a } = dataOf(context);
  if (spec.throwsAt === a) throw new RangeError(`${what} at a=${a}`);
}

function mapRecord<T>(record: Readonly<Record<string, T>>, map: (value: T) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
