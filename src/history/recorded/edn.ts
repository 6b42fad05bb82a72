/**
 * A history in the shape that Jepsen's Kafka checker reads: EDN, one operation a line, an invocation and a completion each.
 *
 * Jepsen's processes are integers with one operation under way at a time, and a process whose operation ended in `info` is
 * never heard of again. So a producer with several sends under way becomes several processes, and what Jepsen says of the order
 * within a process (nonmonotonic-send) it says of less; `:client` names who they are. Rebalances and moved positions become
 * `:assign`, which is where Jepsen begins to compare polls anew. Left out: commits, effects, the administrator, errors.
 *
 * Source: jepsen.tests.kafka; edn-format.
 */
import { unreachable } from '../../kernel/assert.ts';
import { callsOf, saidBy } from './calls.ts';
import type { Call } from './calls.ts';
import { isClientOperation } from './operations.ts';
import type { ClientOperation, MicroOperation, Operation, OperationType, RecordedHistory, Value } from './operations.ts';

interface Event {
  readonly timeNs: number;
  /** Of the operation that it stands for: the order of events at one time. */
  readonly index: number;
  readonly type: OperationType;
  readonly call: Call;
}

/** The lines of the EDN file, each with its line end. */
export function* ednLines({ operations }: RecordedHistory): IterableIterator<string> {
  const calls = callsOf(operations).filter(({ begun }) => isTold(begun));
  const processes = processesOf(calls);
  let index = 0;
  for (const { call, type, timeNs } of eventsOf(calls)) {
    const { f, value } = bodyOf(call, type);
    yield `{:index ${index}, :type :${type}, :process ${processes[call.order] ?? 0}, :f :${f}, :value ${value}, :time ${timeNs}, :client ${quoted(call.begun.process)}}\n`;
    index += 1;
  }
}

function isTold(operation: Operation): boolean {
  return isClientOperation(operation) || operation.f === 'assign' || operation.f === 'subscribe' || operation.f === 'rebalance' || operation.f === 'position' || operation.f === 'crash';
}

function eventsOf(calls: readonly Call[]): readonly Event[] {
  const events = calls.flatMap((call): Event[] => {
    const { begun, ended, outcome } = call;
    const invoked: Event = { timeNs: begun.timeNs, index: begun.index, type: 'invoke', call };
    return ended === undefined ? [invoked] : [invoked, { timeNs: ended.timeNs, index: ended.index, type: outcome, call }];
  });
  return events.sort((a, b) => a.index - b.index);
}

/** Numbers by the order of the call: the first that is free among those of its client. */
function processesOf(calls: readonly Call[]): readonly number[] {
  const numbers: number[] = [];
  const free = new Map<string, number[]>();
  let next = 0;
  for (const { call, type } of eventsOf(calls)) {
    const { process, incarnation } = call.begun;
    const client = `${process}\n${incarnation}`;
    if (type !== 'invoke') {
      // After an info, which may still happen, the number is spent.
      if (type !== 'info') free.get(client)?.push(numbers[call.order] as number);
      continue;
    }
    const idle = free.get(client) ?? [];
    free.set(client, idle);
    idle.sort((a, b) => b - a);
    const number = idle.pop() ?? next;
    if (number === next) next += 1;
    while (numbers.length < call.order) numbers.push(0);
    numbers[call.order] = number;
  }
  return numbers;
}

function bodyOf(call: Call, type: OperationType): { readonly f: string; readonly value: string } {
  const operation = saidBy(call);
  switch (operation.f) {
    case 'send':
    case 'poll':
    case 'txn':
      return { f: operation.f, value: `[${(type === 'invoke' ? asked(operation) : operation.value).map(micro).join(' ')}]` };
    case 'assign':
    case 'rebalance':
      return { f: 'assign', value: `[${operation.value.map(quoted).join(' ')}]` };
    case 'position':
      return { f: 'assign', value: `[${quoted(operation.value[0])}]` };
    case 'subscribe':
      return { f: 'subscribe', value: `[${operation.value.map(quoted).join(' ')}]` };
    case 'crash':
      return { f: 'crash', value: 'nil' };
    case 'producer-epoch':
    case 'commit':
    case 'committed':
    case 'list-offsets':
    case 'process':
    case 'error':
    case 'admin':
    case 'nemesis':
      return { f: operation.f, value: 'nil' };
    default:
      return unreachable(operation, 'operation');
  }
}

/** The micro-operations as their caller asked for them: without offsets, and without what was read. */
function asked({ value }: ClientOperation): readonly MicroOperation[] {
  return value.map((each) => (each.kind === 'send' ? { ...each, offset: null } : { kind: 'poll', reads: [] }));
}

function micro(operation: MicroOperation): string {
  if (operation.kind === 'send') {
    const { key, value, offset } = operation;
    return `[:send ${key === null ? 'nil' : quoted(key)} ${offset === null ? scalar(value) : `[${offset} ${scalar(value)}]`}]`;
  }
  if (operation.reads.length === 0) return '[:poll]';
  return `[:poll {${operation.reads.map(({ key, records }) => `${quoted(key)} [${records.map(({ offset, value }) => `[${offset} ${scalar(value)}]`).join(' ')}]`).join(', ')}}]`;
}

function scalar(value: Value): string {
  if (value === null) return 'nil';
  return typeof value === 'number' ? String(value) : quoted(value);
}

/** EDN strings know the escapes of JSON that Clojure's reader knows: \t \r \n \b \f \\ \" and \uXXXX. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
