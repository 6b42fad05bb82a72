import { describe, expect, it } from 'vitest';
import type { Effect } from './effects.ts';
import type { NodeSpec } from './process.ts';
import { Wire } from './rig.ts';
import { engine } from './statechart/engines.ts';
import { scriptedMachine } from './statechart/scripted.ts';
import { PROCESS_STOP, terminate } from './termination.ts';
import { World } from './world.ts';

/** Ends 5 ms after it was asked to. */
const slow = scriptedMachine<null>('slow', {
  start: () => ({ state: null, effects: [] }),
  act: (state, { type }) => {
    const effects: Effect[] = type === PROCESS_STOP ? [{ kind: 'schedule', key: 'end', delayMs: 5, type: 'end' }] : type === 'end' ? [{ kind: 'halt', reason: 'as asked' }] : [];
    return { state, effects };
  },
});

function worldOf(...nodes: readonly Omit<NodeSpec, 'boot'>[]): { readonly world: World; readonly halted: string[] } {
  const halted: string[] = [];
  const director = { act: () => {}, halted: (world: World, node: number, reason: string) => void halted.push(`${world.nowUs} ${world.nodeName(node)} ${reason}`), fork: () => director };
  const world = new World({
    seed: 'stop', transport: new Wire(), director, programs: { slow: engine('compiled').load(slow) },
    nodes: nodes.map((spec) => ({ ...spec, boot: () => [{ name: 'main', machine: 'slow', input: null }] })),
  });
  nodes.forEach((_, node) => world.start(node));
  return { world, halted };
}

describe('a process that is asked to end', () => {
  it('ends when the machine that its spec names says so', () => {
    const { world, halted } = worldOf({ name: 'broker', terminates: 'main' });
    terminate(world, 0);
    expect(world.isUp(0)).toBe(true);
    world.runUntil(10_000);
    expect(halted).toEqual(['5000 broker as asked']);
    expect(world.isUp(0)).toBe(false);
  });

  it('ends at once when its spec names none, or one that does not run', () => {
    const { world, halted } = worldOf({ name: 'client' }, { name: 'odd', terminates: 'other' });
    terminate(world, 0);
    terminate(world, 1);
    expect(halted).toEqual(['0 client stopped', '0 odd stopped']);
  });

  it('is left alone when it is down', () => {
    const { world, halted } = worldOf({ name: 'client' });
    world.crash(0, 'test');
    terminate(world, 0);
    expect(halted).toEqual([]);
  });
});
