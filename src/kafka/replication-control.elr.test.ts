import { describe, expect, it } from 'vitest';
import { present } from '../kernel/assert.ts';
import { MetadataImage } from './metadata.ts';
import type { MetadataRecord, PartitionRecord } from './metadata-records.ts';
import {
  DEFAULT_CONTROL,
  effectiveMinInsyncReplicas,
  handleBrokerFenced,
  handleBrokerUnfenced,
  handleBrokerUnregistered,
  registerBroker,
} from './replication-control.ts';
import type { ReplicationControl } from './replication-control.ts';
import { KAFKA_RULES } from './rules.ts';

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

const after = (image: MetadataImage, records: readonly MetadataRecord[]): MetadataImage =>
  image.applyAll(records, image.offset + 1);

describe('a broker with eligible leader replicas about', () => {
  const two: ReplicationControl = { ...DEFAULT_CONTROL, minInsyncReplicas: 2 };
  const members = (image: MetadataImage): unknown[] =>
    (image.topic('t')?.partitions ?? []).map(({ leader, isr, elr, lastKnownElr }) => [leader, isr.join(), elr.join(), lastKnownElr.join()]);

  it('leaves the ISR empty when the last member is fenced, and leads again when it is back', () => {
    const image = imageOf([{ isr: [1] }]);
    const fenced = after(image, handleBrokerFenced(image, two, 1));
    expect(members(fenced)).toEqual([[-1, '', '1', '1']]);
    expect(members(after(fenced, handleBrokerUnfenced(fenced, two, 1)))).toEqual([[1, '1', '', '']]);
  });

  it('stays eligible when it registers after a clean shutdown', () => {
    const image = imageOf([{ isr: [2], leader: 2, eligibleLeaderReplicas: [1] }, { isr: [1] }]);
    const clean = { brokerId: 1, incarnationId: 'fresh', previousBrokerEpoch: 11 };
    expect(members(after(image, registerBroker(image, two, clean, 42, false).records))).toEqual([
      [2, '2', '1', ''],
      [-1, '', '1', '1'],
    ]);
  });

  it('leaves ISR and ELR when it registers after an unclean shutdown', () => {
    const image = imageOf([{ isr: [2], leader: 2, eligibleLeaderReplicas: [1] }, { isr: [1] }, {}]);
    for (const previousBrokerEpoch of [-1, 10, 42]) {
      const unclean = { brokerId: 1, incarnationId: 'fresh', previousBrokerEpoch };
      expect(members(after(image, registerBroker(image, two, unclean, 42, false).records))).toEqual([
        [2, '2', '', ''],
        [-1, '', '', '1'],
        [2, '2,3', '', ''],
      ]);
    }
  });

  it('stays eligible when it is unregistered, until a process of its id registers again', () => {
    const image = imageOf([{ isr: [2], leader: 2, eligibleLeaderReplicas: [1] }, {}]);
    const gone = after(image, handleBrokerUnregistered(image, { ...two, minInsyncReplicas: 3 }, 1));
    expect(members(gone)).toEqual([
      [2, '2', '1', ''],
      [2, '2,3', '1', ''],
    ]);
    const request = { brokerId: 1, incarnationId: 'fresh', previousBrokerEpoch: 11 };
    expect(members(after(gone, registerBroker(gone, { ...two, minInsyncReplicas: 3 }, request, 42, false).records))).toEqual([
      [2, '2', '', ''],
      [2, '2,3', '', ''],
    ]);
  });

  it('keeps every place of its predecessor where that rule is off', () => {
    const image = imageOf([{ isr: [2], leader: 2, eligibleLeaderReplicas: [1] }, { isr: [1] }, {}]);
    const off = { ...two, rules: { ...KAFKA_RULES, newIncarnationLeavesIsr: false } };
    const { records } = registerBroker(image, off, { brokerId: 1, incarnationId: 'fresh' }, 42, false);
    expect(records.map(({ type }) => type)).toEqual(['RegisterBrokerRecord']);
  });

  it('is elected as the last known leader once it is unfenced, though it shut down uncleanly', () => {
    const image = imageOf([{ isr: [1] }]);
    const registered = after(image, registerBroker(image, two, { brokerId: 1, incarnationId: 'fresh' }, 42, false).records);
    const unfenced = after(registered, handleBrokerUnfenced(registered, two, 1));
    expect(members(unfenced)).toEqual([[1, '1', '', '']]);
    expect(unfenced.partition('t', 0)?.leaderRecoveryState).toBe('RECOVERING');
  });
});

describe('min.insync.replicas as the controller counts it', () => {
  const set = (resourceType: 2 | 4, resourceName: string, value: string): MetadataRecord => ({
    type: 'ConfigRecord', resourceType, resourceName, name: 'min.insync.replicas', value,
  });
  const effective = (more: readonly MetadataRecord[]): number => {
    const image = imageOf([{}], [], more);
    return effectiveMinInsyncReplicas(image, { ...DEFAULT_CONTROL, minInsyncReplicas: 2 }, present(image.topic('t'), 't'));
  };

  it('is the topic’s, else the cluster’s, else the controller’s, and no more than there are replicas', () => {
    expect([effective([]), effective([set(4, '', '1')]), effective([set(4, '', '1'), set(2, 't', '3')]), effective([set(2, 't', '9')])]).toEqual([2, 1, 3, 3]);
  });
});
