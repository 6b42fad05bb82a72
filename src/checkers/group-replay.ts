/**
 * What the logs of `__consumer_offsets` say of each group: replayed as they grow, per replica that somebody asks about. A log
 * that was cut, or cleaned, is replayed anew. Source: GroupMetadataManager.replay, OffsetMetadataManager.replay.
 */
import { decodeCoordinatorRecord, groupOf } from '../kafka/group/coordinator-records.ts';
import { EMPTY_GROUP_IMAGE, replayAll, type GroupImage, type OffsetTable } from '../kafka/group/group-image.ts';
import type { Offset } from '../kafka/ids.ts';
import type { PartitionLog } from '../kafka/log.ts';
import type { RecordBatch } from '../kafka/records.ts';
import type { TrackedReplica } from './cluster.ts';

interface Replayed {
  /** Exclusive. */
  readonly endOffset: Offset;
  /** What was deleted and cleaned of it by then. */
  readonly logStartOffset: Offset;
  readonly cleanedEndOffset: Offset;
  /** The last batch of it. */
  readonly last: RecordBatch | undefined;
  readonly images: ReadonlyMap<string, GroupImage>;
}

export class GroupReplay {
  /** By partition id and broker. */
  private replayed: ReadonlyMap<string, Replayed> = new Map();

  /** The group as all that the replica's log holds has it. */
  imageOf({ partition, brokerId, log }: TrackedReplica, groupId: string): GroupImage {
    const key = `${partition.id}/${brokerId}`;
    const known = this.replayed.get(key);
    if (known === undefined || known.endOffset !== log.logEndOffset || known.last !== log.lastBatch || !isAsClean(known, log)) {
      const now = extended(known !== undefined && isPrefix(known, log) ? known : undefined, log);
      this.replayed = new Map(this.replayed).set(key, now);
      return now.images.get(groupId) ?? EMPTY_GROUP_IMAGE;
    }
    return known.images.get(groupId) ?? EMPTY_GROUP_IMAGE;
  }

  fork(): GroupReplay {
    return Object.assign(new GroupReplay(), this);
  }
}

function isPrefix(known: Replayed, log: PartitionLog): boolean {
  const { endOffset, last } = known;
  return last !== undefined && log.logEndOffset >= endOffset && log.batchAt(endOffset - 1) === last && isAsClean(known, log);
}

function isAsClean({ logStartOffset, cleanedEndOffset }: Replayed, log: PartitionLog): boolean {
  return logStartOffset === log.logStartOffset && cleanedEndOffset === log.cleanedEndOffset;
}

function extended(known: Replayed | undefined, log: PartitionLog): Replayed {
  const images = new Map(known?.images);
  const from = Math.max(known?.endOffset ?? 0, log.logStartOffset);
  for (const { records } of log.read(from, log.logEndOffset, Number.MAX_SAFE_INTEGER, true)) {
    const decoded = records.map(decodeCoordinatorRecord);
    const [first] = decoded;
    if (first === undefined) continue;
    const groupId = groupOf(first);
    images.set(groupId, replayAll(images.get(groupId) ?? EMPTY_GROUP_IMAGE, decoded));
  }
  return { endOffset: log.logEndOffset, logStartOffset: log.logStartOffset, cleanedEndOffset: log.cleanedEndOffset, last: log.lastBatch, images };
}

/** Where two images of a group differ, in words; undefined when they say the same. */
export function differenceOf(live: GroupImage, replayed: GroupImage): string | undefined {
  for (const name of live.offsets.keys()) if (!replayed.offsets.has(name)) return `it has an offset of ${name}, and the log has none`;
  for (const [name, { offset }] of replayed.offsets) {
    const known = live.offsets.get(name)?.offset;
    if (known !== offset) return `the log has the offset ${offset} of ${name}, and it has ${known ?? 'none'}`;
  }
  if (!sameOffsets(live.offsets, replayed.offsets)) return 'the metadata of its offsets is not what the log has';
  if (!same(live.metadata, replayed.metadata)) return `it has generation ${live.metadata?.generation ?? 'none'} with ${live.metadata?.members.length ?? 0} members, and the log has ${replayed.metadata?.generation ?? 'none'} with ${replayed.metadata?.members.length ?? 0}, or they differ otherwise`;
  if (!same(live.consumer, replayed.consumer)) return `it has group epoch ${live.consumer?.groupEpoch ?? 'none'}, and the log has ${replayed.consumer?.groupEpoch ?? 'none'}, or members or assignments differ`;
  return undefined;
}

/** What was found to be equal already; a memo of a pure function. */
const KNOWN_SAME = new WeakMap<object, object>();

function same(a: object | null, b: object | null): boolean {
  if (a === b) return true;
  if (a === null || b === null) return false;
  if (KNOWN_SAME.get(a) === b) return true;
  const isSame = JSON.stringify(a, byKey) === JSON.stringify(b, byKey);
  if (isSame) KNOWN_SAME.set(a, b);
  return isSame;
}

/** Every commit is compared, so this is not left to text. Both have the same keys. */
function sameOffsets(live: OffsetTable, replayed: OffsetTable): boolean {
  for (const [name, a] of live) {
    const b = replayed.get(name);
    if (a !== b && (b === undefined || a.offset !== b.offset || a.leaderEpoch !== b.leaderEpoch || a.metadata !== b.metadata || a.commitTimestamp !== b.commitTimestamp)) return false;
  }
  return true;
}

/** Maps in the order of their keys. */
function byKey(_key: string, value: unknown): unknown {
  return value instanceof Map ? [...value].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)) : value;
}
