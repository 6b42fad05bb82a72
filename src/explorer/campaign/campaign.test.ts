import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtInScenario } from '../../scenarios/catalogue/catalogue.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import { requestOf } from '../request.ts';
import { headLine, headOf, outcomeLine, outcomeOf } from './campaign-lines.ts';
import { bitsOf, numbersOf } from './compact.ts';
import { isSampled, runSeed, type SeedOutcome } from './seed-outcome.ts';
import { CANDIDATES, GENERATION, Rarity, mostPromising, nextGeneration, plainOrder } from './seed-order.ts';
import { Tally } from './tally.ts';

const property = fc.record({ property: fc.constantFrom('p', 'q', 'r'), verdict: fc.constantFrom('held' as const, 'violated' as const, 'vacuous' as const), compared: fc.nat(), text: fc.string() })
  .map(({ property: name, verdict, compared, text }) => ({ property: name, verdict, compared: verdict === 'vacuous' ? 0 : compared + 1, sentence: verdict === 'violated' ? text : null }));
const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c=1', 'c=2'));
const outcome: fc.Arbitrary<SeedOutcome> = fc.record({
  seed: fc.nat(1_000), digest: fc.stringMatching(/^[0-9a-f]{16}$/), virtualMs: fc.nat(), messages: fc.nat(), properties: fc.uniqueArray(property, { selector: (each) => each.property }),
  faultKinds: fc.array(fc.constantFrom('crash', 'pause')).map((kinds) => kinds.sort()), marks: names, choices: names, reached: fc.uniqueArray(fc.nat(500)).map((numbers) => numbers.sort((a, b) => a - b)),
  error: fc.option(fc.string()),
});
/** A seed that comes again is the same run. */
const outcomes = fc.uniqueArray(outcome, { selector: ({ seed }) => seed, maxLength: 20 });

function summary(runs: readonly SeedOutcome[]): unknown {
  const tally = new Tally();
  for (const run of runs) tally.add(run);
  const sorted = <K, V>(map: ReadonlyMap<K, V>): [K, V][] => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  const { digest, runs: count, virtualMs, messages, violatedRuns, errors, properties, faults, marks, choices, reached } = tally;
  return { digest, count, virtualMs, messages, violatedRuns, errors, reached, told: tally.violationsTold.map(({ seed }) => seed), maps: [properties, faults, marks, choices].map((map) => sorted(map as ReadonlyMap<string, unknown>)) };
}

it.each([1, 2, 4, 7])('one seed of sixteen is run twice, in each of %i shards', (shards) => {
  for (let shard = 0; shard < shards; shard += 1) {
    const seeds = Array.from({ length: 1_600 }, (_, i) => shard + 1 + i * shards);
    const sampled = seeds.filter((seed) => isSampled(seed, 16)).length;
    expect(sampled).toBeGreaterThan(70);
    expect(sampled).toBeLessThan(140);
  }
});

describe('a line of a campaign', () => {
  it('reads back as the outcome that it was', () => {
    fc.assert(fc.property(outcome, (each) => {
      const line = outcomeLine(each);
      expect(line.indexOf('\n')).toBe(line.length - 1);
      expect(outcomeOf(line)).toEqual(each);
    }));
  });

  it('is none when it was torn anywhere', () => {
    fc.assert(fc.property(outcome, fc.nat(), (each, at) => {
      const line = outcomeLine(each).trimEnd();
      expect(outcomeOf(line.slice(0, at % line.length))).toBeUndefined();
    }));
  });

  it('is a head or none', () => {
    const head = { harrow: '1', code: 'c', scenario: 'swarm' as const, mutants: ['m'] };
    expect(headOf(headLine(head))).toEqual({ format: 'harrow.campaign/1', ...head });
    expect(headOf('{"format":"harrow.run/1"}')).toBeUndefined();
    expect(headOf('')).toBeUndefined();
  });

  it('holds sets of numbers as digits', () => {
    expect(bitsOf([0, 5])).toBe('12');
    fc.assert(fc.property(fc.uniqueArray(fc.nat(2_000)), (numbers) => {
      expect(numbersOf(bitsOf(numbers))).toEqual([...numbers].sort((a, b) => a - b));
    }));
  });
});

describe('a request', () => {
  it('reverts what it is asked to, and else what the scenario reverts', () => {
    const scenario = { ...(builtInScenario('quickstart') as Scenario), mutants: ['minimal-isr'] };
    expect([requestOf(scenario, '1'), requestOf(scenario, '1', []), requestOf(scenario, '1', ['unmuted-partition'])].map(({ mutants }) => mutants)).toEqual([['minimal-isr'], [], ['unmuted-partition']]);
  });
});

describe('a run that ends in an error', () => {
  it('is a run with an error, whatever it is, and leaves the others to go on', () => {
    const broken = { ...(builtInScenario('quickstart') as Scenario), workload: null as unknown as Scenario['workload'] };
    expect(runSeed({ scenario: broken, mutants: [], trips: null }, 3)).toMatchObject({ seed: 3, digest: '', error: expect.any(String) as string });
  });
});

describe('a tally', () => {
  it('has properties in the order of a run, whatever the order of the runs', () => {
    const one = (seed: number, ...names: readonly string[]): SeedOutcome => ({
      seed, digest: `d${seed}`, virtualMs: 1, messages: 1, properties: names.map((property) => ({ property, verdict: 'held', compared: 1, sentence: null })), faultKinds: [], marks: [], choices: [], reached: [], error: null,
    });
    const runs = [one(1, 'type-ok', 'reads-agree'), one(2, 'acknowledged-records-survive', 'zz', 'aa')];
    for (const order of [runs, [...runs].reverse()]) {
      const tally = new Tally();
      for (const run of order) tally.add(run);
      expect([...tally.properties.keys()]).toEqual(['acknowledged-records-survive', 'reads-agree', 'type-ok', 'aa', 'zz']);
    }
  });

  it('is the same whatever the order of the runs', () => {
    fc.assert(fc.property(outcomes, fc.integer(), (runs, salt) => {
      const shuffled = runs.map((run, index) => ({ run, at: ((index + 1) * 7_919 + salt) % 1_009 })).sort((a, b) => a.at - b.at).map(({ run }) => run);
      expect(summary(shuffled)).toEqual(summary(runs));
    }));
  });

  it('counts a seed once, and refuses another digest for it', () => {
    fc.assert(fc.property(outcomes, (runs) => {
      const tally = new Tally();
      for (const run of [...runs, ...runs]) tally.add(run);
      expect(tally.runs).toBe(runs.length);
      expect(tally.repeated).toBe(runs.length);
      for (const run of runs) expect(() => tally.add({ ...run, digest: `${run.digest}0` })).toThrow('came to the digest');
    }));
  });

  it('has another digest for another run', () => {
    fc.assert(fc.property(outcomes.filter((runs) => runs.length > 0), (runs) => {
      const [first, ...rest] = runs as [SeedOutcome, ...SeedOutcome[]];
      expect((summary([{ ...first, digest: `${first.digest}1` }, ...rest]) as { digest: string }).digest).not.toBe((summary(runs) as { digest: string }).digest);
    }));
  });
});

describe('the seeds of a campaign', () => {
  const range = { firstSeed: 10, lastSeed: 40, shard: 0, shards: 1 };

  it('are shared out by shards, each once, without those that are done', () => {
    const shards = [0, 1, 2].map((shard) => [...plainOrder({ ...range, shard, shards: 3 }, (seed) => seed === 12)]);
    expect(shards.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 31 }, (_, i) => 10 + i).filter((seed) => seed !== 12));
  });

  it('are steered to choices that led to what few runs reach', () => {
    const rarity = new Rarity();
    for (let i = 0; i < 40; i += 1) rarity.add({ choices: [i % 10 === 0 ? 'x=rare' : 'x=usual', 'y=1'], reached: i % 10 === 0 ? [1, 2, 7] : [1, 2] });
    const yields = rarity.yields();
    expect(yields.get('x=rare') ?? 0).toBeGreaterThan(yields.get('x=usual') ?? 0);
    expect(mostPromising([{ choices: ['x=usual', 'y=1'], n: 1 }, { choices: ['x=rare', 'y=1'], n: 2 }], yields)).toMatchObject({ n: 2 });
    expect(mostPromising([{ choices: ['x=usual'], n: 1 }, { choices: ['x=new'], n: 2 }], yields)).toMatchObject({ n: 2 });
  });

  it('are picked from blocks of candidates, generation by generation, to the end of the range', () => {
    const everything = { firstSeed: 1, lastSeed: GENERATION * CANDIDATES + 5, shard: 0, shards: 1 };
    const draw = (seed: number): readonly string[] => [`x=${seed % CANDIDATES}`];
    const first = nextGeneration(0, everything, new Map([['x=3', 9], ['x=0', 1], ['x=1', 1], ['x=2', 1]]), draw);
    expect(first).toHaveLength(GENERATION);
    expect(first.every((seed) => seed % CANDIDATES === 3)).toBe(true);
    expect(nextGeneration(1, everything, new Map(), draw)).toHaveLength(2);
    expect(nextGeneration(2, everything, new Map(), draw)).toEqual([]);
  });
});
