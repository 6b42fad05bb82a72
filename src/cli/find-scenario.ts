/**
 * From what was typed to a scenario: a built-in name, or the path of a file. Also fault plans given by `--faults`.
 */
import { dirname, join } from 'node:path';
import { BUILT_IN_NAMES, builtInScenario } from '../scenarios/catalogue/catalogue.ts';
import { nodesNamedBy } from '../scenarios/faults.ts';
import type { ScenarioFault } from '../scenarios/faults.ts';
import { nemesisOfKinds, parseFaultPlan, parseScenario } from '../scenarios/parse.ts';
import type { ParseResult } from '../scenarios/parse.ts';
import { ScenarioError, meant, oneOf } from '../scenarios/problems.ts';
import { PROPERTY_NAMES } from '../scenarios/properties.ts';
import { RUN_RECORD_FORMAT } from '../scenarios/run-record.ts';
import { parseRunRecord } from '../scenarios/run-record-file.ts';
import { nodesOf } from '../scenarios/scenario.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { UsageError } from './exit-codes.ts';
import type { Outside } from './outside.ts';

/** @throws ScenarioError with every problem of the file; UsageError when there is no such scenario. */
export function findScenario(nameOrPath: string, outside: Outside): Scenario {
  const builtIn = builtInScenario(nameOrPath);
  if (builtIn !== undefined) return builtIn;
  const content = outside.readFile(nameOrPath);
  if (content === null) {
    const what = /[/\\.]/.test(nameOrPath) ? `no scenario file ${JSON.stringify(nameOrPath)}` : `no scenario "${nameOrPath}"`;
    throw new UsageError(`${what}; expected a file, or one of ${oneOf(BUILT_IN_NAMES, 5)}${meant(nameOrPath, BUILT_IN_NAMES)}`);
  }
  return valueOf(parseScenario({ file: nameOrPath, content, load: (path) => outside.readFile(join(dirname(nameOrPath), path)) }));
}

/** The properties that `--property` asks for: one, or undefined for any. */
export function propertiesOf(option: string | undefined): readonly string[] | undefined {
  if (option === undefined) return undefined;
  if (!PROPERTY_NAMES.includes(option)) throw new UsageError(`--property ${option}: no such property; expected ${oneOf(PROPERTY_NAMES, 5)}${meant(option, PROPERTY_NAMES)}`);
  return [option];
}

/**
 * The scenario with its faults replaced: `none`, `nemesis` (swarm), `nemesis=crash,pause` (these kinds), or a file with
 * a fault plan or a run record.
 */
export function withFaults(scenario: Scenario, option: string | undefined, outside: Outside): Scenario {
  if (option === undefined) return scenario;
  if (option === 'none') return { ...scenario, faults: [], nemesis: null };
  const kinds = /^nemesis(?:=(.*))?$/.exec(option);
  if (kinds !== null) {
    const listed = kinds[1] === undefined ? null : kinds[1].split(',').map((kind) => kind.trim());
    return { ...scenario, faults: [], nemesis: valueOf(nemesisOfKinds(listed, scenario)) };
  }
  const content = outside.readFile(option);
  if (content === null) throw new UsageError(`--faults ${option}: no such file; expected none, nemesis, nemesis=KIND,… or the path of a fault plan`);
  return { ...scenario, faults: planOf(option, content, scenario), nemesis: null };
}

function planOf(file: string, content: Uint8Array, scenario: Scenario): readonly ScenarioFault[] {
  const isRunRecord = new TextDecoder().decode(content.subarray(0, 200)).includes(`"${RUN_RECORD_FORMAT}"`);
  if (!isRunRecord) return valueOf(parseFaultPlan({ file, content }, scenario));
  const record = valueOf(parseRunRecord(file, content));
  if (record.scenario.name !== scenario.name) throw new UsageError(`--faults ${file}: a run of ${record.scenario.name}; expected a run of ${scenario.name}`);
  const nodes = new Set(nodesOf(scenario).map((node) => node.name));
  const stranger = record.faults.flatMap(nodesNamedBy).find((node) => !nodes.has(node));
  if (stranger !== undefined) throw new UsageError(`--faults ${file}: its faults name ${stranger}; expected nodes of ${scenario.name} as it is now`);
  return record.faults.filter((fault) => fault.atMs < scenario.durationMs);
}

export function valueOf<T>(result: ParseResult<T>): T {
  if ('problems' in result) throw new ScenarioError(result.problems);
  return result.value;
}
