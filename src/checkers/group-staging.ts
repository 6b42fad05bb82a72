/**
 * A stage for planted groups: a test says what a coordinator remembers and what its log holds, in the order it likes. Nothing
 * here follows Kafka's rules unless the test does. Broker 1 leads `__consumer_offsets-0`. For tests of checkers.
 */
import { present } from '../kernel/assert.ts';
import { US_PER_MS } from '../kernel/time.ts';
import { newClassicGroup, type ClassicGroup, type ClassicMember } from '../kafka/group/classic-group.ts';
import { encodeCoordinatorRecord, type CoordinatorRecord, type GroupMetadataMember, type GroupMetadataValue } from '../kafka/group/coordinator-records.ts';
import { EMPTY_GROUP_IMAGE, replayAll, type GroupImage } from '../kafka/group/group-image.ts';
import { GROUP_METADATA_TOPIC } from '../kafka/group/partition.ts';
import { topicPartition, type Offset, type PartitionIndex } from '../kafka/ids.ts';
import { LeaderEpochCache } from '../kafka/leader-epochs.ts';
import { PartitionLog } from '../kafka/log.ts';
import { MetadataImage } from '../kafka/metadata.ts';
import { batchOf, withOffsets } from '../kafka/records.ts';
import type { CoordinatorView, GroupView, ReplicaView } from '../kafka/views.ts';
import type { Verdict } from '../history/verdict.ts';
import type { CheckConfig, Property } from './checker.ts';
import { Judge } from './judge.ts';
import { READER, stagedConfig } from './staging.ts';

export const GROUP = 'readers';

export function commitOf(offset: number | null, partition = 0): CoordinatorRecord {
  return { type: 'OffsetCommit', key: { group: GROUP, topic: 'orders', partition }, value: offset === null ? null : { offset, leaderEpoch: 0, metadata: '', commitTimestamp: 0 } };
}

/** A member that subscribes to `orders` and has these partitions of it, or of another topic. */
export function memberOf(memberId: string, partitions: readonly number[], change: Partial<GroupMetadataMember> = {}, topic = 'orders'): GroupMetadataMember {
  return {
    memberId, groupInstanceId: null, rebalanceTimeout: 1_000, sessionTimeout: 1_000, subscription: { topics: ['orders'], ownedPartitions: [], generationId: -1, userData: null },
    assignment: { assignedPartitions: [{ topic, partitions }], userData: null }, ...change,
  };
}

export function metadataOf(generation: number, members: readonly GroupMetadataMember[]): CoordinatorRecord & { readonly type: 'GroupMetadata' } {
  const value: GroupMetadataValue = { protocolType: 'consumer', generation, protocol: 'range', leader: members[0]?.memberId ?? null, currentStateTimestamp: 0, members };
  return { type: 'GroupMetadata', key: { group: GROUP }, value };
}

/** A member between two records. */
export function liveMember({ memberId, groupInstanceId, assignment, subscription }: GroupMetadataMember, change: Partial<ClassicMember<unknown>> = {}): ClassicMember<unknown> {
  return { memberId, groupInstanceId, assignment, rebalanceTimeoutMs: 1_000, sessionTimeoutMs: 1_000, protocols: [{ name: 'range', metadata: subscription }], isNew: false, awaitingJoin: null, awaitingSync: null, ...change };
}

export function liveGroup(change: Partial<ClassicGroup<unknown>>, members: readonly ClassicMember<unknown>[] = []): ClassicGroup<unknown> {
  return { ...newClassicGroup(0), protocolType: 'consumer', protocolName: 'range', leaderId: members[0]?.memberId ?? null, members: new Map(members.map((member) => [member.memberId, member])), ...change };
}

export class GroupStage {
  atUs = 0;
  private readonly judge: Judge;
  private view: GroupView | undefined = undefined;
  private replica: ReplicaView | undefined = undefined;

  constructor(property: Property, changes: Partial<CheckConfig> = {}) {
    this.judge = new Judge(stagedConfig({ usesGroups: true, ...changes }), [property]);
    const image = MetadataImage.empty().applyAll(
      [GROUP_METADATA_TOPIC, 'orders'].flatMap((name) => [
        { type: 'TopicRecord', name, topicId: name } as const,
        { type: 'PartitionRecord', topicId: name, partitionId: 0, replicas: [1], isr: [1], leader: 1, leaderEpoch: 0, partitionEpoch: 0, leaderRecoveryState: 'RECOVERED' } as const,
      ]),
      0,
    );
    this.judge.imageCommitted(image, 0);
    this.become({});
  }

  /** Records reach the log of broker 1. */
  log(...records: readonly CoordinatorRecord[]): this {
    const log = present(this.replica, 'replica').log;
    return this.become({ log: log.append(withOffsets(batchOf(records.map((record) => encodeCoordinatorRecord(record, 0))), log.logEndOffset, 0)) });
  }

  /** Broker 1 remembers the group so; what is not named stays. */
  group(change: Partial<GroupView> & { readonly records?: readonly CoordinatorRecord[] }): this {
    const { records, ...rest } = change;
    const before = this.view;
    const known: GroupView = before ?? { groupId: GROUP, brokerId: 1, partition: 0, image: EMPTY_GROUP_IMAGE, writes: [], classic: newClassicGroup(0) };
    const image: GroupImage = records === undefined ? known.image : replayAll(known.image, records);
    this.view = { ...known, image, ...rest };
    this.judge.groupChanged(before, this.view, this.pass(1));
    return this;
  }

  /** A consumer, as the member that it knows itself to be, owns these partitions of `orders` from here on. */
  owns(memberId: string, partitions: readonly PartitionIndex[], node = READER, generationId = 1): this {
    const owned = partitions.length === 0 ? [] : [{ topic: 'orders', partitions }];
    this.judge.observed(node, { type: 'assignment', groupId: GROUP, memberId, generationId, reason: 'assigned', owned }, this.pass(1));
    return this;
  }

  /** Broker 1 loses power and starts again: its disk kept the log below `keptOffset`. */
  losePower(keptOffset: Offset): this {
    const before = present(this.replica, 'replica');
    const known = this.judge.cluster.replica(GROUP_METADATA_TOPIC, 0, 1);
    this.judge.groupChanged(this.view, undefined, this.pass(1));
    this.judge.replicaChanged(known, before, undefined, this.atUs);
    this.judge.processEnded(1, this.atUs);
    this.judge.diskFound(known, before.log.truncateTo(keptOffset), keptOffset === 0, this.atUs);
    this.judge.processStarted(1, 2, this.pass(1));
    this.view = undefined;
    this.replica = undefined;
    return this.become({ log: before.log.truncateTo(keptOffset) });
  }

  coordinator(state: 'Loading' | 'Active'): this {
    const view: CoordinatorView = { brokerId: 1, partitions: new Map([[0, { leaderEpoch: 0, state }]]) };
    this.judge.coordinatorChanged(view, this.pass(1));
    return this;
  }

  pass(ms: number): number {
    this.atUs += ms * US_PER_MS;
    return this.atUs;
  }

  verdict(): Verdict {
    return present(this.judge.verdicts(this.atUs)[0], 'verdict');
  }

  sentences(): string[] {
    return this.verdict().evidence.map(({ sentence }) => sentence);
  }

  private become(change: Partial<ReplicaView>): this {
    const before = this.replica;
    const log = PartitionLog.empty();
    const leadership = { isr: [1], maximalIsr: [1], pending: null, remotes: [] };
    const known: ReplicaView = before ?? {
      brokerId: 1, topic: GROUP_METADATA_TOPIC, partition: 0, topicPartition: topicPartition(GROUP_METADATA_TOPIC, 0), log, epochs: LeaderEpochCache.fromLog(log), highWatermark: 0, leaderEpoch: 0, partitionEpoch: 0, leadership,
    };
    this.replica = { ...known, ...change };
    this.judge.replicaChanged(this.judge.cluster.replica(GROUP_METADATA_TOPIC, 0, 1), before, this.replica, this.pass(1));
    return this;
  }
}
