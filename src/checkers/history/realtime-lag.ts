/**
 * H-16: how long after its acknowledgement a record, or a later one of its topic-partition, was with some reader. Nothing is
 * promised (GD-15): a zombie leader and a slow follower serve what is old. The distribution says how old.
 *
 * Source: realtime-lag in Jepsen's Kafka workload.
 */
import { usOfNs } from '../../history/recorded/of-run.ts';
import { formatUs } from '../../kernel/time.ts';
import type { Prepared } from './prepared.ts';
import type { HistoryRule } from './rule.ts';

export interface LagDistribution {
  readonly records: number;
  /** Acknowledged, and nobody ever read as far. */
  readonly never: number;
  readonly p50Ns: number;
  readonly p95Ns: number;
  readonly p99Ns: number;
  readonly maxNs: number;
}

export const realtimeLag: HistoryRule = {
  name: 'realtime-lag',
  claim: 'how long an acknowledged record was not to be had',
  source: 'H-16; GD-15; Jepsen Kafka: realtime-lag',
  standing: 'measured',
  check: (prepared, judgement) => {
    const { records, never, p50Ns, p95Ns, p99Ns, maxNs } = lagDistribution(prepared);
    judgement.compared = records;
    const shown = (ns: number): string => formatUs(usOfNs(ns));
    if (records > 0) judgement.remarks.push(`median ${shown(p50Ns)}, 95% ${shown(p95Ns)}, 99% ${shown(p99Ns)}, most ${shown(maxNs)}${never === 0 ? '' : `; ${never} never`}`);
    return 'no record was acknowledged at an offset that is known';
  },
};

/** O(n log n). */
export function lagDistribution({ sent, reads, orders }: Prepared): LagDistribution {
  // Walked from the end of each order: when was this index, or a later one, first read?
  const visible = new Map<string, readonly number[]>();
  const first = new Map<string, number[]>();
  for (const { key, records, atNs } of reads) {
    const order = orders.get(key);
    const times = first.get(key) ?? new Array<number>(order?.offsets.length ?? 0).fill(Number.POSITIVE_INFINITY);
    first.set(key, times);
    for (const { offset } of records) {
      const index = order?.indexOf(offset) ?? 0;
      times[index] = Math.min(times[index] ?? Number.POSITIVE_INFINITY, atNs);
    }
  }
  for (const [key, times] of first) {
    for (let index = times.length - 2; index >= 0; index -= 1) times[index] = Math.min(times[index] as number, times[index + 1] as number);
    visible.set(key, times);
  }
  const lags: number[] = [];
  let never = 0;
  for (const { key, offset, call } of sent) {
    if (key === null || offset === null || call.outcome !== 'ok') continue;
    const index = orders.get(key)?.indexOf(offset);
    const atNs = index === undefined ? undefined : (visible.get(key)?.[index] ?? Number.POSITIVE_INFINITY);
    if (atNs === undefined || atNs === Number.POSITIVE_INFINITY) never += 1;
    else lags.push(Math.max(0, atNs - (call.ended ?? call.begun).timeNs));
  }
  lags.sort((a, b) => a - b);
  const at = (percent: number): number => lags[Math.min(lags.length - 1, Math.floor((lags.length * percent) / 100))] ?? 0;
  return { records: lags.length + never, never, p50Ns: at(50), p95Ns: at(95), p99Ns: at(99), maxNs: lags.at(-1) ?? 0 };
}
