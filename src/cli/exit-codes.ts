/**
 * Exit codes, and the errors that lead to them. Source: Jepsen (0 valid, 1 invalid, 2 unknown) and BSD sysexits.h
 * (64 EX_USAGE, 70 EX_SOFTWARE).
 */
import type { VerdictKind } from '../history/verdict.ts';
import { unreachable } from '../kernel/assert.ts';

/** Every property held; a replay was exact. */
export const EXIT_HELD = 0;
export const EXIT_VIOLATED = 1;
/** A property was never put to the test, or a forced replay by other code came out differently. */
export const EXIT_VACUOUS = 2;
/** Wrong usage, a bad scenario, a record that this code cannot replay: nothing ran, nothing was written. */
export const EXIT_USAGE = 64;
/** A bug in Harrow, lost determinism included. */
export const EXIT_INTERNAL = 70;

export type ExitCode = typeof EXIT_HELD | typeof EXIT_VIOLATED | typeof EXIT_VACUOUS | typeof EXIT_USAGE | typeof EXIT_INTERNAL;

export function exitCodeOf(verdict: VerdictKind): ExitCode {
  switch (verdict) {
    case 'held':
      return EXIT_HELD;
    case 'violated':
      return EXIT_VIOLATED;
    case 'vacuous':
      return EXIT_VACUOUS;
    default:
      return unreachable(verdict, 'exitCodeOf');
  }
}

/** The user asked for something that cannot be done; `message` says what, and what could be. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Something broke while a run was under way; says which run, so that it can be reported. */
export class RunFailed extends Error {
  override readonly name = 'RunFailed';
  readonly scenario: string;
  readonly seed: string;

  constructor(scenario: string, seed: string, cause: unknown) {
    super(`the run of ${scenario} with seed ${seed} failed`, { cause });
    this.scenario = scenario;
    this.seed = seed;
  }
}
