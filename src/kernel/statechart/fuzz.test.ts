/**
 * The compiled engine means what XState means: random statecharts, compiled against interpreted, step by step. The
 * seed is that of the test run, printed by vitest at the start and repeated in every failure.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { initialTransition, transition } from 'xstate';
import type { AnyMachineSnapshot, AnyStateMachine, EventObject } from 'xstate';
import { present } from '../assert.ts';
import { stream } from '../random.ts';
import { compile, compileWithBug } from './compiler.ts';
import type { CompiledProgram } from './compiler.ts';
import type { OutputSink, Program } from './engine.ts';
import { randomCase } from './fuzz.ts';
import type { FuzzCase } from './fuzz.ts';
import { buildMachine } from './fuzz-machine.ts';
import { compare, emptyTally, minimise, report } from './fuzz-differential.ts';
import type { Load } from './fuzz-differential.ts';
import { CODE_GENERATION } from './generator.ts';
import type { CodeGeneration, GeneratedStep } from './generator.ts';
import { interpret } from './interpreter.ts';
import { live } from './live.ts';
import { configurationKey } from './snapshot.ts';
import type { SnapshotShape } from './xstate-shapes.ts';

const MACHINES = 20_000;
/** With code generated for whatever happens more than once. */
const GENERATED_MACHINES = 4_000;
const LIVE_MACHINES = 1_000;
const PLAIN_MACHINES = 500;
/** A planted bug must show within this many machines. */
const BUG_MACHINES = 4_000;
const STEPS = 30;
const BATCH_TIMEOUT_MS = 240_000;

// The seed of the run, which the suite draws afresh and gives to fast-check; HARROW_FUZZ_SEED repeats this file alone.
const seed = process.env['HARROW_FUZZ_SEED'] ?? String(present(fc.readConfigureGlobal()?.seed, 'the seed of the test run'));

/** A path that is walked once is generated. */
const EAGER: CodeGeneration = { ...CODE_GENERATION, hotWalks: 1 };

function counting(step: GeneratedStep, counted: { steps: number; changedSteps: number; reducedSteps: number }): GeneratedStep {
  return (state, event, sink) => {
    const next = step(state, event, sink);
    if (next === undefined) return undefined;
    counted.steps++;
    if (next !== state) counted.changedSteps++;
    if (next.context !== state.context) counted.reducedSteps++;
    return next;
  };
}

function caseAt(index: number): FuzzCase {
  return randomCase(stream(seed, `machine/${index}`), STEPS);
}

/** Compares cases until one diverges, and fails with the smallest version of it. */
function expectNoDivergence(machines: number, subject: Load, tally = emptyTally()): void {
  for (let index = 0; index < machines; index++) {
    const fuzzCase = caseAt(index);
    if (compare(fuzzCase, interpret, subject, tally) === undefined) continue;
    throw new Error(`HARROW_FUZZ_SEED=${seed}, machine ${index}: ${report(fuzzCase, interpret, subject)}`);
  }
}

function firstDivergence(subject: Load): number {
  for (let index = 0; index < BUG_MACHINES; index++) {
    if (compare(caseAt(index), interpret, subject, emptyTally()) !== undefined) return index;
  }
  return Infinity;
}

describe(`engines agree on random statecharts (HARROW_FUZZ_SEED=${seed})`, () => {
  it(`compiled and interpreted steps are the same on ${MACHINES} machines, and the comparison is not vacuous`, () => {
    const tally = emptyTally();
    const programs: CompiledProgram['stats'] & { replayed: number } = { paths: 0, confs: 0, interpretedRoots: 0, fallbackSteps: 0, replayed: 0 };
    const sums = { ...programs };
    let program: CompiledProgram | undefined;
    const collect = (): void => {
      if (program === undefined) return;
      sums.paths += program.stats.paths;
      sums.confs += program.stats.confs;
      sums.interpretedRoots += program.stats.interpretedRoots;
      sums.fallbackSteps += program.stats.fallbackSteps;
    };
    expectNoDivergence(MACHINES, (machine) => {
      collect();
      program = compile(machine);
      return program;
    }, tally);
    collect();

    expect(tally.machines).toBe(MACHINES);
    expect(tally.steps).toBeGreaterThan(MACHINES * 20);
    expect(tally.changedSteps / tally.steps).toBeGreaterThan(0.25);
    expect(tally.outputs / tally.steps).toBeGreaterThan(0.3);
    expect(tally.throwingSteps / tally.steps).toBeGreaterThan(0.005);
    expect(tally.throwingSteps / tally.steps).toBeLessThan(0.15);
    expect(tally.finishedRuns / tally.machines).toBeGreaterThan(0.05);
    // A step that neither traced a new path nor fell back nor threw was replayed: that is what is being tested.
    const replayed = tally.steps - sums.paths - sums.fallbackSteps - tally.throwingSteps;
    expect(replayed / tally.steps).toBeGreaterThan(0.3);
    expect(sums.confs / tally.machines).toBeGreaterThan(1.5);
    expect(sums.fallbackSteps).toBeGreaterThan(0);
  }, BATCH_TIMEOUT_MS);

  it(`generated code and interpreted steps are the same on ${GENERATED_MACHINES} machines, and generated code is reached`, () => {
    const tally = emptyTally();
    const counted = { steps: 0, changedSteps: 0, reducedSteps: 0 };
    const generation: CodeGeneration = { ...EAGER, functionOf: (parameters, body) => {
      const factory = CODE_GENERATION.functionOf(parameters, body);
      return (...values) => counting(factory(...values), counted);
    } };
    expectNoDivergence(GENERATED_MACHINES, (machine) => compileWithBug(machine, {}, generation), tally);
    expect(counted.steps / tally.steps).toBeGreaterThan(0.15);
    // Random machines reduce seldom; what counts is that there are hundreds of such steps.
    expect(counted.changedSteps).toBeGreaterThan(200);
    expect(counted.reducedSteps).toBeGreaterThan(100);
  }, BATCH_TIMEOUT_MS);

  it(`live actors and interpreted steps are the same on ${LIVE_MACHINES} machines`, () => {
    expectNoDivergence(LIVE_MACHINES, live);
  }, BATCH_TIMEOUT_MS);

  it(`the interpreter engine is XState's exported transition() on the untouched machine, on ${PLAIN_MACHINES} machines`, () => {
    let steps = 0;
    for (let index = 0; index < PLAIN_MACHINES; index++) steps += comparePlain(caseAt(index));
    expect(steps).toBeGreaterThan(PLAIN_MACHINES * 5);
  }, BATCH_TIMEOUT_MS);
});

describe('the fuzz finds a compiler that is wrong', () => {
  const bugs: readonly (readonly [string, Load])[] = [
    ['ignores history when it interns a configuration', (machine) => compileWithBug(machine, { configurationKey: withoutHistory })],
    ['interns active nodes as a set', (machine) => compileWithBug(machine, { configurationKey: asSet })],
    ['hands over nothing after a reduction', (machine) => compileWithBug(machine, { forgetsEffects: true })],
    ['reduces what is no pair as if it were one', (machine) => compileWithBug(machine, { assumesPairs: true })],
    ['takes the outcome of the first guard for granted', (machine) => compileWithBug(machine, { forgottenGuard: 0 })],
    ['generates code that hands over what was there before', (machine) => compileWithBug(machine, { generator: 'hands over what was there before' }, EAGER)],
    ['generates code that takes guards for granted', (machine) => compileWithBug(machine, { generator: 'takes guards for granted' }, EAGER)],
    ['generates code that stays where it is', (machine) => compileWithBug(machine, { generator: 'stays where it is' }, EAGER)],
  ];

  it.each(bugs)('that %s', (_name, subject) => {
    expect(firstDivergence(subject)).toBeLessThan(BUG_MACHINES);
  }, BATCH_TIMEOUT_MS);

  it('and cuts the machine down to what shows the bug', () => {
    const subject: Load = (machine) => compileWithBug(machine, { forgottenGuard: 0 });
    const found = caseAt(firstDivergence(subject));
    const small = minimise(found, interpret, subject);
    expect(compare(small, interpret, subject, emptyTally())).toBeDefined();
    expect(small.runs.flat().length).toBeLessThanOrEqual(4);
    expect(JSON.stringify(small.machine).length).toBeLessThan(JSON.stringify(found.machine).length);
    expect(report(found, interpret, subject)).toMatch(/^engines diverge: run \d, step -?\d+\nexpected .+\nactual .+\nruns .+\nmachine .+\nstates /);
  }, BATCH_TIMEOUT_MS);
});

describe('random statecharts have every feature the engines claim', () => {
  const sample = 2_000;
  const features: readonly (readonly [name: string, mark: RegExp, share: number])[] = [
    ['nested states', /"compound".*"compound"/, 0.3],
    ['parallel states', /"parallel"/, 0.25],
    ['shallow history', /"shallow"/, 0.2],
    ['deep history', /"deep"/, 0.2],
    ['final states', /"final"/, 0.3],
    ['done data', /"output":/, 0.05],
    ['onDone', /"onDone":\[\{/, 0.3],
    ['always', /"always":\[\{/, 0.2],
    ['static after', /"after":\{"[12]0":/, 0.15],
    ['after with a named delay', /"after":\{"named/, 0.15],
    ['after with a delay that may be undefined', /"after":\{"maybe/, 0.07],
    ['guards', /"guard":/, 0.8],
    ['and', /"kind":"and"/, 0.1],
    ['or', /"kind":"or"/, 0.1],
    ['not', /"kind":"not"/, 0.1],
    ['stateIn', /"kind":"in"/, 0.2],
    ['wildcards', /"\*":/, 0.3],
    ['partial wildcards', /"net\.\*":/, 0.3],
    ['forbidden transitions', /:null/, 0.1],
    ['reentering transitions', /"reenter":true/, 0.6],
    ['targetless transitions', /"targets":\[\]/, 0.6],
    ['transitions with two targets', /"targets":\["[^"]+","/, 0.05],
    ['assign', /"kind":"assign"/, 0.7],
    ['assign by property', /"form":"fields"/, 0.25],
    ['emit', /"kind":"emit"/, 0.5],
    ['reductions of a pair', /^(?=.*"paired").*"kind":"reduce"/, 0.1],
    ['reductions of what is no pair', /^(?!.*"paired").*"kind":"reduce"/, 0.02],
    ['reductions of a pair that an assign may spoil', /^(?=.*"paired")(?=.*"kind":"assign").*"kind":"reduce"/, 0.01],
    ['reducers that return more than the pair', /"form":"more"/, 0.05],
    ['a hand-over after its reduction', /"kind":"reduce"[^{}]*\},\{"kind":"handOver"/, 0.1],
    ['static raise', /"kind":"raise","computed":false/, 0.08],
    ['computed raise', /"kind":"raise","computed":true/, 0.08],
    ['delayed raise', /"kind":"delayed"/, 0.2],
    ['cancel', /"kind":"cancel"/, 0.1],
    ['log', /"kind":"log"/, 0.1],
    ['custom actions', /"kind":"custom"/, 0.2],
    ['enqueueActions', /"kind":"enqueue"/, 0.02],
    ['named functions', /"named":true/, 0.9],
    ['static params', /"named":true,"params":"static"/, 0.4],
    ['computed params', /"named":true,"params":"computed"/, 0.4],
    ['functions that throw', /"throwsAt":/, 0.03],
    ['initial actions', /"initialActions":\[\{/, 0.1],
  ];
  let texts: readonly string[] = [];
  beforeAll(() => { texts = Array.from({ length: sample }, (_, index) => JSON.stringify(caseAt(index).machine)); });
  afterAll(() => { texts = []; });

  it.each(features)('%s', (_name, mark, share) => {
    expect(texts.filter((text) => mark.test(text)).length / sample).toBeGreaterThan(share);
  });
});

function withoutHistory(snapshot: SnapshotShape): string {
  return configurationKey({ ...snapshot, historyValue: {} });
}

function asSet(snapshot: SnapshotShape): string {
  return configurationKey({ ...snapshot, _nodes: [...snapshot._nodes].sort((a, b) => a.order - b.order) });
}

/** Nothing of ours in between: XState's own pure functions against the interpreter engine, until a step throws. */
function comparePlain(fuzzCase: FuzzCase): number {
  const { machine } = buildMachine(fuzzCase.machine);
  const program = interpret(machine);
  const outputs: unknown[] = [];
  const sink = recorder(outputs);
  let steps = 0;
  for (const [run, events] of fuzzCase.runs.entries()) {
    let [snapshot, actions] = initialTransition(machine, { n: run + 1 } as never) as [AnyMachineSnapshot, readonly Action[]];
    let state: ReturnType<Program['start']>;
    try {
      state = program.start({ n: run + 1 }, sink);
    } catch (error) {
      if (snapshot.status !== 'error') expectCustom(error);
      continue;
    }
    expect(snapshot.status).not.toBe('error');
    expectSame(machine, snapshot, actions, state.context, outputs);
    for (const event of events) {
      if (event.kind !== 'send' || state.status === 'done') continue;
      const sent = { type: event.type, n: event.n } as EventObject;
      let plain: [AnyMachineSnapshot, readonly Action[]];
      try {
        plain = transition(machine, snapshot, sent) as [AnyMachineSnapshot, readonly Action[]];
      } catch (error) {
        // XState puts a guard's message on the last line of its own; the engines throw the guard's error itself.
        const { message } = error as Error;
        const latest = state;
        const ours = thrownBy(() => program.step(latest, sent, sink));
        // A custom action that throws in an early microstep comes before whatever XState, which leaves it to the caller, meets later.
        if (!ours.includes('custom action')) expect(ours).toContain(message.slice(message.lastIndexOf('\n') + 1));
        break;
      }
      [snapshot, actions] = plain;
      try {
        state = program.step(state, sent, sink);
      } catch (error) {
        expectCustom(error);
        break;
      }
      expectSame(machine, snapshot, actions, state.context, outputs);
      expect(state.status).toBe(snapshot.status);
      steps++;
    }
  }
  return steps;
}

/** What `act` throws, in words; empty when it does not. */
function thrownBy(act: () => unknown): string {
  try {
    act();
    return '';
  } catch (error) {
    return String(error);
  }
}

/** XState's pure functions leave custom actions to the caller, so only ours meet what those throw. */
function expectCustom(error: unknown): void {
  expect(String(error)).toContain('custom action');
}

interface Action { readonly type: string; readonly params: Readonly<Record<string, unknown>> }

function expectSame(machine: AnyStateMachine, snapshot: AnyMachineSnapshot, actions: readonly Action[], context: unknown, outputs: unknown[]): void {
  expect(JSON.stringify(context), machine.id).toBe(JSON.stringify(snapshot.context));
  expect(outputs).toEqual(actions.flatMap(({ type, params }) => {
    if (type === 'xstate.emit') return [['emit', params['event']]];
    if (type === 'xstate.cancel') return [['cancel', params['sendId']]];
    if (type === 'xstate.raise' && typeof params['delay'] === 'number') return [['schedule', params['id'], params['delay'], params['event']]];
    return [];
  }));
  outputs.length = 0;
}

function recorder(outputs: unknown[]): OutputSink {
  return {
    emit: (event) => { outputs.push(['emit', event]); },
    schedule: (id, delayMs, event) => { outputs.push(['schedule', id, delayMs, event]); },
    cancel: (id) => { outputs.push(['cancel', id]); },
  };
}
