/**
 * Delta debugging: from a list that fails to a part of it that fails and of which no single element can be left out, as
 * far as the tests go that it may ask for.
 *
 * Source: Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", TSE 2002, figure 5.
 */

/** Parts in which the list is tried first. */
const FIRST_PARTS = 2;

/**
 * @param items fails as a whole
 * @param fails whether a part fails; asked no more once `mayGoOn` is false
 */
export function ddmin<T>(items: readonly T[], fails: (part: readonly T[]) => boolean, mayGoOn: () => boolean): readonly T[] {
  let failing = items;
  let parts = FIRST_PARTS;
  while (failing.length > 0 && mayGoOn()) {
    const chunks = chunksOf(failing, Math.min(parts, failing.length));
    const smaller = firstFailing(failing, chunks, parts === FIRST_PARTS, fails, mayGoOn);
    if (smaller !== undefined) {
      // One chunk alone starts afresh; with one chunk less the grain stays.
      parts = smaller.isChunk ? FIRST_PARTS : Math.max(FIRST_PARTS, Math.min(parts, failing.length) - 1);
      failing = smaller.items;
    } else if (parts >= failing.length) return failing;
    else parts = Math.min(failing.length, parts * 2);
  }
  return failing;
}

interface Smaller<T> {
  readonly items: readonly T[];
  readonly isChunk: boolean;
}

/** Earlier chunks go first: what broke something is more often what came last before it. */
function firstFailing<T>(
  items: readonly T[], chunks: readonly (readonly T[])[], triesChunks: boolean, fails: (part: readonly T[]) => boolean, mayGoOn: () => boolean,
): Smaller<T> | undefined {
  if (chunks.length === 1) return mayGoOn() && fails([]) ? { items: [], isChunk: true } : undefined;
  // Of two chunks the complement of one is the other.
  for (let i = 0; i < chunks.length && mayGoOn(); i += 1) {
    const left = new Set(chunks[i]);
    const rest = items.filter((item) => !left.has(item));
    if (fails(rest)) return { items: rest, isChunk: triesChunks };
  }
  return undefined;
}

function chunksOf<T>(items: readonly T[], count: number): T[][] {
  return Array.from({ length: count }, (_, i) => items.slice(Math.floor((i * items.length) / count), Math.floor(((i + 1) * items.length) / count)));
}
