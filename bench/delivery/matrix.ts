/**
 * The matrix of commit modes and fault classes, as predicates and not as a table: which outcomes Kafka and an application allow
 * follows from what the application does first and from what the fault class does to members, coordinators and offsets.
 *
 *   skip    a record that the group has committed, or that it will never be given again, without its effect
 *   repeat  a record whose effect happened more than once
 *
 * The data topic loses nothing (flush.messages=1), so that what is seen comes from consumers and their offsets.
 * Source: "Message Delivery Semantics" in the Kafka documentation; KafkaConsumer's javadoc; KIP-211.
 */
export const MODES = [
  { name: 'commit-then-process', application: { mode: 'commit-then-process' }, says: 'commitSync before the effect' },
  { name: 'process-then-commit', application: { mode: 'process-then-commit' }, says: 'commitSync after the effect' },
  { name: 'auto-commit, sync', application: { mode: 'auto-commit', handler: 'sync' }, says: 'the consumer commits inside poll, what poll returned is processed before the next' },
  { name: 'auto-commit, threaded', application: { mode: 'auto-commit', handler: 'threaded' }, says: 'the consumer commits inside poll while a worker thread processes' },
] as const;

export const SINKS = ['naive', 'idempotent'] as const;
export const RESETS = ['earliest', 'latest'] as const;
export const OUTCOMES = ['skip', 'repeat'] as const;

export type ModeName = (typeof MODES)[number]['name'];
export type SinkName = (typeof SINKS)[number];
export type ResetName = (typeof RESETS)[number];
export type OutcomeName = (typeof OUTCOMES)[number];

/** What a fault class does, as far as outcomes depend on it. */
export interface FaultClass {
  readonly name: string;
  readonly says: string;
  /** Members crash between any two steps. */
  readonly crashes?: true;
  /** Members are taken for dead and go on, and partitions change hands. */
  readonly evicts?: true;
  /** Members end in good order, and what waits for a worker thread ends with them. */
  readonly stops?: true;
  /** Commits end without a known outcome, and members end before they could commit again. */
  readonly doubts?: true;
  /** Committed offsets go back, as far as to none, or expire. */
  readonly forgets?: 'older' | 'expired';
  /** Positions are set by `auto.offset.reset` while there are records that nobody has read. */
  readonly resets?: true;
  /** Records go before they are read. */
  readonly deletes?: true;
}

export const CLASSES: readonly FaultClass[] = [
  { name: 'crash', says: 'members crash before or after poll, the effect and the commit', crashes: true },
  { name: 'rebalance', says: 'members pause, or are cut off, for longer than session.timeout.ms, and go on', evicts: true },
  { name: 'failover', says: 'brokers crash one after the other; __consumer_offsets has three replicas and min.insync.replicas=2; commits wait long enough' },
  { name: 'failover, in doubt', says: 'the same, default.api.timeout.ms is shorter than a failover, and members are stopped meanwhile', stops: true, doubts: true },
  { name: 'offsets lost', says: 'all brokers lose power at once while members are away; __consumer_offsets is not flushed', stops: true, forgets: 'older', resets: true },
  { name: 'out of range', says: 'records are deleted while all members are away', stops: true, resets: true, deletes: true },
  { name: 'first start', says: 'the group begins when there are records already', resets: true },
  { name: 'new partitions', says: 'the topic gets partitions, which producers find before the group does', resets: true },
  { name: 'expired', says: 'all members are away for longer than offsets.retention.minutes', stops: true, forgets: 'expired', resets: true },
];

export interface Cell {
  readonly mode: ModeName;
  readonly sink: SinkName;
  readonly fault: string;
  /** Where no position is ever set by it, only `earliest` is run. */
  readonly reset: ResetName;
}

/** In the order of the report. */
export function cells(): readonly Cell[] {
  return CLASSES.flatMap(({ name: fault, resets }) => MODES.flatMap(({ name: mode }) => SINKS.flatMap((sink) =>
    RESETS.filter((reset) => resets === true || reset === 'earliest').map((reset) => ({ mode, sink, fault, reset })))));
}

export function classOf({ fault }: Pick<Cell, 'fault'>): FaultClass {
  const found = CLASSES.find(({ name }) => name === fault);
  if (found === undefined) throw new Error(`no fault class ${fault}`);
  return found;
}

/** Why an outcome is possible in a cell; undefined when it must never be seen. */
export function possible(cell: Cell, outcome: OutcomeName): string | undefined {
  return outcome === 'skip' ? skipOf(cell) : repeatOf(cell);
}

function skipOf(cell: Cell): string | undefined {
  const { crashes, evicts, stops, doubts, deletes, resets, forgets } = classOf(cell);
  // Whoever begins anew meets everything again, also what was passed over before.
  if (forgets === 'expired' && cell.reset === 'earliest') return undefined;
  if (cell.mode === 'commit-then-process' && (crashes === true || evicts === true || doubts === true)) return 'what was committed, or may have been, is not processed';
  if (cell.mode === 'auto-commit, threaded' && (crashes === true || stops === true)) return 'what waits for the worker is committed and ends with the process';
  if (deletes === true) return 'the records are gone';
  return resets === true && cell.reset === 'latest' ? 'auto.offset.reset=latest leaps to the end' : undefined;
}

function repeatOf(cell: Cell): string | undefined {
  if (cell.sink === 'idempotent') return undefined;
  const { crashes, evicts, doubts, forgets } = classOf(cell);
  if (forgets === 'older') return 'the group begins at an older offset, or anew';
  if (forgets === 'expired' && cell.reset === 'earliest') return 'without a committed offset the group begins anew';
  if (cell.mode === 'commit-then-process') return undefined;
  if (crashes === true) return 'what was processed and not committed is processed again';
  if (evicts === true) return 'what an evicted member has processed it cannot commit';
  return doubts === true ? 'what was processed was not committed when the member ended' : undefined;
}
