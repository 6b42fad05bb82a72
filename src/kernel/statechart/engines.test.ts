/** What every engine promises, checked on all three with one set of tests. */
import { and, assign, cancel, createMachine, emit, enqueueActions, log, not, raise, sendTo, setup, spawnChild } from 'xstate';
import type { AnyStateMachine, EventObject } from 'xstate';
import { describe, expect, it } from 'vitest';
import { AssertionFailed } from '../assert.ts';
import { UnsupportedMachine } from './check.ts';
import type { EngineName, MachineState, OutputSink, Program } from './engine.ts';
import { engine } from './engines.ts';

const NAMES: readonly EngineName[] = ['compiled', 'interpreter', 'live'];

/** A sink that writes down what it is told. */
class Transcript implements OutputSink {
  lines: string[] = [];
  emit(event: EventObject): void { this.lines.push(`emit ${JSON.stringify(event)}`); }
  schedule(id: string, delayMs: number, event: EventObject): void { this.lines.push(`schedule ${id} ${delayMs} ${event.type}`); }
  cancel(id: string): void { this.lines.push(`cancel ${id}`); }
  take(): string[] {
    const { lines } = this;
    this.lines = [];
    return lines;
  }
}

interface Context { readonly count: number; readonly label: string }
type Event = { readonly type: 'ADD' | 'GO' | 'FAIL' | 'BACK' | 'PING' | 'LOOP' | 'NOPE'; readonly by?: number };

const counter = setup({
  types: { context: {} as Context, events: {} as Event, input: {} as { readonly from: number } },
  guards: {
    small: ({ context }) => context.count < 10,
    healthy: ({ event }) => {
      if (event.by === 13) throw new AssertionFailed('13 is not a number of ours');
      return true;
    },
  },
  delays: { patience: ({ context }) => 100 + context.count },
}).createMachine({
  id: 'counter',
  context: ({ input }) => ({ count: input.from, label: 'fresh' }),
  initial: 'Idle',
  states: {
    Idle: {
      on: {
        ADD: { guard: 'small', actions: assign(({ context, event }) => ({ count: context.count + (event.by ?? 1) })) },
        FAIL: { guard: 'healthy', actions: emit({ type: 'fine' }) },
        LOOP: 'Spinning',
        GO: 'Working',
      },
    },
    Working: {
      entry: [emit(({ context }) => ({ type: 'started', count: context.count })), raise({ type: 'PING' })],
      after: { patience: { target: 'Idle', actions: emit({ type: 'gaveUp' }) } },
      initial: 'Waiting',
      on: { BACK: 'Idle', PING: { actions: assign({ label: 'pinged' }) }, FAIL: { actions: [emit({ type: 'lost' }), assign(() => { throw new RangeError('no such label'); })] } },
      states: { Waiting: {} },
    },
    Spinning: { always: 'SpinningToo' },
    SpinningToo: { always: 'Spinning' },
  },
});

function started(name: EngineName, machine: AnyStateMachine = counter, input: unknown = { from: 1 }): { program: Program; state: MachineState; sink: Transcript } {
  const program = engine(name).load(machine);
  const sink = new Transcript();
  return { program, state: program.start(input, sink), sink };
}

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe.each(NAMES)('the %s engine', (name) => {
  it('loads a machine once', () => {
    expect(engine(name).load(counter)).toBe(engine(name).load(counter));
    expect(engine(name).load(counter).machine).toBe(counter);
    expect(engine(name).name).toBe(name);
    expect(engine(name).load(counter).forkable).toBe(name !== 'live');
  });

  it('runs a macrostep and reports its outputs in program order', () => {
    // Twice: the second time the compiled engine replays.
    for (let round = 0; round < 2; round++) {
      const { program, state, sink } = started(name);
      expect([program.describe(state), state.context, sink.take()]).toEqual(['Idle', { count: 1, label: 'fresh' }, []]);
      const added = program.step(state, { type: 'ADD', by: 4 } as Event, sink);
      expect(added.context).toEqual({ count: 5, label: 'fresh' });
      const working = program.step(added, { type: 'GO' }, sink);
      expect(program.describe(working)).toBe('Working.Waiting');
      expect(working.context).toEqual({ count: 5, label: 'pinged' });
      // An `after` is armed before the entry actions run.
      expect(sink.take().sort((a, b) => (a < b ? -1 : 1))).toEqual([
        'emit {"type":"started","count":5}', 'schedule xstate.after.patience.counter.Working 105 xstate.after.patience.counter.Working',
      ]);
      const idle = program.step(working, { type: 'xstate.after.patience.counter.Working' }, sink);
      expect([program.describe(idle), sink.take()]).toEqual(['Idle', ['cancel xstate.after.patience.counter.Working', 'emit {"type":"gaveUp"}']]);
      program.dispose(idle);
    }
  });

  it('gives back the same state for an event that nothing handles, and for a guard that fails', () => {
    for (let round = 0; round < 2; round++) {
      const { program, state, sink } = started(name, counter, { from: 10 });
      expect(program.step(state, { type: 'NOPE' }, sink)).toBe(state);
      expect(program.step(state, { type: 'ADD' }, sink)).toBe(state);
      expect(sink.take()).toEqual([]);
    }
  });

  it('throws the error of a guard itself, not a description of it', () => {
    for (let round = 0; round < 2; round++) {
      const { program, state, sink } = started(name);
      if (name !== 'live') program.step(state, { type: 'FAIL', by: 1 } as Event, new Transcript());
      const error = thrownBy(() => program.step(state, { type: 'FAIL', by: 13 } as Event, sink));
      expect(error).toBeInstanceOf(AssertionFailed);
      expect((error as Error).message).toBe('13 is not a number of ours');
    }
  });

  it('reports nothing of a step that throws', () => {
    const { program, state, sink } = started(name);
    const working = program.step(state, { type: 'GO' }, sink);
    sink.take();
    expect(() => program.step(working, { type: 'FAIL' }, sink)).toThrow(new RangeError('no such label'));
    expect(sink.take()).toEqual([]);
    if (name === 'live') expect(() => program.step(working, { type: 'BACK' }, sink)).toThrow('has failed');
    else expect(program.describe(program.step(working, { type: 'BACK' }, sink))).toBe('Idle');
  });

  it('fails a machine that loops without end instead of hanging', () => {
    const { program, state, sink } = started(name);
    expect(() => program.step(state, { type: 'LOOP' }, sink)).toThrow('Infinite loop detected');
  });

  it('throws the error of a context that cannot be made', () => {
    const broken = createMachine({ id: 'broken', context: () => { throw new RangeError('no disk'); } });
    expect(() => started(name, broken)).toThrow(new RangeError('no disk'));
  });

  it('runs entry actions of the start, then custom actions, once each', () => {
    const calls: string[] = [];
    const machine = createMachine({
      id: 'boot',
      context: { n: 0 },
      entry: [({ context }) => { calls.push(`first saw ${context.n}`); }, assign({ n: 1 }), emit({ type: 'up' })],
      on: { E: { guard: ({ event }) => event['n'] !== 2, actions: [({ event }) => { calls.push(`E${event['n']}`); }, emit({ type: 'handled' })] } },
    });
    for (let round = 0; round < 2; round++) {
      calls.length = 0;
      const { program, state, sink } = started(name, machine);
      expect(sink.take()).toEqual(['emit {"type":"up"}']);
      // The third takes a path that is new in the first round; no call may come from the attempt to replay it.
      let latest = state;
      for (const n of [0, 1, 2, 3]) latest = program.step(latest, { type: 'E', n } as EventObject, sink);
      expect(calls).toEqual(['first saw 0', 'E0', 'E1', 'E3']);
    }
  });

  it('keeps a done state for ever, and silently', () => {
    const machine = createMachine({ id: 'short', initial: 'a', exit: emit({ type: 'bye' }), states: { a: { on: { END: 'z' } }, z: { type: 'final' } }, on: { END: { actions: emit({ type: 'again' }) } } });
    const { program, state, sink } = started(name, machine);
    const done = program.step(state, { type: 'END' }, sink);
    expect([done.status, sink.take()]).toEqual(['done', ['emit {"type":"bye"}']]);
    expect(program.step(done, { type: 'END' }, sink)).toBe(done);
    expect(sink.take()).toEqual([]);
  });

  it('describes regions in document order, joined by a bar', () => {
    const region = { initial: 'Off', states: { Off: { on: { FLIP: 'On' } }, On: {} } };
    const machine = createMachine({ id: 'p', type: 'parallel', states: { Fetch: region, Isr: { initial: 'Stable', states: { Stable: {} } } } });
    const { program, state, sink } = started(name, machine);
    expect(program.describe(state)).toBe('Fetch.Off|Isr.Stable');
    expect(program.describe(program.step(state, { type: 'FLIP' }, sink))).toBe('Fetch.On|Isr.Stable');
    expect(program.describe(started(name, createMachine({ id: 'flat' })).state)).toBe('flat');
  });

  it('takes `params` functions, and a delay that turns out undefined as an immediate event', () => {
    const machine = createMachine({
      id: 'odd',
      context: { n: 0 },
      initial: 'a',
      states: {
        a: { on: { GO: { target: 'b', guard: { type: 'above', params: ({ event }: { event: EventObject & { min?: number } }) => ({ min: event.min ?? 0 }) } } } },
        b: { entry: { type: 'note', params: ({ context }: { context: { n: number } }) => ({ n: context.n + 1 }) }, after: { maybe: 'c' } },
        c: { on: { BACK: { target: 'a', actions: assign({ n: 5 }) } } },
      },
    } as never, {
      guards: { above: (_: unknown, { min }: { min: number }) => min > 2 },
      actions: { note: emit((_: unknown, { n }: { n: number }) => ({ type: 'note', n })) },
      delays: { maybe: ({ context }: { context: { n: number } }) => (context.n === 0 ? undefined : 7) },
    } as never) as AnyStateMachine;
    const { program, state, sink } = started(name, machine);
    expect(program.step(state, { type: 'GO', min: 1 } as EventObject, sink)).toBe(state);
    const c = program.step(state, { type: 'GO', min: 3 } as EventObject, sink);
    expect([program.describe(c), sink.take()]).toEqual(['c', ['emit {"type":"note","n":1}', 'cancel xstate.after.maybe.odd.b']]);
    const b = program.step(program.step(c, { type: 'BACK' }, sink), { type: 'GO', min: 3 } as EventObject, sink);
    expect([program.describe(b), sink.take().sort((x, y) => (x < y ? -1 : 1))]).toEqual(['b', ['emit {"type":"note","n":6}', 'schedule xstate.after.maybe.odd.b 7 xstate.after.maybe.odd.b']]);
  });

  it('runs enqueueActions', () => {
    const machine = createMachine({
      id: 'queue', context: { n: 0 },
      on: { E: { actions: enqueueActions(({ enqueue, context }) => { enqueue.assign({ n: context.n + 1 }); enqueue.emit({ type: context.n > 0 ? 'more' : 'one' }); }) } },
    });
    const { program, state, sink } = started(name, machine);
    const twice = program.step(program.step(state, { type: 'E' }, sink), { type: 'E' }, sink);
    expect([twice.context, sink.take()]).toEqual([{ n: 2 }, ['emit {"type":"one"}', 'emit {"type":"more"}']]);
  });

  it('refuses an event that only an actor system may send', () => {
    const { program, state, sink } = started(name);
    expect(() => program.step(state, { type: 'xstate.stop' }, sink)).toThrow(AssertionFailed);
  });

  it('refuses child actors, random ids and missing implementations, naming machine, state and reason', () => {
    const bad = createMachine({
      id: 'bad', initial: 'a',
      states: {
        a: {
          entry: [raise({ type: 'LATER' }, { delay: 10 }), sendTo('x', { type: 'HI' }), spawnChild('y'), 'typo'],
          on: { E: { guard: and(['absent', not('gone')]), target: 'b' } },
          after: { never: 'b' },
        },
        b: { invoke: { src: 'job' } },
      },
    } as never, { guards: { present: () => true } } as never) as AnyStateMachine;
    const error = thrownBy(() => engine(name).load(bad)) as Error;
    expect(error).toBeInstanceOf(UnsupportedMachine);
    for (const part of [
      "machine 'bad'", "state 'bad.a': a delayed raise ('LATER') needs an 'id'", "state 'bad.a': sendTo", "state 'bad.a': spawnChild",
      "action 'typo' has no implementation", "guard 'absent' has no implementation; known: present", "guard 'gone'", "delay 'never'", "state 'bad.b': invoke",
    ]) expect(error.message).toContain(part);
  });

  it('refuses to reach another actor from inside a function', () => {
    const machine = createMachine({
      id: 'sly', context: {},
      on: {
        SEND: { actions: enqueueActions(({ enqueue, self }) => { enqueue.sendTo(self, { type: 'X' }); }) },
        LATER: { actions: enqueueActions(({ enqueue }) => { enqueue.raise({ type: 'X' }, { delay: 5 }); }) },
      },
    });
    for (const type of ['SEND', 'LATER']) {
      const { program, state, sink } = started(name, machine);
      expect(() => program.step(state, { type }, sink)).toThrow(UnsupportedMachine);
    }
  });

  it('cancels by name and ignores log', () => {
    const machine = createMachine({ id: 'c', context: {}, on: { E: { actions: [raise({ type: 'T' }, { id: 't', delay: 3 }), log('hi'), cancel(() => 't')] } } });
    const { program, state, sink } = started(name, machine);
    expect(program.step(state, { type: 'E' }, sink)).toBe(state);
    expect(sink.take()).toEqual(['schedule t 3 T', 'cancel t']);
  });
});

describe('states', () => {
  it.each(['compiled', 'interpreter'] as const)('of the %s engine are values: one can be stepped twice', (name) => {
    const { program, state, sink } = started(name);
    const one = program.step(state, { type: 'ADD', by: 1 } as Event, sink);
    const two = program.step(state, { type: 'ADD', by: 2 } as Event, sink);
    expect([state.context, one.context, two.context].map((context) => (context as Context).count)).toEqual([1, 2, 3]);
  });

  it('of the live engine are not: an old one is refused', () => {
    const { program, state, sink } = started('live');
    program.step(state, { type: 'ADD' }, sink);
    expect(() => program.step(state, { type: 'ADD' }, sink)).toThrow('stepped twice');
  });
});
