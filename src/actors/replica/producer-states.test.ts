import { describe, expect, it } from 'vitest';
import type { PartitionLog } from '../../kafka/log.ts';
import { ProducerStates } from '../../kafka/producer-state.ts';
import { batchOf, withOffsets, type RecordBatch } from '../../kafka/records.ts';
import type { Rules } from '../../kafka/rules.ts';
import { Stimulus } from '../../kernel/effects.ts';
import { BROKER_MACHINES, type AppendRequested } from '../local-events.ts';
import { appendRecords } from './append.ts';
import { checkpointFlushedLog } from './clean-shutdown.ts';
import { appendFetched } from './follow.ts';
import { newStorage } from './log-storage.ts';
import { removeExpiredProducers } from './producer-states.ts';
import { recoverReplica } from './recovery.ts';
import { effectsOf, LEADER_EPOCH, logOf, NAME, NOW_MS, sampleLeader, sampleReplica, sampleSettings, SELF, told } from './sample.ts';
import { producerSnapshotFile, type ReplicaDisk, type ReplicaState } from './state.ts';
import { truncateTo } from './storage.ts';

function of(producerId: number, baseSequence: number, timestampMs = 0): RecordBatch {
  return batchOf([{ key: null, value: `${producerId}/${baseSequence}`, timestampMs }], { producerId, producerEpoch: 0, baseSequence });
}

function append(state: ReplicaState, records: RecordBatch): ReturnType<typeof appendRecords> {
  const request: AppendRequested = { type: 'produce.append', nowMs: NOW_MS, ticket: { answerTo: BROKER_MACHINES.apis, operationId: 3, position: 0 }, acks: -1, origin: 'CLIENT', records };
  return appendRecords(state, request);
}

/** A log in which producer 1 wrote the first `count` sequences, one a batch. */
function written(count: number): PartitionLog {
  let log = logOf();
  for (let i = 0; i < count; i += 1) log = log.append(withOffsets(of(1, i), i, LEADER_EPOCH));
  return log;
}

const knows = ({ producers }: ReplicaState): string[] => producers.entries.map(({ producerId, batches }) => `${producerId}: ${batches.map(({ firstSequence }) => firstSequence).join()}`);

describe('a leader', () => {
  it('answers a batch that it has already with the old offset, and appends nothing (IDM-2)', () => {
    const leader = sampleLeader({ log: written(3), highWatermark: 3 });
    const { state, effects } = append(leader, of(1, 1));
    expect(state).toBe(leader);
    expect(told(effects, 'produce.appended')).toMatchObject([{ errorCode: 'NONE', baseOffset: 1, awaitsReplication: false }]);
  });

  it('lets a duplicate wait for the high watermark like the batch itself', () => {
    const { state, effects } = append(sampleLeader({ log: written(3), highWatermark: 1 }), of(1, 2));
    expect(told(effects, 'produce.appended')).toMatchObject([{ baseOffset: 2, awaitsReplication: true }]);
    expect(state.leadership?.awaitingReplication).toMatchObject([{ requiredOffset: 3 }]);
  });

  it('refuses a gap and writes nothing', () => {
    const { state, effects } = append(sampleLeader({ log: written(3) }), of(1, 4));
    expect(state.log.logEndOffset).toBe(3);
    expect(told(effects, 'produce.appended')).toMatchObject([{ errorCode: 'OUT_OF_ORDER_SEQUENCE_NUMBER', baseOffset: -1 }]);
  });
});

describe('a follower', () => {
  const fetched = (state: ReplicaState, records: readonly RecordBatch[]): ReplicaState =>
    appendFetched(state, {
      type: 'follower.fetched', nowMs: NOW_MS, leaderId: 2, leaderEpoch: LEADER_EPOCH, fetchOffset: state.log.logEndOffset,
      data: { partitionIndex: 0, errorCode: 'NONE', highWatermark: 0, lastStableOffset: 0, logStartOffset: 0, records },
    }).state;

  it('knows the producers of what it copies, unchecked, so that it can lead (IDM-4)', () => {
    expect(knows(fetched(sampleReplica(), [...written(2).batches()]))).toEqual(['1: 0,1']);
    expect(knows(fetched(sampleReplica({ settings: sampleSettings({}, { followersKeepProducerState: false }) }), [...written(2).batches()]))).toEqual([]);
  });

  it('knows what is left of them when its log is cut', () => {
    expect(knows(truncateTo(sampleReplica({ log: written(4) }), 2, []))).toEqual(['1: 0,1']);
    expect(knows(truncateTo(sampleReplica({ log: written(4) }), 0, []))).toEqual([]);
  });
});

describe('snapshots', () => {
  const settings = sampleSettings({}, {}, 2, { segmentBytes: 150 });

  it('are taken where the log rolls, and keep what retention took', () => {
    let leader = sampleLeader({ settings });
    for (let i = 0; i < 6; i += 1) leader = append(leader, of(1, i)).state;
    const offsets = leader.storage.producerSnapshots.map(({ offset }) => offset);
    expect(offsets).toEqual(leader.log.segments().slice(1).map(({ baseOffset }) => baseOffset));
    expect(leader.storage.producerSnapshots.map(({ states }) => states.entry(1)?.batches.at(-1)?.lastOffset)).toEqual(offsets.map((offset) => offset - 1));
  });

  it('are thrown away with the part of the log that they are of', () => {
    let leader = sampleLeader({ settings });
    for (let i = 0; i < 6; i += 1) leader = append(leader, of(1, i)).state;
    const [first] = leader.storage.producerSnapshots;
    const effects: Parameters<typeof truncateTo>[2] = [];
    const cut = truncateTo(leader, (first?.offset ?? 0) + 1, effects);
    expect(cut.storage.producerSnapshots).toEqual([first]);
    expect(effectsOf(effects, 'replace').filter(({ file }) => file === producerSnapshotFile(NAME)).map(({ value }) => value)).toEqual([[first]]);
  });
});

describe('a start', () => {
  const recover = (disk: Partial<ReplicaDisk>, rules: Partial<Rules> = {}): ReplicaState =>
    recoverReplica({ brokerId: SELF, topic: 't', partition: 0, topicPartition: NAME, settings: sampleSettings({}, rules), disk: { log: undefined, epochs: undefined, highWatermark: undefined, ...disk } }).state;

  it('after a crash replays the log from the latest snapshot that it trusts', () => {
    expect(knows(recover({ log: written(3) }))).toEqual(['1: 0,1,2']);
    const ofDeleted = ProducerStates.empty().append(withOffsets(of(9, 5), 1, 0));
    const producerSnapshots = [{ offset: 2, states: ofDeleted }, { offset: 3, states: ProducerStates.empty() }];
    // The recovery point is in the only segment, which begins at 0: it is scanned from there, and no snapshot is of less.
    expect(knows(recover({ log: written(3), producerSnapshots, recoveryPoint: 2 }))).toEqual(['1: 0,1,2']);
    const rolled = written(2).roll().append(withOffsets(of(1, 2), 2, LEADER_EPOCH));
    expect(knows(recover({ log: rolled, producerSnapshots, recoveryPoint: 2 }))).toEqual(['1: 2', '9: 5']);
    expect(knows(recover({ log: rolled, producerSnapshots, recoveryPoint: 2 }, { recoveryRebuildsProducerState: false }))).toEqual(['9: 5']);
  });

  it('after a clean shutdown takes the snapshot of the end, and knows nobody without one', () => {
    const { effects } = checkpointFlushedLog(sampleReplica({ log: written(3) }));
    const [snapshots] = effectsOf(effects, 'replace').filter(({ file }) => file === producerSnapshotFile(NAME)).map(({ value }) => value);
    const producerSnapshots = snapshots as NonNullable<ReplicaDisk['producerSnapshots']>;
    expect(knows(recover({ log: written(3), producerSnapshots, wasCleanShutdown: true }))).toEqual(['1: 0,1,2']);
    expect(knows(recover({ log: written(3), wasCleanShutdown: true }))).toEqual([]);
  });
});

describe('time', () => {
  it('takes producers that are silent for producer.id.expiration.ms, whatever the log still holds', () => {
    const replica = sampleReplica({ log: written(2), storage: newStorage(0), settings: sampleSettings({ producerIdExpirationMs: 1_000 }) });
    expect(knows(removeExpiredProducers(replica, new Stimulus('timer.producers', 999, 0, undefined)).state)).toEqual(['1: 0,1']);
    const { state, effects } = removeExpiredProducers(replica, new Stimulus('timer.producers', 1_000, 0, undefined));
    expect([knows(state), effectsOf(effects, 'schedule')]).toEqual([[], []]);
  });

  it('is looked at from the first producer on', () => {
    const { state, effects } = append(sampleLeader(), of(1, 0));
    expect(effectsOf(effects, 'schedule').map(({ type }) => type)).toContain('timer.producers');
    expect(effectsOf(append(state, of(1, 1)).effects, 'schedule').map(({ type }) => type)).not.toContain('timer.producers');
  });
});
