/**
 * Random statecharts for the differential fuzz, as plain JSON: a machine that fails can be printed, cut down and pasted
 * into a test. Every feature the engines claim to run has a share here (fuzz.test.ts asserts the shares); contexts and
 * alphabets are tiny, so that paths recur and are replayed. `fuzz-machine.ts` turns a spec into an XState machine.
 *
 * Left out: whatever the engines refuse to load (child actors, delayed raises without id).
 */
import { ratio } from '../random.ts';
import type { Stream } from '../random.ts';

/** How a function gets its second argument. */
export type ParamsSpec = 'none' | 'static' | 'computed';

export type GuardSpec =
  | { readonly kind: 'test'; readonly key: Key; readonly modulus: number; readonly remainder: number; readonly usesEvent: boolean; readonly named: boolean; readonly params: ParamsSpec; readonly throwsAt?: number }
  | { readonly kind: 'in'; readonly state: string }
  | { readonly kind: 'and' | 'or' | 'not'; readonly of: readonly GuardSpec[] };

export type Key = 'a' | 'b' | 'c';
export const KEYS: readonly Key[] = ['a', 'b', 'c'];
export type DelaySpec = 'static' | 'named' | 'namedComputed' | 'computed' | 'maybe';

interface Common { readonly named: boolean; readonly params: ParamsSpec; readonly throwsAt?: number }
export type AssignForm = 'partial' | 'whole' | 'reordered' | 'same' | 'instance' | 'nothing' | 'fields' | 'newKey';
/** What a reducer returns: the pair; the pair and more, in another order; the state it was given. */
export type ReduceForm = 'pair' | 'more' | 'same';
export type ActionSpec =
  | Common & { readonly kind: 'assign'; readonly form: AssignForm; readonly key: Key }
  | Common & { readonly kind: 'reduce'; readonly form: ReduceForm; readonly key: Key; readonly choice: number }
  | Common & { readonly kind: 'emit' | 'raise' | 'cancel'; readonly computed: boolean; readonly choice: number }
  | Common & { readonly kind: 'delayed'; readonly computed: boolean; readonly choice: number; readonly delay: DelaySpec }
  | Common & { readonly kind: 'log' | 'custom' | 'enqueue' | 'handOver'; readonly choice: number };

export interface TransitionSpec {
  /** Paths from the root such as `s0.s1`; none is targetless. */
  readonly targets: readonly string[];
  readonly guard?: GuardSpec;
  readonly actions: readonly ActionSpec[];
  readonly reenter: boolean;
}

export interface StateSpec {
  /** Of the root: the context is `{state, effects}`, as reductions want it. */
  readonly paired?: true;
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  readonly states: Readonly<Record<string, StateSpec>>;
  readonly initial?: string;
  readonly initialActions: readonly ActionSpec[];
  readonly history?: 'shallow' | 'deep';
  /** The default of a history state, a sibling's key. */
  readonly fallback?: string;
  readonly entry: readonly ActionSpec[];
  readonly exit: readonly ActionSpec[];
  /** `null` forbids the event. */
  readonly on: Readonly<Record<string, readonly TransitionSpec[] | null>>;
  readonly always: readonly TransitionSpec[];
  readonly after: Readonly<Record<string, readonly TransitionSpec[]>>;
  readonly onDone: readonly TransitionSpec[];
  /** The done data of a final state. */
  readonly output?: 'static' | 'computed';
}

/** An event from outside, or the firing of one of the timers then armed. */
export type FuzzEvent =
  | { readonly kind: 'send'; readonly type: string; readonly n: number }
  | { readonly kind: 'timer'; readonly index: number };

/** A machine and the runs to take it through, one after the other on the same program. */
export interface FuzzCase {
  readonly machine: StateSpec;
  readonly runs: readonly (readonly FuzzEvent[])[];
}

export const EVENT_TYPES: readonly string[] = ['E0', 'E1', 'E2', 'net.x', 'net.y'];
const DESCRIPTORS: readonly string[] = [...EVENT_TYPES, 'E0', 'E1', 'net.*', '*'];
const AFTER_KEYS: readonly string[] = ['10', '20', 'named', 'namedComputed', 'maybe'];
const MAX_DEPTH = 3;

/** @param steps events per case: two runs on one program, the second much like the first, so that it is replayed */
export function randomCase(random: Stream, steps: number): FuzzCase {
  return new Generator(random).case(steps);
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
interface Draft extends Omit<Mutable<StateSpec>, 'states' | 'on' | 'after'> {
  states: Record<string, Draft>;
  on: Record<string, TransitionSpec[] | null>;
  after: Record<string, TransitionSpec[]>;
}

class Generator {
  private readonly random: Stream;
  private readonly paths: string[] = [];
  private readonly drafts: { readonly draft: Draft; readonly path: string }[] = [];
  private remaining: number;
  /** Faults are rare, and absent from most machines, so that most runs go on to the end. */
  private readonly throwing: boolean;
  private readonly enqueuing: boolean;
  /** Reductions, mostly of pairs; some machines use them on a context that is none, or spoil it by an assign. */
  private readonly reducing: boolean;

  constructor(random: Stream) {
    this.random = random;
    this.remaining = random.between(2, 6);
    this.throwing = this.oneIn(12);
    this.enqueuing = this.oneIn(10);
    this.reducing = this.oneIn(3);
  }

  case(steps: number): FuzzCase {
    const machine = this.tree(this.oneIn(5) ? 'parallel' : 'compound', '', 0);
    if (this.reducing && !this.oneIn(6)) machine.paired = true;
    for (const { draft, path } of this.drafts) this.decorate(draft, path);
    const first = Array.from({ length: steps >> 1 }, () => this.event());
    const second = first.map((event) => (this.oneIn(3) ? this.event() : event));
    return { machine, runs: [first, second] };
  }

  private tree(type: StateSpec['type'], path: string, depth: number): Draft {
    const draft: Draft = {
      type, states: {}, initialActions: [], entry: [], exit: [], on: {}, always: [], after: {}, onDone: [],
    };
    this.drafts.push({ draft, path });
    if (path !== '') this.paths.push(path);
    if (type !== 'compound' && type !== 'parallel') return draft;
    const children = this.random.between(2, 3);
    for (let i = 0; i < children; i++) {
      const key = `s${i}`;
      draft.states[key] = this.tree(this.childType(depth + 1, i), path === '' ? key : `${path}.${key}`, depth + 1);
    }
    if (type === 'compound') draft.initial = 's0';
    if (this.oneIn(3)) this.addHistory(draft, path);
    return draft;
  }

  private childType(depth: number, index: number): StateSpec['type'] {
    this.remaining--;
    if (depth < MAX_DEPTH && this.remaining > 0) {
      if (this.oneIn(3)) return 'compound';
      if (this.oneIn(6)) return 'parallel';
    }
    return index > 0 && this.oneIn(6) ? 'final' : 'atomic';
  }

  private addHistory(parent: Draft, path: string): void {
    const draft: Draft = {
      type: 'history', states: {}, initialActions: [], entry: [], exit: [], on: {}, always: [], after: {}, onDone: [],
      history: this.oneIn(2) ? 'deep' : 'shallow',
    };
    if (parent.type === 'compound' && this.oneIn(2)) draft.fallback = 's1';
    parent.states.h = draft;
    // Twice: a transition to history should be likely where there is any.
    const own = path === '' ? 'h' : `${path}.h`;
    this.paths.push(own, own);
  }

  private decorate(draft: Draft, path: string): void {
    const { type } = draft;
    draft.entry = this.actions(4);
    draft.exit = this.actions(5);
    if (type === 'final') {
      if (this.oneIn(4)) draft.output = this.oneIn(2) ? 'static' : 'computed';
      return;
    }
    if (type === 'compound' && this.oneIn(6)) draft.initialActions = this.actions(1);
    const count = this.random.between(1, 2);
    for (let i = 0; i < count; i++) {
      draft.on[this.random.pick(DESCRIPTORS)] = this.oneIn(14) ? null : this.transitions(path, 2, 3);
    }
    if (this.oneIn(9)) draft.always = this.transitions(path, 1, 1);
    if (this.oneIn(5)) draft.after[this.random.pick(AFTER_KEYS)] = this.transitions(path, 2, 3);
    if (type !== 'atomic' && this.oneIn(2)) draft.onDone = this.transitions(path, 2, 3);
  }

  /** @param guardIn one transition in so many is guarded; 1 guards all */
  private transitions(path: string, max: number, guardIn: number): TransitionSpec[] {
    const transitions: TransitionSpec[] = [];
    const count = this.random.between(1, max);
    for (let i = 0; i < count; i++) {
      const guarded = i < count - 1 || this.oneIn(guardIn);
      transitions.push({
        targets: this.targets(path),
        ...(guarded ? { guard: this.guard(0) } : {}),
        actions: this.actions(2),
        reenter: this.oneIn(5),
      });
    }
    return transitions;
  }

  private targets(path: string): string[] {
    if (this.oneIn(4)) return [];
    const first = this.random.pick(this.paths);
    if (!this.oneIn(4)) return [first];
    // A second target is legal when it lies in another region of a common parallel ancestor.
    const others = this.paths.filter((other) => this.inOtherRegion(first, other));
    return others.length === 0 ? [this.oneIn(2) || path === '' ? first : path] : [first, this.random.pick(others)];
  }

  private inOtherRegion(one: string, other: string): boolean {
    const a = one.split('.');
    const b = other.split('.');
    let common = 0;
    while (common < a.length && common < b.length && a[common] === b[common]) common++;
    if (common === a.length || common === b.length) return false;
    const ancestor = a.slice(0, common).join('.');
    return this.drafts.some(({ draft, path }) => path === ancestor && draft.type === 'parallel');
  }

  private guard(depth: number): GuardSpec {
    if (depth < 2 && this.oneIn(5)) {
      const kind = this.random.pick(['and', 'or', 'not'] as const);
      return { kind, of: kind === 'not' ? [this.guard(depth + 1)] : [this.guard(depth + 1), this.guard(depth + 1)] };
    }
    if (this.oneIn(8)) return { kind: 'in', state: this.random.pick(this.paths) };
    const modulus = this.random.between(2, 3);
    return {
      kind: 'test', key: this.random.pick(KEYS), modulus, remainder: this.random.below(modulus), usesEvent: this.oneIn(2), ...this.common(),
    };
  }

  /** @param one in so many places has actions; 1 always has */
  private actions(oneIn: number): ActionSpec[] {
    const actions: ActionSpec[] = [];
    if (!this.oneIn(oneIn)) return actions;
    const count = this.random.between(1, 2);
    for (let i = 0; i < count; i++) actions.push(this.action());
    // As machines are written: what a reduction asks for is handed over by the next action.
    if (actions.at(-1)?.kind === 'reduce' && !this.oneIn(5)) actions.push(this.handOver());
    return actions;
  }

  private action(): ActionSpec {
    const common = this.common();
    const choice = this.random.below(EVENT_TYPES.length);
    const computed = this.oneIn(2);
    const draw = this.random.below(20);
    if (this.reducing && draw < 8 && !this.oneIn(10)) {
      const form = this.random.pick<ReduceForm>(['pair', 'pair', 'more', 'same']);
      return { kind: 'reduce', form, key: this.random.pick(KEYS), choice, ...common };
    }
    if (this.reducing && draw === 8) return this.handOver();
    if (draw < 8) {
      const form = this.random.pick<AssignForm>(['partial', 'partial', 'whole', 'reordered', 'same', 'instance', 'nothing', 'fields', 'fields', 'newKey']);
      return { kind: 'assign', form, key: this.random.pick(KEYS), ...common };
    }
    if (draw < 12) return { kind: 'emit', computed, choice, ...common };
    if (draw < 13) return { kind: 'raise', computed, choice, ...common };
    if (draw < 15) {
      const delay = this.random.pick<DelaySpec>(['static', 'named', 'namedComputed', 'computed', 'maybe']);
      return { kind: 'delayed', computed, choice, delay, ...common };
    }
    if (draw < 16) return { kind: 'cancel', computed, choice, ...common };
    if (draw < 17) return { kind: 'log', choice, ...common };
    return { kind: draw < 19 && this.enqueuing ? 'enqueue' : 'custom', choice, ...common };
  }

  private handOver(): ActionSpec {
    return { kind: 'handOver', choice: 0, ...this.common() };
  }

  private common(): Common {
    return {
      named: this.oneIn(2),
      params: this.random.pick<ParamsSpec>(['none', 'none', 'static', 'computed']),
      ...(this.throwing && this.oneIn(6) ? { throwsAt: this.random.below(5) } : {}),
    };
  }

  private event(): FuzzEvent {
    if (this.oneIn(5)) return { kind: 'timer', index: this.random.below(4) };
    if (this.oneIn(20)) return { kind: 'send', type: 'UNKNOWN', n: 0 };
    return { kind: 'send', type: this.random.pick(EVENT_TYPES), n: this.random.below(3) };
  }

  private oneIn(n: number): boolean {
    return this.random.chance(ratio(1, n));
  }
}
