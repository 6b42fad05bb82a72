import { describe, expect, it } from 'vitest';
import { lightCluster } from '../clusters/light-cluster.ts';
import { runSeed, type SeedOutcome, type SoakSpec } from '../../src/explorer/campaign/seed-outcome.ts';
import { summarize } from './summary.ts';

const SPEC: SoakSpec = { scenario: lightCluster({ brokers: 3, durationMs: 5_000 }), mutants: ['m'], trips: ['p'] };
const join = (texts: readonly string[]): string => texts.join('+');

function outcome(seed: number, violated: readonly string[], change: Partial<SeedOutcome> = {}): SeedOutcome {
  const properties = ['p', 'q'].map((property) => ({
    property, verdict: violated.includes(property) ? 'violated' as const : 'held' as const, compared: 2, sentence: violated.includes(property) ? `${property} broke` : null,
  }));
  return { seed, digest: `d${seed}`, virtualMs: 10, messages: 100, properties, faultKinds: [], marks: [], choices: [], reached: [], error: null, ...change };
}

describe('the summary of a soak', () => {
  it('counts a detection only for a property that the mutant must trip, and tells the others as well', () => {
    const summary = summarize(SPEC, [outcome(4, []), outcome(5, ['q']), outcome(6, ['p', 'q'])], join);
    expect(summary).toMatchObject({ seeds: 3, virtualMs: 30, messages: 300, digest: 'd4+d5+d6', detections: 1, seedsToFirst: 3, errors: 0 });
    expect(summary.findings).toEqual([
      { seed: 5, property: 'q', sentence: 'q broke' }, { seed: 6, property: 'p', sentence: 'p broke' }, { seed: 6, property: 'q', sentence: 'q broke' },
    ]);
    expect(summary.properties).toContainEqual({ property: 'q', held: 1, violated: 2, vacuous: 0, compared: 6 });
  });

  it('counts faults in all and by run, marks by run', () => {
    const outcomes = [outcome(1, [], { faultKinds: ['crash', 'crash', 'pause'], marks: ['x'] }), outcome(2, [], { faultKinds: ['crash'] })];
    const { faultKinds, marks } = summarize(SPEC, outcomes, join);
    expect(faultKinds).toEqual([{ name: 'crash', total: 3, runs: 2 }, { name: 'pause', total: 1, runs: 1 }]);
    expect(marks).toEqual([{ name: 'x', total: 1, runs: 1 }]);
  });

  it('counts what was chosen, and the runs that took a transition', () => {
    const outcomes = [outcome(1, [], { choices: ['brokers=3', 'acks=all', 'acks=1'], reached: [0, 2] }), outcome(2, [], { choices: ['brokers=5', 'acks=all'], reached: [2] })];
    const { choices, transitionRuns } = summarize(SPEC, outcomes, join);
    expect(choices).toEqual([
      { what: 'brokers', answers: [{ answer: '3', runs: 1 }, { answer: '5', runs: 1 }] },
      { what: 'acks', answers: [{ answer: '1', runs: 1 }, { answer: 'all', runs: 2 }] },
    ]);
    expect(transitionRuns).toEqual([1, 0, 2]);
  });

  it('takes an error of ours for a detection, whatever was looked for', () => {
    const { detections, errors, findings } = summarize(SPEC, [outcome(1, [], { properties: [], error: 'at 5 us: no' })], join);
    expect([detections, errors, findings]).toEqual([1, 1, [{ seed: 1, property: '', sentence: 'internal error: at 5 us: no' }]]);
  });
});

describe('a seed of a soak', () => {
  it('has the same outcome each time it runs', () => {
    const spec: SoakSpec = { ...SPEC, mutants: [], trips: null };
    const first = runSeed(spec, 16);
    expect(runSeed(spec, 16)).toEqual(first);
    expect(first.error).toBeNull();
    expect(first.marks).toContain('became leader');
    expect(runSeed({ ...spec, checkedEvery: 17 }, 17)).toMatchObject({ seed: 17, error: null });
    expect(runSeed(spec, 17).digest).not.toBe(first.digest);
  });
});
