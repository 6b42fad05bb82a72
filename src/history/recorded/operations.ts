/**
 * A history as data, whoever recorded it: operations at the client API in Jepsen's form. An operation is invoked and comes to
 * be `ok`, `fail` (it certainly did not happen) or `info` (nobody knows); what happens in one instant, such as a rebalance
 * listener, has a completion alone. `send`, `poll` and `txn` carry micro-operations, as Jepsen's Kafka workload has them:
 *
 *   ["send", key, value]   becomes   ["send", key, [offset, value]]
 *   ["poll"]               becomes   ["poll", {key: [[offset, value], …], …}]
 *
 * A key is a topic-partition. Processes may have several operations under way at once, unlike Jepsen's; a completion then names
 * its invocation by `id`. What a history cannot say of itself (which anomalies its configuration allows) is in its header.
 *
 * Source: Jepsen's histories (knossos.op); the Kafka workload of jepsen-io/jepsen.
 */
import type { Outcome } from '../observations.ts';

export const HISTORY_FORMAT = 'harrow.history/1';

/** A topic-partition, such as `orders-0`. */
export type Key = string;
/** Unique among the records of a key; null is a tombstone, of which there may be many. */
export type Value = string | number | null;

export type OperationType = 'invoke' | 'ok' | 'fail' | 'info';

export interface ReadRecord {
  readonly offset: number;
  readonly value: Value;
  /** The record's own key; undefined when the history does not say. */
  readonly recordKey?: string | null;
  readonly leaderEpoch?: number;
}

export interface SendMicroOperation {
  readonly kind: 'send';
  /** Null while nobody has chosen a partition. */
  readonly key: Key | null;
  readonly value: Value;
  /** Null when it is not known. */
  readonly offset: number | null;
}

export interface PollMicroOperation {
  readonly kind: 'poll';
  /** In the order in which the application got them. */
  readonly reads: readonly { readonly key: Key; readonly records: readonly ReadRecord[] }[];
}

export type MicroOperation = SendMicroOperation | PollMicroOperation;

interface Stamp {
  /** Rises from operation to operation. */
  readonly index: number;
  readonly type: OperationType;
  readonly process: string;
  /** From 1; a process that starts anew keeps its name and nothing else. */
  readonly incarnation: number;
  /** Nanoseconds, as in Jepsen. */
  readonly timeNs: number;
}

/** What `send`, `poll` and transactions do. */
export interface ClientOperation extends Stamp {
  readonly f: 'send' | 'poll' | 'txn';
  readonly value: readonly MicroOperation[];
  /** Joins completion and invocation. */
  readonly id?: number;
  readonly topic?: string;
  readonly recordKey?: string | null;
  readonly acks?: -1 | 0 | 1;
  readonly error?: string;
  /** Of a send that is `ok`: an attempt before the last ended without proof that it appended nothing. */
  readonly mayBeTwice?: boolean;
  /** The broker that served a poll. */
  readonly from?: number;
  /** The consumer takes another broker for the leader by now. */
  readonly isFromFormerLeader?: boolean;
  /** Keys that were taken or given while the operation was under way. */
  readonly rebalanced?: readonly Key[];
}

/** The producer has an id, or a new epoch of it, in which its sequence numbers begin anew (KIP-98, KIP-360). */
export interface ProducerEpochOperation extends Stamp {
  readonly f: 'producer-epoch';
  readonly value: readonly [producerId: number, producerEpoch: number];
}

/** From here on the process reads these partitions, at positions of which nothing is said. */
export interface AssignOperation extends Stamp {
  readonly f: 'assign';
  readonly value: readonly Key[];
}

export interface SubscribeOperation extends Stamp {
  readonly f: 'subscribe';
  readonly value: readonly string[];
  readonly group?: string;
}

/** The rebalance listener ran; from here on the member owns exactly `value`. */
export interface RebalanceOperation extends Stamp {
  readonly f: 'rebalance';
  readonly value: readonly Key[];
  readonly group: string;
  readonly member: string;
  readonly generation: number;
  readonly reason: 'assigned' | 'revoked' | 'lost';
}

/** The position moved other than by reading. */
export interface PositionOperation extends Stamp {
  readonly f: 'position';
  readonly value: readonly [Key, number];
  readonly from: number | null;
  readonly reason: 'initial' | 'committed' | 'seek' | 'outOfRange' | 'truncation';
  /** Where a leader was asked for the offset: as it says, -1 for an unknown one. */
  readonly leaderEpoch?: number;
}

export interface CommitOperation extends Stamp {
  readonly f: 'commit';
  /** The next offsets to read. */
  readonly value: readonly (readonly [Key, number])[];
  readonly id?: number;
  readonly group?: string;
  readonly mode?: 'sync' | 'async' | 'auto';
  readonly error?: string;
  /** Of one that is `ok`: an attempt before the last ended without proof that it did nothing. */
  readonly mayBeTwice?: boolean;
}

/** Committed offsets as a client was told them; null where there was none. */
export interface CommittedOperation extends Stamp {
  readonly f: 'committed';
  readonly value: readonly (readonly [Key, number | null])[];
  readonly group: string;
}

/** The ends of partitions as a client was told them (ListOffsets, latest). */
export interface ListOffsetsOperation extends Stamp {
  readonly f: 'list-offsets';
  readonly value: readonly (readonly [Key, number])[];
}

/** The application carried out the effect of one record. */
export interface ProcessOperation extends Stamp {
  readonly f: 'process';
  readonly value: readonly [Key, number, Value];
  /** False where an idempotent sink had it already. */
  readonly isApplied: boolean;
}

/** The process ended. */
export interface CrashOperation extends Stamp {
  readonly f: 'crash';
}

/** The application got an exception of its consumer. */
export interface ErrorOperation extends Stamp {
  readonly f: 'error';
  readonly error: string;
  readonly exception: string;
}

/** The administrator; what it asked for and what came of it, of which no rule reads anything. */
export interface AdminOperation extends Stamp {
  readonly f: 'admin';
  readonly value: unknown;
  readonly id: number;
  readonly error?: string;
  readonly message?: string;
}

/** A fault; kept, and judged by nobody. */
export interface NemesisOperation extends Stamp {
  readonly f: 'nemesis';
  readonly value: unknown;
}

export type Operation =
  | ClientOperation | ProducerEpochOperation | AssignOperation | SubscribeOperation | RebalanceOperation | PositionOperation | CommitOperation | CommittedOperation
  | ListOffsetsOperation | ProcessOperation | CrashOperation | ErrorOperation | AdminOperation | NemesisOperation;

/** An anomaly that the configuration allows, everywhere or in some topics, and why. */
export interface Allowance {
  readonly anomaly: string;
  readonly reason: string;
  /** Of the keys of these topics only. */
  readonly topics?: readonly string[];
}

export interface HistoryHeader {
  readonly format: typeof HISTORY_FORMAT;
  /** Where it comes from, in words. */
  readonly source?: string;
  /** Names of nodes by their index, of a history that Harrow recorded. */
  readonly nodes?: readonly string[];
  readonly allows?: readonly Allowance[];
  /** Anomalies that are judged only where their absence is promised, such as `unseen` and `unprocessed`. */
  readonly promises?: readonly string[];
  /** How long a call may take at most; nothing is asked of kinds that are not named. */
  readonly patienceMs?: { readonly send?: number; readonly commit?: number };
}

export interface RecordedHistory {
  readonly header: HistoryHeader;
  readonly operations: readonly Operation[];
}

export const TYPE_OF_OUTCOME: Readonly<Record<Outcome, OperationType>> = { ok: 'ok', fail: 'fail', unknown: 'info' };

export function isClientOperation(operation: Operation): operation is ClientOperation {
  return operation.f === 'send' || operation.f === 'poll' || operation.f === 'txn';
}

/** The topic of a key: `orders` of `orders-0`, the key itself where it ends in no number. */
export function topicOfKey(key: Key): string {
  return /^(.+)-\d+$/.exec(key)?.[1] ?? key;
}
