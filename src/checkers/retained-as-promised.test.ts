import { describe, expect, it } from 'vitest';
import { PartitionLog } from '../kafka/log.ts';
import { batchOf, retaining, withOffsets } from '../kafka/records.ts';
import type { RecordBatch } from '../kafka/records.ts';
import { retainedAsPromised } from './retained-as-promised.ts';
import { Stage } from './staging.ts';

/** One batch per record, then a roll: `[key, value]`. */
function logOf(records: readonly (readonly [string, string | null])[]): PartitionLog {
  return records.reduce((log, [key, value]) => log.append(withOffsets(batchOf([{ key, value, timestampMs: 0 }]), log.logEndOffset, 0)), PartitionLog.empty()).roll();
}

/** The log with its batches up to the end cleaned: those at `offsets` keep their record, the others none. */
function cleaned(log: PartitionLog, offsets: readonly number[], change: (batch: RecordBatch) => RecordBatch = (batch) => batch): PartitionLog {
  const batches = [...log.batches()].filter(({ baseOffset }) => offsets.includes(baseOffset)).map((batch) => change(retaining(batch, [0], 0)));
  return log.cleaned(log.logEndOffset, batches, [0]);
}

const RECORDS = [['a', '1'], ['b', '2'], ['a', '3'], ['c', null]] as const;

describe('retained as promised', () => {
  it('holds when the log start moves up to the high watermark, and is violated above it (KAFKA-5634)', () => {
    const stage = Stage.ready([retainedAsPromised]);
    stage.replicate(1, [2, 3], ['a', 'b']);
    stage.append(1, ['c']);
    stage.advanceLogStart(1, 2);
    expect(stage.violations).toBe(0);
    stage.plant(1, { log: stage.logOf(1).advanceLogStart(3), highWatermark: 3 });
    expect(stage.verdict().evidence[0]?.sentence).toBe('broker-1 deleted up to offset 3, above the high watermark, which had reached 2 (orders-0)');
  });

  it('holds for a follower that starts where its leader does', () => {
    const stage = Stage.ready([retainedAsPromised]);
    stage.replicate(1, [2], ['a', 'b']);
    stage.plant(3, { log: PartitionLog.startingAt(2), highWatermark: 2 });
    expect(stage.verdict()).toMatchObject({ verdict: 'held', compared: 1 });
  });

  it('holds when a cleaning keeps the last record of every key, and takes a tombstone', () => {
    const stage = Stage.ready([retainedAsPromised]);
    const log = logOf(RECORDS);
    stage.plant(1, { log });
    stage.plant(1, { log: cleaned(log, [1, 2]) });
    expect(stage.verdict()).toMatchObject({ verdict: 'held', compared: 1, evidence: [] });
  });

  it('is violated when a cleaning takes the last record of a key, or changes what it leaves', () => {
    const log = logOf(RECORDS);
    const losing = Stage.ready([retainedAsPromised]);
    losing.plant(1, { log });
    losing.plant(1, { log: cleaned(log, [0, 1]) });
    expect(losing.verdict().evidence[0]?.sentence).toBe('broker-1 cleaned up to offset 4, and the last record of key "a" at offset 2 is gone (orders-0)');
    const changing = Stage.ready([retainedAsPromised]);
    changing.plant(1, { log });
    changing.plant(1, { log: cleaned(log, [0, 1, 2], (batch) => (batch.baseOffset === 0 ? withOffsets(batchOf([{ key: 'z', value: '9', timestampMs: 0 }]), 0, 0) : batch)) });
    expect(changing.verdict().evidence[0]?.sentence).toBe('broker-1 cleaned up to offset 4, and offset 0 is not what it was (orders-0)');
  });
});
