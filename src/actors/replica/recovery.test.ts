import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LeaderEpochCache } from '../../kafka/leader-epochs.ts';
import type { PartitionLog } from '../../kafka/log.ts';
import { Disk } from '../../kernel/disk.ts';
import { recoverReplica } from './recovery.ts';
import { effectsOf, epochsOf, logOf, NAME, SELF, sampleSettings } from './sample.ts';
import { epochFile, highWatermarkFile, logFile, type ReplicaDisk } from './state.ts';

const recover = (disk: Partial<ReplicaDisk>): ReturnType<typeof recoverReplica> =>
  recoverReplica({ brokerId: SELF, topic: 't', partition: 0, topicPartition: NAME, settings: sampleSettings(), disk: { log: undefined, epochs: undefined, highWatermark: undefined, ...disk } });

describe('a replica that starts', () => {
  it('from nothing creates an empty log and stands at offset 0', () => {
    const { state, effects } = recover({});
    expect([state.log.logEndOffset, state.highWatermark, state.epochs.entries, state.leaderEpoch]).toEqual([0, 0, [], -1]);
    expect(effectsOf(effects, 'write')).toEqual([{ kind: 'write', file: logFile(NAME), content: state.log, keptLength: 0 }]);
  });

  it('cuts its log at a torn batch, and says so on disk (LogLoader)', () => {
    const { state, effects } = recover({ log: logOf([1, 2], [2, 3]).tornAt(4) });
    expect([state.log.logEndOffset, state.log.hasCorruptBatch]).toEqual([3, false]);
    expect(effectsOf(effects, 'write')).toEqual([{ kind: 'write', file: logFile(NAME), content: state.log, keptLength: 3 }]);
    expect(effectsOf(effects, 'mark').map(({ label }) => label)).toEqual(['recovery cut a torn batch']);
  });

  it('leaves a whole log alone', () => {
    const log = logOf([1, 2], [2, 3]);
    const { state, effects } = recover({ log, epochs: epochsOf([1, 0], [2, 2]) });
    expect(state.log).toBe(log);
    expect(effects.filter(({ kind }) => kind !== 'schedule')).toEqual([]);
  });

  it.each([
    { checkpointed: undefined, highWatermark: 0 },
    { checkpointed: 3, highWatermark: 3 },
    { checkpointed: 99, highWatermark: 5 },
  ])('takes the checkpointed high watermark $checkpointed as $highWatermark: never beyond its log (UnifiedLog)', ({ checkpointed, highWatermark }) => {
    expect(recover({ log: logOf([1, 5]), highWatermark: checkpointed }).state.highWatermark).toBe(highWatermark);
  });

  it.each([
    ['lost its checkpoint', undefined],
    ['has one of before the last epoch', epochsOf([1, 0])],
    ['has one of before a truncation', epochsOf([1, 0], [2, 1])],
    ['has one that knows an epoch whose records are lost', epochsOf([1, 0], [3, 2], [4, 9])],
    ['has one that knows an epoch that begins at its end', epochsOf([1, 0], [3, 2], [4, 5])],
  ])('that %s has the epochs of its batches (LeaderEpochFileCache, LogSegment.recover)', (_, epochs) => {
    const { state, effects } = recover({ log: logOf([1, 2], [3, 3]), epochs });
    expect(state.epochs.entries).toEqual(epochsOf([1, 0], [3, 2]).entries);
    // The next start may follow a clean shutdown, and scans nothing.
    expect(effectsOf(effects, 'replace').map(({ file, value }) => [file, value])).toContainEqual([epochFile(NAME), state.epochs]);
  });

  it('that was scanned from the middle of an epoch knows still where the epoch began', () => {
    const rolled = logOf([1, 2]).roll();
    const log = [...logOf([1, 3], [3, 1]).batches()].slice(2).reduce((longer, batch) => longer.append(batch), rolled);
    const epochs = epochsOf([1, 0], [3, 3]);
    expect(recover({ log, epochs, recoveryPoint: 2 }).state.epochs.entries).toEqual(epochs.entries);
  });
});

describe('after a power loss at any moment', () => {
  it('log, epochs and high watermark agree with each other', () => {
    const append = fc.record({ epochStep: fc.nat(1), flushes: fc.boolean(), highWatermark: fc.nat(12) });
    fc.assert(
      fc.property(fc.array(append, { maxLength: 12 }), fc.nat(), (steps, key) => {
        const disk = new Disk();
        let log = logOf();
        let epoch = 0;
        disk.write(logFile(NAME), log, undefined);
        for (const { epochStep, flushes, highWatermark } of steps) {
          epoch += epochStep;
          log = [...logOf([epoch, 1]).batches()].reduce<PartitionLog>((longer, batch) => longer.append(Object.assign(Object.create(Object.getPrototypeOf(batch)), batch, { baseOffset: longer.logEndOffset })), log);
          disk.write(logFile(NAME), log, undefined);
          disk.replace(epochFile(NAME), LeaderEpochCache.fromLog(log));
          disk.replace(highWatermarkFile(NAME), highWatermark);
          if (flushes) for (const file of disk.list()) disk.completeFlush(file, disk.beginFlush(file));
        }
        disk.powerLost(key);
        const { state } = recover({
          log: disk.read(logFile(NAME)) as PartitionLog | undefined,
          epochs: disk.read(epochFile(NAME)) as LeaderEpochCache | undefined,
          highWatermark: disk.read(highWatermarkFile(NAME)) as number | undefined,
        });
        expect(state.log.hasCorruptBatch).toBe(false);
        expect(state.epochs.entries).toEqual(LeaderEpochCache.fromLog(state.log).entries);
        expect(state.highWatermark).toBeGreaterThanOrEqual(state.log.logStartOffset);
        expect(state.highWatermark).toBeLessThanOrEqual(state.log.logEndOffset);
        expect(state.log.prefixHash(state.log.logEndOffset)).toBe(log.prefixHash(state.log.logEndOffset));
      }),
    );
  });
});
