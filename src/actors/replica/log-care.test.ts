/** What a replica does for its log's sake: rolls, flushes, retention, cleaning, deletions, shutdown, and a disk that refuses. */
import { describe, expect, it } from 'vitest';
import { Disk } from '../../kernel/disk.ts';
import { Stimulus, type DiskOutcome, type Effect } from '../../kernel/effects.ts';
import type { TopicConfig } from '../../kafka/config.ts';
import { LeaderEpochCache } from '../../kafka/leader-epochs.ts';
import { PartitionLog } from '../../kafka/log.ts';
import { batchOf, withOffsets } from '../../kafka/records.ts';
import { KAFKA_RULES, type Rules } from '../../kafka/rules.ts';
import type { AppendRequested, DeleteRecordsRequested } from '../local-events.ts';
import type { PartitionFetched } from '../replication-events.ts';
import { appendRecords } from './append.ts';
import { beginClosing, goOnClosing } from './closing.ts';
import { deleteRecords } from './delete-records.ts';
import { flushFailed, writeFailed } from './disk-errors.ts';
import { logFlushed } from './flush.ts';
import { appendFetched } from './follow.ts';
import { checkpointLogStart, cleanLog, retain } from './log-manager.ts';
import { newStorage } from './log-storage.ts';
import { readPartition } from './read.ts';
import { recoverReplica } from './recovery.ts';
import { effectsOf, epochsOf, followerRead, LEADER_EPOCH, logOf, NAME, NOW_MS, produced, remote, sampleLeader, sampleReplica, sampleSettings, SELF, told } from './sample.ts';
import { epochFile, highWatermarkFile, logFile, logStartFile, recoveryPointFile, type ReplicaState } from './state.ts';
import { truncateTo } from './storage.ts';

const ONE = produced('4/0').sizeInBytes;
const withLogs = (logConfig: Partial<TopicConfig>, rules: Partial<Rules> = {}): { settings: ReturnType<typeof sampleSettings> } => ({ settings: sampleSettings({}, rules, 2, logConfig) });
const append = (change: Partial<AppendRequested> = {}): AppendRequested => ({ type: 'produce.append', nowMs: NOW_MS, ticket: { answerTo: 'apis', operationId: 3, position: 0 }, acks: 1, origin: 'CLIENT', records: produced(), ...change });
const tick = (nowMs = NOW_MS): Stimulus => new Stimulus('timer', nowMs, 0, undefined);
const outcome = (data: unknown, file = logFile(NAME)): Stimulus<string, DiskOutcome> => new Stimulus('disk', NOW_MS, 0, { file, data });
const flushDone = (effects: readonly Effect[]): Stimulus<string, DiskOutcome> => outcome(effectsOf(effects, 'flush').find(({ file }) => file === logFile(NAME))?.data);
const fetchedData = (fetchOffset: number, log: PartitionLog): PartitionFetched => ({
  type: 'follower.fetched', nowMs: NOW_MS, leaderId: 2, leaderEpoch: LEADER_EPOCH, fetchOffset,
  data: { partitionIndex: 0, errorCode: 'NONE', highWatermark: log.logEndOffset, lastStableOffset: log.logEndOffset, logStartOffset: 0, records: log.read(fetchOffset, log.logEndOffset, 10_000, true) },
});

describe('a segment that is full', () => {
  it('is rolled before the append, and flushed behind its back: the recovery point follows', () => {
    const before = sampleLeader({ log: logOf([4, 2]), ...withLogs({ segmentBytes: 2 * ONE }) });
    const { state, effects } = appendRecords(before, append({ records: produced('4/2') }));
    expect([state.log.activeBaseOffset, state.log.logEndOffset, state.storage.recoveryPoint]).toEqual([2, 3, 0]);
    expect(told(effects, 'produce.appended')).toHaveLength(1);
    expect(effects.map(({ kind }) => kind).indexOf('flush')).toBeLessThan(effects.map(({ kind }) => kind).indexOf('write'));
    const flushed = logFlushed(state, flushDone(effects));
    expect(flushed.state.storage.recoveryPoint).toBe(2);
    expect(effectsOf(flushed.effects, 'schedule')).toMatchObject([{ key: 'recoveryPoint', delayMs: 60_000 }]);
  });

  it('is rolled by a follower, too, and a batch larger than any segment is refused by the leader', () => {
    const follower = sampleReplica({ log: logOf([4, 2]), ...withLogs({ segmentBytes: 2 * ONE }) });
    expect(appendFetched(follower, fetchedData(2, logOf([4, 5]))).state.log.segments().map(({ baseOffset }) => baseOffset)).toEqual([0, 2, 4]);
    const refused = appendRecords(sampleLeader(withLogs({ segmentBytes: ONE - 1 })), append({ records: produced('4/0') }));
    expect(told(refused.effects, 'produce.appended')[0]?.errorCode).toBe('RECORD_LIST_TOO_LARGE');
  });

  it('whose flush was begun before the log was cut says nothing about what came after', () => {
    const { state, effects } = appendRecords(sampleLeader({ log: logOf([4, 2]), ...withLogs({ segmentBytes: 2 * ONE }) }), append());
    const cut = truncateTo(state, 1, []);
    expect(logFlushed(cut, flushDone(effects)).state.storage.recoveryPoint).toBe(0);
  });
});

describe('an append with flush.messages=1', () => {
  const settings = withLogs({ flushMessages: 1 });

  it('is answered, and passed by the high watermark, only when it is flushed', () => {
    const alone = sampleLeader({ ...settings, replicas: [SELF] }, { isr: [SELF], remotes: [] });
    const { state, effects } = appendRecords(alone, append({ acks: -1 }));
    expect([state.log.logEndOffset, state.highWatermark, told(effects, 'produce.appended'), told(effects, 'produce.replicated')]).toEqual([1, 0, [], []]);
    const flushed = logFlushed(state, flushDone(effects));
    expect([flushed.state.highWatermark, flushed.state.storage.recoveryPoint, flushed.state.storage.held]).toEqual([1, 1, []]);
    expect(flushed.effects.flatMap((effect) => (effect.kind === 'tell' ? [effect.event.type] : []))).toEqual(['produce.appended', 'produce.replicated']);
  });

  it('of two under way counts the first when that is flushed', () => {
    const alone = sampleLeader({ ...settings, replicas: [SELF] }, { isr: [SELF], remotes: [] });
    const one = appendRecords(alone, append());
    const two = appendRecords(one.state, append());
    const flushed = logFlushed(two.state, flushDone(one.effects));
    expect([flushed.state.highWatermark, told(flushed.effects, 'produce.appended').map(({ baseOffset }) => baseOffset)]).toEqual([1, [0]]);
    expect(logFlushed(flushed.state, flushDone(two.effects)).state.highWatermark).toBe(2);
  });

  it('lets the fetcher of a follower go on only when it is flushed', () => {
    const { state, effects } = appendFetched(sampleReplica(settings), fetchedData(0, logOf([4, 2])));
    expect([state.log.logEndOffset, told(effects, 'fetcher.truncated')]).toEqual([2, []]);
    expect(told(logFlushed(state, flushDone(effects)).effects, 'fetcher.truncated')).toMatchObject([{ fetchOffset: 2, truncationCompleted: true }]);
  });

  it('and flush.messages=3 waits with every third message', () => {
    const alone = sampleLeader({ ...withLogs({ flushMessages: 3 }), replicas: [SELF] }, { isr: [SELF], remotes: [] });
    const two = appendRecords(appendRecords(alone, append()).state, append());
    expect([two.state.highWatermark, told(two.effects, 'produce.appended').length]).toEqual([2, 1]);
    const three = appendRecords(two.state, append());
    expect([three.state.highWatermark, told(three.effects, 'produce.appended').length]).toEqual([2, 0]);
  });
});

describe('retention', () => {
  const old = sampleLeader({ log: logOf([3, 2]).roll().append(withOffsets(produced(), 2, 3)), highWatermark: 2, ...withLogs({ retentionMs: 1 }) });

  it('deletes what is old and below the high watermark, and its epochs with it', () => {
    const { state, effects } = retain(old.with({ epochs: epochsOf([1, 0], [2, 1], [3, 2]) }), tick());
    expect([state.log.logStartOffset, state.log.logEndOffset, state.epochs.entries]).toEqual([2, 3, [{ epoch: 3, startOffset: 2 }]]);
    expect(effectsOf(effects, 'write')).toMatchObject([{ content: state.log }]);
    expect(effectsOf(effects, 'schedule').map(({ key, delayMs }) => [key, delayMs])).toEqual([['retention', 300_000], ['logStart', 60_000]]);
  });

  it('without the rule of KAFKA-5634 deletes what is not committed', () => {
    const { state } = retain(old.with({ highWatermark: 0, ...withLogs({ retentionMs: 1 }, { retentionStopsAtHighWatermark: false }) }), tick());
    expect(state.log.logStartOffset).toBe(3);
    expect(retain(old.with({ highWatermark: 0 }), tick()).state.log).toBe(old.log);
  });

  it('tells parked followers with their next answer', () => {
    const { effects } = retain(old.with({ watchers: [{ source: 2, isFollower: true }, { source: 40, isFollower: false }] }), tick());
    expect(told(effects, 'fetch.outdated')).toMatchObject([{ sources: [2] }]);
  });
});

describe('the cleaner', () => {
  const keyed = (key: string | null, value: string): ReturnType<typeof produced> => batchOf([{ key, value, timestampMs: 0 }]);
  const compacted = withLogs({ cleanupPolicy: 'compact', minCleanableDirtyRatio: 0 });

  it('cleans a dirty log below the high watermark, and the disk keeps what it kept', () => {
    const log = [['a', '1'], ['a', '2'], ['b', '3']].reduce((whole, [key, value]) => whole.append(withOffsets(keyed(key as string, value as string), whole.logEndOffset, 5)), PartitionLog.empty()).roll();
    const before = sampleLeader({ log, highWatermark: 3, ...compacted });
    const { state, effects } = cleanLog(before, tick());
    expect([...state.log.batches()].map(({ baseOffset }) => baseOffset)).toEqual([1, 2]);
    const disk = new Disk();
    disk.write(logFile(NAME), log, undefined);
    for (const effect of effectsOf(effects, 'write')) expect(disk.write(effect.file, effect.content, effect.keptLength)).toBe(true);
    expect(effectsOf(effects, 'schedule')).toMatchObject([{ key: 'cleaner', delayMs: 15_000 }]);
    expect(cleanLog(before.with({ highWatermark: 0 }), tick()).state.log).toBe(log);
  });

  it('needs keys: a compacted topic refuses a record without one', () => {
    expect(told(appendRecords(sampleLeader(compacted), append()).effects, 'produce.appended')[0]?.errorCode).toBe('INVALID_RECORD');
    expect(told(appendRecords(sampleLeader(compacted), append({ records: keyed('k', 'v') })).effects, 'produce.appended')[0]?.errorCode).toBe('NONE');
  });
});

describe('DeleteRecords', () => {
  const leader = sampleLeader({ log: logOf([5, 4]), highWatermark: 3 });
  const upTo = (offset: number): DeleteRecordsRequested => ({ type: 'log.deleteRecords', ticket: { operationId: 8, position: 0 }, offset });

  it.each([
    { offset: -2, errorCode: 'OFFSET_OUT_OF_RANGE' },
    { offset: 4, errorCode: 'OFFSET_OUT_OF_RANGE' },
  ])('up to $offset is refused: $errorCode', ({ offset, errorCode }) => {
    const { state, effects } = deleteRecords(leader, upTo(offset));
    expect([state, told(effects, 'deleteRecords.partitionDone')]).toMatchObject([leader, [{ errorCode, lowWatermark: -1 }]]);
  });

  it('of a log that is only compacted is against its policy', () => {
    expect(told(deleteRecords(leader.with(withLogs({ cleanupPolicy: 'compact' })), upTo(1)).effects, 'deleteRecords.partitionDone')[0]?.errorCode).toBe('POLICY_VIOLATION');
  });

  it('moves the log start, and is answered when the fetches of all live replicas say that they followed', () => {
    const { state, effects } = deleteRecords(leader, upTo(-1));
    expect([state.log.logStartOffset, told(effects, 'deleteRecords.partitionDone')]).toEqual([3, []]);
    const fetch = (from: ReplicaState, broker: number): ReturnType<typeof readPartition> => readPartition(from, followerRead(broker, 4, { logStartOffset: 3 }));
    const one = fetch(state, 2);
    expect(told(one.effects, 'deleteRecords.partitionDone')).toEqual([]);
    expect(told(fetch(one.state, 3).effects, 'deleteRecords.partitionDone')).toMatchObject([{ errorCode: 'NONE', lowWatermark: 3 }]);
    const fenced = state.brokers.map((broker) => (broker.id === 3 ? { ...broker, fenced: true } : broker));
    expect(told(fetch(state.with({ brokers: fenced }), 2).effects, 'deleteRecords.partitionDone')).toHaveLength(1);
  });

  it('is learned by a follower from its fetches, and may be forgotten by a crash until it is checkpointed', () => {
    const fetched = fetchedData(4, logOf([5, 4]));
    const follower = appendFetched(sampleReplica({ log: logOf([5, 4]) }), { ...fetched, data: { ...fetched.data, logStartOffset: 3 } }).state;
    expect(follower.log).toMatchObject({ logStartOffset: 3, batchCount: 4 });
    const restart = (logStartOffset?: number): number =>
      recoverReplica({ brokerId: SELF, topic: 't', partition: 0, topicPartition: NAME, settings: sampleSettings(), disk: { log: follower.log, epochs: undefined, highWatermark: 4, logStartOffset } }).state.log.logStartOffset;
    expect([restart(), restart(3), restart(9)]).toEqual([0, 3, 9]);
    expect(effectsOf(checkpointLogStart(follower).effects, 'replace')).toMatchObject([{ file: logStartFile(NAME), value: 3 }]);
  });
});

describe('a start', () => {
  const torn = logOf([1, 2], [2, 2]).tornAt(4);
  const start = (disk: Partial<Parameters<typeof recoverReplica>[0]['disk']>): ReplicaState =>
    recoverReplica({ brokerId: SELF, topic: 't', partition: 0, topicPartition: NAME, settings: sampleSettings(), disk: { log: torn, epochs: undefined, highWatermark: undefined, ...disk } }).state;

  it('after a crash scans from the recovery point, and what is corrupt below it stays (LOG-13)', () => {
    expect([start({}).log.logEndOffset, start({ recoveryPoint: 3 }).log.logEndOffset, start({ recoveryPoint: 4 }).log.logEndOffset]).toEqual([3, 3, 4]);
    expect(start({ recoveryPoint: 3 }).storage.recoveryPoint).toBe(3);
  });

  it('after a clean shutdown scans nothing and rebuilds no epochs', () => {
    const state = start({ wasCleanShutdown: true });
    expect([state.log.hasCorruptBatch, state.log.logEndOffset, state.epochs.entries]).toEqual([true, 4, []]);
    expect(start({}).epochs.entries).toEqual(epochsOf([1, 0], [2, 2]).entries);
  });

  it('rebuilds the epochs of the segments that it scans and no others', () => {
    const log = logOf([1, 2]).roll().append(withOffsets(produced(), 2, 2));
    expect(start({ log, epochs: LeaderEpochCache.empty(), recoveryPoint: 2 }).epochs.entries).toEqual(epochsOf([2, 2]).entries);
  });
});

describe('a clean shutdown', () => {
  /** Closes `replica`, looking at the disk before each flush is done and once at the end. */
  function close(replica: ReplicaState, disk: Disk, look: (disk: Disk, isClosed: boolean) => void): void {
    let reduced = beginClosing(replica, { type: 'log.close', nowMs: 0 });
    for (;;) {
      for (const effect of reduced.effects) if (effect.kind === 'replace') disk.replace(effect.file, effect.value);
      const flush = reduced.effects.find((effect) => effect.kind === 'flush');
      if (flush === undefined) break;
      const flushed = disk.beginFlush(flush.file);
      look(disk, false);
      disk.completeFlush(flush.file, flushed);
      reduced = goOnClosing(reduced.state, outcome(flush.data));
    }
    look(disk, true);
  }

  it('leaves nothing at risk: after a power loss the replica is what it was, and during it none is taken for sound that is torn', () => {
    const log = logOf([1, 2], [2, 3]);
    const replica = sampleReplica({ log, highWatermark: 4, storage: newStorage(1) });
    const disk = new Disk();
    disk.write(logFile(NAME), log, undefined);
    disk.replace(epochFile(NAME), replica.epochs);
    close(replica, disk, (present, isClosed) => {
      for (let key = 0; key < 8; key += 1) {
        const after = present.fork();
        after.powerLost(key);
        const [keptLog, epochs, highWatermark, logStartOffset, recoveryPoint] = [logFile, epochFile, highWatermarkFile, logStartFile, recoveryPointFile].map((file) => after.read(file(NAME)));
        if (isClosed) expect([keptLog, epochs, highWatermark, logStartOffset, recoveryPoint]).toEqual([log, replica.epochs, 4, 0, 5]);
        const kept = keptLog as PartitionLog | undefined;
        expect(kept === undefined ? false : kept.recover((recoveryPoint as number | undefined) ?? 0).log.hasCorruptBatch).toBe(false);
      }
    });
  });
});

describe('a disk that refuses', () => {
  const failed = (rules: Partial<Rules>): ReturnType<typeof writeFailed> => {
    const leader = sampleLeader({ log: logOf([5, 1]), ...withLogs({}, rules) }, { remotes: [remote(2, 1), remote(3, 1)] });
    return writeFailed(appendRecords(leader, append({ acks: -1, records: produced('first') })).state, outcome(undefined));
  };

  it('halts the broker', () => {
    expect(effectsOf(failed({}).effects, 'halt')).toHaveLength(1);
    expect(effectsOf(flushFailed(sampleReplica(), outcome(undefined)).effects, 'halt')).toHaveLength(1);
  });

  it('without that rule (KAFKA-7866) is taken for an error of the request, and the next append gets the same offset', () => {
    const { state, effects } = failed({ diskErrorStopsReplica: false });
    expect(told(effects, 'produce.appended')).toMatchObject([{ errorCode: 'KAFKA_STORAGE_ERROR' }]);
    expect([state.log.logEndOffset, state.leadership?.awaitingReplication]).toEqual([2, []]);
    const again = appendRecords(state, append({ records: produced('second') }));
    expect(told(again.effects, 'produce.appended')).toMatchObject([{ baseOffset: 1, errorCode: 'NONE' }]);
    expect(again.state.log.batchAt(1)?.records[0]?.value).toBe('second');
  });

  it('flushes the epoch checkpoint unless the rule of KAFKA-16541 is off', () => {
    const bare = { log: logOf([5, 1]), epochs: LeaderEpochCache.empty() };
    const flushes = (rules: Partial<Rules>): number => effectsOf(appendRecords(sampleLeader({ ...bare, ...withLogs({}, rules) }), append()).effects, 'flush').length;
    expect([flushes(KAFKA_RULES), flushes({ flushesEpochCheckpoint: false })]).toEqual([1, 0]);
  });
});
