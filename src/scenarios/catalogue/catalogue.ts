/**
 * The built-in scenarios, by name. Each is YAML text, as a user would write it, so that it can be printed, copied and
 * reported on with line numbers; a scenario's records files are carried along as text.
 */
import { parseScenario } from '../parse.ts';
import { ScenarioError } from '../problems.ts';
import type { Scenario } from '../scenario.ts';
import { acks1LeaderCrash } from './acks-1-leader-crash.ts';
import { HUNTS } from './hunting/hunting.ts';
import { quickstart } from './quickstart.ts';
import { smallFaultyCluster } from './small-faulty-cluster.ts';
import { tripsFromFile, tripsNdjson } from './trips-from-file.ts';
import { QUESTIONS } from './questions/questions.ts';
import { STORIES } from './stories/stories.ts';
import { trucksGps } from './trucks-gps.ts';

export type Group = 'to begin with' | 'questions of newcomers' | 'stories that were published' | 'hunting grounds of mutants';

export interface BuiltIn {
  readonly name: string;
  readonly group: Group;
  readonly text: string;
  /** Records files by the name the scenario uses. */
  readonly files: Readonly<Record<string, string>>;
}

export const BUILT_INS: readonly BuiltIn[] = [
  { name: 'trucks_gps', group: 'to begin with', text: trucksGps, files: {} },
  { name: 'quickstart', group: 'to begin with', text: quickstart, files: {} },
  { name: 'small_faulty_cluster', group: 'to begin with', text: smallFaultyCluster, files: {} },
  { name: 'acks_1_leader_crash', group: 'to begin with', text: acks1LeaderCrash, files: {} },
  { name: 'trips_from_file', group: 'to begin with', text: tripsFromFile, files: { 'trips.ndjson': tripsNdjson } },
  ...QUESTIONS.map((question): BuiltIn => ({ ...question, group: 'questions of newcomers', files: {} })),
  ...STORIES.map((story): BuiltIn => ({ ...story, group: 'stories that were published', files: {} })),
  ...HUNTS.map((hunt): BuiltIn => ({ ...hunt, group: 'hunting grounds of mutants' })),
];

export const BUILT_IN_NAMES: readonly string[] = BUILT_INS.map((builtIn) => builtIn.name);

/** The built-in scenario of that name, parsed; undefined when there is none. */
export function builtInScenario(name: string): Scenario | undefined {
  const builtIn = BUILT_INS.find((each) => each.name === name);
  if (builtIn === undefined) return undefined;
  const parsed = parseScenario({ file: `${name}.yaml`, content: builtIn.text, load: (path) => builtIn.files[path] ?? null });
  if ('problems' in parsed) throw new ScenarioError(parsed.problems);
  return parsed.value;
}
