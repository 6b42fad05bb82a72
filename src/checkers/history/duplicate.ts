/**
 * H-02: a record that was sent once stands in the log once. A retry of an append whose answer was lost makes two of it, unless the
 * producer is idempotent.
 *
 * An idempotent one numbers anew, under a new epoch, what was still on its way when it gave up a batch; what had been appended
 * already is then there twice (KIP-360). A history that tells of epochs shows that: a failure, a later epoch, and a record of
 * whose attempts one had no known end. Which copy has which epoch no client can see.
 * Source: duplicate in Jepsen's Kafka workload; KIP-98; GD-5.
 */
import { topicOfKey } from '../../history/recorded/operations.ts';
import { lifeOf } from './prepared.ts';
import type { Prepared, Sent } from './prepared.ts';
import { said } from './rule.ts';
import type { HistoryRule } from './rule.ts';

export const duplicate: HistoryRule = {
  name: 'duplicate',
  claim: 'a record that was sent once stands at one offset',
  source: 'H-02; GD-5; Jepsen Kafka: duplicate',
  standing: 'never',
  check: (prepared, judgement) => {
    const { orders, sent } = prepared;
    const times = new Map<string, number>();
    const senders = new Map<string, Sent>();
    for (const each of sent) {
      const record = JSON.stringify([each.topic ?? null, each.value]);
      times.set(record, (times.get(record) ?? 0) + 1);
      senders.set(record, each);
    }
    const renumbered = livesThatRenumbered(prepared);
    for (const { key, offsets, values, indexes, reads } of orders.values()) {
      for (const [value, { first, last }] of indexes) {
        judgement.compared += 1;
        if (first === last) continue;
        const at = offsets.filter((_, index) => values[index]?.includes(value) === true);
        const record = JSON.stringify([topicOfKey(key), value]);
        if ((times.get(record) ?? 0) > 1) {
          judgement.expected('the application sent it again');
          continue;
        }
        const sender = senders.get(record);
        if (sender !== undefined && isUndecided(sender) && renumbered.has(lifeOf(sender.call))) {
          judgement.expected('the producer had given up a batch and raised its epoch');
          continue;
        }
        const client = sender?.call.begun.process;
        judgement.anomaly({ key, value, ...(client === undefined ? {} : { client }) }, reads.get(value)?.atNs ?? 0, () => ({
          sentence: `${said(value)} stands in ${key} at offsets ${at.join(' and ')}`,
          details: { topicPartition: key, value: String(value), offsets: at },
        }));
      }
    }
    return 'no record is known by its offset';
  },
};

/** An attempt to send it may have appended it though a later one did, too. */
function isUndecided({ call }: Sent): boolean {
  return call.outcome === 'info' || call.ended?.mayBeTwice === true;
}

/** Incarnations of idempotent producers that raised their epoch at or after a send of theirs had ended without success. */
function livesThatRenumbered({ calls, sent }: Prepared): ReadonlySet<string> {
  const gaveUpNs = new Map<string, number>();
  for (const { call } of sent) {
    if (call.ended === undefined || call.outcome === 'ok') continue;
    gaveUpNs.set(lifeOf(call), Math.min(call.ended.timeNs, gaveUpNs.get(lifeOf(call)) ?? Number.MAX_SAFE_INTEGER));
  }
  const lives = new Set<string>();
  for (const call of calls) {
    const { begun } = call;
    if (begun.f === 'producer-epoch' && begun.value[1] > 0 && (gaveUpNs.get(lifeOf(call)) ?? Number.MAX_SAFE_INTEGER) <= begun.timeNs) lives.add(lifeOf(call));
  }
  return lives;
}
