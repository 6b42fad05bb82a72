/**
 * One turn of a client: what a reducer works on between the event that came in and the state that goes out. The turn
 * owns a private copy of the state's top level and writes to that copy only; everything below it is replaced, never
 * changed. So a reducer stays a pure function, and what a client does in one turn (take an answer, drain batches, ask
 * for metadata) reads as the sequence it is in Kafka's own loop, without a copy of the state per step.
 *
 * A client has two timers. `wakeup` stands for the poll timeout of Kafka's loop: lingering batches and backoffs, due
 * soon. `timeout` is for what is due only when nothing answers: request and delivery timeouts, the age of metadata. Both
 * are only ever moved forward to an earlier time; one that fires early finds nothing due and is armed again. With a
 * single timer, every linger of 5 ms would leave the entry of a 30 s timeout behind in the world's queue.
 *
 * Invariant: every deadline of the state is at or after `wakeupAtMs` or at or after `timeoutAtMs`.
 */
import type { Effect } from '../../kernel/effects.ts';
import { draw32 } from '../../kernel/hash.ts';
import type { Reduced } from '../reduction.ts';

/** Later than any reading of a clock. */
export const NEVER_MS = Number.MAX_SAFE_INTEGER;
/** Earlier than any reading of a clock, which may jump to before it began. */
export const AT_ONCE_MS = -Number.MAX_SAFE_INTEGER;

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The deadlines that the client's timers are armed for, on the node's clock; NEVER_MS when disarmed. */
export interface TimerState {
  readonly wakeupAtMs: number;
  readonly timeoutAtMs: number;
}

export const NO_TIMERS: TimerState = { wakeupAtMs: NEVER_MS, timeoutAtMs: NEVER_MS };

/** Every event of a client tells the time and brings entropy. */
export interface TurnEvent {
  readonly nowMs: number;
  readonly draw: number;
}

export class Turn<State extends TimerState> {
  readonly state: Mutable<State>;
  readonly nowMs: number;
  readonly effects: Effect[] = [];
  private readonly draw: number;
  private drawsTaken = 0;
  /** What the timers are armed for in the world. */
  private wakeupArmedMs: number;
  private timeoutArmedMs: number;

  /** `state` is a copy that nobody else holds. (Made by the caller field by field: a spread of this size costs 250 ns.) */
  constructor(state: Mutable<State>, event: TurnEvent) {
    this.state = state;
    this.nowMs = event.nowMs;
    this.draw = event.draw;
    this.wakeupArmedMs = state.wakeupAtMs;
    this.timeoutArmedMs = state.timeoutAtMs;
  }

  /** Entropy of this turn, an unsigned 32-bit integer; another one on each call. */
  nextDraw(): number {
    this.drawsTaken += 1;
    return draw32(this.draw, this.drawsTaken);
  }

  /** Something is due soon: a linger or a backoff ends at `atMs`. */
  wakeBy(atMs: number): void {
    if (atMs < this.state.wakeupAtMs) this.state.wakeupAtMs = atMs;
  }

  /** Something is due if nothing answers until `atMs`. */
  timeoutBy(atMs: number): void {
    if (atMs < this.state.timeoutAtMs) this.state.timeoutAtMs = atMs;
  }

  /** A timer has fired: it is not armed any more. */
  fired(timer: 'wakeup' | 'timeout'): void {
    if (timer === 'wakeup') this.state.wakeupAtMs = this.wakeupArmedMs = NEVER_MS;
    else this.state.timeoutAtMs = this.timeoutArmedMs = NEVER_MS;
  }

  /** The outcome of the turn, with the timers armed for what it left due. */
  end(): Reduced<State> {
    const { wakeupAtMs, timeoutAtMs } = this.state;
    if (wakeupAtMs !== this.wakeupArmedMs) this.arm('wakeup', wakeupAtMs);
    if (timeoutAtMs !== this.timeoutArmedMs) this.arm('timeout', timeoutAtMs);
    return { state: this.state as State, effects: this.effects };
  }

  private arm(timer: 'wakeup' | 'timeout', atMs: number): void {
    this.effects.push({ kind: 'schedule', key: timer, delayMs: Math.max(0, atMs - this.nowMs), type: timer });
  }
}
