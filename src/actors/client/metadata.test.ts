import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MetadataResponse } from '../../kafka/api.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import {
  newMetadata, nextUpdateAtMs, topicMetadata, withFailedUpdate, withRequestSent, withResponse, withSeenEpoch, withTopic, withUpdateRequested, type ClientMetadata,
} from './metadata.ts';

const CONFIG = { metadataMaxAgeMs: 300_000, retryBackoffMs: 100, retryBackoffMaxMs: 1_000 };
const HALF = 0x8000_0000;

type Told = readonly [leaderId: number, leaderEpoch: number];

function response(partitions: readonly Told[], { errorCode = 'NONE', name = 'gps', brokers = [1, 2, 3] }: { errorCode?: ErrorName; name?: string; brokers?: number[] } = {}): MetadataResponse {
  return {
    type: 'MetadataResponse', correlationId: 1, brokers: brokers.map((nodeId) => ({ nodeId })), controllerId: 1,
    topics: [{
      errorCode, name,
      partitions: partitions.map(([leaderId, leaderEpoch], partitionIndex) => ({
        errorCode: leaderId === -1 ? 'LEADER_NOT_AVAILABLE' : 'NONE', partitionIndex, leaderId, leaderEpoch, replicaNodes: [], isrNodes: [], offlineReplicas: [],
      })),
    }],
  };
}

const told = (metadata: ClientMetadata, answer: MetadataResponse, nowMs: number) => withResponse(withRequestSent(metadata), answer, CONFIG, nowMs, HALF);
const leadersOf = (metadata: ClientMetadata) => topicMetadata(metadata, 'gps')?.partitions.map(({ leaderId, leaderEpoch }) => [leaderId, leaderEpoch]);
const known = told(newMetadata(['gps'], 0), response([[1, 5], [2, 5]]), 1_000);

describe('what an answer changes', () => {
  it.each<[string, Told, Told]>([
    ['a newer leader epoch is taken', [3, 6], [3, 6]],
    ['an older leader epoch is ignored (META-2)', [3, 4], [1, 5]],
    ['the same epoch may bring the leader back or take it away', [-1, 5], [-1, 5]],
  ])('%s', (_, partition, expected) => {
    expect(leadersOf(told(known, response([partition, [2, 5]]), 2_000))).toEqual([expected, [2, 5]]);
  });

  it('the leader epoch of a partition never falls, whatever the brokers say in whatever order', () => {
    const epochs = fc.array(fc.tuple(fc.integer({ min: -1, max: 3 }), fc.integer({ min: 0, max: 9 })), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(epochs, (answers) => {
        let metadata = newMetadata(['gps'], 0);
        let highest = -1;
        for (const [leaderId, leaderEpoch] of answers) {
          metadata = told(metadata, response([[leaderId, leaderEpoch]]), 1_000);
          highest = Math.max(highest, leaderEpoch);
          expect(topicMetadata(metadata, 'gps')?.partitions[0]?.leaderEpoch).toBe(highest);
        }
      }),
    );
  });

  it('epochs outlive a spell in which the topic is unknown', () => {
    const unknown = told(known, response([], { errorCode: 'UNKNOWN_TOPIC_OR_PARTITION' }), 2_000);
    expect(topicMetadata(unknown, 'gps')?.errorCode).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(leadersOf(told(unknown, response([[3, 4], [2, 5]]), 3_000))).toEqual([[1, 5], [2, 5]]);
  });

  it('more partitions are taken in', () => {
    expect(leadersOf(told(known, response([[1, 5], [2, 5], [3, 0]]), 2_000))).toHaveLength(3);
  });

  it('an answer without brokers is a failure', () => {
    const empty = told(known, response([[3, 9]], { brokers: [] }), 2_000);
    expect([empty.brokers, leadersOf(empty), empty.failedAttempts, empty.updateRequested]).toEqual([[1, 2, 3], [[1, 5], [2, 5]], 1, true]);
  });

  it('topics that are not of interest are passed over', () => {
    expect(told(known, response([[1, 1]], { name: 'other' }), 2_000).topics).toEqual(known.topics);
  });
});

describe('when the next refresh is due', () => {
  const dueAtMs = (metadata: ClientMetadata): number => nextUpdateAtMs(metadata, CONFIG);

  it('at once at the start', () => {
    expect(dueAtMs(newMetadata(['gps'], 50))).toBe(50);
  });

  it('at metadata.max.age.ms when nothing is wrong', () => {
    expect(dueAtMs(known)).toBe(1_000 + 300_000);
  });

  it('after the backoff when an update was requested', () => {
    expect(dueAtMs(withUpdateRequested(known))).toBe(1_100);
  });

  it('at once for a new topic, also while another request is in flight', () => {
    expect(dueAtMs(withTopic(known, 'trips'))).toBeLessThanOrEqual(1_000);
    const meanwhile = withResponse(withTopic(withRequestSent(known), 'trips'), response([[1, 5], [2, 5]]), CONFIG, 2_000, HALF);
    expect(dueAtMs(meanwhile)).toBeLessThanOrEqual(2_000);
  });

  it('again when an answer names a partition without a leader, or a topic the broker does not know', () => {
    expect(told(known, response([[-1, 6], [2, 5]]), 2_000).updateRequested).toBe(true);
    expect(told(known, response([], { errorCode: 'UNKNOWN_TOPIC_OR_PARTITION' }), 2_000).updateRequested).toBe(true);
    expect(told(known, response([], { errorCode: 'INVALID_TOPIC_EXCEPTION' }), 2_000).updateRequested).toBe(false);
  });

  it('later with every failure in a row, up to retry.backoff.max.ms', () => {
    let metadata = withUpdateRequested(known);
    const waitsMs: number[] = [];
    for (let i = 0; i < 6; i += 1) {
      metadata = withFailedUpdate(metadata, CONFIG, 5_000, HALF);
      waitsMs.push(dueAtMs(metadata) - 5_000);
    }
    expect(waitsMs).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  });

  it('later with every answer in a row that brings nothing new, until one does', () => {
    let metadata = known;
    const waitsMs: number[] = [];
    for (const epoch of [5, 5, 5, 5, 6, 6]) {
      metadata = withUpdateRequested(told(metadata, response([[1, epoch], [2, 5]]), 5_000));
      waitsMs.push(dueAtMs(metadata) - 5_000);
    }
    expect(waitsMs).toEqual([100, 200, 400, 800, 100, 100]);
  });

  it('after the backoff when a newer leader epoch was seen elsewhere, until an answer knows who leads in it', () => {
    const seen = withSeenEpoch(known, 'gps', 0, 9);
    expect(dueAtMs(seen)).toBe(1_100);
    expect(leadersOf(told(seen, response([[3, 8], [2, 5]]), 2_000))).toEqual([[-1, 9], [2, 5]]);
    expect(leadersOf(told(seen, response([[3, 9], [2, 5]]), 2_000))).toEqual([[3, 9], [2, 5]]);
    expect(withSeenEpoch(known, 'gps', 0, 5)).toBe(known);
  });
});
