/**
 * H-17: how often the members of a group got each record. Once is what an exactly-once pipeline promises; everybody else may get
 * a record again, and the counts say how much of that there was.
 *
 * Source: consume-counts in Jepsen's Kafka workload.
 */
import type { Value } from '../../history/recorded/operations.ts';
import { groupsByIndex } from './groups.ts';
import { said } from './rule.ts';
import type { HistoryRule } from './rule.ts';
import { endOf } from './prepared.ts';

export const consumeCounts: HistoryRule = {
  name: 'consume-counts',
  claim: 'a group gets each record once',
  source: 'H-17; GD-8; Jepsen Kafka: consume-counts',
  standing: 'promised',
  check: (prepared, judgement) => {
    const groups = groupsByIndex(prepared);
    const counts = new Map<string, { group: string; key: string; offset: number; value: Value; count: number; atNs: number }>();
    for (const { call, key, records, atNs } of prepared.reads) {
      const group = groups.groupOf(call, endOf(call));
      if (group === undefined || call.outcome !== 'ok') continue;
      for (const { offset, value } of records) {
        const name = `${group}\n${key}\n${offset}`;
        const known = counts.get(name);
        if (known === undefined) counts.set(name, { group, key, offset, value, count: 1, atNs });
        else Object.assign(known, { count: known.count + 1, atNs });
      }
    }
    const distribution = new Map<number, number>();
    for (const { group, key, offset, value, count, atNs } of counts.values()) {
      judgement.compared += 1;
      distribution.set(count, (distribution.get(count) ?? 0) + 1);
      if (count < 2) continue;
      judgement.anomaly({ key, offset, value }, atNs, () => ({
        sentence: `group ${group} got ${said(value)} at offset ${offset} of ${key} ${count} times`,
        details: { groupId: group, topicPartition: key, offset, count },
      }));
    }
    if (distribution.size > 0) judgement.remarks.push(`records by how often they were got: ${[...distribution].sort(([a], [b]) => a - b).map(([count, records]) => `${count}: ${records}`).join(', ')}`);
    return 'no member of a group got anything';
  },
};
