/**
 * What a simulated message costs in the kernel's own world with its statechart, and what it would cost with no XState
 * at all: the same world, processes, timers and network, the same reducers, the same digest.
 */
import { assert, present } from '../../src/kernel/assert.ts';
import { compiledEngine, interpreterEngine } from '../../src/kernel/statechart/engines.ts';
import type { Program } from '../../src/kernel/statechart/engine.ts';
import { US_PER_S } from '../../src/kernel/time.ts';
import type { World } from '../../src/kernel/world.ts';
import { atLeast, atMost, figure, type Figure } from '../figure.ts';
import { measure, type Contender } from '../measure.ts';
import { replicatedLogMachine } from '../replicated-log/machine.ts';
import { SwitchProgram } from '../replicated-log/switch-program.ts';
import { replicatedLogWorld, stateOf } from '../replicated-log/world.ts';

const NAME = 'kernel/message';
const SEED = '7';
/** About 50 000 messages. */
const VIRTUAL_US = 60 * US_PER_S;

export function messageFigures(): readonly Figure[] {
  const digests = new Set<string>();
  const contender = (name: string, program: Program): Contender => {
    let world: World | undefined;
    return {
      name,
      turn: () => {
        world = replicatedLogWorld(SEED, program);
        world.runUntil(VIRTUAL_US);
        return world.transport.messages;
      },
      afterTurn: () => {
        const { digest, transport } = present(world, 'the world of the turn');
        digests.add(digest.toString());
        assert(digests.size === 1, `${name} took another way through the protocol: ${[...digests].join(' and ')}`);
        const { commitLength } = stateOf(present(world, 'the world of the turn'), 0);
        assert(commitLength > transport.messages / 20, `${name}: the log commits, ${commitLength} entries so far`);
      },
    };
  };
  const compiled = compiledEngine.load(replicatedLogMachine);
  const measured = measure(
    [contender('compiled', compiled), contender('no XState', new SwitchProgram()), contender('interpreter', interpreterEngine.load(replicatedLogMachine))],
    { rounds: 9, warmUpRounds: 3 },
  );
  assert(compiled.stats.fallbackSteps === 0, 'every path of the protocol is compiled');
  return [
    figure(NAME, 'compiled', measured.ns('compiled'), 'ns/msg'),
    figure(NAME, 'no XState', measured.ns('no XState'), 'ns/msg'),
    figure(NAME, 'interpreter', measured.ns('interpreter'), 'ns/msg'),
    figure(NAME, 'compiled vs no XState', measured.ratio('compiled', 'no XState'), 'x', atMost(1.1)),
    figure(NAME, 'interpreter vs compiled', measured.ratio('interpreter', 'compiled'), 'x', atLeast(4)),
  ];
}
