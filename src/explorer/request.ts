/**
 * From scenarios to run requests and back: the request that a scenario and a seed stand for, and the closed scenario that
 * stands for a request, in which every fault and every record is written out and nothing is left to a draw.
 *
 * Source: "Pin a seed to test that seeds reproduce. Pin a plan to regress a bug."
 */
import { present } from '../kernel/assert.ts';
import { planFaults } from '../scenarios/nemesis.ts';
import type { RunRequest } from '../scenarios/run-record.ts';
import type { Scenario, SendRow, SendsWorkload } from '../scenarios/scenario.ts';
import { expandWorkload, type Operation } from '../scenarios/workload.ts';

/** As `harrow run` makes it: the seed expanded to faults and workload. `mutants` are all that are reverted; default those of the scenario. */
export function requestOf(scenario: Scenario, seed: string, mutants: readonly string[] = scenario.mutants ?? []): RunRequest {
  return { scenario, seed, faults: planFaults(scenario, seed), admin: scenario.admin, workload: expandWorkload(scenario, seed), engine: 'compiled', mutants: [...new Set(mutants)].sort((a, b) => (a < b ? -1 : 1)) };
}

/** What a request does without trace and progress: all that decides a run. */
export type Asked = Pick<RunRequest, 'scenario' | 'seed' | 'faults' | 'admin' | 'workload' | 'mutants'>;

/**
 * The scenario that runs as the request does, under its own seed, provided that each of its workloads has a record: a producer
 * asks for the topic of one that has none, too. A story is left out: it is not the one that its source tells.
 */
export function closedScenario({ scenario, seed, faults, admin, workload, mutants }: Asked): Scenario {
  const { story: _story, mutants: _mutants, ...rest } = scenario;
  return { ...rest, seed, nemesis: null, faults, admin, workload: sendsOf(workload, scenario), ...(mutants.length === 0 ? {} : { mutants }) };
}

/** The request of a closed scenario. */
export function requestOfClosed(scenario: Scenario): RunRequest {
  return requestOf(scenario, present(scenario.seed ?? undefined, 'the seed of a closed scenario'));
}

/**
 * Operations as a scenario writes them, one list for each producer group and topic that has any, in the order of `workload`: it is
 * the order in which a producer asks for its topics. Pairs that are new there come last.
 */
export function sendsOf(operations: readonly Operation[], { producers, workload }: Pick<Scenario, 'producers' | 'workload'>): SendsWorkload[] {
  const groupOf = new Map(producers.flatMap(({ name, nodes }) => nodes.map((node) => [node, name] as const)));
  const lists = new Map<string, { readonly producer: string; readonly topic: string; readonly rows: SendRow[] }>(workload.map(({ producer, topic }) => [`${producer}/${topic}`, { producer, topic, rows: [] }]));
  for (const { atUs, producer: from, topic, key, value, partition } of operations) {
    const producer = present(groupOf.get(from), `the group of ${from}`);
    const list = lists.get(`${producer}/${topic}`) ?? { producer, topic, rows: [] };
    lists.set(`${producer}/${topic}`, list);
    list.rows.push({ atUs, from, key, value: withoutId(value), partition: partition ?? null });
  }
  return [...lists.values()].filter(({ rows }) => rows.length > 0).map((list) => ({ kind: 'sends', ...list }));
}

/** Without the part that expandWorkload adds to make it unique. */
function withoutId(value: string): string {
  return value.replace(/ #[^#/]*\/[0-9]+$/, '');
}
