/**
 * Reads a scenario or a fault plan from its text. All mistakes are found, each with its place, before anything runs.
 * Knows no files: whoever calls gives the text, and a function for the files that a scenario names.
 */
import { readDocument } from './document.ts';
import { faultsShape, resolveFaults } from './fault-forms.ts';
import type { ScenarioFault } from './faults.ts';
import { Mistakes, byPlace, formatPath } from './problems.ts';
import type { Problem } from './problems.ts';
import { resolveScenario } from './resolve.ts';
import { applicationsOf } from './resolve-consumers.ts';
import { resolveNemesis } from './resolve-nemesis.ts';
import type { LoadFile } from './resolve-workload.ts';
import { nodesOf } from './scenario.ts';
import type { NemesisSpec, Scenario } from './scenario.ts';
import { nemesisShape, scenarioShape } from './schema.ts';
import { isMapping, object, required } from './shape.ts';

export { ScenarioError, formatProblem } from './problems.ts';
export type { Problem } from './problems.ts';
export type { LoadFile } from './resolve-workload.ts';

export type ParseResult<T> = { readonly value: T } | { readonly problems: readonly Problem[] };

export interface ScenarioSource {
  /** Name for messages. */
  readonly file: string;
  /** YAML or JSON; bytes must be UTF-8. */
  readonly content: string | Uint8Array;
  /** Content of a records file, relative to the scenario; default: there are none. */
  readonly load?: LoadFile;
}

/** Parses a scenario; never throws on bad input. Problems are sorted by place. */
export function parseScenario({ file, content, load = () => null }: ScenarioSource): ParseResult<Scenario> {
  const document = readDocument(file, content);
  const mistakes = new Mistakes();
  const raw = scenarioShape.read(document.value, [], mistakes);
  const resolved = raw === undefined ? undefined : resolveScenario(raw, load, document.problems.length > 0, mistakes);
  const problems = [...document.problems, ...mistakes.list.map((mistake) => document.locate(mistake))].sort(byPlace);
  problems.push(...(resolved?.problems ?? []).toSorted(byPlace));
  return resolved?.scenario === undefined || problems.length > 0 ? { problems } : { value: deepFreeze(resolved.scenario) };
}

/**
 * Parses a fault plan for `scenario`: a list of faults as a scenario writes them, or a mapping with that list under
 * `faults`. Never throws on bad input.
 */
export function parseFaultPlan(source: { readonly file: string; readonly content: string | Uint8Array }, scenario: Scenario): ParseResult<readonly ScenarioFault[]> {
  const document = readDocument(source.file, source.content);
  const mistakes = new Mistakes();
  const isWrapped = isMapping(document.value);
  const forms = isWrapped
    ? object('a fault plan', { faults: required(faultsShape, 'the faults') }).read(document.value, [], mistakes)?.faults
    : faultsShape.read(document.value, [], mistakes);
  const scope = { nodes: nodesOf(scenario).map((node) => node.name), applications: applicationsOf(scenario.consumers), durationMs: scenario.durationMs };
  const faults = resolveFaults(forms ?? [], scope, mistakes);
  const problems = [...document.problems, ...mistakes.list.map((mistake) => document.locate(mistake))].sort(byPlace);
  return problems.length > 0 ? { problems } : { value: faults };
}

/** The nemesis that a scenario gets when it is asked for by kinds alone: its own with other kinds, else the default one. */
export function nemesisOfKinds(kinds: readonly string[] | null, scenario: Scenario): ParseResult<NemesisSpec> {
  const mistakes = new Mistakes();
  const raw = nemesisShape.read(kinds === null ? {} : { kinds }, [], mistakes) ?? {};
  const nodes = nodesOf(scenario).map((node) => node.name);
  const nemesis = resolveNemesis(raw, nodes, scenario.durationMs, mistakes);
  const problems = mistakes.list.map((mistake) => ({ file: '--faults', line: 1, column: 1, path: formatPath(mistake.path), message: mistake.message }));
  if (problems.length > 0) return { problems };
  return { value: scenario.nemesis === null ? nemesis : { ...scenario.nemesis, kinds: nemesis.kinds } };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}
