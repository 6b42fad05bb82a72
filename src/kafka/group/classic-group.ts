/**
 * A group of the classic protocol as its coordinator knows it between two records: who is a member of which generation, who
 * is awaited, who leads, what they all can use. An immutable value and the arithmetic on it; what happens when is the
 * coordinator's business (src/actors/group).
 *
 * Invariants: the leader is a member, and there is one exactly while there are members; at most one member has an instance
 * id; a pending member is none yet; in Empty and Dead there are no members.
 *
 * Source: ClassicGroup, ClassicGroupMember, ClassicGroupState; KIP-345, KIP-394.
 */
import { assert, present } from '../../kernel/assert.ts';
import type { ErrorName } from '../errors.ts';
import type { ConsumerAssignment, ConsumerSubscription, JoinGroupMember, JoinGroupProtocol } from '../group-api.ts';
import type { TopicName } from '../ids.ts';
import type { GroupMetadataMember, GroupMetadataValue } from './coordinator-records.ts';
import { inHashMapOrder } from './partition.ts';

export type ClassicGroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead';

/** ClassicGroupState.validPreviousStates */
export const VALID_PREVIOUS_STATES: Readonly<Record<ClassicGroupState, readonly ClassicGroupState[]>> = {
  Empty: ['PreparingRebalance'],
  PreparingRebalance: ['Stable', 'CompletingRebalance', 'Empty'],
  CompletingRebalance: ['PreparingRebalance'],
  Stable: ['CompletingRebalance'],
  Dead: ['Empty', 'PreparingRebalance', 'CompletingRebalance', 'Stable', 'Dead'],
};

export const EMPTY_ASSIGNMENT: ConsumerAssignment = { assignedPartitions: [], userData: null };
const NO_SUBSCRIPTION: ConsumerSubscription = { topics: [], ownedPartitions: [], generationId: -1, userData: null };

/** `Waiter` is how the coordinator finds back to who waits for an answer. */
export interface ClassicMember<Waiter> {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly rebalanceTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  readonly protocols: readonly JoinGroupProtocol[];
  readonly assignment: ConsumerAssignment;
  /** Has not been told a generation yet: it cannot send heartbeats. */
  readonly isNew: boolean;
  readonly awaitingJoin: Waiter | null;
  readonly awaitingSync: Waiter | null;
}

export interface ClassicGroup<Waiter> {
  readonly state: ClassicGroupState;
  readonly previousState: ClassicGroupState;
  /** 0 before the first generation. */
  readonly generationId: number;
  /** null of a group that only commits offsets. */
  readonly protocolType: 'consumer' | null;
  readonly protocolName: string | null;
  readonly leaderId: string | null;
  /** By member id, in the order in which they came. */
  readonly members: ReadonlyMap<string, ClassicMember<Waiter>>;
  /** Were given a member id and have not joined with it (KIP-394). */
  readonly pendingJoinMembers: readonly string[];
  /** Were told the generation and have not asked for their assignment. */
  readonly pendingSyncMembers: readonly string[];
  /** Somebody came while an empty group waited for more. */
  readonly newMemberAdded: boolean;
  readonly stateTimestampMs: number;
}

export function newClassicGroup<Waiter>(nowMs: number): ClassicGroup<Waiter> {
  return {
    state: 'Empty', previousState: 'Dead', generationId: 0, protocolType: null, protocolName: null, leaderId: null, members: new Map(),
    pendingJoinMembers: [], pendingSyncMembers: [], newMemberAdded: false, stateTimestampMs: nowMs,
  };
}

type Group<Waiter> = ClassicGroup<Waiter>;

// --- members ---------------------------------------------------------------------------------------------------------

export function memberOf<Waiter>({ members }: Group<Waiter>, memberId: string): ClassicMember<Waiter> {
  return present(members.get(memberId), `member ${memberId}`);
}

/** The member with this instance id, undefined for none. */
export function staticMemberId({ members }: Group<unknown>, groupInstanceId: string): string | undefined {
  for (const member of members.values()) if (member.groupInstanceId === groupInstanceId) return member.memberId;
  return undefined;
}

/** The group with `member` as it is now, new or known. */
export function withMember<Waiter>(group: Group<Waiter>, member: ClassicMember<Waiter>): Group<Waiter> {
  const members = new Map(group.members).set(member.memberId, member);
  return { ...group, members };
}

/** ClassicGroup.add: the first member decides the protocol type and leads. */
export function withNewMember<Waiter>(group: Group<Waiter>, member: ClassicMember<Waiter>): Group<Waiter> {
  assert(member.groupInstanceId === null || staticMemberId(group, member.groupInstanceId) === undefined, () => `${member.groupInstanceId} is a member already`);
  return {
    ...withMember(group, member),
    protocolType: 'consumer',
    leaderId: group.leaderId ?? member.memberId,
    pendingJoinMembers: group.pendingJoinMembers.filter((id) => id !== member.memberId),
  };
}

/** ClassicGroup.remove: of a member that led, whoever came first of the others leads. */
export function withoutMember<Waiter>(group: Group<Waiter>, memberId: string): Group<Waiter> {
  const members = new Map(group.members);
  members.delete(memberId);
  const without = (ids: readonly string[]): readonly string[] => (ids.includes(memberId) ? ids.filter((id) => id !== memberId) : ids);
  const leaderId = group.leaderId === memberId ? ([...members.keys()][0] ?? null) : group.leaderId;
  return { ...group, members, leaderId, pendingJoinMembers: without(group.pendingJoinMembers), pendingSyncMembers: without(group.pendingSyncMembers) };
}

/** ClassicGroup.replaceStaticMember: the same instance under a new id. Whoever waited under the old one must be answered first. */
export function withReplacedMember<Waiter>(group: Group<Waiter>, oldMemberId: string, newMemberId: string): Group<Waiter> {
  const old = memberOf(group, oldMemberId);
  assert(old.awaitingJoin === null && old.awaitingSync === null, () => `${oldMemberId} waits for an answer`);
  const members = new Map(group.members);
  members.delete(oldMemberId);
  members.set(newMemberId, { ...old, memberId: newMemberId, isNew: false });
  // Kafka leaves the old id among the pending ones, where its expiration would remove a member that is there no more.
  const pendingSyncMembers = group.pendingSyncMembers.filter((id) => id !== oldMemberId);
  return { ...group, members, pendingSyncMembers, leaderId: group.leaderId === oldMemberId ? newMemberId : group.leaderId };
}

export function awaitedJoins({ members }: Group<unknown>): number {
  let count = 0;
  for (const { awaitingJoin } of members.values()) if (awaitingJoin !== null) count += 1;
  return count;
}

export function hasAllMembersJoined(group: Group<unknown>): boolean {
  return group.pendingJoinMembers.length === 0 && awaitedJoins(group) === group.members.size;
}

/** The longest of its members. */
export function rebalanceTimeoutMs({ members }: Group<unknown>): number {
  let longest = 0;
  for (const member of members.values()) longest = Math.max(longest, member.rebalanceTimeoutMs);
  return longest;
}

/** ClassicGroup.maybeElectNewJoinedLeader: a leader that does not rejoin is replaced; undefined when nobody has rejoined. */
export function electJoinedLeader<Waiter>(group: Group<Waiter>): Group<Waiter> | undefined {
  if (group.leaderId === null) return undefined;
  if (memberOf(group, group.leaderId).awaitingJoin !== null) return group;
  for (const member of group.members.values()) if (member.awaitingJoin !== null) return { ...group, leaderId: member.memberId };
  return undefined;
}

/** ClassicGroupMember.hasSatisfiedHeartbeat: who waits for the coordinator is not expected to say anything. */
export function hasSatisfiedHeartbeat({ isNew, awaitingJoin, awaitingSync }: ClassicMember<unknown>): boolean {
  return !isNew && (awaitingJoin !== null || awaitingSync !== null);
}

// --- protocols -------------------------------------------------------------------------------------------------------

/** Names that every member can use. */
function candidateProtocols({ members }: Group<unknown>): string[] {
  const [first, ...others] = [...members.values()];
  if (first === undefined) return [];
  return first.protocols.map(({ name }) => name).filter((name) => others.every(({ protocols }) => protocols.some((each) => each.name === name)));
}

/** Could a member with these protocols belong to the group? */
export function supportsProtocols(group: Group<unknown>, protocols: readonly JoinGroupProtocol[]): boolean {
  if (protocols.length === 0) return false;
  if (group.state === 'Empty' || group.members.size === 0) return true;
  const candidates = candidateProtocols(group);
  return protocols.some(({ name }) => candidates.includes(name));
}

/** ClassicGroup.selectProtocol: each member votes for the first of its own that all can use; most votes win. */
export function selectProtocol(group: Group<unknown>): string {
  const candidates = candidateProtocols(group);
  const votes = new Map<string, number>();
  for (const { protocols, memberId } of group.members.values()) {
    const { name } = present(protocols.find((each) => candidates.includes(each.name)), `a protocol of ${memberId} that all support`);
    votes.set(name, (votes.get(name) ?? 0) + 1);
  }
  let chosen: string | undefined;
  for (const name of inHashMapOrder([...votes.keys()])) if (chosen === undefined || (votes.get(name) as number) > (votes.get(chosen) as number)) chosen = name;
  return present(chosen, 'a protocol that all members support');
}

/** ClassicGroupMember.matches: the same protocols with the same metadata, in the same order. */
export function matchesProtocols({ protocols }: ClassicMember<unknown>, others: readonly JoinGroupProtocol[]): boolean {
  return protocols.length === others.length && protocols.every(({ name, metadata }, i) => {
    const other = others[i] as JoinGroupProtocol;
    return name === other.name && JSON.stringify(metadata) === JSON.stringify(other.metadata);
  });
}

function metadataOf({ protocols }: ClassicMember<unknown>, protocolName: string | null): ConsumerSubscription {
  return protocols.find(({ name }) => name === protocolName)?.metadata ?? NO_SUBSCRIPTION;
}

/** What the leader is told of the members. */
export function currentMembers({ members, protocolName }: Group<unknown>): JoinGroupMember[] {
  return [...members.values()].map((member) => ({ memberId: member.memberId, groupInstanceId: member.groupInstanceId, metadata: metadataOf(member, protocolName) }));
}

/** ClassicGroup.isSubscribedToTopic: while no generation has told, a group of consumers may be subscribed to anything. */
export function isSubscribedTo(group: Group<unknown>, topic: TopicName): boolean {
  const { members, protocolName, protocolType } = group;
  if (members.size === 0) return false;
  if (protocolName === null) return protocolType === 'consumer';
  for (const member of members.values()) if (metadataOf(member, protocolName).topics.includes(topic)) return true;
  return false;
}

// --- states ----------------------------------------------------------------------------------------------------------

export function inState<Waiter>(group: Group<Waiter>, state: ClassicGroupState, nowMs: number): Group<Waiter> {
  assert(VALID_PREVIOUS_STATES[state].includes(group.state), () => `a classic group does not go from ${group.state} to ${state}`);
  return { ...group, state, previousState: group.state, stateTimestampMs: nowMs };
}

export function canRebalance({ state }: Group<unknown>): boolean {
  return VALID_PREVIOUS_STATES.PreparingRebalance.includes(state);
}

/** ClassicGroup.initNextGeneration */
export function nextGeneration<Waiter>(group: Group<Waiter>, nowMs: number): Group<Waiter> {
  const isEmpty = group.members.size === 0;
  const protocolName = isEmpty ? null : selectProtocol(group);
  return { ...inState(group, isEmpty ? 'Empty' : 'CompletingRebalance', nowMs), generationId: group.generationId + 1, protocolName, pendingSyncMembers: [] };
}

// --- who may ---------------------------------------------------------------------------------------------------------

/** ClassicGroup.validateMember. `''` of no instance. */
export function validateMember(group: Group<unknown>, memberId: string, groupInstanceId: string | null): ErrorName {
  if (groupInstanceId !== null) {
    const existing = staticMemberId(group, groupInstanceId);
    if (existing === undefined) return 'UNKNOWN_MEMBER_ID';
    if (existing !== memberId) return 'FENCED_INSTANCE_ID';
  }
  return group.members.has(memberId) ? 'NONE' : 'UNKNOWN_MEMBER_ID';
}

/** ClassicGroup.validateOffsetCommit (GRP-3). */
export function validateOffsetCommit(group: Group<unknown>, memberId: string, groupInstanceId: string | null, generationId: number): ErrorName {
  if (group.state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE';
  if (generationId < 0 && group.state === 'Empty') return 'NONE';
  if (generationId < 0 && memberId === '' && groupInstanceId === null) return 'UNKNOWN_MEMBER_ID';
  const error = validateMember(group, memberId, groupInstanceId);
  if (error !== 'NONE') return error;
  if (generationId !== group.generationId) return 'ILLEGAL_GENERATION';
  return group.state === 'CompletingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE';
}

// --- records ---------------------------------------------------------------------------------------------------------

/** GroupCoordinatorRecordHelpers.newGroupMetadataRecord: the group with these assignments. */
export function metadataValueOf(group: Group<unknown>, assignmentOf: (member: ClassicMember<unknown>) => ConsumerAssignment): GroupMetadataValue {
  const { protocolType, generationId: generation, protocolName: protocol, leaderId: leader, stateTimestampMs: currentStateTimestamp } = group;
  const members = [...group.members.values()].map((member): GroupMetadataMember => ({
    memberId: member.memberId, groupInstanceId: member.groupInstanceId, rebalanceTimeout: member.rebalanceTimeoutMs, sessionTimeout: member.sessionTimeoutMs,
    subscription: metadataOf(member, protocol), assignment: assignmentOf(member),
  }));
  return { protocolType, generation, protocol, leader, currentStateTimestamp, members };
}

/** GroupMetadataManager.replay of GroupMetadataValue: the group is Stable with its members, or Empty. */
export function classicGroupOf<Waiter>(value: GroupMetadataValue): ClassicGroup<Waiter> {
  const { protocolType, generation, protocol, leader, currentStateTimestamp } = value;
  const members = value.members.map((member): ClassicMember<Waiter> => ({
    memberId: member.memberId, groupInstanceId: member.groupInstanceId, rebalanceTimeoutMs: member.rebalanceTimeout, sessionTimeoutMs: member.sessionTimeout,
    protocols: protocol === null ? [] : [{ name: protocol, metadata: member.subscription }], assignment: member.assignment, isNew: false, awaitingJoin: null, awaitingSync: null,
  }));
  const state: ClassicGroupState = members.length === 0 ? 'Empty' : 'Stable';
  return {
    state, previousState: state, generationId: generation, protocolType, protocolName: protocol, leaderId: members.length === 0 ? null : leader,
    members: new Map(members.map((member) => [member.memberId, member])), pendingJoinMembers: [], pendingSyncMembers: [], newMemberAdded: false, stateTimestampMs: currentStateTimestamp,
  };
}
