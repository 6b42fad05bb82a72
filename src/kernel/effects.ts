/**
 * What a machine asks of the world. Effects are data: a machine emits `{type: 'effects', effects}` and the kernel
 * carries them out in program order, all within the instant of the step. Only `send`, `schedule` and `flush` have
 * consequences at a later time.
 */
import type { FileContent } from './disk.ts';

/** Anything that travels between nodes or machines. The kernel reads its type and nothing else. */
export interface Message {
  readonly type: string;
}

/** One end of a conversation as the server sees it: what a reply needs to find its way back. */
export type ReplyTo = number;

export type Effect =
  /** A request to another node; its answer comes back to this machine. */
  | { readonly kind: 'send'; readonly to: number; readonly message: Message }
  /** The answer to a received request. */
  | { readonly kind: 'reply'; readonly to: ReplyTo; readonly message: Message }
  /** The request needs no answer (acks=0); the connection may deliver the next one. */
  | { readonly kind: 'release'; readonly to: ReplyTo }
  /** Close this machine's connection to a node. What was sent may still be executed there. */
  | { readonly kind: 'disconnect'; readonly to: number }
  /** The server closes the connection a request came on. */
  | { readonly kind: 'hangUp'; readonly to: ReplyTo }
  /** A local event for a machine of the same process; dropped when it does not run, now or when its turn comes. */
  | { readonly kind: 'tell'; readonly to: string; readonly event: Message }
  /** Start a machine in this process; a no-op when one of that name runs. */
  | { readonly kind: 'spawn'; readonly name: string; readonly machine: string; readonly input: unknown }
  /** End a machine of this process together with its timers and connections. One that ends itself ends its step there. */
  | { readonly kind: 'stop'; readonly name: string }
  /** Deliver a `Stimulus` of `type` to this machine after `delayMs` of its node's clock; re-arms an armed `key`. */
  | { readonly kind: 'schedule'; readonly key: string; readonly delayMs: number; readonly type: string; readonly data?: unknown }
  /** `forget` says that the key will not be armed again; without it the next arming is cheaper. */
  | { readonly kind: 'cancel'; readonly key: string; readonly forget?: true }
  /**
   * Put `content` into the page cache. `keptLength` is how much of the previous content still stands (default: all of
   * it); less than that is a truncation. When the disk refuses, the rest of the step's effects do not happen and the
   * machine gets `disk.writeFailed`, as code after a throwing `write(2)` does not run.
   */
  | { readonly kind: 'write'; readonly file: string; readonly content: FileContent; readonly keptLength?: number }
  /** Replace a small file as a whole (write beside, rename): after a power loss it is the old one or the new one. */
  | { readonly kind: 'replace'; readonly file: string; readonly value: unknown }
  | { readonly kind: 'delete'; readonly file: string }
  /** fsync. Answers with a `Stimulus` of type `then`, or `disk.flushFailed`, with `data` {file, data}. */
  | { readonly kind: 'flush'; readonly file: string; readonly then: string; readonly data?: unknown }
  /** For history and checkers; no machine ever hears of it. */
  | { readonly kind: 'observe'; readonly observation: Message }
  /** A branch that a campaign must reach now and then. */
  | { readonly kind: 'mark'; readonly label: string }
  /** The process ends itself, as `Exit.halt` does. */
  | { readonly kind: 'halt'; readonly reason: string };

/** What machines emit; the kernel knows no other emitted event. */
export interface EffectsEmitted {
  readonly type: 'effects';
  readonly effects: readonly Effect[];
}

/** A kernel-made event: a timer, the disk's answer, the loss of a connection. `draw` is the step's entropy, 32 bits. */
export class Stimulus<Type extends string = string, Data = unknown> {
  readonly type: Type;
  /** The node's own clock, ms. */
  readonly nowMs: number;
  readonly draw: number;
  readonly data: Data;

  constructor(type: Type, nowMs: number, draw: number, data: Data) {
    this.type = type;
    this.nowMs = nowMs;
    this.draw = draw;
    this.data = data;
  }
}

/** A message that has arrived. */
export class Received<M extends Message = Message> {
  readonly type: M['type'];
  readonly nowMs: number;
  readonly draw: number;
  /** The sending node's index. */
  readonly from: number;
  /** Answers go here; meaningless on answers themselves. */
  readonly replyTo: ReplyTo;
  readonly message: M;

  constructor(message: M, nowMs: number, draw: number, from: number, replyTo: ReplyTo) {
    this.type = message.type;
    this.nowMs = nowMs;
    this.draw = draw;
    this.from = from;
    this.replyTo = replyTo;
    this.message = message;
  }
}

/** `data` of `connection.lost`: every request in flight to `peer` on this machine's connection has no answer. */
export interface ConnectionLost {
  readonly peer: number;
  readonly reason: 'refused' | 'reset' | 'closed' | 'timedOut';
}

/** `data` of `disk.writeFailed` and `disk.flushFailed`, and of a flush's answer. */
export interface DiskOutcome {
  readonly file: string;
  readonly data: unknown;
}
