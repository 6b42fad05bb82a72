/**
 * H-03: nobody reads what certainly did not happen: a record whose send, or whose transaction, ended in `fail`. Readers with
 * isolation.level=read_uncommitted read aborted transactions, too, and must be allowed to.
 *
 * Source: G1a in Jepsen's Kafka workload; "fail" as Jepsen means it.
 */
import { topicOfKey } from '../../history/recorded/operations.ts';
import { said } from './rule.ts';
import type { HistoryRule } from './rule.ts';

export const abortedRead: HistoryRule = {
  name: 'G1a',
  claim: 'nobody reads a record whose send or transaction certainly failed',
  source: 'H-03; GD-9; Jepsen Kafka: G1a',
  standing: 'never',
  check: ({ sent, reads }, judgement) => {
    // Without a partition a failed record is known by its topic: values are unique there.
    const failed = new Map<string, string>();
    for (const { value, call, key, topic } of sent) if (call.outcome === 'fail' && value !== null) failed.set(JSON.stringify([key ?? topic, value]), call.begun.process);
    judgement.compared = failed.size;
    for (const { key, records, call, atNs } of reads) {
      if (call.outcome !== 'ok') continue;
      for (const { value, offset } of records) {
        const client = failed.get(JSON.stringify([key, value])) ?? failed.get(JSON.stringify([topicOfKey(key), value]));
        if (client === undefined) continue;
        judgement.anomaly({ key, offset, value, client }, atNs, () => ({
          sentence: `${call.begun.process} read ${said(value)} at offset ${offset} of ${key}, which ${client} was told had failed`,
          details: { topicPartition: key, offset, value: String(value), reader: call.begun.process, client },
        }));
      }
    }
    return 'no send failed';
  },
};
