/**
 * What a member of the consumer protocol (KIP-848) knows of itself: its epoch, what the coordinator wants it to own, and what
 * it owns. States are those of Kafka's MemberState:
 *
 *   UNSUBSCRIBED     is in no group
 *   JOINING          sends epoch 0, and is told its epoch and assignment
 *   RECONCILING      gives up and takes over partitions, inside poll
 *   ACKNOWLEDGING    owns what it was told to, and says so with the next heartbeat, at once
 *   STABLE           the coordinator knows
 *   FENCED           was thrown out; gives everything up inside poll, and joins again
 *   STALE            has left because the application does not poll; joins again when it does
 *   PREPARE_LEAVING  gives everything up before it leaves (the consumer does that; the state is passed over here)
 *   LEAVING          has sent its last heartbeat
 *   FATAL            the group will not have it
 *
 * Source: MemberState, AbstractMembershipManager, ConsumerMembershipManager (clients); KIP-848, KIP-1082.
 */
import { draw32 } from '../../kernel/hash.ts';
import type { TopicPartitions } from '../../kafka/group-api.ts';
import type { TopicName } from '../../kafka/ids.ts';
import { AT_ONCE_MS, NEVER_MS, Turn, type TurnEvent } from '../client/turn.ts';
import { uncoordinated, type CoordinatedState, type MembershipInput } from '../membership/state.ts';
import { quietly, type Reduced } from '../reduction.ts';

export type ConsumerMemberState =
  | 'UNSUBSCRIBED' | 'JOINING' | 'RECONCILING' | 'ACKNOWLEDGING' | 'STABLE' | 'FENCED' | 'STALE' | 'LEAVING' | 'FATAL';

/** Until the coordinator names its own (`group.consumer.heartbeat.interval.ms`). */
const DEFAULT_HEARTBEAT_INTERVAL_MS = 1_000;

export interface ConsumerMembershipInput extends MembershipInput {
  /** Of the process: the member id is made of it. */
  readonly draw: number;
}

export interface ConsumerMembershipState extends CoordinatedState {
  readonly memberState: ConsumerMemberState;
  readonly topics: readonly TopicName[];
  /** As the coordinator said last; null before it said anything. */
  readonly target: readonly TopicPartitions[] | null;
  /** As the consumer said last. */
  readonly owned: readonly TopicPartitions[];
  readonly heartbeatIntervalMs: number;
  /** JOINING not before then; Kafka's client tries again at once, as often as the network lets it. */
  readonly joinAtMs: number;
  /** NEVER_MS while none is due. */
  readonly heartbeatAtMs: number;
  readonly isHeartbeatInFlight: boolean;
  /** The next heartbeat says everything: after joining, and after one whose answer was lost. */
  readonly saysEverything: boolean;
  readonly sentOwned: readonly TopicPartitions[] | null;
}

export type ConsumerMembershipTurn = Turn<ConsumerMembershipState>;

export function startConsumerMembership(input: ConsumerMembershipInput): Reduced<ConsumerMembershipState> {
  return quietly({
    ...uncoordinated(input), memberId: memberIdOf(input.draw), generationId: 0, memberState: 'UNSUBSCRIBED', topics: [], target: null, owned: [], joinAtMs: AT_ONCE_MS,
    heartbeatIntervalMs: DEFAULT_HEARTBEAT_INTERVAL_MS, heartbeatAtMs: NEVER_MS, isHeartbeatInFlight: false, saysEverything: true, sentOwned: null,
  });
}

const BASE = 36;
const WORD_LENGTH = 7;

/** Random, and the same for the life of the process (KIP-1082): in Kafka a UUID. */
function memberIdOf(draw: number): string {
  return [1, 2].map((n) => draw32(draw, n).toString(BASE).padStart(WORD_LENGTH, '0')).join('-');
}

export function beginTurn(state: ConsumerMembershipState, event: TurnEvent): ConsumerMembershipTurn {
  return new Turn<ConsumerMembershipState>({ ...state }, event);
}

/** Heartbeats go out in these states, whatever the application does. */
export function isHeartbeating({ memberState }: ConsumerMembershipState): boolean {
  return memberState === 'JOINING' || memberState === 'RECONCILING' || memberState === 'ACKNOWLEDGING' || memberState === 'STABLE';
}

export function isSame(a: readonly TopicPartitions[], b: readonly TopicPartitions[]): boolean {
  return a.length === b.length && a.every(({ topic, partitions }, i) => b[i]?.topic === topic && partitions.length === b[i]?.partitions.length && partitions.every((each, p) => b[i]?.partitions[p] === each));
}
