/**
 * Configs of a scenario: written under Kafka's dotted names, checked by Kafka's own table (kafka/config.ts), kept as
 * written. Mistakes are reported at the config's own line.
 */
import { configDef, configNames, parseConfig } from '../kafka/config.ts';
import type { ConfigKind } from '../kafka/config.ts';
import { unreachable } from '../kernel/assert.ts';
import { BROKEN } from './document.ts';
import { entries, isMapping } from './shape.ts';
import type { JsonSchema, Shape } from './shape.ts';
import { show } from './problems.ts';
import type { Mistakes, Path } from './problems.ts';
import type { ConfigEntries } from './scenario.ts';

/** A mapping of dotted names; the JSON Schema knows every config of the kind, with its default. */
export function configShape(kind: ConfigKind): Shape<Readonly<Record<string, unknown>>> {
  const properties = Object.fromEntries(configNames(kind).map((name) => [name, configSchema(kind, name)]));
  return entries(`${kind} configs under Kafka's dotted names`, { type: 'object', properties, additionalProperties: false });
}

function configSchema(kind: ConfigKind, name: string): JsonSchema {
  const def = configDef(kind, name);
  if (def === undefined) return {};
  switch (def.type) {
    case 'boolean':
      return { enum: [true, false, 'true', 'false'], description: `default ${def.default} (${def.source})` };
    case 'string':
      return { enum: [...def.choices], description: `default ${def.default} (${def.source})` };
    case 'list':
      return { type: 'string', description: `one or more of ${def.choices.join(', ')}, separated by commas; default ${def.default} (${def.source})` };
    case 'text':
      return { anyOf: [{ type: 'string' }, { type: 'integer' }], description: `${def.what}; default none (${def.source})` };
    case 'acks':
      return { enum: ['all', '-1', '0', '1', -1, 0, 1], description: `default all (${def.source})` };
    case 'double':
      return { anyOf: [{ type: 'number', minimum: def.min, maximum: def.max }, { type: 'string', pattern: '^[0-9.]+$' }], description: `default ${def.default} (${def.source})` };
    case 'int':
    case 'long':
      return { anyOf: [{ type: 'integer', minimum: def.min }, { type: 'string', pattern: '^-?[0-9]+$' }], description: `${def.unit}, default ${def.default} (${def.source})` };
    default:
      return unreachable(def, 'configSchema');
  }
}

/** Checked entries, sorted by name; those with mistakes are left out. */
export function resolveConfig(kind: ConfigKind, written: Readonly<Record<string, unknown>> | undefined, path: Path, mistakes: Mistakes): ConfigEntries {
  const given: Record<string, string | number | boolean> = {};
  for (const name of Object.keys(written ?? {}).sort((a, b) => (a < b ? -1 : 1))) {
    const value = (written as Record<string, unknown>)[name];
    if (value === BROKEN) continue;
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') given[name] = value;
    else if (isMapping(value)) mistakes.add([...path, name], `got a mapping; expected a config under its full dotted name, such as ${name}.${Object.keys(value)[0] ?? 'ms'}`, 'key');
    else mistakes.add([...path, name], `got ${show(value)}; expected a number, text, true or false`);
  }
  const wrong = new Set<string>();
  for (const { name, got, expected, nearest } of parseConfig(kind, given).problems) {
    wrong.add(name);
    const isUnknown = configDef(kind, name) === undefined;
    const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
    mistakes.add([...path, name], `${isUnknown ? `unknown ${kind} config` : `got ${got}`}; expected ${expected}${hint}`, isUnknown ? 'key' : 'value');
  }
  return Object.fromEntries(Object.entries(given).filter(([name]) => !wrong.has(name)));
}

/** An integer config as written, when it is there and well formed. */
export function integerEntry(entries: ConfigEntries, name: string): number | undefined {
  const value = Object.hasOwn(entries, name) ? Number(entries[name]) : undefined;
  return Number.isSafeInteger(value) ? value : undefined;
}
