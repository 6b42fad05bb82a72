/**
 * What the administrator does in a run, as data: one operation of the cluster's administration each, explicit, sorted by
 * time. Semantics are total, so that a plan shrinks: any subset of a list is a list, and an operation that the cluster
 * refuses (its topic is gone, a reassignment is not under way) ends with Kafka's error and changes nothing.
 *
 * Knows nothing of how it is carried out. The topics of the scenario itself are no operations: they are there first.
 *
 * Source: the tools kafka-topics, kafka-configs, kafka-leader-election, kafka-reassign-partitions, kafka-delete-records,
 * kafka-cluster.
 */
import { unreachable } from '../kernel/assert.ts';
import type { AdminResult, Outcome } from '../history/observations.ts';
import type { ErrorName } from '../kafka/errors.ts';
import { DELETE_TO_HIGH_WATERMARK, PREFERRED_ELECTION, UNCLEAN_ELECTION, type AdminCall, type AlterableConfig, type CreateTopicsTopic } from '../kafka/api.ts';
import { BROKER_RESOURCE, TOPIC_RESOURCE } from '../kafka/metadata-records.ts';
import type { NodeName } from './faults.ts';

interface At {
  /** Virtual time at which it is due; it waits for those before it. */
  readonly atMs: number;
}

type ConfigValues = Readonly<Record<string, string | number | boolean>>;

export interface CreateTopicOperation extends At {
  readonly kind: 'createTopic';
  readonly topic: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  /** Brokers of each partition, preferred leader first; null leaves it to the controller. */
  readonly assignment: readonly (readonly NodeName[])[] | null;
  readonly config: ConfigValues;
}
export interface DeleteTopicOperation extends At { readonly kind: 'deleteTopic'; readonly topic: string }
/** `count` is the new total. */
export interface CreatePartitionsOperation extends At { readonly kind: 'createPartitions'; readonly topic: string; readonly count: number }
export interface ElectLeadersOperation extends At {
  readonly kind: 'electLeaders';
  readonly election: 'preferred' | 'unclean';
  /** null elects for every partition of the cluster. */
  readonly partitions: readonly { readonly topic: string; readonly partitions: readonly number[] }[] | null;
}
/** `to`: the replicas, preferred leader first. */
export interface ReassignOperation extends At { readonly kind: 'reassign'; readonly topic: string; readonly partition: number; readonly to: readonly NodeName[] }
export interface CancelReassignmentOperation extends At { readonly kind: 'cancelReassignment'; readonly topic: string; readonly partition: number }
/** Records below `before` go. */
export interface DeleteRecordsOperation extends At { readonly kind: 'deleteRecords'; readonly topic: string; readonly partition: number; readonly before: number | 'highWatermark' }
export interface AlterConfigOperation extends At {
  readonly kind: 'alterConfig';
  readonly resource: 'topic' | 'broker' | 'cluster';
  /** A topic, a broker's node, or '' for the cluster. */
  readonly name: string;
  readonly set: ConfigValues;
  /** Configs that go back to their default. */
  readonly delete: readonly string[];
}
export interface UnregisterBrokerOperation extends At { readonly kind: 'unregisterBroker'; readonly node: NodeName }

/** One operation of the plan, fully explicit. JSON. */
export type AdminOperation =
  | CreateTopicOperation | DeleteTopicOperation | CreatePartitionsOperation | ElectLeadersOperation | ReassignOperation | CancelReassignmentOperation
  | DeleteRecordsOperation | AlterConfigOperation | UnregisterBrokerOperation;

export type AdminOperationKind = AdminOperation['kind'];

/** An operation that was due, and what became of it. */
export interface AdministeredOperation {
  readonly operation: AdminOperation;
  /** `notCalled`: the administrator's process was down. A process that dies, or a run that ends, leaves it `unknown`. */
  readonly outcome: Outcome | 'notCalled';
  /** Of the whole; NONE also when the parts have errors of their own. */
  readonly errorCode: ErrorName;
  readonly errorMessage: string | null;
  readonly results: readonly AdminResult[];
}

export interface AdminDoc {
  readonly kind: AdminOperationKind;
  readonly doc: string;
  /** How it is written in a scenario. */
  readonly example: string;
  readonly source: string;
}

/** Every kind of operation, in the order of the documentation. */
export const ADMIN_DOCS: readonly AdminDoc[] = [
  { kind: 'createTopic', doc: 'creates a topic that the run does not begin with', example: '{ at: 12m, createTopic: { name: trips, partitions: 6, replicationFactor: 3 } }', source: 'CreateTopics; KIP-4' },
  { kind: 'deleteTopic', doc: 'deletes a topic with all its records', example: '{ at: 11m, deleteTopic: gps }', source: 'DeleteTopics; KIP-4' },
  { kind: 'createPartitions', doc: 'raises the number of partitions; keys move', example: '{ at: 10m, createPartitions: { topic: gps, count: 12 } }', source: 'CreatePartitions; KIP-195' },
  { kind: 'electLeaders', doc: 'elects the preferred leaders, or uncleanly a leader out of sync', example: '{ at: 5m, electLeaders: preferred, topic: gps, partitions: [0] }', source: 'ElectLeaders; KIP-460' },
  { kind: 'reassign', doc: 'moves a partition to other brokers, the first of them preferred', example: '{ at: 6m, reassign: { topic: gps, partition: 0, to: [broker-2, broker-3, broker-4] } }', source: 'AlterPartitionReassignments; KIP-455' },
  { kind: 'cancelReassignment', doc: 'ends a reassignment that is under way, and goes back', example: '{ at: 7m, cancelReassignment: { topic: gps, partition: 0 } }', source: 'AlterPartitionReassignments; KIP-455' },
  { kind: 'deleteRecords', doc: 'deletes what is below an offset, or below the high watermark', example: '{ at: 8m, deleteRecords: { topic: gps, partition: 0, before: 100 } }', source: 'DeleteRecords; KIP-107' },
  { kind: 'alterConfig', doc: 'changes configs of a topic, a broker or all brokers while they run', example: '{ at: 9m, alterConfig: { topic: gps, set: { min.insync.replicas: 1 } } }', source: 'IncrementalAlterConfigs; KIP-339' },
  { kind: 'unregisterBroker', doc: 'takes a broker that is gone off the list', example: '{ at: 13m, unregisterBroker: broker-4 }', source: 'UnregisterBroker; KIP-631' },
];

/** One line, without its time: `reassign gps-0 to broker-2,broker-3`. */
export function describeOperation(operation: AdminOperation): string {
  switch (operation.kind) {
    case 'createTopic':
      return `create topic ${operation.topic}, ${operation.partitions} partition${operation.partitions === 1 ? '' : 's'} x ${operation.replicationFactor}${describeValues(operation.config)}`;
    case 'deleteTopic':
      return `delete topic ${operation.topic}`;
    case 'createPartitions':
      return `raise ${operation.topic} to ${operation.count} partitions`;
    case 'electLeaders':
      return `elect ${operation.election} leaders of ${describePartitions(operation.partitions)}`;
    case 'reassign':
      return `reassign ${operation.topic}-${operation.partition} to ${operation.to.join(',')}`;
    case 'cancelReassignment':
      return `cancel the reassignment of ${operation.topic}-${operation.partition}`;
    case 'deleteRecords':
      return `delete records of ${operation.topic}-${operation.partition} before ${operation.before === 'highWatermark' ? 'the high watermark' : operation.before}`;
    case 'alterConfig': {
      const of = operation.resource === 'cluster' ? 'all brokers' : operation.name;
      const removed = operation.delete.map((name) => `, ${name} as by default`).join('');
      return `alter config of ${of}${describeValues(operation.set)}${removed}`;
    }
    case 'unregisterBroker':
      return `unregister ${operation.node}`;
    default:
      return unreachable(operation, 'describeOperation');
  }
}

function describeValues(values: ConfigValues): string {
  return Object.entries(values).map(([name, value]) => `, ${name}=${value}`).join('');
}

function describePartitions(partitions: ElectLeadersOperation['partitions']): string {
  if (partitions === null) return 'every partition';
  return partitions.map((each) => (each.partitions.length === 1 ? `${each.topic}-${each.partitions[0] as number}` : `${each.topic} [${each.partitions.join(',')}]`)).join(', ');
}

/** What the admin client is asked for. `idOf` gives a node's id. */
export function callOf(operation: AdminOperation, idOf: (node: NodeName) => number): AdminCall {
  switch (operation.kind) {
    case 'createTopic':
      return { type: 'CreateTopicsRequest', topics: [creatableTopic({ ...operation, name: operation.topic }, idOf)] };
    case 'deleteTopic':
      return { type: 'DeleteTopicsRequest', topicNames: [operation.topic] };
    case 'createPartitions':
      return { type: 'CreatePartitionsRequest', topics: [{ name: operation.topic, count: operation.count }] };
    case 'electLeaders':
      return { type: 'ElectLeadersRequest', electionType: operation.election === 'preferred' ? PREFERRED_ELECTION : UNCLEAN_ELECTION, topicPartitions: operation.partitions };
    case 'reassign':
      return reassignment(operation.topic, operation.partition, operation.to.map(idOf));
    case 'cancelReassignment':
      return reassignment(operation.topic, operation.partition, null);
    case 'deleteRecords': {
      const offset = operation.before === 'highWatermark' ? DELETE_TO_HIGH_WATERMARK : operation.before;
      return { type: 'DeleteRecordsRequest', topics: [{ name: operation.topic, partitions: [{ partitionIndex: operation.partition, offset }] }] };
    }
    case 'alterConfig': {
      const resourceType = operation.resource === 'topic' ? TOPIC_RESOURCE : BROKER_RESOURCE;
      const resourceName = operation.resource === 'broker' ? String(idOf(operation.name)) : operation.name;
      return { type: 'IncrementalAlterConfigsRequest', resources: [{ resourceType, resourceName, configs: changes(operation) }] };
    }
    case 'unregisterBroker':
      return { type: 'UnregisterBrokerRequest', brokerId: idOf(operation.node) };
    default:
      return unreachable(operation, 'callOf');
  }
}

/** A topic as CreateTopics asks for it: a manual assignment leaves the counts at -1. */
export function creatableTopic(
  { name, partitions, replicationFactor, assignment, config }: Omit<CreateTopicOperation, 'atMs' | 'kind' | 'topic'> & { readonly name: string }, idOf: (node: NodeName) => number,
): CreateTopicsTopic {
  return {
    name,
    numPartitions: assignment === null ? partitions : -1,
    replicationFactor: assignment === null ? replicationFactor : -1,
    assignments: (assignment ?? []).map((replicas, partitionIndex) => ({ partitionIndex, brokerIds: replicas.map(idOf) })),
    configs: settings(config),
  };
}

/** Configs as a request carries them: text, as in Kafka. */
function settings(config: ConfigValues): { readonly name: string; readonly value: string }[] {
  return Object.entries(config).map(([name, value]) => ({ name, value: String(value) }));
}

function changes(operation: AlterConfigOperation): AlterableConfig[] {
  return [
    ...settings(operation.set).map(({ name, value }): AlterableConfig => ({ name, configOperation: 'SET', value })),
    ...operation.delete.map((name): AlterableConfig => ({ name, configOperation: 'DELETE', value: null })),
  ];
}

function reassignment(topic: string, partition: number, replicas: readonly number[] | null): AdminCall {
  return { type: 'AlterPartitionReassignmentsRequest', topics: [{ name: topic, partitions: [{ partitionIndex: partition, replicas }] }] };
}

/** Nodes that an operation names. */
export function nodesNamedByOperation(operation: AdminOperation): readonly NodeName[] {
  if (operation.kind === 'reassign') return operation.to;
  if (operation.kind === 'createTopic') return (operation.assignment ?? []).flat();
  if (operation.kind === 'unregisterBroker') return [operation.node];
  return operation.kind === 'alterConfig' && operation.resource === 'broker' ? [operation.name] : [];
}
