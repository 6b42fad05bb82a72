/**
 * Reads EDN, as far as Jepsen's histories use it: maps, vectors, keywords, integers, nil, comments. Anything else throws.
 * Source: github.com/edn-format/edn.
 */

/** All values of a text. Maps are Maps, vectors arrays, keywords strings with their colon. */
export function readEdn(text: string): unknown[] {
  const reader = new Reader(text);
  const values: unknown[] = [];
  while (!reader.isAtEnd()) values.push(reader.value());
  return values;
}

class Reader {
  private readonly tokens: readonly string[];
  private at = 0;

  constructor(text: string) {
    const withoutComments = text.replaceAll(/;[^\n]*/g, '');
    this.tokens = [...withoutComments.matchAll(/[[\]{}]|:[a-z][a-z0-9-]*|-?\d+|nil|[^\s,]/g)].map(([token]) => token);
  }

  isAtEnd(): boolean {
    return this.at === this.tokens.length;
  }

  value(): unknown {
    const token = this.next();
    if (token === '{') {
      const entries = this.until('}');
      if (entries.length % 2 !== 0) throw new Error('EDN: a map has as many values as keys');
      return new Map(Array.from({ length: entries.length / 2 }, (_, i) => [entries[2 * i], entries[2 * i + 1]]));
    }
    if (token === '[') return this.until(']');
    if (token === 'nil') return null;
    if (token.startsWith(':')) return token;
    if (/^-?\d+$/.test(token)) return Number(token);
    throw new Error(`EDN: unexpected ${token}`);
  }

  private until(end: string): unknown[] {
    const values: unknown[] = [];
    while (this.tokens[this.at] !== end) values.push(this.value());
    this.at += 1;
    return values;
  }

  private next(): string {
    const token = this.tokens[this.at];
    if (token === undefined) throw new Error('EDN: the text ends too early');
    this.at += 1;
    return token;
  }
}
