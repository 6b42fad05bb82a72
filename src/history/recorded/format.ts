/**
 * The fields of the history format: of its header and of each kind of operation (`f`). From these tables come the reader, its
 * messages, and the JSON Schema that `harrow schema history` prints; nothing else says what a history file may hold.
 *
 * A file is text, one JSON object a line: first the header, `{"format": "harrow.history/1"}` at least, then the operations in
 * the order in which they happened. Times are nanoseconds, as in Jepsen.
 */
import { microOperation } from './micro-operations.ts';
import { HISTORY_FORMAT } from './operations.ts';
import type { HistoryHeader, Key, Operation, Value } from './operations.ts';
import { anything, bool, integer, list, name, nullable, object, oneOf, optional, pairs, partitionKey, recordValue, required, shown, text } from './shape.ts';
import type { Fields, Schema, Shape } from './shape.ts';

const offset = integer(0);
const count = integer(0);

/** Fields that every operation has. `index` is the place in the file unless it is written. */
const STAMP: Fields = {
  index: optional(count, 'Number of the operation; rises. Default: one more than the operation before, from 0.'),
  type: required(oneOf('invoke', 'ok', 'fail', 'info'), 'Whether it begins, or how it ended; info is: nobody knows.'),
  process: required(processName(), 'Who did it: a logical process, one client.'),
  incarnation: optional(integer(1), 'Counts the starts of the process. Default 1.'),
  time: required(count, 'Nanoseconds since the history began.'),
  meta: optional(anything, 'Anything; nobody reads it.'),
};

const error = optional(name, 'The error code, as Kafka spells it.');
const id = optional(integer(-1), 'Joins the invocation and the completion of a process that has several under way.');
const CLIENT: Fields = {
  value: required(list(microOperation), 'What it does or did, as micro-operations.'),
  id, error,
  topic: optional(name, 'The topic of a send whose partition is not chosen yet.'),
  recordKey: optional(nullable(text), "The record's own key."),
  acks: optional(oneOf(-1, 0, 1), 'Of a send. Default -1, all.'),
  mayBeTwice: optional(bool, 'Of a send that is ok: an attempt before the last ended without proof that it appended nothing.'),
  from: optional(count, 'Id of the broker that served a poll.'),
  isFromFormerLeader: optional(bool, 'Of a poll: the process takes another broker for the leader by now.'),
  rebalanced: optional(list(partitionKey), 'Topic-partitions that were taken or given meanwhile.'),
};
const offsets = required(pairs(offset), 'Offsets by topic-partition.');
const group = required(name, 'The group id.');
const opaque = required(anything, 'Anything.');

/** By `f`. */
export const OPERATION_FIELDS: Readonly<Record<Operation['f'], Fields>> = {
  send: CLIENT,
  poll: CLIENT,
  txn: CLIENT,
  'producer-epoch': { value: required(oneEpoch(), 'The id of an idempotent producer and its epoch, from here on: [producerId, producerEpoch].') },
  assign: { value: required(list(partitionKey), 'The topic-partitions that it reads from here on.') },
  subscribe: { value: required(list(name), 'The topics.'), group: optional(name, 'The group id.') },
  rebalance: {
    value: required(list(partitionKey), 'The topic-partitions that the member owns from here on.'),
    group, member: required(text, 'The member id.'),
    generation: required(integer(-1), 'Generation of the classic protocol, member epoch of the consumer protocol.'),
    reason: required(oneOf('assigned', 'revoked', 'lost'), 'Which listener ran.'),
  },
  position: {
    value: required(onePosition(), 'Where the process reads next: [topic-partition, offset].'),
    from: required(nullable(offset), 'The position before; null when there was none.'),
    reason: required(oneOf('initial', 'committed', 'seek', 'outOfRange', 'truncation'), 'Why; initial, outOfRange and truncation follow auto.offset.reset.'),
    leaderEpoch: optional(integer(-1), 'What a leader that was asked for the offset said of it.'),
  },
  commit: { value: offsets, id, error, group: optional(name, 'The group id.'), mode: optional(oneOf('sync', 'async', 'auto'), 'Who commits, and whether it waits.'),
    mayBeTwice: optional(bool, 'Of a commit that is ok: an attempt before the last ended without proof that it did nothing.') },
  committed: { value: required(pairs(nullable(offset)), 'Committed offsets as a client was told them.'), group },
  'list-offsets': { value: required(pairs(offset), 'The ends of partitions as a client was told them.') },
  process: {
    value: required(oneRecord(), 'The record whose effect was carried out: [topic-partition, offset, value].'),
    isApplied: required(bool, 'False where an idempotent sink had it already.'),
  },
  crash: {},
  error: { error: required(name, 'The error code.'), exception: required(text, "Kafka's exception.") },
  admin: { value: opaque, id: required(integer(-1), 'Joins the beginning and the end.'), error, message: optional(text, 'What the error says.') },
  nemesis: { value: opaque },
};

export const OPERATION_NAMES = Object.keys(OPERATION_FIELDS) as Operation['f'][];

const HEADER: Fields = {
  format: required(oneOf(HISTORY_FORMAT), 'The name of this format.'),
  source: optional(text, 'Where the history comes from.'),
  nodes: optional(list(name), 'Names of nodes by index.'),
  allows: optional(list(object({
    anomaly: required(name, 'Its name.'), reason: required(name, 'Why it is no bug.'), topics: optional(list(name), 'Only there.'),
  }, 'an allowance')), 'Anomalies that the configuration allows.'),
  promises: optional(list(name), 'Anomalies that are judged only where their absence is promised.'),
  patienceMs: optional(object({
    send: optional(integer(1), 'Of a send.'), commit: optional(integer(1), 'Of a commit that waits.'),
  }, 'times in ms'), 'How long a call may take at most, by kind.'),
};

export const headerShape: Shape<HistoryHeader> = object(HEADER, 'the header of a history');

const FIELD_OF_F = required(oneOf(...OPERATION_NAMES), 'What it does.');

/** The shape of operations of one kind. */
export const operationShapes = Object.fromEntries(OPERATION_NAMES.map((f) => [f, object({ ...STAMP, f: FIELD_OF_F, ...OPERATION_FIELDS[f] }, `an operation ${f}`)])) as Readonly<Record<Operation['f'], Shape<Readonly<Record<string, unknown>>>>>;

/** The JSON Schema of one line: the header, or an operation. */
export function historyLineSchema(): Schema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A line of a history',
    description: 'A history is text with one JSON object a line: first the header, then the operations in the order in which they happened.',
    anyOf: [headerShape.schema, ...OPERATION_NAMES.map((f) => {
      const { schema } = operationShapes[f];
      return { ...schema, properties: { ...(schema['properties'] as object), f: { const: f } } };
    })],
  };
}

function processName(): Shape<string> {
  return {
    expected: 'the name or number of a process', schema: { anyOf: [{ type: 'string', minLength: 1 }, { type: 'integer', minimum: 0 }] },
    read: (value, path, note) => partitionKey.read(value, path, (at) => note(at, `got ${shown(value)}; expected the name or number of a process`)),
  };
}

function onePosition(): Shape<readonly [Key, number]> {
  const expected = '[topic-partition, offset]';
  return {
    expected, schema: { type: 'array', prefixItems: [partitionKey.schema, offset.schema], minItems: 2, items: false },
    read: (value, path, note) => {
      if (!Array.isArray(value) || value.length !== 2) {
        note(path, `got ${shown(value)}; expected ${expected}`);
        return undefined;
      }
      const key = partitionKey.read(value[0], `${path}[0]`, note);
      const at = offset.read(value[1], `${path}[1]`, note);
      return key === undefined || at === undefined ? undefined : [key, at];
    },
  };
}

function oneEpoch(): Shape<readonly [number, number]> {
  const expected = '[producerId, producerEpoch]';
  return {
    expected, schema: { type: 'array', prefixItems: [count.schema, count.schema], minItems: 2, items: false },
    read: (value, path, note) => {
      if (!Array.isArray(value) || value.length !== 2) {
        note(path, `got ${shown(value)}; expected ${expected}`);
        return undefined;
      }
      const producerId = count.read(value[0], `${path}[0]`, note);
      const producerEpoch = count.read(value[1], `${path}[1]`, note);
      return producerId === undefined || producerEpoch === undefined ? undefined : [producerId, producerEpoch];
    },
  };
}

function oneRecord(): Shape<readonly [Key, number, Value]> {
  const expected = '[topic-partition, offset, value]';
  return {
    expected, schema: { type: 'array', prefixItems: [partitionKey.schema, offset.schema, recordValue.schema], minItems: 3, items: false },
    read: (value, path, note) => {
      if (!Array.isArray(value) || value.length !== 3) {
        note(path, `got ${shown(value)}; expected ${expected}`);
        return undefined;
      }
      const key = partitionKey.read(value[0], `${path}[0]`, note);
      const at = offset.read(value[1], `${path}[1]`, note);
      const says = recordValue.read(value[2], `${path}[2]`, note);
      return key === undefined || at === undefined || says === undefined ? undefined : [key, at, says];
    },
  };
}
