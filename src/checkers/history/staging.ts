/**
 * A stage for histories made by hand: who did what, one act after the other, a millisecond each. For tests of rules; nothing here
 * follows Kafka's rules unless the test does.
 */
import { HISTORY_FORMAT } from '../../history/recorded/operations.ts';
import type { CommitOperation, HistoryHeader, Key, MicroOperation, Operation, OperationType, PositionOperation, ReadRecord, RecordedHistory, Value } from '../../history/recorded/operations.ts';
import type { Verdict } from '../../history/verdict.ts';
import { prepare } from './prepared.ts';
import { judge } from './rule.ts';
import type { HistoryRule } from './rule.ts';

const ACT_NS = 1_000_000;

export const APP = 'app-1';
export const READER = 'reader-1';
export const OTHER = 'reader-2';
export const KEY = 'orders-0';
export const GROUP = 'dashboards';

interface SendOptions {
  readonly process?: string;
  readonly incarnation?: number;
  readonly key?: Key | null;
  readonly outcome?: OperationType;
  readonly acks?: -1 | 0 | 1;
  readonly recordKey?: string | null;
}

interface PollOptions {
  readonly process?: string;
  readonly incarnation?: number;
  readonly key?: Key;
  readonly outcome?: OperationType;
}

export class HistoryStage {
  readonly operations: Operation[] = [];
  private readonly header: Omit<HistoryHeader, 'format'>;
  private ids = 0;
  private waitedNs = 0;

  constructor(header: Omit<HistoryHeader, 'format'> = {}) {
    this.header = header;
  }

  /** A send from call to callback; without an offset it stays unknown. */
  send(value: Value, offset: number | null, options: SendOptions = {}): this {
    const end = this.sendLater(value, options);
    end(offset, options.outcome);
    return this;
  }

  /** A send that is answered when the result is called, if ever. */
  sendLater(value: Value, { process = APP, incarnation = 1, key = KEY, acks = -1, recordKey = null }: SendOptions = {}): (offset: number | null, outcome?: OperationType) => void {
    const id = (this.ids += 1);
    this.add({ process, incarnation, type: 'invoke', f: 'send', id, topic: 'orders', recordKey, acks, value: [{ kind: 'send', key: null, value, offset: null }] });
    return (offset, type = 'ok') => void this.add({ process, incarnation, type, f: 'send', id, value: [{ kind: 'send', key, value, offset }] });
  }

  poll(records: readonly (readonly [offset: number, value: Value] | ReadRecord)[], { process = READER, incarnation = 1, key = KEY, outcome = 'ok' }: PollOptions = {}): this {
    const read = records.map((each) => ('offset' in each ? each : { offset: each[0], value: each[1] }));
    return this.add({ process, incarnation, type: outcome, f: 'poll', value: [{ kind: 'poll', reads: [{ key, records: read }] }] });
  }

  /** A transaction that does all of `value`. */
  txn(process: string, value: readonly MicroOperation[], type: OperationType = 'ok'): this {
    const asked = value.map((each): MicroOperation => (each.kind === 'send' ? { ...each, offset: null } : { kind: 'poll', reads: [] }));
    return this.add({ process, incarnation: 1, type: 'invoke', f: 'txn', value: asked }).add({ process, incarnation: 1, type, f: 'txn', value });
  }

  position(offset: number, reason: PositionOperation['reason'] = 'seek', { process = READER, incarnation = 1, key = KEY }: PollOptions = {}, from: number | null = null): this {
    return this.add({ process, incarnation, type: 'ok', f: 'position', value: [key, offset], from, reason });
  }

  rebalance(generation: number, value: readonly Key[], process = READER, reason: 'assigned' | 'revoked' | 'lost' = 'assigned', incarnation = 1): this {
    return this.add({ process, incarnation, type: 'ok', f: 'rebalance', group: GROUP, member: `${process}-id`, generation, reason, value });
  }

  commit(offset: number, { process = READER, key = KEY, outcome = 'ok', mayBeTwice = false }: PollOptions & { readonly mayBeTwice?: boolean } = {}): this {
    this.commitLater(offset, { process, key })(outcome, mayBeTwice);
    return this;
  }

  commitLater(offset: number, { process = READER, key = KEY }: PollOptions = {}): (outcome?: OperationType, mayBeTwice?: boolean) => void {
    const id = (this.ids += 1);
    const one: Omit<CommitOperation, 'index' | 'timeNs' | 'type' | 'value'> = { process, incarnation: 1, f: 'commit', id, group: GROUP, mode: 'sync' };
    this.add({ ...one, type: 'invoke', value: [[key, offset]] });
    return (type = 'ok', mayBeTwice = false) => void this.add({ ...one, type, value: [], ...(mayBeTwice ? { mayBeTwice } : {}) });
  }

  process(offset: number, value: Value, { process = READER, incarnation = 1, key = KEY }: PollOptions = {}, isApplied = true): this {
    return this.add({ process, incarnation, type: 'ok', f: 'process', value: [key, offset, value], isApplied });
  }

  /** Nothing happens for so long. */
  wait(ms: number): this {
    this.waitedNs += ms * ACT_NS;
    return this;
  }

  add(operation: Unstamped): this {
    const index = this.operations.length;
    this.operations.push({ ...operation, index, timeNs: index * ACT_NS + this.waitedNs } as Operation);
    return this;
  }

  get history(): RecordedHistory {
    return { header: { format: HISTORY_FORMAT, ...this.header }, operations: this.operations };
  }

  verdict(rule: HistoryRule): Verdict {
    return judge(rule, prepare(this.history));
  }

  /** The sentences of what is wrong. */
  wrong(rule: HistoryRule): readonly string[] {
    return this.verdict(rule).evidence.map(({ sentence }) => sentence);
  }
}

type WithoutStamp<Op> = Op extends Operation ? Omit<Op, 'index' | 'timeNs'> : never;
type Unstamped = WithoutStamp<Operation>;
