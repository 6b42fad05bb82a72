/** What a mutant is: a protocol rule that is reverted, as a bug once did, and what becomes of it. */
import type { Rules } from '../../kafka/rules.ts';
import type { ProfileName } from '../profiles.ts';

export interface MutantDoc {
  readonly name: string;
  /** What it does instead of the rule. */
  readonly doc: string;
  /** Several rules where the bug needs them all reverted. */
  readonly reverts: Partial<Rules>;
  /** Properties of which at least one must be violated. */
  readonly trips: readonly string[];
  /** The bug in Kafka, and the version that fixed it. */
  readonly source: string;
  /** The weakest faults and configuration that show it. */
  readonly needs: string;
  /** The built-in scenario in which a campaign finds it; null when none does. */
  readonly hunt: string | null;
  /** About how many seeds of the hunt one detection takes, as measured. There exactly when there is a hunt. */
  readonly seedsToDetection?: number;
  /** The profile to hunt in, where newer rules mask it; the scenario's own by default. */
  readonly profile?: ProfileName;
  /** Why no campaign finds it (yet): what masks it, or what it takes to see it. There exactly when `hunt` is null. */
  readonly uncaught?: string;
}
