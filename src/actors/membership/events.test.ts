import { describe, expect, it } from 'vitest';
import type { FindCoordinatorResponse } from '../../kafka/api.ts';
import { defaultConfig } from '../../kafka/config.ts';
import type { Effect } from '../../kernel/effects.ts';
import type { Received } from '../../kernel/effects.ts';
import { consumerWants, processAnswer, type GroupAnswer } from './events.ts';
import { resetGeneration } from './generation.ts';
import { beginTurn, NO_COORDINATOR, startMembership, type MembershipState } from './state.ts';

const BROKER = 3;
const config = { ...defaultConfig('consumer'), sessionTimeoutMs: 1_500 };
const AT = { nowMs: 10_000, draw: 1 };

function member(change: Partial<MembershipState>): MembershipState {
  return { ...startMembership({ bootstrapServers: [BROKER], config, groupId: 'g', incarnation: 1 }).state, ...change };
}

const told = (effects: readonly Effect[]): readonly object[] => effects.flatMap((effect) => (effect.kind === 'tell' ? [effect.event] : []));

describe('a member that the coordinator does not know any more', () => {
  it('has lost what it owned, also while it joins, and joins again when the consumer has given it up', () => {
    const turn = beginTurn(member({ memberState: 'PREPARING_REBALANCE', generationId: 4, memberId: 'm', join: { type: 'membership.join', nowMs: 0, draw: 0, topics: ['t'], owned: [{ topic: 't', partitions: [0] }], userData: null } as unknown as MembershipState['join'] }), AT);
    resetGeneration(turn, 'UNKNOWN_MEMBER_ID');
    expect(turn.state).toMatchObject({ memberState: 'UNJOINED', memberId: '', generationId: -1, join: null });
    expect(told(turn.effects)).toMatchObject([{ type: 'group.rejoin', isLost: true }]);
  });
});

describe('a member that the group will not have', () => {
  it('ends commits at once, with or without a coordinator', () => {
    for (const coordinator of [NO_COORDINATOR, BROKER]) {
      const { effects } = consumerWants(member({ hasFailed: true, coordinator }), { type: 'membership.commit', ...AT, commitId: 7, offsets: [], deadlineMs: 99_000 });
      expect(told(effects)).toMatchObject([{ type: 'group.commitEnded', commitId: 7, errorCode: 'UNKNOWN_MEMBER_ID', isUndecided: false }]);
    }
  });
});

describe('a coordinator that was found', () => {
  it('is not blamed for the time of the search', () => {
    const state = member({
      memberState: 'STABLE', generationId: 2, memberId: 'm', isFinding: true, sessionEndsAtMs: 9_000, heartbeatAtMs: 12_000,
      connections: [{ nodeId: BROKER, status: 'ready', inFlight: [{ correlationId: 1, deadlineMs: 20_000, purpose: { kind: 'findCoordinator' } }], failedAttempts: 0, reconnectAtMs: 0, lastAttemptMs: 0 }],
    });
    const answer: FindCoordinatorResponse = { type: 'FindCoordinatorResponse', correlationId: 1, errorCode: 'NONE', nodeId: BROKER };
    const { state: after } = processAnswer(state, { type: answer.type, from: BROKER, message: answer, ...AT } as unknown as Received<GroupAnswer>);
    expect(after).toMatchObject({ coordinator: BROKER, sessionEndsAtMs: 11_500 });
  });
});
