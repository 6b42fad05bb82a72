/**
 * H-05: what was acknowledged is read by whoever reads past it: a record that some reader passed, and that nobody read, is lost.
 *
 * Records that nobody passed are not judged: nobody has read that far, or all began behind them (see `unseen`). Records whose operation ended in `info` count
 * where another record of the operation was read; that is how a transaction is known to have committed.
 * Source: lost-write in Jepsen's Kafka workload.
 */
import { formatUs } from '../../kernel/time.ts';
import { usOfNs } from '../../history/recorded/of-run.ts';
import { passedBy } from './passed.ts';
import { said } from './rule.ts';
import type { HistoryRule } from './rule.ts';
import type { Prepared, Sent } from './prepared.ts';

export const lostWrite: HistoryRule = {
  name: 'lost-write',
  claim: 'an acknowledged record is read by whoever reads past it',
  source: 'H-05; GD-1; Jepsen Kafka: lost-write',
  standing: 'never',
  check: (prepared, judgement) => {
    const passed = passedBy(prepared);
    for (const each of promisedRecords(prepared)) {
      const order = prepared.orders.get(each.key);
      const place = order?.indexes.get(each.value);
      if (order === undefined || place === undefined || passed.get(each.key)?.[place.last] !== true) continue;
      judgement.compared += 1;
      if (order.reads.has(each.value)) continue;
      const { key, offset, value, call } = each;
      const client = call.begun.process;
      judgement.anomaly({ key, offset, value, client }, (call.ended ?? call.begun).timeNs, () => ({
        sentence: `${said(value)}, acknowledged to ${client} at offset ${offset ?? 'unknown'} of ${key} at ${formatUs(usOfNs((call.ended ?? call.begun).timeNs))}, was read by nobody, and offset ${order.offsets[order.readBound] ?? 0} was`,
        details: { topicPartition: key, offset, value: String(value), client },
      }));
    }
    return 'nobody read past an acknowledged record';
  },
};

/** Records that were certainly appended and promised to stay, with where. */
export function* promisedRecords({ sent, orders }: Prepared): IterableIterator<Sent & { readonly key: string }> {
  const callsRead = new Set(sent.filter(({ key, value }) => key !== null && orders.get(key)?.reads.has(value) === true).map(({ call }) => call.order));
  for (const each of sent) {
    const { key, call, acks, value } = each;
    if (key === null || value === null || acks !== -1 || call.outcome === 'fail') continue;
    if (call.outcome === 'info' && !callsRead.has(call.order)) continue;
    yield { ...each, key };
  }
}
