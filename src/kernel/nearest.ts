/**
 * The nearest valid word to a mistyped one, for messages that say what was probably meant. Knows nothing of what the
 * words name.
 *
 * Source: optimal string alignment, the restricted Damerau-Levenshtein distance.
 */

/** Edits from `from` to `to`: insertions, deletions, replacements and swaps of neighbours, each costing 1. */
export function editDistance(from: string, to: string): number {
  const width = to.length + 1;
  let twoBack: number[] = [];
  let previous = Array.from({ length: width }, (_, j) => j);
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i];
    for (let j = 1; j < width; j += 1) {
      const same = from.charCodeAt(i - 1) === to.charCodeAt(j - 1);
      let best = Math.min(
        (previous[j] as number) + 1,
        (row[j - 1] as number) + 1,
        (previous[j - 1] as number) + (same ? 0 : 1),
      );
      const swapped =
        i > 1 &&
        j > 1 &&
        from.charCodeAt(i - 1) === to.charCodeAt(j - 2) &&
        from.charCodeAt(i - 2) === to.charCodeAt(j - 1);
      if (swapped) best = Math.min(best, (twoBack[j - 2] as number) + 1);
      row.push(best);
    }
    twoBack = previous;
    previous = row;
  }
  return previous[to.length] as number;
}

/** Punctuation and case are what people get wrong first: `replicaLagTimeMaxMs` means `replica.lag.time.max.ms`. */
function bare(word: string): string {
  return word.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/**
 * The candidate closest to `word`, the first of equals; undefined when none is close: further than a third of the
 * longer word's length, after which a suggestion would mislead.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  const wanted = bare(word);
  for (const candidate of candidates) {
    const plain = bare(candidate);
    // Equal but for case and punctuation ranks before every real edit.
    const distance = plain === wanted ? 0 : editDistance(wanted, plain);
    if (distance < bestDistance && distance * 3 <= Math.max(wanted.length, plain.length)) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}
