/**
 * Integer hashing: keyed draws, rolling digests, string keys. 32-bit lanes throughout, because `Math.imul` on small
 * integers is exact and equal on every engine and machine; nothing here is cryptographic.
 *
 * Source: the finaliser and block mix of MurmurHash3 (Austin Appleby, public domain).
 */

/** Avalanche of one 32-bit integer (MurmurHash3 `fmix32`). Returns a signed 32-bit integer. */
export function fmix32(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Folds `value` (its low 32 bits) into the running hash `h`. Order matters. Returns a signed 32-bit integer. */
export function mix32(h: number, value: number): number {
  let k = Math.imul(value | 0, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  h ^= Math.imul(k, 0x1b873593);
  h = (h << 13) | (h >>> 19);
  return (Math.imul(h, 5) + 0xe6546b64) | 0;
}

/** Folds a safe integer of up to 53 bits (a time in µs, an offset) into `h`: low lane, then high lane. */
export function mix53(h: number, value: number): number {
  return mix32(mix32(h, value | 0), Math.floor(value / 0x1_0000_0000));
}

/** Hash of a string's UTF-16 code units under `seed`. */
export function hashString(text: string, seed = 0): number {
  let h = seed | 0;
  for (let i = 0; i < text.length; i += 1) h = mix32(h, text.charCodeAt(i));
  return fmix32(h ^ text.length);
}

/**
 * The n-th draw of a keyed stream: an unsigned 32-bit integer that depends on `key` and `n` only. Deleting one event
 * of a run leaves every other draw as it was, which is what lets a failing run shrink.
 */
export function draw32(key: number, n: number): number {
  return fmix32(mix32(fmix32(key + Math.imul(n, 0x9e3779b9)), n)) >>> 0;
}

/** Maps an unsigned 32-bit draw to `[0, bound)`; the bias is below bound / 2^32. */
export function scaleDraw(draw: number, bound: number): number {
  return Math.floor((draw / 0x1_0000_0000) * bound);
}

/** A 64-bit digest as 16 hexadecimal digits. */
export function hex64(high: number, low: number): string {
  return (high >>> 0).toString(16).padStart(8, '0') + (low >>> 0).toString(16).padStart(8, '0');
}
