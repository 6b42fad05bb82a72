/**
 * Histories as text: written by `formatHistory`, read by `parseHistory`, which loses nothing that was written and names every
 * mistake by its line, its path in the line, and the nearest valid name.
 *
 * Beyond the fields (format.ts) it holds what operations owe each other: indexes rise, times never fall, and a completion with
 * an `id` completes something that its process invoked and that is still under way.
 */
import { nearest } from '../../kernel/nearest.ts';
import { OPERATION_FIELDS, OPERATION_NAMES, headerShape, operationShapes } from './format.ts';
import { jsonOfMicroOperation } from './micro-operations.ts';
import { HISTORY_FORMAT, isClientOperation } from './operations.ts';
import type { HistoryHeader, Operation, RecordedHistory } from './operations.ts';
import { isObject, shown } from './shape.ts';

export interface HistoryMistake {
  /** 1-based. */
  readonly line: number;
  /** `value[0][1]`; empty for the whole line. */
  readonly path: string;
  readonly message: string;
}

export type ParsedHistory = { readonly history: RecordedHistory } | { readonly mistakes: readonly HistoryMistake[] };

/** More would not be read by anybody. */
const MOST_MISTAKES = 100;

/** Reads a history; never throws on bad text. `anomalies` are the names that a header may use; undefined accepts any. */
export function parseHistory(text: string, anomalies?: readonly string[]): ParsedHistory {
  const mistakes: HistoryMistake[] = [];
  const operations: Operation[] = [];
  let header: HistoryHeader | undefined;
  let isHeaderDue = true;
  const order = new Order();
  let line = 0;
  for (const raw of linesOf(text)) {
    line += 1;
    if (raw.trim() === '') continue;
    if (mistakes.length >= MOST_MISTAKES) break;
    const note = (path: string, message: string): void => void mistakes.push({ line, path, message });
    const json = parsedLine(raw, note);
    if (isHeaderDue) {
      isHeaderDue = false;
      header = readHeader(json, note, anomalies);
    } else if (json !== undefined) {
      const operation = readOperation(json, order.nextIndex, note);
      if (operation !== undefined && order.admits(operation, note)) operations.push(operation);
    }
  }
  if (isHeaderDue) mistakes.push({ line: 1, path: '', message: `the file is empty; expected a header, {"format": "${HISTORY_FORMAT}"}` });
  return mistakes.length > 0 || header === undefined ? { mistakes } : { history: { header, operations } };
}

function* linesOf(text: string): IterableIterator<string> {
  let start = text.startsWith('\uFEFF') ? 1 : 0;
  while (start < text.length) {
    const end = text.indexOf('\n', start);
    yield text.slice(start, end === -1 ? text.length : end);
    start = end === -1 ? text.length : end + 1;
  }
}

type NoteOnLine = (path: string, message: string) => void;

function parsedLine(raw: string, note: NoteOnLine): unknown {
  try {
    return JSON.parse(raw) as unknown;
  } catch {
    note('', 'not JSON; expected one JSON object a line');
    return undefined;
  }
}

function readHeader(json: unknown, note: NoteOnLine, anomalies: readonly string[] | undefined): HistoryHeader | undefined {
  if (json === undefined) return undefined;
  if (!isObject(json) || !Object.hasOwn(json, 'format')) {
    note('', `no header; expected the first line to be {"format": "${HISTORY_FORMAT}"}`);
    return undefined;
  }
  const header = headerShape.read(json, '', note);
  if (header === undefined || anomalies === undefined) return header;
  const named = [
    ...(header.allows ?? []).map(({ anomaly }, index) => [`allows[${index}].anomaly`, anomaly] as const),
    ...(header.promises ?? []).map((anomaly, index) => [`promises[${index}]`, anomaly] as const),
  ];
  for (const [path, anomaly] of named) if (!anomalies.includes(anomaly)) note(path, `no anomaly ${shown(anomaly)}; expected one of ${anomalies.join(', ')}${suggestion(anomaly, anomalies)}`);
  return header;
}

function suggestion(word: unknown, candidates: readonly string[]): string {
  const candidate = typeof word === 'string' ? nearest(word, candidates) : undefined;
  return candidate === undefined ? '' : `; did you mean ${JSON.stringify(candidate)}?`;
}

function readOperation(json: unknown, nextIndex: number, note: NoteOnLine): Operation | undefined {
  if (!isObject(json)) {
    note('', `got ${shown(json)}; expected an operation`);
    return undefined;
  }
  const { f } = json;
  const known = OPERATION_NAMES.find((each) => each === f);
  if (known === undefined) {
    note('f', `${f === undefined ? 'missing' : `no operation ${shown(f)}`}; expected one of ${OPERATION_NAMES.join(', ')}${suggestion(f, OPERATION_NAMES)}`);
    return undefined;
  }
  const read = operationShapes[known].read(json, '', note);
  if (read === undefined) return undefined;
  const { time, meta: _, ...rest } = read;
  const stamp = { index: nextIndex, incarnation: 1, ...rest, timeNs: time };
  // `position` and the pairs of commits are tuples already; everything else is as it was read.
  return stamp as unknown as Operation;
}

/** What one operation owes those before it. */
class Order {
  nextIndex = 0;
  private timeNs = 0;
  /** `process/f/id` of what is under way. */
  private readonly open = new Set<string>();

  admits(operation: Operation, note: NoteOnLine): boolean {
    const { index, timeNs } = operation;
    if (index < this.nextIndex) return this.refuse('index', `${index} after ${this.nextIndex - 1}; expected indexes that rise`, note);
    if (timeNs < this.timeNs) return this.refuse('time', `${timeNs} after ${this.timeNs}; expected times that never fall`, note);
    if (!this.joins(operation, note)) return false;
    this.nextIndex = index + 1;
    this.timeNs = timeNs;
    return true;
  }

  private joins(operation: Operation, note: NoteOnLine): boolean {
    if (!('id' in operation) || operation.id === undefined) return true;
    const { type, process, incarnation, f, id } = operation;
    const call = JSON.stringify([process, incarnation, f, id]);
    if (type === 'invoke') {
      if (this.open.has(call)) return this.refuse('id', `${f} ${id} of ${process} is under way already; expected an id of its own`, note);
      this.open.add(call);
      return true;
    }
    if (!this.open.delete(call)) return this.refuse('id', `${process} completes ${f} ${id}, which is not under way; expected the id of an invocation`, note);
    return true;
  }

  private refuse(path: string, message: string, note: NoteOnLine): false {
    note(path, message);
    return false;
  }
}

type ValuedOperation = Extract<Operation, { readonly value: unknown }>;

const FIELD_NAMES: Readonly<Record<string, readonly string[]>> = Object.fromEntries(OPERATION_NAMES.map((f) => [f, Object.keys(OPERATION_FIELDS[f])]));

/** The text of a history, line by line, each with its line end; the same for the same history. */
export function* historyLines({ header, operations }: RecordedHistory): IterableIterator<string> {
  yield `${JSON.stringify(header)}\n`;
  for (const operation of operations) yield `${JSON.stringify(jsonOfOperation(operation))}\n`;
}

export function formatHistory(history: RecordedHistory): string {
  return [...historyLines(history)].join('');
}

/** Fields in the order of the format, so that equal histories are equal texts. */
function jsonOfOperation(operation: Operation): object {
  const { index, type, process, incarnation, f, timeNs: time } = operation;
  const json: Record<string, unknown> = { index, type, process, ...(incarnation === 1 ? {} : { incarnation }), f, time };
  const values = operation as unknown as Readonly<Record<string, unknown>>;
  for (const each of FIELD_NAMES[f] ?? []) if (Object.hasOwn(values, each)) json[each] = each === 'value' ? jsonOfValue(operation as ValuedOperation) : values[each];
  return json;
}

function jsonOfValue(operation: ValuedOperation): unknown {
  if (isClientOperation(operation)) return operation.value.map(jsonOfMicroOperation);
  if (operation.f === 'commit' || operation.f === 'committed' || operation.f === 'list-offsets') return Object.fromEntries(operation.value);
  return operation.value;
}
