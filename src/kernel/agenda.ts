/**
 * Time and what is to come: the clock of the world, the sequence of causes, the queue, and the timers of machines.
 *
 * A timer that is armed again for a later time pushes nothing: its queue entry (its carrier) stays where it is, and finds
 * the new deadline when it is popped. Order is as if every arming had pushed an entry of its own, since the carrier is
 * pushed again under the sequence of the arming.
 *
 * What is forgotten leaves a carrier behind that nobody needs. They are swept out together once they are most of the
 * queue, so `pending <= 2 * (entries that still mean something) + SWEEP_FROM` at an amortised cost of O(log n) each.
 */
import { AssertionFailed, assert, present } from './assert.ts';
import { EntryKind, EventQueue, QueueEntry } from './queue.ts';
import type { Process, Timer } from './process.ts';
import { NEVER_US } from './time.ts';

/** Fewer stale entries than this are not worth a sweep. */
export const SWEEP_FROM = 1_024;

export class Agenda {
  nowUs: number;
  private sequence: number;
  private readonly queue: EventQueue;
  /** The world's processes by index. */
  private readonly processes: readonly Process[];
  /** Entries of the queue that are stale, at most. */
  private staleCount: number;

  constructor(processes: readonly Process[], forkOf?: Agenda) {
    this.processes = processes;
    this.nowUs = forkOf?.nowUs ?? 0;
    this.sequence = forkOf?.sequence ?? 0;
    this.queue = forkOf?.queue.fork() ?? new EventQueue();
    this.staleCount = forkOf?.staleCount ?? 0;
  }

  get pending(): number {
    return this.queue.size;
  }

  peek(): QueueEntry | undefined {
    return this.queue.peek();
  }

  pop(): QueueEntry | undefined {
    return this.queue.pop();
  }

  nextSequence(): number {
    this.sequence += 1;
    return this.sequence;
  }

  /** Has something happen to the world as a whole. */
  addForWorld(atUs: number, kind: EntryKind, payload: unknown): void {
    this.queue.push(new QueueEntry(atUs, this.nextSequence(), kind, -1, -1, 0, payload));
  }

  /** Has something happen to the present incarnation of a process. */
  addForProcess(atUs: number, kind: EntryKind, process: Process, slot: number, payload: unknown): void {
    this.queue.push(this.entryFor(atUs, kind, process, slot, payload));
  }

  /** An entry that some other list than the queue will hold. */
  entryFor(atUs: number, kind: EntryKind, process: Process, slot: number, payload: unknown): QueueEntry {
    return new QueueEntry(atUs, this.nextSequence(), kind, process.index, process.incarnation, slot, payload);
  }

  /** Arms a timer of a machine, or arms it anew. `delayMs` counts on the node's clock; one past the end of time disarms. */
  arm(process: Process, slot: number, key: string, delayMs: number, type: string, data: unknown): void {
    const deadlineUs = this.nowUs + process.clock.trueDelayUs(this.nowUs, delayMs);
    if (deadlineUs >= NEVER_US) {
      process.disarmTimer(slot, key);
      return;
    }
    if (!(deadlineUs >= this.nowUs)) throw new AssertionFailed(`${process.spec.name}: timer ${key} is armed for ${delayMs} ms`);
    const sequence = this.nextSequence();
    const old = process.timer(slot, key);
    // A carrier that waits in the backlog of its process, before now, is looked at in this very instant: no machine of a
    // process that stands still arms anything.
    if (old !== undefined && old.carrierAtUs <= deadlineUs) {
      process.setTimer(slot, { key, type, data, deadlineUs, sequence, carrierAtUs: old.carrierAtUs, carrierSequence: old.carrierSequence });
      return;
    }
    process.setTimer(slot, { key, type, data, deadlineUs, sequence, carrierAtUs: deadlineUs, carrierSequence: sequence });
    this.pushCarrier(process, slot, key, deadlineUs, sequence);
    if (old !== undefined) this.leftBehind(1);
  }

  /** Removes a timer that will not be armed again. */
  forget(process: Process, slot: number, key: string): void {
    if (process.timer(slot, key) === undefined) return;
    process.removeTimer(slot, key);
    this.leftBehind(1);
  }

  /** `count` timers are gone without having been due, and their carriers mean nothing any more. */
  leftBehind(count: number): void {
    this.staleCount += count;
    if (this.staleCount < SWEEP_FROM || 2 * this.staleCount < this.queue.size) return;
    this.queue.retain((entry) => entry.kind !== EntryKind.timer || this.isCarrier(this.processes[entry.node] as Process, entry));
    this.staleCount = 0;
  }

  /** Is this entry the one that looks after its timer? Else it is stale: the timer is gone or has another carrier. */
  isCarrier(process: Process, entry: QueueEntry): boolean {
    return process.incarnation === entry.incarnation && process.timer(entry.slot, entry.payload as string)?.carrierSequence === entry.sequence;
  }

  /**
   * A carrier whose timer is not due moves on to the new deadline, or is done when there is none. That is no business
   * of the machine's, so it happens while the process stands still as well. False when the timer is due.
   */
  moveOn(process: Process, entry: QueueEntry): boolean {
    const key = entry.payload as string;
    const { type, data, deadlineUs, sequence } = present(process.timer(entry.slot, key), 'timer');
    if (deadlineUs === NEVER_US) {
      process.removeTimer(entry.slot, key);
      return true;
    }
    if (sequence === entry.sequence) return false;
    process.setTimer(entry.slot, { key, type, data, deadlineUs, sequence, carrierAtUs: deadlineUs, carrierSequence: sequence });
    this.pushCarrier(process, entry.slot, key, deadlineUs, sequence);
    return true;
  }

  /** The timer of a carrier that is due, taken off its machine. */
  takeDue(process: Process, entry: QueueEntry): Timer {
    const key = entry.payload as string;
    const timer = present(process.timer(entry.slot, key), 'timer');
    assert(timer.sequence === entry.sequence && timer.deadlineUs <= this.nowUs, 'a timer that is taken is due');
    process.removeTimer(entry.slot, key);
    return timer;
  }

  private pushCarrier(process: Process, slot: number, key: string, atUs: number, sequence: number): void {
    this.queue.push(new QueueEntry(atUs, sequence, EntryKind.timer, process.index, process.incarnation, slot, key));
  }
}
