import { describe, expect, it } from 'vitest';
import { CAMPAIGN_FORMAT, type CampaignHead } from '../../src/explorer/campaign/campaign-lines.ts';
import type { SeedOutcome } from '../../src/explorer/campaign/seed-outcome.ts';
import { Tally } from '../../src/explorer/campaign/tally.ts';
import { formatSoakReport, rangesOf } from './report.ts';

const HEAD: CampaignHead = { format: CAMPAIGN_FORMAT, harrow: '1.2.3', code: 'c0de'.repeat(16), scenario: 'swarm', mutants: [] };
const NEVER = [
  { what: 'states', reached: 1, all: 2, never: ['group Dead'] }, { what: 'transitions', reached: 0, all: 1, never: ['a: b -> c'] }, { what: 'marks', reached: 3, all: 3, never: [] },
];

function outcome(seed: number, change: Partial<SeedOutcome> = {}): SeedOutcome {
  return {
    seed, digest: `d${seed}`, virtualMs: 1_800_000, messages: 700, properties: [{ property: 'p', verdict: 'held', compared: 1_000, sentence: null }],
    faultKinds: ['crash', 'pause', 'crash'], marks: [], choices: ['brokers=3', 'acks=all', 'acks=1'], reached: [], error: null, ...change,
  };
}

function reportOf(...outcomes: readonly SeedOutcome[]): string[] {
  const tally = new Tally();
  for (const each of outcomes) tally.add(each);
  return formatSoakReport({ head: HEAD, tally, never: NEVER }).split('\n');
}

describe('the report of a soak', () => {
  it('says how to come to the same, what was compared, struck and drawn, and what was never reached', () => {
    const lines = reportOf(outcome(7), outcome(8));
    expect(lines).toContain('2 runs, 1.0 h of virtual time, 1,400 messages: **nothing was violated**.');
    expect(lines).toContain('harrow sweep swarm --seeds 7..8 --file soak.ndjson');
    expect(lines.filter((line) => /^\| (`|brokers|acks)/.test(line))).toEqual(['| `p` | 2 | 0 | 0 | 2,000 |', '| `crash` | 4 |', '| `pause` | 2 |', '| acks | 1 2 · all 2 |', '| brokers | 3 2 |']);
    expect(lines.slice(lines.indexOf('## Never reached') + 2)).toEqual(['1 of 2 states; never:', '', '- group Dead', '', '3 of 3 marks.', '', 'Transitions: [transitions.md](transitions.md).', '']);
  });

  it('tells every violation and every error of ours', () => {
    const lines = reportOf(outcome(7, { properties: [{ property: 'p', verdict: 'violated', compared: 1, sentence: 'p broke' }] }), outcome(8, { properties: [], error: 'at 5 us: no' }));
    expect(lines.some((line) => line.endsWith('**1 runs violated something, 1 ended in an error of ours**.'))).toBe(true);
    expect(lines.filter((line) => line.startsWith('- seed'))).toEqual(['- seed 7, `p`: p broke', '- seed 8, internal error: at 5 us: no']);
  });

  it('names seeds by ranges', () => {
    expect(rangesOf([3, 1, 2, 7, 9, 8])).toEqual([[1, 3], [7, 9]]);
    expect(rangesOf([])).toEqual([]);
  });
});
