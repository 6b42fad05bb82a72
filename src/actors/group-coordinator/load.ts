/**
 * Loading and unloading: what a coordinator does when its broker begins to lead a partition of `__consumer_offsets`, and when
 * it leads it no longer (GRP-7).
 *
 * The log is read to its end, `offsets.load.buffer.size` bytes at a time, and replayed: the last record of a key counts, a
 * tombstone takes it back (KAFKA-5600: the rule loadKeepsLastRecord). A machine that reads from a simulated disk needs no time;
 * a millisecond for each buffer stands for what it takes, so that there is a time in which the coordinator is loading.
 *
 * A leader that stays leader in a new leader epoch stays coordinator as it is.
 * Source: CoordinatorLoaderImpl, CoordinatorRuntime.scheduleLoadOperation, scheduleUnloadOperation; GroupCoordinatorService.onElection.
 */
import { assert } from '../../kernel/assert.ts';
import type { Effect, Stimulus } from '../../kernel/effects.ts';
import { decodeCoordinatorRecord, groupOf } from '../../kafka/group/coordinator-records.ts';
import { EMPTY_GROUP_IMAGE, isNoGroup, replayAll, type GroupImage } from '../../kafka/group/group-image.ts';
import { GROUP_METADATA_TOPIC } from '../../kafka/group/partition.ts';
import { topicPartition, type PartitionIndex } from '../../kafka/ids.ts';
import type { MetadataImage } from '../../kafka/metadata.ts';
import { BROKER_MACHINES, tell, type LogLoaded, type MetadataPublished } from '../local-events.ts';
import { groupName, type KnownTopics } from '../group/events.ts';
import type { GroupInput } from '../group/state.ts';
import type { Reduced } from '../reduction.ts';
import { NOTHING_LOADED, withoutPartition, withPartition, type CoordinatedPartition, type CoordinatorState, type LoadedLog } from './state.ts';

const LOAD_BUFFER_MS = 1;

/** New metadata: partitions are won and lost, topics come and go. */
export function publish(before: CoordinatorState, { image, nowMs }: MetadataPublished): Reduced<CoordinatorState> {
  const effects: Effect[] = [];
  const state = followTopics(followLeaders({ ...before, image }, image, effects), before.image, image, nowMs, effects);
  return { state, effects };
}

function followLeaders(before: CoordinatorState, image: MetadataImage, effects: Effect[]): CoordinatorState {
  let state = before;
  const registrations = image.topic(GROUP_METADATA_TOPIC)?.partitions ?? [];
  for (const { partition } of before.partitions.values()) {
    if (registrations[partition]?.leader !== before.brokerId) state = unload(state, partition, effects);
  }
  for (let partition = 0; partition < registrations.length; partition += 1) {
    const { leader, leaderEpoch } = registrations[partition] as { leader: number; leaderEpoch: number };
    if (leader !== before.brokerId) continue;
    const known = state.partitions.get(partition);
    if (known !== undefined && known.leaderEpoch >= leaderEpoch) continue;
    if (known === undefined || known.state === 'Failed') {
      state = withPartition(state, { partition, leaderEpoch, state: 'Loading', loading: NOTHING_LOADED, groupIds: new Set() });
      effects.push(loadLater(partition), { kind: 'mark', label: 'coordinator loads' });
    } else {
      state = withPartition(state, { ...known, leaderEpoch });
    }
  }
  return state;
}

function unload(state: CoordinatorState, partition: PartitionIndex, effects: Effect[]): CoordinatorState {
  const { groupIds } = state.partitions.get(partition) as CoordinatedPartition;
  effects.push({ kind: 'cancel', key: loadTimer(partition) }, { kind: 'cancel', key: cleanupTimer(partition) });
  for (const groupId of groupIds) effects.push(tell(groupName(groupId), { type: 'group.unload' }));
  return withoutPartition(state, partition);
}

/** Groups learn of topics that are gone, and of those there are. */
function followTopics(state: CoordinatorState, older: MetadataImage | null, image: MetadataImage, nowMs: number, effects: Effect[]): CoordinatorState {
  const topics: KnownTopics = image.topics.map(({ name, partitions }) => ({ topicName: name, numPartitions: partitions.length }));
  const deleted = older === null ? [] : image.topicsRemovedSince(older).map(({ name }) => name);
  const isChanged = topics.length !== state.topics.length || topics.some(({ topicName, numPartitions }, i) => topicName !== state.topics[i]?.topicName || numPartitions !== state.topics[i]?.numPartitions);
  if (!isChanged && deleted.length === 0) return state;
  for (const { groupIds } of state.partitions.values()) {
    for (const groupId of groupIds) {
      if (deleted.length > 0) effects.push(tell(groupName(groupId), { type: 'group.topicsDeleted', nowMs, topics: deleted }));
      if (isChanged) effects.push(tell(groupName(groupId), { type: 'group.topicsChanged', nowMs, topics }));
    }
  }
  return isChanged ? { ...state, topics } : state;
}

// --- loading ---------------------------------------------------------------------------------------------------------

/** The next buffer is read. */
export function readLog(state: CoordinatorState, { data: index, nowMs }: Stimulus<string, PartitionIndex>): Reduced<CoordinatorState> {
  const partition = state.partitions.get(index);
  if (partition === undefined || partition.loading === null) return { state, effects: [] };
  const { leaderEpoch, loading: { nextOffset } } = partition;
  const request = { type: 'log.load', nowMs, answerTo: BROKER_MACHINES.groupCoordinator, leaderEpoch, startOffset: nextOffset, maxBytes: state.config.offsetsLoadBufferSize } as const;
  return { state, effects: [tell(topicPartition(GROUP_METADATA_TOPIC, index), request)] };
}

export function logLoaded(state: CoordinatorState, answer: LogLoaded): Reduced<CoordinatorState> {
  const partition = state.partitions.get(answer.partition);
  if (partition === undefined || partition.loading === null) return { state, effects: [] };
  // The replica knows of another leader epoch: so will this machine, with the next metadata, or it reads again.
  if (answer.errorCode !== 'NONE') return { state: withPartition(state, { ...partition, state: 'Failed', loading: null }), effects: [] };
  const loading = replayed(partition.loading, answer, state.rules.loadKeepsLastRecord);
  if (answer.nextOffset < answer.logEndOffset) return { state: withPartition(state, { ...partition, loading }), effects: [loadLater(answer.partition)] };
  return activate(state, partition, loading, answer.nowMs);
}

function replayed(before: LoadedLog, { batches, nextOffset, highWatermark }: LogLoaded, keepsLast: boolean): LoadedLog {
  const images = new Map(before.images);
  const committed = new Map(before.committed);
  const metKeys = new Set(before.metKeys);
  for (const { records, isControl, nextOffset: endOffset } of batches) {
    if (isControl) continue;
    const counted = keepsLast ? records : records.filter(({ key }) => !metKeys.has(key as string));
    const decoded = counted.map(decodeCoordinatorRecord);
    if (!keepsLast) for (const [i, { type }] of decoded.entries()) if (type === 'OffsetCommit') metKeys.add(counted[i]?.key as string);
    const [first] = decoded;
    if (first === undefined) continue;
    const groupId = groupOf(first);
    assert(decoded.every((record) => groupOf(record) === groupId), 'a batch is what one group has written in one turn');
    const image = replayAll(images.get(groupId) ?? EMPTY_GROUP_IMAGE, decoded);
    put(images, groupId, image);
    if (endOffset <= highWatermark) put(committed, groupId, image);
  }
  return { nextOffset, images, committed, metKeys };
}

function put(images: Map<string, GroupImage>, groupId: string, image: GroupImage): void {
  if (isNoGroup(image)) images.delete(groupId);
  else images.set(groupId, image);
}

/** The end of the log is reached: every group in it gets its machine. One that is committed and taken back beyond the high watermark, too. */
function activate(before: CoordinatorState, partition: CoordinatedPartition, { images, committed }: LoadedLog, nowMs: number): Reduced<CoordinatorState> {
  const groupIds = new Set([...images.keys(), ...committed.keys()].sort((a, b) => (a < b ? -1 : 1)));
  const state = withPartition(before, { ...partition, state: 'Active', loading: null, groupIds });
  const effects: Effect[] = [...groupIds].map((groupId) => spawnGroup(state, partition.partition, groupId, nowMs, images.get(groupId) ?? EMPTY_GROUP_IMAGE, committed.get(groupId) ?? EMPTY_GROUP_IMAGE));
  effects.push(cleanUpLater(state, partition.partition), { kind: 'mark', label: 'coordinator loaded' });
  return { state, effects };
}

export function spawnGroup({ brokerId, config, rules, topics }: CoordinatorState, partition: PartitionIndex, groupId: string, nowMs: number, image: GroupImage, committed: GroupImage): Effect {
  const input: GroupInput = { groupId, brokerId, config, rules, partition, topicPartition: topicPartition(GROUP_METADATA_TOPIC, partition), nowMs, image, committed, topics };
  return { kind: 'spawn', name: groupName(groupId), machine: 'group', input };
}

function loadTimer(partition: PartitionIndex): string {
  return `load/${partition}`;
}

function loadLater(partition: PartitionIndex): Effect {
  return { kind: 'schedule', key: loadTimer(partition), delayMs: LOAD_BUFFER_MS, type: 'timer.load', data: partition };
}

// --- cleaning up -----------------------------------------------------------------------------------------------------

function cleanupTimer(partition: PartitionIndex): string {
  return `cleanup/${partition}`;
}

function cleanUpLater({ config }: CoordinatorState, partition: PartitionIndex): Effect {
  return { kind: 'schedule', key: cleanupTimer(partition), delayMs: config.offsetsRetentionCheckIntervalMs, type: 'timer.cleanup', data: partition };
}

/** GroupCoordinatorShard.cleanupGroupMetadata */
export function cleanUp(state: CoordinatorState, { data: index, nowMs }: Stimulus<string, PartitionIndex>): Reduced<CoordinatorState> {
  const partition = state.partitions.get(index);
  if (partition?.state !== 'Active') return { state, effects: [] };
  const effects: Effect[] = [...partition.groupIds].map((groupId) => tell(groupName(groupId), { type: 'group.cleanup', nowMs }));
  effects.push(cleanUpLater(state, index));
  return { state, effects };
}
