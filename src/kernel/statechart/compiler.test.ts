/** What only the compiled engine has: statistics, coverage, and its protection against impure functions. */
import { assign, createMachine, emit, enqueueActions, raise } from 'xstate';
import type { AnyStateMachine, EventObject } from 'xstate';
import { describe, expect, it } from 'vitest';
import { compile } from './compiler.ts';
import type { CompiledProgram } from './compiler.ts';
import type { MachineState, OutputSink } from './engine.ts';
import { interpret } from './interpreter.ts';
import { handedOver, reduction } from './reduction.ts';

const NOWHERE: OutputSink = { emit: () => {}, schedule: () => {}, cancel: () => {} };

function run(program: CompiledProgram, ...events: readonly EventObject[]): MachineState {
  let state = program.start({}, NOWHERE);
  for (const event of events) state = program.step(state, event, NOWHERE);
  return state;
}

function event(type: string, n = 0): EventObject {
  return { type, n } as EventObject;
}

/** Sums what it is sent and hands it over; `SPOIL` with n > 0 gives the context a third key. */
function counter(): AnyStateMachine {
  const add = (sum: number, { n }: EventObject & { readonly n: number }): { state: number; effects: readonly number[] } => {
    if (n === 13) throw new Error('thirteen');
    return { state: sum + n, effects: [n] };
  };
  return createMachine({
    id: 'counter', context: { state: 0, effects: [] },
    on: {
      ADD: { guard: 'isPositive', actions: [assign(reduction(add as never) as never), emit(handedOver as never)] },
      SPOIL: { actions: assign((({ event: { n } }: { event: { n: number } }) => (n > 0 ? { spoilt: n } : {})) as never) },
    },
  } as never, { guards: { isPositive: ({ event: { n } }: { event: { n: number } }) => n > 0 } } as never) as AnyStateMachine;
}

describe('the compiler', () => {
  it('traces a path once and replays it afterwards, calling each function once per step', () => {
    let guardCalls = 0;
    const program = compile(createMachine({
      id: 'm', context: { sum: 0 },
      on: { E: { guard: ({ event: { n } }) => { guardCalls++; return n > 0; }, actions: assign({ sum: ({ context, event: { n } }) => context.sum + (n as number) }) } },
    }));
    expect(run(program, event('E', 1), event('E', 2), event('E', 3)).context).toEqual({ sum: 6 });
    expect(program.stats).toEqual({ paths: 2, confs: 1, interpretedRoots: 0, fallbackSteps: 0 });
    guardCalls = 0;
    run(program, event('E', 1));
    expect([guardCalls, program.stats.paths]).toEqual([1, 2]);
  });

  it('shows which way each path went, and how often', () => {
    const program = compile(createMachine({
      id: 'm', context: { n: 0 }, initial: 'a',
      states: {
        a: { on: { E: { guard: 'positive', target: 'b' }, R: { actions: raise(({ event: cause }) => ({ type: (cause as EventObject & { n: number }).n === 0 ? 'E' : 'X' })) } } },
        b: {},
      },
    } as never, { guards: { positive: ({ event: { n } }: { event: { n: number } }) => n > 0 } } as never) as AnyStateMachine);
    run(program, event('E'), event('E'), event('E', 1));
    run(program, event('R', 1));
    expect(program.coverage()).toEqual([
      { state: '', event: 'xstate.init', guards: [], hits: 2 },
      { state: 'a', event: 'E', guards: [{ label: 'positive', outcome: true }], hits: 1 },
      { state: 'a', event: 'E', guards: [{ label: 'positive', outcome: false }], hits: 2 },
      { state: 'a', event: 'R', guards: [{ label: 'raise', outcome: 'X' }], hits: 1 },
    ]);
  });

  it('leaves only the paths through enqueueActions to the interpreter', () => {
    const program = compile(createMachine({
      id: 'm', context: { n: 0 },
      on: { E: [
        { guard: ({ event: { n } }) => n === 0, actions: assign({ n: 1 }) },
        { actions: enqueueActions(({ enqueue }) => { enqueue.assign({ n: 2 }); }) },
      ] },
    }));
    run(program, event('E', 0), event('E', 1), event('E', 0), event('E', 0), event('E', 1));
    expect(program.stats).toEqual({ paths: 3, confs: 1, interpretedRoots: 1, fallbackSteps: 1 });
    expect(program.coverage().map(({ hits }) => hits)).toEqual([1, 3, 2]);
  });

  it('fails when a function that threw does not throw when called again', () => {
    let calls = 0;
    const program = compile(createMachine({ id: 'm', context: {}, on: { E: { actions: emit(() => { if (++calls === 2) throw new Error('moody'); return { type: 'out' }; }) } } }));
    expect(() => run(program, event('E'), event('E'))).toThrow('a function threw, and did not when called again');
  });

  it('replays a reduction by its reducer: called once, its effects handed over as they are', () => {
    const handed: unknown[] = [];
    const program = compile(counter());
    const sink: OutputSink = { ...NOWHERE, emit: (emitted) => { handed.push(emitted); } };
    let state = program.start(undefined, sink);
    for (const n of [1, 2, 3]) state = program.step(state, event('ADD', n), sink);
    expect(state.context).toEqual({ state: 6, effects: [3] });
    expect(handed).toEqual([1, 2, 3].map((n) => ({ type: 'effects', effects: [n] })));
    expect((handed[2] as { effects: unknown }).effects).toBe((state.context as { effects: unknown }).effects);
    expect(program.coverage().slice(1)).toEqual([{ state: 'counter', event: 'ADD', guards: [{ label: 'isPositive', outcome: true }], hits: 3 }]);
  });

  it('counts the ways through reductions as through everything else, and hands over nothing when the reducer throws', () => {
    const program = compile(counter());
    let outputs = 0;
    const sink: OutputSink = { ...NOWHERE, emit: () => { outputs++; } };
    let state = program.start(undefined, sink);
    for (const n of [1, 0, 2, 0, 0]) state = program.step(state, event('ADD', n), sink);
    expect(() => program.step(state, event('ADD', 13), sink)).toThrow('thirteen');
    expect(outputs).toBe(2);
    expect(program.stats).toEqual({ paths: 3, confs: 1, interpretedRoots: 0, fallbackSteps: 0 });
    expect(program.coverage().map(({ guards, hits }) => [guards.map(({ outcome }) => outcome), hits])).toEqual([[[], 1], [[true], 2], [[false], 3]]);
    expect(program.step(state, event('ADD', 3), sink).context).toEqual({ state: 6, effects: [3] });
  });

  it('sees a context stop being a pair, also when an assign on a known path does it', () => {
    const machine = counter();
    const [compiled, interpreted] = [compile(machine), interpret(machine)].map((program) => {
      let state = program.start(undefined, NOWHERE);
      // Each path is known by the time the second SPOIL adds a key, which reductions must then keep.
      for (const sent of [event('ADD', 1), event('ADD', 1), event('SPOIL', 0), event('SPOIL', 1), event('ADD', 2), event('ADD', 2)]) state = program.step(state, sent, NOWHERE);
      return JSON.stringify(state.context);
    });
    expect(compiled).toBe('{"state":6,"effects":[2],"spoilt":1}');
    expect(compiled).toBe(interpreted);
  });

  it('is not misled by an error of the step before', () => {
    const program = compile(createMachine({ id: 'm', context: {}, on: { E: { guard: ({ event: { n } }) => { if (n === 9) throw new Error('nine'); return true; }, actions: emit({ type: 'out' }) } } }));
    const state = run(program, event('E'));
    expect(() => program.step(state, event('E', 9), NOWHERE)).toThrow('nine');
    expect(program.step(state, event('NEW'), NOWHERE)).toBe(state);
  });

  it('refuses a sink that steps a machine of the same program', () => {
    const program = compile(createMachine({ id: 'm', context: {}, on: { E: { actions: emit({ type: 'out' }) } } }));
    const state = run(program, event('E'));
    const reentrant: OutputSink = { ...NOWHERE, emit: () => { program.step(state, event('E'), NOWHERE); } };
    expect(() => program.step(state, event('E'), reentrant)).toThrow('a sink records outputs');
  });

  it('keeps the order of context keys, whatever an assign returns', () => {
    const program = compile(createMachine({
      id: 'm', context: { a: 1, b: 2 },
      on: {
        WHOLE: { actions: assign(({ context }) => ({ ...context, b: 3 })) },
        SWAPPED: { actions: assign(({ context }) => ({ b: 4, a: context.a })) },
        PARTIAL: { actions: assign(() => ({ a: 5 })) },
      },
    }));
    const types = ['WHOLE', 'SWAPPED', 'PARTIAL', 'SWAPPED', 'WHOLE', 'PARTIAL'];
    expect(JSON.stringify(run(program, ...types.map((type) => event(type))).context)).toBe('{"a":5,"b":3}');
  });
});
