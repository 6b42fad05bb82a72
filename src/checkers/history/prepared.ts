/**
 * A recorded history as the rules read it: calls, what was sent and read in them, and the version orders that follow.
 *
 * A version order is made of what `ok` operations sent, of what `info` operations sent where one of their records was read, and
 * of everything that was read, whatever became of the operation: the application got it. Records sent with acks=0 or acks=1
 * may be lost with their leader and their offsets given to others, so they count only where somebody read them.
 *
 * Source: Jepsen's Kafka workload (version-orders); H-01..H-28.
 */
import { callsOf, saidBy } from '../../history/recorded/calls.ts';
import type { Call } from '../../history/recorded/calls.ts';
import { isClientOperation, topicOfKey } from '../../history/recorded/operations.ts';
import type { ClientOperation, HistoryHeader, Key, MicroOperation, Operation, ReadRecord, RecordedHistory, Value } from '../../history/recorded/operations.ts';
import { VersionOrder } from './version-order.ts';
import type { FirstRead } from './version-order.ts';

/** One record, from the call that sent it. */
export interface Sent {
  readonly call: Call<ClientOperation>;
  /** Place in its call. */
  readonly place: number;
  /** Null when nobody says which partition it went to. */
  readonly key: Key | null;
  /** Undefined where not even the topic is known. */
  readonly topic: string | undefined;
  readonly recordKey: string | null | undefined;
  readonly value: Value;
  readonly offset: number | null;
  readonly acks: -1 | 0 | 1;
}

/** What one poll returned of one key. */
export interface ReadOf {
  readonly call: Call<ClientOperation>;
  readonly key: Key;
  readonly records: readonly ReadRecord[];
  /** When the application had it. */
  readonly atNs: number;
}

export interface Prepared {
  readonly header: HistoryHeader;
  readonly operations: readonly Operation[];
  /** In the order in which they began. */
  readonly calls: readonly Call[];
  /** In the order in which their calls began. */
  readonly sent: readonly Sent[];
  /** In the order in which their calls ended. */
  readonly reads: readonly ReadOf[];
  /** By key, in the order in which keys were first heard of. */
  readonly orders: ReadonlyMap<Key, VersionOrder>;
  readonly has: (f: Operation['f']) => boolean;
}

/** One incarnation of a process. */
export function lifeOf({ begun: { process, incarnation } }: Call): string {
  return `${process}\n${incarnation}`;
}

export function prepare({ header, operations }: RecordedHistory): Prepared {
  const calls = callsOf(operations);
  const sent: Sent[] = [];
  const reads: ReadOf[] = [];
  for (const call of calls) if (isClientCall(call)) gather(call, sent, reads);
  reads.sort((a, b) => endOf(a.call) - endOf(b.call));
  const kinds = new Set(operations.map(({ f }) => f));
  return { header, operations, calls, sent, reads, orders: versionOrders(sent, reads), has: (f) => kinds.has(f) };
}

function isClientCall(call: Call): call is Call<ClientOperation> {
  return isClientOperation(call.begun);
}

/** The index of the operation at which a call was over, as far as anybody knows. */
export function endOf(call: Call): number {
  return saidBy(call).index;
}

function gather(call: Call<ClientOperation>, sent: Sent[], reads: ReadOf[]): void {
  const { begun } = call;
  const said = saidBy(call);
  // A completion of `fail` or `info` may leave the micro-operations out.
  const value = said.value.length === 0 ? begun.value : said.value;
  value.forEach((micro, place) => {
    if (micro.kind === 'poll') {
      for (const { key, records } of micro.reads) if (records.length > 0) reads.push({ call, key, records, atNs: said.timeNs });
      return;
    }
    const key = micro.key ?? keyAsked(begun.value[place]);
    const topic = key === null ? begun.topic : topicOfKey(key);
    sent.push({ call, place, key, topic, recordKey: begun.recordKey ?? said.recordKey, value: micro.value, offset: micro.offset, acks: begun.acks ?? said.acks ?? -1 });
  });
}

function keyAsked(micro: MicroOperation | undefined): Key | null {
  return micro?.kind === 'send' ? micro.key : null;
}

function versionOrders(sent: readonly Sent[], reads: readonly ReadOf[]): ReadonlyMap<Key, VersionOrder> {
  const known = new Map<Key, Map<number, Value[]>>();
  const first = new Map<Key, Map<Value, FirstRead>>();
  const learn = (key: Key, offset: number, value: Value): void => {
    const offsets = known.get(key) ?? new Map<number, Value[]>();
    known.set(key, offsets);
    const values = offsets.get(offset) ?? [];
    offsets.set(offset, values);
    if (!values.includes(value)) values.push(value);
  };
  for (const { key, records, call, atNs } of reads) {
    const readFirst = first.get(key) ?? new Map<Value, FirstRead>();
    first.set(key, readFirst);
    for (const { offset, value } of records) {
      learn(key, offset, value);
      if (!readFirst.has(value)) readFirst.set(value, { client: call.begun.process, offset, atNs });
    }
  }
  const isRead = ({ key, value }: Sent): boolean => key !== null && first.get(key)?.has(value) === true;
  const callsRead = new Set(sent.filter(isRead).map(({ call }) => call.order));
  for (const each of sent) {
    const { key, offset, value, call, acks } = each;
    if (key === null || offset === null || call.outcome === 'fail') continue;
    const counts = call.outcome === 'ok' ? acks === -1 || isRead(each) : callsRead.has(call.order);
    if (counts) learn(key, offset, value);
  }
  return new Map([...known].map(([key, offsets]) => [key, VersionOrder.of(key, offsets, first.get(key) ?? new Map())]));
}
