/**
 * H-24: with an idempotent producer an acknowledgement says that everything it had sent to the topic-partition before is decided:
 * sequence numbers leave no gap, and callbacks run in their order. A record that was sent before, of which nobody ever heard
 * again, and which nobody read though later ones were, is such a gap.
 *
 * Which partition an unanswered record went to is known where the application chose it, or where its key has been seen there.
 * Source: KIP-98; ProducerBatch, Sender.
 */
import type { Key } from '../../history/recorded/operations.ts';
import { lifeOf } from './prepared.ts';
import type { Sent } from './prepared.ts';
import { isStronglyAcknowledged } from './acknowledged.ts';
import { said } from './rule.ts';
import type { HistoryRule } from './rule.ts';

export const gapBeforeAck: HistoryRule = {
  name: 'gap-before-ack',
  claim: 'nothing that was sent before an acknowledged record stays without an answer and without a place',
  source: 'H-24; KIP-98, sequence numbers',
  standing: 'promised',
  check: ({ sent, orders }, judgement) => {
    const places = new Map<string, Key>();
    for (const { topic, recordKey, key } of sent) if (key !== null && topic !== undefined && typeof recordKey === 'string') places.set(JSON.stringify([topic, recordKey]), key);
    const keyOf = ({ key, topic, recordKey }: Sent): Key | undefined => key ?? (topic === undefined || typeof recordKey !== 'string' ? undefined : places.get(JSON.stringify([topic, recordKey])));
    /** By life and key: the last record that was acknowledged and that somebody read past. */
    const latest = new Map<string, Sent>();
    for (const each of sent) {
      const bound = each.key === null ? -1 : (orders.get(each.key)?.readBound ?? -1);
      const index = each.key === null || each.offset === null ? undefined : orders.get(each.key)?.indexOf(each.offset);
      if (isStronglyAcknowledged(each) && index !== undefined && index <= bound) latest.set(`${lifeOf(each.call)}\n${each.key}`, each);
    }
    for (const each of sent) {
      const key = keyOf(each);
      const later = key === undefined ? undefined : latest.get(`${lifeOf(each.call)}\n${key}`);
      if (key === undefined || later === undefined || later.call.order <= each.call.order) continue;
      judgement.compared += 1;
      const { call, value } = each;
      if (call.ended !== undefined || orders.get(key)?.reads.has(value) === true) continue;
      const client = call.begun.process;
      judgement.anomaly({ key, value, client }, (later.call.ended ?? later.call.begun).timeNs, () => ({
        sentence: `${said(later.value)} was acknowledged to ${client} at offset ${later.offset ?? 'unknown'} of ${key}, and ${said(value)}, which it had sent before, was neither answered nor read`,
        details: { topicPartition: key, client, value: String(value), acknowledged: String(later.value), offset: later.offset },
      }));
    }
    return 'no record was sent before one that was acknowledged and read past';
  },
};
