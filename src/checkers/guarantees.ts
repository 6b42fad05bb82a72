/**
 * What Kafka does not promise, as predicates over a configuration and what happened: `allowed` gives the reason for which
 * an outcome is the price of the configuration or of the faults, undefined when it is a bug. There is no table of expected
 * answers; a checker asks about the one record, batch or producer that it found.
 *
 *   lost        acknowledged, and in no log of which an election takes one   GD-1
 *   changed     read or committed, and then gone or another record           GD-2, GD-3
 *   duplicated  more than once in a log                                      GD-5
 *   reordered   in another order than it was sent in                         GD-4
 *   refused     not accepted though it was sent with acks=all                GD-14
 *
 * Where a fact is not recorded (a lost connection, an attempt without an outcome) the predicate allows more than it needs
 * to, and its reason says so. Retention is not asked here: who compares logs knows where they begin.
 *
 * Left out: groups and transactions. Source: GD-1..GD-5, GD-14; "Message Delivery Semantics" and "Replication" in the
 * Kafka documentation; KIP-98, KIP-101, KIP-966.
 */
import { present, unreachable } from '../kernel/assert.ts';
import type { ProducerConfig } from '../kafka/config-tables.ts';
import type { ErrorName } from '../kafka/errors.ts';
import { NO_PRODUCER_ID, type Offset } from '../kafka/ids.ts';
import type { PartitionLog } from '../kafka/log.ts';
import type { RecordBatch } from '../kafka/records.ts';
import type { CheckConfig, CheckedProducer } from './checker.ts';
import type { TrackedPartition } from './cluster.ts';
import type { RunTrace } from './run-trace.ts';

/** Whether two copies of a record have sequences, and of the same producer epoch. */
export type Copies = 'without sequences' | 'in one epoch' | 'in two epochs';

export type Outcome =
  | { readonly kind: 'lost'; readonly partition: TrackedPartition; readonly offset: Offset; readonly value: string | null; readonly acks: -1 | 0 | 1; readonly sentAtUs: number }
  | { readonly kind: 'changed'; readonly partition: TrackedPartition; readonly offset: Offset; readonly value: string | null }
  | { readonly kind: 'committed batch lost'; readonly partition: TrackedPartition; readonly batch: RecordBatch }
  | {
      readonly kind: 'duplicated'; readonly producer: CheckedProducer; readonly copies: Copies; readonly isSentAgain: boolean;
      /** An attempt ended without proof that it appended nothing, or none has ended. */
      readonly isUndecided: boolean;
      /** The producer had given up a batch before it raised its epoch. */
      readonly wasBatchGivenUp: boolean;
      /** `producer.id.expiration.ms` lies between the copies. */
      readonly isForgotten: boolean;
      /** Of those of its producer in the epoch of the first copy: the one that the partition got first. */
      readonly firstBatch: RecordBatch | undefined;
      /** Retention took the first copy before the second one came, and since when another leader may have come, too: since the send. */
      readonly isFirstDeleted: boolean;
      readonly partition: TrackedPartition;
      readonly sentAtUs: number;
    }
  | { readonly kind: 'reordered'; readonly producer: CheckedProducer; /** Where the record that was sent later stands, in front. */ readonly log: PartitionLog; readonly offset: Offset }
  | { readonly kind: 'refused'; readonly producer: CheckedProducer | undefined; readonly partition: TrackedPartition; readonly errorCode: ErrorName; readonly sentAtUs: number };

/** Refusals that are about the record or the caller, not about the cluster. */
const ABOUT_THE_RECORD: readonly ErrorName[] = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'CORRUPT_MESSAGE'];

/** Why `outcome` is no bug in a run of `config` in which `trace` happened; undefined when it is one. */
export function allowed(outcome: Outcome, config: CheckConfig, trace: RunTrace): string | undefined {
  switch (outcome.kind) {
    case 'lost':
      return trace.budget.excuseForRecord(outcome.partition, outcome.offset, outcome.value) ?? (outcome.acks === -1 ? undefined : weakLoss(outcome, trace));
    case 'changed':
      return trace.budget.excuseForRecord(outcome.partition, outcome.offset, outcome.value);
    case 'committed batch lost':
      return trace.budget.excuseForBatch(outcome.partition, outcome.batch);
    case 'duplicated':
      return duplication(outcome) ?? overtakenCopy(outcome, config) ?? forgottenCopy(outcome, config, trace);
    case 'reordered':
      return reordering(outcome.producer) ?? overtaking(outcome, config);
    case 'refused':
      return refusal(outcome, config, trace);
    default:
      return unreachable(outcome, 'outcome');
  }
}

/** acks=0 and acks=1 wait for no follower: what the leader alone had goes with the leader. */
function weakLoss({ partition, acks, sentAtUs }: Outcome & { readonly kind: 'lost' }, trace: RunTrace): string | undefined {
  if (trace.leaderChangedSince(partition, sentAtUs)) return `acks=${acks}, and the leader was replaced`;
  if (trace.leaderLostSince(partition, sentAtUs)) return `acks=${acks}, and the leader lost records with its disk`;
  // No fact says whether a connection broke, or an append was refused: with acks=0 nobody is told of either.
  return acks === 0 ? 'acks=0, which is told neither of a lost connection nor of a refused append' : undefined;
}

/** GD-5: retries of a producer without sequences may each become a record. */
export function retriesUnnumbered({ enableIdempotence, retries }: ProducerConfig): string | undefined {
  return !enableIdempotence && retries > 0 ? 'the producer retries without idempotence' : undefined;
}

/**
 * GD-5: idempotence keeps one producer's retries apart from new records, not an application's second call, and not what it
 * renumbers when a batch before it was given up (KIP-360). A record whose only attempt was answered has no second copy.
 */
function duplication({ producer: { config }, copies, isSentAgain, isUndecided, wasBatchGivenUp, isForgotten }: Outcome & { readonly kind: 'duplicated' }): string | undefined {
  if (isSentAgain) return 'the application sent it again';
  if (!isUndecided) return undefined;
  switch (copies) {
    case 'without sequences':
      return retriesUnnumbered(config);
    case 'in two epochs':
      return wasBatchGivenUp ? 'the producer had given up a batch and raised its epoch' : undefined;
    case 'in one epoch':
      return isForgotten ? 'the producer id had expired' : undefined;
    default:
      return unreachable(copies, 'copies of a record');
  }
}

/**
 * GD-5 has the hole of GD-4 (`overtaking`): the batch before the one that got in first is out of order for good, whereupon the
 * producer raises its epoch and sends again what it has no answer for.
 */
function overtakenCopy({ copies, isUndecided, firstBatch }: Outcome & { readonly kind: 'duplicated' }, { firstSequenceOfEmptyLogIsZero }: CheckConfig): string | undefined {
  return copies === 'in two epochs' && isUndecided && firstBatch !== undefined ? unknownProducer(firstBatch, firstSequenceOfEmptyLogIsZero) : undefined;
}

/** A leader knows a producer though retention took its records (KIP-360); one that only has what is left of the log does not. */
function forgottenCopy({ copies, isUndecided, isFirstDeleted, partition, sentAtUs }: Outcome & { readonly kind: 'duplicated' }, { producerStateOutlivesRecords }: CheckConfig, trace: RunTrace): string | undefined {
  if (!isFirstDeleted || !isUndecided || copies === 'without sequences') return undefined;
  if (producerStateOutlivesRecords === false) return 'leaders forget a producer with the last of its records';
  return trace.leaderChangedSince(partition, sentAtUs) ? 'another leader had only what retention left of the log, and did not know the producer' : undefined;
}

/**
 * GD-4. With one request in flight, a copy whose answer was lost may be appended late, behind records that were sent after
 * it; it is a duplicate, and the order of first occurrences holds.
 */
export function reordering({ config }: CheckedProducer): string | undefined {
  const isKept = config.enableIdempotence || config.maxInFlightRequestsPerConnection === 1 || config.retries === 0;
  return isKept ? undefined : 'the producer retries with several requests in flight and without idempotence';
}

/**
 * GD-4 has a hole: a leader that does not know the producer takes any sequence (KIP-360), so that a batch sent to a new leader
 * gets in before those that the old one took with it. Since 4.5 not into a log that never held a record (KAFKA-15591).
 * Read off the log: the first batch of the producer there has a sequence other than 0. Wide where retention took earlier ones.
 */
function overtaking({ producer, log, offset }: Outcome & { readonly kind: 'reordered' }, { firstSequenceOfEmptyLogIsZero }: CheckConfig): string | undefined {
  const { producerId } = present(log.batchAt(offset), 'the batch of a record that is there');
  if (producerId === NO_PRODUCER_ID || producer.config.maxInFlightRequestsPerConnection === 1) return undefined;
  for (const first of log.batches()) if (first.producerId === producerId) return unknownProducer(first, firstSequenceOfEmptyLogIsZero);
  return undefined;
}

function unknownProducer(first: RecordBatch, firstSequenceOfEmptyLogIsZero: boolean | undefined): string | undefined {
  const isUnknown = first.baseSequence !== 0 && (first.baseOffset > 0 || firstSequenceOfEmptyLogIsZero === false);
  return isUnknown ? 'the leader did not know the producer, and took a sequence other than 0' : undefined;
}

/** Why records of some producer may be out of order in `log`, whose producers are idempotent: the same, asked of all of them. */
export function overtakingIn(log: PartitionLog, { firstSequenceOfEmptyLogIsZero }: CheckConfig): string | undefined {
  const known = new Set<number>();
  for (const batch of log.batches()) {
    if (batch.producerId === NO_PRODUCER_ID || known.has(batch.producerId)) continue;
    known.add(batch.producerId);
    const reason = unknownProducer(batch, firstSequenceOfEmptyLogIsZero);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** A request, the answer with the batch to a follower's fetch, the fetch that says that it has it, the answer. */
const TRIPS_OF_A_REQUEST = 4;
/** Before that a connection and metadata. */
const TRIPS_OF_A_SEND = 8;

function isHasty({ config: { requestTimeoutMs, deliveryTimeoutMs } }: CheckedProducer, slowestTripMs: number): boolean {
  return requestTimeoutMs < TRIPS_OF_A_REQUEST * slowestTripMs || deliveryTimeoutMs < TRIPS_OF_A_SEND * slowestTripMs;
}

function refusal({ producer, partition, errorCode, sentAtUs }: Outcome & { readonly kind: 'refused' }, { liveness, slowestTripMs = 0 }: CheckConfig, trace: RunTrace): string | undefined {
  if (ABOUT_THE_RECORD.includes(errorCode)) return `${errorCode} is about the record`;
  if (errorCode === 'REQUEST_TIMED_OUT' && producer !== undefined && isHasty(producer, slowestTripMs)) return 'request.timeout.ms or delivery.timeout.ms is shorter than what the messages of a send may take';
  if (trace.belowMinIsrSince(partition, sentAtUs)) return 'the ISR was smaller than min.insync.replicas';
  if (errorCode === 'NOT_ENOUGH_REPLICAS' || errorCode === 'NOT_ENOUGH_REPLICAS_AFTER_APPEND') return undefined;
  const restedUs = liveness === null ? Number.MAX_SAFE_INTEGER : liveness.quietFromUs + liveness.boundMs * 1_000;
  if (sentAtUs < restedUs) return 'the cluster was not at rest';
  if (partition.leader === undefined || trace.leaderChangedSince(partition, sentAtUs)) return 'no leader stayed in reach';
  return undefined;
}
