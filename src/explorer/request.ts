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

/** The scenario that runs as the request does, under its own seed. A story is left out: it is not the one that its source tells. */
export function closedScenario({ scenario, seed, faults, admin, workload, mutants }: Asked): Scenario {
  const { story: _story, mutants: _mutants, ...rest } = scenario;
  return { ...rest, seed, nemesis: null, faults, admin, workload: listsOf(workload, scenario), ...(mutants.length === 0 ? {} : { mutants }) };
}

/** The request of a closed scenario. */
export function requestOfClosed(scenario: Scenario): RunRequest {
  return requestOf(scenario, present(scenario.seed ?? undefined, 'the seed of a closed scenario'));
}

/** Operations as a scenario writes them, without the lists of `workload` that none is in. */
export function sendsOf(operations: readonly Operation[], scenario: Pick<Scenario, 'producers' | 'workload'>): SendsWorkload[] {
  return listsOf(operations, scenario).filter(({ rows }) => rows.length > 0);
}

/**
 * One list for each producer group and topic of `workload`, in its order and also where it stays empty: a producer asks for its
 * topics in that order, and for those that it sends nothing to as well. Pairs that are new there come last, and so does a second
 * list of a pair, where without it records of the same time would change places.
 */
function listsOf(operations: readonly Operation[], { producers, workload }: Pick<Scenario, 'producers' | 'workload'>): SendsWorkload[] {
  const groupOf = new Map(producers.flatMap(({ name, nodes }) => nodes.map((node) => [node, name] as const)));
  const listOf = (producer: string, topic: string): { readonly producer: string; readonly topic: string; readonly rows: SendRow[] } => ({ producer, topic, rows: [] });
  const lists = [...new Map(workload.map(({ producer, topic }) => [`${producer}/${topic}`, listOf(producer, topic)])).values()];
  let last = { atUs: -1, index: 0 };
  for (const { atUs, producer: from, topic, key, value, partition } of operations) {
    const producer = present(groupOf.get(from), `the group of ${from}`);
    const earliest = atUs === last.atUs ? last.index : 0;
    const known = lists.findIndex((each, i) => i >= earliest && each.producer === producer && each.topic === topic);
    const index = known === -1 ? lists.push(listOf(producer, topic)) - 1 : known;
    present(lists[index], 'the list').rows.push({ atUs, from, key, value: withoutId(value), partition: partition ?? null });
    last = { atUs, index };
  }
  return lists.map((list) => ({ kind: 'sends', ...list }));
}

/** Without the part that expandWorkload adds to make it unique. */
function withoutId(value: string): string {
  return value.replace(/ #[^#/]*\/[0-9]+$/, '');
}
