/**
 * Where the consumer groups of a run stand at its end, partition by partition: what a member knows to be committed, against
 * the high watermark, as `kafka-consumer-groups --describe` shows it. Read from the history of the clients: a commit that
 * took effect and whose answer was lost is not seen.
 *
 * Source: ConsumerGroupCommand.
 */
import type { History } from '../history/history.ts';
import type { CommitInvoked } from '../history/observations.ts';
import type { Offset } from '../kafka/ids.ts';
import type { GroupLag } from './run-record.ts';
import type { Scenario } from './scenario.ts';

/** `highWatermark` of a partition, undefined when nobody leads it; `partitionCount` of a topic as it is at the end. */
export interface LogEnds {
  readonly partitionCount: (topic: string) => number;
  readonly startAndEnd: (topic: string, partition: number) => { readonly logStartOffset: Offset; readonly highWatermark: Offset } | undefined;
}

/** By group, topic and partition; groups in the order of the scenario, each once. */
export function groupLags({ consumers }: Pick<Scenario, 'consumers'>, history: History, ends: LogEnds): GroupLag[] {
  const groups = [...new Set(consumers.flatMap(({ group }) => (group === undefined ? [] : [group.groupId])))];
  if (groups.length === 0) return [];
  const committed = committedOffsets(history);
  return groups.flatMap((group) => {
    const topics = [...new Set(consumers.flatMap((each) => (each.group?.groupId === group ? each.topics : [])))];
    return topics.flatMap((topic) => Array.from({ length: ends.partitionCount(topic) }, (_, partition): GroupLag => {
      const offset = committed.get(keyOf(group, topic, partition)) ?? null;
      const log = ends.startAndEnd(topic, partition);
      const lag = log === undefined ? 0 : Math.max(0, log.highWatermark - Math.max(offset ?? log.logStartOffset, log.logStartOffset));
      return { group, topic, partition, committed: offset, lag };
    }));
  });
}

function keyOf(group: string, topic: string, partition: number): string {
  return `${group} ${topic} ${partition}`;
}

/** By `keyOf`: the commit that was answered last. */
function committedOffsets(history: History): ReadonlyMap<string, Offset> {
  const invoked = new Map<string, CommitInvoked>();
  const committed = new Map<string, Offset>();
  for (const { node, observation } of history.entries()) {
    if (observation.type === 'commit.invoked') {
      invoked.set(`${node} ${observation.commitId}`, observation);
    } else if (observation.type === 'commit.completed') {
      const commit = invoked.get(`${node} ${observation.commitId}`);
      invoked.delete(`${node} ${observation.commitId}`);
      if (commit === undefined || observation.outcome !== 'ok') continue;
      for (const { topic, partition, offset } of commit.offsets) committed.set(keyOf(commit.groupId, topic, partition), offset);
    }
  }
  return committed;
}
