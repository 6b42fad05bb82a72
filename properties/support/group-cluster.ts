/**
 * A cluster of brokers with members of groups that say what a test tells them to: each member is a client with connections of
 * its own, so that a join that is parked keeps nobody else waiting.
 */
import { logFile } from '../../src/actors/replica/state.ts';
import type { CheckConfig } from '../../src/checkers/checker.ts';
import { CheckerMonitor } from '../../src/checkers/monitor.ts';
import type { Verdict } from '../../src/history/verdict.ts';
import { kindOfMachine } from '../../src/scenarios/run.ts';
import type { CoordinatorState } from '../../src/actors/group-coordinator/state.ts';
import type { GroupState } from '../../src/actors/group/state.ts';
import type { ReplicaState } from '../../src/actors/replica/state.ts';
import type { ApiResponse } from '../../src/kafka/api.ts';
import type {
  ConsumerAssignment, ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse, ConsumerSubscription, FindCoordinatorResponse, GroupRequest, HeartbeatResponse, JoinGroupRequest, JoinGroupResponse, LeaveGroupResponse, OffsetCommitResponse, OffsetFetchResponse, SyncGroupResponse,
} from '../../src/kafka/group-api.ts';
import { GROUP_METADATA_TOPIC, partitionForGroup } from '../../src/kafka/group/partition.ts';
import { present } from '../../src/kernel/assert.ts';
import { BrokerCluster, CONTROLLER, type BrokerClusterOptions } from './broker-cluster.ts';
import { CONTROLLER_MACHINE } from '../../src/actors/controller/node.ts';
import type { ControllerState } from '../../src/actors/controller/state.ts';

export const GROUP = 'dashboard';

type RequestOf<Type extends GroupRequest['type']> = Extract<GroupRequest, { type: Type }>;
type Unnumbered<Request> = Request extends GroupRequest ? Omit<Request, 'correlationId'> & { readonly type: Request['type'] } : never;
type Asked<Type extends GroupRequest['type']> = Omit<RequestOf<Type>, 'correlationId'>;

export interface GroupClusterOptions extends BrokerClusterOptions {
  readonly offsetsPartitions?: number;
  readonly members?: number;
  /** Properties to judge the run by. */
  readonly judgedBy?: readonly string[];
}

/** A monitor for these properties; the run has a quiet end from the start on, with a bound of 20 s. */
function checkersOf(properties: readonly string[], brokers: number): CheckerMonitor {
  const nodes = ['controller', ...Array.from({ length: brokers }, (_, i) => `broker-${i + 1}`), 'client', 'admin'];
  const config: CheckConfig = {
    nodes, topics: [{ name: 't', partitionCounts: [2], minInsyncReplicas: 2, uncleanLeaderElectionEnable: false }], producers: [], consumers: [], liveness: { quietFromUs: 0, boundMs: 20_000 }, expectAllAcks: false, usesGroups: true,
  };
  return new CheckerMonitor({ config, properties, kindOf: (_node, machine) => kindOfMachine(machine), logFile });
}

export function subscription(...topics: readonly string[]): ConsumerSubscription {
  return { topics, ownedPartitions: [], generationId: -1, userData: null };
}

export function assignment(topic: string, ...partitions: readonly number[]): ConsumerAssignment {
  return { assignedPartitions: [{ topic, partitions }], userData: null };
}

export class GroupCluster extends BrokerCluster {
  private readonly offsetsPartitions: number;
  private readonly checkers: CheckerMonitor | undefined;

  constructor({ offsetsPartitions = 2, members = 4, judgedBy, ...options }: GroupClusterOptions = {}) {
    const checkers = judgedBy === undefined ? undefined : checkersOf(judgedBy, options.brokers ?? 3);
    super({
      ...options, monitor: checkers === undefined ? undefined : { monitor: checkers, monitored: ['controller', 'metadata', 'groupCoordinator', 'group'] }, otherClients: members, config: { 'offsets.topic.num.partitions': offsetsPartitions, ...options.config },
    });
    this.offsetsPartitions = offsetsPartitions;
    this.checkers = checkers;
  }

  /** The verdicts as the run ends here, in the order of the registry; once. */
  verdicts(): readonly Verdict[] {
    return present(this.checkers, 'checkers').verdicts(this.world.nowUs);
  }

  // --- finding -------------------------------------------------------------------------------------------------------

  /** The committed leader of the partition that keeps the group, -1 for none. */
  coordinatorOf(groupId = GROUP): number {
    const controller = this.state<ControllerState>(CONTROLLER, CONTROLLER_MACHINE);
    return controller?.committedImage.partition(GROUP_METADATA_TOPIC, partitionForGroup(groupId, this.offsetsPartitions))?.leader ?? -1;
  }

  coordinator(broker: number): CoordinatorState | undefined {
    return this.state<CoordinatorState>(broker, 'group-coordinator');
  }

  /** The group at a broker, undefined while it has no machine there. */
  group(broker = this.coordinatorOf(), groupId = GROUP): GroupState | undefined {
    return this.state<GroupState>(broker, `group/${groupId}`);
  }

  offsetsReplica(broker: number, groupId = GROUP): ReplicaState | undefined {
    return this.state<ReplicaState>(broker, `${GROUP_METADATA_TOPIC}-${partitionForGroup(groupId, this.offsetsPartitions)}`);
  }

  /** Is the group's coordinator loaded? */
  isLoaded(groupId = GROUP): boolean {
    const at = this.coordinatorOf(groupId);
    return at !== -1 && this.coordinator(at)?.partitions.get(partitionForGroup(groupId, this.offsetsPartitions))?.state === 'Active';
  }

  /** Looks for the coordinator until there is one that is loaded. */
  startGroups(groupId = GROUP): this {
    this.settle();
    this.call(1, { type: 'FindCoordinatorRequest', key: groupId, keyType: 'GROUP' }, 1);
    this.until('the coordinator is loaded', 10_000, () => this.isLoaded(groupId) && this.findCoordinator(groupId) === this.coordinatorOf(groupId));
    return this;
  }

  private findCoordinator(groupId: string): number {
    return this.call<FindCoordinatorResponse>(1, { type: 'FindCoordinatorRequest', key: groupId, keyType: 'GROUP' }, 1).nodeId;
  }

  // --- asking --------------------------------------------------------------------------------------------------------

  /** Sends a request of a member, numbered from 1; its correlation id. */
  ask<Type extends GroupRequest['type']>(member: number, request: Asked<Type> & { readonly type: Type }, to = this.coordinatorOf()): number {
    return this.send(to, request as never, `client/${member}`);
  }

  answer<Answer extends ApiResponse>(member: number, correlationId: number): Answer | undefined {
    return this.clientState(`client/${member}`).answers.find((each) => each.correlationId === correlationId) as Answer | undefined;
  }

  awaitAnswer<Answer extends ApiResponse>(member: number, correlationId: number, withinMs = 15_000): Answer {
    this.until(`an answer to request ${correlationId} of member ${member}`, withinMs, () => this.answer(member, correlationId) !== undefined);
    return present(this.answer<Answer>(member, correlationId), 'answer');
  }

  call<Answer extends ApiResponse>(member: number, request: Unnumbered<GroupRequest>, to = this.coordinatorOf()): Answer {
    return this.awaitAnswer<Answer>(member, this.ask(member, request as never, to));
  }

  // --- the classic protocol ------------------------------------------------------------------------------------------

  joinRequest(memberId: string, change: Partial<JoinGroupRequest> = {}): Asked<'JoinGroupRequest'> & { readonly type: 'JoinGroupRequest' } {
    return {
      type: 'JoinGroupRequest', groupId: GROUP, sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 20_000, memberId, groupInstanceId: null, protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: subscription('t') }], reason: '', ...change,
    };
  }

  /** A dynamic member asks for an id and joins with it; the id, and what to look up its join by. */
  beginJoin(member: number, change: Partial<JoinGroupRequest> = {}): { readonly memberId: string; readonly join: number } {
    const first = this.call<JoinGroupResponse>(member, this.joinRequest('', change));
    const memberId = first.memberId;
    return { memberId, join: this.ask(member, this.joinRequest(memberId, change)) };
  }

  joined(member: number, join: number, withinMs = 60_000): JoinGroupResponse {
    return this.awaitAnswer<JoinGroupResponse>(member, join, withinMs);
  }

  askSync(member: number, { memberId, generationId, protocolName }: JoinGroupResponse, assignments: { readonly [memberId: string]: ConsumerAssignment } = {}, groupInstanceId: string | null = null): number {
    const list = Object.entries(assignments).map(([id, given]) => ({ memberId: id, assignment: given }));
    return this.ask(member, { type: 'SyncGroupRequest', groupId: GROUP, generationId, memberId, groupInstanceId, protocolName: protocolName ?? '', assignments: list });
  }

  synced(member: number, sync: number): SyncGroupResponse {
    return this.awaitAnswer<SyncGroupResponse>(member, sync);
  }

  heartbeat(member: number, memberId: string, generationId: number, groupInstanceId: string | null = null): string {
    return this.call<HeartbeatResponse>(member, { type: 'HeartbeatRequest', groupId: GROUP, generationId, memberId, groupInstanceId }).errorCode;
  }

  leave(member: number, memberId: string, groupInstanceId: string | null = null): LeaveGroupResponse {
    return this.call<LeaveGroupResponse>(member, { type: 'LeaveGroupRequest', groupId: GROUP, members: [{ memberId, groupInstanceId, reason: '' }] });
  }

  // --- the consumer protocol -----------------------------------------------------------------------------------------

  /** With epoch 0 it says everything that a member says when it joins, else nothing but that it is there. */
  heartbeatRequest(memberId: string, memberEpoch: number, change: Partial<ConsumerGroupHeartbeatRequest> = {}): Asked<'ConsumerGroupHeartbeatRequest'> & { readonly type: 'ConsumerGroupHeartbeatRequest' } {
    const said = memberEpoch === 0 ? { rebalanceTimeoutMs: 20_000, subscribedTopicNames: ['t'], topicPartitions: [] } : { rebalanceTimeoutMs: -1, subscribedTopicNames: null, topicPartitions: null };
    return { type: 'ConsumerGroupHeartbeatRequest', groupId: GROUP, memberId, memberEpoch, instanceId: null, serverAssignor: null, ...said, ...change };
  }

  beat(member: number, memberId: string, memberEpoch: number, change: Partial<ConsumerGroupHeartbeatRequest> = {}): ConsumerGroupHeartbeatResponse {
    return this.call<ConsumerGroupHeartbeatResponse>(member, this.heartbeatRequest(memberId, memberEpoch, change));
  }

  /** The member does what it is told, and says so, until there is nothing to do; its epoch. */
  settleMember(member: number, memberId: string, epoch: number, change: Partial<ConsumerGroupHeartbeatRequest> = {}): number {
    let { memberEpoch, assignment: told } = this.beat(member, memberId, epoch, change);
    while (told !== null) ({ memberEpoch, assignment: told } = this.beat(member, memberId, memberEpoch, { topicPartitions: told.topicPartitions }));
    return memberEpoch;
  }

  // --- offsets -------------------------------------------------------------------------------------------------------

  askCommit(member: number, offset: number, memberId = '', generation = -1, partition = 0, topic = 't', to = this.coordinatorOf()): number {
    return this.ask(member, {
      type: 'OffsetCommitRequest', groupId: GROUP, generationIdOrMemberEpoch: generation, memberId, groupInstanceId: null,
      topics: [{ name: topic, partitions: [{ partitionIndex: partition, committedOffset: offset, committedLeaderEpoch: 0, committedMetadata: '' }] }],
    }, to);
  }

  committedWith(member: number, commit: number): string | undefined {
    return this.answer<OffsetCommitResponse>(member, commit)?.topics[0]?.partitions[0]?.errorCode;
  }

  commit(member: number, offset: number, memberId = '', generation = -1, partition = 0, topic = 't'): string {
    const commit = this.askCommit(member, offset, memberId, generation, partition, topic);
    this.awaitAnswer(member, commit);
    return present(this.committedWith(member, commit), 'error of a commit');
  }

  /** Committed offsets of `t` by partition; what was not committed is left out. */
  offsets(member: number, requireStable = true): { readonly [partition: string]: number } {
    const answer = this.call<OffsetFetchResponse>(member, { type: 'OffsetFetchRequest', groupId: GROUP, memberId: '', memberEpoch: -1, topics: null, requireStable });
    return Object.fromEntries(answer.topics.flatMap(({ partitions }) => partitions.map(({ partitionIndex, committedOffset }) => [partitionIndex, committedOffset])));
  }

  /** Members join together and get one partition each, in order; the generation, and their answers, leader first. */
  stableGroup(members: readonly number[], change: Partial<JoinGroupRequest> = {}): JoinGroupResponse[] {
    const joins = members.map((member) => ({ member, ...this.beginJoin(member, change) }));
    const answers = joins.map(({ member, join }) => this.joined(member, join));
    const assignments = Object.fromEntries(answers.map(({ memberId }, i) => [memberId, assignment('t', i)]));
    const syncs = answers.map((joined, i) => this.askSync(members[i] as number, joined, joined.leader === joined.memberId ? assignments : {}));
    syncs.forEach((sync, i) => this.synced(members[i] as number, sync));
    return answers;
  }
}
