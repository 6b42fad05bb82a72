import { describe, expect, it } from 'vitest';
import { AssertionFailed } from '../kernel/assert.ts';
import type { ElectLeadersRequest } from './admin-api.ts';
import { MetadataImage } from './metadata.ts';
import type { MetadataRecord, PartitionRecord } from './metadata-records.ts';
import {
  checkBrokerEpoch,
  DEFAULT_CONTROL,
  electLeader,
  electLeaders,
  handleBrokerFenced,
  handleBrokerInControlledShutdown,
  handleBrokerUnfenced,
  handleBrokerUnregistered,
  hasLeaderships,
  maybeBalancePartitionLeaders,
  maybeElectUncleanLeaders,
  registerBroker,
  unregisterBroker,
} from './replication-control.ts';
import type { ReplicationControl } from './replication-control.ts';
import { KAFKA_RULES } from './rules.ts';

/** Kafka before KIP-966: the last member of an ISR stays. */
const WITHOUT_ELR: ReplicationControl = { ...DEFAULT_CONTROL, rules: { ...KAFKA_RULES, eligibleLeaderReplicas: false } };
const UNCLEAN: ReplicationControl = { ...DEFAULT_CONTROL, uncleanLeaderElectionEnable: true };

/** Brokers 1 to 3 in epochs 11 to 13, active but for those in `fenced`; partition i of topic `t` as given. */
function imageOf(
  partitions: readonly Partial<PartitionRecord>[],
  fenced: readonly number[] = [],
  more: readonly MetadataRecord[] = [],
): MetadataImage {
  const brokers = [1, 2, 3].map((id): MetadataRecord => ({
    type: 'RegisterBrokerRecord',
    brokerId: id,
    brokerEpoch: 10 + id,
    incarnationId: `inc-${id}`,
    fenced: fenced.includes(id),
    inControlledShutdown: false,
  }));
  const records = partitions.map((fields, partitionId): MetadataRecord => ({
    type: 'PartitionRecord',
    topicId: 'id',
    partitionId,
    replicas: [1, 2, 3],
    isr: [1, 2, 3],
    leader: 1,
    leaderEpoch: 0,
    partitionEpoch: 0,
    leaderRecoveryState: 'RECOVERED',
    ...fields,
  }));
  return MetadataImage.empty().applyAll(
    [...brokers, { type: 'TopicRecord', name: 't', topicId: 'id' }, ...records, ...more],
    0,
  );
}

const allowUnclean: MetadataRecord = {
  type: 'ConfigRecord',
  resourceType: 2,
  resourceName: 't',
  name: 'unclean.leader.election.enable',
  value: 'true',
};
const after = (image: MetadataImage, records: readonly MetadataRecord[]): MetadataImage =>
  image.applyAll(records, image.offset + 1);
/** [leader, isr, leaderEpoch] of each partition. */
const state = (image: MetadataImage): unknown[] =>
  (image.topic('t')?.partitions ?? []).map(({ leader, isr, leaderEpoch }) => [leader, isr.join(), leaderEpoch]);

describe('a broker that registers', () => {
  const request = { brokerId: 1, incarnationId: 'fresh' };

  it('starts fenced, in the epoch it is given', () => {
    const result = registerBroker(MetadataImage.empty(), DEFAULT_CONTROL, request, 42, false);
    expect(result).toEqual({
      errorCode: 'NONE',
      brokerEpoch: 42,
      records: [
        {
          type: 'RegisterBrokerRecord',
          brokerId: 1,
          incarnationId: 'fresh',
          brokerEpoch: 42,
          fenced: true,
          inControlledShutdown: false,
        },
      ],
    });
  });

  it('is a duplicate while another incarnation has a session', () => {
    expect(registerBroker(imageOf([{}]), DEFAULT_CONTROL, request, 42, true)).toEqual({
      errorCode: 'DUPLICATE_BROKER_REGISTRATION',
      brokerEpoch: -1,
      records: [],
    });
  });

  it('leaves the ISRs of its predecessor when it is a new incarnation', () => {
    const image = imageOf([{}, { isr: [1] }, { isr: [2, 3], leader: 2 }]);
    const { records, brokerEpoch } = registerBroker(image, WITHOUT_ELR, request, 42, false);
    const next = after(image, records);
    expect(brokerEpoch).toBe(42);
    expect(state(next)).toEqual([
      [2, '2,3', 1],
      [-1, '1', 1],
      [2, '2,3', 0],
    ]);
    expect(next.broker(1)).toMatchObject({ epoch: 42, incarnationId: 'fresh', fenced: true });
  });

  it('keeps epoch, state and ISRs when the same incarnation repeats itself', () => {
    const image = imageOf([{}]);
    const { records, brokerEpoch } = registerBroker(
      image,
      DEFAULT_CONTROL,
      { brokerId: 1, incarnationId: 'inc-1' },
      42,
      true,
    );
    expect(brokerEpoch).toBe(11);
    expect(after(image, records).broker(1)).toEqual(image.broker(1));
    expect(records).toHaveLength(1);
  });

  it('is known by its epoch', () => {
    expect([
      checkBrokerEpoch(imageOf([]), 1, 11),
      checkBrokerEpoch(imageOf([]), 1, 12),
      checkBrokerEpoch(imageOf([]), 9, 11),
    ]).toEqual(['NONE', 'STALE_BROKER_EPOCH', 'STALE_BROKER_EPOCH']);
  });
});

describe('a broker that is fenced', () => {
  it('leaves every ISR, and its partitions elect the next in assignment order', () => {
    const image = imageOf([
      {},
      { replicas: [2, 3, 1], isr: [3, 1], leader: 1 },
      { leader: 2 },
      { isr: [2, 3], leader: 3 },
    ]);
    const records = handleBrokerFenced(image, DEFAULT_CONTROL, 1);
    expect(records.at(-1)).toEqual({
      type: 'BrokerRegistrationChangeRecord',
      brokerId: 1,
      brokerEpoch: 11,
      fenced: 1,
      inControlledShutdown: 0,
    });
    expect(records).toHaveLength(4);
    const next = after(image, records);
    expect(state(next)).toEqual([
      [2, '2,3', 1],
      [3, '3', 1],
      [2, '2,3', 0],
      [3, '2,3', 0],
    ]);
    expect(next.isActive(1)).toBe(false);
  });

  it('stays the last member of an ISR, which then has no leader, without ELR', () => {
    const image = imageOf([{ isr: [1] }]);
    expect(state(after(image, handleBrokerFenced(image, WITHOUT_ELR, 1)))).toEqual([[-1, '1', 1]]);
  });

  it('does not hand over to a fenced member of the ISR', () => {
    const image = imageOf([{ isr: [1, 2] }], [2]);
    expect(state(after(image, handleBrokerFenced(image, DEFAULT_CONTROL, 1)))).toEqual([[-1, '2', 1]]);
  });

  it('is replaced uncleanly where the topic allows it', () => {
    const image = imageOf([{ isr: [1] }], [2], [allowUnclean]);
    const next = after(image, handleBrokerFenced(image, DEFAULT_CONTROL, 1));
    expect(state(next)).toEqual([[3, '3', 1]]);
    expect(next.partition('t', 0)?.leaderRecoveryState).toBe('RECOVERING');
  });

  it('must be registered', () => {
    expect(() => handleBrokerFenced(imageOf([]), DEFAULT_CONTROL, 9)).toThrow(AssertionFailed);
  });

  it('raises leader epochs of others’ partitions only before metadata version 3.6', () => {
    const image = imageOf([{ leader: 2 }]);
    expect(
      state(after(image, handleBrokerFenced(image, { ...DEFAULT_CONTROL, rules: { ...KAFKA_RULES, bumpsLeaderEpochOnIsrShrink: true } }, 1))),
    ).toEqual([[2, '2,3', 1]]);
  });
});

describe('a broker that is unfenced', () => {
  it('leads again what waited for it, and nothing else', () => {
    const image = imageOf(
      [
        { isr: [1], leader: -1 },
        { isr: [2], leader: -1 },
        { leader: 2, isr: [2] },
      ],
      [1, 2],
    );
    const records = handleBrokerUnfenced(image, DEFAULT_CONTROL, 1);
    expect(records[0]).toEqual({
      type: 'BrokerRegistrationChangeRecord',
      brokerId: 1,
      brokerEpoch: 11,
      fenced: -1,
      inControlledShutdown: 0,
    });
    expect(state(after(image, records))).toEqual([
      [1, '1', 1],
      [-1, '2', 0],
      [2, '2', 0],
    ]);
  });

  it('takes over uncleanly where it may', () => {
    const image = imageOf([{ isr: [2], leader: -1 }], [1, 2, 3]);
    expect(state(after(image, handleBrokerUnfenced(image, UNCLEAN, 1)))).toEqual([[1, '1', 1]]);
  });
});

describe('a broker that shuts down in order', () => {
  it('is marked, then gives up its leaderships and its places in ISRs', () => {
    const image = imageOf([{}, { leader: 2 }]);
    const records = handleBrokerInControlledShutdown(image, DEFAULT_CONTROL, 1);
    expect(records[0]).toEqual({
      type: 'BrokerRegistrationChangeRecord',
      brokerId: 1,
      brokerEpoch: 11,
      fenced: 0,
      inControlledShutdown: 1,
    });
    const next = after(image, records);
    expect(state(next)).toEqual([
      [2, '2,3', 1],
      [2, '2,3', 0],
    ]);
    expect([hasLeaderships(image, 1), hasLeaderships(next, 1)]).toEqual([true, false]);
    expect(handleBrokerInControlledShutdown(next, DEFAULT_CONTROL, 1)).toEqual([]);
  });

  it('leaves no leader behind where it was the last in sync, without ELR', () => {
    const image = imageOf([{ isr: [1] }]);
    expect(state(after(image, handleBrokerInControlledShutdown(image, WITHOUT_ELR, 1)))).toEqual([[-1, '1', 1]]);
  });
});

describe('a broker that is unregistered', () => {
  it('leaves the ISRs and the image', () => {
    const image = imageOf([{}]);
    const next = after(image, handleBrokerUnregistered(image, DEFAULT_CONTROL, 1));
    expect(state(next)).toEqual([[2, '2,3', 1]]);
    expect(next.broker(1)).toBeUndefined();
  });
});

describe('an election that is asked for', () => {
  it.each([
    ['of the preferred leader', 'PREFERRED', { leader: 2 }, [], 'NONE', [1, '1,2,3', 1]],
    ['of a preferred leader that leads already', 'PREFERRED', {}, [], 'ELECTION_NOT_NEEDED', [1, '1,2,3', 0]],
    [
      'of a preferred leader that is fenced',
      'PREFERRED',
      { leader: 2 },
      [1],
      'PREFERRED_LEADER_NOT_AVAILABLE',
      [2, '1,2,3', 0],
    ],
    ['of an unclean leader', 'UNCLEAN', { isr: [1], leader: -1 }, [1], 'NONE', [2, '2', 1]],
    [
      'of an unclean leader while there is one',
      'UNCLEAN',
      { isr: [2], leader: 2 },
      [],
      'ELECTION_NOT_NEEDED',
      [2, '2', 0],
    ],
    [
      'of an unclean leader when all are fenced',
      'UNCLEAN',
      { isr: [1], leader: -1 },
      [1, 2, 3],
      'ELIGIBLE_LEADERS_NOT_AVAILABLE',
      [-1, '1', 0],
    ],
  ] as const)('%s', (_, type, partition, fenced, errorCode, expected) => {
    const image = imageOf([partition], fenced);
    const result = electLeader(image, DEFAULT_CONTROL, 't', 0, type);
    expect(result.errorCode).toBe(errorCode);
    expect(state(after(image, result.records))).toEqual([expected]);
  });

  it('of an unknown partition', () => {
    expect(electLeader(imageOf([{}]), DEFAULT_CONTROL, 't', 1, 'PREFERRED').errorCode).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(electLeader(imageOf([{}]), DEFAULT_CONTROL, 'u', 0, 'PREFERRED').errorCode).toBe('UNKNOWN_TOPIC_OR_PARTITION');
  });
});

describe('the periodic elections', () => {
  it('bring preferred leaders back where they are in sync and active', () => {
    const image = imageOf([{ leader: 2 }, { leader: 3, isr: [2, 3] }, {}, { leader: 3, replicas: [2, 3, 1] }]);
    const { records, mayHaveMore } = maybeBalancePartitionLeaders(image, DEFAULT_CONTROL);
    expect(state(after(image, records))).toEqual([
      [1, '1,2,3', 1],
      [3, '2,3', 0],
      [1, '1,2,3', 0],
      [2, '1,2,3', 1],
    ]);
    expect(mayHaveMore).toBe(false);
    expect(maybeBalancePartitionLeaders(image, DEFAULT_CONTROL, 1)).toMatchObject({
      records: [{ partitionId: 0 }],
      mayHaveMore: true,
    });
  });

  it('elect unclean leaders only where that is allowed: by the topic, the cluster or the controller', () => {
    const leaderless = [{ isr: [1], leader: -1 }];
    const cluster: MetadataRecord = { ...allowUnclean, resourceType: 4, resourceName: '' };
    const forbidden: MetadataRecord = { ...allowUnclean, value: 'false' };
    const elected = (rules: ReplicationControl, ...more: MetadataRecord[]): number =>
      maybeElectUncleanLeaders(imageOf(leaderless, [1], more), rules).records.length;
    expect([
      elected(DEFAULT_CONTROL),
      elected(DEFAULT_CONTROL, allowUnclean),
      elected(DEFAULT_CONTROL, cluster),
      elected(UNCLEAN),
    ]).toEqual([0, 1, 1, 1]);
    expect([elected(UNCLEAN, forbidden), elected(DEFAULT_CONTROL, cluster, forbidden)]).toEqual([0, 0]);
  });
});

describe('unregistering on request', () => {
  it('is refused for a broker that is not registered', () => {
    expect(unregisterBroker(imageOf([{}]), DEFAULT_CONTROL, 9)).toMatchObject({ errorCode: 'BROKER_ID_NOT_REGISTERED', records: [] });
    expect(unregisterBroker(imageOf([{}]), DEFAULT_CONTROL, 1)).toMatchObject({ errorCode: 'NONE', errorMessage: null });
  });
});

describe('an ElectLeaders request', () => {
  it('is silent about what needs no election when it asks for everything, and says so when it asks for one', () => {
    const image = imageOf([{}, { leader: 2 }, { isr: [3], leader: 3 }]);
    const results = (topicPartitions: ElectLeadersRequest['topicPartitions']): unknown =>
      electLeaders(image, DEFAULT_CONTROL, { electionType: 0, topicPartitions }).response.replicaElectionResults.map(({ topic, partitionResult }) => [
        topic, ...partitionResult.map(({ partitionId, errorCode }) => `${partitionId} ${errorCode}`),
      ]);
    expect(results(null)).toEqual([['t', '1 NONE', '2 PREFERRED_LEADER_NOT_AVAILABLE']]);
    expect(results([{ topic: 't', partitions: [0, 7] }])).toEqual([['t', '0 ELECTION_NOT_NEEDED', '7 UNKNOWN_TOPIC_OR_PARTITION']]);
    expect(electLeaders(image, DEFAULT_CONTROL, { electionType: 0, topicPartitions: null }).records).toHaveLength(1);
  });
});
