import { describe, expect, it } from 'vitest';
import { cells } from './matrix.ts';
import { formatDelivery, unconfirmedIn, wrongIn, type DeliveryReport } from './report.ts';
import type { CellOutcome } from './trial.ts';

const NEVER = { runs: 0, records: 0, witness: null };

function reportOf(change: (outcome: CellOutcome) => CellOutcome): DeliveryReport {
  return { format: 'harrow.delivery/1', seeds: 6, limit: 40, cells: cells().map((cell) => change({ cell, seeds: 6, records: 1_000, skip: NEVER, repeat: NEVER, violated: [] })) };
}

const isCell = ({ cell }: CellOutcome, fault: string, mode: string): boolean => cell.fault === fault && cell.mode === mode && cell.sink === 'naive' && cell.reset === 'earliest';

describe('the report of delivery', () => {
  it('names what was seen and is impossible, and what was violated', () => {
    const report = reportOf((each) => (isCell(each, 'crash', 'process-then-commit') ? { ...each, skip: { runs: 1, records: 3, witness: 4 }, violated: ['at-least-once: 4'] } : each));
    expect(wrongIn(report)).toEqual(['crash, process-then-commit, naive sink: skip at seed 4, which is impossible', 'crash, process-then-commit, naive sink: at-least-once: 4']);
    expect(formatDelivery(report)).toContain('| process-then-commit | **impossible** 1 of 6, seed 4 | not seen in 6 | never | never |');
  });

  it('names what is possible and was not seen, and tells a witness where it was', () => {
    const report = reportOf((each) => (isCell(each, 'crash', 'process-then-commit') ? { ...each, repeat: { runs: 5, records: 30, witness: 2 } } : each));
    expect(wrongIn(report)).toEqual([]);
    expect(unconfirmedIn(report)).toContain('crash, commit-then-process, naive sink: skip in none of 6 seeds');
    expect(unconfirmedIn(report)).not.toContain('crash, process-then-commit, naive sink: repeat in none of 6 seeds');
    expect(formatDelivery(report)).toContain('| process-then-commit | never | 5 of 6, seed 2 | never | never |');
  });
});
