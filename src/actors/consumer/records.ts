/**
 * Records out of fetched batches, from a position on. Dropped: records below the position (a batch is returned whole) and
 * control batches, which the position passes over. A corrupt batch ends it (`check.crcs`).
 *
 * Left out: batches of aborted transactions under read_committed (CON-4).
 * Source: CompletedFetch.fetchRecords, nextFetchedRecord.
 */
import { assert } from '../../kernel/assert.ts';
import type { ReceivedRecord } from '../../history/observations.ts';
import type { LeaderEpoch, Offset } from '../../kafka/ids.ts';
import { offsetOfRecord, type RecordBatch } from '../../kafka/records.ts';

export interface TakenRecords {
  readonly records: readonly ReceivedRecord[];
  /** The next one to read, and the epoch of the batch before it. */
  readonly position: Offset;
  readonly offsetEpoch: LeaderEpoch;
  /** `limit`: there may be more; `corrupt`: the batch at the position is; `end`: nothing is left. */
  readonly end: 'end' | 'limit' | 'corrupt';
}

/** At most `maxRecords` of `batches`, which rise in offset and end at or behind `position`. */
export function takeRecords(batches: readonly RecordBatch[], startOffsetInclusive: Offset, startEpoch: LeaderEpoch, maxRecords: number, checkCrcs: boolean): TakenRecords {
  const records: ReceivedRecord[] = [];
  let position = startOffsetInclusive;
  let offsetEpoch = startEpoch;
  for (const batch of batches) {
    if (batch.isCorrupt && checkCrcs) return { records, position, offsetEpoch, end: 'corrupt' };
    if (batch.nextOffset <= position) continue;
    if (!batch.isControl) {
      for (let i = batch.cleaned === null ? Math.max(0, position - batch.baseOffset) : 0; i < batch.records.length; i += 1) {
        const offset = offsetOfRecord(batch, i);
        if (offset < position) continue;
        if (records.length === maxRecords) return { records, position, offsetEpoch, end: 'limit' };
        const record = batch.records[i];
        assert(record !== undefined && record.value !== null, 'a record of a run has a value');
        records.push({ offset, leaderEpoch: batch.partitionLeaderEpoch, key: record.key, value: record.value });
        position = offset + 1;
        offsetEpoch = batch.partitionLeaderEpoch;
      }
    }
    position = batch.nextOffset;
    offsetEpoch = batch.partitionLeaderEpoch;
  }
  return { records, position, offsetEpoch, end: 'end' };
}
