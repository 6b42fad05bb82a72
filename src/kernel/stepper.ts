/**
 * One step: a machine gets an event, the effects it returns are carried out in order, and whatever they tell the other
 * machines of the process is handled before the instant is over. Nothing here waits; what takes time goes on the agenda.
 */
import { AssertionFailed, present, unreachable } from './assert.ts';
import type { DiskOutcome, Effect, EffectsEmitted } from './effects.ts';
import { Received, Stimulus } from './effects.ts';
import { draw32, hashString, scaleDraw } from './hash.ts';
import type { LatencyRange } from './outside.ts';
import type { Process } from './process.ts';
import { EntryKind } from './queue.ts';
import type { EventObject, OutputSink, Program } from './statechart/engine.ts';
import type { TraceLine } from './trace.ts';
import type { World } from './world.ts';

/** Work left to do in this instant inside one process: an event for a machine, or the effects of one that started. */
interface LocalWork {
  readonly slot: number;
  /** The machine it is for; if that one has ended by then, nothing happens, even if another took its name. */
  readonly life: number;
  readonly event: EventObject | undefined;
  readonly effects: readonly Effect[] | undefined;
}

/** A flush under way, as the agenda holds it. */
export interface FlushRequest {
  readonly id: number;
  /** The machine that waits for it. */
  readonly life: number;
  readonly file: string;
  readonly then: string;
  readonly data: unknown;
}

const DEFAULT_FLUSH_LATENCY: LatencyRange = { minUs: 1_000, maxUs: 8_000 };
/** What one write to a slow disk costs its process, times the disk's slow factor. */
const WRITE_STALL_US = 100;
/** More work than this in one instant of one process means that two machines tell each other the same thing for ever. */
const MAX_LOCAL_WORK = 250_000;

const NO_OUTPUT: readonly Effect[] = [];

export class Stepper implements OutputSink {
  private readonly world: World;
  private readonly flushKey: number;
  private readonly flushLatency: LatencyRange;
  /** Of the step under way: one list as the machine handed it over, or several in one. */
  private output: readonly Effect[] = NO_OUTPUT;
  private work: LocalWork[] = [];
  /** Who is at work, for the message of an error. */
  active = '';

  constructor(world: World, seed: string, flushLatency = DEFAULT_FLUSH_LATENCY) {
    this.world = world;
    this.flushKey = hashString('disk', hashString(seed));
    this.flushLatency = flushLatency;
  }

  /** Nothing is left to do in this instant. */
  get isIdle(): boolean {
    return this.work.length === 0;
  }

  emit(event: EventObject): void {
    const { effects } = event as EffectsEmitted;
    if (effects.length > 0) this.output = this.output.length === 0 ? effects : [...this.output, ...effects];
  }

  schedule(id: string, delayMs: number, event: EventObject): void {
    this.output = [...this.output, { kind: 'schedule', key: id, delayMs, type: event.type }];
  }

  cancel(id: string): void {
    this.output = [...this.output, { kind: 'cancel', key: id }];
  }

  /** An event from outside the process, and all that follows from it in this instant. */
  dispatch(process: Process, slot: number, event: EventObject): void {
    this.world.digest.add(this.world.nowUs);
    this.stepMachine(process, slot, event);
    this.settle(process);
  }

  /** Lets the process work until nothing is left to do in this instant. */
  settle(process: Process): void {
    for (let next = 0; next < this.work.length; next += 1) {
      const { slot, life, event, effects } = this.work[next] as LocalWork;
      if (next === MAX_LOCAL_WORK) throw new AssertionFailed(`the machines of ${process.spec.name} never come to rest, last at ${process.names[slot] ?? ''}: ${event?.type ?? 'start'}`);
      if (!process.isAlive(slot, life)) continue;
      if (event !== undefined) this.stepMachine(process, slot, event);
      else if (effects !== undefined) this.finishStep(process, slot, effects);
    }
    // A new list costs less than an old one that is emptied.
    if (this.work.length > 0) this.work = [];
  }

  /** The process has ended: nothing more happens in it. */
  abandon(): void {
    this.work = [];
  }

  startMachine(process: Process, name: string, machine: string, input: unknown): void {
    const slot = process.claimSlot(name);
    if (process.states[slot] !== undefined) return;
    const program = present(this.world.programs[machine], `program ${machine}`);
    const outer = this.output;
    this.output = NO_OUTPUT;
    this.active = `${process.spec.name}/${name}, start`;
    const state = program.start(input, this);
    const effects = this.output;
    this.output = outer;
    process.beginMachine(slot, program, state);
    process.watched[slot] = this.world.isMonitored(program);
    this.world.digest.add(this.world.nowUs);
    this.world.digest.add((process.index << 12) ^ slot);
    this.world.noteStep(process, slot, undefined, state.context);
    if (this.world.tracer !== undefined) this.trace(process, name, 'started', effects, program.describe(state));
    if (effects.length > 0 || state.status === 'done') this.work.push({ slot, life: process.lives[slot] as number, event: undefined, effects });
  }

  trace(process: Process, machine: string, event: string, effects: readonly Effect[], stateAfter: string | undefined): void {
    if (this.world.tracer === undefined) return;
    const line: TraceLine = { atUs: this.world.nowUs, node: process.spec.name, incarnation: process.incarnation, machine, event, effects };
    this.world.tracer(stateAfter === undefined ? line : { ...line, stateAfter });
  }

  private stepMachine(process: Process, slot: number, event: EventObject): void {
    const state = process.states[slot];
    if (state === undefined) return;
    const { world } = this;
    const program = process.programs[slot] as Program;
    world.digest.add(typeHash(event.type) ^ (process.index << 16) ^ slot);
    this.active = process.spec.name;
    const stateBefore = world.tracer === undefined ? undefined : program.describe(state);
    const before = state.context;
    const next = program.step(state, event, this);
    const effects = this.output;
    this.output = NO_OUTPUT;
    process.states[slot] = next;
    if (next.context !== before) world.noteStep(process, slot, before, next.context);
    if (stateBefore !== undefined) this.traceStep(process, slot, event, stateBefore, program.describe(next), effects);
    this.finishStep(process, slot, effects);
  }

  /** What follows a step or a start: its effects, and the machine's end if that was its last. */
  private finishStep(process: Process, slot: number, effects: readonly Effect[]): void {
    const life = process.lives[slot] as number;
    this.carryOut(process, slot, effects);
    if (process.isAlive(slot, life) && process.states[slot]?.status === 'done') this.stopMachine(process, slot);
  }

  private stopMachine(process: Process, slot: number): void {
    const state = process.states[slot];
    if (state === undefined) return;
    const program = process.programs[slot] as Program;
    program.dispose(state);
    this.world.agenda.leftBehind((process.timers[slot] ?? []).length);
    process.stopMachine(slot);
    this.world.transport.machineStopped(this.world, process.index, slot);
    this.world.noteStep(process, slot, state.context, undefined);
  }

  private carryOut(process: Process, slot: number, effects: readonly Effect[]): void {
    for (let i = 0; i < effects.length; i += 1) {
      if (!this.perform(process, slot, effects[i] as Effect)) return;
    }
  }

  /** Carries out one effect. False when the rest of the step's effects must not happen. */
  private perform(process: Process, slot: number, effect: Effect): boolean {
    const { world } = this;
    switch (effect.kind) {
      case 'send':
        world.transport.send(world, process.index, slot, effect.to, effect.message);
        return true;
      case 'reply':
        world.transport.reply(world, process.index, effect.to, effect.message);
        return true;
      case 'release':
        world.transport.release(world, process.index, effect.to);
        return true;
      case 'disconnect':
        world.transport.disconnect(world, process.index, slot, effect.to);
        return true;
      case 'hangUp':
        world.transport.hangUp(world, process.index, effect.to);
        return true;
      case 'tell': {
        const target = process.slotOf(effect.to);
        if (target !== -1) this.pushEvent(process, target, effect.event);
        return true;
      }
      case 'schedule':
        world.agenda.arm(process, slot, effect.key, effect.delayMs, effect.type, effect.data);
        return true;
      case 'cancel':
        if (effect.forget === true) world.agenda.forget(process, slot, effect.key);
        else process.disarmTimer(slot, effect.key);
        return true;
      case 'observe':
        world.monitor?.observed(world, process.index, effect.observation);
        return true;
      case 'write':
        return this.written(process, slot, effect.file, process.disk.write(effect.file, effect.content, effect.keptLength));
      case 'replace':
        return this.written(process, slot, effect.file, process.disk.replace(effect.file, effect.value));
      case 'delete':
        process.disk.delete(effect.file);
        return true;
      case 'flush':
        this.flush(process, slot, effect.file, effect.then, effect.data);
        return true;
      case 'spawn':
        this.startMachine(process, effect.name, effect.machine, effect.input);
        return true;
      case 'stop': {
        const target = process.slotOf(effect.name);
        if (target !== -1) this.stopMachine(process, target);
        return target !== slot;
      }
      case 'mark':
        world.mark(effect.label);
        return true;
      case 'halt':
        world.halt(process.index, effect.reason);
        return false;
      default:
        return unreachable(effect, 'effect');
    }
  }

  private written(process: Process, slot: number, file: string, accepted: boolean): boolean {
    const { world } = this;
    if (!accepted) {
      const outcome: DiskOutcome = { file, data: undefined };
      const event = new Stimulus('disk.writeFailed', process.clock.localMs(world.nowUs), process.nextDraw(), outcome);
      this.pushEvent(process, slot, event);
      return false;
    }
    const { slowFactor } = process.disk.condition;
    if (slowFactor > 1) {
      process.busyUntilUs = Math.max(process.busyUntilUs, world.nowUs) + slowFactor * WRITE_STALL_US;
      world.agenda.addForProcess(process.busyUntilUs, EntryKind.resume, process, 0, undefined);
    }
    return true;
  }

  private pushEvent(process: Process, slot: number, event: EventObject): void {
    this.work.push({ slot, life: process.lives[slot] as number, event, effects: undefined });
  }

  private flush(process: Process, slot: number, file: string, then: string, data: unknown): void {
    const id = process.disk.beginFlush(file);
    const { minUs, maxUs } = this.flushLatency;
    const draw = draw32(hashString(process.spec.name, this.flushKey), id);
    const latencyUs = (minUs + scaleDraw(draw, maxUs - minUs + 1)) * process.disk.condition.slowFactor;
    const request: FlushRequest = { id, life: process.lives[slot] as number, file, then, data };
    this.world.agenda.addForProcess(this.world.nowUs + latencyUs, EntryKind.disk, process, slot, request);
  }

  private traceStep(process: Process, slot: number, event: EventObject, stateBefore: string, stateAfter: string, effects: readonly Effect[]): void {
    const machine = present(process.names[slot], 'machine name');
    const line = { atUs: this.world.nowUs, node: process.spec.name, incarnation: process.incarnation, machine, event: event.type, stateBefore, stateAfter, effects };
    if (event instanceof Received) this.world.tracer?.({ ...line, from: this.world.nodeName(event.from), detail: event.message });
    else this.world.tracer?.({ ...line, detail: event instanceof Stimulus ? event.data : event });
  }
}

const typeHashes = new Map<string, number>();

/** Memo of a pure function: the same string always hashes to the same number, whoever asks first. */
function typeHash(type: string): number {
  let hash = typeHashes.get(type);
  if (hash === undefined) {
    hash = hashString(type);
    typeHashes.set(type, hash);
  }
  return hash;
}
