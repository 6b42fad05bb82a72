/**
 * The outputs of one step, held back until the step is known to have succeeded: XState defers effects in the same way,
 * so a step that throws has none. One buffer per program, reused; parallel arrays, so that a step allocates nothing.
 */
import type { EventObject } from 'xstate';
import type { OutputSink } from './engine.ts';
import type { HandedOver } from './reduction.ts';
import { assert, unreachable } from '../assert.ts';

const EMIT = 0;
const SCHEDULE = 1;
const CANCEL = 2;
type OutputKind = typeof EMIT | typeof SCHEDULE | typeof CANCEL;

const NO_EVENT: EventObject = { type: '' };

/**
 * Also a sink, so that whatever produces outputs can write into it. Most steps have one output, an emitted event: while
 * it is the only one it stands in `lone`, not in the arrays.
 */
export class OutputBuffer implements OutputSink {
  private lone: EventObject | undefined = undefined;
  private length = 0;
  private flushing = false;
  private readonly kinds: OutputKind[] = [];
  private readonly ids: string[] = [];
  private readonly delaysMs: number[] = [];
  private readonly events: EventObject[] = [];

  emit(event: EventObject): void {
    if (this.length === 0 && this.lone === undefined) this.lone = event;
    else this.push(EMIT, '', 0, event);
  }

  schedule(id: string, delayMs: number, event: EventObject): void {
    this.push(SCHEDULE, id, delayMs, event);
  }

  cancel(id: string): void {
    this.push(CANCEL, id, 0, NO_EVENT);
  }

  /** Generated code reports without the buffer, but not in the middle of a report either. */
  checkIdle(): void {
    assert(!this.flushing, 'a sink records outputs and does not step a machine');
  }

  clear(): void {
    this.checkIdle();
    this.lone = undefined;
    this.length = 0;
  }

  /** Reports the one output of a step that is nothing but a hand-over; the buffer stays empty. */
  handOver(effects: unknown, sink: OutputSink): void {
    this.flushing = true;
    sink.emit({ type: 'effects', effects } as HandedOver);
    this.flushing = false;
  }

  /** Reports everything in program order and empties the buffer. */
  flushTo(sink: OutputSink): void {
    const { lone } = this;
    if (lone === undefined) {
      if (this.length > 0) this.flushAll(sink);
      return;
    }
    this.lone = undefined;
    this.flushing = true;
    sink.emit(lone);
    this.flushing = false;
  }

  private flushAll(sink: OutputSink): void {
    const length = this.length;
    this.length = 0;
    this.flushing = true;
    for (let i = 0; i < length; i++) this.report(i, sink);
    this.flushing = false;
  }

  private report(i: number, sink: OutputSink): void {
    const kind = this.kinds[i] as OutputKind;
    switch (kind) {
      case EMIT: sink.emit(this.events[i] as EventObject); break;
      case SCHEDULE: sink.schedule(this.ids[i] as string, this.delaysMs[i] as number, this.events[i] as EventObject); break;
      case CANCEL: sink.cancel(this.ids[i] as string); break;
      default: unreachable(kind, 'output kind');
    }
  }

  private push(kind: OutputKind, id: string, delayMs: number, event: EventObject): void {
    const { lone } = this;
    if (lone !== undefined) {
      this.lone = undefined;
      this.set(0, EMIT, '', 0, lone);
      this.length = 1;
    }
    this.set(this.length++, kind, id, delayMs, event);
  }

  private set(i: number, kind: OutputKind, id: string, delayMs: number, event: EventObject): void {
    this.kinds[i] = kind;
    this.ids[i] = id;
    this.delaysMs[i] = delayMs;
    this.events[i] = event;
  }
}
