/**
 * Static members whose replacement a coordinator took back. A member that comes back under a new member id takes the place of the
 * old one in memory, and the write that says so is under way. When it is not committed in time the coordinator answers with an
 * error and has the old id in its place again; the write stays in the log all the same, and may be committed yet. Until the member
 * joins again, or the group is loaded, memory and log name it differently; and an assignment that was made for the new id is
 * nothing to the old one (GroupMetadataManager.setAndPropagateAssignment). That is Kafka's own doing (KIP-345).
 *
 * Recognised by the ids that an instance has had: it goes back to the one before. An id that it never had is no way back.
 * Source: GroupMetadataManager.updateStaticMemberThenRebalanceOrCompleteJoin; CoordinatorWriteEvent.complete.
 */
import { EMPTY_ASSIGNMENT } from '../kafka/group/classic-group.ts';
import type { GroupMetadataValue } from '../kafka/group/coordinator-records.ts';
import type { GroupView } from '../kafka/views.ts';

type Classic = GroupView['classic'];

export class StaticReplacements {
  /** By broker, group and instance: the id that the last replacement took the place of. */
  private olderIds: ReadonlyMap<string, string> = new Map();

  groupChanged(before: GroupView | undefined, after: GroupView): void {
    if (before === undefined || before.classic.members === after.classic.members) return;
    const now = idsOf(after.classic);
    for (const [instanceId, oldId] of idsOf(before.classic)) {
      const newId = now.get(instanceId);
      const key = keyOf(after, instanceId);
      if (newId !== undefined && newId !== oldId && this.olderIds.get(key) !== newId) this.olderIds = new Map(this.olderIds).set(key, oldId);
    }
  }

  /** `logged`, with the ids that `group` has gone back to. */
  takenBack(group: GroupView, logged: GroupMetadataValue): GroupMetadataValue {
    const live = idsOf(group.classic);
    const renamed = new Map<string, string>();
    for (const { memberId, groupInstanceId } of logged.members) {
      const liveId = groupInstanceId === null ? undefined : live.get(groupInstanceId);
      if (liveId !== undefined && liveId !== memberId && this.olderIds.get(keyOf(group, groupInstanceId as string)) === liveId) renamed.set(memberId, liveId);
    }
    if (renamed.size === 0) return logged;
    return {
      ...logged,
      leader: logged.leader === null ? null : (renamed.get(logged.leader) ?? logged.leader),
      members: logged.members.map((member) => {
        const liveId = renamed.get(member.memberId);
        if (liveId === undefined) return member;
        return { ...member, memberId: liveId, assignment: group.classic.members.get(liveId)?.assignment === EMPTY_ASSIGNMENT ? EMPTY_ASSIGNMENT : member.assignment };
      }),
    };
  }

  fork(): StaticReplacements {
    return Object.assign(new StaticReplacements(), this);
  }
}

function idsOf({ members }: Classic): Map<string, string> {
  const ids = new Map<string, string>();
  for (const { memberId, groupInstanceId } of members.values()) if (groupInstanceId !== null) ids.set(groupInstanceId, memberId);
  return ids;
}

function keyOf({ brokerId, groupId }: GroupView, instanceId: string): string {
  return `${brokerId}/${groupId}/${instanceId}`;
}
