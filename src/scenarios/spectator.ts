/**
 * Somebody who watches a run in all detail, for pictures of it: every step, every message, every change of a monitored
 * machine. Watching influences nothing; the digest is the same with and without.
 */
import type { Monitor } from '../kernel/outside.ts';
import type { TraceLine } from '../kernel/trace.ts';
import type { World } from '../kernel/world.ts';
import type { Wiretap } from '../network/wiretap.ts';

export interface Spectator extends Omit<Monitor, 'fork'> {
  readonly wiretap: Wiretap;
  trace(line: TraceLine): void;
  /** The run is over; `world` as it ends. */
  ended(world: World): void;
}

/** The monitor with a spectator beside it. A fork is not watched. */
export function besides(monitor: Monitor, spectator: Spectator): Monitor {
  return {
    stepped(world, node, slot, before, after) {
      monitor.stepped(world, node, slot, before, after);
      spectator.stepped(world, node, slot, before, after);
    },
    observed(world, node, observation) {
      monitor.observed(world, node, observation);
      spectator.observed(world, node, observation);
    },
    lifecycle(world, event) {
      monitor.lifecycle(world, event);
      spectator.lifecycle(world, event);
    },
    fork: () => monitor.fork(),
  };
}

/** Both get every line; undefined when nobody wants them. */
export function bothTrace(trace: ((line: TraceLine) => void) | undefined, spectator: Spectator | undefined): ((line: TraceLine) => void) | undefined {
  if (spectator === undefined) return trace;
  if (trace === undefined) return (line) => spectator.trace(line);
  return (line) => {
    trace(line);
    spectator.trace(line);
  };
}
