/**
 * ConsumerGroupHeartbeat (api key 68), as a coordinator answers it that serves the classic protocol only: what Kafka says where
 * `group.coordinator.rebalance.protocols` does not name `consumer`.
 *
 * Left out: the consumer protocol itself (KIP-848).
 * Source: GroupCoordinatorService.consumerGroupHeartbeat, KafkaApis.handleConsumerGroupHeartbeat.
 */
import type { Received } from '../../kernel/effects.ts';
import type { ConsumerGroupHeartbeatRequest } from '../../kafka/group-api.ts';
import type { TopicsChanged } from './events.ts';
import type { GroupTurn } from './turn.ts';

export function handleConsumerGroupHeartbeat(turn: GroupTurn, { message: request, replyTo }: Received<ConsumerGroupHeartbeatRequest>): void {
  turn.refuse({ replyTo, request }, 'UNSUPPORTED_VERSION');
}

export function topicsChanged(turn: GroupTurn, { topics }: TopicsChanged): void {
  turn.state.topics = topics;
}
