/**
 * What a statechart costs: the replicated log by the compiled engine, by a plain switch over the same functions, and by
 * XState's interpreter, in the same loop and with the same digest.
 */
import { assert, present } from '../../src/kernel/assert.ts';
import { compiledEngine, interpreterEngine } from '../../src/kernel/statechart/engines.ts';
import { atLeast, atMost, figure, type Figure } from '../figure.ts';
import { measure, type Contender } from '../measure.ts';
import { Loop, type Players } from '../replicated-log/loop.ts';
import { replicatedLogMachine } from '../replicated-log/machine.ts';
import { EnginePlayers, SwitchPlayers } from '../replicated-log/players.ts';

const NAME = 'statechart/replicated-log';
/** Twenty elections and seven thousand commits; the interpreter takes a third of a second. */
const MESSAGES_PER_TURN = 50_000;
const SEED = '7';

export function replicatedLogFigures(): readonly Figure[] {
  const digests = new Set<string>();
  const contender = (name: string, players: () => Players): Contender => {
    let loop: Loop | undefined;
    return {
      name,
      turn: () => {
        loop = new Loop(SEED, players());
        return loop.run(MESSAGES_PER_TURN);
      },
      afterTurn: () => {
        const { commits, digest } = present(loop, 'the loop of the turn').outcome();
        digests.add(digest);
        assert(digests.size === 1, `${name} took another way through the protocol: ${[...digests].join(' and ')}`);
        assert(commits > MESSAGES_PER_TURN / 20, `${name}: the log commits, ${commits} proposals so far`);
      },
    };
  };
  const compiled = compiledEngine.load(replicatedLogMachine);
  const measured = measure(
    [
      contender('compiled', () => new EnginePlayers(compiled)),
      contender('no XState', () => new SwitchPlayers()),
      contender('interpreter', () => new EnginePlayers(interpreterEngine.load(replicatedLogMachine))),
    ],
    { rounds: 15, warmUpRounds: 8 },
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
