/**
 * A model as bytes and back. Numbers that follow from others are left out: a message that another one caused was sent
 * when that one was handled, as a rule, and most answers answer what caused them. What is left is mostly zeros and
 * small numbers, which deflate well; 100,000 messages come to about half a megabyte.
 *
 * Invariant: `decodeModel(encodeModel(m))` equals `m`.
 */
import { assert } from '../../kernel/assert.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { FIRST_MESSAGE, MODEL_FORMAT, SCHEMA, TABLES, type ModelMeta, type RunModel, type Table, type TableName, type Tables } from './model.ts';

type Column = Float64Array | Int32Array;

export function encodeModel({ meta, tables }: RunModel): Uint8Array {
  const writer = new ByteWriter();
  writer.block(new TextEncoder().encode(JSON.stringify(meta)));
  for (const name of TABLES) {
    const table = name === 'messages' ? relativeMessages(tables.messages) : relativeTimes(tables[name] as Table<TableName>, tables.messages.handledAtUs);
    writer.unsigned(tables[name].rows);
    for (const [column, kind] of Object.entries(SCHEMA[name])) writeColumn(writer, table[column] as Column, kind);
  }
  return writer.finish();
}

/** @throws AssertionFailed for bytes of another format. */
export function decodeModel(bytes: Uint8Array): RunModel {
  const reader = new ByteReader(bytes);
  const meta = JSON.parse(new TextDecoder().decode(reader.block())) as ModelMeta;
  assert(meta.format === MODEL_FORMAT, () => `a model of format ${meta.format}, expected ${MODEL_FORMAT}`);
  const tables: Record<string, unknown> = {};
  for (const name of TABLES) {
    const rows = reader.unsigned();
    const table: Record<string, unknown> = { rows };
    for (const [column, kind] of Object.entries(SCHEMA[name])) table[column] = readColumn(reader, rows, kind);
    if (name === 'messages') absoluteMessages(table as unknown as Table<'messages'>);
    else absoluteTimes(table as Record<string, Column>, rows, (tables['messages'] as Table<'messages'>).handledAtUs);
    tables[name] = table;
  }
  assert(reader.isAtEnd, 'nothing follows the last table');
  return { meta, tables: tables as Tables };
}

function writeColumn(writer: ByteWriter, values: Column, kind: string): void {
  if (kind === 'delta') {
    for (let i = 0, before = 0; i < values.length; i += 1) {
      writer.signed((values[i] as number) - before);
      before = values[i] as number;
    }
  } else for (let i = 0; i < values.length; i += 1) writer.signed(values[i] as number);
}

function readColumn(reader: ByteReader, rows: number, kind: string): Column {
  const values = kind === 'time' ? new Float64Array(rows) : new Int32Array(rows);
  if (kind === 'delta') for (let i = 0, before = 0; i < rows; i += 1) values[i] = before += reader.signed();
  else for (let i = 0; i < rows; i += 1) values[i] = reader.signed();
  return values;
}

/**
 * Sent: after the handling of its cause, or after the message before it. Handled: after it was sent, plus one; 0 for
 * never. Cause and answered request: as how many messages before.
 */
function relativeMessages(messages: Table<'messages'>): Record<string, Column> {
  const { rows, sentAtUs, handledAtUs, cause, answers } = messages;
  const sent = new Float64Array(rows);
  const handled = new Float64Array(rows);
  const causes = new Int32Array(rows);
  const answered = new Int32Array(rows);
  for (let i = 0; i < rows; i += 1) {
    const why = cause[i] as number;
    sent[i] = (sentAtUs[i] as number) - baseUs(messages, i, why);
    handled[i] = (handledAtUs[i] as number) < 0 ? 0 : (handledAtUs[i] as number) - (sentAtUs[i] as number) + 1;
    causes[i] = why < FIRST_MESSAGE ? why : FIRST_MESSAGE + i - (why - FIRST_MESSAGE);
    const request = answers[i] as number;
    answered[i] = request < 0 ? 0 : request === why - FIRST_MESSAGE ? 1 : 1 + i - request;
  }
  return { sentAtUs: sent, handledAtUs: handled, link: messages.link, type: messages.type, cause: causes, via: messages.via, answers: answered, flags: messages.flags };
}

function absoluteMessages(messages: Table<'messages'>): void {
  const { rows, sentAtUs, handledAtUs, cause, answers } = messages;
  for (let i = 0; i < rows; i += 1) {
    const coded = cause[i] as number;
    const why = coded < FIRST_MESSAGE ? coded : FIRST_MESSAGE + i - (coded - FIRST_MESSAGE);
    cause[i] = why;
    sentAtUs[i] = (sentAtUs[i] as number) + baseUs(messages, i, why);
    const tookUs = handledAtUs[i] as number;
    handledAtUs[i] = tookUs === 0 ? -1 : (sentAtUs[i] as number) + tookUs - 1;
    const answered = answers[i] as number;
    answers[i] = answered === 0 ? -1 : answered === 1 ? why - FIRST_MESSAGE : i - (answered - 1);
  }
}

function baseUs({ sentAtUs, handledAtUs }: Table<'messages'>, i: number, why: number): number {
  if (why >= FIRST_MESSAGE) return handledAtUs[why - FIRST_MESSAGE] as number;
  return i === 0 ? 0 : (sentAtUs[i - 1] as number);
}

/** `atUs` from the handling of its cause, else from the row before; `doneAtUs` from `atUs`, plus one. */
function relativeTimes(table: object, handledAtUs: Float64Array): Record<string, Column> {
  const columns = table as Record<string, Column>;
  const { atUs, doneAtUs, cause } = columns;
  if (atUs === undefined) return columns;
  const isDoneByCause = doneAtUs !== undefined;
  const at = new Float64Array(atUs.length);
  for (let i = 0; i < at.length; i += 1) at[i] = (atUs[i] as number) - rowBaseUs(atUs, isDoneByCause ? undefined : cause, handledAtUs, i);
  if (doneAtUs === undefined) return { ...columns, atUs: at };
  return { ...columns, atUs: at, doneAtUs: doneAtUs.map((doneUs, i) => (doneUs < 0 ? 0 : doneUs - (atUs[i] as number) + 1)) };
}

function absoluteTimes(columns: Record<string, Column>, rows: number, handledAtUs: Float64Array): void {
  const { atUs, doneAtUs, cause } = columns;
  if (atUs === undefined) return;
  for (let i = 0; i < rows; i += 1) {
    atUs[i] = (atUs[i] as number) + rowBaseUs(atUs, doneAtUs === undefined ? cause : undefined, handledAtUs, i);
    if (doneAtUs !== undefined) doneAtUs[i] = doneAtUs[i] === 0 ? -1 : (atUs[i] as number) + (doneAtUs[i] as number) - 1;
  }
}

/** The cause of a send's row is that of its end, so its beginning does not follow from it. */
function rowBaseUs(atUs: Column, cause: Column | undefined, handledAtUs: Float64Array, i: number): number {
  const why = cause?.[i] ?? 0;
  if (why >= FIRST_MESSAGE) return handledAtUs[why - FIRST_MESSAGE] as number;
  return i === 0 ? 0 : (atUs[i - 1] as number);
}
