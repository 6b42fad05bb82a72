/**
 * What must hold. A broken invariant of ours ends the run at once and loudly; it is never a verdict about Kafka.
 * Knows nothing of time, nodes or Kafka.
 */

/** A broken invariant of Harrow itself: the run that raised it proves nothing. */
export class AssertionFailed extends Error {
  override readonly name = 'AssertionFailed';
}

/** An error of ours while a world ran, with where and when; `cause` is what was thrown there. */
export class RunFailed extends Error {
  override readonly name = 'RunFailed';
}

/** Throws unless `condition`; `message` names the place and the values, and is only built on failure when a function. */
export function assert(condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) throw new AssertionFailed(typeof message === 'string' ? message : message());
}

/** The end of an exhaustive switch: the type checker proves it unreachable, the run proves it again. */
export function unreachable(value: never, what: string): never {
  throw new AssertionFailed(`${what}: unexpected ${JSON.stringify(value)}`);
}

/** An index into something that is there by construction. */
export function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new AssertionFailed(`${what} is missing`);
  return value;
}
