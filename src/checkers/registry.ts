/**
 * The properties a run is judged by, under the names that scenarios, verdicts and the command line use, in the order in
 * which verdicts are shown: what a client is promised first, then what the promise rests on.
 */
import { acknowledgedRecordsSurvive } from './acknowledged-records-survive.ts';
import type { Property } from './checker.ts';
import { committedPrefixImmutable } from './committed-prefix-immutable.ts';
import { consumerOrder } from './consumer-order.ts';
import { highWatermarkMonotone } from './high-watermark-monotone.ts';
import { keyInOnePartition } from './key-in-one-partition.ts';
import { leaderInIsr } from './leader-in-isr.ts';
import { logMatching } from './log-matching.ts';
import { oneLeaderPerEpoch } from './one-leader-per-epoch.ts';
import { producerOrder } from './producer-order.ts';
import { progressAfterHeal } from './progress-after-heal.ts';
import { readsAgree } from './reads-agree.ts';
import { truncationSafe } from './truncation-safe.ts';

export const PROPERTIES: readonly Property[] = [
  acknowledgedRecordsSurvive,
  readsAgree,
  producerOrder,
  consumerOrder,
  keyInOnePartition,
  progressAfterHeal,
  committedPrefixImmutable,
  truncationSafe,
  logMatching,
  oneLeaderPerEpoch,
  leaderInIsr,
  highWatermarkMonotone,
];
