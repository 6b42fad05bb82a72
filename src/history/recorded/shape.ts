/**
 * Shapes of JSON values: what reads one (with every mistake at its path, and the nearest valid name) is also what its JSON
 * Schema is made of, so that the two cannot disagree. Only what the history format needs.
 *
 * Knows nothing of histories. Source: JSON Schema 2020-12.
 */
import { nearest } from '../../kernel/nearest.ts';

/** A JSON Schema. */
export type Schema = Readonly<Record<string, unknown>>;

/** Notes a mistake: where in the value (`value[0][1]`, empty for the whole), and what is wrong and expected. */
export type Note = (path: string, message: string) => void;

export interface Shape<T> {
  /** For messages: `a whole number`. */
  readonly expected: string;
  readonly schema: Schema;
  /** The value, or undefined after at least one note. */
  read(value: unknown, path: string, note: Note): T | undefined;
}

export type ShapeOf<S> = S extends Shape<infer T> ? T : never;

const SHOWN_CHARACTERS = 40;

/** A value as a message shows it. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}

/** `; did you mean x?`, or nothing when no candidate is near. */
function meant(word: unknown, candidates: readonly string[]): string {
  const candidate = typeof word === 'string' ? nearest(word, candidates) : undefined;
  return candidate === undefined ? '' : `; did you mean ${JSON.stringify(candidate)}?`;
}

function scalar<T>(expected: string, schema: Schema, is: (value: unknown) => value is T): Shape<T> {
  return {
    expected, schema,
    read: (value, path, note) => {
      if (is(value)) return value;
      note(path, `got ${shown(value)}; expected ${expected}`);
      return undefined;
    },
  };
}

export const text = scalar('text', { type: 'string' }, (value): value is string => typeof value === 'string');
export const name = scalar('a name', { type: 'string', minLength: 1 }, (value): value is string => typeof value === 'string' && value !== '');
export const bool = scalar('true or false', { type: 'boolean' }, (value): value is boolean => typeof value === 'boolean');
export const anything: Shape<unknown> = { expected: 'anything', schema: {}, read: (value) => value };
/** What a record says: in a history every record has another. Null is a tombstone. */
export const recordValue = scalar('text, a number or null', { type: ['string', 'number', 'null'] },
  (value): value is string | number | null => value === null || typeof value === 'string' || typeof value === 'number');
/** A topic-partition; numbers, as Jepsen's own histories have them, are read as their digits. */
export const partitionKey: Shape<string> = {
  expected: 'a topic-partition, as "orders-0"', schema: { anyOf: [{ type: 'string', minLength: 1 }, { type: 'integer', minimum: 0 }] },
  read: (value, path, note) => {
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return String(value);
    note(path, `got ${shown(value)}; expected ${partitionKey.expected}`);
    return undefined;
  },
};

export function integer(minimum: number): Shape<number> {
  return scalar(minimum === 0 ? 'a whole number' : `a whole number of at least ${minimum}`, { type: 'integer', minimum },
    (value): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= minimum);
}

export function oneOf<T extends string | number>(...values: readonly T[]): Shape<T> {
  const expected = values.map((value) => JSON.stringify(value)).join(', ');
  return {
    expected, schema: { enum: values },
    read: (value, path, note) => {
      if (values.includes(value as T)) return value as T;
      note(path, `got ${shown(value)}; expected ${expected}${meant(value, values.map(String))}`);
      return undefined;
    },
  };
}

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return {
    expected: `${shape.expected} or null`, schema: { anyOf: [shape.schema, { type: 'null' }] },
    read: (value, path, note) => (value === null ? null : shape.read(value, path, note)),
  };
}

export function list<T>(shape: Shape<T>): Shape<readonly T[]> {
  const expected = `a list of ${shape.expected}`;
  return {
    expected, schema: { type: 'array', items: shape.schema },
    read: (value, path, note) => {
      if (!Array.isArray(value)) {
        note(path, `got ${shown(value)}; expected ${expected}`);
        return undefined;
      }
      const elements = value.map((each, index) => shape.read(each, `${path}[${index}]`, note));
      return elements.includes(undefined) ? undefined : (elements as T[]);
    },
  };
}

/** A mapping from names to values, as pairs in the order of the text. */
export function pairs<T>(shape: Shape<T>): Shape<readonly (readonly [string, T])[]> {
  const expected = `a mapping of topic-partitions to ${shape.expected}`;
  return {
    expected, schema: { type: 'object', additionalProperties: shape.schema },
    read: (value, path, note) => {
      if (!isObject(value)) {
        note(path, `got ${shown(value)}; expected ${expected}`);
        return undefined;
      }
      const read = Object.entries(value).map(([key, each]) => [key, shape.read(each, `${path}.${key}`, note)] as const);
      return read.some(([, each]) => each === undefined) ? undefined : (read as (readonly [string, T])[]);
    },
  };
}

export interface Field<T> {
  readonly shape: Shape<T>;
  readonly isOptional: boolean;
  readonly doc: string;
}

export function required<T>(shape: Shape<T>, doc: string): Field<T> {
  return { shape, isOptional: false, doc };
}

export function optional<T>(shape: Shape<T>, doc: string): Field<T> {
  return { shape, isOptional: true, doc };
}

export type Fields = Readonly<Record<string, Field<unknown>>>;

/** An object with these fields and no others; a field that is left out is left out of the result. */
export function object<T>(fields: Fields, what: string): Shape<T> {
  const names = Object.keys(fields);
  return {
    expected: what,
    schema: {
      type: 'object', additionalProperties: false,
      required: names.filter((each) => fields[each]?.isOptional === false),
      properties: Object.fromEntries(names.map((each) => [each, { ...fields[each]?.shape.schema, description: fields[each]?.doc }])),
    },
    read: (value, path, note) => {
      if (!isObject(value)) {
        note(path, `got ${shown(value)}; expected ${what}`);
        return undefined;
      }
      const at = (each: string): string => (path === '' ? each : `${path}.${each}`);
      let isSound = true;
      for (const each of Object.keys(value)) {
        if (Object.hasOwn(fields, each)) continue;
        note(at(each), `no such field in ${what}; expected ${names.join(', ')}${meant(each, names)}`);
        isSound = false;
      }
      const read: Record<string, unknown> = {};
      for (const each of names) {
        const { shape, isOptional } = fields[each] as Field<unknown>;
        if (!Object.hasOwn(value, each)) {
          if (isOptional) continue;
          note(at(each), `missing; expected ${shape.expected}`);
          isSound = false;
          continue;
        }
        const one = shape.read(value[each], at(each), note);
        if (one === undefined) isSound = false;
        else read[each] = one;
      }
      return isSound ? (read as T) : undefined;
    },
  };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
