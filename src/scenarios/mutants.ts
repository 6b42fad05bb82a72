/**
 * Mutants: one protocol rule reverted, as a bug once did, to see that the properties which need it trip.
 */
import type { Rules } from '../kafka/rules.ts';

export interface MutantDoc {
  readonly name: string;
  /** The rule that is reverted. */
  readonly doc: string;
  readonly reverts: Partial<Rules>;
  /** Properties of which at least one must be violated. */
  readonly trips: readonly string[];
  readonly source: string;
}

export const MUTANT_DOCS: readonly MutantDoc[] = [
  {
    name: 'ack-before-replication',
    doc: 'acks=all is answered once the leader has appended, not when the high watermark has passed the batch',
    reverts: { acksAllWaitsForHighWatermark: false },
    trips: ['acknowledged-records-survive'],
    source: 'DelayedProduce, Partition.checkEnoughReplicasReachOffset; Redpanda #14794',
  },
  {
    name: 'truncate-to-high-watermark',
    doc: 'a new follower cuts its log at its own high watermark, which is behind what was committed',
    reverts: { truncationProtocol: 'highWatermark' },
    trips: ['committed-prefix-immutable', 'truncation-safe', 'acknowledged-records-survive'],
    source: 'KIP-101 (fixed in 0.11)',
  },
  {
    name: 'fetch-without-leader-epochs',
    doc: 'fetches carry no leader epochs: stale ones are not fenced and diverging logs are not found',
    reverts: { fencesFetchesByLeaderEpoch: false, truncationProtocol: 'offsetForLeaderEpoch' },
    trips: ['log-matching', 'committed-prefix-immutable', 'reads-agree'],
    source: 'KIP-320 (fixed in 2.1), KIP-595',
  },
];

export const MUTANT_NAMES: readonly string[] = MUTANT_DOCS.map((mutant) => mutant.name);

/** The rules of a profile with the named mutants applied. */
export function mutated(rules: Rules, names: readonly string[]): Rules {
  return MUTANT_DOCS.filter(({ name }) => names.includes(name)).reduce((reverted, { reverts }) => ({ ...reverted, ...reverts }), rules);
}
