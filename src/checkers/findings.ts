/**
 * What a checker found so far: how much it compared, what it excused (the faults took it) or expected (the configuration
 * does not promise it) and why, and the first violations with their evidence. Later violations are only counted: ten say what is wrong, ten thousand say it no better.
 */
import { assert } from '../kernel/assert.ts';
import type { Evidence, EvidenceDetails, Verdict } from '../history/verdict.ts';
import type { Property } from './checker.ts';

/** Violations kept in full. */
export const EVIDENCE_LIMIT = 10;
/** Reasons named in a note; the rest are counted. */
const REASONS_NAMED = 3;

export interface Finding {
  readonly sentence: string;
  readonly details: EvidenceDetails;
}

export class Findings {
  compared = 0;
  violations = 0;
  excused = 0;
  private evidence: readonly Evidence[] = [];
  private reasons: readonly string[] = [];
  /** By reason, in order of first occurrence. */
  private expected: ReadonlyMap<string, number> = new Map();

  /** `finding` is only asked for while evidence is kept. */
  violated(atUs: number, finding: () => Finding): void {
    this.violations += 1;
    if (this.evidence.length < EVIDENCE_LIMIT) this.evidence = [...this.evidence, { atUs, ...finding() }];
  }

  /** `count` things were not as claimed, which the fault budget or the configuration allows. */
  excuse(count: number, reason: string): void {
    this.excused += count;
    if (!this.reasons.includes(reason)) this.reasons = [...this.reasons, reason];
  }

  /** `count` outcomes are the price of the configuration, which promises nothing better: the run was no test of the claim there. */
  expect(count: number, reason: string): void {
    this.expected = new Map(this.expected).set(reason, (this.expected.get(reason) ?? 0) + count);
  }

  /** Expected outcomes so far. */
  get expectedCount(): number {
    let count = 0;
    for (const each of this.expected.values()) count += each;
    return count;
  }

  /** `vacuity` says what was missing when nothing was compared; `remarks` join the note in any case. */
  verdict(property: Pick<Property, 'name' | 'claim'>, vacuity: string, remarks: readonly string[] = []): Verdict {
    const { name, claim } = property;
    assert(this.violations === 0 || this.evidence.length > 0, () => `${name} is violated without evidence`);
    const verdict = this.violations > 0 ? 'violated' : this.compared > 0 ? 'held' : 'vacuous';
    const note = [
      ...(verdict === 'vacuous' ? [vacuity] : []),
      ...(this.violations > this.evidence.length ? [`${this.violations} violations, of which the first ${this.evidence.length} are shown`] : []),
      ...remarks,
      ...[...this.expected].map(([reason, count]) => `${count} expected: ${reason}`),
      ...this.excuses(),
    ].join('; ');
    return { property: name, verdict, compared: this.compared, claim, evidence: this.evidence, ...(note === '' ? {} : { note }) };
  }

  fork(): Findings {
    return Object.assign(new Findings(), this);
  }

  private excuses(): string[] {
    if (this.excused === 0) return [];
    const more = this.reasons.length - REASONS_NAMED;
    const named = this.reasons.slice(0, REASONS_NAMED).join(', and ');
    return [`${this.excused} excused: ${named}${more > 0 ? `, and ${more} more losses` : ''}`];
  }
}
