/**
 * The admin client's state: operations that wait, the one under way, and the connections. Immutable below its top
 * level; plain data.
 *
 * An operation has one or two stages, as in Kafka's AdminApiDriver: `lookup` asks a broker for metadata (which brokers
 * there are, who leads a partition), `fulfillment` asks those that can carry it out. An attempt is one round of requests of a
 * stage; an answer to an attempt that was given up is dropped.
 *
 * Invariant: `awaited` is the number of requests in flight whose purpose has the present attempt's number.
 *
 * Source: KafkaAdminClient.Call, AdminApiDriver.
 */
import type { AdminResult } from '../../history/observations.ts';
import type { AdminCall, CreateTopicsTopic } from '../../kafka/api.ts';
import type { NodeId, Offset, PartitionIndex, TopicName } from '../../kafka/ids.ts';
import { firstCorrelationId, type NetworkState } from '../client/network-client.ts';
import { NO_TIMERS, Turn, type TurnEvent } from '../client/turn.ts';
import { quietly, type Reduced } from '../reduction.ts';
import type { AdminConfig } from './config.ts';

export interface AdminInput {
  /** `bootstrap.servers`: who is asked for metadata. */
  readonly bootstrapServers: readonly NodeId[];
  /** `bootstrap.controllers` (KIP-919): every controller, one of which is active. */
  readonly bootstrapControllers: readonly NodeId[];
  readonly config: AdminConfig;
  readonly incarnation: number;
}

/** `operationId` of the creation of the topics that a run begins with. */
export const PROVISIONING = -1;

/** `data` of `admin.call`: an operation is due. */
export interface CallDue {
  /** At least 0, unique among the operations of a run. */
  readonly operationId: number;
  readonly call: AdminCall;
}

/** `data` of `admin.provision`: the topics a run begins with. */
export interface ProvisioningDue {
  /** So many brokers must be there first, lest the replicas crowd on those that came early. */
  readonly brokers: number;
  readonly topics: readonly CreateTopicsTopic[];
}

/** The operation under way. */
export interface CurrentOperation {
  readonly operationId: number;
  readonly call: AdminCall;
  /** Repeated until nothing of it fails; has no deadline. */
  readonly persists: boolean;
  /** Of provisioning: how many brokers the lookup must find. */
  readonly brokersWanted: number;
  readonly stage: 'lookup' | 'fulfillment';
  /** Ms on the node's clock; NEVER_MS when it persists. */
  readonly deadlineMs: number;
  /** Number of the present attempt, from 1; 0 before the first. */
  readonly attempt: number;
  readonly awaited: number;
  /** Attempts of this stage that came to nothing, which is what the backoff grows with. */
  readonly tries: number;
  readonly nextAllowedTryMs: number;
  /** An attempt without a definite end may have taken effect. */
  readonly maybeDone: boolean;
  /** What is settled (DeleteRecords: partitions, one by one). */
  readonly results: readonly AdminResult[];
}

export interface PartitionToDelete {
  readonly name: TopicName;
  readonly partitionIndex: PartitionIndex;
  readonly offset: Offset;
}

export interface AdminPurpose {
  readonly kind: 'lookup' | 'fulfillment';
  readonly operationId: number;
  readonly attempt: number;
}

export interface AdminState extends NetworkState<AdminPurpose> {
  readonly config: AdminConfig;
  readonly bootstrapServers: readonly NodeId[];
  readonly bootstrapControllers: readonly NodeId[];
  /** Place in `bootstrapControllers` of the one that is asked next: the active one, once it is found. */
  readonly controllerAt: number;
  /** Asked for and not begun; it goes before what waits in the queue. */
  readonly provisioningDue: ProvisioningDue | null;
  /** `wanted`: asked for, and not all topics are there yet. */
  readonly provisioning: 'unasked' | 'wanted' | 'done';
  /** In the order in which they came due. */
  readonly queue: readonly CallDue[];
  readonly current: CurrentOperation | null;
}

export type AdminTurn = Turn<AdminState>;

/** An admin client that nobody has asked for anything yet. */
export function startAdmin({ bootstrapServers, bootstrapControllers, config, incarnation }: AdminInput): Reduced<AdminState> {
  return quietly({
    ...NO_TIMERS, config, bootstrapServers, bootstrapControllers, connections: [], lastCorrelationId: firstCorrelationId(incarnation),
    controllerAt: 0, provisioningDue: null, provisioning: 'unasked', queue: [], current: null,
  });
}

export function beginTurn(state: AdminState, event: TurnEvent): AdminTurn {
  return new Turn<AdminState>({ ...state }, event);
}

/** The topics of the last `admin.provision` exist, as far as this process has been told. */
export function topicsExist({ provisioning }: Pick<AdminState, 'provisioning'>): boolean {
  return provisioning === 'done';
}
