/**
 * The flagship by each of the three engines, for six virtual minutes: the compiled statecharts, XState's interpreter,
 * and live actors. The digests must be equal; only the time may differ.
 */
import { assert } from '../../src/kernel/assert.ts';
import type { EngineName } from '../../src/kernel/statechart/engine.ts';
import { execute } from '../../src/scenarios/run.ts';
import type { Scenario } from '../../src/scenarios/scenario.ts';
import { withDuration } from '../../src/scenarios/with-duration.ts';
import { flagship, requestFor, seedOf } from '../clusters/requests.ts';
import { figure, type Figure } from '../figure.ts';
import { measure, type Contender } from '../measure.ts';

const NAME = 'cluster/engines';
/** Up to and including the first crash and its recovery. */
const DURATION_MS = 6 * 60 * 1_000;
const ENGINES: readonly EngineName[] = ['compiled', 'interpreter', 'live'];

export function engineFigures(): readonly Figure[] {
  const scenario: Scenario = withDuration(flagship(), DURATION_MS).scenario;
  const digests = new Set<string>();
  const contenders = ENGINES.map((engine): Contender => {
    const request = requestFor(scenario, seedOf(scenario), engine);
    return {
      name: engine,
      turn: () => {
        const { digest, messages } = execute(request);
        digests.add(digest);
        return messages;
      },
      afterTurn: () => assert(digests.size === 1, `the engine ${engine} gives another run: ${[...digests].join(' and ')}`),
    };
  });
  const measured = measure(contenders, { rounds: 3, warmUpRounds: 1 });
  return [
    ...ENGINES.map((engine) => figure(NAME, engine, measured.ns(engine), 'ns/msg')),
    ...ENGINES.slice(1).map((engine) => figure(NAME, `${engine} vs compiled`, measured.ratio(engine, 'compiled'), 'x')),
  ];
}
