/** Topics that were asked for are created, also when the controller dies before it could: the administrator asks again. */
import { expect, it } from 'vitest';
import { builtIn, run, violationsOf } from '../support/runs.ts';

it('a controller that crashes and one that loses power in their first moments create the topics all the same', () => {
  const scenario = builtIn('small_faulty_cluster');
  for (const kind of ['crash', 'powerLoss'] as const) {
    for (const atMs of [1, 5, 50, 110, 120]) {
      const result = run(scenario, '1', { faults: [{ atMs, kind, node: 'controller-1', restartAfterMs: 700 }] });
      expect(violationsOf(result), `${kind} at ${atMs} ms`).toEqual([]);
      expect(result.delivered.topics.map(({ ok }) => ok > 50), `${kind} at ${atMs} ms`).toEqual([true, true]);
    }
  }
});
