/**
 * A node as a process: its incarnation, its machines and their timers, its disk and its clock. They share its fate: a
 * crash ends the machines and every timer, keeps the disk, and the next start is a new incarnation that knows only
 * what it reads there.
 *
 * Processes are copied on the first write after a fork (`own` in world.ts), so a fork itself copies one pointer each.
 */
import { assert, present } from './assert.ts';
import { NodeClock } from './clock.ts';
import { Disk } from './disk.ts';
import { draw32, hashString, mix32 } from './hash.ts';
import type { Message } from './effects.ts';
import type { QueueEntry } from './queue.ts';
import type { MachineState, Program } from './statechart/engine.ts';
import { NEVER_US } from './time.ts';

/** What a process hands to each machine that starts in it. */
export interface BootInput {
  readonly nowMs: number;
  readonly draw: number;
  /** Reads a file as it is in the page cache; only for use while starting. */
  readonly read: (file: string) => unknown;
  readonly files: () => readonly string[];
  /** Incarnation number of the process, from 1. */
  readonly incarnation: number;
}

export interface BootedMachine {
  readonly name: string;
  /** Key into the world's machine definitions. */
  readonly machine: string;
  readonly input: unknown;
}

/** A node's identity and what it starts with; fixed for the life of the world. */
export interface NodeSpec {
  readonly name: string;
  /** The machines that exist when the process has started, in order. */
  readonly boot: (input: BootInput) => readonly BootedMachine[];
  /** Name of the machine that receives requests; nodes without one refuse connections. */
  readonly server?: string;
  /** Name of the machine that is told `process.stop` (SIGTERM) and ends the process; nodes without one end at once. */
  readonly terminates?: string;
  /** Name of the machine that gets a request, by its content, where several listen; absent, or when that one does not run: the server. */
  readonly route?: (message: Message) => string;
}

/**
 * A timer of a machine, armed or not. `carrier` is the entry that will next be looked at on its behalf, in the queue or,
 * once it is due and the process stands still, in the backlog.
 * Invariant: an armed timer has a carrier at or before its deadline, so re-arming to a later deadline pushes nothing.
 */
export interface Timer {
  readonly key: string;
  readonly type: string;
  readonly data: unknown;
  /** NEVER_US when disarmed. */
  readonly deadlineUs: number;
  /** Order among events of the same time: when it was armed. */
  readonly sequence: number;
  readonly carrierAtUs: number;
  readonly carrierSequence: number;
}

export interface EndedMachine {
  readonly slot: number;
  readonly program: Program;
  readonly state: MachineState;
}

const NO_TIMERS: readonly Timer[] = [];

export class Process {
  readonly spec: NodeSpec;
  /** The node's place in the world and its address in the network. */
  readonly index: number;
  readonly entropyKey: number;
  incarnation = 0;
  status: 'up' | 'down' = 'down';
  /** Events that wait while the process is paused or stalled, in order of arrival. */
  backlog: QueueEntry[] = [];
  /** Until when it is stalled by its disk; events before that join the backlog. */
  busyUntilUs = 0;
  paused = false;
  clock = NodeClock.exact;
  disk: Disk;
  /** By slot; a name keeps its slot for the life of the node. */
  names: string[] = [];
  programs: (Program | undefined)[] = [];
  /** Undefined when no machine of that name runs. */
  states: (MachineState | undefined)[] = [];
  timers: (readonly Timer[])[] = [];
  /** How many machines have started in a slot so far. What was meant for one of them is not for the next. */
  lives: number[] = [];
  /** The monitor wants to see this machine's contexts. */
  watched: boolean[] = [];
  private slots = new Map<string, number>();
  private incarnationKey = 0;
  private stepCount = 0;
  /** Held by more than one world; clone before writing. */
  shared = false;

  constructor(spec: NodeSpec, index: number, entropyKey: number, disk = new Disk()) {
    this.spec = spec;
    this.index = index;
    this.entropyKey = entropyKey;
    this.disk = disk;
  }

  /** A copy; with another `entropyKey`, its draws from now on are others. */
  fork(entropyKey = this.entropyKey): Process {
    const copy = new Process(this.spec, this.index, entropyKey, this.disk.fork());
    copy.incarnation = this.incarnation;
    copy.status = this.status;
    copy.backlog = this.backlog.slice();
    copy.busyUntilUs = this.busyUntilUs;
    copy.paused = this.paused;
    copy.clock = this.clock;
    copy.names = this.names.slice();
    copy.programs = this.programs.slice();
    copy.states = this.states.slice();
    copy.timers = this.timers.slice();
    copy.lives = this.lives.slice();
    copy.watched = this.watched.slice();
    copy.slots = new Map(this.slots);
    copy.incarnationKey = mix32(entropyKey, this.incarnation);
    copy.stepCount = this.stepCount;
    return copy;
  }

  /** A new life: no machine, no timer, fresh entropy. */
  beginIncarnation(): void {
    assert(this.status === 'down', `${this.spec.name} starts while it is up`);
    this.incarnation += 1;
    this.incarnationKey = mix32(this.entropyKey, this.incarnation);
    this.stepCount = 0;
    this.status = 'up';
  }

  /** Everything volatile is gone. Returns the machines that ended, in slot order. */
  endIncarnation(): EndedMachine[] {
    const ended: EndedMachine[] = [];
    for (let slot = 0; slot < this.states.length; slot += 1) {
      const state = this.states[slot];
      if (state !== undefined) ended.push({ slot, program: present(this.programs[slot], 'program'), state });
      this.states[slot] = undefined;
      this.timers[slot] = NO_TIMERS;
    }
    this.status = 'down';
    this.backlog = [];
    this.paused = false;
    this.busyUntilUs = 0;
    return ended;
  }

  /** A machine begins in `slot`, where none runs. */
  beginMachine(slot: number, program: Program, state: MachineState): void {
    this.lives[slot] = (this.lives[slot] as number) + 1;
    this.programs[slot] = program;
    this.states[slot] = state;
  }

  /** Does the machine that was number `life` in `slot` still run? */
  isAlive(slot: number, life: number): boolean {
    return this.states[slot] !== undefined && this.lives[slot] === life;
  }

  /** The process stands still: paused from outside, or stalled by its disk. */
  isBlocked(nowUs: number): boolean {
    return this.paused || this.busyUntilUs > nowUs;
  }

  /** What arrives now has to queue up: the process stands still, or has not yet caught up with what waits. */
  mustWait(nowUs: number): boolean {
    return this.backlog.length > 0 || this.isBlocked(nowUs);
  }

  /** Entropy of the next step: a function of (seed, node, incarnation, n). */
  nextDraw(): number {
    const n = this.stepCount;
    this.stepCount = n + 1;
    return draw32(this.incarnationKey, n);
  }

  slotOf(name: string): number {
    return this.slots.get(name) ?? -1;
  }

  /** The slot of a machine name, made on first use. */
  claimSlot(name: string): number {
    const known = this.slots.get(name);
    if (known !== undefined) return known;
    const slot = this.names.length;
    this.names.push(name);
    this.programs.push(undefined);
    this.states.push(undefined);
    this.timers.push(NO_TIMERS);
    this.lives.push(0);
    this.watched.push(false);
    this.slots.set(name, slot);
    return slot;
  }

  timer(slot: number, key: string): Timer | undefined {
    const timers = this.timers[slot] as readonly Timer[];
    for (let i = 0; i < timers.length; i += 1) {
      const timer = timers[i] as Timer;
      if (timer.key === key) return timer;
    }
    return undefined;
  }

  /** Adds a timer or replaces the one of the same key. */
  setTimer(slot: number, timer: Timer): void {
    const timers = (this.timers[slot] as readonly Timer[]).slice();
    const at = timers.findIndex((candidate) => candidate.key === timer.key);
    if (at === -1) timers.push(timer);
    else timers[at] = timer;
    this.timers[slot] = timers;
  }

  removeTimer(slot: number, key: string): void {
    this.timers[slot] = (this.timers[slot] as readonly Timer[]).filter((timer) => timer.key !== key);
  }

  /** Disarms a timer but keeps its carrier, which the next arming reuses. */
  disarmTimer(slot: number, key: string): void {
    const timer = this.timer(slot, key);
    if (timer === undefined || timer.deadlineUs === NEVER_US) return;
    const { type, data, sequence, carrierAtUs, carrierSequence } = timer;
    this.setTimer(slot, { key, type, data, deadlineUs: NEVER_US, sequence, carrierAtUs, carrierSequence });
  }

  stopMachine(slot: number): void {
    this.states[slot] = undefined;
    this.timers[slot] = NO_TIMERS;
  }
}

/** The key of a node's entropy: by name, so that adding a node leaves the others' draws alone. */
export function entropyKeyOf(worldKey: number, nodeName: string): number {
  return hashString(nodeName, worldKey);
}

/** What the entropy of a world's processes comes from. */
export function worldKeyOf(seed: string): number {
  return hashString('node', hashString(seed));
}

/** Copies that draw from another seed from now on. */
export function reseeded(processes: readonly Process[], seed: string): Process[] {
  const worldKey = worldKeyOf(seed);
  return processes.map((process) => process.fork(entropyKeyOf(worldKey, process.spec.name)));
}
