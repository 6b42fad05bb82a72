/** The rules of replication as switches (src/kafka/rules.ts): what each changes, on and off. */
import { describe, expect, it } from 'vitest';
import type { AlterPartitionData } from '../../kafka/api.ts';
import type { Rules } from '../../kafka/rules.ts';
import type { Effect } from '../../kernel/effects.ts';
import { Stimulus } from '../../kernel/effects.ts';
import { appendRecords } from './append.ts';
import { isIsrEligible } from './caught-up.ts';
import { takeHighWatermark, takesHighWatermarkFirst, truncateToDivergence, truncateToEpochEnd } from './follow.ts';
import { maybeIncrementHighWatermark } from './high-watermark.ts';
import { alterPartitionAnswered, maybeExpandIsr, shrinkIsr } from './isr.ts';
import { readEpochEnd, readOffsets, readPartition } from './read.ts';
import { broker, BROKERS, epochsOf, followerRead, LEADER_EPOCH, logOf, NOW_MS, PARTITION_EPOCH, partitionChanged, produced, remote, SELF, sampleLeader, sampleReplica, sampleSettings, told } from './sample.ts';
import type { ReplicaState } from './state.ts';
import { truncateTo } from './storage.ts';
import { becomeFollower, becomeLeader, remainLeader } from './transitions.ts';

const LOG = logOf([5, 10]);
const under = (rules: Partial<Rules>) => ({ settings: sampleSettings({}, rules) });
const TICKET = { answerTo: 'apis', operationId: 1, position: 0 };
const produce = { type: 'produce.append', nowMs: NOW_MS, ticket: TICKET, acks: -1, origin: 'CLIENT', records: produced() } as const;

describe.each([true, false])('acksAllNeedsMinIsr: %s', (acksAllNeedsMinIsr) => {
  it('decides whether acks=all is refused by a leader that is alone', () => {
    const { effects } = appendRecords(sampleLeader(under({ acksAllNeedsMinIsr }), { isr: [1] }), produce);
    expect(told(effects, 'produce.appended')[0]?.errorCode).toBe(acksAllNeedsMinIsr ? 'NOT_ENOUGH_REPLICAS' : 'NONE');
  });

  it('decides whether an append that outlived the ISR is an error', () => {
    const awaitingReplication = [{ ticket: TICKET, requiredOffset: 10 }];
    const effects: Effect[] = [];
    maybeIncrementHighWatermark(sampleLeader({ log: LOG, ...under({ acksAllNeedsMinIsr, highWatermarkNeedsMinIsr: false }) }, { isr: [1], remotes: [], awaitingReplication }), NOW_MS, effects);
    expect(told(effects, 'produce.replicated')[0]?.errorCode).toBe(acksAllNeedsMinIsr ? 'NOT_ENOUGH_REPLICAS_AFTER_APPEND' : 'NONE');
  });
});

describe.each([true, false])('newLeaderRecordsEpoch: %s', (newLeaderRecordsEpoch) => {
  const toLead = partitionChanged({ leader: SELF, leaderEpoch: LEADER_EPOCH + 1 });

  it('decides whether an epoch without appends is known', () => {
    const follower = sampleReplica({ log: LOG, ...under({ newLeaderRecordsEpoch }) });
    expect(becomeLeader(follower, toLead).state.epochs.latestEpoch).toBe(newLeaderRecordsEpoch ? 6 : 5);
    const leader = sampleLeader({ log: LOG, ...under({ newLeaderRecordsEpoch }) });
    expect(remainLeader(leader, toLead).state.epochs.latestEpoch).toBe(newLeaderRecordsEpoch ? 6 : 5);
  });

  it('changes nothing about an epoch that was appended in', () => {
    const leader = becomeLeader(sampleReplica({ log: LOG, ...under({ newLeaderRecordsEpoch }) }), toLead).state;
    expect(appendRecords(leader, { ...produce, acks: 1 }).state.epochs.latestEntry).toEqual({ epoch: 6, startOffset: 10 });
  });
});

it.each([true, false])('latestOffsetWaitsForHighWatermark: %s decides whether a new leader gives an end that it does not know', (latestOffsetWaitsForHighWatermark) => {
  const leader = sampleLeader({ log: LOG, highWatermark: 4, ...under({ latestOffsetWaitsForHighWatermark }) }, { leaderEpochStartOffset: 10 });
  const { effects } = readOffsets(leader, { type: 'listOffsets.read', ticket: TICKET, replicaId: -1, currentLeaderEpoch: LEADER_EPOCH, timestamp: -1 });
  const { errorCode, offset } = told(effects, 'listOffsets.partitionRead')[0]!;
  expect([errorCode, offset]).toEqual(latestOffsetWaitsForHighWatermark ? ['OFFSET_NOT_AVAILABLE', -1] : ['NONE', 4]);
});

it.each([true, false])('fencesFetchesByLeaderEpoch: %s decides whether another leader epoch is refused, by Fetch, ListOffsets and OffsetForLeaderEpoch', (fencesFetchesByLeaderEpoch) => {
  const leader = sampleLeader({ log: LOG, highWatermark: 10, ...under({ fencesFetchesByLeaderEpoch }) });
  const currentLeaderEpoch = LEADER_EPOCH - 1;
  const fetched = readPartition(leader, followerRead(2, 7, { currentLeaderEpoch })).state.leadership?.remotes[0]?.logEndOffset;
  expect(fetched, 'where the follower of another epoch is').toBe(fencesFetchesByLeaderEpoch ? 10 : 7);
  const errorCode = fencesFetchesByLeaderEpoch ? 'FENCED_LEADER_EPOCH' : 'NONE';
  const listed = readOffsets(leader, { type: 'listOffsets.read', ticket: TICKET, replicaId: -1, currentLeaderEpoch, timestamp: -1 });
  expect(told(listed.effects, 'listOffsets.partitionRead')[0]?.errorCode).toBe(errorCode);
  const ended = readEpochEnd(leader, { type: 'offsetForLeaderEpoch.read', ticket: TICKET, currentLeaderEpoch, leaderEpoch: 5 });
  expect(told(ended.effects, 'offsetForLeaderEpoch.partitionRead')[0]?.errorCode).toBe(errorCode);
});

it.each([true, false])('highWatermarkNeedsMinIsr: %s decides whether a leader that is alone commits', (highWatermarkNeedsMinIsr) => {
  const leader = sampleLeader({ log: LOG, highWatermark: 4, ...under({ highWatermarkNeedsMinIsr }) }, { isr: [1], remotes: [remote(2, 4, 60_000), remote(3, 4, 60_000)] });
  expect(maybeIncrementHighWatermark(leader, NOW_MS, []).highWatermark).toBe(highWatermarkNeedsMinIsr ? 4 : 10);
});

describe.each([true, false])('countsMaximalIsr: %s', (countsMaximalIsr) => {
  it('decides whether a replica that is to join counts at once', () => {
    const leader = sampleLeader({ log: LOG, highWatermark: 6, ...under({ countsMaximalIsr }) }, { isr: [1, 2], remotes: [remote(2, 10), remote(3, 6, 60_000)] });
    const after = maybeExpandIsr(leader, remote(3, 6), []);
    expect(after.leadership?.maximalIsr).toEqual(countsMaximalIsr ? [1, 2, 3] : [1, 2]);
    expect(maybeIncrementHighWatermark(after, NOW_MS, []).highWatermark).toBe(countsMaximalIsr ? 6 : 10);
  });

  it('decides whether a replica that is to leave counts until the controller has agreed', () => {
    const leader = sampleLeader({ log: LOG, highWatermark: 6, ...under({ countsMaximalIsr }) }, { remotes: [remote(2, 10), remote(3, 6, 60_000)] });
    const { state } = shrinkIsr(leader, new Stimulus('timer.isrExpiration', NOW_MS, 0, undefined));
    expect([state.leadership?.maximalIsr, state.highWatermark]).toEqual(countsMaximalIsr ? [[1, 2, 3], 6] : [[1, 2], 10]);
  });
});

it.each([true, false])('keepsUnknownProposal: %s decides what counts after an answer that leaves the outcome open', (keepsUnknownProposal) => {
  const pending: AlterPartitionData = { partitionIndex: 0, leaderEpoch: LEADER_EPOCH, newIsrWithEpochs: [], leaderRecoveryState: 'RECOVERED', partitionEpoch: PARTITION_EPOCH };
  const leader = sampleLeader({ log: LOG, ...under({ keepsUnknownProposal }) }, { isr: [1, 2], maximalIsr: [1, 2, 3], pending });
  for (const errorCode of ['INVALID_UPDATE_VERSION', 'FENCED_LEADER_EPOCH', 'NEW_LEADER_ELECTED'] as const) {
    const response = { partitionIndex: 0, errorCode, leaderId: -1, leaderEpoch: -1, isr: [], leaderRecoveryState: 'RECOVERED', partitionEpoch: -1 } as const;
    const { leadership } = alterPartitionAnswered(leader, { type: 'alterPartition.answered', nowMs: NOW_MS, submitted: pending, response }).state;
    expect([leadership?.maximalIsr, leadership?.pending], errorCode).toEqual(keepsUnknownProposal ? [[1, 2, 3], pending] : [[1, 2], null]);
  }
});

it.each([true, false])('isrNeedsEpochStart: %s decides whether the high watermark of a new leader, which trails, is enough to join', (isrNeedsEpochStart) => {
  const leader = sampleLeader({ log: LOG, highWatermark: 6, ...under({ isrNeedsEpochStart }) }, { isr: [1, 2], leaderEpochStartOffset: 10 });
  expect(maybeExpandIsr(leader, remote(3, 7), []).leadership?.pending === null).toBe(isrNeedsEpochStart);
});

it.each([true, false])('proposesActiveReplicasOnly: %s decides whether a fenced, leaving or unknown broker may join', (proposesActiveReplicasOnly) => {
  for (const registration of [broker(2, { fenced: true }), broker(2, { inControlledShutdown: true })]) {
    expect(isIsrEligible(sampleLeader({ brokers: [registration], ...under({ proposesActiveReplicasOnly }) }), remote(2, 10))).toBe(!proposesActiveReplicasOnly);
  }
});

describe.each([true, false])('proposesBrokerEpochs: %s', (proposesBrokerEpochs) => {
  const leader = sampleLeader({ log: LOG, highWatermark: 6, brokers: [...BROKERS.slice(0, 2), broker(3, { epoch: 14 })], ...under({ proposesBrokerEpochs }) }, { isr: [1, 2] });

  it('decides whether a former incarnation of a broker may join', () => {
    expect(isIsrEligible(leader, remote(3, 10))).toBe(!proposesBrokerEpochs);
  });

  it('decides what a proposal says of incarnations', () => {
    const after = maybeExpandIsr(leader, { ...remote(3, 10), brokerEpoch: 14 }, []);
    const epochs = after.leadership?.pending?.newIsrWithEpochs.map(({ brokerEpoch }) => brokerEpoch);
    expect(epochs).toEqual(proposesBrokerEpochs ? [11, 12, 13] : [-1, -1, -1]);
  });

  it('decides whether the fetch of a former incarnation counts (KAFKA-15221)', () => {
    const behind = leader.with({ leadership: { ...leader.leadership!, remotes: [remote(2, 10), remote(3, 3)] } });
    expect(readPartition(behind, followerRead(3, 8)).state.leadership?.remotes[1]?.logEndOffset).toBe(proposesBrokerEpochs ? 3 : 8);
  });
});

it.each([true, false])('truncatesBeforeHighWatermark: %s decides whether the high watermark of a divergence covers what is cut next', (truncatesBeforeHighWatermark) => {
  const follower = sampleReplica({ log: logOf([3, 4], [4, 4]), highWatermark: 2, ...under({ truncatesBeforeHighWatermark }) });
  const data = { partitionIndex: 0, errorCode: 'NONE', highWatermark: 9, lastStableOffset: 9, logStartOffset: 0, divergingEpoch: { epoch: 3, endOffset: 6 }, records: [] } as const;
  const fetched = { type: 'follower.fetched', nowMs: NOW_MS, leaderId: 2, leaderEpoch: LEADER_EPOCH, fetchOffset: 8, data } as const;
  expect(takesHighWatermarkFirst(follower)).toBe(!truncatesBeforeHighWatermark);
  const between = takeHighWatermark(follower, fetched);
  expect([between.state.log.logEndOffset, between.state.highWatermark]).toEqual([8, 8]);
  const { state } = truncatesBeforeHighWatermark ? truncateToDivergence(follower, fetched) : truncateToDivergence(between.state, told(between.effects, 'follower.diverged')[0]!);
  expect([state.log.logEndOffset, state.highWatermark]).toEqual(truncatesBeforeHighWatermark ? [4, 2] : [4, 4]);
});

it.each([true, false])('truncatesEpochsOfShortLog: %s decides whether an epoch that begins at the end goes with a truncation that cuts nothing', (truncatesEpochsOfShortLog) => {
  const follower = sampleReplica({ log: LOG, epochs: epochsOf([5, 0], [6, 10]), ...under({ truncatesEpochsOfShortLog }) });
  expect(truncateTo(follower, 10, []).epochs.latestEpoch).toBe(truncatesEpochsOfShortLog ? 5 : 6);
  expect(truncateTo(follower, 8, []).epochs.latestEpoch, 'a log that is cut takes its epochs along').toBe(5);
});

describe('truncationProtocol', () => {
  const log = logOf([3, 4], [4, 4]);
  const become = (truncationProtocol: Rules['truncationProtocol'], change: Partial<ReplicaState> = {}): ReplicaState =>
    becomeFollower(sampleReplica({ log, highWatermark: 2, ...change, ...under({ truncationProtocol }) }), partitionChanged({ leader: 3, leaderEpoch: 6 })).state;
  const truncated = (truncationProtocol: Rules['truncationProtocol'], epoch: number, endOffset: number): unknown[] => {
    const follower = sampleReplica({ log, highWatermark: 2, ...under({ truncationProtocol }) });
    const { state, effects } = truncateToEpochEnd(follower, { type: 'follower.epochEnd', leaderId: 2, leaderEpoch: LEADER_EPOCH, epochEnd: { epoch, endOffset } });
    const { fetchOffset, lastFetchedEpoch, truncationCompleted } = told(effects, 'fetcher.truncated')[0]!;
    expect([fetchOffset, lastFetchedEpoch]).toEqual([state.log.logEndOffset, state.epochs.latestEpoch]);
    return [fetchOffset, lastFetchedEpoch, truncationCompleted];
  };

  it('highWatermark: a new follower cuts at its high watermark at once; no later protocol does', () => {
    expect(become('highWatermark').log.logEndOffset).toBe(2);
    for (const later of ['offsetForLeaderEpoch', 'untilEpochIsKnown', 'fetch'] as const) expect(become(later).log.logEndOffset, later).toBe(8);
  });

  it('before fetches told, a log without known epochs is cut at the high watermark', () => {
    for (const asking of ['offsetForLeaderEpoch', 'untilEpochIsKnown'] as const) expect(become(asking, { epochs: epochsOf() }).log.logEndOffset, asking).toBe(2);
    expect(become('fetch', { epochs: epochsOf() }).log.logEndOffset).toBe(8);
  });

  it.each([
    { answer: [4, 6], cut: [6, 4, true], why: 'its last epoch ended earlier at the leader' },
    { answer: [4, 9], cut: [8, 4, true], why: 'the leader has all that it has' },
    { answer: [3, 3], cut: [3, 3, true], why: 'the leader lacks its last epoch, and had less of the one before' },
    { answer: [-1, -1], cut: [2, 3, true], why: 'the leader knows nothing: the high watermark is what is left' },
  ] as const)('KIP-101 and KIP-279 cut at $cut for the answer $answer: $why', ({ answer: [epoch, endOffset], cut }) => {
    expect(truncated('offsetForLeaderEpoch', epoch, endOffset)).toEqual(cut);
    expect(truncated('untilEpochIsKnown', epoch, endOffset)).toEqual(cut);
  });

  it('an answer of a lower epoch: KIP-101 takes its end, KIP-279 does not keep more than it has of that epoch itself', () => {
    expect(truncated('offsetForLeaderEpoch', 3, 6)).toEqual([6, 4, true]);
    expect(truncated('untilEpochIsKnown', 3, 6)).toEqual([4, 3, true]);
  });

  it('an answer of an epoch that the follower lacks: KIP-101 cuts once, KIP-279 cuts at its next lower epoch and asks again (KAFKA-6361)', () => {
    const follower = (truncationProtocol: Rules['truncationProtocol']): ReplicaState => sampleReplica({ log: logOf([1, 4], [4, 4]), highWatermark: 2, ...under({ truncationProtocol }) });
    const event = { type: 'follower.epochEnd', leaderId: 2, leaderEpoch: LEADER_EPOCH, epochEnd: { epoch: 3, endOffset: 7 } } as const;
    const outcome = ({ state, effects }: ReturnType<typeof truncateToEpochEnd>): unknown[] => [state.log.logEndOffset, told(effects, 'fetcher.truncated')[0]?.truncationCompleted];
    expect(outcome(truncateToEpochEnd(follower('offsetForLeaderEpoch'), event))).toEqual([7, true]);
    expect(outcome(truncateToEpochEnd(follower('untilEpochIsKnown'), event))).toEqual([4, false]);
  });
});
