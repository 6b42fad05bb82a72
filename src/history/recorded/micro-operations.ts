/**
 * Micro-operations as JSON: `["send", key, value]`, `["send", key, [offset, value]]`, `["poll"]` and
 * `["poll", {key: [[offset, value], …]}]`. A record that was read may say more of itself: `[offset, value, recordKey,
 * leaderEpoch]`.
 */
import { unreachable } from '../../kernel/assert.ts';
import type { MicroOperation, PollMicroOperation, ReadRecord, SendMicroOperation } from './operations.ts';
import { integer, isObject, nullable, partitionKey, recordValue, shown, text } from './shape.ts';
import type { Note, Shape } from './shape.ts';

const offset = integer(0);
const recordKey = nullable(text);
const leaderEpoch = integer(-1);

const SENT = { prefixItems: [offset.schema, recordValue.schema], minItems: 2, items: false, type: 'array' };
const READ = { prefixItems: [offset.schema, recordValue.schema, recordKey.schema, leaderEpoch.schema], minItems: 2, items: false, type: 'array' };

export const microOperation: Shape<MicroOperation> = {
  expected: 'a micro-operation, ["send", key, value] or ["poll", {key: [[offset, value], …]}]',
  schema: {
    anyOf: [
      { type: 'array', prefixItems: [{ const: 'send' }, { anyOf: [partitionKey.schema, { type: 'null' }] }, { anyOf: [recordValue.schema, SENT] }], minItems: 3, items: false },
      { type: 'array', prefixItems: [{ const: 'poll' }, { type: 'object', additionalProperties: { type: 'array', items: READ } }], minItems: 1, items: false },
    ],
  },
  read: (value, path, note) => {
    if (Array.isArray(value) && value[0] === 'send') return readSend(value, path, note);
    if (Array.isArray(value) && value[0] === 'poll') return readPoll(value, path, note);
    note(path, `got ${shown(value)}; expected ${microOperation.expected}`);
    return undefined;
  },
};

function readSend(value: readonly unknown[], path: string, note: Note): SendMicroOperation | undefined {
  if (value.length !== 3) {
    note(path, `${value.length} elements; expected ["send", key, value]`);
    return undefined;
  }
  const key = nullable(partitionKey).read(value[1], `${path}[1]`, note);
  const what = value[2];
  if (!Array.isArray(what)) {
    const sent = recordValue.read(what, `${path}[2]`, note);
    return key === undefined || sent === undefined ? undefined : { kind: 'send', key, value: sent, offset: null };
  }
  if (what.length !== 2) {
    note(`${path}[2]`, `${what.length} elements; expected [offset, value]`);
    return undefined;
  }
  const at = offset.read(what[0], `${path}[2][0]`, note);
  const sent = recordValue.read(what[1], `${path}[2][1]`, note);
  return key === undefined || at === undefined || sent === undefined ? undefined : { kind: 'send', key, value: sent, offset: at };
}

function readPoll(value: readonly unknown[], path: string, note: Note): PollMicroOperation | undefined {
  if (value.length === 1) return { kind: 'poll', reads: [] };
  if (value.length !== 2 || !isObject(value[1])) {
    note(`${path}[1]`, `got ${shown(value[1])}; expected a mapping of topic-partitions to lists of [offset, value]`);
    return undefined;
  }
  let isSound = true;
  const reads = Object.entries(value[1]).map(([key, records]) => {
    const at = `${path}[1].${key}`;
    if (!Array.isArray(records)) note(at, `got ${shown(records)}; expected a list of [offset, value]`);
    const read = Array.isArray(records) ? records.map((each, index) => readRecord(each, `${at}[${index}]`, note)) : [undefined];
    if (read.includes(undefined)) isSound = false;
    return { key, records: read as ReadRecord[] };
  });
  return isSound ? { kind: 'poll', reads } : undefined;
}

function readRecord(value: unknown, path: string, note: Note): ReadRecord | undefined {
  if (!Array.isArray(value) || value.length < 2 || value.length > 4) {
    note(path, `got ${shown(value)}; expected [offset, value] or [offset, value, recordKey, leaderEpoch]`);
    return undefined;
  }
  const at = offset.read(value[0], `${path}[0]`, note);
  const says = recordValue.read(value[1], `${path}[1]`, note);
  const own = value.length > 2 ? recordKey.read(value[2], `${path}[2]`, note) : null;
  const epoch = value.length > 3 ? leaderEpoch.read(value[3], `${path}[3]`, note) : 0;
  if (at === undefined || says === undefined || own === undefined || epoch === undefined) return undefined;
  return { offset: at, value: says, ...(value.length > 2 ? { recordKey: own } : {}), ...(value.length > 3 ? { leaderEpoch: epoch } : {}) };
}

/** As JSON; what a record does not say of itself is left out. */
export function jsonOfMicroOperation(operation: MicroOperation): unknown {
  switch (operation.kind) {
    case 'send':
      return ['send', operation.key, operation.offset === null ? operation.value : [operation.offset, operation.value]];
    case 'poll':
      return ['poll', Object.fromEntries(operation.reads.map(({ key, records }) => [key, records.map(jsonOfRead)]))];
    default:
      return unreachable(operation, 'micro-operation');
  }
}

function jsonOfRead({ offset: at, value, recordKey: own, leaderEpoch: epoch }: ReadRecord): unknown {
  if (own === undefined && epoch === undefined) return [at, value];
  return epoch === undefined ? [at, value, own] : [at, value, own ?? null, epoch];
}
