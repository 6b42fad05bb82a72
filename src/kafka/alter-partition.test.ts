import { describe, expect, it } from 'vitest';
import { alterPartition } from './alter-partition.ts';
import type { AlterPartitionResult } from './alter-partition.ts';
import type { AlterPartitionData } from './api.ts';
import { MetadataImage } from './metadata.ts';
import type { MetadataRecord, PartitionRecord } from './metadata-records.ts';
import { DEFAULT_CONTROL } from './replication-control.ts';
import type { ReplicationControl } from './replication-control.ts';
import { KAFKA_RULES } from './rules.ts';

/**
 * Brokers 1 to 4 active in epochs 11 to 14, broker 5 fenced; one partition led by 1 in leader epoch 7, partition epoch
 * 20.
 */
function imageOf(partition: Partial<PartitionRecord> = {}, more: readonly MetadataRecord[] = []): MetadataImage {
  const brokers = [1, 2, 3, 4, 5].map((id): MetadataRecord => ({
    type: 'RegisterBrokerRecord',
    brokerId: id,
    brokerEpoch: 10 + id,
    incarnationId: `inc-${id}`,
    fenced: id === 5,
    inControlledShutdown: false,
  }));
  const topic: readonly MetadataRecord[] = [
    { type: 'TopicRecord', name: 't', topicId: 'id' },
    {
      type: 'PartitionRecord',
      topicId: 'id',
      partitionId: 0,
      replicas: [1, 2, 3, 5],
      isr: [1, 2],
      leader: 1,
      leaderEpoch: 7,
      partitionEpoch: 20,
      leaderRecoveryState: 'RECOVERED',
      ...partition,
    },
  ];
  return MetadataImage.empty().applyAll([...brokers, ...topic, ...more], 0);
}

const isr = (...ids: readonly number[]): AlterPartitionData['newIsrWithEpochs'] =>
  ids.map((brokerId) => ({ brokerId, brokerEpoch: 10 + brokerId }));
const proposal = (fields: Partial<AlterPartitionData> = {}): AlterPartitionData => ({
  partitionIndex: 0,
  leaderEpoch: 7,
  newIsrWithEpochs: isr(1, 2, 3),
  leaderRecoveryState: 'RECOVERED',
  partitionEpoch: 20,
  ...fields,
});

function ask(
  image: MetadataImage,
  fields: Partial<AlterPartitionData> = {},
  brokerId = 1,
  rules: ReplicationControl = DEFAULT_CONTROL,
): AlterPartitionResult {
  return alterPartition(image, rules, {
    brokerId,
    brokerEpoch: 10 + brokerId,
    topics: [{ topicName: 't', partitions: [proposal(fields)] }],
  });
}
const answer = ({ response }: AlterPartitionResult): unknown => response.topics[0]?.partitions[0];

describe('an ISR that a leader proposes', () => {
  it('is accepted and answered with the state it leads to', () => {
    const image = imageOf();
    const result = ask(image);
    expect(result.records).toEqual([
      {
        type: 'PartitionChangeRecord',
        topicId: 'id',
        partitionId: 0,
        isr: [1, 2, 3],
        leader: -2,
        replicas: null,
        leaderRecoveryState: null,
        addingReplicas: null,
        removingReplicas: null,
        eligibleLeaderReplicas: null,
        lastKnownElr: null,
      },
    ]);
    expect(answer(result)).toEqual({
      partitionIndex: 0,
      errorCode: 'NONE',
      leaderId: 1,
      leaderEpoch: 7,
      isr: [1, 2, 3],
      leaderRecoveryState: 'RECOVERED',
      partitionEpoch: 21,
    });
    expect(image.applyAll(result.records, 100).partition('t', 0)).toMatchObject({
      isr: [1, 2, 3],
      leader: 1,
      leaderEpoch: 7,
      partitionEpoch: 21,
    });
  });

  it('is answered with the present state when it changes nothing', () => {
    const result = ask(imageOf(), { newIsrWithEpochs: isr(1, 2) });
    expect(result.records).toEqual([]);
    expect(answer(result)).toMatchObject({ errorCode: 'NONE', isr: [1, 2], partitionEpoch: 20 });
  });

  it('may shrink to the leader alone', () => {
    expect(answer(ask(imageOf(), { newIsrWithEpochs: isr(1) }))).toMatchObject({ errorCode: 'NONE', isr: [1] });
  });

  it('is stale from a broker of another epoch, and then nothing is looked at', () => {
    const { records, response } = alterPartition(imageOf(), DEFAULT_CONTROL, {
      brokerId: 1,
      brokerEpoch: 10,
      topics: [{ topicName: 't', partitions: [proposal()] }],
    });
    expect([records, response]).toEqual([[], { errorCode: 'STALE_BROKER_EPOCH', topics: [] }]);
  });

  it('is answered partition by partition', () => {
    const { records, response } = alterPartition(imageOf(), DEFAULT_CONTROL, {
      brokerId: 1,
      brokerEpoch: 11,
      topics: [
        { topicName: 'nowhere', partitions: [proposal()] },
        { topicName: 't', partitions: [proposal({ partitionIndex: 9 }), proposal()] },
      ],
    });
    expect(records).toHaveLength(1);
    expect(response.topics.map((topic) => topic.partitions.map((each) => each.errorCode))).toEqual([
      ['UNKNOWN_TOPIC_OR_PARTITION'],
      ['UNKNOWN_TOPIC_OR_PARTITION', 'NONE'],
    ]);
  });
});

describe('a refused ISR', () => {
  const leaving: MetadataRecord = {
    type: 'BrokerRegistrationChangeRecord',
    brokerId: 3,
    brokerEpoch: 13,
    fenced: 0,
    inControlledShutdown: 1,
  };
  const gone: MetadataRecord = { type: 'UnregisterBrokerRecord', brokerId: 3, brokerEpoch: 13 };
  const cases: readonly (readonly [
    sentence: string,
    error: string,
    Partial<AlterPartitionData>,
    brokerId?: number,
    image?: MetadataImage,
  ])[] = [
    ['from a leader that knows a newer leader epoch', 'NOT_CONTROLLER', { leaderEpoch: 8 }],
    ['from a leader that knows a newer partition epoch', 'NOT_CONTROLLER', { partitionEpoch: 21 }],
    ['from a leader of an older epoch', 'FENCED_LEADER_EPOCH', { leaderEpoch: 6 }],
    ['from a broker that does not lead', 'INVALID_REQUEST', {}, 2],
    ['against an older partition epoch', 'INVALID_UPDATE_VERSION', { partitionEpoch: 19 }],
    ['with a member that is no replica', 'INVALID_REQUEST', { newIsrWithEpochs: isr(1, 4) }],
    ['with a member twice', 'INVALID_REQUEST', { newIsrWithEpochs: isr(1, 2, 2) }],
    ['with no member', 'INVALID_REQUEST', { newIsrWithEpochs: [] }],
    ['without the leader', 'INVALID_REQUEST', { newIsrWithEpochs: isr(2, 3) }],
    [
      'that grows while recovering',
      'INVALID_REQUEST',
      { leaderRecoveryState: 'RECOVERING' },
      1,
      imageOf({ isr: [1], leaderRecoveryState: 'RECOVERING' }),
    ],
    [
      'that goes back to recovering',
      'INVALID_REQUEST',
      { leaderRecoveryState: 'RECOVERING', newIsrWithEpochs: isr(1) },
    ],
    ['with a fenced member', 'INELIGIBLE_REPLICA', { newIsrWithEpochs: isr(1, 5) }],
    ['with a member in controlled shutdown', 'INELIGIBLE_REPLICA', {}, 1, imageOf({}, [leaving])],
    ['with an unregistered member', 'INELIGIBLE_REPLICA', {}, 1, imageOf({}, [gone])],
    [
      'with a member of another broker epoch',
      'INELIGIBLE_REPLICA',
      { newIsrWithEpochs: [...isr(1, 2), { brokerId: 3, brokerEpoch: 12 }] },
    ],
    // Where several errors apply, the earlier check answers.
    [
      'by a stale controller before the leader epoch is compared',
      'NOT_CONTROLLER',
      { leaderEpoch: 6, partitionEpoch: 21 },
    ],
    ['for its leader epoch before its sender is looked at', 'FENCED_LEADER_EPOCH', { leaderEpoch: 6 }, 2],
    ['for its sender before the partition epoch is compared', 'INVALID_REQUEST', { partitionEpoch: 19 }, 2],
    [
      'for its partition epoch before its members are looked at',
      'INVALID_UPDATE_VERSION',
      { partitionEpoch: 19, newIsrWithEpochs: isr(4) },
    ],
    ['for its form before the eligibility of its members', 'INVALID_REQUEST', { newIsrWithEpochs: isr(1, 4, 5) }],
  ];
  const refusals = cases.map(([sentence, error, fields, brokerId = 1, image = imageOf()]) => ({
    sentence,
    error,
    fields,
    brokerId,
    image,
  }));
  it.each(refusals)('$sentence gives $error and no record', ({ error, fields, brokerId, image }) => {
    const result = ask(image, fields, brokerId);
    expect(result.records).toEqual([]);
    expect(answer(result)).toEqual({
      partitionIndex: 0,
      errorCode: error,
      leaderId: -1,
      leaderEpoch: -1,
      isr: [],
      leaderRecoveryState: 'RECOVERED',
      partitionEpoch: -1,
    });
  });
});

describe('the rules of older versions', () => {
  it('skip the broker epoch of a member that comes with -1', () => {
    expect(
      answer(ask(imageOf(), { newIsrWithEpochs: [1, 2, 3].map((brokerId) => ({ brokerId, brokerEpoch: -1 })) })),
    ).toMatchObject({ errorCode: 'NONE' });
  });

  it('let a restarted replica back in before KIP-903', () => {
    const stale = { newIsrWithEpochs: [...isr(1, 2), { brokerId: 3, brokerEpoch: 12 }] };
    expect(answer(ask(imageOf(), stale, 1, { ...DEFAULT_CONTROL, rules: { ...KAFKA_RULES, checksIsrBrokerEpochs: false } }))).toMatchObject({
      errorCode: 'NONE',
      isr: [1, 2, 3],
    });
  });

  it('let a fenced replica in before KIP-841', () => {
    expect(
      answer(
        ask(imageOf(), { newIsrWithEpochs: isr(1, 5) }, 1, { ...DEFAULT_CONTROL, rules: { ...KAFKA_RULES, rejectsIneligibleReplicas: false } }),
      ),
    ).toMatchObject({ errorCode: 'NONE', isr: [1, 5] });
  });

  it('raise the leader epoch when the ISR shrinks before metadata version 3.6', () => {
    const result = ask(imageOf(), { newIsrWithEpochs: isr(1) }, 1, {
      ...DEFAULT_CONTROL,
      rules: { ...KAFKA_RULES, bumpsLeaderEpochOnIsrShrink: true },
    });
    expect(answer(result)).toMatchObject({ errorCode: 'NONE', leaderEpoch: 8, partitionEpoch: 21 });
  });
});

describe('a leader that recovered from an unclean election', () => {
  it('says so, and may then grow its ISR', () => {
    const image = imageOf({ isr: [1], leaderRecoveryState: 'RECOVERING' });
    const result = ask(image, { newIsrWithEpochs: isr(1) });
    expect(answer(result)).toMatchObject({ errorCode: 'NONE', leaderRecoveryState: 'RECOVERED', partitionEpoch: 21 });
    const recovered = image.applyAll(result.records, 100);
    expect(answer(ask(recovered, { partitionEpoch: 21 }))).toMatchObject({ errorCode: 'NONE', isr: [1, 2, 3] });
  });
});

describe('a leader that is on its way out', () => {
  it('loses the leadership with its own proposal, where ineligible members are not refused', () => {
    const image = imageOf({}, [
      { type: 'BrokerRegistrationChangeRecord', brokerId: 1, brokerEpoch: 11, fenced: 0, inControlledShutdown: 1 },
    ]);
    const result = ask(image, {}, 1, { ...DEFAULT_CONTROL, rules: { ...KAFKA_RULES, rejectsIneligibleReplicas: false } });
    expect(result.records).toMatchObject([{ isr: [1, 2, 3], leader: 2 }]);
    expect(answer(result)).toMatchObject({ errorCode: 'NEW_LEADER_ELECTED', leaderId: -1 });
  });
});

describe('a proposal that completes a reassignment', () => {
  /** Replicas 2, 3, 4 are to take the place of 1. */
  const moving = { replicas: [2, 3, 4, 1], isr: [1, 2, 3], addingReplicas: [4], removingReplicas: [1] };

  it('takes the leadership from the leader that is to go, who is told NEW_LEADER_ELECTED', () => {
    const image = imageOf(moving);
    const result = ask(image, { newIsrWithEpochs: isr(1, 2, 3, 4) });
    expect(answer(result)).toMatchObject({ errorCode: 'NEW_LEADER_ELECTED', leaderId: -1 });
    expect(image.applyAll(result.records, 100).partition('t', 0)).toMatchObject({
      replicas: [2, 3, 4],
      isr: [2, 3, 4],
      addingReplicas: [],
      removingReplicas: [],
      leader: 2,
      leaderEpoch: 8,
      partitionEpoch: 21,
    });
  });

  it('gives a leader that stays a new epoch, since a replica is gone', () => {
    const image = imageOf({ ...moving, replicas: [1, 3, 4, 2], removingReplicas: [2] });
    expect(answer(ask(image, { newIsrWithEpochs: isr(1, 2, 3, 4) }))).toMatchObject({
      errorCode: 'NONE',
      leaderId: 1,
      leaderEpoch: 8,
      isr: [1, 3, 4],
    });
  });

  it('completes nothing while a replica that is to stay is missing', () => {
    const image = imageOf(moving);
    const next = image.applyAll(ask(image, { newIsrWithEpochs: isr(1, 2, 4) }).records, 100);
    expect(next.partition('t', 0)).toMatchObject({ replicas: [2, 3, 4, 1], isr: [1, 2, 4], leader: 1, leaderEpoch: 7 });
  });
});
