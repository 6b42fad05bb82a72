import { describe, expect, it } from 'vitest';
import type { ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse } from '../../kafka/api.ts';
import { defaultConfig } from '../../kafka/config.ts';
import type { TopicPartitions } from '../../kafka/group-api.ts';
import { handleHeartbeatResponse, heartbeatIfDue, reconciled } from './heartbeat.ts';
import { beginTurn, startConsumerMembership, type ConsumerMembershipState, type ConsumerMembershipTurn } from './state.ts';

const COORDINATOR = 3;
const set = (...partitions: readonly number[]): readonly TopicPartitions[] => [{ topic: 't', partitions }];

/** In epoch 2, told to own partition 0, and waiting for the answer to a heartbeat. */
function reconciling(): ConsumerMembershipState {
  const { state } = startConsumerMembership({ bootstrapServers: [COORDINATOR], config: defaultConfig('consumer'), groupId: 'g', incarnation: 1, draw: 1 });
  return {
    ...state, memberState: 'RECONCILING', generationId: 2, coordinator: COORDINATOR, target: set(0), sentOwned: [], saysEverything: false, isHeartbeatInFlight: true, heartbeatAtMs: 5_000,
    connections: [{ nodeId: COORDINATOR, status: 'ready', inFlight: [], failedAttempts: 0, reconnectAtMs: 0, lastAttemptMs: 0 }],
  };
}

function turnOf(state: ConsumerMembershipState): ConsumerMembershipTurn {
  return beginTurn(state, { nowMs: 1_000, draw: 1 });
}

function answered(turn: ConsumerMembershipTurn, topicPartitions: readonly TopicPartitions[] | null): ConsumerGroupHeartbeatRequest | undefined {
  const response: ConsumerGroupHeartbeatResponse = {
    type: 'ConsumerGroupHeartbeatResponse', correlationId: 1, errorCode: 'NONE', errorMessage: null, memberId: turn.state.memberId, memberEpoch: 3, heartbeatIntervalMs: 5_000,
    assignment: topicPartitions === null ? null : { topicPartitions },
  };
  handleHeartbeatResponse(turn, { kind: 'heartbeat', generationId: 2, memberId: turn.state.memberId }, response, COORDINATOR);
  heartbeatIfDue(turn);
  return turn.effects.flatMap((effect) => (effect.kind === 'send' ? [effect.message as unknown as ConsumerGroupHeartbeatRequest] : []))[0];
}

describe('the heartbeat of a member that owns what it was told to', () => {
  it('says so at once, or as soon as the one before is answered', () => {
    const turn = turnOf(reconciling());
    reconciled(turn, set(0));
    heartbeatIfDue(turn);
    expect([turn.state.memberState, turn.effects]).toEqual(['ACKNOWLEDGING', []]);
    expect(answered(turn, null)).toMatchObject({ memberEpoch: 3, topicPartitions: set(0) });
    expect(turn.state.memberState).toBe('STABLE');
  });

  // swarm, seed 40203: it said that it did not have what it took over in the same moment, which the coordinator then gave away.
  it('waits for its time when that answer wants something else', () => {
    const turn = turnOf(reconciling());
    reconciled(turn, set(0));
    expect([answered(turn, set(0, 1)), turn.state.memberState]).toEqual([undefined, 'RECONCILING']);
  });
});
