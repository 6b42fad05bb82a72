import { describe, expect, it } from 'vitest';
import { errorForCode, errorInfo, errorNames } from './errors.ts';
import type { ErrorName } from './errors.ts';

const where = (test: (name: ErrorName) => boolean): ErrorName[] => errorNames.filter(test);

describe('the table of errors', () => {
  it('gives every error a code of its own, in rising order', () => {
    const codes = errorNames.map((name) => errorInfo(name).code);
    expect(codes).toEqual([...new Set(codes)].sort((a, b) => a - b));
    errorNames.forEach((name) => expect(errorForCode(errorInfo(name).code).name).toBe(name));
  });

  it.each([
    ['UNKNOWN_SERVER_ERROR', -1],
    ['NONE', 0],
    ['NOT_LEADER_OR_FOLLOWER', 6],
    ['NETWORK_EXCEPTION', 13],
    ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', 20],
    ['NOT_CONTROLLER', 41],
    ['OUT_OF_ORDER_SEQUENCE_NUMBER', 45],
    ['KAFKA_STORAGE_ERROR', 56],
    ['FENCED_LEADER_EPOCH', 74],
    ['OFFSET_NOT_AVAILABLE', 78],
    ['PRODUCER_FENCED', 90],
    ['INVALID_UPDATE_VERSION', 95],
    ['UNKNOWN_TOPIC_ID', 100],
    ['INELIGIBLE_REPLICA', 107],
    ['NEW_LEADER_ELECTED', 108],
    ['TRANSACTION_ABORTABLE', 120],
  ] as const)('has %s under code %i', (name, code) => {
    expect(errorInfo(name).code).toBe(code);
  });

  it('calls retriable what Kafka throws as a RetriableException', () => {
    expect(where((name) => errorInfo(name).retriable && !errorInfo(name).invalidMetadata)).toEqual([
      'CORRUPT_MESSAGE',
      'REQUEST_TIMED_OUT',
      'COORDINATOR_LOAD_IN_PROGRESS',
      'COORDINATOR_NOT_AVAILABLE',
      'NOT_COORDINATOR',
      'NOT_ENOUGH_REPLICAS',
      'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
      'NOT_CONTROLLER',
      'CONCURRENT_TRANSACTIONS',
      'FETCH_SESSION_ID_NOT_FOUND',
      'INVALID_FETCH_SESSION_EPOCH',
      'UNKNOWN_LEADER_EPOCH',
      'OFFSET_NOT_AVAILABLE',
      'UNSTABLE_OFFSET_COMMIT',
      'THROTTLING_QUOTA_EXCEEDED',
      'FETCH_SESSION_TOPIC_ID_ERROR',
    ]);
  });

  it('asks for new metadata on every InvalidMetadataException, all of which are retriable', () => {
    const invalidMetadata = where((name) => errorInfo(name).invalidMetadata);
    expect(invalidMetadata).toEqual([
      'UNKNOWN_TOPIC_OR_PARTITION',
      'LEADER_NOT_AVAILABLE',
      'NOT_LEADER_OR_FOLLOWER',
      'REPLICA_NOT_AVAILABLE',
      'NETWORK_EXCEPTION',
      'KAFKA_STORAGE_ERROR',
      'LISTENER_NOT_FOUND',
      'FENCED_LEADER_EPOCH',
      'PREFERRED_LEADER_NOT_AVAILABLE',
      'ELIGIBLE_LEADERS_NOT_AVAILABLE',
      'ELECTION_NOT_NEEDED',
      'UNKNOWN_TOPIC_ID',
      'INCONSISTENT_TOPIC_ID',
    ]);
    expect(invalidMetadata.every((name) => errorInfo(name).retriable)).toBe(true);
  });

  it('takes only these for outcomes that leave open whether the attempt had an effect', () => {
    expect(where((name) => !errorInfo(name).definite)).toEqual([
      'UNKNOWN_SERVER_ERROR',
      'NONE',
      'NOT_LEADER_OR_FOLLOWER',
      'REQUEST_TIMED_OUT',
      'NETWORK_EXCEPTION',
      'COORDINATOR_NOT_AVAILABLE',
      'NOT_COORDINATOR',
      'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
      'NOT_CONTROLLER',
      'DUPLICATE_SEQUENCE_NUMBER',
      'KAFKA_STORAGE_ERROR',
      'NEW_LEADER_ELECTED',
    ]);
  });

  it('reads an unknown code as UNKNOWN_SERVER_ERROR', () => {
    expect(errorForCode(12_345).name).toBe('UNKNOWN_SERVER_ERROR');
    expect(errorForCode(0).name).toBe('NONE');
  });
});
