/**
 * Shapes: what a value of a document may look like. One table of shapes gives three things that must not drift apart:
 * the reader with its messages, the type of what was read, and the JSON Schema for editors.
 *
 * A reader notes mistakes and goes on; a value it could not read is `undefined`, and so is an absent optional one.
 * That is why this is not zod: a failed zod parse gives no data, and the mistakes in the rest of the file stay hidden.
 * Knows nothing of Kafka or scenarios.
 */
import { BROKEN } from './document.ts';
import { meant, oneOf, show } from './problems.ts';
import type { Mistakes, Path } from './problems.ts';

export type JsonSchema = { readonly [keyword: string]: unknown };

export interface Shape<T> {
  /** What it expects, in words: `an integer from 1 to 100`. */
  readonly words: string;
  readonly json: JsonSchema;
  read(value: unknown, path: Path, mistakes: Mistakes): T | undefined;
}

export type ValueOf<S> = S extends Shape<infer T> ? T : never;

/** A value together with where it stands, for checks that come after reading. */
export interface Located<T> {
  readonly value: T;
  readonly path: Path;
}

export interface Field<T> {
  readonly shape: Shape<T>;
  readonly doc: string;
  readonly required: boolean;
}

export type Fields = { readonly [name: string]: Field<unknown> };
export type ReadFields<F extends Fields> = { readonly [K in keyof F]?: F[K] extends Field<infer T> ? T : never };

export function required<T>(shape: Shape<T>, doc: string): Field<T> {
  return { shape, doc, required: true };
}

export function optional<T>(shape: Shape<T>, doc: string): Field<T> {
  return { shape, doc, required: false };
}

/** `convert` gives the value or says what is wrong with it. */
export function scalar<T>(words: string, json: JsonSchema, convert: (value: unknown) => { readonly value: T } | { readonly wrong: string }): Shape<T> {
  return {
    words,
    json,
    read(value, path, mistakes) {
      if (value === BROKEN) return undefined;
      const converted = convert(value);
      if ('value' in converted) return converted.value;
      mistakes.add(path, converted.wrong);
      return undefined;
    },
  };
}

export function text(words: string, options: { readonly pattern?: RegExp; readonly maxLength?: number } = {}): Shape<string> {
  const { pattern, maxLength = 10_000 } = options;
  const json = pattern === undefined ? { type: 'string', minLength: 1, maxLength } : { type: 'string', pattern: pattern.source, maxLength };
  return scalar(words, json, (value) => {
    if (typeof value !== 'string') return { wrong: `got ${show(value)}; expected ${words}${quoted(value)}` };
    if (value === '' || value.length > maxLength || (pattern !== undefined && !pattern.test(value))) return { wrong: `got ${show(value)}; expected ${words}` };
    return { value };
  });
}

export function integer(minInclusive: number, maxInclusive: number): Shape<number> {
  const words = `an integer from ${minInclusive} to ${maxInclusive}`;
  return scalar(words, { type: 'integer', minimum: minInclusive, maximum: maxInclusive }, (value) => {
    if (Number.isSafeInteger(value) && (value as number) >= minInclusive && (value as number) <= maxInclusive) return { value: value as number };
    const unquoted = typeof value === 'string' && /^-?[0-9]{1,15}$/.test(value) ? `; did you mean ${value}, without quotes?` : '';
    return { wrong: `got ${show(value)}; expected ${words}${unquoted}` };
  });
}

export function flag(words: string): Shape<boolean> {
  return scalar(words, { type: 'boolean' }, (value) => (typeof value === 'boolean' ? { value } : { wrong: `got ${show(value)}; expected ${words}` }));
}

/** One of a few numbers. */
export function oneOfNumbers(numbers: readonly number[]): Shape<number> {
  const words = `one of ${numbers.join(', ')}`;
  return scalar(words, { type: 'integer', enum: [...numbers] }, (value) => (numbers.includes(value as number) ? { value: value as number } : { wrong: `got ${show(value)}; expected ${words}` }));
}

export function choice<const T extends string>(names: readonly T[], what: string): Shape<T> {
  const words = `${what}: ${oneOf(names)}`;
  return scalar(words, { type: 'string', enum: [...names] }, (value) => {
    const found = names.find((name) => name === value);
    if (found !== undefined) return { value: found };
    return { wrong: `got ${show(value)}; expected ${words}${typeof value === 'string' ? meant(value, names) : quoted(value, names)}` };
  });
}

/** The shape or an explicit null. */
export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return {
    words: `${shape.words}, or null`,
    json: { anyOf: [shape.json, { type: 'null' }] },
    read: (value, path, mistakes) => (value === null ? null : shape.read(value, path, mistakes)),
  };
}

export function located<T>(shape: Shape<T>): Shape<Located<T>> {
  return {
    words: shape.words,
    json: shape.json,
    read(value, path, mistakes) {
      const read = shape.read(value, path, mistakes);
      return read === undefined ? undefined : { value: read, path };
    },
  };
}

/** A list; elements that could not be read are left out. */
export function list<T>(element: Shape<T>, options: { readonly min: number; readonly max: number; readonly what: string }): Shape<T[]> {
  const { min, max, what } = options;
  const words = min === 0 ? `a list of ${what}` : min === 1 ? `a list of one or more ${what}` : `a list of ${min === max ? min : `at least ${min}`} ${what}`;
  return {
    words,
    json: { type: 'array', items: element.json, minItems: min, maxItems: max },
    read(value, path, mistakes) {
      if (value === BROKEN) return undefined;
      if (!Array.isArray(value)) {
        mistakes.add(path, `got ${show(value)}; expected ${words}`);
        return undefined;
      }
      if (value.length < min) mistakes.add(path, `got ${value.length === 0 ? 'an empty list' : `a list of ${value.length}`}; expected ${words}`);
      if (value.length > max) {
        mistakes.add(path, `got a list of ${value.length}; expected at most ${max} ${what}`);
        return undefined;
      }
      const elements: T[] = [];
      value.forEach((each, index) => {
        const read = element.read(each, [...path, index], mistakes);
        if (read !== undefined) elements.push(read);
      });
      return elements;
    },
  };
}

/** One element, or a list of them. */
export function oneOrMore<T>(element: Shape<T>, what: string, max: number): Shape<T[]> {
  const many = list(element, { min: 1, max, what });
  return {
    words: `${element.words}, or ${many.words}`,
    json: { anyOf: [element.json, many.json] },
    read(value, path, mistakes) {
      if (Array.isArray(value)) return many.read(value, path, mistakes);
      const read = element.read(value, path, mistakes);
      return read === undefined ? undefined : [read];
    },
  };
}

/** A mapping with free keys and scalar values, as configs are. */
export function entries(what: string, json: JsonSchema): Shape<Readonly<Record<string, unknown>>> {
  const words = `a mapping of ${what}`;
  return {
    words,
    json,
    read(value, path, mistakes) {
      if (value === BROKEN) return undefined;
      if (isMapping(value)) return value;
      mistakes.add(path, `got ${show(value)}; expected ${words}`);
      return undefined;
    },
  };
}

/** A mapping with exactly these keys; unknown ones are reported with the nearest known one. */
export function object<F extends Fields>(what: string, fields: F): Shape<ReadFields<F>> {
  const names = Object.keys(fields);
  const words = `${what} with ${oneOf(names).replace(/ or ([^ ]+)$/, ' and $1')}`;
  const requiredNames = names.filter((name) => (fields[name] as Field<unknown>).required);
  const properties: Record<string, unknown> = {};
  for (const name of names) {
    const field = fields[name] as Field<unknown>;
    properties[name] = { ...field.shape.json, description: field.doc };
  }
  return {
    words,
    json: { type: 'object', properties, required: requiredNames, additionalProperties: false },
    read(value, path, mistakes) {
      if (value === BROKEN) return undefined;
      if (!isMapping(value)) {
        mistakes.add(path, `got ${show(value)}; expected ${words}`);
        return undefined;
      }
      const read: Record<string, unknown> = {};
      for (const key of Object.keys(value)) {
        if (!names.includes(key)) mistakes.add([...path, key], `unknown key; expected ${oneOf(names)}${meant(key, names)}`, 'key');
      }
      for (const name of names) {
        const field = fields[name] as Field<unknown>;
        if (Object.hasOwn(value, name)) {
          const member = field.shape.read(value[name], [...path, name], mistakes);
          if (member !== undefined) read[name] = member;
        } else if (field.required) {
          mistakes.add([...path, name], `missing; expected ${field.shape.words}`);
        }
      }
      return read as ReadFields<F>;
    },
  };
}

/**
 * A mapping that is one of several kinds, told apart by the one key that names the kind: `{ at: 10m, crash: broker-2 }`.
 * The result has the kind that was found, and the fields read.
 */
export function keyed<V extends { readonly [kind: string]: Fields }>(what: string, variants: V): Shape<KeyedValue<V>> {
  const kinds = Object.keys(variants);
  const shapes = new Map(kinds.map((kind) => [kind, object(`a ${kind} ${what}`, variants[kind] as Fields)]));
  const common = new Set(kinds.flatMap((kind) => Object.keys(variants[kind] as Fields)).filter((name) => !kinds.includes(name)));
  const words = `a ${what} with one of ${oneOf(kinds)}`;
  return {
    words,
    json: { anyOf: kinds.map((kind) => (shapes.get(kind) as Shape<unknown>).json) },
    read(value, path, mistakes) {
      if (value === BROKEN) return undefined;
      if (!isMapping(value)) {
        mistakes.add(path, `got ${show(value)}; expected ${words}`);
        return undefined;
      }
      const present = Object.keys(value).filter((key) => kinds.includes(key));
      if (present.length > 1) {
        mistakes.add([...path, present[1] as string], `a second kind beside ${present[0] as string}; expected one ${what} per entry`, 'key');
        return undefined;
      }
      const kind = present[0];
      if (kind === undefined) {
        const stranger = Object.keys(value).find((key) => !common.has(key));
        if (stranger === undefined) mistakes.add(path, `no kind of ${what}; expected one of ${oneOf(kinds)}`);
        else mistakes.add([...path, stranger], `unknown kind of ${what}; expected ${oneOf(kinds)}${meant(stranger, [...kinds, ...common])}`, 'key');
        return undefined;
      }
      const fields = (shapes.get(kind) as Shape<unknown>).read(value, path, mistakes);
      return fields === undefined ? undefined : ({ kind, path, fields } as KeyedValue<V>);
    },
  };
}

export type KeyedValue<V extends { readonly [kind: string]: Fields }> = { [K in keyof V]: { readonly kind: K; readonly path: Path; readonly fields: ReadFields<V[K]> } }[keyof V];

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * YAML reads `3.9`, `on` and `~` as other things than text; quotes make them text. Of `0.10` it keeps 0.1: what is not one of
 * `names` as it stands may be with a zero.
 */
function quoted(value: unknown, names?: readonly string[]): string {
  if (typeof value !== 'number' && typeof value !== 'boolean') return '';
  const text = [String(value), `${String(value)}0`].find((each) => names === undefined || names.includes(each));
  return text === undefined ? '' : `; did you mean "${text}", in quotes?`;
}
