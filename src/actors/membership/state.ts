/**
 * What a member of the classic protocol knows of its group: the coordinator, its own generation and member id, and what
 * it waits for. The states of a member are those of AbstractCoordinator.MemberState:
 *
 *   UNJOINED               is in no generation and has no JoinGroup in flight
 *   PREPARING_REBALANCE    has sent JoinGroup
 *   COMPLETING_REBALANCE   is in a new generation, and its assignment is to come (SyncGroup)
 *   STABLE                 has its assignment
 *
 * Invariants: a generation id is at least 0 exactly in COMPLETING_REBALANCE and STABLE, or in PREPARING_REBALANCE when it
 * joins again; `join` is null in STABLE unless the member is to join again.
 *
 * Source: AbstractCoordinator, Heartbeat, ConsumerCoordinator.
 */
import type { ConsumerConfig } from '../../kafka/config.ts';
import type { NodeId } from '../../kafka/ids.ts';
import { firstCorrelationId, type NetworkState } from '../client/network-client.ts';
import { AT_ONCE_MS, NEVER_MS, NO_TIMERS, Turn, type TurnEvent } from '../client/turn.ts';
import { CONSUMER_MACHINE, type CommitWanted, type JoinWanted, type OffsetsWanted, type ToConsumer } from '../group-events.ts';
import { quietly, type Reduced } from '../reduction.ts';

export type MemberState = 'UNJOINED' | 'PREPARING_REBALANCE' | 'COMPLETING_REBALANCE' | 'STABLE';

export const NO_GENERATION = -1;
export const NO_MEMBER_ID = '';
export const NO_COORDINATOR: NodeId = -1;

/** Which generation a request spoke of; its answer counts only while that is the present one. */
export interface GenerationPurpose {
  readonly kind: 'joinGroup' | 'syncGroup' | 'heartbeat' | 'leaveGroup';
  readonly generationId: number;
  readonly memberId: string;
}

export interface CommitPurpose {
  readonly kind: 'commit';
  readonly commitId: number;
  readonly generationId: number;
  readonly memberId: string;
}

export interface OffsetFetchPurpose {
  readonly kind: 'offsetFetch';
  readonly askedIn: number;
}

export type MembershipPurpose = GenerationPurpose | CommitPurpose | { readonly kind: 'findCoordinator' } | OffsetFetchPurpose;

export interface MembershipInput {
  readonly bootstrapServers: readonly NodeId[];
  readonly config: ConsumerConfig;
  readonly groupId: string;
  readonly incarnation: number;
}

/** What both protocols know of the coordinator, and ask it. */
export interface CoordinatedState extends NetworkState<MembershipPurpose> {
  readonly config: ConsumerConfig;
  readonly groupId: string;
  /** null for a dynamic member (KIP-345). */
  readonly groupInstanceId: string | null;
  /** Whom to ask for the coordinator. */
  readonly brokers: readonly NodeId[];
  readonly coordinator: NodeId;
  readonly isFinding: boolean;
  /** Not to be looked for before then. */
  readonly findAtMs: number;
  /** Generation of the classic protocol, member epoch of the consumer protocol. */
  readonly generationId: number;
  readonly memberId: string;
  /** Requests of the consumer that wait for a coordinator. */
  readonly waiting: readonly (CommitWanted | OffsetsWanted)[];
  /** The group will not have this member. */
  readonly hasFailed: boolean;
}

export type CoordinatedTurn = Turn<CoordinatedState>;

export interface MembershipState extends CoordinatedState {
  readonly memberState: MemberState;
  readonly protocolName: string;
  /** Member id of the generation's leader. */
  readonly leader: string;
  /** The consumer wants to be a member, and is prepared; until it is. */
  readonly join: JoinWanted | null;
  /** JoinGroup not before then. */
  readonly joinAtMs: number;
  /** The consumer was told to join again and has not answered yet. */
  readonly isRejoinTold: boolean;
  /** When the next heartbeat is due, and when the session ends without an answer to one; both NEVER_MS while there are none. */
  readonly heartbeatAtMs: number;
  readonly sessionEndsAtMs: number;
  readonly isHeartbeatInFlight: boolean;
}

export type MembershipTurn = Turn<MembershipState>;

/** Nothing happens before the consumer wants something. */
export function startMembership({ bootstrapServers, config, groupId, incarnation }: MembershipInput): Reduced<MembershipState> {
  return quietly({
    ...uncoordinated({ bootstrapServers, config, groupId, incarnation }), memberState: 'UNJOINED', protocolName: '', leader: '', join: null, joinAtMs: AT_ONCE_MS, isRejoinTold: false, heartbeatAtMs: NEVER_MS,
    sessionEndsAtMs: NEVER_MS, isHeartbeatInFlight: false,
  });
}

/** Knows no coordinator and is no member. */
export function uncoordinated({ bootstrapServers, config, groupId, incarnation }: MembershipInput): CoordinatedState {
  return {
    ...NO_TIMERS, config, groupId, groupInstanceId: config.groupInstanceId === '' ? null : config.groupInstanceId, brokers: bootstrapServers, connections: [],
    lastCorrelationId: firstCorrelationId(incarnation), coordinator: NO_COORDINATOR, isFinding: false, findAtMs: AT_ONCE_MS, generationId: NO_GENERATION, memberId: NO_MEMBER_ID,
    waiting: [], hasFailed: false,
  };
}

/** Heartbeats and rebalances are rare: a spread does. */
export function beginTurn(state: MembershipState, event: TurnEvent): MembershipTurn {
  return new Turn<MembershipState>({ ...state }, event);
}

/** Omits a key from every member of a union. */
type Without<Event, Key extends PropertyKey> = Event extends unknown ? Omit<Event, Key> : never;

export function tellConsumer(turn: Pick<CoordinatedTurn, 'effects' | 'nowMs' | 'nextDraw'>, event: Without<ToConsumer, 'nowMs' | 'draw'>): void {
  turn.effects.push({ kind: 'tell', to: CONSUMER_MACHINE, event: { ...event, nowMs: turn.nowMs, draw: turn.nextDraw() } as ToConsumer });
}

/** The request was about the generation that the member still is in. */
export function isOfPresentGeneration({ generationId, memberId }: CoordinatedState, purpose: { readonly generationId: number; readonly memberId: string }): boolean {
  return purpose.generationId === generationId && purpose.memberId === memberId;
}

export function isStatic({ groupInstanceId }: CoordinatedState): boolean {
  return groupInstanceId !== null;
}
