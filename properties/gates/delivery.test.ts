/**
 * `reports/delivery.md` is what `reports/delivery.json` says, nothing in it is impossible, and the present code shows the same: one
 * witness of each fault class is run again.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CLASSES, OUTCOMES, cells } from '../../bench/delivery/matrix.ts';
import { formatDelivery, nameOf, wrongIn, type DeliveryReport } from '../../bench/delivery/report.ts';
import { countOf, runTrial } from '../../bench/delivery/trial.ts';

const REPORTS = new URL('../../reports/', import.meta.url);
const report = JSON.parse(readFileSync(new URL('delivery.json', REPORTS), 'utf8')) as DeliveryReport;

describe('the report of delivery', () => {
  it('is what its data says: if this fails, `npm run delivery`', () => {
    expect(readFileSync(new URL('delivery.md', REPORTS), 'utf8')).toBe(formatDelivery(report));
  });

  it('has every cell, and nothing that is impossible', () => {
    expect(report.cells.map(({ cell }) => nameOf(cell))).toEqual(cells().map(nameOf));
    expect(wrongIn(report)).toEqual([]);
  });

  it.each(CLASSES.map(({ name }) => name))('%s: a witness is one still', (fault) => {
    const witnessed = report.cells.flatMap(({ cell, ...seen }) => OUTCOMES.flatMap((outcome) => (cell.fault === fault && seen[outcome].witness !== null ? [{ cell, outcome, seed: seen[outcome].witness }] : [])))[0];
    if (witnessed === undefined) {
      expect(fault).toBe('failover');
      return;
    }
    const trial = runTrial(witnessed.cell, witnessed.seed);
    expect(countOf(trial, witnessed.outcome)).toBeGreaterThan(0);
    expect(trial.violated).toEqual([]);
  });
});
