import { describe, expect, it } from 'vitest';
import type { AppendRequested } from '../local-events.ts';
import { appendRecords, refuseAppend } from './append.ts';
import { effectsOf, logOf, NAME, NOW_MS, produced, remote, sampleLeader, sampleReplica, sampleSettings, told } from './sample.ts';
import { logFile } from './state.ts';

const append = (change: Partial<AppendRequested> = {}): AppendRequested => ({ type: 'produce.append', nowMs: NOW_MS, ticket: { answerTo: 'apis', operationId: 3, position: 1 }, acks: -1, origin: 'CLIENT', records: produced(), ...change });

describe('a leader that is asked to append', () => {
  it('gives the batch the next offset and its own leader epoch, and writes it (UnifiedLog.appendAsLeader)', () => {
    const { state, effects } = appendRecords(sampleLeader({ log: logOf([4, 3]) }), append({ acks: 1, records: produced('x', 4) }));
    const { lastBatch } = state.log;
    expect([lastBatch?.baseOffset, lastBatch?.lastOffset, lastBatch?.partitionLeaderEpoch, state.log.logEndOffset]).toEqual([3, 6, 5, 7]);
    expect(effectsOf(effects, 'write')).toEqual([{ kind: 'write', file: logFile(NAME), content: state.log }]);
    expect(told(effects, 'produce.appended')).toEqual([
      { type: 'produce.appended', ticket: { answerTo: 'apis', operationId: 3, position: 1 }, errorCode: 'NONE', baseOffset: 3, logStartOffset: 0, awaitsReplication: false },
    ]);
  });

  it('writes before it says anything: a disk that refuses leaves no trace outside', () => {
    const watched = sampleLeader({ watchers: [{ source: 2, isFollower: true }] }, { isr: [1], remotes: [] });
    const { effects } = appendRecords(watched.with({ replicas: [1] }), append());
    expect(effects[0]?.kind).toBe('write');
    expect(effects.filter(({ kind }) => kind === 'tell').length).toBeGreaterThan(1);
  });

  it('records its epoch with the first batch when the cache does not have it', () => {
    const bare = sampleLeader({ log: logOf([4, 3]), epochs: sampleReplica({ log: logOf([4, 3]) }).epochs });
    const { state } = appendRecords(bare, append());
    expect(state.epochs.latestEntry).toEqual({ epoch: 5, startOffset: 3 });
    expect(effectsOf(appendRecords(state, append()).effects, 'replace')).toEqual([]);
  });

  it.each([
    { acks: -1 as const, isr: [1], errorCode: 'NOT_ENOUGH_REPLICAS' },
    { acks: 1 as const, isr: [1], errorCode: 'NONE' },
    { acks: 0 as const, isr: [1], errorCode: 'NONE' },
    { acks: -1 as const, isr: [1, 2], errorCode: 'NONE' },
  ])('with acks=$acks and the ISR $isr answers $errorCode before it appends (Partition.appendRecordsToLeader)', ({ acks, isr, errorCode }) => {
    const { state, effects } = appendRecords(sampleLeader({}, { isr }), append({ acks }));
    expect(told(effects, 'produce.appended')[0]?.errorCode).toBe(errorCode);
    expect(state.log.logEndOffset).toBe(errorCode === 'NONE' ? 1 : 0);
  });

  it('counts the committed ISR, not the one it hopes for', () => {
    const { effects } = appendRecords(sampleLeader({}, { isr: [1], maximalIsr: [1, 2] }), append());
    expect(told(effects, 'produce.appended')[0]?.errorCode).toBe('NOT_ENOUGH_REPLICAS');
  });

  it('asks no more in-sync replicas of a topic than it has replicas (Partition.effectiveMinIsr)', () => {
    const single = sampleLeader({ replicas: [1], settings: sampleSettings({}, {}, 3) }, { isr: [1], remotes: [] });
    const { state, effects } = appendRecords(single, append());
    expect([told(effects, 'produce.replicated')[0]?.errorCode, state.highWatermark]).toEqual(['NONE', 1]);
  });

  it('refuses a batch above max.message.bytes, but not before it has missed replicas (LogValidator comes later)', () => {
    const large = produced('x'.repeat(2_000));
    const refused = appendRecords(sampleLeader(), append({ records: large }));
    expect([told(refused.effects, 'produce.appended')[0]?.errorCode, refused.state.log.logEndOffset]).toEqual(['MESSAGE_TOO_LARGE', 0]);
    expect(told(appendRecords(sampleLeader({}, { isr: [1] }), append({ records: large })).effects, 'produce.appended')[0]?.errorCode).toBe('NOT_ENOUGH_REPLICAS');
  });

  it('answers acks=all when the high watermark has passed the batch, acks 0 and 1 at once', () => {
    const leader = sampleLeader();
    for (const acks of [0, 1] as const) {
      const { state, effects } = appendRecords(leader, append({ acks }));
      expect([told(effects, 'produce.appended')[0]?.awaitsReplication, state.leadership?.awaitingReplication]).toEqual([false, []]);
    }
    const { state, effects } = appendRecords(leader, append());
    expect(told(effects, 'produce.appended')[0]?.awaitsReplication).toBe(true);
    expect(told(effects, 'produce.replicated')).toEqual([]);
    expect(state.leadership?.awaitingReplication).toEqual([{ ticket: { answerTo: 'apis', operationId: 3, position: 1 }, requiredOffset: 1 }]);
  });

  it('alone in the ISR commits what it appends in the same step', () => {
    const alone = sampleLeader({ settings: sampleSettings({}, {}, 1) }, { isr: [1], remotes: [remote(2, 0, 60_000), remote(3, 0, 60_000)] });
    const { state, effects } = appendRecords(alone, append());
    expect([state.highWatermark, state.leadership?.awaitingReplication.length]).toEqual([1, 0]);
    expect(effects.flatMap((effect) => (effect.kind === 'tell' ? [effect.event.type] : []))).toEqual(['produce.appended', 'produce.replicated']);
  });

  it('wakes the fetches of followers, who have something to copy, and not those of consumers', () => {
    const watched = sampleLeader({ watchers: [{ source: 2, isFollower: true }, { source: 40, isFollower: false }] });
    const { state, effects } = appendRecords(watched, append());
    expect(told(effects, 'fetch.wakeUp').map(({ sources }) => sources)).toEqual([[2]]);
    expect(state.watchers).toEqual([{ source: 40, isFollower: false }]);
  });

  it('under the mutant that acknowledges too early waits for nobody', () => {
    const hasty = sampleLeader({ settings: sampleSettings({}, { acksAllWaitsForHighWatermark: false }) });
    const { state, effects } = appendRecords(hasty, append());
    expect([told(effects, 'produce.appended')[0]?.awaitsReplication, state.leadership?.awaitingReplication]).toEqual([false, []]);
  });
});

describe('a replica that does not lead', () => {
  it('takes no records', () => {
    const follower = sampleReplica();
    const { state, effects } = refuseAppend(follower, append());
    expect(state).toBe(follower);
    expect(told(effects, 'produce.appended').map(({ errorCode, baseOffset }) => [errorCode, baseOffset])).toEqual([['NOT_LEADER_OR_FOLLOWER', -1]]);
  });
});
