import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RaftLog } from './raft-log.ts';

const record = (value: string) => ({ type: 'ConfigRecord', resourceType: 2, resourceName: 'counter', name: 'n', value }) as const;
const batchOf = (count: number) => Array.from({ length: count }, (_, i) => record(String(i)));

/** Batches as (record count, step of the epoch). */
const batches = fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 2 })), { maxLength: 12 });

function build(shape: readonly (readonly [number, number])[], start = RaftLog.empty()): RaftLog {
  let log = start;
  let epoch = Math.max(1, start.startEpoch);
  for (const [count, step] of shape) {
    epoch += step;
    log = log.append(batchOf(count), epoch);
  }
  return log;
}

/** The epoch of each record, the plain way. */
function epochsOf(log: RaftLog): number[] {
  return log.read(log.startOffset, log.endOffset).flatMap(({ records, partitionLeaderEpoch }) => records.map(() => partitionLeaderEpoch));
}

describe('RaftLog', () => {
  it('gives each record the next offset and reads whole batches', () => {
    const log = build([[2, 0], [1, 1], [3, 0]]);
    expect(log.endOffset).toBe(6);
    expect(log.read(1, 6).map(({ baseOffset }) => baseOffset)).toEqual([0, 2, 3]);
    expect(log.read(2, 5).map(({ baseOffset }) => baseOffset)).toEqual([2]);
  });

  it('refuses a batch that leaves a gap or goes back in epochs', () => {
    const log = build([[2, 3]]);
    expect(() => log.appendBatch({ baseOffset: 3, partitionLeaderEpoch: 9, records: batchOf(1) })).toThrow(/does not follow/);
    expect(() => log.append(batchOf(1), 1)).toThrow(/does not follow/);
  });

  it('names the last epoch that is not above the asked one, and its end', () => {
    fc.assert(fc.property(batches, fc.integer({ min: 0, max: 30 }), (shape, asked) => {
      const log = build(shape);
      const epochs = epochsOf(log);
      const below = epochs.filter((epoch) => epoch <= asked);
      expect(log.endOffsetForEpoch(asked)).toEqual({ epoch: below.at(-1) ?? 0, endOffset: below.length });
    }));
  });

  it('knows the epoch before an offset', () => {
    fc.assert(fc.property(batches, (shape) => {
      const log = build(shape);
      epochsOf(log).forEach((epoch, offset) => expect(log.epochBefore(offset + 1)).toBe(epoch));
      expect(log.epochBefore(0)).toBe(0);
    }));
  });

  it('cuts whole batches, down to the offset or below it, and goes on from there', () => {
    fc.assert(fc.property(batches, fc.nat(40), (shape, offset) => {
      const log = build(shape);
      const cut = log.truncateTo(offset);
      expect(cut.endOffset).toBeLessThanOrEqual(Math.max(offset, 0) < log.endOffset ? offset : log.endOffset);
      expect(log.isBatchBoundary(cut.endOffset)).toBe(true);
      expect(cut.read(0, cut.endOffset)).toEqual(log.read(0, cut.endOffset));
      expect(cut.append(batchOf(1), log.lastEpoch + 1).endOffset).toBe(cut.endOffset + 1);
    }));
  });

  it('forgets what a snapshot holds and keeps offsets and epochs', () => {
    fc.assert(fc.property(batches, fc.nat(12), (shape, keep) => {
      const log = build(shape);
      const boundaries = [0, ...log.read(0, log.endOffset).map(({ baseOffset, records }) => baseOffset + records.length)];
      const start = boundaries[keep % boundaries.length] ?? 0;
      const rest = log.dropBelow(start);
      expect([rest.startOffset, rest.endOffset, rest.lastEpoch]).toEqual([start, log.endOffset, log.lastEpoch]);
      expect(rest.startEpoch).toBe(log.epochBefore(start));
      expect(rest.read(start, rest.endOffset)).toEqual(log.read(start, log.endOffset));
      expect(rest.prefix(0).endOffset).toBe(start);
      expect(rest.endOffsetForEpoch(rest.startEpoch).endOffset).toBe(log.endOffsetForEpoch(rest.startEpoch).endOffset);
    }));
  });

  it('cannot begin within a batch', () => {
    expect(() => build([[3, 0]]).dropBelow(1)).toThrow(/within a batch/);
  });

  it('goes on where a snapshot ends', () => {
    const log = RaftLog.startingAt(10, 4);
    expect([log.endOffset, log.lastEpoch, log.length]).toEqual([10, 4, 0]);
    expect(log.append(batchOf(2), 5).endOffset).toBe(12);
    expect(log.endOffsetForEpoch(3)).toEqual({ epoch: 4, endOffset: 10 });
  });

  it('loses a torn batch as if it had never been there', () => {
    const log = build([[2, 0], [3, 0]]);
    expect(log.tornAt(2).endOffset).toBe(2);
  });
});
