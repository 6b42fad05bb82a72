/**
 * L-06, L-10: groups come to rest. A bound after the last fault no coordinator has been loading for a bound, and no group at
 * the coordinator that leads its partition has been rebalancing for a bound and the longest rebalance timeout of its members.
 *
 * Source: L-06 (EventuallyConverges of the KIP-848 specification), L-10 (KAFKA-9065: a load that never ends).
 */
import { formatUs, usOfMs } from '../kernel/time.ts';
import { rebalanceTimeoutMs } from '../kafka/group/classic-group.ts';
import { consumerGroupStateOf } from '../kafka/group/consumer-group.ts';
import { GROUP_METADATA_TOPIC } from '../kafka/group/partition.ts';
import type { CoordinatorView, GroupView } from '../kafka/views.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import { Findings } from './findings.ts';

export const groupsSettle: Property = {
  name: 'groups-settle',
  claim: 'a bound after the last fault coordinators are loaded and groups are stable or empty',
  source: 'L-06, L-10; KAFKA-9065',
  kind: 'liveness',
  appliesTo: ({ liveness, usesGroups }) => liveness !== null && usesGroups === true,
  check: (context) => new GroupsSettle(context),
};

interface Since<View> {
  readonly view: View;
  /** In this state since then. */
  readonly sinceUs: number;
}

class GroupsSettle implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;
  /** By broker and group id. */
  private readonly groups: Map<string, Since<GroupView>>;
  /** By broker and partition. */
  private readonly loading: Map<string, Since<CoordinatorView>>;

  constructor(context: CheckContext, findings = new Findings(), groups = new Map<string, Since<GroupView>>(), loading = new Map<string, Since<CoordinatorView>>()) {
    this.context = context;
    this.findings = findings;
    this.groups = groups;
    this.loading = loading;
  }

  get violations(): number {
    return this.findings.violations;
  }

  groupChanged(before: GroupView | undefined, after: GroupView | undefined, atUs: number): void {
    const { brokerId, groupId } = (after ?? before) as GroupView;
    const key = `${brokerId}/${groupId}`;
    if (after === undefined) {
      this.groups.delete(key);
      return;
    }
    const known = this.groups.get(key);
    const isSame = known !== undefined && stateOf(known.view) === stateOf(after);
    this.groups.set(key, { view: after, sinceUs: isSame ? known.sinceUs : atUs });
  }

  coordinatorChanged(coordinator: CoordinatorView, atUs: number): void {
    const { brokerId, partitions } = coordinator;
    for (const key of this.loading.keys()) if (key.startsWith(`${brokerId}/`) && partitions.get(Number(key.slice(`${brokerId}/`.length)))?.state !== 'Loading') this.loading.delete(key);
    for (const [partition, { state }] of partitions) {
      const key = `${brokerId}/${partition}`;
      if (state === 'Loading' && !this.loading.has(key)) this.loading.set(key, { view: coordinator, sinceUs: atUs });
    }
  }

  verdict(endUs: number) {
    const { cluster, quiet } = this.context;
    const rest = quiet.restAt(endUs);
    if (typeof rest === 'string') return this.findings.verdict(groupsSettle, rest);
    for (const [key, { view: { brokerId }, sinceUs }] of this.loading) {
      const partition = Number(key.slice(`${brokerId}/`.length));
      if (cluster.partition(GROUP_METADATA_TOPIC, partition).leader?.brokerId !== brokerId) continue;
      this.findings.compared += 1;
      if (sinceUs > rest.owedFromUs) continue;
      this.findings.violated(endUs, () => ({
        sentence: `${cluster.nameOf(brokerId)} has been loading ${GROUP_METADATA_TOPIC}-${partition} since ${formatUs(sinceUs)}`,
        details: { broker: cluster.nameOf(brokerId), partition },
      }));
    }
    for (const { view, sinceUs } of this.groups.values()) {
      if (cluster.partition(GROUP_METADATA_TOPIC, view.partition).leader?.brokerId !== view.brokerId) continue;
      this.findings.compared += 1;
      const state = stateOf(view);
      if (state === 'Stable' || state === 'Empty' || state === 'Dead' || sinceUs > rest.owedFromUs - usOfMs(rebalanceTimeoutMs(view.classic))) continue;
      this.findings.violated(endUs, () => ({
        sentence: `the group ${view.groupId}, at ${cluster.nameOf(view.brokerId)}, has been in ${state} since ${formatUs(sinceUs)}: ${reasonOf(view)}`,
        details: { groupId: view.groupId, broker: cluster.nameOf(view.brokerId), state },
      }));
    }
    return this.findings.verdict(groupsSettle, 'no group had a coordinator at the end');
  }

  fork(context: CheckContext): Checker {
    return new GroupsSettle(context, this.findings.fork(), new Map(this.groups), new Map(this.loading));
  }
}

function stateOf({ image, classic }: GroupView): string {
  return image.consumer === null ? classic.state : consumerGroupStateOf(image.consumer);
}

/** Whom it waits for. */
function reasonOf({ image, classic }: GroupView): string {
  if (image.consumer !== null) {
    const { members, currentAssignment, assignmentEpoch } = image.consumer;
    const late = [...members.keys()].filter((id) => currentAssignment.get(id)?.state !== 'STABLE' || currentAssignment.get(id)?.memberEpoch !== assignmentEpoch);
    return `${late.join(', ')} ${late.length === 1 ? 'has' : 'have'} not reached its target assignment`;
  }
  const away = [...classic.members.values()].filter(({ awaitingJoin }) => awaitingJoin === null).map(({ memberId }) => memberId);
  const awaited = classic.state === 'PreparingRebalance' ? [...away, ...classic.pendingJoinMembers] : classic.pendingSyncMembers;
  return awaited.length === 0 ? 'it waits for its own write' : `it waits for ${awaited.join(', ')}`;
}
