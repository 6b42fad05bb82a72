/**
 * S-27: a group of the consumer protocol (KIP-848), as its coordinator has it and as its members live it.
 *
 *   epochs      memberEpoch <= assignmentEpoch <= groupEpoch, and none of them ever falls in what the log has taken
 *   target      no partition is in the target of two members, nor in that of one who does not subscribe to its topic
 *   current     no partition is with two members, be it to own or to revoke
 *   member      in the epoch of the target and STABLE it has its target; it revokes exactly while it is UNREVOKED_PARTITIONS
 *   instance    an instance id belongs to one member
 *   ownership   what a consumer owns is with it at its legitimate coordinator, while that counts it as a member
 *
 * From `current` and `ownership` follows: no two members own the same partition. A consumer that was thrown out and does not know
 * it is no member (GRP-9), and one that said it will be back has given up what it had. It stays so with what it owned then when a
 * heartbeat of its own that comes late, by which it once joined, makes it a member again.
 *
 * Not promised is what a consumer takes over from an answer that was overtaken: a heartbeat it had given up reaches the coordinator
 * behind the answer, says truthfully that the member did not have the partition when it was sent, is taken because it is of the
 * epoch before (ConsumerGroup.validateMemberEpoch), and the partition goes to somebody else. So a member owns it that is fenced with
 * its next heartbeat. It is known by its epoch: the coordinator has the member in a later one as it begins to own.
 *
 * Source: S-27; LegalTargetAssignment, NoDoubleClientAssignment, ValidMemberEpoch, ValidStableGroupState of the KIP-848
 * specification; ConsumerGroup.addPartitionEpochs.
 */
import type { HistoryEntry } from '../history/history.ts';
import type { CurrentAssignment } from '../kafka/group/current-assignment.ts';
import type { ConsumerGroupImage } from '../kafka/group/group-image.ts';
import { difference, intersection, isSameSet, namesOf, union, type PartitionSet } from '../kafka/group/partition-sets.ts';
import { GROUP_METADATA_TOPIC } from '../kafka/group/partition.ts';
import type { GroupView } from '../kafka/views.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import { Findings } from './findings.ts';
import { usesGroupProtocol } from './group-protocols.ts';

export const consumerGroup: Property = {
  name: 'consumer-group',
  claim: 'in a group of the consumer protocol no partition is with two members, epochs are in order, and members own what is with them',
  source: 'S-27; KIP-848',
  kind: 'safety',
  appliesTo: (config) => usesGroupProtocol(config, 'consumer'),
  check: (context) => new ConsumerGroupChecker(context),
};

interface Owner {
  readonly node: number;
  readonly groupId: string;
  readonly generationId: number;
  readonly owned: PartitionSet;
  /** Of these, what it took over from an answer that was overtaken, or had when it was no member any more. */
  readonly outdated: PartitionSet;
}

class ConsumerGroupChecker implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;
  /** As the group was when all of it was in the log, by broker and group id. */
  private logged: ReadonlyMap<string, ConsumerGroupImage>;
  /** As they are now, by broker and group id. */
  private groups: ReadonlyMap<string, GroupView>;
  /** What consumers own, by member id: of the process that has it now. */
  private owners: ReadonlyMap<string, Owner>;

  constructor(context: CheckContext, findings = new Findings(), logged: ReadonlyMap<string, ConsumerGroupImage> = new Map(), groups: ReadonlyMap<string, GroupView> = new Map(), owners: ReadonlyMap<string, Owner> = new Map()) {
    this.context = context;
    this.findings = findings;
    this.logged = logged;
    this.groups = groups;
    this.owners = owners;
  }

  get violations(): number {
    return this.findings.violations;
  }

  groupChanged(before: GroupView | undefined, after: GroupView | undefined, atUs: number): void {
    const { brokerId, groupId } = (after ?? before) as GroupView;
    const key = `${brokerId}/${groupId}`;
    const group = after?.image.consumer ?? null;
    if (after === undefined || group === null) {
      if (this.groups.has(key)) this.groups = without(this.groups, key);
      if (this.logged.has(key)) this.logged = without(this.logged, key);
      return;
    }
    this.groups = new Map(this.groups).set(key, after);
    if (before?.image.consumer !== group) {
      this.findings.compared += 1;
      this.judgeEpochs(after, group, atUs);
      this.judgeTarget(after, group, atUs);
      this.judgeCurrent(after, group, atUs);
      this.judgeInstances(after, group, atUs);
      this.noteOutcasts(after, group);
      if (before?.image.consumer !== undefined && before.image.consumer !== null) this.noteLateHeartbeats(before, before.image.consumer, after, group);
      for (const [memberId, owner] of this.owners) this.judgeOwner(after, group, memberId, owner, atUs);
    }
    if (after.writes.some(({ isAppended }) => !isAppended) || this.logged.get(key) === group) return;
    this.judgeOrder(after, this.logged.get(key), group, atUs);
    this.logged = new Map(this.logged).set(key, group);
  }

  observed({ observation, node, atUs }: HistoryEntry): void {
    if (observation.type !== 'assignment') return;
    const { memberId, groupId, generationId, owned } = observation;
    const before = this.owners.get(memberId);
    const known = before?.node === node ? before : undefined;
    const taken = difference(owned, known?.owned ?? []);
    const late = this.legitimate(groupId).map((view) => overtaken(view, memberId, generationId, taken)).reduce(union, []);
    if (late.length > 0) this.findings.expect(1, 'a heartbeat that was given up overtook the answer to another');
    const outdated = union(intersection(known?.outdated ?? [], owned), late);
    const owner: Owner = { node, groupId, generationId, owned, outdated };
    this.owners = new Map(this.owners).set(memberId, owner);
    for (const view of this.groups.values()) if (view.image.consumer !== null) this.judgeOwner(view, view.image.consumer, memberId, owner, atUs);
  }

  /** The group as the leader of its partition has it. */
  private legitimate(groupId: string): GroupView[] {
    const { cluster } = this.context;
    return [...this.groups.values()].filter((view) => view.groupId === groupId && cluster.partition(GROUP_METADATA_TOPIC, view.partition).leader?.brokerId === view.brokerId);
  }

  processStarted(node: number): void {
    this.owners = new Map([...this.owners].filter(([, owner]) => owner.node !== node));
  }

  /** Who owns something and is no member. */
  private noteOutcasts({ groupId, partition, brokerId }: GroupView, { members }: ConsumerGroupImage): void {
    for (const [memberId, owner] of this.owners) {
      if (owner.groupId !== groupId || owner.outdated === owner.owned || members.has(memberId)) continue;
      if (this.context.cluster.partition(GROUP_METADATA_TOPIC, partition).leader?.brokerId === brokerId) this.owners = new Map(this.owners).set(memberId, { ...owner, outdated: owner.owned });
    }
  }

  /** What a heartbeat of an epoch before the member's took from it: it was sent before the member had what it had then. */
  private noteLateHeartbeats({ writes: known }: GroupView, before: ConsumerGroupImage, { writes }: GroupView, after: ConsumerGroupImage): void {
    for (const { completions = [] } of writes.filter((write) => !known.includes(write))) {
      for (const request of completions.flatMap(({ waiter }) => (waiter === undefined ? [] : [waiter.request]))) {
        if (request.type !== 'ConsumerGroupHeartbeatRequest') continue;
        const { memberId, memberEpoch } = request;
        const [owner, had, has] = [this.owners.get(memberId), before.currentAssignment.get(memberId), after.currentAssignment.get(memberId)];
        if (owner === undefined || had === undefined || has === undefined || memberEpoch >= had.memberEpoch) continue;
        const taken = difference(intersection(owner.owned, held(had)), held(has));
        if (taken.length === 0) continue;
        this.findings.expect(1, 'a heartbeat that was given up came behind the one that followed it');
        this.owners = new Map(this.owners).set(memberId, { ...owner, outdated: union(owner.outdated, taken) });
      }
    }
  }

  private judgeEpochs(view: GroupView, { groupEpoch, assignmentEpoch, currentAssignment }: ConsumerGroupImage, atUs: number): void {
    if (assignmentEpoch > groupEpoch) this.wrong(view, `has a target of epoch ${assignmentEpoch} in epoch ${groupEpoch}`, atUs);
    for (const [memberId, { memberEpoch }] of currentAssignment) {
      if (memberEpoch > assignmentEpoch) this.wrong(view, `has ${memberId} in epoch ${memberEpoch}, and its target is of epoch ${assignmentEpoch}`, atUs);
    }
  }

  private judgeTarget(view: GroupView, { targetAssignment, members, assignmentEpoch, groupEpoch }: ConsumerGroupImage, atUs: number): void {
    this.judgeDisjoint(view, [...targetAssignment], 'in the target', atUs);
    // While the target is of an older epoch, its members may have left or changed their minds.
    if (assignmentEpoch < groupEpoch) return;
    for (const [memberId, target] of targetAssignment) {
      const topics = members.get(memberId)?.subscribedTopicNames ?? [];
      const [foreign] = namesOf(target.filter(({ topic }) => !topics.includes(topic)));
      if (foreign !== undefined) this.wrong(view, `has ${foreign} in the target of ${memberId}, who does not subscribe to it`, atUs);
    }
  }

  private judgeCurrent(view: GroupView, { currentAssignment, targetAssignment, assignmentEpoch }: ConsumerGroupImage, atUs: number): void {
    this.judgeDisjoint(view, [...currentAssignment].map(([memberId, { assignedPartitions, partitionsPendingRevocation }]) => [memberId, [...assignedPartitions, ...partitionsPendingRevocation]]), 'with', atUs);
    for (const [memberId, { state, memberEpoch, assignedPartitions, partitionsPendingRevocation }] of currentAssignment) {
      if (memberEpoch < 0) continue;
      const target = targetAssignment.get(memberId) ?? [];
      if (state === 'STABLE' && memberEpoch === assignmentEpoch && !isSameSet(assignedPartitions, target)) {
        this.wrong(view, `has ${memberId} stable in epoch ${memberEpoch} with ${listed(assignedPartitions)}, and its target is ${listed(target)}`, atUs);
      }
      if ((state === 'UNREVOKED_PARTITIONS') !== (partitionsPendingRevocation.length > 0)) {
        this.wrong(view, `has ${memberId} in ${state} with ${listed(partitionsPendingRevocation)} to revoke`, atUs);
      }
    }
  }

  private judgeDisjoint(view: GroupView, sets: readonly (readonly [string, PartitionSet])[], where: string, atUs: number): void {
    const owners = new Map<string, string>();
    for (const [memberId, set] of sets) {
      for (const name of namesOf(set)) {
        const other = owners.get(name);
        if (other !== undefined) this.wrong(view, `has ${name} ${where === 'with' ? `with ${other} and with ${memberId}` : `${where} of ${other} and of ${memberId}`}`, atUs);
        owners.set(name, memberId);
      }
    }
  }

  private judgeInstances(view: GroupView, { members }: ConsumerGroupImage, atUs: number): void {
    const instances = new Map<string, string>();
    for (const [memberId, { instanceId }] of members) {
      if (instanceId === null) continue;
      const other = instances.get(instanceId);
      if (other !== undefined) this.wrong(view, `has the instance ${instanceId} twice, as ${other} and as ${memberId}`, atUs);
      instances.set(instanceId, memberId);
    }
  }

  private judgeOrder(view: GroupView, before: ConsumerGroupImage | undefined, after: ConsumerGroupImage, atUs: number): void {
    if (before === undefined) return;
    if (after.groupEpoch < before.groupEpoch) this.wrong(view, `falls from epoch ${before.groupEpoch} to ${after.groupEpoch}`, atUs);
    if (after.assignmentEpoch < before.assignmentEpoch) this.wrong(view, `goes back from the target of epoch ${before.assignmentEpoch} to that of ${after.assignmentEpoch}`, atUs);
    for (const [memberId, { memberEpoch }] of after.currentAssignment) {
      const known = before.currentAssignment.get(memberId)?.memberEpoch ?? -1;
      if (memberEpoch >= 0 && memberEpoch < known) this.wrong(view, `has ${memberId} go back from epoch ${known} to ${memberEpoch}`, atUs);
    }
  }

  private judgeOwner(view: GroupView, { members, currentAssignment }: ConsumerGroupImage, memberId: string, { node, groupId, owned, outdated }: Owner, atUs: number): void {
    const current = currentAssignment.get(memberId);
    if (groupId !== view.groupId || !members.has(memberId) || current === undefined || current.memberEpoch < 0) return;
    const partition = this.context.cluster.partition(GROUP_METADATA_TOPIC, view.partition);
    if (partition.leader?.brokerId !== view.brokerId) return;
    this.findings.compared += 1;
    const foreign = namesOf(difference(difference(owned, outdated), held(current)));
    if (foreign.length === 0) return;
    const loss = this.context.budget.lossOf(partition);
    if (loss !== undefined) {
      this.findings.excuse(1, `of the members of ${groupId}: ${loss}`);
      return;
    }
    this.wrong(view, `does not know that ${memberId}, at ${this.context.cluster.nameOf(node)}, owns ${foreign.join(', ')}`, atUs);
  }

  private wrong({ groupId, brokerId }: GroupView, what: string, atUs: number): void {
    const broker = this.context.cluster.nameOf(brokerId);
    this.findings.violated(atUs, () => ({ sentence: `the group ${groupId}, at ${broker}, ${what}`, details: { groupId, broker } }));
  }

  verdict() {
    return this.findings.verdict(consumerGroup, 'no group of the consumer protocol had members');
  }

  fork(context: CheckContext): Checker {
    return new ConsumerGroupChecker(context, this.findings.fork(), this.logged, this.groups, this.owners);
  }
}

/** What of `taken` the coordinator had already let go, in a later epoch of the member than that of the answer. */
function overtaken({ image }: GroupView, memberId: string, generationId: number, taken: PartitionSet): PartitionSet {
  const current = image.consumer?.currentAssignment.get(memberId);
  return current === undefined || current.memberEpoch <= generationId ? [] : difference(taken, held(current));
}

/** To own or to revoke. */
function held({ assignedPartitions, partitionsPendingRevocation }: Pick<CurrentAssignment, 'assignedPartitions' | 'partitionsPendingRevocation'>): PartitionSet {
  return union(assignedPartitions, partitionsPendingRevocation);
}

function without<Value>(map: ReadonlyMap<string, Value>, key: string): ReadonlyMap<string, Value> {
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}

function listed(set: PartitionSet): string {
  return namesOf(set).join(', ') || 'nothing';
}
