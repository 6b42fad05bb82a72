import { describe, expect, it } from 'vitest';
import { formatTransitions } from './report.ts';

describe('the report of transitions', () => {
  const rows = [
    { machine: 'm', state: 'a', event: 'E', guard: 'g', target: 'b' },
    { machine: 'm', state: '', event: '', guard: '', target: '' },
    { machine: 'n', state: 'c', event: 'F', guard: '', target: 'c' },
  ];

  it('tells the runs of each row by machine, and first of all the rows that no run took', () => {
    const lines = formatTransitions({ scenario: 'swarm', campaignRuns: 4, rows, runs: [4] }).split('\n');
    expect(lines).toContain('[soak.md](soak.md). 1 of 3 were. Written by `npm run soak-report`.');
    expect(lines.filter((line) => line.startsWith('- '))).toEqual(['- `m`: (any), (always) -> (stays)', '- `n`: c, F -> c']);
    expect(lines.filter((line) => line.startsWith('| a'))).toEqual(['| a | E | g | b | 4 |']);
    expect(lines.filter((line) => line.startsWith('## '))).toEqual(['## Never taken', '## m', '## n']);
  });
});
