/**
 * What a checker says about one property of one run. Three answers and no more: it held, it was violated, or the run
 * never put it to the test. `compared` counts what was really looked at, so that a green run which compared nothing
 * cannot pass for evidence.
 *
 * Knows nothing of how a property is checked. Source: Jepsen's three-valued results (true, :unknown, false).
 */

/** Data of an evidence: plain JSON, for machines; the sentence is for people. */
export type EvidenceDetails = Readonly<Record<string, string | number | boolean | null | readonly (string | number)[]>>;

/** One observation that settles a verdict. `sentence` is complete, in Kafka's words, and names nodes and offsets. */
export interface Evidence {
  readonly atUs: number;
  readonly sentence: string;
  readonly details: EvidenceDetails;
}

export type VerdictKind = 'held' | 'violated' | 'vacuous';

/**
 * Invariants: `violated` has at least one evidence; `held` compared something (`compared > 0`); `vacuous` compared
 * nothing, and its `note` says what was missing.
 */
export interface Verdict {
  readonly property: string;
  readonly verdict: VerdictKind;
  /** How many records, offsets, elections… the property was evaluated on. */
  readonly compared: number;
  /** The property as one sentence. */
  readonly claim: string;
  readonly evidence: readonly Evidence[];
  readonly note?: string;
}

/** The verdict of a whole run: violated if any property was, else vacuous if any was, else held. */
export function overallVerdict(verdicts: readonly Verdict[]): VerdictKind {
  if (verdicts.some((each) => each.verdict === 'violated')) return 'violated';
  if (verdicts.length === 0 || verdicts.some((each) => each.verdict === 'vacuous')) return 'vacuous';
  return 'held';
}
