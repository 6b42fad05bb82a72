/**
 * Single events, to see where a step spends its time. Twelve states in a ring, a context of fourteen fields:
 *
 *   APPEND   handled in place: one reducer
 *   GUARDED  one guard that says no
 *   GO       to the next state, with the same reducer
 *   TICK     enters a state with two `after`, and leaves it
 *   NOPE     known to nobody
 *
 * The reducer column is a switch over the same functions: what the protocol itself costs.
 */
import { setup, type AnyStateMachine, type EventObject } from 'xstate';
import { changed, type Fields } from '../../src/actors/state-class.ts';
import { NO_EFFECTS, handOver, quietly, reduces, type Reduced } from '../../src/actors/reduction.ts';
import type { EffectsEmitted } from '../../src/kernel/effects.ts';
import { assert } from '../../src/kernel/assert.ts';
import { compiledEngine, interpreterEngine } from '../../src/kernel/statechart/engines.ts';
import type { MachineState, OutputSink, Program } from '../../src/kernel/statechart/engine.ts';
import { figure, type Figure } from '../figure.ts';
import { measure, type Contender } from '../measure.ts';

const NAME = 'statechart/events';
const RING = 12;
const EVENTS = ['APPEND', 'GUARDED', 'GO', 'TICK', 'NOPE'] as const;
type EventType = (typeof EVENTS)[number];
const EVENT_OBJECTS: Readonly<Record<EventType, EventObject>> = {
  APPEND: { type: 'APPEND' }, GUARDED: { type: 'GUARDED' }, GO: { type: 'GO' }, TICK: { type: 'TICK' }, NOPE: { type: 'NOPE' },
};

const EMPTY: readonly number[] = [];

class RingState {
  readonly logEndOffset: number;
  readonly logStartOffset: number;
  readonly highWatermark: number;
  readonly epoch: number;
  readonly id: number;
  readonly name: string;
  readonly isr: readonly number[];
  readonly replicas: readonly number[];
  readonly lastFetchUs: number;
  readonly lastCaughtUpUs: number;
  readonly lastOffset: number;
  readonly inFlight: number;
  readonly failures: number;
  readonly config: object;

  constructor(fields: Fields<RingState>) {
    this.logEndOffset = fields.logEndOffset;
    this.logStartOffset = fields.logStartOffset;
    this.highWatermark = fields.highWatermark;
    this.epoch = fields.epoch;
    this.id = fields.id;
    this.name = fields.name;
    this.isr = fields.isr;
    this.replicas = fields.replicas;
    this.lastFetchUs = fields.lastFetchUs;
    this.lastCaughtUpUs = fields.lastCaughtUpUs;
    this.lastOffset = fields.lastOffset;
    this.inFlight = fields.inFlight;
    this.failures = fields.failures;
    this.config = fields.config;
  }

  with(change: Partial<Fields<RingState>>): RingState {
    return changed(new RingState(this), change);
  }
}

const FRESH = new RingState({
  logEndOffset: 0, logStartOffset: 0, highWatermark: 0, epoch: 0, id: 1, name: 'ring', isr: EMPTY, replicas: EMPTY,
  lastFetchUs: 0, lastCaughtUpUs: 0, lastOffset: 0, inFlight: 0, failures: 0, config: {},
});

/** Stays a small integer however long it runs. */
function appendOne(state: RingState): Reduced<RingState> {
  const logEndOffset = (state.logEndOffset + 1) % 1_000_000;
  return { state: state.with({ logEndOffset, lastOffset: logEndOffset }), effects: NO_EFFECTS };
}

function isExhausted(state: RingState): boolean {
  return state.logEndOffset < 0;
}

function ringMachine(): AnyStateMachine {
  const ring = Array.from({ length: RING }, (_, i) => [
    `S${i}`,
    {
      on: {
        APPEND: { actions: ['appendOne', 'handOver'] },
        GUARDED: { guard: 'isExhausted', actions: ['appendOne', 'handOver'] },
        GO: { target: `S${(i + 1) % RING}`, actions: ['appendOne', 'handOver'] },
        TICK: 'Ticking',
      },
    },
  ]);
  const ticking = { after: { short: 'S0', long: 'S1' }, on: { TICK: 'S0' } };
  return setup({
    types: {} as { context: Reduced<RingState>; emitted: EffectsEmitted },
    guards: { isExhausted: ({ context }) => isExhausted(context.state) },
    actions: { appendOne: reduces((state: RingState, _event: EventObject) => appendOne(state)), handOver },
    delays: { short: 100, long: 1_000 },
  }).createMachine({ id: 'ring', context: quietly(FRESH), initial: 'S0', states: Object.fromEntries([...ring, ['Ticking', ticking]]) } as never) as unknown as AnyStateMachine;
}

/** What steps report is counted, so that nobody can leave it out. */
class Counter implements OutputSink {
  outputs = 0;

  emit(): void {
    this.outputs += 1;
  }

  schedule(): void {
    this.outputs += 1;
  }

  cancel(): void {
    this.outputs += 1;
  }
}

function engineTurn(program: Program, type: EventType, events: number): () => number {
  const counter = new Counter();
  const event = EVENT_OBJECTS[type];
  let state: MachineState = program.start(undefined, counter);
  return () => {
    counter.outputs = 0;
    for (let i = 0; i < events; i += 1) state = program.step(state, event, counter);
    assert(counter.outputs === OUTPUTS[type] * events, `${type} reports ${OUTPUTS[type]} outputs each, not ${counter.outputs / events}`);
    return events;
  };
}

/** Outputs per event; TICK alternates between two schedules and two cancels. */
const OUTPUTS: Readonly<Record<EventType, number>> = { APPEND: 1, GUARDED: 0, GO: 1, TICK: 2, NOPE: 0 };
const TICKING = RING;

class RingNode {
  readonly at: number;
  readonly state: RingState;

  constructor(at: number, state: RingState) {
    this.at = at;
    this.state = state;
  }
}

function reduced({ at, state }: RingNode, node: RingNode, { type }: EventObject, sink: OutputSink): RingNode {
  switch (type) {
    case 'APPEND':
    case 'GO': {
      const { state: next, effects } = appendOne(state);
      sink.emit({ type: 'effects', effects } as EventObject);
      return new RingNode(type === 'GO' ? (at + 1) % RING : at, next);
    }
    case 'GUARDED':
      return isExhausted(state) ? new RingNode(at, appendOne(state).state) : node;
    case 'TICK':
      if (at === TICKING) {
        sink.cancel('short');
        sink.cancel('long');
        return new RingNode(0, state);
      }
      sink.schedule('short', 100, EVENT_OBJECTS.TICK);
      sink.schedule('long', 1_000, EVENT_OBJECTS.TICK);
      return new RingNode(TICKING, state);
    default:
      return node;
  }
}

function reducerTurn(type: EventType, events: number): () => number {
  const counter = new Counter();
  const event = EVENT_OBJECTS[type];
  let node = new RingNode(0, FRESH);
  return () => {
    counter.outputs = 0;
    for (let i = 0; i < events; i += 1) node = reduced(node, node, event, counter);
    assert(counter.outputs === OUTPUTS[type] * events, `${type} reports ${OUTPUTS[type]} outputs each, not ${counter.outputs / events}`);
    return events;
  };
}

export function eventFigures(): readonly Figure[] {
  const machine = ringMachine();
  const compiled = compiledEngine.load(machine);
  const interpreter = interpreterEngine.load(machine);
  const contenders = EVENTS.flatMap((type): Contender[] => [
    { name: `${type}, compiled`, turn: engineTurn(compiled, type, 200_000) },
    { name: `${type}, reducer`, turn: reducerTurn(type, 200_000) },
    { name: `${type}, interpreter`, turn: engineTurn(interpreter, type, 10_000) },
  ]);
  const measured = measure(contenders, { rounds: 7, warmUpRounds: 2 });
  assert(compiled.stats.fallbackSteps === 0, 'every path is compiled');
  return contenders.map(({ name }) => figure(NAME, name, measured.ns(name), 'ns'));
}
