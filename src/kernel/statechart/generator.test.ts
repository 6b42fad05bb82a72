/** When code is generated for a configuration, what is in it, and that nobody sees a difference but the clock. */
import { runInNewContext } from 'node:vm';
import { assign, createMachine, emit } from 'xstate';
import type { AnyStateMachine, EventObject } from 'xstate';
import { describe, expect, it } from 'vitest';
import { compileWithBug } from './compiler.ts';
import type { CompiledProgram } from './compiler.ts';
import type { MachineState, OutputSink } from './engine.ts';
import { CODE_GENERATION } from './generator.ts';
import type { CodeGeneration, GeneratedStep } from './generator.ts';
import { interpret } from './interpreter.ts';
import { handedOver, reduction } from './reduction.ts';

const HOT_WALKS = 3;

/** Generates early, and keeps count of it. */
class Observed implements CodeGeneration {
  readonly hotWalks = HOT_WALKS;
  readonly texts: string[] = [];
  /** Steps that generated code took to the end. */
  steps = 0;

  readonly functionOf: CodeGeneration['functionOf'] = (parameters, body) => {
    const factory = CODE_GENERATION.functionOf(parameters, body);
    this.texts.push(body);
    return (...values): GeneratedStep => {
      const step = factory(...values);
      return (state, event, sink) => {
        const next = step(state, event, sink);
        if (next !== undefined) this.steps++;
        return next;
      };
    };
  };
}

const NOWHERE: OutputSink = { emit: () => {}, schedule: () => {}, cancel: () => {} };

interface Sent extends EventObject { readonly n: number }

function event(type: string, n = 0): Sent {
  return { type, n };
}

/** Sums what it is sent; above ten it is full, and what comes then is turned away. `SPOIL` with n > 0 adds a key. */
function tank(options: { readonly onAdd?: (n: number) => void; readonly type?: string } = {}): AnyStateMachine {
  const add = (sum: number, { n }: Sent): { state: number; effects: readonly number[] } => {
    options.onAdd?.(n);
    return { state: sum + n, effects: [n] };
  };
  const adds = [assign(reduction(add as never) as never), emit(handedOver as never)];
  return createMachine({
    id: 'tank', context: { state: 0, effects: [] }, initial: 'Filling',
    states: {
      Filling: {
        on: {
          [options.type ?? 'ADD']: [{ guard: 'overflows', target: 'Full', actions: adds }, { guard: { type: 'isAtLeast', params: { n: 1 } }, actions: adds }],
          SPOIL: { actions: assign((({ event: { n } }: { event: Sent }) => (n > 0 ? { spoilt: n } : {})) as never) },
        },
      },
      Full: { on: { EMPTY: 'Filling' } },
    },
  } as never, {
    guards: {
      overflows: ({ context, event: { n } }: { context: { state: number }; event: Sent }) => context.state + n > 10,
      isAtLeast: ({ event: { n } }: { event: Sent }, params: { n: number }) => n >= params.n,
    },
  } as never) as AnyStateMachine;
}

/** What can be seen of a run: outputs in order, states, errors. */
function transcript(program: { start: CompiledProgram['start']; step: CompiledProgram['step']; describe: CompiledProgram['describe'] }, events: readonly Sent[]): readonly unknown[] {
  const seen: unknown[] = [];
  const sink: OutputSink = {
    emit: (emitted) => { seen.push(structuredClone(emitted)); },
    schedule: (id, delayMs, { type }) => { seen.push(['schedule', id, delayMs, type]); },
    cancel: (id) => { seen.push(['cancel', id]); },
  };
  let state: MachineState = program.start(undefined, sink);
  for (const sent of events) {
    const before = state;
    try {
      state = program.step(state, sent, sink);
    } catch (error) {
      seen.push(String(error));
    }
    seen.push([program.describe(state), state === before, JSON.stringify(state.context)]);
  }
  return seen;
}

const USUAL: readonly Sent[] = [1, 0, 2, 0, 1, 1, 0, 1].map((n) => event('ADD', n));

describe('code for a hot configuration', () => {
  it('is generated after so many walks, and takes the steps from then on', () => {
    const observed = new Observed();
    const program = compileWithBug(tank(), {}, observed);
    transcript(program, USUAL);
    // Two steps trace a path each, and the walk that makes the configuration hot is still a walk.
    expect(observed.texts.length).toBe(1);
    expect(observed.steps).toBe(USUAL.length - 2 - HOT_WALKS);
    expect(program.coverage().map(({ hits }) => hits)).toEqual([1, 5, 3]);
  });

  it('does what the interpreter does, also where it leaves the known paths', () => {
    const observed = new Observed();
    const events = [...USUAL, event('ADD', 7), event('EMPTY'), ...USUAL, event('NEW'), ...USUAL];
    expect(transcript(compileWithBug(tank(), {}, observed), events)).toEqual(transcript(interpret(tank()), events));
    expect(observed.steps).toBeGreaterThan(8);
  });

  it('is generated anew when a path was missing', () => {
    const observed = new Observed();
    const program = compileWithBug(tank(), {}, observed);
    transcript(program, [...USUAL, event('ADD', 20)]);
    const { length } = observed.texts;
    const overflow = [event('ADD', 20), event('EMPTY')];
    transcript(program, Array.from({ length: HOT_WALKS + 1 }, () => overflow).flat());
    expect(observed.texts.length).toBeGreaterThan(length);
    const { steps } = observed;
    transcript(program, overflow);
    expect(observed.steps - steps).toBe(2);
  });

  it('calls a reducer and its guards once per step', () => {
    let calls = 0;
    const observed = new Observed();
    const program = compileWithBug(tank({ onAdd: () => { calls++; } }), {}, observed);
    transcript(program, USUAL);
    const { steps } = observed;
    calls = 0;
    transcript(program, [event('ADD', 1), event('ADD', 1)]);
    expect([calls, observed.steps - steps]).toEqual([2, 2]);
  });

  it('throws what a reducer throws, and hands nothing over', () => {
    const observed = new Observed();
    const machine = tank({ onAdd: (n) => { if (n === 4) throw new RangeError('four'); } });
    const events = [...USUAL, event('ADD', 4), event('ADD', 1)];
    const seen = transcript(compileWithBug(machine, {}, observed), events);
    expect(seen).toEqual(transcript(interpret(machine), events));
    expect(seen).toContain('RangeError: four');
    expect(observed.steps).toBeGreaterThan(0);
  });

  it('fails when a reducer that threw does not throw when called again', () => {
    let isMoody = false;
    const program = compileWithBug(tank({ onAdd: () => { if (isMoody) { isMoody = false; throw new Error('moody'); } } }), {}, new Observed());
    const state = USUAL.reduce((latest, sent) => program.step(latest, sent, NOWHERE), program.start(undefined, NOWHERE));
    isMoody = true;
    expect(() => program.step(state, event('ADD', 1), NOWHERE)).toThrow('a function threw, and did not when called again');
  });

  it('cancels and schedules the timers of after, between one hand-over and the next', () => {
    const step = (state: number, { n }: Sent): { state: number; effects: readonly number[] } => ({ state: state + n, effects: [n] });
    const adds = [assign(reduction(step as never) as never), emit(handedOver as never)];
    const machine = createMachine({
      id: 'pump', context: { state: 10, effects: [] }, initial: 'Pumping',
      states: {
        Pumping: {
          entry: emit(handedOver as never), after: { pressure: { target: 'Pumping', reenter: true }, 50: {} },
          on: { ADD: { target: 'Pumping', reenter: true, actions: adds } },
        },
      },
    } as never, { delays: { pressure: (({ context }: { context: { state: number } }) => context.state) as never } });
    const observed = new Observed();
    const program = compileWithBug(machine, {}, observed);
    const seen = transcript(program, USUAL);
    expect(seen).toEqual(transcript(interpret(machine), USUAL));
    expect(observed.steps).toBe(USUAL.length - 1 - HOT_WALKS);
    expect(observed.texts[0]).toMatch(/outputs\.cancel.*outputs\.emit.*outputs\.emit.*outputs\.schedule/s);
  });

  it('is dropped when a context is no pair any more', () => {
    const observed = new Observed();
    const events = [...USUAL, event('SPOIL'), event('SPOIL', 1), ...USUAL];
    const seen = transcript(compileWithBug(tank(), {}, observed), events);
    expect(seen).toEqual(transcript(interpret(tank()), events));
    expect(JSON.stringify(seen)).toContain('spoilt');
    expect(observed.texts.length).toBe(1);
    // The fuzz would find it out, too, but only now and then.
    expect(transcript(compileWithBug(tank(), { generator: 'outlives the pairs' }, new Observed()), events)).not.toEqual(seen);
  });

  it('refuses a sink that steps a machine of the same program', () => {
    const observed = new Observed();
    const program = compileWithBug(tank(), {}, observed);
    const state = USUAL.reduce((latest, sent) => program.step(latest, sent, NOWHERE), program.start(undefined, NOWHERE));
    const reentrant: OutputSink = { ...NOWHERE, emit: () => { program.step(state, event('ADD', 1), NOWHERE); } };
    expect(observed.steps).toBeGreaterThan(0);
    expect(() => program.step(state, event('ADD', 1), reentrant)).toThrow('a sink records outputs');
  });

  it('holds event types as JSON strings, whatever they are', () => {
    for (const type of ['"]; throw 1; //', '${1}', "'`\\", '\n\r\u2028\u2029', '__proto__', '*/ }', 'a.b', '\ud800']) {
      const observed = new Observed();
      const events = USUAL.map(({ n }) => event(type, n));
      const machine = tank({ type });
      expect(transcript(compileWithBug(machine, {}, observed), events)).toEqual(transcript(interpret(machine), events));
      expect(observed.steps, type).toBe(USUAL.length - 2 - HOT_WALKS);
      // Without its strings, a text is made of words that are ours.
      const words = new Set((observed.texts[0] as string).replaceAll(/"(?:[^"\\]|\\.)*"/g, '').match(/[A-Za-z]+/g));
      expect([...words].filter((word) => !OUR_WORDS.has(word))).toEqual([]);
    }
  });

  it('is done without where V8 forbids it: the same steps, and one attempt', () => {
    const forbidden = runInNewContext('Function', {}, { contextCodeGeneration: { strings: false, wasm: false } }) as FunctionConstructor;
    let attempts = 0;
    const refused: unknown[] = [];
    const refusing: CodeGeneration = {
      hotWalks: HOT_WALKS,
      functionOf: (parameters, body) => {
        attempts++;
        try {
          return Reflect.construct(forbidden, [...parameters, body]) as never;
        } catch (error) {
          refused.push(error);
          throw error;
        }
      },
    };
    const events = [...USUAL, event('ADD', 7), event('EMPTY'), ...USUAL];
    const program = compileWithBug(tank(), {}, refusing);
    const generated = compileWithBug(tank(), {}, new Observed());
    expect(transcript(program, events)).toEqual(transcript(generated, events));
    expect(program.coverage()).toEqual(generated.coverage());
    expect([attempts, refused.length]).toEqual([1, 1]);
    expect(String(refused[0])).toContain('EvalError: Code generation from strings disallowed');
  });
});

const OUR_WORDS: ReadonlySet<string> = new Set([
  'use', 'strict', 'return', 'function', 'step', 'state', 'event', 'sink', 'let', 'next', 'effects', 'try', 'switch', 'type', 'case', 'const',
  'context', 'reduced', 'reducer', 'if', 'guard', 'params', 'leaf', 'hits', 'new', 'CompiledState', 'target', 'break', 'undefined', 'default',
  'catch', 'error', 'failed', 'outputs', 'handOver', 'isBuffered', 'true', 'false', 'clear', 'flushTo', 'else',
]);
