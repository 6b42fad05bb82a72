/** One row of the table: a rolling restart, watched while it runs. Equal code gives equal figures: virtual time is all there is. */
import type { ClientObservation } from '../../src/history/observations.ts';
import { overallVerdict } from '../../src/history/verdict.ts';
import { assert } from '../../src/kernel/assert.ts';
import { execute } from '../../src/scenarios/run.ts';
import type { Spectator } from '../../src/scenarios/spectator.ts';
import { requestFor } from '../clusters/requests.ts';
import { rollingRestartScenario, windowOf, type ProtocolRow, type RollingRestart } from './scenario.ts';
import { OwnershipWatch, type Measured } from './watch.ts';

export function measureRow(row: ProtocolRow, restart: RollingRestart): Measured {
  const scenario = rollingRestartScenario(row, restart);
  const { fromUs, untilUs } = windowOf(restart);
  const watch = new OwnershipWatch(fromUs, untilUs);
  const nothing = (): void => undefined;
  const spectator: Spectator = {
    observed: (world, node, observation) => watch.observed(node, observation as unknown as ClientObservation, world.nowUs),
    lifecycle: (world, event) => {
      if (event.kind !== 'started') watch.ended(event.node, world.nowUs);
    },
    stepped: nothing, trace: nothing, ended: nothing, wiretap: { sent: nothing, stalled: nothing, lost: nothing },
  };
  const { verdicts } = execute({ ...requestFor(scenario, scenario.seed ?? '1'), spectator });
  assert(overallVerdict(verdicts) !== 'violated', () => `${row.name}: ${JSON.stringify(verdicts.filter(({ verdict }) => verdict === 'violated'))}`);
  return watch.measured();
}
