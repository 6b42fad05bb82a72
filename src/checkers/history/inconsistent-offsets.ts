/**
 * H-01: an offset of a topic-partition has one record. Two values at one offset, whoever read them or was told of them, mean that
 * a record which somebody counted on was replaced.
 *
 * Source: inconsistent-offsets in Jepsen's Kafka workload.
 */
import { said } from './rule.ts';
import type { Prepared } from './prepared.ts';
import type { HistoryRule } from './rule.ts';

export const inconsistentOffsets: HistoryRule = {
  name: 'inconsistent-offsets',
  claim: 'an offset has one record, the same for everybody',
  source: 'H-01; GD-2; Jepsen Kafka: inconsistent-offsets',
  standing: 'never',
  check: (prepared, judgement) => {
    const { orders } = prepared;
    let seen: ReadonlyMap<string, number> | undefined;
    const lastSeenNs = (): ReadonlyMap<string, number> => (seen ??= timesOf(prepared));
    for (const { key, offsets, values } of orders.values()) {
      values.forEach((each, index) => {
        judgement.compared += 1;
        if (each.length < 2) return;
        const offset = offsets[index] as number;
        for (const value of each.slice(0, -1)) {
          judgement.anomaly({ key, offset, value }, lastSeenNs().get(`${key}\n${offset}`) ?? 0, () => ({
            sentence: `offset ${offset} of ${key} had ${each.map(said).join(' and ')}`,
            details: { topicPartition: key, offset, values: each.map(String) },
          }));
        }
      });
    }
    return 'no offset is known';
  },
};

/** When each offset was last heard of: by then it was contradictory. Asked for only where one is. */
function timesOf({ reads, sent }: Prepared): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  const hear = (key: string | null, offset: number | null, atNs: number): void => void times.set(`${key}\n${offset}`, Math.max(atNs, times.get(`${key}\n${offset}`) ?? 0));
  for (const { key, records, atNs } of reads) for (const { offset } of records) hear(key, offset, atNs);
  for (const { key, offset, call } of sent) hear(key, offset, (call.ended ?? call.begun).timeNs);
  return times;
}
