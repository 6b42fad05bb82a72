/**
 * Kafka's error codes as values, with what a client may conclude from each.
 *
 * `retriable` and `invalidMetadata` say whether the error's exception is a RetriableException, and of those an
 * InvalidMetadataException. `definite` says whether an attempt that ended so is proven to have had no effect; it speaks
 * of that attempt only: an earlier one may have succeeded. Where a request of any kind can end so after its write took
 * effect, the error is indefinite:
 *
 * - NOT_LEADER_OR_FOLLOWER comes also to a produce request that waited for its replicas (KAFKA-13574);
 * - NOT_CONTROLLER comes also to requests whose records a resigning controller left uncommitted, and which its
 *   successor may commit (QuorumController.renounce);
 * - COORDINATOR_NOT_AVAILABLE and NOT_COORDINATOR stand also for NOT_ENOUGH_REPLICAS_AFTER_APPEND,
 *   NOT_LEADER_OR_FOLLOWER and KAFKA_STORAGE_ERROR of the offsets topic (GroupMetadataManager);
 * - DUPLICATE_SEQUENCE_NUMBER and NEW_LEADER_ELECTED say that it did take effect.
 *
 * Left out: security, quotas beyond one, delegation tokens, telemetry, share groups.
 *
 * Source: Errors, the classes of org.apache.kafka.common.errors; Jepsen's Kafka client for what is definite.
 */
import { present } from '../kernel/assert.ts';

/** How a client treats the error. */
type Treatment = 'none' | 'fatal' | 'retriable' | 'invalidMetadata';
/** What an attempt that ended with the error proves. */
type Proof = 'definite' | 'indefinite';

const errors = {
  UNKNOWN_SERVER_ERROR: [-1, 'fatal', 'indefinite'],
  NONE: [0, 'none', 'indefinite'],
  OFFSET_OUT_OF_RANGE: [1, 'fatal', 'definite'],
  CORRUPT_MESSAGE: [2, 'retriable', 'definite'],
  UNKNOWN_TOPIC_OR_PARTITION: [3, 'invalidMetadata', 'definite'],
  INVALID_FETCH_SIZE: [4, 'fatal', 'definite'],
  LEADER_NOT_AVAILABLE: [5, 'invalidMetadata', 'definite'],
  NOT_LEADER_OR_FOLLOWER: [6, 'invalidMetadata', 'indefinite'],
  REQUEST_TIMED_OUT: [7, 'retriable', 'indefinite'],
  BROKER_NOT_AVAILABLE: [8, 'fatal', 'definite'],
  REPLICA_NOT_AVAILABLE: [9, 'invalidMetadata', 'definite'],
  MESSAGE_TOO_LARGE: [10, 'fatal', 'definite'],
  STALE_CONTROLLER_EPOCH: [11, 'fatal', 'definite'],
  OFFSET_METADATA_TOO_LARGE: [12, 'fatal', 'definite'],
  NETWORK_EXCEPTION: [13, 'invalidMetadata', 'indefinite'],
  COORDINATOR_LOAD_IN_PROGRESS: [14, 'retriable', 'definite'],
  COORDINATOR_NOT_AVAILABLE: [15, 'retriable', 'indefinite'],
  NOT_COORDINATOR: [16, 'retriable', 'indefinite'],
  INVALID_TOPIC_EXCEPTION: [17, 'fatal', 'definite'],
  RECORD_LIST_TOO_LARGE: [18, 'fatal', 'definite'],
  NOT_ENOUGH_REPLICAS: [19, 'retriable', 'definite'],
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: [20, 'retriable', 'indefinite'],
  INVALID_REQUIRED_ACKS: [21, 'fatal', 'definite'],
  ILLEGAL_GENERATION: [22, 'fatal', 'definite'],
  INCONSISTENT_GROUP_PROTOCOL: [23, 'fatal', 'definite'],
  INVALID_GROUP_ID: [24, 'fatal', 'definite'],
  UNKNOWN_MEMBER_ID: [25, 'fatal', 'definite'],
  INVALID_SESSION_TIMEOUT: [26, 'fatal', 'definite'],
  REBALANCE_IN_PROGRESS: [27, 'fatal', 'definite'],
  INVALID_COMMIT_OFFSET_SIZE: [28, 'fatal', 'definite'],
  TOPIC_AUTHORIZATION_FAILED: [29, 'fatal', 'definite'],
  GROUP_AUTHORIZATION_FAILED: [30, 'fatal', 'definite'],
  CLUSTER_AUTHORIZATION_FAILED: [31, 'fatal', 'definite'],
  INVALID_TIMESTAMP: [32, 'fatal', 'definite'],
  UNSUPPORTED_VERSION: [35, 'fatal', 'definite'],
  TOPIC_ALREADY_EXISTS: [36, 'fatal', 'definite'],
  INVALID_PARTITIONS: [37, 'fatal', 'definite'],
  INVALID_REPLICATION_FACTOR: [38, 'fatal', 'definite'],
  INVALID_REPLICA_ASSIGNMENT: [39, 'fatal', 'definite'],
  INVALID_CONFIG: [40, 'fatal', 'definite'],
  NOT_CONTROLLER: [41, 'retriable', 'indefinite'],
  INVALID_REQUEST: [42, 'fatal', 'definite'],
  UNSUPPORTED_FOR_MESSAGE_FORMAT: [43, 'fatal', 'definite'],
  POLICY_VIOLATION: [44, 'fatal', 'definite'],
  OUT_OF_ORDER_SEQUENCE_NUMBER: [45, 'fatal', 'definite'],
  DUPLICATE_SEQUENCE_NUMBER: [46, 'fatal', 'indefinite'],
  INVALID_PRODUCER_EPOCH: [47, 'fatal', 'definite'],
  INVALID_TXN_STATE: [48, 'fatal', 'definite'],
  INVALID_PRODUCER_ID_MAPPING: [49, 'fatal', 'definite'],
  INVALID_TRANSACTION_TIMEOUT: [50, 'fatal', 'definite'],
  CONCURRENT_TRANSACTIONS: [51, 'retriable', 'definite'],
  TRANSACTION_COORDINATOR_FENCED: [52, 'fatal', 'definite'],
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: [53, 'fatal', 'definite'],
  OPERATION_NOT_ATTEMPTED: [55, 'fatal', 'definite'],
  KAFKA_STORAGE_ERROR: [56, 'invalidMetadata', 'indefinite'],
  LOG_DIR_NOT_FOUND: [57, 'fatal', 'definite'],
  UNKNOWN_PRODUCER_ID: [59, 'fatal', 'definite'],
  REASSIGNMENT_IN_PROGRESS: [60, 'fatal', 'definite'],
  NON_EMPTY_GROUP: [68, 'fatal', 'definite'],
  GROUP_ID_NOT_FOUND: [69, 'fatal', 'definite'],
  FETCH_SESSION_ID_NOT_FOUND: [70, 'retriable', 'definite'],
  INVALID_FETCH_SESSION_EPOCH: [71, 'retriable', 'definite'],
  LISTENER_NOT_FOUND: [72, 'invalidMetadata', 'definite'],
  TOPIC_DELETION_DISABLED: [73, 'fatal', 'definite'],
  FENCED_LEADER_EPOCH: [74, 'invalidMetadata', 'definite'],
  UNKNOWN_LEADER_EPOCH: [75, 'retriable', 'definite'],
  STALE_BROKER_EPOCH: [77, 'fatal', 'definite'],
  OFFSET_NOT_AVAILABLE: [78, 'retriable', 'definite'],
  MEMBER_ID_REQUIRED: [79, 'fatal', 'definite'],
  PREFERRED_LEADER_NOT_AVAILABLE: [80, 'invalidMetadata', 'definite'],
  GROUP_MAX_SIZE_REACHED: [81, 'fatal', 'definite'],
  FENCED_INSTANCE_ID: [82, 'fatal', 'definite'],
  ELIGIBLE_LEADERS_NOT_AVAILABLE: [83, 'invalidMetadata', 'definite'],
  ELECTION_NOT_NEEDED: [84, 'invalidMetadata', 'definite'],
  NO_REASSIGNMENT_IN_PROGRESS: [85, 'fatal', 'definite'],
  GROUP_SUBSCRIBED_TO_TOPIC: [86, 'fatal', 'definite'],
  INVALID_RECORD: [87, 'fatal', 'definite'],
  UNSTABLE_OFFSET_COMMIT: [88, 'retriable', 'definite'],
  THROTTLING_QUOTA_EXCEEDED: [89, 'retriable', 'definite'],
  PRODUCER_FENCED: [90, 'fatal', 'definite'],
  RESOURCE_NOT_FOUND: [91, 'fatal', 'definite'],
  INCONSISTENT_VOTER_SET: [94, 'fatal', 'definite'],
  INVALID_UPDATE_VERSION: [95, 'fatal', 'definite'],
  FEATURE_UPDATE_FAILED: [96, 'fatal', 'definite'],
  SNAPSHOT_NOT_FOUND: [98, 'fatal', 'definite'],
  POSITION_OUT_OF_RANGE: [99, 'fatal', 'definite'],
  UNKNOWN_TOPIC_ID: [100, 'invalidMetadata', 'definite'],
  DUPLICATE_BROKER_REGISTRATION: [101, 'fatal', 'definite'],
  BROKER_ID_NOT_REGISTERED: [102, 'fatal', 'definite'],
  INCONSISTENT_TOPIC_ID: [103, 'invalidMetadata', 'definite'],
  INCONSISTENT_CLUSTER_ID: [104, 'fatal', 'definite'],
  TRANSACTIONAL_ID_NOT_FOUND: [105, 'fatal', 'definite'],
  FETCH_SESSION_TOPIC_ID_ERROR: [106, 'retriable', 'definite'],
  INELIGIBLE_REPLICA: [107, 'fatal', 'definite'],
  NEW_LEADER_ELECTED: [108, 'fatal', 'indefinite'],
  FENCED_MEMBER_EPOCH: [110, 'fatal', 'definite'],
  UNRELEASED_INSTANCE_ID: [111, 'fatal', 'definite'],
  UNSUPPORTED_ASSIGNOR: [112, 'fatal', 'definite'],
  STALE_MEMBER_EPOCH: [113, 'fatal', 'definite'],
  INVALID_REGISTRATION: [119, 'fatal', 'definite'],
  TRANSACTION_ABORTABLE: [120, 'fatal', 'definite'],
  INVALID_VOTER_KEY: [125, 'fatal', 'definite'],
  DUPLICATE_VOTER: [126, 'fatal', 'definite'],
  VOTER_NOT_FOUND: [127, 'fatal', 'definite'],
} as const satisfies { readonly [name: string]: readonly [code: number, treatment: Treatment, proof: Proof] };

/** Kafka's name of an error, as messages carry it here in place of its code. */
export type ErrorName = keyof typeof errors;

export interface ErrorInfo {
  readonly name: ErrorName;
  /** The code of the binary protocol, int16. */
  readonly code: number;
  /** A client may send the request again. */
  readonly retriable: boolean;
  /** The client should refresh its metadata before it does. Implies `retriable`. */
  readonly invalidMetadata: boolean;
  /** The attempt is proven to have had no effect. False for NONE. */
  readonly definite: boolean;
}

const names = Object.keys(errors) as ErrorName[];

const infoByName: ReadonlyMap<ErrorName, ErrorInfo> = new Map(
  names.map((name) => {
    const [code, treatment, proof] = errors[name];
    const invalidMetadata = treatment === 'invalidMetadata';
    return [
      name,
      {
        name,
        code,
        retriable: invalidMetadata || treatment === 'retriable',
        invalidMetadata,
        definite: proof === 'definite',
      },
    ];
  }),
);
const infoByCode: ReadonlyMap<number, ErrorInfo> = new Map([...infoByName.values()].map((info) => [info.code, info]));

/** Every error in the table, in order of code. */
export const errorNames: readonly ErrorName[] = names;

export function errorInfo(name: ErrorName): ErrorInfo {
  return present(infoByName.get(name), `error ${name}`);
}

/**
 * The error of a protocol code; codes that are not in the table count as UNKNOWN_SERVER_ERROR, as in Errors.forCode.
 */
export function errorForCode(code: number): ErrorInfo {
  return infoByCode.get(code) ?? errorInfo('UNKNOWN_SERVER_ERROR');
}
