/**
 * `reports/rebalance.md` is what `reports/rebalance.json` says, and the present code shows the same: the sample of a small group is
 * measured again, to the microsecond. What the report explains is asked of its figures.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { measureRow } from '../../bench/rebalance/measure.ts';
import { formatRebalance, SAMPLE, type RebalanceReport } from '../../bench/rebalance/report.ts';
import { ENDINGS, PROTOCOL_ROWS, type Ending } from '../../bench/rebalance/scenario.ts';
import type { Measured } from '../../bench/rebalance/watch.ts';

const REPORTS = new URL('../../reports/', import.meta.url);
const report = JSON.parse(readFileSync(new URL('rebalance.json', REPORTS), 'utf8')) as RebalanceReport;
const whole = ENDINGS.flatMap((ending) => PROTOCOL_ROWS.map(({ name }) => [ending, name]));

function figuresOf(ending: Ending, protocol: string): Measured {
  const row = report.rows.find((each) => each.ending === ending && each.protocol === protocol);
  if (row === undefined) throw new Error(`no row ${protocol}, ${ending}`);
  return row.measured;
}

describe('the report of a rolling restart', () => {
  it('is what its data says, with every row: if this fails, `npm run rebalance`', () => {
    expect(readFileSync(new URL('rebalance.md', REPORTS), 'utf8')).toBe(formatRebalance(report));
    for (const { rows } of [report, report.sample]) expect(rows.map(({ ending, protocol }) => [ending, protocol])).toEqual(whole);
    expect({ members: report.sample.members, partitions: report.sample.partitions }).toEqual(SAMPLE);
  });

  it.each(PROTOCOL_ROWS)('$name: the sample is measured the same again', (row) => {
    for (const ending of ENDINGS) {
      const published = report.sample.rows.find((each) => each.ending === ending && each.protocol === row.name)?.measured;
      expect(measureRow(row, { ...SAMPLE, ending }), ending).toEqual(published);
    }
  });

  it('says that eager groups stand still and others do not, and that static members need no rebalance unless they are refused', () => {
    for (const { protocol, ending, measured } of report.rows) {
      const isStatic = protocol.includes('static');
      // UNRELEASED_INSTANCE_ID: who was killed does not come back, and at last nobody is left.
      const isRefused = protocol === 'consumer (KIP-848), static members' && ending === 'killed';
      expect([protocol, ending, measured.standstillUs > 0]).toEqual([protocol, ending, isRefused || (protocol.includes('eager') && !isStatic)]);
      expect([protocol, ending, measured.rebalances === 0]).toEqual([protocol, ending, isStatic && !isRefused]);
    }
    expect(figuresOf('killed', 'consumer (KIP-848)').unownedUs).toBeLessThan(figuresOf('killed', 'classic, cooperative-sticky').unownedUs);
    expect(figuresOf('killed', 'classic, cooperative-sticky').unownedUs).toBeLessThan(figuresOf('killed', 'classic, eager (range)').unownedUs / 2);
  });
});
