/** Idempotence at the producer, rule by rule, on its reducers alone. */
import { describe, expect, it } from 'vitest';
import type { InitProducerIdRequest, ProduceRequest } from '../../kafka/api.ts';
import type { Rules } from '../../kafka/rules.ts';
import { Driven } from './driven.ts';

interface Sent {
  readonly to: number;
  readonly message: ProduceRequest;
}

/** Sends at once, one record a batch, to the leaders 1 and 2 of partitions 0 and 1. */
function idempotent(config: Readonly<Record<string, unknown>> = {}, rules: Partial<Rules> = {}): Driven {
  const producer = new Driven({ 'enable.idempotence': true, 'retry.backoff.ms': 10, 'retry.backoff.max.ms': 10, ...config }, [1, 2], rules);
  producer.producerId(7_000);
  return producer;
}

const batchesOf = ({ message }: Sent) => message.topicData.flatMap(({ partitionData }) => partitionData.map(({ records }) => records));
/** `epoch:sequence value`. */
const stamps = (requests: readonly Sent[]): string[] => requests.flatMap(batchesOf).map(({ producerEpoch, baseSequence, records }) => `${producerEpoch}:${baseSequence} ${records[0]?.value}`);
const sendAll = (producer: Driven, ...ids: number[]): void => ids.forEach((id) => producer.send(id, { partition: 0 }));
const at = (producer: Driven, i: number): Sent => producer.produced[i] as Sent;

describe('an idempotent producer', () => {
  it('asks for an id when it starts, and sends nothing before it has one', () => {
    const producer = new Driven({ 'enable.idempotence': true }, [1, 2]);
    sendAll(producer, 1, 2);
    expect(producer.sent<InitProducerIdRequest>('InitProducerIdRequest').map(({ message }) => message.transactionalId)).toEqual([null]);
    expect(producer.produced).toEqual([]);
    producer.producerId(7_000);
    expect(producer.produced.flatMap(batchesOf).map(({ producerId, producerEpoch, baseSequence }) => [producerId, producerEpoch, baseSequence])).toEqual([[7_000, 0, 0]]);
  });

  it('asks again after retry.backoff.ms while the broker has none to give', () => {
    const producer = new Driven({ 'enable.idempotence': true, 'retry.backoff.ms': 50 }, [1, 2]);
    producer.producerId(-1, 'COORDINATOR_LOAD_IN_PROGRESS', 10);
    producer.fire('wakeup', 59);
    expect(producer.sent('InitProducerIdRequest')).toHaveLength(1);
    producer.fire('wakeup', 60);
    expect(producer.sent('InitProducerIdRequest')).toHaveLength(2);
  });

  it('counts records, by partition, in the order in which batches leave', () => {
    const producer = idempotent({ 'linger.ms': 10 });
    for (let i = 0; i < 3; i += 1) producer.send(i, { partition: 0 });
    producer.send(3, { partition: 1 });
    producer.fire('wakeup', 10);
    producer.send(4, { partition: 0 }, 11);
    producer.send(5, { partition: 1 }, 11);
    producer.fire('wakeup', 21);
    expect(stamps(producer.produced).sort()).toEqual(['0:0 v0', '0:0 v3', '0:1 v5', '0:3 v4']);
  });

  it('sends a batch again under the sequence it had, and those behind it after it (IDM-5)', () => {
    const producer = idempotent();
    sendAll(producer, 1, 2, 3);
    expect(stamps(producer.produced)).toEqual(['0:0 v1', '0:1 v2', '0:2 v3']);
    producer.answer(at(producer, 1), 'OUT_OF_ORDER_SEQUENCE_NUMBER', 1);
    producer.answer(at(producer, 0), 'NOT_ENOUGH_REPLICAS', 2);
    producer.fire('wakeup', 30);
    expect(stamps(producer.produced.slice(3))).toEqual(['0:0 v1']);
    producer.answer(at(producer, 3), 'NONE', 31);
    producer.fire('wakeup', 60);
    expect(stamps(producer.produced.slice(4))).toEqual(['0:1 v2']);
  });

  it('puts what a lost connection had in flight back in the order of sequences', () => {
    const producer = idempotent();
    sendAll(producer, 1, 2, 3);
    producer.lose({ peer: 1, reason: 'reset' });
    expect(producer.state.queues[0]?.closed.map(({ records }) => records.baseSequence)).toEqual([0, 1, 2]);
  });

  it('takes back the sequences of what never left', () => {
    const producer = idempotent();
    sendAll(producer, 1, 2);
    producer.lose({ peer: 1, reason: 'refused' });
    expect(producer.state.queues[0]?.closed.map(({ records }) => [records.baseSequence, records.records[0]?.value])).toEqual([[-1, 'v1'], [-1, 'v2']]);
    expect(producer.state.idempotence?.partitions[0]).toMatchObject({ nextSequence: 0, inFlight: [] });
  });

  it('takes a duplicate that the broker has forgotten the offset of for a success', () => {
    const producer = idempotent();
    sendAll(producer, 1);
    producer.answer(at(producer, 0), 'DUPLICATE_SEQUENCE_NUMBER');
    expect(producer.outcomes).toEqual(['1 ok -1']);
    expect(producer.state.idempotence?.partitions[0]).toMatchObject({ lastAckedSequence: 0, inFlight: [] });
  });

  it('waits out a gap that an earlier batch in flight will close, and raises its epoch for one that nothing will (KIP-360)', () => {
    const early = idempotent();
    sendAll(early, 1, 2);
    early.answer(at(early, 1), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
    expect(early.state.idempotence?.producerEpoch).toBe(0);
    const gap = idempotent();
    sendAll(gap, 1, 2, 3);
    gap.answer(at(gap, 0), 'NONE', 1);
    gap.answer(at(gap, 1), 'OUT_OF_ORDER_SEQUENCE_NUMBER', 2);
    expect(gap.state.idempotence).toMatchObject({ producerEpoch: 1 });
    expect(gap.state.idempotence?.partitions[0]).toMatchObject({ producerEpoch: 1, nextSequence: 2, inFlight: [0, 1], lastAckedSequence: -1 });
    gap.answer(at(gap, 2), 'OUT_OF_ORDER_SEQUENCE_NUMBER', 3);
    gap.fire('wakeup', 30);
    expect(stamps(gap.produced.slice(3))).toEqual(['1:0 v2']);
  });

  it('begins the new epoch in another partition when nothing is in flight there', () => {
    const producer = idempotent();
    producer.send(10, { partition: 1 });
    sendAll(producer, 1, 2);
    const [other, first, second] = producer.produced as [Sent, Sent, Sent];
    producer.answer(first, 'NONE', 1);
    producer.answer(second, 'OUT_OF_ORDER_SEQUENCE_NUMBER', 2);
    producer.send(11, { partition: 1 }, 3);
    expect(producer.produced).toHaveLength(3);
    producer.answer(other, 'NONE', 4);
    expect(stamps(producer.produced.slice(3))).toEqual(['1:0 v11']);
  });

  it('fails what the broker refuses for good, and raises its epoch so that no gap is left', () => {
    const producer = idempotent();
    sendAll(producer, 1, 2);
    producer.answer(at(producer, 0), 'INVALID_RECORD', 1);
    expect(producer.outcomes).toEqual(['1 fail -1']);
    expect(producer.state.idempotence?.partitions[0]).toMatchObject({ producerEpoch: 1, inFlight: [0], nextSequence: 1 });
  });
});

describe('a batch that timed out after it was sent', () => {
  /** Sends 1, loses its answer and then backs off until its delivery timeout is over; 2 is sent meanwhile. */
  function timedOut(rules: Partial<Rules> = {}): Driven {
    const producer = idempotent({ 'request.timeout.ms': 100, 'delivery.timeout.ms': 200, 'retry.backoff.ms': 900, 'retry.backoff.max.ms': 900 }, rules);
    sendAll(producer, 1);
    producer.lose({ peer: 1, reason: 'reset' }, 1);
    producer.send(2, { partition: 0 }, 150);
    producer.fire('timeout', 200);
    return producer;
  }

  it('ends with its outcome unknown, and a new epoch settles what follows (IDM-6)', () => {
    const producer = timedOut();
    expect(producer.outcomes).toEqual(['1 unknown -1']);
    expect(stamps(producer.produced.slice(1))).toEqual(['1:0 v2']);
  });

  it('leaves its sequence to the next one where that rule is off, and the broker takes the new record for the old one', () => {
    const producer = timedOut({ waitsForUnresolvedSequences: false });
    expect(stamps(producer.produced.slice(1))).toEqual(['0:0 v2']);
  });

  it('holds up what is new while others are in flight, and needs no new epoch when they are acknowledged', () => {
    const producer = idempotent({ 'request.timeout.ms': 100, 'delivery.timeout.ms': 200 });
    sendAll(producer, 1);
    producer.send(2, { partition: 0 }, 90);
    producer.answer(at(producer, 0), 'NOT_ENOUGH_REPLICAS', 95);
    producer.lose({ peer: 1, reason: 'reset' }, 96);
    producer.fire('timeout', 200);
    expect(producer.outcomes).toEqual(['1 fail -1']);
    producer.send(3, { partition: 0 }, 201);
    producer.fire('wakeup', 205);
    expect(stamps(producer.produced.slice(2))).toEqual(['0:1 v2']);
    producer.answer(at(producer, 2), 'NONE', 210);
    expect(stamps(producer.produced.slice(3))).toEqual(['0:2 v3']);
    expect(producer.state.idempotence?.producerEpoch).toBe(0);
  });
});

describe('RoundRobinPartitioner', () => {
  it('goes from partition to partition that has a leader, whatever the key', () => {
    const producer = new Driven({ 'partitioner.class': 'RoundRobinPartitioner', 'linger.ms': 10 }, [1, -1, 2, 1]);
    for (let i = 0; i < 9; i += 1) producer.send(i, { key: 'truck-1' });
    expect(producer.state.queues.map(({ open }) => open?.recordCount ?? 0)).toEqual([3, 0, 3, 3]);
  });
});
