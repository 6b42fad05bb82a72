/**
 * Runs one random machine on two engines side by side and compares all that can be seen after each step: ordered
 * nodes and history, context down to the order of its keys, outputs in order, calls of custom actions, whether the
 * state is the same object as before, and the error when the step throws. A case that diverges is cut down to the
 * smallest one that still does.
 */
import type { EventObject } from 'xstate';
import type { MachineState, OutputSink, Program } from './engine.ts';
import type { FuzzCase, FuzzEvent, StateSpec } from './fuzz.ts';
import { buildMachine } from './fuzz-machine.ts';
import type { FuzzMachine } from './fuzz-machine.ts';
import { reductionsOf } from './fuzz-shrink.ts';
import { CompiledState } from './compiler.ts';
import { InterpreterState } from './interpreter.ts';
import { LiveState } from './live.ts';
import { configurationKey } from './snapshot.ts';
import { shapeOf } from './xstate-shapes.ts';

export interface Divergence {
  readonly run: number;
  /** -1 is the start. */
  readonly step: number;
  readonly expected: string;
  readonly actual: string;
}

/** What the fuzz has seen, to show that it was not vacuous. */
export interface FuzzTally {
  machines: number;
  steps: number;
  changedSteps: number;
  outputs: number;
  throwingSteps: number;
  finishedRuns: number;
}

export function emptyTally(): FuzzTally {
  return { machines: 0, steps: 0, changedSteps: 0, outputs: 0, throwingSteps: 0, finishedRuns: 0 };
}

export type Load = (machine: FuzzMachine['machine']) => Program;

/** @returns the first difference, or undefined; `tally` is added to */
export function compare(fuzzCase: FuzzCase, reference: Load, subject: Load, tally: FuzzTally): Divergence | undefined {
  const { machine, calls } = buildMachine(fuzzCase.machine);
  const expected = new Side(reference(machine), calls);
  const actual = new Side(subject(machine), calls);
  tally.machines++;
  for (const [run, events] of fuzzCase.runs.entries()) {
    const step = compareRun(expected, actual, events, run, tally);
    if (step === undefined) continue;
    return { run, step, expected: expected.seen, actual: actual.seen };
  }
  return undefined;
}

function compareRun(expected: Side, actual: Side, events: readonly FuzzEvent[], run: number, tally: FuzzTally): number | undefined {
  expected.start(run);
  actual.start(run);
  if (expected.seen !== actual.seen) return -1;
  const forkable = expected.program.forkable && actual.program.forkable;
  for (const [index, event] of events.entries()) {
    if (expected.state === undefined) return undefined;
    const sent = expected.resolve(event);
    if (sent === undefined) continue;
    expected.step(sent);
    actual.step(sent);
    tally.steps++;
    tally.outputs += expected.outputCount;
    if (expected.changed) tally.changedSteps++;
    if (expected.threw) tally.throwingSteps++;
    if (expected.seen !== actual.seen) return index;
    // A live actor is dead after an error; the others still have the state from before.
    if (expected.threw && !forkable) return undefined;
  }
  if (expected.state?.status === 'done') tally.finishedRuns++;
  expected.dispose();
  actual.dispose();
  return undefined;
}

/** One engine in a run, and a transcript of its last step. */
class Side implements OutputSink {
  readonly program: Program;
  state: MachineState | undefined;
  seen = '';
  changed = false;
  threw = false;
  outputCount = 0;
  private readonly calls: string[];
  private outputs = '';
  private readonly armed = new Map<string, EventObject>();

  constructor(program: Program, calls: string[]) {
    this.program = program;
    this.calls = calls;
  }

  start(run: number): void {
    this.state = undefined;
    this.armed.clear();
    this.perform(() => this.program.start({ n: run + 1 }, this));
  }

  step(event: EventObject): void {
    const { state } = this;
    if (state !== undefined) this.perform(() => this.program.step(state, event, this));
  }

  dispose(): void {
    if (this.state !== undefined) this.program.dispose(this.state);
  }

  /** The event itself, or that of an armed timer, which is thereby disarmed; undefined when there is none. */
  resolve(event: FuzzEvent): EventObject | undefined {
    if (event.kind === 'send') return { type: event.type, n: event.n } as EventObject;
    const ids = [...this.armed.keys()];
    if (ids.length === 0) return undefined;
    const id = ids[event.index % ids.length] as string;
    const due = this.armed.get(id);
    this.armed.delete(id);
    return due;
  }

  emit(event: EventObject): void {
    this.outputCount++;
    this.outputs += ` emit ${JSON.stringify(event)}`;
  }

  schedule(id: string, delayMs: number, event: EventObject): void {
    this.outputCount++;
    this.armed.delete(id);
    this.armed.set(id, event);
    this.outputs += ` schedule ${id} ${delayMs} ${JSON.stringify(event)}`;
  }

  cancel(id: string): void {
    this.outputCount++;
    this.armed.delete(id);
    this.outputs += ` cancel ${id}`;
  }

  private perform(run: () => MachineState): void {
    const before = this.state;
    this.outputs = '';
    this.outputCount = 0;
    this.calls.length = 0;
    this.threw = false;
    try {
      this.state = run();
    } catch (error) {
      this.threw = true;
      this.changed = false;
      this.seen = `threw ${String(error)}${this.outputs}`;
      return;
    }
    this.changed = this.state !== before;
    this.seen = this.changed ? `${keyOf(this.state)} ${this.state.status} ${JSON.stringify(this.state.context)}` : 'same';
    this.seen += `${this.outputs} calls ${this.calls.join(', ')} in ${this.program.describe(this.state)}`;
  }
}

function keyOf(state: MachineState): string {
  if (state instanceof CompiledState) return configurationKey(state.configuration.template);
  if (state instanceof InterpreterState || state instanceof LiveState) return configurationKey(state.snapshot);
  throw new TypeError('a state of one of the three engines');
}

/** Cuts a diverging case down while it still diverges: events, states, transitions, actions, guards. */
export function minimise(fuzzCase: FuzzCase, reference: Load, subject: Load): FuzzCase {
  let smallest = fuzzCase;
  let found = true;
  while (found) {
    found = false;
    for (const candidate of reductionsOf(smallest)) {
      if (!diverges(candidate, reference, subject)) continue;
      smallest = candidate;
      found = true;
      break;
    }
  }
  return smallest;
}

function diverges(fuzzCase: FuzzCase, reference: Load, subject: Load): boolean {
  try {
    return compare(fuzzCase, reference, subject, emptyTally()) !== undefined;
  } catch {
    // A cut can leave a dangling target: not a machine, so no counterexample.
    return false;
  }
}

/** Everything needed to repeat and to understand a divergence. */
export function report(fuzzCase: FuzzCase, reference: Load, subject: Load): string {
  const small = minimise(fuzzCase, reference, subject);
  const divergence = compare(small, reference, subject, emptyTally());
  return [
    `engines diverge: run ${divergence?.run}, step ${divergence?.step}`,
    `expected ${divergence?.expected}`,
    `actual   ${divergence?.actual}`,
    `runs     ${JSON.stringify(small.runs)}`,
    `machine  ${JSON.stringify(small.machine, omitEmpty)}`,
    `states   ${JSON.stringify(nodeIds(small.machine))}`,
  ].join('\n');
}

function omitEmpty(_key: string, value: unknown): unknown {
  return value !== null && typeof value === 'object' && Object.keys(value).length === 0 ? undefined : value;
}

/** Document orders, as configuration keys show them, to node ids. */
function nodeIds(spec: StateSpec): string[] {
  return [...(shapeOf(buildMachine(spec).machine) as unknown as { idMap: Map<string, unknown> }).idMap.keys()];
}
