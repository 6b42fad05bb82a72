/**
 * Records files: a workload recorded elsewhere, one row per record, as NDJSON (`{"atMs": 0, "key": …, "value": …}`) or
 * as CSV with the same names in its header. Times never go back. Parses text; who reads the file is not known here.
 *
 * Source: RFC 4180 for CSV, except that lines may end in LF; an empty unquoted cell is null.
 */
import { present } from '../kernel/assert.ts';
import { decodeUtf8, placeIn } from './document.ts';
import { meant, oneOf, show } from './problems.ts';
import type { Place, Problem } from './problems.ts';
import type { RecordRow } from './scenario.ts';

const COLUMNS = ['atMs', 'key', 'value', 'producer', 'partition'] as const;
type Column = (typeof COLUMNS)[number];

/** What the rows of one file may refer to. */
export interface RecordsScope {
  /** Nodes of the producer group. */
  readonly producers: readonly string[];
  /** Partitions of the topic; undefined when that is a mistake itself. */
  readonly partitions: number | undefined;
  /** A row at or after this time would never be sent. */
  readonly endMs: number | undefined;
}

/** Problems of one file beyond this many say nothing new. */
const MAX_PROBLEMS = 50;
/** The whole workload is held in memory, and in the run record. */
export const MAX_ROWS = 5_000_000;

/** A row as found: the cells and where they stand. `text` cells are CSV's, whose numbers are still text. */
interface FoundRow {
  readonly place: Place;
  readonly cells: ReadonlyMap<string, { readonly value: unknown; readonly place: Place }>;
}

/** Reads a records file by the ending of its name. Rows are complete only when there are no problems. */
export function parseRecordsFile(file: string, content: string | Uint8Array, scope: RecordsScope): { rows: RecordRow[]; problems: Problem[] } {
  const problems: Problem[] = [];
  const decoded = decodeUtf8(content);
  if ('badByte' in decoded) {
    problems.push({ file, ...placeIn(decoded.before, decoded.before.length), path: '', message: `not UTF-8 text: byte 0x${decoded.badByte.toString(16).padStart(2, '0')}; expected NDJSON or CSV in UTF-8` });
    return { rows: [], problems };
  }
  const report = (place: Place, path: string, message: string): boolean => {
    if (problems.length < MAX_PROBLEMS) problems.push({ file, ...place, path, message });
    else if (problems.length === MAX_PROBLEMS) problems.push({ file, ...place, path: '', message: `more mistakes follow; expected at most ${MAX_PROBLEMS}: correct these first` });
    return problems.length <= MAX_PROBLEMS;
  };
  const rows: RecordRow[] = [];
  let previousMs = 0;
  for (const found of isCsv(file) ? csvRows(decoded.text, report) : ndjsonRows(decoded.text, report)) {
    const row = recordRow(found, scope, report);
    if (row === undefined) {
      if (problems.length > MAX_PROBLEMS) break;
      continue;
    }
    if (row.atMs < previousMs) report(present(found.cells.get('atMs'), 'atMs').place, 'atMs', `got ${row.atMs} after ${previousMs}; expected times that do not go back`);
    previousMs = Math.max(previousMs, row.atMs);
    rows.push(row);
    if (rows.length > MAX_ROWS) {
      report(found.place, '', `more than ${MAX_ROWS} rows; expected fewer`);
      break;
    }
  }
  if (rows.length === 0 && problems.length === 0) report({ line: 1, column: 1 }, '', 'no rows; expected at least one record');
  return { rows, problems };
}

/** Whether a name ends in one of the formats; the caller reports those that do not. */
export function isRecordsFileName(file: string): boolean {
  return isCsv(file) || /\.(ndjson|jsonl)$/i.test(file);
}

function isCsv(file: string): boolean {
  return /\.csv$/i.test(file);
}

type Report = (place: Place, path: string, message: string) => boolean;

function recordRow(found: FoundRow, scope: RecordsScope, report: Report): RecordRow | undefined {
  let good = true;
  const wrong = (column: Column, message: string): undefined => {
    good = false;
    report(found.cells.get(column)?.place ?? found.place, column, message);
    return undefined;
  };
  const cell = (column: Column): unknown => found.cells.get(column)?.value;
  const count = (column: Column, words: string): number | undefined => {
    const value = cell(column);
    return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : wrong(column, `got ${show(value)}; expected ${words}`);
  };

  const atMs = count('atMs', 'the time in whole milliseconds from the start of the run');
  if (atMs !== undefined && scope.endMs !== undefined && atMs >= scope.endMs) wrong('atMs', `${atMs} ms is not before the end of the run; expected less than ${scope.endMs}`);
  const value = cell('value');
  if (typeof value !== 'string') wrong('value', `got ${show(value)}; expected text${typeof value === 'object' && value !== null ? ': write the JSON as a string' : ''}`);
  const key = cell('key') ?? null;
  if (key !== null && typeof key !== 'string') wrong('key', `got ${show(key)}; expected text or null`);
  const producer = cell('producer') ?? null;
  if (producer !== null && !scope.producers.includes(producer as string)) {
    wrong('producer', `got ${show(producer)}; expected ${oneOf(scope.producers, 12)}${typeof producer === 'string' ? meant(producer, scope.producers) : ''}`);
  }
  let partition: number | null = null;
  if ((cell('partition') ?? null) !== null) {
    const words = scope.partitions === undefined ? 'a partition' : `a partition from 0 to ${scope.partitions - 1}`;
    partition = count('partition', words) ?? null;
    if (partition !== null && scope.partitions !== undefined && partition >= scope.partitions) wrong('partition', `got ${partition}; expected ${words}`);
  }
  for (const name of found.cells.keys()) {
    if (!(COLUMNS as readonly string[]).includes(name)) {
      good = false;
      report(present(found.cells.get(name), name).place, name, `unknown key; expected ${oneOf(COLUMNS)}${meant(name, COLUMNS)}`);
    }
  }
  return good ? { atMs: present(atMs, 'atMs'), key: key as string | null, value: value as string, producer: producer as string | null, partition } : undefined;
}

function* ndjsonRows(text: string, report: Report): Generator<FoundRow> {
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const place = { line: index + 1, column: line.search(/\S/) + 1 };
    const scanned = scanFlatObject(line);
    if ('badAt' in scanned) {
      if (!report({ line: index + 1, column: scanned.badAt + 1 }, '', `not a row: ${scanned.why}; expected one JSON object per line, such as {"atMs": 0, "key": "truck-1", "value": "…"}`)) return;
      continue;
    }
    const cells = new Map<string, { value: unknown; place: Place }>();
    for (const { name, value, offset } of scanned.members) {
      const at = { line: index + 1, column: offset + 1 };
      if (cells.has(name)) report(at, name, 'written twice; expected each key once');
      cells.set(name, { value, place: at });
    }
    yield { place, cells };
  }
}

interface Member {
  readonly name: string;
  readonly value: unknown;
  readonly offset: number;
}

const SPACE = /[ \t\r]*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const ATOM = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y;

/**
 * A JSON object of scalars on one line, with the offset of every value. JSON.parse would be shorter, but its message
 * says something else on every Node version, and seldom where.
 */
function scanFlatObject(line: string): { readonly members: readonly Member[] } | { readonly badAt: number; readonly why: string } {
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(line);
    if (match === null) return undefined;
    at += match[0].length;
    return match[0];
  };
  const bad = (why: string) => ({ badAt: at, why: at >= line.trimEnd().length ? `the line ends where ${why}` : `\`${line.slice(at, at + 12).trimEnd()}\` where ${why}` });
  const members: Member[] = [];
  take(SPACE);
  if (line[at] !== '{') return bad('{ should be');
  at += 1;
  take(SPACE);
  if (line[at] === '}') at += 1;
  else {
    for (;;) {
      take(SPACE);
      const name = take(STRING);
      if (name === undefined) return bad('a name in quotes should be');
      take(SPACE);
      if (line[at] !== ':') return bad('a colon should be');
      at += 1;
      take(SPACE);
      const offset = at;
      const value = take(STRING) ?? take(ATOM);
      if (value === undefined) return bad('text in quotes, a number or null should be');
      members.push({ name: JSON.parse(name) as string, value: JSON.parse(value) as unknown, offset });
      take(SPACE);
      if (line[at] === ',') at += 1;
      else if (line[at] === '}') break;
      else return bad('a comma or } should be');
    }
    at += 1;
  }
  take(SPACE);
  return at < line.length ? bad('the line should end') : { members };
}

interface Cell {
  readonly text: string;
  readonly isQuoted: boolean;
  readonly place: Place;
}

function* csvRows(text: string, report: Report): Generator<FoundRow> {
  let header: readonly Cell[] | undefined;
  for (const cells of csvLines(text, report)) {
    const first = present(cells[0], 'first cell');
    if (cells.length === 1 && first.text === '' && !first.isQuoted) continue;
    if (header === undefined) {
      header = cells;
      if (!headerIsGood(header, report)) return;
      continue;
    }
    if (cells.length !== header.length) {
      if (!report(first.place, '', `a row of ${cells.length} cells; expected ${header.length}, as in the header`)) return;
      continue;
    }
    const row = new Map<string, { value: unknown; place: Place }>();
    for (const [index, cell] of cells.entries()) {
      const name = present(header[index], 'header cell').text;
      row.set(name, { value: cellValue(name, cell), place: cell.place });
    }
    yield { place: first.place, cells: row };
  }
}

function headerIsGood(header: readonly Cell[], report: Report): boolean {
  let good = true;
  const names = header.map((cell) => cell.text);
  for (const [index, cell] of header.entries()) {
    const isKnown = (COLUMNS as readonly string[]).includes(cell.text);
    const isRepeated = names.indexOf(cell.text) !== index;
    if (isKnown && !isRepeated) continue;
    good = false;
    report(cell.place, cell.text, isRepeated ? 'written twice; expected each column once' : `unknown column; expected ${oneOf(COLUMNS)}${meant(cell.text, COLUMNS)}`);
  }
  for (const name of ['atMs', 'value']) {
    if (names.includes(name)) continue;
    good = false;
    report({ line: 1, column: 1 }, name, `missing; expected a header with ${oneOf(COLUMNS).replace(' or ', ' and ')}`);
  }
  return good;
}

function cellValue(name: string, cell: Cell): unknown {
  if (cell.text === '' && !cell.isQuoted && name !== 'value') return null;
  return (name === 'atMs' || name === 'partition') && /^[0-9]{1,15}$/.test(cell.text) ? Number(cell.text) : cell.text;
}

function* csvLines(text: string, report: Report): Generator<readonly Cell[]> {
  let cells: Cell[] = [];
  let line = 1;
  let lineStart = 0;
  let at = 0;
  while (at < text.length || cells.length > 0) {
    const place = { line, column: at - lineStart + 1 };
    if (text[at] === '"') {
      let value = '';
      for (at += 1; ; at += 1) {
        if (at >= text.length) {
          report(place, '', 'a quote that is never closed; expected a second "');
          return;
        }
        if (text[at] === '"') {
          if (text[at + 1] !== '"') break;
          at += 1;
        } else if (text[at] === '\n') {
          line += 1;
          lineStart = at + 1;
        }
        value += text[at] as string;
      }
      at += 1;
      if (at < text.length && !/[,\r\n]/.test(text[at] as string)) {
        report({ line, column: at - lineStart + 1 }, '', `${show(text[at])} after a closing quote; expected a comma or the end of the line`);
        return;
      }
      cells.push({ text: value, isQuoted: true, place });
    } else {
      let end = at;
      while (end < text.length && text[end] !== ',' && text[end] !== '\n') end += 1;
      const raw = text.slice(at, end);
      cells.push({ text: raw.endsWith('\r') && text[end] !== ',' ? raw.slice(0, -1) : raw, isQuoted: false, place });
      at = end;
    }
    if (text[at] === '\r') at += 1;
    if (text[at] === ',') {
      at += 1;
      if (at < text.length) continue;
      cells.push({ text: '', isQuoted: false, place: { line, column: at - lineStart + 1 } });
    }
    yield cells;
    cells = [];
    at += 1;
    line += 1;
    lineStart = at;
  }
}
