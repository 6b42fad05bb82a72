/** The producer's rules one by one, on its reducers alone: no world, no machine. Scenes with brokers are in properties/clients. */
import { describe, expect, it } from 'vitest';
import type { ProduceRequest } from '../../kafka/api.ts';
import { errorNames, type ErrorName } from '../../kafka/errors.ts';
import { partitionForKey } from '../../kafka/partitioner.ts';
import { Driven } from './driven.ts';

const partitionsOf = ({ message }: { readonly message: ProduceRequest }): number[] => message.topicData.flatMap(({ partitionData }) => partitionData.map(({ index }) => index));
const valuesOf = ({ message }: { readonly message: ProduceRequest }): (string | null)[] =>
  message.topicData.flatMap(({ partitionData }) => partitionData.flatMap(({ records }) => records.records.map(({ value }) => value)));

describe('the partition of a record', () => {
  const leaders = [1, 1, -1, 1, 2, 1, 1];

  it('is the one the application names', () => {
    const producer = new Driven({}, leaders);
    producer.send(1, { partition: 4, key: 'truck-1' });
    expect([producer.last().to, partitionsOf(producer.last())]).toEqual([2, [4]]);
  });

  it('follows from the key over all partitions, with or without a leader', () => {
    const producer = new Driven({ 'linger.ms': 10 }, leaders);
    for (let i = 0; i < 40; i += 1) producer.send(i, { key: `truck-${i}` });
    const counts = new Map<number, number>();
    for (let i = 0; i < 40; i += 1) counts.set(partitionForKey(`truck-${i}`, 7), (counts.get(partitionForKey(`truck-${i}`, 7)) ?? 0) + 1);
    expect(producer.state.queues.map(({ open }) => open?.recordCount ?? 0)).toEqual(leaders.map((_, partition) => counts.get(partition) ?? 0));
  });

  it('stays the same without a key until batch.size bytes went there, and is never one without a leader', () => {
    const producer = new Driven({ 'linger.ms': 1_000, 'batch.size': 1_000 }, leaders);
    const used: number[] = [];
    for (let i = 0; i < 200; i += 1) {
      const before = producer.state.queues.map(({ open, closed }) => [open?.recordCount ?? 0, closed.length].join());
      producer.send(i, { value: 'x'.repeat(90) });
      used.push(producer.state.queues.findIndex(({ open, closed }, at) => [open?.recordCount ?? 0, closed.length].join() !== before[at]));
    }
    const switches = used.filter((partition, i) => i > 0 && partition !== used[i - 1]).length;
    expect(used).not.toContain(2);
    expect(new Set(used).size).toBeGreaterThan(3);
    expect(switches).toBeLessThan(200 / 8);
  });

  it('waits for more metadata when the application names one that is not known', () => {
    const producer = new Driven({}, [1]);
    producer.send(1, { partition: 1 });
    expect(producer.produced).toEqual([]);
    producer.fire('wakeup', 1_000);
    producer.leaders([1, 1], 1_001);
    expect(partitionsOf(producer.last())).toEqual([1]);
  });
});

describe('a batch', () => {
  it('is ready when the next record does not fit, without waiting for linger.ms', () => {
    const producer = new Driven({ 'linger.ms': 1_000, 'batch.size': 300 }, [1]);
    for (let i = 0; i < 3; i += 1) producer.send(i, { value: 'x'.repeat(100) });
    expect(producer.produced.map((request) => valuesOf(request).length)).toEqual([2]);
  });

  it('goes with one of every other partition of the same leader once one is ready', () => {
    const producer = new Driven({ 'linger.ms': 10 }, [1, 1, 2]);
    producer.send(1, { partition: 0 }, 0);
    producer.send(2, { partition: 1 }, 8);
    producer.send(3, { partition: 2 }, 8);
    producer.fire('wakeup', 10);
    expect(producer.produced.map((request) => [request.to, partitionsOf(request)])).toEqual([[1, [0, 1]]]);
  });

  it('is left for the next request when max.request.size is reached, and is then first', () => {
    const producer = new Driven({ 'linger.ms': 10, 'max.request.size': 500, 'max.in.flight.requests.per.connection': 5 }, [1, 1, 1]);
    for (const partition of [0, 1, 2]) producer.send(partition, { partition, value: 'x'.repeat(150) });
    producer.fire('wakeup', 10);
    expect(producer.produced.map(partitionsOf)).toEqual([[0, 1], [2]]);
    for (const partition of [0, 1, 2]) producer.send(10 + partition, { partition, value: 'x'.repeat(150) }, 20);
    producer.fire('wakeup', 30);
    expect(producer.produced.slice(2).map(partitionsOf)).toEqual([[2, 0], [1]]);
  });

  it('certainly fails when its record alone exceeds max.request.size', () => {
    const producer = new Driven({ 'max.request.size': 200 }, [1]);
    producer.send(1, { value: 'x'.repeat(200) });
    expect(producer.completed.map(({ outcome, errorCode, partition }) => [outcome, errorCode, partition])).toEqual([['fail', 'MESSAGE_TOO_LARGE', -1]]);
  });

  it('of several records is split when the broker finds it too large, until each record stands alone', () => {
    const producer = new Driven({ 'linger.ms': 10, 'max.in.flight.requests.per.connection': 1 }, [1]);
    for (let i = 0; i < 4; i += 1) producer.send(i);
    producer.fire('wakeup', 10);
    for (let i = 0; i < 20 && producer.completed.length < 4; i += 1) producer.answer(producer.last(), valuesOf(producer.last()).length > 1 ? 'MESSAGE_TOO_LARGE' : 'NONE', 11 + i);
    expect(producer.outcomes).toEqual(['0 ok 40', '1 ok 40', '2 ok 40', '3 ok 40']);
    producer.send(9, {}, 50);
    producer.fire('wakeup', 60);
    producer.answer(producer.last(), 'MESSAGE_TOO_LARGE', 61);
    expect(producer.outcomes.at(-1)).toBe('9 fail -1');
    expect(producer.state.availableBytes).toBe(producer.state.config.bufferMemory);
  });
});

describe('the outcome of a send', () => {
  const CERTAINLY_FAILED = new Set<ErrorName>(['INVALID_TOPIC_EXCEPTION', 'RECORD_LIST_TOO_LARGE', 'CORRUPT_MESSAGE', 'INVALID_RECORD', 'NOT_ENOUGH_REPLICAS', 'UNKNOWN_TOPIC_OR_PARTITION', 'MESSAGE_TOO_LARGE', 'TOPIC_AUTHORIZATION_FAILED', 'OUT_OF_ORDER_SEQUENCE_NUMBER']);
  const MAYBE_APPENDED = new Set<ErrorName>(['NOT_LEADER_OR_FOLLOWER', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'REQUEST_TIMED_OUT', 'KAFKA_STORAGE_ERROR', 'UNKNOWN_SERVER_ERROR', 'NETWORK_EXCEPTION']);

  it.each([...CERTAINLY_FAILED])('is fail after a single attempt that ended with %s', (error) => {
    const producer = new Driven({ retries: 0 }, [1]);
    producer.send(1);
    producer.answer(producer.last(), error);
    expect(producer.completed.map(({ outcome, errorCode }) => [outcome, errorCode])).toEqual([['fail', error]]);
  });

  it.each([...MAYBE_APPENDED])('is unknown after a single attempt that ended with %s', (error) => {
    const producer = new Driven({ retries: 0 }, [1]);
    producer.send(1);
    producer.answer(producer.last(), error);
    expect(producer.completed.map(({ outcome, errorCode }) => [outcome, errorCode])).toEqual([['unknown', error]]);
  });

  it.each([...MAYBE_APPENDED].filter((error) => error !== 'UNKNOWN_SERVER_ERROR'))('stays unknown after %s and a certain failure', (error) => {
    const producer = new Driven({ retries: 1 }, [1]);
    producer.send(1);
    producer.answer(producer.last(), error, 1);
    producer.fire('wakeup', 200);
    producer.answer(producer.last(), 'INVALID_RECORD', 201);
    expect(producer.completed.map(({ outcome, errorCode }) => [outcome, errorCode])).toEqual([['unknown', 'INVALID_RECORD']]);
  });

  it('comes exactly once for every error there is', () => {
    for (const error of errorNames) {
      const producer = new Driven({ retries: 0 }, [1]);
      producer.send(1);
      producer.answer(producer.last(), error);
      expect(producer.completed, error).toHaveLength(1);
    }
  });

  it('is ok without an offset when the broker knows the batch and has forgotten where it is', () => {
    const producer = new Driven({}, [1]);
    producer.send(1);
    producer.answer(producer.last(), 'DUPLICATE_SEQUENCE_NUMBER');
    expect(producer.outcomes).toEqual(['1 ok -1']);
  });

  it('is not changed by a second answer, nor by one to nothing in flight', () => {
    const producer = new Driven({}, [1]);
    producer.send(1);
    producer.answer(producer.last(), 'NONE');
    producer.answer(producer.last(), 'INVALID_RECORD');
    expect(producer.outcomes).toEqual(['1 ok 40']);
  });

  it('counts offsets from the batch', () => {
    const producer = new Driven({ 'linger.ms': 10 }, [1]);
    for (let i = 0; i < 3; i += 1) producer.send(i);
    producer.fire('wakeup', 10);
    producer.answer(producer.last(), 'NONE', 11);
    expect(producer.outcomes).toEqual(['0 ok 40', '1 ok 41', '2 ok 42']);
  });
});

describe('a retry', () => {
  const slow = { 'retry.backoff.ms': 800, 'retry.backoff.max.ms': 1_000 };

  it('waits for its backoff', () => {
    const producer = new Driven(slow, [1]);
    producer.send(1);
    producer.answer(producer.last(), 'NOT_ENOUGH_REPLICAS', 1);
    producer.fire('wakeup', 600);
    expect(producer.produced).toHaveLength(1);
    producer.fire('wakeup', 1_001);
    expect(producer.produced).toHaveLength(2);
  });

  it('goes to a new leader at once (KIP-951)', () => {
    const producer = new Driven(slow, [1]);
    producer.send(1);
    producer.answer(producer.last(), 'NOT_LEADER_OR_FOLLOWER', 1);
    // A new topic is what brings metadata this early.
    producer.send(2, { topic: 'trips' }, 2);
    producer.leaders([2], 3, 2);
    expect(producer.produced.map(({ to }) => to)).toEqual([1, 2]);
  });

  it('keeps its bytes', () => {
    const producer = new Driven({}, [1]);
    producer.send(1);
    producer.answer(producer.last(), 'NOT_ENOUGH_REPLICAS', 1);
    producer.fire('wakeup', 200);
    const [first, second] = producer.produced.map(({ message }) => message.topicData[0]?.partitionData[0]?.records);
    expect(second).toBe(first);
  });

  it('goes to the front of the queue, in front of what came meanwhile', () => {
    const producer = new Driven({ 'max.in.flight.requests.per.connection': 1 }, [1]);
    producer.send(1);
    producer.send(2, {}, 1);
    producer.answer(producer.last(), 'NOT_ENOUGH_REPLICAS', 2);
    producer.fire('wakeup', 300);
    expect(producer.produced.map(valuesOf)).toEqual([['v1'], ['v1']]);
  });

  it('of batches lost together turns their order round, as Kafka without idempotence does', () => {
    const producer = new Driven({}, [1]);
    for (let i = 0; i < 3; i += 1) producer.send(i);
    producer.lose({ peer: 1, reason: 'reset' });
    expect(producer.state.queues[0]?.closed.map(({ sendIds }) => sendIds)).toEqual([[2], [1], [0]]);
    expect(producer.state.queues[0]?.closed.every(({ maybeAppended, attempts }) => maybeAppended && attempts === 1)).toBe(true);
  });

  it('of batches that never left keeps their order and counts no attempt', () => {
    const producer = new Driven({}, [1]);
    for (let i = 0; i < 3; i += 1) producer.send(i);
    producer.lose({ peer: 1, reason: 'refused' });
    expect(producer.state.queues[0]?.closed.map(({ sendIds, attempts, maybeAppended }) => [sendIds[0], attempts, maybeAppended])).toEqual([[0, 0, false], [1, 0, false], [2, 0, false]]);
  });
});

describe('what holds a batch back', () => {
  it('is a request in flight for its partition with max.in.flight = 1, also when the leader has moved (KAFKA-3197)', () => {
    const producer = new Driven({ 'max.in.flight.requests.per.connection': 1 }, [1, 1]);
    producer.send(1, { partition: 0 });
    producer.send(9, { topic: 'trips' }, 2);
    producer.leaders([2, 2], 3, 2);
    producer.send(2, { partition: 0 }, 4);
    producer.send(3, { partition: 1 }, 4);
    expect(producer.produced.map((request) => [request.to, valuesOf(request)])).toEqual([[1, ['v1']], [2, ['v3']]]);
    producer.answer(producer.produced[1] as { to: number; message: ProduceRequest }, 'NONE', 5);
    expect(producer.produced).toHaveLength(2);
    producer.answer(producer.produced[0] as { to: number; message: ProduceRequest }, 'NONE', 6);
    expect(producer.produced.map(valuesOf)).toEqual([['v1'], ['v3'], ['v2']]);
  });

  it('is its own backoff, not that of another partition of the same leader', () => {
    const producer = new Driven({}, [1, 1]);
    producer.send(1, { partition: 0 });
    producer.answer(producer.last(), 'NOT_ENOUGH_REPLICAS', 1);
    producer.send(2, { partition: 1 }, 5);
    expect(producer.produced.map(partitionsOf)).toEqual([[0], [1]]);
  });

  it('is max.in.flight.requests.per.connection, however many are full', () => {
    const blind = new Driven({ 'linger.ms': 1_000, 'batch.size': 200, 'max.in.flight.requests.per.connection': 2 }, [-1]);
    for (let i = 0; i < 10; i += 1) blind.send(i, { value: 'x'.repeat(100) });
    expect(blind.produced).toEqual([]);
    blind.fire('wakeup', 150);
    blind.leaders([1], 151, 2);
    expect(blind.produced).toHaveLength(2);
    blind.answer(blind.last(), 'NONE', 152);
    expect(blind.produced).toHaveLength(3);
  });
});

describe('delivery.timeout.ms', () => {
  it('ends a batch on its first request as unknown, and an answer that comes later changes nothing', () => {
    const producer = new Driven({ 'delivery.timeout.ms': 2_000, 'request.timeout.ms': 1_500 }, [-1]);
    producer.send(1);
    producer.fire('wakeup', 150);
    producer.leaders([1], 1_000, 2);
    expect(producer.produced).toHaveLength(1);
    producer.fire('timeout', 1_999);
    expect(producer.completed).toEqual([]);
    producer.fire('timeout', 2_000);
    expect(producer.completed.map(({ outcome, errorCode }) => [outcome, errorCode])).toEqual([['unknown', 'REQUEST_TIMED_OUT']]);
    producer.answer(producer.last(), 'NONE', 2_100);
    expect(producer.completed).toHaveLength(1);
    expect(producer.state.availableBytes).toBe(producer.state.config.bufferMemory);
  });
});

describe('memory', () => {
  it('is given back by every kind of end', () => {
    const ends: readonly ((producer: Driven) => void)[] = [
      (producer) => producer.answer(producer.last(), 'NONE'),
      (producer) => producer.answer(producer.last(), 'INVALID_RECORD'),
      (producer) => producer.fire('timeout', 120_000),
    ];
    for (const end of ends) {
      const producer = new Driven({}, [1]);
      producer.send(1);
      expect(producer.state.availableBytes).toBe(producer.state.config.bufferMemory - producer.state.config.batchSize);
      end(producer);
      expect(producer.completed).toHaveLength(1);
      expect(producer.state.availableBytes).toBe(producer.state.config.bufferMemory);
    }
  });

  it('that is exhausted ends every linger at once', () => {
    const producer = new Driven({ 'linger.ms': 1_000, 'buffer.memory': 1_000, 'batch.size': 500 }, [1, 1]);
    for (const [sendId, partition] of [[1, 0], [2, 1], [3, 0]] as const) producer.send(sendId, { partition, value: 'x'.repeat(300) });
    expect(producer.produced.map(partitionsOf)).toEqual([[0, 1]]);
  });

  it('is given out first come, first served: a small record does not overtake a large one', () => {
    const producer = new Driven({ 'buffer.memory': 1_000, 'batch.size': 100 }, [1, 1]);
    producer.send(1, { partition: 0, value: 'x'.repeat(500) });
    producer.send(2, { partition: 0, value: 'y'.repeat(500) });
    producer.send(3, { partition: 1, value: 'z' });
    expect(producer.produced).toHaveLength(1);
    producer.answer(producer.last(), 'NONE', 1);
    expect(producer.produced.flatMap(valuesOf).map((value) => value?.[0])).toEqual(['x', 'y', 'z']);
  });
});
