/**
 * The group coordinator of a broker, named `group-coordinator`: every request of a group reaches this machine, and goes on to
 * the group's own (src/actors/group) where this broker leads the partition that keeps it.
 *
 *   Starting  the broker has not caught up with the metadata log yet; connections are closed
 *   Running   partitions are loaded and unloaded as their leaderships come and go; requests are handed on or refused
 *
 * Source: GroupCoordinatorService, CoordinatorRuntime, KafkaApis.
 */
import { setup } from 'xstate';
import type { ConnectionLost, EffectsEmitted, Received, Stimulus } from '../../kernel/effects.ts';
import type { CreateTopicsResponse } from '../../kafka/api.ts';
import type { FindCoordinatorRequest, GroupRequest } from '../../kafka/group-api.ts';
import type { GroupEnded, GroupRequestReceived } from '../group/events.ts';
import type { LogLoaded, MetadataPublished } from '../local-events.ts';
import type { RaftLeaderChanged } from '../raft/events.ts';
import { handOver, quietly, reduces, type Reduced } from '../reduction.ts';
import { cleanUp, logLoaded, publish, readLog } from './load.ts';
import { connectionLost, controllerChanged, creationTimedOut, findCoordinator, groupEnded, route, topicCreated } from './requests.ts';
import { newCoordinator, type CoordinatorInput, type CoordinatorState } from './state.ts';

export type CoordinatorEvent =
  | MetadataPublished
  | RaftLeaderChanged
  | LogLoaded
  | GroupEnded
  | GroupRequestReceived
  | Received<FindCoordinatorRequest>
  | Received<CreateTopicsResponse>
  | Stimulus<'connection.lost', ConnectionLost>
  | Stimulus<'timer.load', number>
  | Stimulus<'timer.cleanup', number>
  | Stimulus<'timer.creation'>;

export const groupCoordinatorMachine = setup({
  types: {} as { context: Reduced<CoordinatorState>; events: CoordinatorEvent; input: CoordinatorInput; emitted: EffectsEmitted },
  actions: {
    hangUp: reduces((state: CoordinatorState, { replyTo }: Received<GroupRequest>) => ({ state, effects: [{ kind: 'hangUp', to: replyTo }] })),
    publish: reduces(publish),
    controllerChanged: reduces(controllerChanged),
    readLog: reduces(readLog),
    logLoaded: reduces(logLoaded),
    cleanUp: reduces(cleanUp),
    groupEnded: reduces(groupEnded),
    route: reduces(route),
    findCoordinator: reduces(findCoordinator),
    topicCreated: reduces(topicCreated),
    connectionLost: reduces(connectionLost),
    creationTimedOut: reduces((state: CoordinatorState, _event: Stimulus) => creationTimedOut(state)),
    handOver,
  },
}).createMachine({
  id: 'groupCoordinator',
  context: ({ input }) => quietly(newCoordinator(input)),
  initial: 'Starting',
  on: { 'raft.leaderChanged': { actions: ['controllerChanged', 'handOver'] } },
  states: {
    Starting: {
      on: {
        'metadata.published': { target: 'Running', actions: ['publish', 'handOver'] },
        FindCoordinatorRequest: { actions: ['hangUp', 'handOver'] },
        JoinGroupRequest: { actions: ['hangUp', 'handOver'] },
        SyncGroupRequest: { actions: ['hangUp', 'handOver'] },
        HeartbeatRequest: { actions: ['hangUp', 'handOver'] },
        LeaveGroupRequest: { actions: ['hangUp', 'handOver'] },
        OffsetCommitRequest: { actions: ['hangUp', 'handOver'] },
        OffsetFetchRequest: { actions: ['hangUp', 'handOver'] },
        ConsumerGroupHeartbeatRequest: { actions: ['hangUp', 'handOver'] },
      },
    },
    Running: {
      on: {
        'metadata.published': { actions: ['publish', 'handOver'] },
        FindCoordinatorRequest: { actions: ['findCoordinator', 'handOver'] },
        JoinGroupRequest: { actions: ['route', 'handOver'] },
        SyncGroupRequest: { actions: ['route', 'handOver'] },
        HeartbeatRequest: { actions: ['route', 'handOver'] },
        LeaveGroupRequest: { actions: ['route', 'handOver'] },
        OffsetCommitRequest: { actions: ['route', 'handOver'] },
        OffsetFetchRequest: { actions: ['route', 'handOver'] },
        ConsumerGroupHeartbeatRequest: { actions: ['route', 'handOver'] },
        'timer.load': { actions: ['readLog', 'handOver'] },
        'log.loaded': { actions: ['logLoaded', 'handOver'] },
        'timer.cleanup': { actions: ['cleanUp', 'handOver'] },
        'group.ended': { actions: ['groupEnded', 'handOver'] },
        CreateTopicsResponse: { actions: ['topicCreated', 'handOver'] },
        'timer.creation': { actions: ['creationTimedOut', 'handOver'] },
        'connection.lost': { actions: ['connectionLost', 'handOver'] },
      },
    },
  },
});
