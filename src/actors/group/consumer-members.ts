/**
 * Members of the consumer protocol that are not heard of, or do not do as they are told: out they go, with records, as if they
 * had left (consumerGroupFenceMember). And what memory beside the image has to forget when the log refused a write.
 *
 * Left out: a timer whose write the log refuses, which in Kafka goes off again in 500 ms: a log that leads takes these records.
 * Source: GroupMetadataManager.scheduleConsumerGroupSessionTimeout, scheduleConsumerGroupRebalanceTimeout, onLoaded;
 * CoordinatorRuntime.EventBasedCoordinatorTimer.
 */
import type { Stimulus } from '../../kernel/effects.ts';
import { classicGroupOf, newClassicGroup } from '../../kafka/group/classic-group.ts';
import { fence } from '../../kafka/group/consumer-group-heartbeat.ts';
import { heartbeatExpired, refuseJoin } from './rebalance.ts';
import { JOIN_TIMER, rebalanceTimer, SYNC_TIMER } from './state.ts';
import type { GroupTurn } from './turn.ts';

/** `data` of the timer of a member that is to give partitions up. */
export interface AwaitedRevocation {
  readonly memberId: string;
  readonly memberEpoch: number;
}

export function awaitRevocation(turn: GroupTurn, memberId: string, memberEpoch: number, withinMs: number): void {
  const data: AwaitedRevocation = { memberId, memberEpoch };
  turn.arm(rebalanceTimer(memberId), withinMs, 'timer.rebalance', data);
}

/** A session is over, in either protocol. */
export function sessionExpired(turn: GroupTurn, event: Stimulus<string, string>): void {
  if (turn.state.image.consumer === null) heartbeatExpired(turn, event);
  else fenceMember(turn, event.data);
}

/** Still in the epoch in which it was told to revoke: it is stuck. */
export function revocationTimedOut(turn: GroupTurn, { data: { memberId, memberEpoch } }: Stimulus<string, AwaitedRevocation>): void {
  if (turn.state.image.consumer?.currentAssignment.get(memberId)?.memberEpoch === memberEpoch) fenceMember(turn, memberId);
}

function fenceMember(turn: GroupTurn, memberId: string): void {
  const { groupId, image, topics } = turn.state;
  if (image.consumer?.members.has(memberId) !== true) return;
  turn.write(fence(groupId, image, topics, memberId), []);
}

/** Who was loaded is expected to be heard of, and to go on with what it was told. */
export function expectMembers(turn: GroupTurn): void {
  const { image: { consumer }, config } = turn.state;
  if (consumer === null) return;
  for (const [memberId, { rebalanceTimeoutMs }] of consumer.members) {
    turn.expectHeartbeat(memberId, config.groupConsumerSessionTimeoutMs);
    const current = consumer.currentAssignment.get(memberId);
    if (current?.state === 'UNREVOKED_PARTITIONS') awaitRevocation(turn, memberId, current.memberEpoch, rebalanceTimeoutMs);
  }
}

/** The image went back to what is in the log: the protocol, too, may be the other one again. */
export function imageReverted(turn: GroupTurn): void {
  const { image } = turn.state;
  turn.state.refreshedTopics = null;
  const isPlain = turn.group.members.size === 0 && turn.group.pendingJoinMembers.length === 0 && turn.group.generationId === 0;
  if (image.consumer !== null && !isPlain) {
    for (const member of turn.group.members.values()) {
      refuseJoin(turn, member, 'COORDINATOR_NOT_AVAILABLE');
      turn.forgetHeartbeat(member.memberId);
    }
    for (const memberId of turn.group.pendingJoinMembers) turn.forgetHeartbeat(memberId);
    turn.disarm(JOIN_TIMER);
    turn.disarm(SYNC_TIMER);
    turn.group = newClassicGroup(turn.nowMs);
  } else if (image.consumer === null && image.metadata !== null && isPlain) {
    turn.group = classicGroupOf(image.metadata);
  }
}
