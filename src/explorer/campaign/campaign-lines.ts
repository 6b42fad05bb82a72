/**
 * A campaign as lines of text: a head that says what every run has in common, then one line for each run, in the order in
 * which they ended. Lines are only ever added. Whoever was killed while it wrote one leaves a part of a line at the end,
 * which is no line; everything before it counts.
 *
 * What is usual is short: a property that held is a number, what of the machines was reached is a bit set.
 */
import type { Scenario } from '../../scenarios/scenario.ts';
import { VIOLATED, bitsOf, numbersOf, type CompactProperty } from './compact.ts';
import type { PropertyOutcome, SeedOutcome } from './seed-outcome.ts';

export const CAMPAIGN_FORMAT = 'harrow.campaign/1';

/** Runs of campaigns with different heads do not add up. */
export interface CampaignHead {
  readonly format: typeof CAMPAIGN_FORMAT;
  readonly harrow: string;
  /** sha256 of the code that runs. */
  readonly code: string;
  readonly scenario: Scenario | 'swarm';
  readonly mutants: readonly string[];
}

export interface CampaignLine {
  readonly seed: number;
  readonly digest: string;
  readonly virtualMs: number;
  readonly messages: number;
  /** Compared, by property: 0 is vacuous; with a sentence it is violated. */
  readonly properties: Readonly<Record<string, CompactProperty>>;
  readonly faults: Readonly<Record<string, number>>;
  readonly marks: readonly string[];
  readonly choices: readonly string[];
  readonly reached: string;
  readonly error?: string;
}

export function headLine(head: Omit<CampaignHead, 'format'>): string {
  return `${JSON.stringify({ format: CAMPAIGN_FORMAT, ...head })}\n`;
}

/** One line, with its end. */
export function outcomeLine({ seed, digest, virtualMs, messages, properties, faultKinds, marks, choices, reached, error }: SeedOutcome): string {
  const faults: Record<string, number> = {};
  for (const kind of faultKinds) faults[kind] = (faults[kind] ?? 0) + 1;
  const line: CampaignLine = {
    seed, digest, virtualMs, messages,
    properties: Object.fromEntries(properties.map(({ property, verdict, compared, sentence }) => [property, verdict === VIOLATED ? [compared, sentence ?? ''] : verdict === 'vacuous' ? 0 : compared])),
    faults, marks, choices, reached: bitsOf(reached), ...(error === null ? {} : { error }),
  };
  return `${JSON.stringify(line)}\n`;
}

/** Inverse of {@link outcomeLine}; undefined for a line that is not one. */
export function outcomeOf(text: string): SeedOutcome | undefined {
  const line = jsonOf(text) as CampaignLine | undefined;
  if (line === undefined || !Number.isSafeInteger(line.seed) || typeof line.reached !== 'string' || typeof line.properties !== 'object') return undefined;
  const { seed, digest, virtualMs, messages, properties, faults, marks, choices, reached, error } = line;
  return {
    seed, digest, virtualMs, messages,
    properties: Object.entries(properties).map(([property, said]): PropertyOutcome => {
      if (typeof said !== 'number') return { property, verdict: VIOLATED, compared: said[0], sentence: said[1] };
      return { property, verdict: said === 0 ? 'vacuous' : 'held', compared: said, sentence: null };
    }),
    faultKinds: Object.entries(faults).flatMap(([kind, count]) => Array.from({ length: count }, () => kind)),
    marks, choices, reached: numbersOf(reached), error: error ?? null,
  };
}

/** The head of a campaign; undefined when the line is none. */
export function headOf(text: string): CampaignHead | undefined {
  const head = jsonOf(text) as CampaignHead | undefined;
  return head?.format === CAMPAIGN_FORMAT ? head : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
