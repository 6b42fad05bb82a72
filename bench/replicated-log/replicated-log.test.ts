import { describe, expect, it } from 'vitest';
import { compiledEngine, interpreterEngine, liveEngine } from '../../src/kernel/statechart/engines.ts';
import { US_PER_S } from '../../src/kernel/time.ts';
import { Loop } from './loop.ts';
import { replicatedLogMachine } from './machine.ts';
import { EnginePlayers, SwitchPlayers } from './players.ts';
import { PEER_COUNT } from './state.ts';
import { SwitchProgram } from './switch-program.ts';
import { replicatedLogWorld, stateOf } from './world.ts';

const ENGINES = [compiledEngine, interpreterEngine, liveEngine].map((engine) => [engine.name, engine] as const);

describe('the replicated log of the benchmark', () => {
  it.each(ENGINES)('takes the same steps in the loop by the %s engine as by the plain switch', (_name, engine) => {
    for (const seed of ['1', '2', '3']) {
      const plain = new Loop(seed, new SwitchPlayers());
      const loop = new Loop(seed, new EnginePlayers(engine.load(replicatedLogMachine)));
      expect(loop.run(6_000)).toBe(plain.run(6_000));
      expect(loop.outcome()).toEqual(plain.outcome());
    }
  });

  it.each(ENGINES)('takes the same steps in the world by the %s engine as by the plain switch', (_name, engine) => {
    const plain = replicatedLogWorld('5', new SwitchProgram());
    const world = replicatedLogWorld('5', engine.load(replicatedLogMachine));
    for (const each of [plain, world]) each.runUntil(10 * US_PER_S);
    expect(world.digest.toString()).toBe(plain.digest.toString());
    expect(world.transport.messages).toBe(plain.transport.messages);
  });

  it('commits, and all peers agree on what is committed', () => {
    const world = replicatedLogWorld('5', new SwitchProgram());
    for (let second = 1; second <= 30; second += 1) {
      world.runUntil(second * US_PER_S);
      const logs = Array.from({ length: PEER_COUNT }, (_, peer) => stateOf(world, peer));
      const common = Math.min(...logs.map(({ commitLength }) => commitLength));
      const [first, ...others] = logs.map(({ log }) => log.slice(0, common));
      for (const other of others) expect(other).toEqual(first);
    }
    expect(stateOf(world, 0).commitLength).toBeGreaterThan(2_000);
    expect(Math.max(...[0, 1, 2].map((peer) => stateOf(world, peer).epoch)), 'leaders were replaced').toBeGreaterThan(2);
  });
});
