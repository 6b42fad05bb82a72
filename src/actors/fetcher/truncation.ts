/**
 * The question before the fetch, for followers of before KIP-595: where does the leader's log of my last epoch end?
 * OffsetForLeaderEpoch (api key 23) for every partition in the phase Truncating, in one request; each answer goes to its
 * replica, which cuts its log and says whether it has to ask again (KIP-279).
 *
 * Errors: as those of a fetch. FENCED_LEADER_EPOCH ends the following; any other leaves the partition out for
 * `replica.fetch.backoff.ms`, and then it asks again.
 *
 * Source: AbstractFetcherThread.truncateToEpochEndOffsets, maybeTruncateToEpochEndOffsets; KIP-101, KIP-279.
 */
import type { Effect, Received } from '../../kernel/effects.ts';
import type { OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse } from '../../kafka/api.ts';
import { NO_EPOCH, topicPartition as topicPartitionOf, type TopicPartition } from '../../kafka/ids.ts';
import { tell } from '../local-events.ts';
import type { Reduced } from '../reduction.ts';
import { delayed } from './fetch.ts';
import { isAsRequested, withPartition, type FetcherState } from './state.ts';

export function askForEpochEnds(state: FetcherState): Reduced<FetcherState> {
  const correlationId = state.lastCorrelationId + 1;
  const asking = state.partitions.filter(({ phase }) => phase === 'Truncating');
  const topics = [...new Set(asking.map(({ topic }) => topic))].map((topic) => ({
    topic,
    partitions: asking
      .filter((each) => each.topic === topic)
      .map(({ partition, leaderEpoch, lastFetchedEpoch }) => ({
        partition,
        currentLeaderEpoch: state.rules.fencesFetchesByLeaderEpoch ? leaderEpoch : NO_EPOCH,
        leaderEpoch: lastFetchedEpoch,
      })),
  }));
  const message: OffsetForLeaderEpochRequest = { type: 'OffsetForLeaderEpochRequest', correlationId, replicaId: state.brokerId, topics };
  return { state: state.with({ lastCorrelationId: correlationId, requested: state.partitions }), effects: [{ kind: 'send', to: state.leaderId, message }] };
}

export function processEpochEnds(state: FetcherState, event: Received<OffsetForLeaderEpochResponse>): Reduced<FetcherState> {
  const effects: Effect[] = [];
  const fenced: TopicPartition[] = [];
  let next = state;
  for (const { topic, partitions } of event.message.topics) {
    for (const { partition, errorCode, leaderEpoch: epoch, endOffset } of partitions) {
      next = withPartition(next, topicPartitionOf(topic, partition), (before) => {
        if (before.phase !== 'Truncating' || !isAsRequested(state, before)) return before;
        const { topicPartition, leaderEpoch } = before;
        switch (errorCode) {
          case 'NONE':
            effects.push(tell(topicPartition, { type: 'follower.epochEnd', leaderId: state.leaderId, leaderEpoch, epochEnd: { epoch, endOffset } }));
            return { ...before, phase: 'Cutting' };
          case 'FENCED_LEADER_EPOCH':
            fenced.push(topicPartition);
            return before;
          default:
            return delayed(state, before, effects);
        }
      });
    }
  }
  if (fenced.length > 0) next = next.with({ partitions: next.partitions.filter(({ topicPartition }) => !fenced.includes(topicPartition)) });
  return { state: next, effects };
}
