/**
 * What the group coordinator and its groups tell each other, and the requests that it hands on to them as they came.
 */
import type { Received } from '../../kernel/effects.ts';
import type { TopicName } from '../../kafka/ids.ts';
import type { OneGroupRequest } from '../../kafka/group/group-error.ts';
import type { ConsumerGroupPartitionMetadataValue } from '../../kafka/group/coordinator-records.ts';

/** group-coordinator -> group: look for offsets that are too old, and end when nothing is left. */
export interface GroupCleanup {
  readonly type: 'group.cleanup';
  readonly nowMs: number;
}

/** group-coordinator -> group: this broker is its coordinator no longer; whoever waits is told. */
export interface GroupUnload {
  readonly type: 'group.unload';
}

/** group-coordinator -> group: these topics are gone, and their offsets with them. */
export interface TopicsDeleted {
  readonly type: 'group.topicsDeleted';
  readonly nowMs: number;
  readonly topics: readonly TopicName[];
}

/** group-coordinator -> group: what topics there are. */
export interface TopicsChanged {
  readonly type: 'group.topicsChanged';
  readonly nowMs: number;
  readonly topics: KnownTopics;
}

/** Partition counts by topic, in order of name. */
export type KnownTopics = ConsumerGroupPartitionMetadataValue['topics'];

/** group -> group-coordinator: nothing is left of the group, its machine has ended. */
export interface GroupEnded {
  readonly type: 'group.ended';
  readonly groupId: string;
}

type ReceivedOf<Request> = Request extends OneGroupRequest ? Received<Request> : never;
export type GroupRequestReceived = ReceivedOf<OneGroupRequest>;

export type GroupEvent = GroupCleanup | GroupUnload | TopicsDeleted | TopicsChanged | GroupEnded | GroupRequestReceived;

/** A group's machine. */
export function groupName(groupId: string): string {
  return `group/${groupId}`;
}

export function isGroupName(machine: string): boolean {
  return machine.startsWith('group/');
}
