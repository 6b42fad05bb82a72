/**
 * The same seed gives the same run: twice in one process, on all three engines, traced or not. Different seeds give
 * different runs, so that the comparison is not one of a constant with itself. (Other Node versions: npm run cross-node.)
 */
import { describe, expect, it } from 'vitest';
import type { EngineName } from '../src/kernel/statechart/engine.ts';
import { builtIn, run } from './support/runs.ts';
import { freshSeed } from './support/seed.ts';

const ENGINES: readonly EngineName[] = ['compiled', 'interpreter', 'live'];
const scenario = builtIn('small_faulty_cluster');

describe('determinism', () => {
  for (const seed of ['1', String(freshSeed('determinism'))]) {
    it(`compiled machines, the interpreter and live actors take the same steps (seed ${seed})`, () => {
      const digests = ENGINES.map((engine) => run(scenario, seed, { engine }).digest);
      expect(new Set(digests)).toEqual(new Set([digests[0]]));
    });

    it(`a second run in the same process is the same run (seed ${seed})`, () => {
      expect(run(scenario, seed)).toEqual(run(scenario, seed));
    });

    it(`tracing changes nothing (seed ${seed})`, () => {
      let lines = 0;
      const traced = run(scenario, seed, {
        trace: () => {
          lines += 1;
        },
      });
      expect(traced).toEqual(run(scenario, seed));
      expect(lines).toBeGreaterThan(traced.messages);
    });
  }

  it('different seeds are different runs', () => {
    const first = freshSeed('different seeds');
    const digests = Array.from({ length: 20 }, (_, i) => run(scenario, String(first + i)).digest);
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('a fault more or less is another run', () => {
    const faults = [{ atMs: 20_000, kind: 'crash', node: 'broker-1', restartAfterMs: 2_000 } as const];
    expect(run(scenario, '1', { faults }).digest).not.toBe(run(scenario, '1', { faults: [] }).digest);
  });
});
