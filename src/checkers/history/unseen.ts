/**
 * H-06: at the end everything that was acknowledged has been read. Only a history whose last phase read every partition to its
 * end can promise that; in any other the count says how far behind its readers were.
 *
 * Source: unseen in Jepsen's Kafka workload (final polls).
 */
import { said } from './rule.ts';
import type { HistoryRule } from './rule.ts';

export const unseen: HistoryRule = {
  name: 'unseen',
  claim: 'every acknowledged record was read by somebody before the end',
  source: 'H-06; GD-1; Jepsen Kafka: unseen',
  standing: 'promised',
  check: ({ sent, orders }, judgement) => {
    for (const { key, offset, value, call, acks } of sent) {
      if (key === null || value === null || acks !== -1 || call.outcome !== 'ok') continue;
      judgement.compared += 1;
      if (orders.get(key)?.reads.has(value) === true) continue;
      const client = call.begun.process;
      judgement.anomaly({ key, offset, value, client }, (call.ended ?? call.begun).timeNs, () => ({
        sentence: `${said(value)}, acknowledged to ${client} at offset ${offset ?? 'unknown'} of ${key}, was never read`,
        details: { topicPartition: key, offset, value: String(value), client },
      }));
    }
    return 'no record was acknowledged with acks=all';
  },
};
