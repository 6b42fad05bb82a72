/**
 * From what a user wrote under Kafka's dotted names to a typed config, with every mistake named: unknown names with the
 * nearest valid one, wrong types and ranges with what was expected, and fields that contradict each other. A user's
 * mistake is a `ConfigProblem`, never an exception; a config that comes with problems must not be run.
 *
 * `replica.lag.time.max.ms` becomes the field `replicaLagTimeMaxMs`; types follow from the tables.
 *
 * Source: AbstractConfig, ConfigDef; the postProcess rules of ProducerConfig, CommonClientConfigs and KafkaConfig.
 */
import { UNMODELLED_CONFIGS } from './config-unmodelled.ts';
import { unreachable } from '../kernel/assert.ts';
import { nearest } from '../kernel/nearest.ts';
import { settle } from './config-rules.ts';
import type { ConfigProblem } from './config-rules.ts';
import { INT_MAX, LONG_MAX, tables, topicConfigs } from './config-tables.ts';
import type { BrokerConfig, Config, ConfigDef, ConfigKind, ConfigTable, TopicConfig } from './config-tables.ts';

export type { ConfigProblem } from './config-rules.ts';
export type {
  Acks,
  BrokerConfig,
  Config,
  ConfigKind,
  ConsumerConfig,
  ProducerConfig,
  TopicConfig,
} from './config-tables.ts';

export interface ParsedConfig<Kind extends ConfigKind> {
  /** Complete; entries with problems have their default. */
  readonly config: Config<Kind>;
  /** Dotted names that were given and understood, in the order of the table. */
  readonly explicit: readonly string[];
  /** In the order given, contradictions last. */
  readonly problems: readonly ConfigProblem[];
}

type Value = number | boolean | string;
type Fields = { [field: string]: Value };

/** The field name of a dotted config name. */
export function fieldOf(name: string): string {
  return name.replace(/\.(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** The dotted names of a kind, in table order. */
export function configNames(kind: ConfigKind): readonly string[] {
  return Object.keys(tables[kind]);
}

/** The table entry of a dotted name, undefined when there is none. */
export function configDef(kind: ConfigKind, name: string): ConfigDef | undefined {
  const table: ConfigTable = tables[kind];
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/**
 * Reads `values`, dotted names with plain values as YAML or a properties file gives them ("30000" is as good as 30000),
 * into the config of `kind`.
 */
export function parseConfig<Kind extends ConfigKind>(
  kind: Kind,
  values: { readonly [name: string]: unknown },
): ParsedConfig<Kind> {
  const problems: ConfigProblem[] = [];
  const given: Fields = {};
  for (const name of Object.keys(values)) {
    const def = configDef(kind, name);
    const value = values[name];
    if (def === undefined) {
      problems.push(unknownName(kind, name));
      continue;
    }
    const parsed = parseValue(def, value);
    if (parsed === undefined) {
      problems.push({
        name,
        expected: expectation(def),
        got: show(value),
        ...suggestion(def, value),
      });
    } else {
      given[name] = parsed;
    }
  }
  const explicit = configNames(kind).filter((name) => Object.hasOwn(given, name));
  const fields: Fields = {};
  for (const name of configNames(kind))
    fields[fieldOf(name)] = given[name] ?? (configDef(kind, name) as ConfigDef).default;
  const settled = settle(kind, fields as unknown as Config<Kind>, (name) => Object.hasOwn(given, name));
  const faulty = new Set(problems.map((problem) => problem.name));
  for (const { involves, problem } of settled.contradictions) {
    if (!involves.some((name) => faulty.has(name))) problems.push(problem);
  }
  return { config: settled.config as Config<Kind>, explicit, problems };
}

function unknownName(kind: ConfigKind, name: string): ConfigProblem {
  if (UNMODELLED_CONFIGS[kind].includes(name)) return { name, expected: `a ${kind} config that is modelled (Kafka has this one, but nothing here obeys it yet)`, got: name };
  return { name, expected: `the name of a ${kind} config`, got: name, ...meant(name, configNames(kind)) };
}

/** Every default of a kind, as `parseConfig` gives it for nothing. */
export function defaultConfig<Kind extends ConfigKind>(kind: Kind): Config<Kind> {
  return parseConfig(kind, {}).config;
}

/** What a topic obeys: its own settings, and for the rest the broker's (LogConfig's server default names). */
export function effectiveTopicConfig({ config, explicit }: ParsedConfig<'topic'>, broker: BrokerConfig): TopicConfig {
  const fields: Fields = { ...config };
  const brokerFields: Fields = { ...broker };
  for (const [name, def] of Object.entries(topicConfigs)) {
    if (!explicit.includes(name)) fields[fieldOf(name)] = brokerFields[fieldOf(def.synonym as string)] as Value;
  }
  return fields as unknown as TopicConfig;
}

/** A problem as one line: `acks: expected one of all, -1, 0, 1, got 2`. */
export function formatProblem({ name, expected, got, nearest: suggestion }: ConfigProblem): string {
  return `${name}: expected ${expected}, got ${got}${suggestion === undefined ? '' : ` (did you mean ${suggestion}?)`}`;
}

/** The choice that was probably meant; of a list, for the first word that is none. */
function suggestion(def: ConfigDef, value: unknown): { nearest?: string } {
  if (typeof value !== 'string') return {};
  if (def.type === 'string') return meant(value, def.choices);
  const stranger = def.type === 'list' ? value.split(',').map((each) => each.trim()).find((each) => !def.choices.includes(each)) : undefined;
  return def.type !== 'list' || stranger === undefined ? {} : meant(stranger, def.choices);
}

function meant(word: string, candidates: readonly string[]): { nearest?: string } {
  const suggestion = nearest(word, candidates);
  return suggestion === undefined ? {} : { nearest: suggestion };
}

/** The value as a user would recognise it; whatever JSON cannot say is named by its type. */
function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return `a ${typeof value}`;
  }
}

/** The value under `def`, undefined when it does not fit. */
function parseValue(def: ConfigDef, value: unknown): Value | undefined {
  switch (def.type) {
    case 'boolean': {
      const parsed = typeof value === 'string' ? { true: true, false: false }[value.trim().toLowerCase()] : value;
      return typeof parsed === 'boolean' ? parsed : undefined;
    }
    case 'string':
      return def.choices.find((each) => each === value);
    case 'list': {
      const names = typeof value === 'string' ? value.split(',').map((each) => each.trim()) : [];
      return names.length > 0 && new Set(names).size === names.length && names.every((each) => def.choices.includes(each)) ? names.join(',') : undefined;
    }
    case 'text': {
      return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : undefined;
    }
    case 'acks': {
      const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
      return text === 'all' || text === '-1' ? -1 : text === '0' ? 0 : text === '1' ? 1 : undefined;
    }
    case 'double': {
      const number = typeof value === 'string' && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value;
      return typeof number === 'number' && number >= def.min && number <= def.max ? number : undefined;
    }
    case 'int':
    case 'long': {
      const number = typeof value === 'string' && /^\s*[-+]?\d+\s*$/.test(value) ? Number(value) : value;
      if (typeof number !== 'number' || !Number.isInteger(number)) return undefined;
      // Long.MAX_VALUE itself reads as 2^63 and means LONG_MAX.
      const inLong = def.type === 'long' && number > LONG_MAX && number <= 2 ** 63 ? LONG_MAX : number;
      return inLong >= def.min && inLong <= def.max ? inLong : undefined;
    }
    default:
      return unreachable(def, 'config type');
  }
}

function expectation(def: ConfigDef): string {
  switch (def.type) {
    case 'boolean':
      return 'true or false';
    case 'string':
      return `one of ${def.choices.join(', ')}`;
    case 'list':
      return `one or more of ${def.choices.join(', ')}, separated by commas, each once`;
    case 'text':
      return def.what;
    case 'acks':
      return 'one of all, -1, 0, 1';
    case 'double':
      return `a number from ${def.min} to ${def.max}`;
    case 'int':
    case 'long': {
      const unit = def.unit === 'count' ? '' : ` (${def.unit})`;
      const isOpen = def.max === (def.type === 'int' ? INT_MAX : LONG_MAX);
      return isOpen
        ? `${def.type === 'int' ? 'an int' : 'a long'} of at least ${def.min}${unit}`
        : `an int from ${def.min} to ${def.max}${unit}`;
    }
    default:
      return unreachable(def, 'config type');
  }
}
