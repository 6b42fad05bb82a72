/**
 * The event queue in the hold model: with n events pending, take the earliest and put another at a random later time.
 * And what arming a timer anew costs, which heartbeats make a machine do all the time.
 *
 * Source of the hold model: Vaucher and Duval, "A comparison of simulation event list algorithms", CACM 1975.
 */
import { createMachine } from 'xstate';
import { assert, present } from '../../src/kernel/assert.ts';
import type { Effect, EffectsEmitted } from '../../src/kernel/effects.ts';
import { draw32, scaleDraw } from '../../src/kernel/hash.ts';
import { EntryKind, EventQueue, QueueEntry } from '../../src/kernel/queue.ts';
import type { EventObject, MachineState, OutputSink, Program } from '../../src/kernel/statechart/engine.ts';
import { World } from '../../src/kernel/world.ts';
import { DatagramNetwork } from '../../src/network/datagram-network.ts';
import { figure, type Figure } from '../figure.ts';
import { measure, type Contender } from '../measure.ts';
import { formatNumber } from '../table.ts';

const NAME = 'kernel/queue';
const SIZES = [100, 1_000, 10_000, 100_000, 1_000_000] as const;
const HOLDS_PER_TURN = 200_000;
const MAX_DELAY_US = 1_000_000;
const REARMED = 'timer armed anew';

export function queueFigures(): readonly Figure[] {
  const measured = measure([...SIZES.map(holding), rearming()], { rounds: 5, warmUpRounds: 1 });
  return [...SIZES.map(nameOf), REARMED].map((name) => figure(NAME, name, measured.ns(name), 'ns'));
}

function nameOf(size: number): string {
  return `pop + push, ${formatNumber(size)} pending`;
}

function holding(size: number): Contender {
  const queue = new EventQueue();
  let sequence = 0;
  const push = (fromUs: number): void => {
    sequence += 1;
    queue.push(new QueueEntry(fromUs + scaleDraw(draw32(size, sequence), MAX_DELAY_US), sequence, EntryKind.frame, -1, -1, 0, undefined));
  };
  for (let i = 0; i < size; i += 1) push(0);
  return {
    name: nameOf(size),
    turn: () => {
      for (let i = 0; i < HOLDS_PER_TURN; i += 1) push(present(queue.pop(), 'the earliest event').atUs);
      return HOLDS_PER_TURN;
    },
    afterTurn: () => assert(queue.size === size, `the queue holds ${size} events, not ${queue.size}`),
  };
}

const REARMINGS_PER_STEP = 1_000;
const STEPS_PER_TURN = 200;

/** A machine that arms one of its four timers anew, a thousand times a step: the price of the step itself vanishes. */
class Rearming implements Program {
  readonly machine = createMachine({});
  readonly forkable = true;
  private readonly effects: EffectsEmitted = {
    type: 'effects',
    effects: Array.from({ length: REARMINGS_PER_STEP }, (_, i): Effect => ({ kind: 'schedule', key: `timer-${i % 4}`, delayMs: 150, type: 'timer.expired' })),
  };

  start(): MachineState {
    return { context: undefined, status: 'active' };
  }

  step(state: MachineState, _event: EventObject, sink: OutputSink): MachineState {
    sink.emit(this.effects);
    return state;
  }

  dispose(): void {}

  describe(): string {
    return 'Rearming';
  }
}

function rearming(): Contender {
  const nodes = [{ name: 'node', boot: () => [{ name: 'machine', machine: 'rearming', input: undefined }] }];
  const world = new World({ seed: '1', nodes, programs: { rearming: new Rearming() }, transport: new DatagramNetwork({ seed: '1', nodeNames: ['node'] }) });
  world.start(0);
  return {
    name: REARMED,
    turn: () => {
      for (let i = 0; i < STEPS_PER_TURN; i += 1) {
        world.runUntil(world.nowUs + 1_000);
        world.stimulate(0, 0, 'rearm', undefined);
      }
      return STEPS_PER_TURN * REARMINGS_PER_STEP;
    },
    afterTurn: () => assert(world.pending <= 8, `timers that are armed anew leave nothing behind, but ${world.pending} events are pending`),
  };
}
