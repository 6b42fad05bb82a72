/**
 * What a world is made of and who stands outside it: the director, which carries out the plan, and the monitor, which
 * watches and never influences.
 */
import type { Message } from './effects.ts';
import type { NodeSpec } from './process.ts';
import type { Program } from './statechart/engine.ts';
import type { Tracer } from './trace.ts';
import type { Transport } from './transport.ts';
import type { World } from './world.ts';

/** What happens to a process from outside. */
export type LifecycleEvent =
  | { readonly kind: 'started'; readonly node: number; readonly incarnation: number }
  | { readonly kind: 'crashed'; readonly node: number; readonly reason: string }
  | { readonly kind: 'powerLost'; readonly node: number; readonly lostEntries: ReadonlyMap<string, number> }
  | { readonly kind: 'wiped'; readonly node: number };

/** Reads what happens and never influences it: history and checkers. */
export interface Monitor {
  /** A machine's context changed, or the machine started (`before` undefined) or ended (`after` undefined). */
  stepped(world: World, node: number, slot: number, before: unknown, after: unknown): void;
  observed(world: World, node: number, observation: Message): void;
  lifecycle(world: World, event: LifecycleEvent): void;
  fork(): Monitor;
}

/** The outside world: carries out what the plan of the run says, when it says so, and looks after processes that end. */
export interface Director {
  act(world: World, control: unknown): void;
  /** A process ended itself. */
  halted(world: World, node: number, reason: string): void;
  fork(): Director;
}

export interface LatencyRange {
  readonly minUs: number;
  readonly maxUs: number;
}

export interface WorldOptions {
  readonly seed: string;
  readonly nodes: readonly NodeSpec[];
  /** Machine definitions by the name that `spawn` and `boot` use. */
  readonly programs: Readonly<Record<string, Program>>;
  readonly transport: Transport;
  readonly monitor?: Monitor;
  /** Names of machines (keys of `programs`) whose context changes the monitor wants to see. */
  readonly monitored?: readonly string[];
  readonly director?: Director;
  readonly flushLatency?: LatencyRange;
  readonly tracer?: Tracer;
}
