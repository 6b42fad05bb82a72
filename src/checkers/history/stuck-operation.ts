/**
 * H-18: a call comes to an end. A process that goes on long after the time that a call of its kind has, and has heard nothing of
 * it, is stuck: KafkaProducer.send has `max.block.ms` and `delivery.timeout.ms`, commitSync `default.api.timeout.ms`. How long
 * that is the header says (`patienceMs`); of kinds of which it says nothing, nothing is asked.
 *
 *   begun(call) at t, and the process is seen at t' >= t + patience and again SLACK later  =>  the call has ended
 *
 * The second sight is for a process that slept through the time: it hears of it when it wakes. A process that ended has nobody to
 * tell. commitAsync has no time: it waits for a coordinator.
 * Source: L-09; Jepsen's Bufstream report (clients that never return); KIP-91, KIP-266.
 */
import type { Call } from '../../history/recorded/calls.ts';
import type { Operation } from '../../history/recorded/operations.ts';
import { usOfNs } from '../../history/recorded/of-run.ts';
import { formatUs } from '../../kernel/time.ts';
import { lifeOf } from './prepared.ts';
import type { HistoryRule } from './rule.ts';

const NS_PER_MS = 1_000_000;
const SLACK_NS = 10_000 * NS_PER_MS;

export const stuckOperation: HistoryRule = {
  name: 'stuck-operation',
  claim: 'a call ends in the time that it has, while its process goes on',
  source: 'H-18; L-09; KIP-91, KIP-266',
  standing: 'never',
  check: ({ header: { patienceMs = {} }, calls, operations }, judgement) => {
    const seen = timesByLife(operations);
    for (const call of calls) {
      const { begun, ended } = call;
      const patience = begun.type === 'invoke' ? patienceFor(call, patienceMs) : undefined;
      if (patience === undefined) continue;
      if (ended !== undefined) {
        judgement.compared += 1;
        continue;
      }
      const times = seen.get(lifeOf(call)) ?? [];
      const afterNs = firstFrom(times, begun.timeNs + patience * NS_PER_MS);
      const lastNs = times.at(-1) ?? begun.timeNs;
      if (afterNs === undefined || lastNs < afterNs + SLACK_NS) continue;
      judgement.compared += 1;
      const { process, f, timeNs } = begun;
      judgement.anomaly({ key: null, client: process }, lastNs, () => ({
        sentence: `${process} has heard nothing of a ${f} since ${formatUs(usOfNs(timeNs))}, and has gone on until ${formatUs(usOfNs(lastNs))}: such a call has ${patience} ms`,
        details: { client: process, operation: f, begunAtUs: usOfNs(timeNs), patienceMs: patience },
      }));
    }
    return 'the header says of no call how long it may take';
  },
};

function patienceFor({ begun }: Call, { send, commit }: { readonly send?: number; readonly commit?: number }): number | undefined {
  if (begun.f === 'send') return send;
  return begun.f === 'commit' && (begun.mode ?? 'sync') === 'sync' ? commit : undefined;
}

/** When each incarnation of a process did anything, in order. */
function timesByLife(operations: readonly Operation[]): ReadonlyMap<string, readonly number[]> {
  const seen = new Map<string, number[]>();
  for (const { process, incarnation, timeNs } of operations) {
    const life = `${process}\n${incarnation}`;
    const times = seen.get(life);
    if (times === undefined) seen.set(life, [timeNs]);
    else times.push(timeNs);
  }
  return seen;
}

/** The first of the rising `times` that is not before `fromNs`. O(log n). */
function firstFrom(times: readonly number[], fromNs: number): number | undefined {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] as number) < fromNs) low = middle + 1;
    else high = middle;
  }
  return times[low];
}
