import { describe, expect, it } from 'vitest';
import type { AlterConfigOperation, IncrementalAlterConfigsRequest } from './admin-api.ts';
import { incrementalAlterConfigs } from './alter-configs.ts';
import { MetadataImage } from './metadata.ts';
import { DEFAULT_CONTROL } from './replication-control.ts';
import type { ReplicationControl } from './replication-control.ts';

type Resource = IncrementalAlterConfigsRequest['resources'][number];

const WITHOUT_ELR: ReplicationControl = { ...DEFAULT_CONTROL, rules: { ...DEFAULT_CONTROL.rules, eligibleLeaderReplicas: false } };
const image = MetadataImage.empty().applyAll(
  [
    { type: 'RegisterBrokerRecord', brokerId: 1, brokerEpoch: 11, incarnationId: 'inc', fenced: false, inControlledShutdown: false },
    { type: 'TopicRecord', name: 't', topicId: 'id' },
    { type: 'PartitionRecord', topicId: 'id', partitionId: 0, replicas: [1, 2, 3], isr: [1], leader: 1, leaderEpoch: 0, partitionEpoch: 0, leaderRecoveryState: 'RECOVERED', eligibleLeaderReplicas: [2] },
    { type: 'ConfigRecord', resourceType: 2, resourceName: 't', name: 'retention.ms', value: '5' },
  ],
  0,
);

const resource = (
  resourceType: 2 | 4,
  resourceName: string,
  ...configs: readonly (readonly [name: string, operation: AlterConfigOperation, value?: string])[]
): Resource => ({
  resourceType,
  resourceName,
  configs: configs.map(([name, configOperation, value]) => ({ name, configOperation, value: value ?? null })),
});
const answers = (resources: readonly Resource[], control = DEFAULT_CONTROL): unknown[] =>
  incrementalAlterConfigs(image, control, resources).responses.map(({ errorCode }) => errorCode);

describe('altering configs', () => {
  it('sets and deletes them, and writes nothing where they stay', () => {
    const asked = resource(2, 't', ['retention.ms', 'DELETE'], ['max.message.bytes', 'SET', '7'], ['cleanup.policy', 'DELETE']);
    const { records, responses } = incrementalAlterConfigs(image, DEFAULT_CONTROL, [asked]);
    expect(responses).toEqual([{ errorCode: 'NONE', errorMessage: null, resourceType: 2, resourceName: 't' }]);
    const after = image.applyAll(records, 10);
    expect([...after.configsOf(2, 't')]).toEqual([['max.message.bytes', '7']]);
    expect(records).toHaveLength(2);
  });

  it('appends to lists and takes from them', () => {
    const asked = (operation: AlterConfigOperation, value: string): unknown =>
      incrementalAlterConfigs(image, DEFAULT_CONTROL, [resource(2, 't', ['cleanup.policy', operation, value])]).records;
    expect(asked('APPEND', 'compact')).toMatchObject([{ name: 'cleanup.policy', value: 'delete,compact' }]);
    expect(asked('SUBTRACT', 'compact')).toMatchObject([{ name: 'cleanup.policy', value: 'delete' }]);
    expect(answers([resource(2, 't', ['retention.ms', 'APPEND', '7'])])).toEqual(['INVALID_CONFIG']);
  });

  it('tells a broker again what it was told, so that it takes it up (KAFKA-14136)', () => {
    expect(incrementalAlterConfigs(image, DEFAULT_CONTROL, [resource(4, '1', ['message.max.bytes', 'DELETE'])]).records).toHaveLength(1);
  });

  it.each<[string, Resource, string]>([
    ['an unknown topic', resource(2, 'u', ['retention.ms', 'SET', '1']), 'UNKNOWN_TOPIC_OR_PARTITION'],
    ['an unknown broker', resource(4, '9', ['message.max.bytes', 'SET', '1']), 'BROKER_ID_NOT_REGISTERED'],
    ['a name that is no config', resource(2, 't', ['min.insync.replica', 'SET', '1']), 'INVALID_CONFIG'],
    ['a value that is none', resource(2, 't', ['min.insync.replicas', 'SET', '0']), 'INVALID_CONFIG'],
    ['no value', resource(2, 't', ['min.insync.replicas', 'SET']), 'INVALID_REQUEST'],
    ['a config twice', resource(2, 't', ['retention.ms', 'SET', '1'], ['retention.ms', 'DELETE']), 'INVALID_REQUEST'],
  ])('is refused for %s, and changes nothing of that resource', (_, bad, errorCode) => {
    const asked = { ...bad, configs: [...bad.configs, { name: 'unclean.leader.election.enable', configOperation: 'SET' as const, value: 'true' }] };
    const good = resource(4, '', ['min.insync.replicas', 'SET', '2']);
    const { records, responses } = incrementalAlterConfigs(image, WITHOUT_ELR, [asked, good]);
    expect(responses.map((each) => each.errorCode)).toEqual([errorCode, 'NONE']);
    expect(records).toMatchObject([{ resourceType: 4, resourceName: '', value: '2' }]);
  });

  it('is refused for a resource that is named twice', () => {
    expect(answers([resource(2, 't', ['retention.ms', 'SET', '1']), resource(2, 't', ['max.message.bytes', 'SET', '1'])])).toEqual(['INVALID_REQUEST', 'INVALID_REQUEST']);
  });
});

describe('altering min.insync.replicas where there are eligible leader replicas', () => {
  const types = (asked: Resource, control = DEFAULT_CONTROL): unknown[] =>
    incrementalAlterConfigs(image, control, [asked]).records.map((record) => (record.type === 'ClearElrRecord' ? `${record.type} '${record.topicName}'` : record.type));

  it('forgets those of the topic, or of all topics', () => {
    expect(types(resource(2, 't', ['min.insync.replicas', 'SET', '2']))).toEqual(['ConfigRecord', "ClearElrRecord 't'"]);
    expect(types(resource(4, '', ['min.insync.replicas', 'SET', '2']))).toEqual(['ConfigRecord', "ClearElrRecord ''"]);
    expect(types(resource(2, 't', ['max.message.bytes', 'SET', '2']))).toEqual(['ConfigRecord']);
    const { records } = incrementalAlterConfigs(image, DEFAULT_CONTROL, [resource(2, 't', ['min.insync.replicas', 'SET', '2'])]);
    expect(image.applyAll(records, 10).partition('t', 0)).toMatchObject({ isr: [1], elr: [], partitionEpoch: 1 });
  });

  it('is refused for a single broker, and the cluster’s may not be removed', () => {
    expect(answers([resource(4, '1', ['min.insync.replicas', 'SET', '2'])])).toEqual(['INVALID_CONFIG']);
    expect(answers([resource(4, '', ['min.insync.replicas', 'DELETE'])])).toEqual(['INVALID_CONFIG']);
  });

  it('is like any other config where that rule is off', () => {
    expect(types(resource(2, 't', ['min.insync.replicas', 'SET', '2']), WITHOUT_ELR)).toEqual(['ConfigRecord']);
    expect(answers([resource(4, '1', ['min.insync.replicas', 'SET', '2']), resource(4, '', ['min.insync.replicas', 'DELETE'])], WITHOUT_ELR)).toEqual(['NONE', 'NONE']);
  });
});
