/**
 * The properties a run is judged by, under the names that scenarios, verdicts and the command line use, in the order in
 * which verdicts are shown: what a client is promised first, then what the promise rests on.
 */
import { acknowledgedRecordsSurvive } from './acknowledged-records-survive.ts';
import { atLeastOnce } from './at-least-once.ts';
import { atMostOnce } from './at-most-once.ts';
import { brokersReturn } from './brokers-return.ts';
import type { Property } from './checker.ts';
import { classicGroup } from './classic-group.ts';
import { committedBeforeRevoked } from './committed-before-revoked.ts';
import { committedPrefixImmutable } from './committed-prefix-immutable.ts';
import { consumerGroup } from './consumer-group.ts';
import { consumerOrder } from './consumer-order.ts';
import { endOffsetsMonotone } from './end-offsets-monotone.ts';
import { epochFencing } from './epoch-fencing.ts';
import { fencedNotInIsr } from './fenced-not-in-isr.ts';
import { highWatermarkAgreed } from './high-watermark-agreed.ts';
import { coordinatorIsReplay } from './coordinator-is-replay.ts';
import { groupOffsetsKept } from './group-offsets-kept.ts';
import { groupsProgress } from './groups-progress.ts';
import { groupsSettle } from './groups-settle.ts';
import { highWatermarkArrives } from './high-watermark-arrives.ts';
import { highWatermarkMonotone } from './high-watermark-monotone.ts';
import { isrInSync } from './isr-in-sync.ts';
import { isrRecovers } from './isr-recovers.ts';
import { keyInOnePartition } from './key-in-one-partition.ts';
import { leaderCompleteness } from './leader-completeness.ts';
import { leaderElected } from './leader-elected.ts';
import { leaderInIsr } from './leader-in-isr.ts';
import { logMatching } from './log-matching.ts';
import { metadataLog } from './metadata-log.ts';
import { minIsrOnAck } from './min-isr-on-ack.ts';
import { minIsrRecovery } from './min-isr-recovery.ts';
import { noDuplicates } from './no-duplicates.ts';
import { oneOwnerPerGeneration } from './one-owner-per-generation.ts';
import { oneLeaderPerEpoch } from './one-leader-per-epoch.ts';
import { preVotesFirst } from './pre-votes-first.ts';
import { producerOrder } from './producer-order.ts';
import { producerSequences } from './producer-sequences.ts';
import { progressAfterHeal } from './progress-after-heal.ts';
import { quorumLeaderResigns } from './quorum-leader-resigns.ts';
import { quorumSuperset } from './quorum-superset.ts';
import { readsAgree } from './reads-agree.ts';
import { reassignmentsComplete } from './reassignments-complete.ts';
import { retainedAsPromised } from './retained-as-promised.ts';
import { sendsSettle } from './sends-settle.ts';
import { truncationSafe } from './truncation-safe.ts';
import { truncationNoticed } from './truncation-noticed.ts';
import { typeOk } from './type-ok.ts';
import { validHighWatermark } from './valid-high-watermark.ts';
import { writesAccepted } from './writes-accepted.ts';

export const PROPERTIES: readonly Property[] = [
  // what a client sees
  acknowledgedRecordsSurvive,
  readsAgree,
  producerOrder,
  noDuplicates,
  consumerOrder,
  truncationNoticed,
  endOffsetsMonotone,
  keyInOnePartition,
  atLeastOnce,
  atMostOnce,
  oneOwnerPerGeneration,
  committedBeforeRevoked,
  writesAccepted,
  sendsSettle,
  progressAfterHeal,
  groupsProgress,
  // what is in the logs
  committedPrefixImmutable,
  leaderCompleteness,
  truncationSafe,
  logMatching,
  minIsrOnAck,
  minIsrRecovery,
  isrInSync,
  validHighWatermark,
  quorumSuperset,
  highWatermarkMonotone,
  highWatermarkAgreed,
  retainedAsPromised,
  producerSequences,
  // who leads, and on whose word
  oneLeaderPerEpoch,
  epochFencing,
  leaderInIsr,
  fencedNotInIsr,
  typeOk,
  metadataLog,
  preVotesFirst,
  quorumLeaderResigns,
  // what becomes of groups
  coordinatorIsReplay,
  classicGroup,
  consumerGroup,
  groupOffsetsKept,
  groupsSettle,
  // what comes back after the last fault
  leaderElected,
  isrRecovers,
  highWatermarkArrives,
  brokersReturn,
  reassignmentsComplete,
];
