/**
 * SIGTERM: a process is asked to end. Unlike a crash it may take its time: the machine that its spec names hears
 * `process.stop` and ends the process with a `halt` effect when it is ready to. A process that names no machine, or whose
 * machine does not run, ends at once. Whoever asks looks after those that never end.
 */
import type { World } from './world.ts';

/** What the machine hears; it has no data. */
export const PROCESS_STOP = 'process.stop';

/** Asks `node` to end. A no-op when it is down. */
export function terminate(world: World, node: number): void {
  const { spec, status, states } = world.node(node);
  if (status === 'down') return;
  const slot = spec.terminates === undefined ? -1 : world.node(node).slotOf(spec.terminates);
  if (slot !== -1 && states[slot] !== undefined) world.stimulate(node, slot, PROCESS_STOP, null);
  else world.halt(node, 'stopped');
}
