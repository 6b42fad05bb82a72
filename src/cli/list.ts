/**
 * `harrow list [WHAT]`: what there is to choose from, out of the same registries that the reader of scenarios uses.
 */
import { ADMIN_DOCS } from '../scenarios/administration.ts';
import { BUILT_INS, builtInScenario } from '../scenarios/catalogue/catalogue.ts';
import { formatDurationMs } from '../scenarios/durations.ts';
import { FAULT_DOCS } from '../scenarios/faults.ts';
import { MUTANT_DOCS } from '../scenarios/mutants.ts';
import { meant, oneOf } from '../scenarios/problems.ts';
import { PROFILES } from '../scenarios/profiles.ts';
import { PROPERTY_DOCS } from '../scenarios/properties.ts';
import { EXIT_HELD, UsageError } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Outside } from './outside.ts';
import { firstSentence } from './report.ts';
import { styleFor, table } from './style.ts';
import type { Style } from './style.ts';

interface Listing {
  readonly title: string;
  /** For --json. */
  readonly entries: () => readonly object[];
  readonly lines: (style: Style) => readonly string[];
}

const name = { title: '' };
const doc = { title: '', wraps: true };

function scenarios() {
  return BUILT_INS.flatMap(({ name: each, group }) => {
    const scenario = builtInScenario(each);
    if (scenario === undefined) return [];
    const { durationMs, description, profile, story } = scenario;
    return [{ name: each, group, duration: formatDurationMs(durationMs), profile, description, ...(story === undefined ? {} : { story }) }];
  });
}

/** Under the heading of each group; a story in the words of its source, which is named. */
function scenarioLines(style: Style): string[] {
  const all = scenarios();
  return [...new Set(all.map(({ group }) => group))].flatMap((group, index) => [
    ...(index === 0 ? [] : ['']), `  ${style.paint(group, 'dim')}`,
    ...table([name, { title: '', align: 'right' }, doc], all.filter((each) => each.group === group).map(({ name: each, duration, description, story }) => [
      bold(each), duration, story === undefined ? firstSentence(description) : `${story.tells} (${story.source})`,
    ]), style),
  ]);
}

const LISTINGS: Readonly<Record<string, Listing>> = {
  scenarios: {
    title: 'Scenarios',
    entries: scenarios,
    lines: scenarioLines,
  },
  faults: {
    title: 'Faults',
    entries: () => FAULT_DOCS,
    lines: (style) => table([name, doc], FAULT_DOCS.flatMap((each) => [[bold(each.kind), `${each.doc} (${each.source})`], ['', { text: each.example, colours: ['dim'] as const }]]), style),
  },
  operations: {
    title: 'Operations of the administrator',
    entries: () => ADMIN_DOCS,
    lines: (style) => table([name, doc], ADMIN_DOCS.flatMap((each) => [[bold(each.kind), `${each.doc} (${each.source})`], ['', { text: each.example, colours: ['dim'] as const }]]), style),
  },
  properties: {
    title: 'Properties',
    entries: () => PROPERTY_DOCS,
    lines: (style) => table([name, doc], PROPERTY_DOCS.map((each) => [bold(each.name), `${each.claim} (${each.source})`]), style),
  },
  mutants: {
    title: 'Mutants',
    entries: () => MUTANT_DOCS,
    lines: (style) => (MUTANT_DOCS.length === 0 ? ['  none'] : table([name, doc], MUTANT_DOCS.map((each) => [bold(each.name), `${each.doc}; trips ${oneOf(each.trips)} (${each.source})`]), style)),
  },
  profiles: {
    title: 'Profiles',
    entries: () => PROFILES,
    lines: (style) => table([name, doc], PROFILES.map((each) => [bold(each.name), `${each.title} (${each.source})`]), style),
  },
};

export const LISTABLE: readonly string[] = Object.keys(LISTINGS);

function bold(text: string): { text: string; colours: readonly ['bold'] } {
  return { text, colours: ['bold'] };
}

/** Lists one registry, or all of them. */
export function listCommand(what: string | undefined, options: { readonly json?: boolean }, outside: Outside): ExitCode {
  if (what !== undefined && !Object.hasOwn(LISTINGS, what)) throw new UsageError(`no list of "${what}"; expected ${oneOf(LISTABLE)}${meant(what, LISTABLE)}`);
  const chosen = Object.entries(LISTINGS).filter(([each]) => what === undefined || each === what);
  if (options.json === true) {
    outside.stdout.write(`${JSON.stringify(Object.fromEntries(chosen.map(([each, listing]) => [each, listing.entries()])), null, 2)}\n`);
    return EXIT_HELD;
  }
  const style = styleFor(outside.stdout, outside.env);
  outside.stdout.write(`${chosen.map(([, listing]) => [style.paint(listing.title, 'bold'), ...listing.lines(style)].join('\n')).join('\n\n')}\n`);
  return EXIT_HELD;
}
