/**
 * A run as the page asks for it: the model with what follows from it. Everything here is computed once, at the start or
 * when first asked for; a scrub only searches.
 */
import { FIRST_MESSAGE, FLAG, type ModelMeta, type RunModel, type Tables } from '../model/model.ts';
import { Replicas } from './replicas.ts';

/** Messages of one kind are drawn alike. */
export const MESSAGE_CLASSES = ['produce', 'fetch', 'quorum', 'control', 'group'] as const;
export type MessageClass = (typeof MESSAGE_CLASSES)[number];

const LONG_US = 1_000_000;

export class Run {
  readonly meta: ModelMeta;
  readonly tables: Tables;
  readonly endUs: number;
  /** By message. */
  readonly from: Int16Array;
  readonly to: Int16Array;
  /** When the picture of it ends: handled, or as far as a stub goes. */
  readonly classOf: readonly number[];
  readonly isAnswerType: readonly boolean[];
  /** Messages that took longer than LONG_US: the window of a search would miss them. */
  readonly long: readonly number[];
  readonly unhandled: readonly number[];
  /** Nodes in the order of the lanes. */
  readonly lanes: readonly number[];
  readonly replicas: Replicas;
  private causedMessages: Links | undefined;
  private detailOf: Map<number, string> | undefined;
  private stepTimes: Float64Array | undefined;

  constructor(model: RunModel) {
    this.meta = model.meta;
    this.tables = model.tables;
    this.endUs = Math.max(1, model.meta.endUs);
    const { messages } = model.tables;
    const nodes = model.meta.nodes.length;
    this.from = new Int16Array(messages.rows);
    this.to = new Int16Array(messages.rows);
    const long: number[] = [];
    const unhandled: number[] = [];
    for (let i = 0; i < messages.rows; i += 1) {
      const link = model.meta.links[messages.link[i] as number] as number;
      this.from[i] = Math.floor(link / nodes);
      this.to[i] = link % nodes;
      const handled = messages.handledAtUs[i] as number;
      if (handled < 0) unhandled.push(i);
      else if (handled - (messages.sentAtUs[i] as number) > LONG_US) long.push(i);
    }
    this.long = long;
    this.unhandled = unhandled;
    this.classOf = model.meta.messageTypes.map(classOfType);
    this.isAnswerType = model.meta.messageTypes.map((type) => type.endsWith('Response'));
    const order = ['controller', 'broker', 'producer', 'consumer', 'admin'];
    this.lanes = model.meta.nodes.map((_, node) => node).sort((a, b) => order.indexOf(this.roleOf(a)) - order.indexOf(this.roleOf(b)) || a - b);
    this.replicas = new Replicas(model);
  }

  /** Empty for -1: what is at no node. */
  nodeName(node: number): string {
    return this.meta.nodes[node]?.name ?? '';
  }

  roleOf(node: number): string {
    return this.meta.nodes[node]?.role ?? '';
  }

  word(index: number): string {
    return this.meta.words[index] ?? '';
  }

  text(index: number): string | null {
    return index < 0 ? null : (this.meta.texts[index] ?? '');
  }

  typeOf(message: number): string {
    return this.meta.messageTypes[this.tables.messages.type[message] as number] ?? '';
  }

  isStalled(message: number): boolean {
    return ((this.tables.messages.flags[message] as number) & FLAG.stalled) !== 0;
  }

  isCopy(message: number): boolean {
    return ((this.tables.messages.flags[message] as number) & FLAG.copy) !== 0;
  }

  /** It was never handled. */
  isLost(message: number): boolean {
    return (this.tables.messages.handledAtUs[message] as number) < 0;
  }

  /** Lost for sure; else it was on its way when the run ended, or its connection broke. */
  isKnownLost(message: number): boolean {
    return ((this.tables.messages.flags[message] as number) & FLAG.lost) !== 0;
  }

  /** The body of a message as JSON, where the report holds it. */
  detail(message: number): string | undefined {
    this.detailOf ??= new Map(this.meta.details);
    return this.detailOf.get(message);
  }

  /** Messages that `message` caused, in order. */
  caused(message: number): readonly number[] {
    this.causedMessages ??= linksOf(this.tables.messages.cause, this.tables.messages.rows);
    const { starts, items } = this.causedMessages;
    return [...items.subarray(starts[message], starts[message + 1])];
  }

  /** Every moment at which something was sent or handled, rising: the axis of steps. */
  steps(): Float64Array {
    if (this.stepTimes === undefined) {
      const { sentAtUs, handledAtUs, rows } = this.tables.messages;
      const times = new Float64Array(2 * rows + this.tables.transitions.rows + 2);
      times.set(sentAtUs, 1);
      for (let i = 0; i < rows; i += 1) times[1 + rows + i] = Math.max(0, handledAtUs[i] as number);
      times.set(this.tables.transitions.atUs, 1 + 2 * rows);
      times[times.length - 1] = this.endUs;
      times.sort(); // oxlint-disable-line harrow/sort-needs-comparator -- a typed array sorts numbers as numbers, and ten times as fast without
      let kept = 0;
      for (let i = 0; i < times.length; i += 1) if (i === 0 || times[i] !== times[kept - 1]) times[kept++] = times[i] as number;
      this.stepTimes = times.slice(0, kept);
    }
    return this.stepTimes;
  }
}

interface Links {
  readonly starts: Int32Array;
  readonly items: Int32Array;
}

/** By message, what it caused: counted, then placed. */
function linksOf(cause: Int32Array, rows: number): Links {
  const starts = new Int32Array(rows + 1);
  for (let i = 0; i < rows; i += 1) {
    const why = (cause[i] as number) - FIRST_MESSAGE;
    if (why >= 0) starts[why + 1] = (starts[why + 1] as number) + 1;
  }
  for (let i = 0; i < rows; i += 1) starts[i + 1] = (starts[i + 1] as number) + (starts[i] as number);
  const next = starts.slice();
  const items = new Int32Array(starts[rows] as number);
  for (let i = 0; i < rows; i += 1) {
    const why = (cause[i] as number) - FIRST_MESSAGE;
    if (why < 0) continue;
    items[next[why] as number] = i;
    next[why] = (next[why] as number) + 1;
  }
  return { starts, items };
}

function classOfType(type: string): number {
  if (/^(Produce|InitProducerId|AddPartitions|AddOffsets|EndTxn|TxnOffset|WriteTxn)/.test(type)) return MESSAGE_CLASSES.indexOf('produce');
  if (/^(Fetch(Request|Response)$|ListOffsets|OffsetForLeaderEpoch)/.test(type)) return MESSAGE_CLASSES.indexOf('fetch');
  if (/^(Vote|BeginQuorum|EndQuorum|FetchSnapshot)/.test(type)) return MESSAGE_CLASSES.indexOf('quorum');
  if (/(Group|OffsetCommit|OffsetFetch|FindCoordinator)/.test(type)) return MESSAGE_CLASSES.indexOf('group');
  return MESSAGE_CLASSES.indexOf('control');
}
