/**
 * Colour and layout of terminal output. Plain text when colour is off: nothing is said by colour alone.
 * Source: no-color.org; FORCE_COLOR as Node reads it.
 */
import type { Outside, Output } from './outside.ts';

const CODES = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39], cyan: [36, 39] } as const;
export type Colour = keyof typeof CODES;

/** The width that reports are laid out for; wider terminals leave the rest empty. */
export const REPORT_COLUMNS = 100;

export interface Style {
  readonly isColoured: boolean;
  paint(text: string, ...colours: readonly Colour[]): string;
}

export function styleFor(output: Output, env: Outside['env']): Style {
  const noColour = (env['NO_COLOR'] ?? '') !== '';
  const forced = (env['FORCE_COLOR'] ?? '') !== '' && env['FORCE_COLOR'] !== '0';
  const isColoured = !noColour && (forced || (output.isTTY && env['TERM'] !== 'dumb'));
  return {
    isColoured,
    paint: (text, ...colours) => (isColoured && text !== '' ? colours.reduce((painted, colour) => `\x1b[${CODES[colour][0]}m${painted}\x1b[${CODES[colour][1]}m`, text) : text),
  };
}

/** `1,234,567`: not the locale's, so that output is equal everywhere. */
export function grouped(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Lines of at most `width` characters, broken at spaces; a longer word keeps its own line. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((each) => each !== '')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** The last column is wrapped to what is left of the width. */
  readonly wraps?: boolean;
}

export interface TableCell {
  readonly text: string;
  readonly colours?: readonly Colour[];
}

/** A table with two spaces between columns and no rules; titles only when there are any. */
export function table(columns: readonly Column[], rows: readonly (readonly (string | TableCell)[])[], style: Style, options: { readonly indent?: number; readonly width?: number } = {}): string[] {
  const { indent = 2, width = REPORT_COLUMNS } = options;
  const cells = rows.map((row) => row.map((cell): TableCell => (typeof cell === 'string' ? { text: cell } : cell)));
  const widths = columns.map((column, index) => Math.max(column.title.length, ...(column.wraps === true ? [0] : cells.map((row) => row[index]?.text.length ?? 0))));
  const before = widths.map((_, index) => indent + widths.slice(0, index).reduce((sum, each) => sum + each + 2, 0));
  const lines: string[] = [];
  const push = (parts: readonly string[]): void => void lines.push((' '.repeat(indent) + parts.join('  ')).trimEnd());
  if (columns.some((column) => column.title !== '')) {
    push(columns.map((column, index) => style.paint(pad(column.title, column, widths[index] as number), 'dim')));
  }
  for (const row of cells) {
    const wrapped = columns.map((column, index) => {
      const text = row[index]?.text ?? '';
      return column.wraps === true ? wrap(text, Math.max(20, width - (before[index] as number))) : [text];
    });
    const height = Math.max(1, ...wrapped.map((each) => each.length));
    for (let line = 0; line < height; line += 1) {
      push(columns.map((column, index) => {
        const text = wrapped[index]?.[line] ?? '';
        const isLast = index === columns.length - 1;
        return style.paint(isLast && column.align !== 'right' ? text : pad(text, column, widths[index] as number), ...(row[index]?.colours ?? []));
      }));
    }
  }
  return lines;
}

function pad(text: string, column: Column, width: number): string {
  return column.align === 'right' ? text.padStart(width) : text.padEnd(width);
}
