/**
 * The draws of a swarm: every choice from a stream of its own, named by what is chosen, and written down. A choice added
 * later leaves the others of a seed as they were; what a seed chose can be counted over many seeds.
 *
 * Knows nothing of scenarios.
 */
import { stream, type Stream } from '../kernel/random.ts';

export class SwarmChoices {
  private readonly seed: string;
  private readonly made = new Set<string>();

  constructor(seed: string) {
    this.seed = seed;
  }

  /** What was chosen so far, each once, as `what=value`; in the order of the first time. */
  get list(): readonly string[] {
    return [...this.made];
  }

  /**
   * One of `choices`; write one twice to have it twice as often. Written down under `what`, drawn under `what` and
   * `of`: two topics choose apart, and count as the same question.
   */
  pick<T>(what: string, choices: readonly T[], of = ''): T {
    return this.noted(what, this.stream(`${what}/${of}`).pick(choices));
  }

  /** Notes a value that follows from other choices. */
  noted<T>(what: string, value: T): T {
    this.made.add(`${what}=${Array.isArray(value) ? value.join('+') : String(value)}`);
    return value;
  }

  /** Draws that are not counted. */
  stream(name: string): Stream {
    return stream(this.seed, `swarm/${name}`);
  }
}
