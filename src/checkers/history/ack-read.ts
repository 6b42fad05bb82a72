/**
 * H-20: what is read at an offset is what was acknowledged there, and an acknowledged record is read at its own offset, unless its
 * readers have not come that far: where a producer may send twice, another copy may stand before it. Unlike
 * `inconsistent-offsets` this names the acknowledgement that was wrong.
 */
import type { Key } from '../../history/recorded/operations.ts';
import { promisedRecords } from './lost-write.ts';
import { passedBy } from './passed.ts';
import type { Passed } from './passed.ts';
import type { Prepared } from './prepared.ts';
import { said } from './rule.ts';
import type { HistoryRule } from './rule.ts';

export const ackReadDisagreement: HistoryRule = {
  name: 'ack-read-disagreement',
  claim: 'a record is read at the offset at which it was acknowledged',
  source: 'H-20; GD-2',
  standing: 'never',
  check: (prepared, judgement) => {
    const { reads } = prepared;
    const passed = passedBy(prepared);
    const read = new Map<string, { readonly values: Set<string | number | null>; atNs: number; readonly client: string }>();
    for (const { key, records, atNs, call } of reads) {
      for (const { offset, value } of records) {
        const place = `${key}\n${offset}`;
        const known = read.get(place);
        if (known === undefined) read.set(place, { values: new Set([value]), atNs, client: call.begun.process });
        else known.values.add(value);
      }
    }
    for (const { key, offset, value, call } of promisedRecords(prepared)) {
      if (offset === null || call.outcome !== 'ok') continue;
      const there = read.get(`${key}\n${offset}`);
      const elsewhere = prepared.orders.get(key)?.reads.get(value);
      if (there === undefined && (elsewhere === undefined || !isPassed(prepared, passed, key, offset))) continue;
      judgement.compared += 1;
      const isOther = there !== undefined && (there.values.size > 1 || !there.values.has(value));
      if (!isOther && there !== undefined) continue;
      const client = call.begun.process;
      judgement.anomaly({ key, offset, value, client }, there?.atNs ?? elsewhere?.atNs ?? 0, () => ({
        sentence: isOther
          ? `offset ${offset} of ${key} was acknowledged to ${client} as ${said(value)}, and ${there?.client ?? 'somebody'} read ${[...(there?.values ?? [])].map(said).join(' and ')} there`
          : `${said(value)} was acknowledged to ${client} at offset ${offset} of ${key}, and ${elsewhere?.client ?? 'somebody'} read it at offset ${elsewhere?.offset ?? 'unknown'}`,
        details: { topicPartition: key, offset, value: String(value), client },
      }));
    }
    return 'nothing that was acknowledged was read, nor anything at its offset';
  },
};

/** Somebody read on beyond `offset` of `key`, from where it stood before. */
function isPassed({ orders }: Prepared, passed: Passed, key: Key, offset: number): boolean {
  const index = orders.get(key)?.indexOf(offset);
  return index !== undefined && passed.get(key)?.[index] === true;
}
