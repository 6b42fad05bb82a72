/**
 * H-10, H-11, H-12: what one process sends to a topic-partition stands there in the order in which it was sent: between operations
 * (nonmonotonic-send) and within one (int-nonmonotonic-send). Between records of one operation others may stand
 * (int-send-skip): Kafka isolates no writes.
 *
 * Sends are compared in the order of their calls, neighbours among those with a known offset. Kafka keeps the order only for
 * producers that never have a batch overtaken by its successor (GD-4): others must be allowed.
 * Source: Jepsen's Kafka workload.
 */
import type { Key } from '../../history/recorded/operations.ts';
import { lifeOf } from './prepared.ts';
import type { Prepared, Sent } from './prepared.ts';
import { said } from './rule.ts';
import type { HistoryRule, Judgement } from './rule.ts';

interface SendPair {
  readonly key: Key;
  readonly earlier: Sent;
  readonly later: Sent;
  readonly delta: number;
  readonly isInternal: boolean;
}

function* sendPairs({ sent, orders }: Prepared): IterableIterator<SendPair> {
  const lasts = new Map<string, Sent>();
  for (const later of sent) {
    const { key, offset, call } = later;
    if (key === null || offset === null || call.outcome === 'fail') continue;
    const index = orders.get(key)?.indexOf(offset);
    // An undecided or weakly acknowledged record that nobody read stands nowhere for certain.
    if (index === undefined || orders.get(key)?.values[index]?.includes(later.value) !== true) continue;
    const stream = `${lifeOf(call)}\n${key}`;
    const earlier = lasts.get(stream);
    lasts.set(stream, later);
    if (earlier === undefined) continue;
    const before = orders.get(key)?.indexOf(earlier.offset ?? -1) ?? 0;
    yield { key, earlier, later, delta: index - before, isInternal: earlier.call === call };
  }
}

function sendRule(rule: Pick<HistoryRule, 'name' | 'claim' | 'source' | 'standing' | 'because'>, isInternal: boolean, isWrong: (delta: number) => boolean): HistoryRule {
  return {
    ...rule,
    check: (prepared: Prepared, judgement: Judgement) => {
      for (const pair of sendPairs(prepared)) {
        if (pair.isInternal !== isInternal) continue;
        judgement.compared += 1;
        if (isWrong(pair.delta)) report(pair, judgement);
      }
      return isInternal ? 'no operation sent two records to one topic-partition' : 'no process had two acknowledged records in one topic-partition';
    },
  };
}

function report({ key, earlier, later, delta }: SendPair, judgement: Judgement): void {
  const client = later.call.begun.process;
  judgement.anomaly({ key, offset: later.offset, value: later.value, client }, (later.call.ended ?? later.call.begun).timeNs, () => ({
    sentence: `${client} sent ${said(earlier.value)} and then ${said(later.value)} to ${key}, where they stand at offsets ${earlier.offset ?? 'unknown'} and ${later.offset ?? 'unknown'}`,
    details: { topicPartition: key, client, earlier: String(earlier.value), later: String(later.value), earlierOffset: earlier.offset, laterOffset: later.offset, delta },
  }));
}

export const nonmonotonicSend = sendRule({
  name: 'nonmonotonic-send', claim: 'records of one process stand in the order in which it sent them', source: 'H-10; GD-4; Jepsen Kafka: nonmonotonic-send', standing: 'never',
}, false, (delta) => delta < 1);

export const internalNonmonotonicSend = sendRule({
  name: 'int-nonmonotonic-send', claim: 'records of one operation stand in the order in which it sent them', source: 'H-11; GD-4; Jepsen Kafka: int-nonmonotonic-send', standing: 'never',
}, true, (delta) => delta < 1);

export const internalSendSkip = sendRule({
  name: 'int-send-skip', claim: 'records of one operation stand side by side', source: 'H-12; Jepsen Kafka: int-send-skip', standing: 'always', because: 'Kafka isolates no writes',
}, true, (delta) => delta > 1);
