/**
 * H-27: end to end, a group carries out the effect of each record of its partitions: at least once (`unprocessed`) or at most once
 * (`reprocessed`), as its application promises. Both are judged only where they are promised, since each order of commit and
 * effect gives up one of them.
 *
 * A record is passed over when the group has confirmed a commit beyond it without its effect: what is still on its way is lag.
 * What `auto.offset.reset` leapt over was never the group's to process. Without commits in the history nothing is passed over.
 * Source: GD-6, GD-7; "Message Delivery Semantics" in the Kafka documentation.
 */
import type { Key, PositionOperation, ProcessOperation, Value } from '../../history/recorded/operations.ts';
import { commitsOf } from './committed-offset.ts';
import { groupsByIndex } from './groups.ts';
import type { Prepared } from './prepared.ts';
import { said } from './rule.ts';
import type { HistoryRule } from './rule.ts';

interface Applied {
  times: number;
  client: string;
  atNs: number;
  index: number;
  readonly value: Value;
}

interface Effects {
  readonly group: string;
  readonly key: Key;
  /** By offset of what was processed: how often it took effect, on whom last, when, and by which operation. */
  readonly applied: Map<number, Applied>;
  /** Where the group first stood; records below were never its own. */
  start: number;
  /** Offsets in `[from, to)` that a reset leapt over. */
  readonly leaps: { readonly from: number; readonly to: number }[];
  /** The highest that was confirmed, and when. */
  passed: number;
  passedNs: number;
  /** Commits that may take effect at any time after they began. */
  readonly late: { readonly offset: number; readonly begunIndex: number }[];
}

export const unprocessed: HistoryRule = {
  name: 'unprocessed',
  claim: 'a group commits past a record only after its effect',
  source: 'H-27; GD-6',
  standing: 'promised',
  check: (prepared, judgement) => {
    for (const { group, key, applied, start, leaps, passed, passedNs } of effectsOf(prepared)) {
      const order = prepared.orders.get(key);
      if (order === undefined) continue;
      for (let index = order.indexFrom(start); index < order.offsets.length && (order.offsets[index] as number) < passed; index += 1) {
        const offset = order.offsets[index] as number;
        judgement.compared += 1;
        if (applied.has(offset)) continue;
        if (leaps.some(({ from, to }) => offset >= from && offset < to)) {
          judgement.expected('auto.offset.reset leapt over it');
          continue;
        }
        const value = order.values[index]?.[0] ?? null;
        judgement.anomaly({ key, offset, value }, passedNs, () => ({
          sentence: `group ${group} committed offset ${passed} of ${key} and never processed ${said(value)} at offset ${offset}`,
          details: { groupId: group, topicPartition: key, offset, value: String(value), committedOffset: passed },
        }));
      }
    }
    return 'no group committed past a record that is known';
  },
};

export const reprocessed: HistoryRule = {
  name: 'reprocessed',
  claim: 'a group carries out the effect of a record once',
  source: 'H-27; GD-7',
  standing: 'promised',
  check: (prepared, judgement) => {
    for (const { group, key, applied, late } of effectsOf(prepared)) {
      for (const [offset, { times, client, atNs, index, value }] of applied) {
        judgement.compared += 1;
        if (times < 2) continue;
        if (late.some((each) => each.offset <= offset && each.begunIndex < index)) {
          judgement.expected('an attempt to commit that was given up may have come late, and set the group back');
          continue;
        }
        judgement.anomaly({ key, offset, value, client }, atNs, () => ({
          sentence: `group ${group} carried out the effect of ${said(value)} at offset ${offset} of ${key} ${times} times, at last on ${client}`,
          details: { groupId: group, topicPartition: key, offset, value: String(value), times },
        }));
      }
    }
    return 'no record was processed';
  },
};

function effectsOf(prepared: Prepared): readonly Effects[] {
  const groups = groupsByIndex(prepared);
  const all = new Map<string, Effects>();
  const of = (group: string, key: Key): Effects => {
    const known = all.get(`${group}\n${key}`) ?? { group, key, applied: new Map(), start: Number.MAX_SAFE_INTEGER, leaps: [], passed: -1, passedNs: 0, late: [] };
    all.set(`${group}\n${key}`, known);
    return known;
  };
  for (const call of prepared.calls) {
    const operation = call.ended ?? call.begun;
    const group = groups.groupOf(call, operation.index) ?? '';
    if (operation.f === 'process') apply(of(group, operation.value[0]), operation);
    else if (operation.f === 'position') moved(of(group, operation.value[0]), operation);
  }
  for (const [name, commits] of commitsOf(prepared.calls, (call) => groups.groupOf(call, call.begun.index))) {
    const effects = all.get(name);
    if (effects === undefined) continue;
    for (const { offset, begunIndex, isConfirmed, atNs } of commits) {
      if (!isConfirmed) effects.late.push({ offset, begunIndex });
      if (!isConfirmed || offset <= effects.passed) continue;
      effects.passed = offset;
      effects.passedNs = atNs;
    }
  }
  return [...all.values()];
}

function apply({ applied }: Effects, { value: [, offset, value], isApplied, process, timeNs, index }: ProcessOperation): void {
  const known = applied.get(offset) ?? { times: 0, client: process, atNs: timeNs, index, value };
  applied.set(offset, known);
  if (isApplied) Object.assign(known, { times: known.times + 1, client: process, atNs: timeNs, index });
}

function moved(effects: Effects, { value: [, to], from, reason }: PositionOperation): void {
  // Where the group began: by its first position, or lower by a later one.
  const isFirst = effects.start === Number.MAX_SAFE_INTEGER;
  if (reason === 'initial' || reason === 'outOfRange' || reason === 'truncation') effects.leaps.push({ from: from ?? 0, to });
  effects.start = isFirst ? to : Math.min(effects.start, to);
}
