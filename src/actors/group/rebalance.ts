/**
 * A rebalance of the classic protocol (GRP-1): who must join again, how long they are waited for, and the generation that
 * begins when they have.
 *
 * A group that was empty waits `group.initial.rebalance.delay.ms` for more members, and again for each that comes, up to the
 * rebalance timeout. Any other waits until all have joined or the longest rebalance timeout of its members is over; then those
 * that are not back are removed, static members excepted (KIP-345).
 *
 * Source: GroupMetadataManager.prepareRebalance, completeClassicGroupJoin, tryCompleteInitialRebalanceElseSchedule,
 * expirePendingSync, expireClassicGroupMemberHeartbeat; KIP-134.
 */
import type { Stimulus } from '../../kernel/effects.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import type { GroupMetadataValue } from '../../kafka/group/coordinator-records.ts';
import type { JoinGroupResponse, SyncGroupResponse } from '../../kafka/group-api.ts';
import {
  canRebalance, currentMembers, electJoinedLeader, EMPTY_ASSIGNMENT, hasAllMembersJoined, hasSatisfiedHeartbeat, inState, memberOf, metadataValueOf, nextGeneration, rebalanceTimeoutMs, withoutMember,
} from '../../kafka/group/classic-group.ts';
import { JOIN_TIMER, SYNC_TIMER, type Group, type Member } from './state.ts';
import type { GroupTurn } from './turn.ts';

/** `data` of the timer of an empty group that waits for more members. */
export interface InitialDelay {
  readonly delayMs: number;
  readonly remainingMs: number;
}

// --- answers to those who wait ---------------------------------------------------------------------------------------

/** The answer to a join in the group's present generation. */
export function joined(group: Group, correlationId: number, memberId: string): JoinGroupResponse {
  const { generationId, protocolName, leaderId } = group;
  const members = leaderId === memberId ? currentMembers(group) : [];
  return { type: 'JoinGroupResponse', correlationId, errorCode: 'NONE', generationId, protocolName, leader: leaderId ?? '', skipAssignment: false, memberId, members };
}

/** Answers the join of a member that waits; it does not wait any more. */
export function completeJoin(turn: GroupTurn, member: Member, answer: (correlationId: number) => JoinGroupResponse): void {
  if (member.awaitingJoin === null) return;
  turn.reply(member.awaitingJoin, answer(member.awaitingJoin.request.correlationId));
  turn.changeMember(member.memberId, { awaitingJoin: null });
}

export function refuseJoin(turn: GroupTurn, member: Member, errorCode: ErrorName): void {
  completeJoin(turn, member, (correlationId) => ({ type: 'JoinGroupResponse', correlationId, errorCode, generationId: -1, protocolName: null, leader: '', skipAssignment: false, memberId: errorCode === 'UNKNOWN_MEMBER_ID' ? '' : member.memberId, members: [] }));
}

/** Answers the sync of a member that waits. True when it did. */
export function completeSync(turn: GroupTurn, member: Member, errorCode: ErrorName): boolean {
  if (member.awaitingSync === null) return false;
  const { correlationId } = member.awaitingSync.request;
  const response: SyncGroupResponse = { type: 'SyncGroupResponse', correlationId, errorCode, protocolName: errorCode === 'NONE' ? turn.group.protocolName : null, assignment: errorCode === 'NONE' ? member.assignment : EMPTY_ASSIGNMENT };
  turn.reply(member.awaitingSync, response);
  turn.changeMember(member.memberId, { awaitingSync: null });
  return true;
}

/** Every member that waits for its assignment has it, or the error; their sessions begin anew. */
export function propagateAssignment(turn: GroupTurn, errorCode: ErrorName): void {
  for (const member of turn.group.members.values()) {
    if (completeSync(turn, member, errorCode)) turn.expectHeartbeat(member.memberId, member.sessionTimeoutMs);
  }
}

/** resetAndPropagateAssignmentWithError: in CompletingRebalance only. */
export function resetAssignment(turn: GroupTurn, errorCode: ErrorName): void {
  for (const { memberId } of turn.group.members.values()) turn.changeMember(memberId, { assignment: EMPTY_ASSIGNMENT });
  propagateAssignment(turn, errorCode);
}

// --- the rebalance ---------------------------------------------------------------------------------------------------

export function maybePrepareRebalanceOrCompleteJoin(turn: GroupTurn): void {
  if (canRebalance(turn.group)) prepareRebalance(turn);
  else maybeCompleteJoinPhase(turn);
}

/** Complete when all have joined, but not while an empty group waits for more. */
export function maybeCompleteJoinPhase(turn: GroupTurn): void {
  const { group } = turn;
  if (group.state === 'PreparingRebalance' && group.previousState !== 'Empty' && hasAllMembersJoined(group)) completeJoinPhase(turn);
}

export function prepareRebalance(turn: GroupTurn): void {
  const wasEmpty = turn.group.state === 'Empty';
  if (turn.group.state === 'CompletingRebalance') resetAssignment(turn, 'REBALANCE_IN_PROGRESS');
  if (turn.group.pendingSyncMembers.length > 0) turn.group = { ...turn.group, pendingSyncMembers: [] };
  turn.disarm(SYNC_TIMER);
  turn.group = inState(turn.group, 'PreparingRebalance', turn.nowMs);
  if (wasEmpty) {
    const delayMs = turn.state.config.groupInitialRebalanceDelayMs;
    const data: InitialDelay = { delayMs, remainingMs: Math.max(rebalanceTimeoutMs(turn.group) - delayMs, 0) };
    turn.arm(JOIN_TIMER, delayMs, 'timer.initialJoin', data);
  } else if (hasAllMembersJoined(turn.group)) {
    completeJoinPhase(turn);
  } else {
    turn.arm(JOIN_TIMER, rebalanceTimeoutMs(turn.group), 'timer.join');
  }
}

/** An empty group has waited: somebody came meanwhile, so it waits on, or the generation begins. */
export function initialDelayOver(turn: GroupTurn, { data: { delayMs, remainingMs } }: Stimulus<string, InitialDelay>): void {
  if (turn.group.state !== 'PreparingRebalance') return;
  if (!turn.group.newMemberAdded || remainingMs === 0) {
    completeJoinPhase(turn);
    return;
  }
  turn.group = { ...turn.group, newMemberAdded: false };
  const newDelayMs = Math.min(turn.state.config.groupInitialRebalanceDelayMs, remainingMs);
  const data: InitialDelay = { delayMs: newDelayMs, remainingMs: Math.max(remainingMs - delayMs, 0) };
  turn.arm(JOIN_TIMER, newDelayMs, 'timer.initialJoin', data);
}

export function joinTimedOut(turn: GroupTurn): void {
  if (turn.group.state === 'PreparingRebalance') completeJoinPhase(turn);
}

/** completeClassicGroupJoin: the next generation begins with whoever is there. */
export function completeJoinPhase(turn: GroupTurn): void {
  turn.disarm(JOIN_TIMER);
  for (const { memberId, awaitingJoin, groupInstanceId } of turn.group.members.values()) {
    if (awaitingJoin !== null || groupInstanceId !== null) continue;
    turn.group = withoutMember(turn.group, memberId);
    turn.forgetHeartbeat(memberId);
  }
  const led = electJoinedLeader(turn.group);
  if (led === undefined && turn.group.members.size > 0) {
    // Static members alone, none of them back: their sessions decide.
    turn.arm(JOIN_TIMER, rebalanceTimeoutMs(turn.group), 'timer.join');
    return;
  }
  turn.group = nextGeneration(led ?? turn.group, turn.nowMs);
  if (turn.group.state === 'Empty') {
    storeGroup(turn);
    return;
  }
  const generation = turn.group;
  turn.group = { ...generation, pendingSyncMembers: [...generation.members.keys()] };
  for (const member of generation.members.values()) {
    completeJoin(turn, member, (correlationId) => joined(generation, correlationId, member.memberId));
    turn.changeMember(member.memberId, { isNew: false });
    turn.expectHeartbeat(member.memberId, member.sessionTimeoutMs);
  }
  turn.arm(SYNC_TIMER, rebalanceTimeoutMs(generation), 'timer.sync', generation.generationId);
}

/** Writes that there is a group, in no generation and with nobody in it (newEmptyGroupMetadataRecord); nobody waits for it. */
export function storeEmptyGroup(turn: GroupTurn): void {
  const value: GroupMetadataValue = { protocolType: null, generation: 0, protocol: null, leader: null, currentStateTimestamp: turn.nowMs, members: [] };
  turn.write([{ type: 'GroupMetadata', key: { group: turn.state.groupId }, value }], []);
}

/** Writes the group as it is; nobody waits for it. */
function storeGroup(turn: GroupTurn): void {
  const value = metadataValueOf(turn.group, ({ assignment }) => assignment);
  turn.write([{ type: 'GroupMetadata', key: { group: turn.state.groupId }, value }], []);
}

// --- who does not come back ------------------------------------------------------------------------------------------

/** A session is over, or a member id was handed out and not used. */
export function heartbeatExpired(turn: GroupTurn, { data: memberId }: Stimulus<string, string>): void {
  const { group } = turn;
  if (group.pendingJoinMembers.includes(memberId)) {
    turn.group = withoutMember(group, memberId);
    if (turn.group.state === 'PreparingRebalance' && hasAllMembersJoined(turn.group)) completeJoinPhase(turn);
    return;
  }
  const member = group.members.get(memberId);
  if (member === undefined || hasSatisfiedHeartbeat(member)) return;
  removeMember(turn, memberId);
  if (turn.group.state === 'PreparingRebalance') {
    if (hasAllMembersJoined(turn.group)) completeJoinPhase(turn);
  } else {
    maybePrepareRebalanceOrCompleteJoin(turn);
  }
}

/** A new member may time out with its join still open: it is told UNKNOWN_MEMBER_ID, and joins again if it is there. */
export function removeMember(turn: GroupTurn, memberId: string): void {
  refuseJoin(turn, memberOf(turn.group, memberId), 'UNKNOWN_MEMBER_ID');
  turn.group = withoutMember(turn.group, memberId);
  turn.forgetHeartbeat(memberId);
}

/** Members that were told the generation and did not ask for their assignment in time are removed. */
export function syncTimedOut(turn: GroupTurn, { data: generationId }: Stimulus<string, number>): void {
  const { group } = turn;
  if (generationId !== group.generationId || (group.state !== 'CompletingRebalance' && group.state !== 'Stable') || group.pendingSyncMembers.length === 0) return;
  for (const memberId of group.pendingSyncMembers) {
    turn.group = withoutMember(turn.group, memberId);
    turn.forgetHeartbeat(memberId);
  }
  prepareRebalance(turn);
}
