/**
 * Whether a run came out as the source of its story describes: exactly the properties are violated that the story says
 * are, and of those that it says are paid for, something was excused or expected. Under other rules or faults it may come
 * out otherwise, and that is what a fix is for.
 */
import type { Verdict } from '../../../history/verdict.ts';
import type { Story } from '../../scenario.ts';

export interface Telling {
  readonly isAsTold: boolean;
  /** What came out otherwise, one clause each; empty when it is as told. */
  readonly differences: readonly string[];
}

/** How a verdict notes what it did not hold against the run (Findings). */
const GIVEN_AWAY = /\b\d+ (?:excused|expected): /;

export function tellingOf({ violates, allows = [] }: Story, verdicts: readonly Verdict[]): Telling {
  const violated = verdicts.filter(({ verdict }) => verdict === 'violated').map(({ property }) => property);
  const givenAway = verdicts.filter(({ note = '' }) => GIVEN_AWAY.test(note)).map(({ property }) => property);
  const differences = [
    ...violates.filter((property) => !violated.includes(property)).map((property) => `${property} was not violated`),
    ...violated.filter((property) => !violates.includes(property)).map((property) => `${property} was violated`),
    ...allows.filter((property) => !givenAway.includes(property)).map((property) => `${property} gave nothing away`),
  ];
  return { isAsTold: differences.length === 0, differences };
}
