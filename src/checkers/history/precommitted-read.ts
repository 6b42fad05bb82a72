/**
 * H-04: a transaction does not read what it has not committed yet. With isolation.level=read_uncommitted it may.
 *
 * Source: precommitted-read in Jepsen's Kafka workload.
 */
import { said } from './rule.ts';
import type { HistoryRule } from './rule.ts';

export const precommittedRead: HistoryRule = {
  name: 'precommitted-read',
  claim: 'a transaction does not read its own records before it commits',
  source: 'H-04; Jepsen Kafka: precommitted-read',
  standing: 'never',
  check: ({ sent, reads }, judgement) => {
    const own = new Set(sent.filter(({ value }) => value !== null).map(({ call, key, value }) => JSON.stringify([call.order, key, value])));
    for (const { call, key, records, atNs } of reads) {
      if (call.begun.f !== 'txn') continue;
      for (const { value, offset } of records) {
        judgement.compared += 1;
        if (!own.has(JSON.stringify([call.order, key, value]))) continue;
        judgement.anomaly({ key, offset, value, client: call.begun.process }, atNs, () => ({
          sentence: `a transaction of ${call.begun.process} read ${said(value)} at offset ${offset} of ${key}, which it had not committed yet`,
          details: { topicPartition: key, offset, value: String(value), client: call.begun.process },
        }));
      }
    }
    return 'no transaction read anything';
  },
};
