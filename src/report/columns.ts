/**
 * Tables of a model while they grow: one array of numbers per column, made into typed arrays at the end.
 */
import { SCHEMA, type Table, type TableName } from './model/model.ts';

export class GrowingTable<Name extends TableName> {
  rows = 0;
  private readonly name: Name;
  private readonly columns: Record<string, number[]>;

  constructor(name: Name) {
    this.name = name;
    this.columns = Object.fromEntries(Object.keys(SCHEMA[name]).map((column) => [column, []]));
  }

  /** Appends a row; returns its number. */
  push(row: { readonly [Column in keyof (typeof SCHEMA)[Name]]: number }): number {
    for (const column of Object.keys(this.columns)) (this.columns[column] as number[]).push((row as Record<string, number>)[column] as number);
    this.rows += 1;
    return this.rows - 1;
  }

  at(column: keyof (typeof SCHEMA)[Name] & string, row: number): number {
    return this.columns[column]?.[row] as number;
  }

  set(column: keyof (typeof SCHEMA)[Name] & string, row: number, value: number): void {
    (this.columns[column] as number[])[row] = value;
  }

  finish(): Table<Name> {
    const kinds = SCHEMA[this.name] as Readonly<Record<string, string>>;
    const columns = Object.entries(this.columns).map(([column, values]) => [column, kinds[column] === 'time' ? Float64Array.from(values) : Int32Array.from(values)]);
    return { rows: this.rows, ...Object.fromEntries(columns) } as Table<Name>;
  }
}

/** Names by number, in order of first use. */
export class Dictionary {
  readonly names: string[] = [];
  private readonly numbers = new Map<string, number>();

  of(name: string): number {
    let number = this.numbers.get(name);
    if (number === undefined) {
      number = this.names.length;
      this.names.push(name);
      this.numbers.set(name, number);
    }
    return number;
  }

  find(name: string): number {
    return this.numbers.get(name) ?? -1;
  }
}
