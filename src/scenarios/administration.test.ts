import { describe, expect, it } from 'vitest';
import { ADMIN_DOCS, callOf, describeOperation, nodesNamedByOperation } from './administration.ts';
import type { AdminOperation, AdminOperationKind } from './administration.ts';
import { formatProblem, parseScenario } from './parse.ts';

const FLEET = `scenario: fleet
duration: 1h
cluster: { brokers: 4, config: { num.partitions: 3 } }
topics: [ { name: gps, partitions: 6, replicationFactor: 3 } ]
`;

function administered(...written: string[]): readonly AdminOperation[] {
  const content = `${FLEET}admin:\n${written.map((each) => `  - ${each}\n`).join('')}`;
  const result = parseScenario({ file: 'fleet.yaml', content });
  if ('problems' in result) throw new Error(result.problems.map(formatProblem).join('\n'));
  return result.value.admin;
}

const idOf = (node: string): number => Number(node.split('-')[1]);
const callOfWritten = (written: string): unknown => callOf(administered(written)[0] as AdminOperation, idOf);

describe('the registry of operations', () => {
  it.each(ADMIN_DOCS)('the example of $kind is an operation of that kind, has one line to describe it, and is a call', ({ kind, example }) => {
    const [operation, ...others] = administered(example) as [AdminOperation, ...AdminOperation[]];
    expect(others).toEqual([]);
    expect(operation.kind).toBe<AdminOperationKind>(kind);
    expect(describeOperation(operation)).not.toMatch(/\n|undefined|NaN|\[object/);
    expect(describeOperation(operation).length).toBeGreaterThan(8);
    expect(JSON.stringify(callOf(operation, idOf))).not.toContain('broker-');
  });

  it('names every kind once', () => {
    expect(new Set(ADMIN_DOCS.map(({ kind }) => kind)).size).toBe(ADMIN_DOCS.length);
  });
});

describe('operations as they are written', () => {
  it('are sorted by time, and at one instant as written', () => {
    const operations = administered('{ at: 5m, deleteTopic: gps }', '{ at: 1m, unregisterBroker: broker-4 }', '{ at: 5m, createTopic: { name: gps } }');
    expect(operations.map(({ kind }) => kind)).toEqual(['unregisterBroker', 'deleteTopic', 'createTopic']);
  });

  it('a created topic has the defaults of the cluster, and may be spoken of from then on', () => {
    const operations = administered('{ at: 1m, createTopic: { name: trips, config: { min.insync.replicas: 1 } } }', '{ at: 2m, deleteRecords: { topic: trips, partition: 2, before: highWatermark } }');
    expect(operations[0]).toEqual({ atMs: 60_000, kind: 'createTopic', topic: 'trips', partitions: 3, replicationFactor: 1, assignment: null, config: { 'min.insync.replicas': 1 } });
  });

  it('a topic that is deleted may be created again', () => {
    expect(administered('{ at: 1m, deleteTopic: gps }', '{ at: 2m, createTopic: { name: gps } }')).toHaveLength(2);
  });

  it('a reassignment keeps the order of its brokers, the first of which is preferred', () => {
    expect(administered('{ at: 1m, reassign: { topic: gps, partition: 0, to: [broker-4, broker-2] } }')).toMatchObject([{ to: ['broker-4', 'broker-2'] }]);
    expect(administered('{ at: 1m, reassign: { topic: gps, partition: 0, to: broker-* } }')).toMatchObject([{ to: ['broker-1', 'broker-2', 'broker-3', 'broker-4'] }]);
  });

  it('partitions that are made later may be spoken of', () => {
    expect(administered('{ at: 1m, cancelReassignment: { topic: gps, partition: 8 } }', '{ at: 2m, createPartitions: { topic: gps, count: 9 } }')).toHaveLength(2);
  });
});

describe('what the admin client is asked for', () => {
  it('is an election of the partitions that are named, of all of a topic, or of all there are', () => {
    expect(callOfWritten('{ at: 1m, electLeaders: preferred, topic: gps, partitions: [4, 1] }')).toEqual({ type: 'ElectLeadersRequest', electionType: 0, topicPartitions: [{ topic: 'gps', partitions: [4, 1] }] });
    expect(callOfWritten('{ at: 1m, electLeaders: unclean, topic: gps }')).toEqual({ type: 'ElectLeadersRequest', electionType: 1, topicPartitions: [{ topic: 'gps', partitions: [0, 1, 2, 3, 4, 5] }] });
    expect(callOfWritten('{ at: 1m, electLeaders: preferred }')).toEqual({ type: 'ElectLeadersRequest', electionType: 0, topicPartitions: null });
  });

  it('is a topic with so many partitions and replicas, or with the brokers of each partition', () => {
    expect(callOfWritten('{ at: 1m, createTopic: { name: trips, partitions: 2, replicationFactor: 3, config: { retention.ms: 5000 } } }')).toEqual({
      type: 'CreateTopicsRequest', topics: [{ name: 'trips', numPartitions: 2, replicationFactor: 3, assignments: [], configs: [{ name: 'retention.ms', value: '5000' }] }],
    });
    expect(callOfWritten('{ at: 1m, createTopic: { name: trips, assignment: [[broker-2, broker-1], [broker-3, broker-2]] } }')).toEqual({
      type: 'CreateTopicsRequest',
      topics: [{ name: 'trips', numPartitions: -1, replicationFactor: -1, assignments: [{ partitionIndex: 0, brokerIds: [2, 1] }, { partitionIndex: 1, brokerIds: [3, 2] }], configs: [] }],
    });
  });

  it('is a reassignment to brokers, or to null to end one', () => {
    expect(callOfWritten('{ at: 1m, reassign: { topic: gps, partition: 1, to: [broker-4, broker-2] } }')).toEqual({ type: 'AlterPartitionReassignmentsRequest', topics: [{ name: 'gps', partitions: [{ partitionIndex: 1, replicas: [4, 2] }] }] });
    expect(callOfWritten('{ at: 1m, cancelReassignment: { topic: gps, partition: 1 } }')).toEqual({ type: 'AlterPartitionReassignmentsRequest', topics: [{ name: 'gps', partitions: [{ partitionIndex: 1, replicas: null }] }] });
  });

  it('is to change the configs of a topic, of a broker by its id, or of all brokers by the empty name', () => {
    expect(callOfWritten('{ at: 1m, alterConfig: { topic: gps, set: { retention.ms: 5000, min.insync.replicas: 1 } } }')).toEqual({
      type: 'IncrementalAlterConfigsRequest', resources: [{ resourceType: 2, resourceName: 'gps', configs: [
        { name: 'min.insync.replicas', configOperation: 'SET', value: '1' }, { name: 'retention.ms', configOperation: 'SET', value: '5000' },
      ] }],
    });
    expect(callOfWritten('{ at: 1m, alterConfig: { broker: broker-3, delete: [min.insync.replicas] } }')).toEqual({
      type: 'IncrementalAlterConfigsRequest', resources: [{ resourceType: 4, resourceName: '3', configs: [{ name: 'min.insync.replicas', configOperation: 'DELETE', value: null }] }],
    });
    expect(callOfWritten('{ at: 1m, alterConfig: { cluster: default, set: { min.insync.replicas: 2 } } }')).toMatchObject({ resources: [{ resourceType: 4, resourceName: '' }] });
  });

  it('is to delete records below an offset, or below the high watermark', () => {
    expect(callOfWritten('{ at: 1m, deleteRecords: { topic: gps, partition: 1, before: 100 } }')).toEqual({ type: 'DeleteRecordsRequest', topics: [{ name: 'gps', partitions: [{ partitionIndex: 1, offset: 100 }] }] });
    expect(callOfWritten('{ at: 1m, deleteRecords: { topic: gps, partition: 1, before: highWatermark } }')).toMatchObject({ topics: [{ partitions: [{ offset: -1 }] }] });
  });
});

describe('nodes that an operation names', () => {
  it('are those that must be there for a record of the run to make sense', () => {
    expect(administered('{ at: 1m, reassign: { topic: gps, partition: 1, to: [broker-4, broker-2] } }').flatMap(nodesNamedByOperation)).toEqual(['broker-4', 'broker-2']);
    expect(administered('{ at: 1m, alterConfig: { broker: broker-3, delete: [min.insync.replicas] } }').flatMap(nodesNamedByOperation)).toEqual(['broker-3']);
    expect(administered('{ at: 1m, alterConfig: { topic: gps, delete: [min.insync.replicas] } }').flatMap(nodesNamedByOperation)).toEqual([]);
  });
});
