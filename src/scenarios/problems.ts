/**
 * What is wrong with a file a person wrote, and where. A mistake is noted at a path of the document; when the whole
 * file has been read, mistakes become problems with line and column. All of them are reported, not just the first.
 */
import { nearest } from '../kernel/nearest.ts';

export type Path = readonly (string | number)[];

/** 1-based, counted in UTF-16 units as editors do. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Problem extends Place {
  readonly file: string;
  /** `topics[0].partitions`, empty for the document as a whole. */
  readonly path: string;
  /** What is wrong; expected …; did you mean …? */
  readonly message: string;
}

export interface Mistake {
  readonly path: Path;
  /** Whether the key at `path` is meant, or its value. */
  readonly on: 'key' | 'value';
  readonly message: string;
}

/** Collects the mistakes of one document. */
export class Mistakes {
  readonly list: Mistake[] = [];

  add(path: Path, message: string, on: 'key' | 'value' = 'value'): void {
    this.list.push({ path, on, message });
  }
}

/** A file that cannot be used; carries every problem found. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.problems = problems;
  }
}

/** `file:line:column: path: what is wrong; expected …`, the form that editors and terminals make clickable. */
export function formatProblem(problem: Problem): string {
  const path = problem.path === '' ? '' : ` ${problem.path}:`;
  return `${problem.file}:${problem.line}:${problem.column}:${path} ${problem.message}`;
}

export function formatPath(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

export function byPlace(a: Problem, b: Problem): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}

const SHOWN_CHARACTERS = 40;

/** A value as a message shows it: `"gps"`, `3`, `a list`. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value !== 'string') return String(value);
  const shown = value.length > SHOWN_CHARACTERS ? `${value.slice(0, SHOWN_CHARACTERS)}…` : value;
  return JSON.stringify(shown);
}

/** `; did you mean x?`, or nothing when no candidate is near. */
export function meant(word: string, candidates: readonly string[]): string {
  const candidate = nearest(word, candidates);
  return candidate === undefined ? '' : `; did you mean ${candidate}?`;
}

/** `a, b or c`, cut when there are too many to read. */
export function oneOf(names: readonly string[], most = 24): string {
  if (names.length === 0) return 'nothing';
  if (names.length > most) return `${names.slice(0, most).join(', ')}, … (${names.length})`;
  if (names.length === 1) return names[0] as string;
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1) as string}`;
}
