/**
 * The beginning and the end of a group at this coordinator. One that was loaded expects every member's heartbeat anew; one
 * that is unloaded tells whoever waits to look for the new coordinator.
 *
 * Source: GroupMetadataManager.onLoaded, onUnloaded.
 */
import { tell } from '../local-events.ts';
import type { Reduced } from '../reduction.ts';
import { expectMembers } from './consumer-members.ts';
import { completeSync, refuseJoin } from './rebalance.ts';
import { LOADED_WRITE_ID, newGroup, type GroupInput, type GroupState } from './state.ts';
import { GroupTurn } from './turn.ts';
import { failWrites } from './writes.ts';
import { groupName } from './events.ts';

/** What was loaded beyond the high watermark is committed when that gets there. */
export function startGroup(input: GroupInput): Reduced<GroupState> {
  const turn = new GroupTurn(newGroup(input), input.nowMs, 0);
  const { writes, topicPartition, groupId } = turn.state;
  for (const { memberId, sessionTimeoutMs } of turn.group.members.values()) turn.expectHeartbeat(memberId, sessionTimeoutMs);
  expectMembers(turn);
  if (writes.length > 0) {
    const ticket = { answerTo: groupName(groupId), operationId: LOADED_WRITE_ID, position: 0 };
    turn.effects.push(tell(topicPartition, { type: 'highWatermark.await', ticket }));
  }
  return turn.done();
}

export function unload(turn: GroupTurn): void {
  failWrites(turn);
  for (const member of turn.group.members.values()) {
    refuseJoin(turn, member, 'NOT_COORDINATOR');
    completeSync(turn, member, 'NOT_COORDINATOR');
  }
  turn.end([{ kind: 'stop', name: groupName(turn.state.groupId) }]);
}
