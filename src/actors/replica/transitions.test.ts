import { describe, expect, it } from 'vitest';
import { broker, BROKERS, effectsOf, epochsOf, logOf, NAME, NOW_MS, PARTITION_EPOCH, partitionChanged, remote, sampleLeader, sampleReplica, sampleSettings, told } from './sample.ts';
import { NEVER_CAUGHT_UP } from './state.ts';
import { becomeFollower, becomeLeader, isLeaderHere, isNewer, logDirFailed, remainLeader } from './transitions.ts';

const LOG = logOf([3, 4]);
const waiting = [{ ticket: { answerTo: 'apis', operationId: 8, position: 0 }, requiredOffset: 3 }, { ticket: { answerTo: 'apis', operationId: 8, position: 1 }, requiredOffset: 4 }];
const watchers = [{ source: 2, isFollower: true }, { source: 40, isFollower: false }];

describe('word from the controller (Partition.makeLeader, makeFollower)', () => {
  it.each([
    { partitionEpoch: PARTITION_EPOCH - 1, isNews: false }, { partitionEpoch: PARTITION_EPOCH, isNews: false }, { partitionEpoch: PARTITION_EPOCH + 1, isNews: true },
  ])('of partition epoch $partitionEpoch is news to a replica in epoch 9: $isNews', ({ partitionEpoch, isNews }) => {
    expect(isNewer(sampleReplica(), partitionChanged({ partitionEpoch, leaderEpoch: 99 }))).toBe(isNews);
  });

  it('says who leads', () => {
    expect([isLeaderHere(sampleReplica(), partitionChanged({ leader: 1 })), isLeaderHere(sampleReplica(), partitionChanged({ leader: 2 }))]).toEqual([true, false]);
  });
});

describe('a new leader', () => {
  const elected = partitionChanged({ leader: 1, leaderEpoch: 6, isr: [1, 2] });
  const { state, effects } = becomeLeader(sampleReplica({ log: LOG, highWatermark: 2 }), elected);

  it('records its epoch at its log end before anything else can be appended (KAFKA-7415)', () => {
    expect(state.epochs.latestEntry).toEqual({ epoch: 6, startOffset: 4 });
    expect(effectsOf(effects, 'replace').map(({ value }) => value)).toEqual([state.epochs]);
    expect([state.leaderEpoch, state.partitionEpoch, state.leaderId]).toEqual([6, PARTITION_EPOCH + 1, 1]);
  });

  it('starts from its own high watermark and knows nothing of the others', () => {
    expect(state.highWatermark).toBe(2);
    expect(state.leadership).toEqual({
      isr: [1, 2], maximalIsr: [1, 2], pending: null, leaderEpochStartOffset: 4, awaitingReplication: [],
      remotes: [
        { brokerId: 2, brokerEpoch: -1, logEndOffset: -1, logStartOffset: -1, lastFetchTimeMs: NEVER_CAUGHT_UP, lastFetchLeaderLogEndOffset: -1, lastCaughtUpTimeMs: NOW_MS },
        { brokerId: 3, brokerEpoch: -1, logEndOffset: -1, logStartOffset: -1, lastFetchTimeMs: NEVER_CAUGHT_UP, lastFetchLeaderLogEndOffset: -1, lastCaughtUpTimeMs: NEVER_CAUGHT_UP },
      ],
    });
  });

  it('stops following and begins to watch its ISR', () => {
    expect(effects.filter(({ kind }) => kind === 'tell')).toEqual([{ kind: 'tell', to: 'fetcher/2', event: { type: 'fetcher.remove', topicPartition: NAME } }]);
    expect(effectsOf(effects, 'schedule').map(({ key }) => key)).toEqual(['isr']);
  });

  it('alone in the ISR commits its whole log at once', () => {
    const alone = becomeLeader(sampleReplica({ log: LOG, settings: sampleSettings({}, {}, 1) }), partitionChanged({ leader: 1, leaderEpoch: 6, isr: [1] }));
    expect(alone.state.highWatermark).toBe(4);
  });
});

describe('a leader that stays', () => {
  const leader = sampleLeader({ log: LOG, highWatermark: 2, watchers }, { remotes: [remote(2, 4), remote(3, 2)], awaitingReplication: waiting, leaderEpochStartOffset: 1 });

  it('in its epoch takes the committed ISR, closes its proposal and keeps what it knows', () => {
    const open = leader.with({ leadership: { ...leader.leadership!, maximalIsr: [1, 2, 3], pending: { partitionIndex: 0, leaderEpoch: 5, newIsrWithEpochs: [], leaderRecoveryState: 'RECOVERED', partitionEpoch: 9 } } });
    const { state, effects } = remainLeader(open, partitionChanged({ leader: 1, isr: [1, 2] }, NOW_MS, [broker(1), broker(2), broker(3, { fenced: true })]));
    expect(state.leadership).toMatchObject({ isr: [1, 2], maximalIsr: [1, 2], pending: null, leaderEpochStartOffset: 1, remotes: leader.leadership!.remotes });
    expect(state.highWatermark, 'a smaller ISR lets it rise').toBe(4);
    expect(told(effects, 'produce.replicated').map(({ errorCode }) => errorCode)).toEqual(['NONE', 'NONE']);
    expect([effectsOf(effects, 'replace'), state.epochs]).toEqual([[], leader.epochs]);
  });

  it('in a raised epoch of its own records it, and goes on with what waits: its log is the same', () => {
    const { state, effects } = remainLeader(leader, partitionChanged({ leader: 1, leaderEpoch: 6 }));
    expect(state.epochs.latestEntry).toEqual({ epoch: 6, startOffset: 4 });
    expect(state.leadership).toMatchObject({ leaderEpochStartOffset: 4, awaitingReplication: waiting });
    expect(told(effects, 'produce.replicated')).toEqual([]);
  });

  it('in a raised epoch keeps where the others are and forgets how well they kept up (Replica.resetReplicaState)', () => {
    const { state } = remainLeader(leader, partitionChanged({ leader: 1, leaderEpoch: 6, isr: [1, 2] }));
    expect(state.leadership?.remotes).toEqual([
      { brokerId: 2, brokerEpoch: 12, logEndOffset: 4, logStartOffset: 0, lastFetchTimeMs: NOW_MS, lastFetchLeaderLogEndOffset: 4, lastCaughtUpTimeMs: NOW_MS },
      { brokerId: 3, brokerEpoch: 13, logEndOffset: 2, logStartOffset: 0, lastFetchTimeMs: NEVER_CAUGHT_UP, lastFetchLeaderLogEndOffset: 4, lastCaughtUpTimeMs: NEVER_CAUGHT_UP },
    ]);
  });

  it('across an epoch that it never saw knows nothing of the others: another leader may have cut their logs', () => {
    const { state, effects } = remainLeader(sampleLeader({ log: LOG, highWatermark: 2 }, { awaitingReplication: waiting }), partitionChanged({ leader: 1, leaderEpoch: 7 }));
    expect(state.leadership?.remotes.map(({ logEndOffset, brokerEpoch }) => [logEndOffset, brokerEpoch])).toEqual([[-1, -1], [-1, -1]]);
    expect([state.highWatermark, told(effects, 'produce.replicated')]).toEqual([2, []]);
  });
});

describe('a leader that is replaced', () => {
  const leader = sampleLeader({ log: LOG, highWatermark: 2, watchers }, { awaitingReplication: waiting });
  const { state, effects } = becomeFollower(leader, partitionChanged({ leader: 3, leaderEpoch: 6 }));

  it('does not know what becomes of what waits: NOT_LEADER_OR_FOLLOWER (KAFKA-13574)', () => {
    expect(told(effects, 'produce.replicated').map(({ ticket, errorCode }) => [ticket, errorCode])).toEqual(waiting.map(({ ticket }) => [ticket, 'NOT_LEADER_OR_FOLLOWER']));
  });

  it('has everybody who waits at it ask again, and stops to watch its ISR', () => {
    expect([state.watchers, state.leadership]).toEqual([[], null]);
    expect(told(effects, 'fetch.wakeUp').map(({ sources }) => sources)).toEqual([[2], [40]]);
    expect(effectsOf(effects, 'cancel').map(({ key }) => key)).toEqual(['isr']);
  });

  it('keeps its log and asks the new leader from its end, in the last epoch it knows: its own (KIP-101, KIP-595)', () => {
    expect([state.log, state.highWatermark]).toEqual([LOG, 2]);
    expect(effectsOf(effects, 'spawn').map(({ name, machine }) => [name, machine])).toEqual([['fetcher/3', 'fetcher']]);
    expect(told(effects, 'fetcher.add')).toEqual([
      { type: 'fetcher.add', brokerEpoch: 11, topicPartition: NAME, topic: 't', partition: 0, leaderEpoch: 6, fetchOffset: 4, lastFetchedEpoch: 5, flushesAppends: false },
    ]);
  });

  it('under the mutant of before KIP-101 cuts its log at its high watermark', () => {
    const mutant = leader.with({ settings: sampleSettings({}, { truncationProtocol: 'highWatermark' }) });
    const cut = becomeFollower(mutant, partitionChanged({ leader: 3, leaderEpoch: 6 }));
    expect([cut.state.log.logEndOffset, told(cut.effects, 'fetcher.add')[0]?.fetchOffset]).toEqual([2, 2]);
  });
});

describe('a follower', () => {
  it('of a new leader leaves the old one first', () => {
    const { effects } = becomeFollower(sampleReplica({ log: LOG }), partitionChanged({ leader: 3, leaderEpoch: 6 }));
    expect(effects.flatMap((effect) => (effect.kind === 'tell' ? [[effect.to, effect.event.type]] : []))).toEqual([['fetcher/2', 'fetcher.remove'], ['fetcher/3', 'fetcher.add']]);
  });

  it('of the same leader in a new epoch starts anew there', () => {
    const { effects } = becomeFollower(sampleReplica({ log: LOG, epochs: epochsOf([3, 0]) }), partitionChanged({ leaderEpoch: 6 }));
    expect(effects.flatMap((effect) => (effect.kind === 'tell' ? [[effect.to, effect.event.type]] : []))).toEqual([['fetcher/2', 'fetcher.remove'], ['fetcher/2', 'fetcher.add']]);
  });

  it('of the same leader in the same epoch only learns: its fetches go on', () => {
    const { state, effects } = becomeFollower(sampleReplica(), partitionChanged({ isr: [2] }, NOW_MS, BROKERS.slice(1)));
    expect([state.partitionEpoch, state.brokers, effects]).toEqual([PARTITION_EPOCH + 1, BROKERS.slice(1), []]);
  });

  it('of nobody, while the partition has no leader, fetches nowhere', () => {
    const { state, effects } = becomeFollower(sampleReplica(), partitionChanged({ leader: -1, leaderEpoch: 6 }));
    expect([state.leaderId, told(effects, 'fetcher.add'), told(effects, 'fetcher.remove').length]).toEqual([-1, [], 1]);
    expect(told(becomeFollower(state, partitionChanged({ leader: 3, leaderEpoch: 7, partitionEpoch: 11 })).effects, 'fetcher.remove')).toEqual([]);
  });
});

it('a log directory that fails takes the broker with it: it has one (LogDirFailureChannel)', () => {
  expect(logDirFailed(sampleReplica()).effects.map(({ kind }) => kind)).toEqual(['halt']);
});
