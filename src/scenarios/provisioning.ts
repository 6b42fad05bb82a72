/**
 * The topics that a run begins with, and what became of the operations after them: between the plan, the admin client and
 * the history.
 */
import { ADMIN_MACHINE } from '../actors/admin/node.ts';
import { topicsExist, type AdminState, type ProvisioningDue } from '../actors/admin/state.ts';
import type { History } from '../history/history.ts';
import { usOfMs } from '../kernel/time.ts';
import type { World } from '../kernel/world.ts';
import { creatableTopic, type AdministeredOperation, type AdminOperation } from './administration.ts';
import type { Plan } from './plan.ts';
import { ADMIN_NODE, brokerIdOf, type Scenario } from './scenario.ts';

/** What the administrator is asked for at the start. */
export function provisioningOf({ topics, cluster }: Pick<Scenario, 'topics' | 'cluster'>): ProvisioningDue {
  return {
    brokers: cluster.brokers,
    topics: topics.map((topic) => creatableTopic(topic, brokerIdOf)),
  };
}

/** Asks the administrator for the topics of `scenario`; true once it knows that they are there. It is asked again until then, since a process that dies forgets. */
export function provisionerOf(scenario: Pick<Scenario, 'topics' | 'cluster'>): (world: World) => boolean {
  const due = provisioningOf(scenario);
  return (world) => {
    const node = world.nodeIndex(ADMIN_NODE);
    const context = world.contextOf(node, ADMIN_MACHINE) as { readonly state: AdminState } | undefined;
    if (context === undefined) return false;
    if (topicsExist(context.state)) return true;
    world.stimulate(node, world.node(node).slotOf(ADMIN_MACHINE), 'admin.provision', due);
    return false;
  };
}

/** What became of the operations that were due by `endUs`, in their order. */
export function administeredOf(operations: readonly AdminOperation[], plan: Plan, history: History, endUs: number): AdministeredOperation[] {
  const ended = new Map(history.administrations().map(({ invoked, completed }) => [invoked.observation.operationId, completed?.observation]));
  return operations.flatMap((operation, index): AdministeredOperation[] => {
    if (usOfMs(operation.atMs) > endUs) return [];
    const completed = ended.get(index);
    if (completed === undefined) {
      return [{ operation, outcome: plan.wasCalled(index) ? 'unknown' : 'notCalled', errorCode: 'NONE', errorMessage: null, results: [] }];
    }
    const { outcome, errorCode, errorMessage, results } = completed;
    return [{ operation, outcome, errorCode, errorMessage, results }];
  });
}
