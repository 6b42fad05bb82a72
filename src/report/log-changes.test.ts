import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PartitionLog } from '../kafka/log.ts';
import { batchOf, withOffsets } from '../kafka/records.ts';
import { logChange } from './log-changes.ts';

function appended(log: PartitionLog, epoch: number, values: readonly string[]): PartitionLog {
  const batch = batchOf(values.map((value) => ({ key: null, value, timestampMs: 0 })));
  return log.append(withOffsets(batch, log.logEndOffset, epoch));
}

describe('the change from one log to the next', () => {
  it('is what was cut off and what was appended, however both came together', () => {
    const step = fc.record({ epoch: fc.nat(2), size: fc.integer({ min: 1, max: 3 }) });
    fc.assert(fc.property(fc.array(step, { maxLength: 12 }), fc.array(step, { maxLength: 6 }), fc.nat(), (past, future, cut) => {
      let epoch = 0;
      let before = PartitionLog.empty();
      for (const { epoch: more, size } of past) before = appended(before, (epoch += more), Array.from({ length: size }, (_, i) => `${before.logEndOffset + i}@${epoch}`));
      const bases = [0, ...[...before.batches()].map(({ nextOffset }) => nextOffset)];
      const keptTo = bases[cut % bases.length] as number;
      let after = before.truncateTo(keptTo);
      epoch += 1;
      for (const { epoch: more, size } of future) after = appended(after, (epoch += more), Array.from({ length: size }, (_, i) => `${after.logEndOffset + i}@${epoch}`));
      const change = logChange(before, after);
      expect(change.truncatedTo).toBe(keptTo < before.logEndOffset ? keptTo : undefined);
      expect(change.appended).toEqual([...after.batches()].filter(({ baseOffset }) => baseOffset >= keptTo));
    }));
  });
});
