/**
 * H-19: a record that is sent after another was acknowledged gets a higher offset, whoever leads by then and whatever the
 * producer's configuration: an acknowledged append is committed, and a log only grows above what is committed. Sends that were
 * under way together are not compared (see `nonmonotonic-send`).
 *
 * Acknowledgements with acks=0 and acks=1 promise nothing and are left out.
 */
import { isStronglyAcknowledged } from './acknowledged.ts';
import { said } from './rule.ts';
import type { HistoryRule } from './rule.ts';
import type { Sent } from './prepared.ts';

export const offsetRegress: HistoryRule = {
  name: 'offset-regress',
  claim: 'a record that is sent after an acknowledgement gets a higher offset',
  source: 'H-19; GD-1',
  standing: 'never',
  check: ({ sent }, judgement) => {
    const byKey = new Map<string, Sent[]>();
    for (const each of sent) {
      if (!isStronglyAcknowledged(each) || each.key === null) continue;
      const stream = `${each.call.begun.process}\n${each.key}`;
      const known = byKey.get(stream);
      if (known === undefined) byKey.set(stream, [each]);
      else known.push(each);
    }
    for (const acknowledged of byKey.values()) {
      const byEnd = [...acknowledged].sort((a, b) => endIndex(a) - endIndex(b));
      let ended = 0;
      let highest: Sent | undefined;
      for (const each of acknowledged) {
        for (; ended < byEnd.length && endIndex(byEnd[ended] as Sent) < each.call.begun.index; ended += 1) {
          const one = byEnd[ended] as Sent;
          if ((one.offset ?? -1) > (highest?.offset ?? -1)) highest = one;
        }
        if (highest === undefined) continue;
        judgement.compared += 1;
        if ((each.offset ?? -1) > (highest.offset ?? -1)) continue;
        const { key, offset, value, call } = each;
        const before = highest;
        const client = call.begun.process;
        judgement.anomaly({ key, offset: before.offset, value: before.value, client }, (call.ended ?? call.begun).timeNs, () => ({
          sentence: `${client} sent ${said(value)} to ${key} after ${said(before.value)} was acknowledged at offset ${before.offset ?? 'unknown'}, and got offset ${offset ?? 'unknown'}`,
          details: { topicPartition: key, client, offset, earlierOffset: before.offset },
        }));
      }
    }
    return 'no record was sent after another one of its process was acknowledged in the same topic-partition';
  },
};

function endIndex({ call }: Sent): number {
  return (call.ended ?? call.begun).index;
}
