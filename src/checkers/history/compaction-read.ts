/**
 * H-28: whoever reads a compacted topic-partition from its start sees, for each record key, the last value that was acknowledged
 * before, or a later one. Values between may be gone, and so may a tombstone be, when nothing of its key is left.
 *
 * A pass begins where a position is set at or below the first record that is known, and ends with the last poll before the
 * position is set anew; it is owed what lies below its last record, of keys that have nothing above it. Only where retention
 * takes nothing can it be promised.
 * Source: "Log Compaction" in the Kafka documentation; LogCleaner.
 */
import type { Key, ReadRecord } from '../../history/recorded/operations.ts';
import { isStronglyAcknowledged } from './acknowledged.ts';
import { endOf, lifeOf } from './prepared.ts';
import type { Prepared, ReadOf, Sent } from './prepared.ts';
import { said } from './rule.ts';
import type { HistoryRule } from './rule.ts';

interface Pass {
  readonly client: string;
  readonly key: Key;
  /** Index of the operation that set the position. */
  readonly index: number;
  /** By record key: the highest record of it. */
  readonly seen: Map<string, ReadRecord>;
  reached: number;
  atNs: number;
}

export const compactionRead: HistoryRule = {
  name: 'compaction-read',
  claim: 'whoever reads from the start sees the last value of every key',
  source: 'H-28; LOG-10; "Log Compaction" in the Kafka documentation',
  standing: 'promised',
  check: (prepared, judgement) => {
    const written = byKey(prepared.sent.filter(isStronglyAcknowledged));
    for (const { client, key, index, seen, reached, atNs } of passesOf(prepared)) {
      const last = new Map<string, Sent>();
      const superseded = new Set<string>();
      for (const each of written.get(key) ?? []) {
        if (typeof each.recordKey !== 'string') continue;
        if ((each.offset ?? 0) > reached) superseded.add(each.recordKey);
        else if ((each.call.ended?.index ?? index) < index && (each.offset ?? -1) > (last.get(each.recordKey)?.offset ?? -1)) last.set(each.recordKey, each);
      }
      for (const [recordKey, { offset, value }] of last) {
        if (superseded.has(recordKey)) continue;
        judgement.compared += 1;
        const found = seen.get(recordKey);
        if (found === undefined ? value === null : found.offset >= (offset ?? 0)) continue;
        judgement.anomaly({ key, offset, value, client }, atNs, () => ({
          sentence: `${client} read ${key} from the start up to offset ${reached} and saw ${found === undefined ? 'nothing' : said(found.value)} of key ${said(recordKey)}, whose last value is ${said(value)} at offset ${offset ?? 'unknown'}`,
          details: { topicPartition: key, client, recordKey, offset, value: String(value) },
        }));
      }
    }
    return 'nobody read a topic-partition from its start after records with keys were acknowledged';
  },
};

function byKey(sent: readonly Sent[]): ReadonlyMap<Key, readonly Sent[]> {
  const map = new Map<Key, Sent[]>();
  for (const each of sent) {
    if (each.key === null) continue;
    const known = map.get(each.key);
    if (known === undefined) map.set(each.key, [each]);
    else known.push(each);
  }
  return map;
}

function passesOf({ operations, reads, orders }: Prepared): readonly Pass[] {
  const passes: Pass[] = [];
  const open = new Map<string, Pass>();
  const positions = operations.filter((operation) => operation.f === 'position');
  let next = 0;
  const begin = (upTo: number): void => {
    for (; next < positions.length && (positions[next]?.index ?? 0) < upTo; next += 1) {
      const operation = positions[next];
      if (operation?.f !== 'position') continue;
      const { value: [key, offset], process, incarnation, index, timeNs } = operation;
      const place = `${process}\n${incarnation}\n${key}`;
      open.delete(place);
      if (offset > (orders.get(key)?.offsets[0] ?? -1)) continue;
      const pass = { client: process, key, index, seen: new Map<string, ReadRecord>(), reached: -1, atNs: timeNs };
      open.set(place, pass);
      passes.push(pass);
    }
  };
  for (const read of reads) {
    begin(endOf(read.call));
    const pass = open.get(`${lifeOf(read.call)}\n${read.key}`);
    if (pass !== undefined) goOn(pass, read);
  }
  return passes;
}

function goOn(pass: Pass, { records, atNs }: ReadOf): void {
  for (const record of records) {
    pass.reached = Math.max(pass.reached, record.offset);
    if (typeof record.recordKey === 'string' && record.offset > (pass.seen.get(record.recordKey)?.offset ?? -1)) pass.seen.set(record.recordKey, record);
  }
  pass.atNs = atNs;
}
