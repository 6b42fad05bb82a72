/**
 * The rolling digest of a run: 64 bits over everything that happened, in order. Two runs with equal digests took the
 * same steps at the same times; tracing, forking and the choice of engine must not show in it.
 */
import { assert } from './assert.ts';
import { fmix32, hashString, hex64, mix32, mix53 } from './hash.ts';

export class Digest {
  private high = 0x243f6a88;
  private low = 0x13198a2e;

  /** Folds in one integer of up to 53 bits. */
  add(value: number): void {
    if ((value | 0) === value) {
      this.high = mix32(this.high, value);
      this.low = mix32(this.low, value ^ 0x5bd1e995);
    } else {
      this.high = mix53(this.high, value);
      this.low = mix53(this.low, value ^ 0x5bd1e995);
    }
  }

  addString(text: string): void {
    this.add(hashString(text, 1));
    this.add(hashString(text, 2));
  }

  /**
   * Folds in plain data (null, booleans, safe integers, strings, arrays, records), keys in code-unit order. For the
   * end of a run; the hot path adds integers.
   */
  addData(data: unknown): void {
    this.addString(canonicalJson(data));
  }

  fork(): Digest {
    const digest = new Digest();
    digest.high = this.high;
    digest.low = this.low;
    return digest;
  }

  /** 16 hexadecimal digits. */
  toString(): string {
    return hex64(fmix32(this.high ^ this.low), fmix32(mix32(this.low, this.high)));
  }
}

/**
 * JSON with keys in code-unit order and `undefined` members left out: one text for one value. A map with string keys
 * counts as a record, a set as the list of its members in the order of their texts. What JSON would print as something
 * else (NaN, functions, two keys of one text) is refused.
 */
export function canonicalJson(data: unknown): string {
  if (Array.isArray(data)) return `[${data.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (data instanceof Set) return `[${[...data].map(canonicalJson).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).join(',')}]`;
  if (data instanceof Map) {
    const record = Object.fromEntries(data);
    assert(Object.keys(record).length === data.size, 'canonicalJson: two keys of a map have one text');
    return canonicalJson(record);
  }
  if (typeof data === 'object' && data !== null) {
    const record = data as Readonly<Record<string, unknown>>;
    const members: string[] = [];
    for (const key of Object.keys(record).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))) {
      if (record[key] !== undefined) members.push(`${JSON.stringify(key)}:${canonicalJson(record[key])}`);
    }
    return `{${members.join(',')}}`;
  }
  assert(data === null || typeof data === 'string' || typeof data === 'boolean' || Number.isFinite(data), () => `canonicalJson: ${String(data)} is not plain data`);
  return JSON.stringify(data);
}
