/**
 * The matrix as data (reports/delivery.json), and as a page (reports/delivery.md), which is a function of the data. No wall time in
 * either: equal code gives equal files.
 */
import { CLASSES, MODES, OUTCOMES, RESETS, SINKS, classOf, possible } from './matrix.ts';
import type { Cell, FaultClass, OutcomeName } from './matrix.ts';
import type { CellOutcome } from './trial.ts';

export interface DeliveryReport {
  readonly format: 'harrow.delivery/1';
  /** Fewest seeds of each cell. */
  readonly seeds: number;
  /** Most, where an outcome that is possible was not seen before. */
  readonly limit: number;
  readonly cells: readonly CellOutcome[];
}

/** `cell: what` for everything that is not as the predicates say, and every violation. */
export function wrongIn({ cells }: DeliveryReport): readonly string[] {
  return cells.flatMap((each) => [
    ...OUTCOMES.filter((outcome) => each[outcome].runs > 0 && possible(each.cell, outcome) === undefined).map((outcome) => `${nameOf(each.cell)}: ${outcome} at seed ${each[outcome].witness ?? 0}, which is impossible`),
    ...each.violated.map((violation) => `${nameOf(each.cell)}: ${violation}`),
  ]);
}

/** Outcomes that are possible and that no seed showed. */
export function unconfirmedIn({ cells }: DeliveryReport): readonly string[] {
  return cells.flatMap(({ cell, seeds, ...seen }) => OUTCOMES.filter((outcome) => seen[outcome].runs === 0 && possible(cell, outcome) !== undefined).map((outcome) => `${nameOf(cell)}: ${outcome} in none of ${seeds} seeds`));
}

export function nameOf({ mode, sink, fault, reset }: Cell): string {
  return `${fault}, ${mode}, ${sink} sink${classOf({ fault }).resets === true ? `, ${reset}` : ''}`;
}

export function formatDelivery(report: DeliveryReport): string {
  const { seeds, limit, cells } = report;
  const runs = cells.reduce((sum, each) => sum + each.seeds, 0);
  const shown = cells.flatMap((each) => OUTCOMES.filter((outcome) => possible(each.cell, outcome) !== undefined && each[outcome].runs > 0));
  const wrong = wrongIn(report);
  const unconfirmed = unconfirmedIn(report);
  return `${[
    '# Delivery',
    '',
    'What becomes of the records of a group, by how its application commits and by what goes wrong. *skip*: the group has committed past',
    'a record whose effect was never carried out. *repeat*: the effect of a record happened more than once. Which of them is possible',
    'follows from predicates over the mode and the fault class (`bench/delivery/matrix.ts`); the runs are to show every outcome that is',
    'possible, with a seed, and none of the others.',
    '',
    `${cells.length} cells, ${runs} runs: seeds 1 to ${seeds} of each cell, and on to at most ${limit} until all that is possible was seen. ${shown.length} possible`,
    `outcomes have a witness, ${unconfirmed.length} ${unconfirmed.length === 1 ? 'has' : 'have'} none; ${wrong.length} things were not as they must be. Written by \`npm run delivery\`, with its data,`,
    '`delivery.json`. The data topic loses nothing (`acks=all`, `min.insync.replicas=2`, `flush.messages=1`).',
    '',
    'A cell says `never`, or in how many of its runs the outcome was seen and the first seed that shows it.',
    '',
    '## Modes',
    '',
    '| mode | what it does |',
    '|---|---|',
    ...MODES.map(({ name, says }) => `| ${name} | ${says} |`),
    ...CLASSES.flatMap((fault) => sectionOf(fault, cells)),
    ...list('Possible, and seen in no run', unconfirmed),
    ...list('Not as it must be', wrong),
  ].join('\n')}\n`;
}

function sectionOf(fault: FaultClass, cells: readonly CellOutcome[]): string[] {
  const resets = RESETS.filter((reset) => fault.resets === true || reset === 'earliest');
  const columns = SINKS.flatMap((sink) => resets.map((reset) => ({ sink, reset })));
  const head = columns.flatMap(({ sink, reset }) => OUTCOMES.map((outcome) => `${outcome}: ${sink}${fault.resets === true ? `, ${reset}` : ''}`));
  const rows = MODES.map(({ name: mode }) => {
    const found = columns.map(({ sink, reset }) => cells.find(({ cell }) => cell.fault === fault.name && cell.mode === mode && cell.sink === sink && cell.reset === reset));
    return `| ${[mode, ...found.flatMap((each) => OUTCOMES.map((outcome) => (each === undefined ? '' : seenText(each, outcome))))].join(' | ')} |`;
  });
  return ['', `## ${fault.name[0]?.toUpperCase() ?? ''}${fault.name.slice(1)}`, '', `${fault.says[0]?.toUpperCase() ?? ''}${fault.says.slice(1)}.`, '', `| mode | ${head.join(' | ')} |`, `|---|${head.map(() => '---').join('|')}|`, ...rows];
}

function seenText(outcome: CellOutcome, kind: OutcomeName): string {
  const { runs, witness } = outcome[kind];
  const isPossible = possible(outcome.cell, kind) !== undefined;
  if (runs === 0) return isPossible ? `not seen in ${outcome.seeds}` : 'never';
  return `${isPossible ? '' : '**impossible** '}${runs} of ${outcome.seeds}, seed ${witness ?? 0}`;
}

function list(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `## ${title}`, '', ...lines.map((line) => `- ${line}`)];
}
