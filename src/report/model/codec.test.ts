import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from './bytes.ts';
import { decodeModel, encodeModel } from './codec.ts';
import { FIRST_MESSAGE, MODEL_FORMAT, SCHEMA, TABLES, type ModelMeta, type RunModel, type Table, type TableName, type Tables } from './model.ts';

const META = { format: MODEL_FORMAT, seed: '</script>' } as unknown as ModelMeta;

/** Rows of a table in which times rise and causes are messages that were handled before. */
function tableOf<Name extends TableName>(name: Name, rows: number, draw: (column: string, row: number) => number): Table<Name> {
  const columns = Object.entries(SCHEMA[name]).map(([column, kind]) => {
    const values = Array.from({ length: rows }, (_, row) => draw(column, row));
    return [column, kind === 'time' ? Float64Array.from(values) : Int32Array.from(values)] as const;
  });
  return { rows, ...Object.fromEntries(columns) } as Table<Name>;
}

function modelOf(seeds: readonly number[]): RunModel {
  const at = (i: number): number => seeds[i % seeds.length] as number;
  const count = seeds.length;
  const sent = seeds.map((_, i) => 1_000_000_000_000 + 100_000 * i);
  const messages = tableOf('messages', count, (column, i) => {
    switch (column) {
      case 'sentAtUs':
        return sent[i] as number;
      case 'handledAtUs':
        return at(i) % 5 === 0 ? -1 : (sent[i] as number) + (at(i) % 90_000);
      case 'cause': {
        const before = i === 0 ? -1 : at(i) % i;
        return before >= 0 && at(before) % 5 !== 0 ? FIRST_MESSAGE + before : at(i) % FIRST_MESSAGE;
      }
      case 'answers':
        return i === 0 ? -1 : (at(i + 1) % (i + 1)) - 1;
      default:
        return at(i) % 7;
    }
  });
  const others = TABLES.filter((name) => name !== 'messages').map((name) => [name, tableOf(name, count, (column, i) => {
    if (column === 'atUs') return 2_000_000_000_000 + 10 * i;
    if (column === 'doneAtUs') return at(i) % 3 === 0 ? -1 : 2_000_000_000_000 + 10 * i + at(i);
    if (column === 'cause') return (messages.handledAtUs[i] as number) < 0 ? at(i) % FIRST_MESSAGE : FIRST_MESSAGE + i;
    return (at(i) % 1000) - 1;
  })]);
  return { meta: META, tables: { messages, ...Object.fromEntries(others) } as unknown as Tables };
}

describe('a model as bytes', () => {
  it('comes back as it was', () => {
    fc.assert(fc.property(fc.array(fc.nat(), { minLength: 1, maxLength: 60 }), (seeds) => {
      const model = modelOf(seeds);
      expect(decodeModel(encodeModel(model))).toEqual(model);
    }));
  });

  it('of another format, or cut short, is refused', () => {
    const model = modelOf([1, 2, 3]);
    expect(() => decodeModel(encodeModel({ ...model, meta: { ...META, format: 'harrow.report/0' as typeof MODEL_FORMAT } }))).toThrow('format harrow.report/0');
    const bytes = encodeModel(model);
    for (const length of [bytes.length - 1, bytes.length - 20]) expect(() => decodeModel(bytes.slice(0, length))).toThrow(/ends before|follows/);
  });

  it('numbers of any size come back, small ones in one byte', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: -(2 ** 51), max: 2 ** 51 })), (numbers) => {
      const writer = new ByteWriter();
      for (const each of numbers) writer.signed(each);
      const reader = new ByteReader(writer.finish());
      expect(numbers.map(() => reader.signed())).toEqual(numbers);
      expect(reader.isAtEnd).toBe(true);
    }));
    const writer = new ByteWriter();
    for (let i = -64; i < 64; i += 1) writer.signed(i);
    expect(writer.finish()).toHaveLength(128);
  });
});
