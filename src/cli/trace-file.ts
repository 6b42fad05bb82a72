/**
 * Writes the trace of a run as text, one line per step. Large values are cut: the trace is for eyes, the digest is for
 * comparing.
 */
import { formatTraceLine } from '../kernel/trace.ts';
import type { TraceLine } from '../kernel/trace.ts';
import { nodesOf } from '../scenarios/scenario.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import type { Outside, TextSink } from './outside.ts';

const MAX_DETAIL_CHARACTERS = 400;

export interface TraceFile {
  readonly path: string;
  readonly write: (line: TraceLine) => void;
  close(): void;
}

/** `path` may be `-`, which is standard output. */
export function openTrace(path: string, scenario: Scenario, outside: Outside): TraceFile {
  const names = nodesOf(scenario).map((node) => node.name);
  const sink = openSink(path, outside);
  return {
    path,
    write: (line) => sink.write(`${formatTraceLine(line, (index) => names[index] ?? `node ${index}`, detail)}\n`),
    close: () => sink.close(),
  };
}

/** A file, or standard output for `-`. */
export function openSink(path: string, outside: Pick<Outside, 'stdout' | 'openFile'>): TextSink {
  return path === '-' ? { write: (text) => outside.stdout.write(text), close: () => undefined } : outside.openFile(path);
}

function detail(message: unknown): string {
  const text = JSON.stringify(message) ?? '';
  return text.length > MAX_DETAIL_CHARACTERS ? `${text.slice(0, MAX_DETAIL_CHARACTERS)}…` : text;
}
