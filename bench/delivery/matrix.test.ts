/** What the predicates say of each mode under each fault class, against the table of the delivery guides. */
import { describe, expect, it } from 'vitest';
import { CLASSES, MODES, OUTCOMES, cells, possible } from './matrix.ts';
import type { ResetName } from './matrix.ts';

/** `skip`, `repeat`, both or neither, by mode in the order of MODES. */
function row(fault: string, reset: ResetName = 'earliest', sink: 'naive' | 'idempotent' = 'naive'): readonly string[] {
  return MODES.map(({ name: mode }) => OUTCOMES.filter((outcome) => possible({ mode, sink, fault, reset }, outcome) !== undefined).join(' or ') || '-');
}

describe('the matrix of delivery', () => {
  it('says of each mode what members and coordinators may do to it', () => {
    expect(row('crash')).toEqual(['skip', 'repeat', 'repeat', 'skip or repeat']);
    expect(row('rebalance')).toEqual(['skip', 'repeat', 'repeat', 'repeat']);
    expect(row('failover')).toEqual(['-', '-', '-', '-']);
    expect(row('failover, in doubt')).toEqual(['skip', 'repeat', 'repeat', 'skip or repeat']);
  });

  it('says what becomes of positions that are set anew', () => {
    expect(row('offsets lost')).toEqual(['repeat', 'repeat', 'repeat', 'skip or repeat']);
    expect(row('offsets lost', 'latest')).toEqual(['skip or repeat', 'skip or repeat', 'skip or repeat', 'skip or repeat']);
    expect(row('out of range')).toEqual(['skip', 'skip', 'skip', 'skip']);
    for (const fault of ['first start', 'new partitions']) {
      expect(row(fault)).toEqual(['-', '-', '-', '-']);
      expect(row(fault, 'latest')).toEqual(['skip', 'skip', 'skip', 'skip']);
    }
    expect(row('expired')).toEqual(['repeat', 'repeat', 'repeat', 'repeat']);
    expect(row('expired', 'latest')).toEqual(['skip', 'skip', 'skip', 'skip']);
  });

  it('lets nothing be repeated with an idempotent sink', () => {
    for (const { name } of CLASSES) for (const reset of ['earliest', 'latest'] as const) expect(row(name, reset, 'idempotent').join(' ')).not.toContain('repeat');
  });

  it('has each cell once', () => {
    const names = cells().map((cell) => JSON.stringify(cell));
    expect(new Set(names).size).toBe(names.length);
    expect(names).toHaveLength(4 * 2 * (4 + 5 * 2));
  });
});
