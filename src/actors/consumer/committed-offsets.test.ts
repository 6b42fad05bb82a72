/** Where a partition begins that the group has a committed offset for. */
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../kafka/config.ts';
import { KAFKA_RULES } from '../../kafka/rules.ts';
import { newMetadata, withResponse } from '../client/metadata.ts';
import { offsetsFetched } from './committed-offsets.ts';
import { validatePositionsIfNeeded } from './offset-fetcher.ts';
import { beginTurn, startConsumer, unsettled, type ConsumerTurn, type TopicPartitionState } from './state.ts';
import { assigned } from './subscription.ts';

/** A member in generation 1 that knows node 1 to lead in epoch 2, and is told offset 7, committed in `leaderEpoch`. */
function told(leaderEpoch: number): ConsumerTurn {
  const { config } = parseConfig('consumer', { 'auto.offset.reset': 'earliest', 'group.id': 'readers' });
  const { state } = startConsumer({ bootstrapServers: [1], config, topics: ['gps'], groupId: 'readers', rules: KAFKA_RULES, nowMs: 0, draw: 1, incarnation: 1 });
  const leader = { leaderId: 1, leaderEpoch: 2 };
  const metadata = withResponse(newMetadata(['gps'], 0), {
    type: 'MetadataResponse', correlationId: 1, brokers: [{ nodeId: 1 }], controllerId: 1,
    topics: [{ errorCode: 'NONE', name: 'gps', partitions: [{ errorCode: 'NONE', partitionIndex: 0, ...leader, replicaNodes: [], isrNodes: [], offlineReplicas: [] }] }],
  }, config, 0, 0);
  const partition: TopicPartitionState = { ...assigned('gps', 0, leader, config), fetchState: 'INITIALIZING' };
  const group = state.group === null ? null : { ...state.group, generationId: 1, offsetsAskedIn: 1 };
  const turn = beginTurn({ ...state, metadata, group, partitions: [partition], unsettledCount: unsettled(partition) }, { nowMs: 10, draw: 3 });
  offsetsFetched(turn, { type: 'group.offsets', nowMs: 10, draw: 3, generationId: 1, errorCode: 'NONE', offsets: [{ topic: 'gps', partition: 0, offset: 7, leaderEpoch, errorCode: 'NONE' }] });
  validatePositionsIfNeeded(turn);
  return turn;
}
const asked = ({ effects }: ConsumerTurn): unknown[] => effects.flatMap((effect) => (effect.kind === 'send' && effect.message.type === 'OffsetForLeaderEpochRequest' ? [effect.to] : []));

describe('a committed offset', () => {
  it('of an epoch that the metadata knows is confirmed with the leader', () => {
    const turn = told(1);
    expect(turn.state.partitions[0]).toMatchObject({ fetchState: 'AWAIT_VALIDATION', position: 7, offsetEpoch: 1, leaderId: 1 });
    expect(asked(turn)).toEqual([1]);
  });

  // swarm, seed 128903: the leader of before, cut off, did not know the epoch, and the position was reset to the beginning.
  it('of a later epoch is not confirmed with the leader of before, who may be a zombie', () => {
    const turn = told(3);
    expect(turn.state.partitions[0]).toMatchObject({ fetchState: 'AWAIT_VALIDATION', position: 7, offsetEpoch: 3, leaderId: -1 });
    expect(asked(turn)).toEqual([]);
    expect(turn.state.metadata.updateRequested).toBe(true);
  });
});
