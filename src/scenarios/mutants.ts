/**
 * Mutants: protocol rules reverted, as bugs once did, to see that the properties which need them trip. No mutant reverts
 * a rule whose absence only changes what Kafka promises (eligibleLeaderReplicas), how soon a fetch is answered
 * (raftFetchWaitsForHighWatermark), or when a leader epoch is raised (bumpsLeaderEpochOnIsrShrink).
 */
import type { Rules } from '../kafka/rules.ts';
import { CONTROLLER_MUTANTS, DISK_MUTANTS } from './mutants/controller.ts';
import { GROUP_MUTANTS } from './mutants/groups.ts';
import { CONSUMER_MUTANTS } from './mutants/consumers.ts';
import type { MutantDoc } from './mutants/mutant.ts';
import { PRODUCER_MUTANTS } from './mutants/producer.ts';
import { QUORUM_MUTANTS } from './mutants/quorum.ts';
import { REPLICATION_MUTANTS } from './mutants/replication.ts';

export type { MutantDoc } from './mutants/mutant.ts';

export const MUTANT_DOCS: readonly MutantDoc[] = [...REPLICATION_MUTANTS, ...CONTROLLER_MUTANTS, ...DISK_MUTANTS, ...QUORUM_MUTANTS, ...PRODUCER_MUTANTS, ...GROUP_MUTANTS, ...CONSUMER_MUTANTS];

export const MUTANT_NAMES: readonly string[] = MUTANT_DOCS.map((mutant) => mutant.name);

/** The rules of a profile with the named mutants applied. */
export function mutated(rules: Rules, names: readonly string[]): Rules {
  return MUTANT_DOCS.filter(({ name }) => names.includes(name)).reduce((reverted, { reverts }) => ({ ...reverted, ...reverts }), rules);
}
