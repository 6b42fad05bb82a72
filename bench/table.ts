/** Figures as a plain text table: name, what was measured, figure, spread, target, met. */
import type { Figure } from './figure.ts';

const HEADINGS = ['name', 'measure', 'figure', 'spread', 'target', 'met?'] as const;
const RIGHT_ALIGNED: ReadonlySet<string> = new Set(['figure', 'spread', 'target']);
const GAP = '  ';

export function formatTable(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, measure, value, unit, spread, target, met }, index) => [
    figures[index - 1]?.name === name ? '' : name,
    measure,
    formatQuantity(value, unit),
    spread === null ? '' : `${(spread * 100).toFixed(spread < 0.1 ? 1 : 0)}%`,
    target === null ? '' : `${target.comparison === 'atMost' ? '<=' : '>='} ${formatQuantity(target.value, unit)}`,
    met === null ? '' : met ? 'yes' : 'NO',
  ]);
  return formatRows([HEADINGS, ...rows]);
}

function formatRows(rows: readonly (readonly string[])[]): string {
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (RIGHT_ALIGNED.has(HEADINGS[column] as string) ? cell.padStart(widths[column] as number) : cell.padEnd(widths[column] as number))).join(GAP).trimEnd();
  const [headings, ...body] = rows.map(line);
  const rule = widths.map((width) => '-'.repeat(width)).join(GAP);
  return `${[headings, rule, ...body].join('\n')}\n`;
}

/** `1.07x`, `2 302x`, `1 234 ns`. */
export function formatQuantity(value: number, unit: string): string {
  if (unit === 'x') return `${value < 100 ? value.toFixed(2) : formatNumber(value)}x`;
  return `${formatNumber(value)} ${unit}`;
}

/** Three significant digits below 100, whole numbers in groups of three above. */
export function formatNumber(value: number): string {
  if (Math.abs(value) < 100 && !Number.isInteger(value)) return value.toPrecision(3);
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ' ');
}
