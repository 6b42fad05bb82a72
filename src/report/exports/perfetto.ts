/**
 * A run as a trace for Perfetto (ui.perfetto.dev) or chrome://tracing: a process per node, a slice where a message is sent
 * and one where it is handled with a flow between them, machine states as slices on a track of their own, faults and
 * downtime as async slices, high watermarks, log ends and ISR sizes as counters, violations as instants.
 *
 * Source: the Trace Event Format (Chromium), of which Perfetto reads the JSON form: `X` slices of one thread must nest, so
 * messages get a microsecond each; flows `s` and `f` bind to slices that enclose them, `bp: "e"`; times are microseconds.
 */
import { REPLICA_EVENT, type RunModel } from '../model/model.ts';

interface TraceEvent {
  readonly name: string;
  readonly ph: 'X' | 's' | 'f' | 'C' | 'M' | 'i' | 'b' | 'e';
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  readonly id?: number | string;
  readonly cat?: string;
  readonly bp?: 'e';
  readonly s?: 'g' | 'p';
  readonly args?: Readonly<Record<string, string | number>>;
}

/** Tracks of a process. Sent and handled lie apart, so that slices never overlap for what happens in one instant. */
const SENT = 1;
const HANDLED = 2;
const FIRST_MACHINE = 10;
/** Process of what belongs to no node. */
const RUN = 1;
const FIRST_NODE = 10;

export function* perfettoTrace(model: RunModel): IterableIterator<string> {
  yield '{"displayTimeUnit":"ms","traceEvents":[';
  let isFirst = true;
  for (const event of events(model)) {
    yield `${isFirst ? '' : ',\n'}${JSON.stringify(event)}`;
    isFirst = false;
  }
  yield ']}\n';
}

function* events(model: RunModel): IterableIterator<TraceEvent> {
  const { meta } = model;
  yield metadata('process_name', RUN, 0, `run of ${meta.scenario.name}, seed ${meta.seed}`);
  for (const [node, { name, role }] of meta.nodes.entries()) {
    yield metadata('process_name', FIRST_NODE + node, 0, `${name} (${role})`);
    yield metadata('thread_name', FIRST_NODE + node, SENT, 'sent');
    yield metadata('thread_name', FIRST_NODE + node, HANDLED, 'handled');
  }
  for (const [machine, { node, name }] of meta.machines.entries()) yield metadata('thread_name', FIRST_NODE + node, FIRST_MACHINE + machine, name);
  yield* messages(model);
  yield* states(model);
  yield* counters(model);
  yield* faultsAndLives(model);
  for (const { property, evidence } of meta.verdicts) {
    for (const { atUs, sentence } of evidence) yield { name: `violated: ${property}`, ph: 'i', s: 'g', pid: RUN, tid: 1, ts: atUs, cat: 'violation', args: { sentence } };
  }
}

function metadata(name: string, pid: number, tid: number, value: string): TraceEvent {
  return { name, ph: 'M', pid, tid, ts: 0, args: { name: value } };
}

function* messages({ meta, tables }: RunModel): IterableIterator<TraceEvent> {
  const { sentAtUs, handledAtUs, link, type, rows } = tables.messages;
  const nodes = meta.nodes.length;
  for (let i = 0; i < rows; i += 1) {
    const key = meta.links[link[i] as number] as number;
    const from = FIRST_NODE + Math.floor(key / nodes);
    const to = FIRST_NODE + (key % nodes);
    const name = meta.messageTypes[type[i] as number] as string;
    const sentUs = sentAtUs[i] as number;
    const handledUs = handledAtUs[i] as number;
    yield { name, ph: 'X', pid: from, tid: SENT, ts: sentUs, dur: 1, cat: 'message', args: { message: i, to: meta.nodes[to - FIRST_NODE]?.name ?? '', ...(handledUs < 0 ? { fate: 'never handled' } : {}) } };
    if (handledUs < 0) {
      yield { name: `never handled: ${name}`, ph: 'i', s: 'p', pid: from, tid: SENT, ts: sentUs, cat: 'loss' };
      continue;
    }
    yield { name: 'message', ph: 's', pid: from, tid: SENT, ts: sentUs, id: i, cat: 'message' };
    yield { name, ph: 'X', pid: to, tid: HANDLED, ts: handledUs, dur: 1, cat: 'message', args: { message: i, from: meta.nodes[from - FIRST_NODE]?.name ?? '' } };
    yield { name: 'message', ph: 'f', bp: 'e', pid: to, tid: HANDLED, ts: handledUs, id: i, cat: 'message' };
  }
}

function* states({ meta, tables: { transitions } }: RunModel): IterableIterator<TraceEvent> {
  const since = new Map<number, { atUs: number; state: string }>();
  const ended = function* (machine: number, atUs: number): IterableIterator<TraceEvent> {
    const begun = since.get(machine);
    if (begun === undefined) return;
    since.delete(machine);
    if (atUs > begun.atUs) yield { name: begun.state, ph: 'X', pid: FIRST_NODE + (meta.machines[machine]?.node ?? 0), tid: FIRST_MACHINE + machine, ts: begun.atUs, dur: atUs - begun.atUs, cat: 'state' };
  };
  const ends = meta.lives.filter(({ kind }) => kind !== 'started');
  let next = 0;
  for (let i = 0; i <= transitions.rows; i += 1) {
    const atUs = i < transitions.rows ? (transitions.atUs[i] as number) : Number.MAX_SAFE_INTEGER;
    for (let end = ends[next]; end !== undefined && end.atUs < atUs; end = ends[next]) {
      for (const machine of since.keys()) if (meta.machines[machine]?.node === end.node) yield* ended(machine, end.atUs);
      next += 1;
    }
    if (i === transitions.rows) break;
    const machine = transitions.machine[i] as number;
    yield* ended(machine, atUs);
    since.set(machine, { atUs, state: meta.words[transitions.after[i] as number] ?? '' });
  }
  for (const machine of since.keys()) yield* ended(machine, meta.endUs);
}

function* counters({ meta, tables: { replicaEvents, registrations, batches } }: RunModel): IterableIterator<TraceEvent> {
  for (let i = 0; i < replicaEvents.rows; i += 1) {
    const replica = meta.replicas[replicaEvents.replica[i] as number];
    const kind = replicaEvents.kind[i];
    const value = replicaEvents.value[i] as number;
    const partition = meta.partitions[replica?.partition ?? 0] ?? '';
    const at = { ph: 'C', pid: FIRST_NODE + (replica?.node ?? 0), tid: 0, ts: replicaEvents.atUs[i] as number } as const;
    if (kind === REPLICA_EVENT.highWatermark) yield { ...at, name: `${partition} high watermark`, args: { offset: value } };
    else if (kind === REPLICA_EVENT.append) yield { ...at, name: `${partition} log end`, args: { offset: (batches.baseOffset[value] as number) + (batches.count[value] as number) } };
    else if (kind === REPLICA_EVENT.truncate || kind === REPLICA_EVENT.lose) yield { ...at, name: `${partition} log end`, args: { offset: value } };
  }
  for (let i = 0; i < registrations.rows; i += 1) {
    const isr = (meta.words[registrations.isr[i] as number] ?? '').split(' ').filter((id) => id !== '');
    yield { name: `${meta.partitions[registrations.partition[i] as number] ?? ''} ISR`, ph: 'C', pid: RUN, tid: 0, ts: registrations.atUs[i] as number, args: { size: isr.length } };
  }
}

function* faultsAndLives({ meta }: RunModel): IterableIterator<TraceEvent> {
  for (const [i, { fault, outcome }] of meta.faults.entries()) {
    const name = `${meta.faultWords[i] ?? ''}${outcome === 'applied' ? '' : ' (no effect)'}`;
    const at = { name, pid: RUN, tid: 2, id: `fault-${i}`, cat: 'fault' } as const;
    yield { ...at, ph: 'b', ts: fault.atMs * 1_000 };
    yield { ...at, ph: 'e', ts: meta.faultEndsUs[i] ?? fault.atMs * 1_000 };
  }
  const downs = new Map<number, number>();
  for (const [i, { atUs, node, kind, words }] of meta.lives.entries()) {
    const id = downs.get(node);
    if (kind !== 'started' && id === undefined) {
      downs.set(node, i);
      yield { name: `down: ${words}`, ph: 'b', pid: FIRST_NODE + node, tid: 0, ts: atUs, id: `down-${i}`, cat: 'down' };
    } else if (kind === 'started' && id !== undefined) {
      downs.delete(node);
      yield { name: `down: ${meta.lives[id]?.words ?? ''}`, ph: 'e', pid: FIRST_NODE + node, tid: 0, ts: atUs, id: `down-${id}`, cat: 'down' };
    }
  }
  for (const [node, id] of downs) yield { name: `down: ${meta.lives[id]?.words ?? ''}`, ph: 'e', pid: FIRST_NODE + node, tid: 0, ts: meta.endUs, id: `down-${id}`, cat: 'down' };
}
