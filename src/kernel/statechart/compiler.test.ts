/** What only the compiled engine has: statistics, coverage, and its protection against impure functions. */
import { assign, createMachine, emit, enqueueActions, raise } from 'xstate';
import type { AnyStateMachine, EventObject } from 'xstate';
import { describe, expect, it } from 'vitest';
import { compile } from './compiler.ts';
import type { CompiledProgram } from './compiler.ts';
import type { MachineState, OutputSink } from './engine.ts';

const NOWHERE: OutputSink = { emit: () => {}, schedule: () => {}, cancel: () => {} };

function run(program: CompiledProgram, ...events: readonly EventObject[]): MachineState {
  let state = program.start({}, NOWHERE);
  for (const event of events) state = program.step(state, event, NOWHERE);
  return state;
}

function event(type: string, n = 0): EventObject {
  return { type, n } as EventObject;
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
