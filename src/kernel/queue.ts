/**
 * The event queue: a binary heap ordered by (time, sequence). Sequences are given out in program order, so two
 * events of the same microsecond happen in the order in which they were caused.
 *
 * Entries are immutable, so a fork of the queue is one `slice`. Cancelled entries are not removed one by one: whoever
 * pops one recognises it as stale, and the agenda sweeps them out together when there are many (see agenda.ts).
 */
import type { Message, ReplyTo } from './effects.ts';

/** What an entry is about; each kind has one reader in world.ts. */
export const EntryKind = {
  /** A machine's timer; `slot` is the machine, `payload` the timer's key. */
  timer: 0,
  /** Something the transport put on the wire; `payload` is its frame. */
  frame: 1,
  /** A flush is through; `slot` is the machine, `payload` a `Flush`. */
  disk: 2,
  /** A busy process may go on. */
  resume: 3,
  /** The outside world acts: a fault begins or ends, an application calls its client. */
  control: 4,
  /** A message that waited for a paused process; `payload` is a `WaitingMessage`. Only ever in a backlog. */
  delivery: 5,
  /** A local event that waited for a paused process; `payload` is a `WaitingStimulus`. Only ever in a backlog. */
  stimulus: 6,
} as const;
export type EntryKind = (typeof EntryKind)[keyof typeof EntryKind];

/** Payload of a `delivery`. */
export interface WaitingMessage {
  /** The machine it is for: the `life`-th of its slot. */
  readonly life: number;
  readonly message: Message;
  readonly from: number;
  readonly replyTo: ReplyTo;
}

/** Payload of a `stimulus`. */
export interface WaitingStimulus {
  readonly life: number;
  readonly type: string;
  readonly data: unknown;
}

/** One pending event. All fields always present: the heap's hot loop sees one hidden class. */
export class QueueEntry {
  readonly atUs: number;
  readonly sequence: number;
  readonly kind: EntryKind;
  /** Index of the node it happens at, or -1 for the world itself. */
  readonly node: number;
  /** The incarnation of the node that it belongs to; later incarnations ignore it. -1 when any will do. */
  readonly incarnation: number;
  readonly slot: number;
  readonly payload: unknown;

  constructor(atUs: number, sequence: number, kind: EntryKind, node: number, incarnation: number, slot: number, payload: unknown) {
    this.atUs = atUs;
    this.sequence = sequence;
    this.kind = kind;
    this.node = node;
    this.incarnation = incarnation;
    this.slot = slot;
    this.payload = payload;
  }
}

export class EventQueue {
  private heap: QueueEntry[];

  constructor(heap: QueueEntry[] = []) {
    this.heap = heap;
  }

  get size(): number {
    return this.heap.length;
  }

  /** The next entry without taking it. */
  peek(): QueueEntry | undefined {
    return this.heap[0];
  }

  push(entry: QueueEntry): void {
    const heap = this.heap;
    const { atUs, sequence } = entry;
    let hole = heap.length;
    heap.push(entry);
    while (hole > 0) {
      const parentIndex = (hole - 1) >> 1;
      const parent = heap[parentIndex] as QueueEntry;
      if (parent.atUs < atUs || (parent.atUs === atUs && parent.sequence < sequence)) break;
      heap[hole] = parent;
      hole = parentIndex;
    }
    heap[hole] = entry;
  }

  pop(): QueueEntry | undefined {
    const heap = this.heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || top === last) return top;
    const { atUs, sequence } = last;
    const length = heap.length;
    let hole = 0;
    for (let child = 1; child < length; child = 2 * hole + 1) {
      let least = heap[child] as QueueEntry;
      if (child + 1 < length) {
        const right = heap[child + 1] as QueueEntry;
        if (right.atUs < least.atUs || (right.atUs === least.atUs && right.sequence < least.sequence)) {
          least = right;
          child += 1;
        }
      }
      if (atUs < least.atUs || (atUs === least.atUs && sequence < least.sequence)) break;
      heap[hole] = least;
      hole = child;
    }
    heap[hole] = last;
    return top;
  }

  /** Drops every entry that `isKept` refuses. The order of the rest is total, so it stays as it was. */
  retain(isKept: (entry: QueueEntry) => boolean): void {
    const kept = this.heap.filter(isKept);
    this.heap = [];
    for (let i = 0; i < kept.length; i += 1) this.push(kept[i] as QueueEntry);
  }

  fork(): EventQueue {
    return new EventQueue(this.heap.slice());
  }
}
