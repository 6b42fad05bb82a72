/** The rules over a history alone, in the order in which verdicts are shown. Jepsen's names where Jepsen has them. */
import type { RecordedHistory } from '../../history/recorded/operations.ts';
import { overallVerdict } from '../../history/verdict.ts';
import type { Verdict, VerdictKind } from '../../history/verdict.ts';
import { abortedRead } from './aborted-read.ts';
import { ackReadDisagreement } from './ack-read.ts';
import { committedOffsetLost } from './committed-offset.ts';
import { compactionRead } from './compaction-read.ts';
import { consumeCounts } from './consume-counts.ts';
import { informationCycle, mixedCycle, writeCycle } from './cycles.ts';
import { duplicate } from './duplicate.ts';
import { reprocessed, unprocessed } from './effects.ts';
import { endOffsetRegress } from './end-offsets.ts';
import { gapBeforeAck } from './gap-before-ack.ts';
import { inconsistentOffsets } from './inconsistent-offsets.ts';
import { lostWrite } from './lost-write.ts';
import { offsetRegress } from './offset-regress.ts';
import { internalNonmonotonicPoll, internalPollSkip, nonmonotonicPoll, pollSkip } from './poll-rules.ts';
import { precommittedRead } from './precommitted-read.ts';
import { prepare } from './prepared.ts';
import { realtimeLag } from './realtime-lag.ts';
import { judge } from './rule.ts';
import type { HistoryRule } from './rule.ts';
import { internalNonmonotonicSend, internalSendSkip, nonmonotonicSend } from './send-rules.ts';
import { sharedOwnership } from './shared-ownership.ts';
import { stuckOperation } from './stuck-operation.ts';
import { unseen } from './unseen.ts';

export const HISTORY_RULES: readonly HistoryRule[] = [
  // what became of records
  inconsistentOffsets, duplicate, lostWrite, unseen, ackReadDisagreement, abortedRead, precommittedRead, compactionRead,
  // in which order
  pollSkip, nonmonotonicPoll, internalPollSkip, internalNonmonotonicPoll, nonmonotonicSend, internalNonmonotonicSend, internalSendSkip,
  offsetRegress, gapBeforeAck, endOffsetRegress,
  // groups and effects
  sharedOwnership, committedOffsetLost, consumeCounts, unprocessed, reprocessed,
  // transactions
  writeCycle, informationCycle, mixedCycle,
  // what it was like
  stuckOperation, realtimeLag,
];

export const ANOMALY_NAMES: readonly string[] = HISTORY_RULES.map(({ name }) => name);

export interface HistoryVerdicts {
  readonly overall: VerdictKind;
  /** Of the rules that compared something, and of those that are promised. */
  readonly verdicts: readonly Verdict[];
  /** The others: nothing in the history puts them to the test. */
  readonly untested: readonly { readonly rule: string; readonly why: string }[];
}

/**
 * Judges a history by all rules. It is vacuous when nothing that could be wrong was compared, or when it promises what it never
 * puts to the test. O(n log n) in its operations.
 */
export function checkHistory(history: RecordedHistory): HistoryVerdicts {
  const prepared = prepare(history);
  const verdicts: Verdict[] = [];
  const untested: { rule: string; why: string }[] = [];
  for (const rule of HISTORY_RULES) {
    const isPromised = history.header.promises?.includes(rule.name) === true;
    const verdict = judge(rule, prepared);
    if (verdict.verdict !== 'vacuous' || isPromised) verdicts.push(verdict);
    else untested.push({ rule: rule.name, why: verdict.note ?? '' });
  }
  const couldBeWrong = HISTORY_RULES.filter(({ standing }) => standing === 'never' || standing === 'promised').map(({ name }) => name);
  return { overall: overallVerdict(verdicts.filter(({ property }) => couldBeWrong.includes(property))), verdicts, untested };
}
