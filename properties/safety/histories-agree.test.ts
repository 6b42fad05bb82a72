/**
 * What a run recorded, read as a file by somebody who knows nothing but the file, gets no other verdict than the run got: where
 * every property held, no rule over the history finds a violation, whatever the swarm draws; and where a rule of Kafka's is
 * reverted so that records are lost, the file alone shows it.
 */
import { describe, expect, it } from 'vitest';
import { ANOMALY_NAMES, checkHistory } from '../../src/checkers/history/rules.ts';
import type { HistoryVerdicts } from '../../src/checkers/history/rules.ts';
import { formatHistory, parseHistory } from '../../src/history/recorded/ndjson.ts';
import { execute } from '../../src/scenarios/run.ts';
import type { RunResult } from '../../src/scenarios/run-record.ts';
import type { Scenario } from '../../src/scenarios/scenario.ts';
import { swarmScenario } from '../../src/scenarios/swarm.ts';
import { builtIn, requestOf, violationsOf } from '../support/runs.ts';
import type { Overrides } from '../support/runs.ts';
import { freshSeed } from '../support/seed.ts';

const PINNED = 40;
const FRESH = 40;
/** Seeds in which a mutant must show. */
const TRIED = 24;

/** A run, and what its history says once it has been written and read. */
function judged(scenario: Scenario, seed: string, overrides: Overrides = {}): { readonly result: RunResult; readonly alone: HistoryVerdicts } {
  let text = '';
  const result = execute({ ...requestOf(scenario, seed, overrides), history: (history) => void (text = formatHistory(history)) });
  const parsed = parseHistory(text, ANOMALY_NAMES);
  if ('mistakes' in parsed) throw new Error(`seed ${seed}: ${JSON.stringify(parsed.mistakes[0])}`);
  return { result, alone: checkHistory(parsed.history) };
}

function anomalies({ verdicts }: HistoryVerdicts): string[] {
  return verdicts.filter(({ verdict }) => verdict === 'violated').map(({ property, evidence }) => `${property}: ${evidence[0]?.sentence ?? ''}`);
}

describe('a history alone gets the verdict of its run', () => {
  const compared = new Map<string, number>();
  const sweep = (first: number, count: number): void => {
    for (let seed = first; seed < first + count; seed += 1) {
      const { alone } = judged(swarmScenario(String(seed)), String(seed));
      expect(anomalies(alone), `seed ${seed}`).toEqual([]);
      for (const verdict of alone.verdicts) compared.set(verdict.property, (compared.get(verdict.property) ?? 0) + verdict.compared);
    }
  };

  it(`over ${PINNED} pinned seeds of the swarm, in which the rules compare records and their order`, () => {
    sweep(1, PINNED);
    const rules = ['inconsistent-offsets', 'duplicate', 'lost-write', 'ack-read-disagreement', 'G1a', 'poll-skip', 'nonmonotonic-poll', 'nonmonotonic-send', 'offset-regress', 'gap-before-ack'];
    expect(rules.filter((rule) => (compared.get(rule) ?? 0) < 100)).toEqual([]);
  });

  const first = freshSeed('histories agree');
  it(`over ${FRESH} fresh seeds from ${first} on`, () => {
    sweep(first, FRESH);
    expect(compared.get('inconsistent-offsets')).toBeGreaterThan(FRESH);
  });

  it.each([
    ['ack-before-replication', 'hunt_fail_stop', ['inconsistent-offsets', 'lost-write', 'ack-read-disagreement']],
    ['truncate-to-high-watermark', 'hunt_fail_stop', ['inconsistent-offsets', 'ack-read-disagreement']],
    ['sequence-of-the-lost-batch', 'hunt_retries', ['lost-write']],
    ['unmuted-partition', 'hunt_retries', ['nonmonotonic-send']],
    ['consumer-commits-what-it-lost', 'hunt_members', ['reprocessed']],
  ])(`of %s the file shows within ${TRIED} seeds what its clients saw`, (mutant, hunt, expected) => {
    for (let seed = 1; seed <= TRIED; seed += 1) {
      const { result, alone } = judged(builtIn(hunt), String(seed), { mutants: [mutant] });
      const found = alone.verdicts.filter(({ verdict }) => verdict === 'violated').map(({ property }) => property);
      if (!expected.every((anomaly) => found.includes(anomaly))) continue;
      expect(violationsOf(result)).not.toEqual([]);
      return;
    }
    expect.fail(`no seed of ${TRIED} showed ${expected.join(' and ')}`);
  });
});
