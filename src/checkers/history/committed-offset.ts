/**
 * H-25: a commit that was confirmed is where the group goes on. A member whose position is taken from the group starts at the
 * offset that was confirmed last, or at one that a commit under way since then may have put in its place; never below all of
 * them, and never where `auto.offset.reset` points, as if nothing had been committed. H-21: who asks for the committed offset
 * (KafkaConsumer.committed, Admin.listConsumerGroupOffsets) is told no less, and no less than anybody was told before.
 *
 * Commits whose outcome is not known may take effect at any time after they began, and so may an attempt that was given up of one
 * that was confirmed in the end. Expiry (`offsets.retention.minutes`) and loss
 * of the offsets topic beyond the fault budget must be allowed.
 * Source: KIP-211; GroupMetadataManager; KIP-447 (consumers ask for stable offsets).
 */
import type { Call } from '../../history/recorded/calls.ts';
import type { CommitOperation, CommittedOperation, Key, Operation, PositionOperation } from '../../history/recorded/operations.ts';
import { groupsByIndex } from './groups.ts';
import type { HistoryRule, Judgement } from './rule.ts';

export interface Commit {
  readonly offset: number;
  readonly begunIndex: number;
  /** Of the completion; later than anything where nobody knows whether it took effect. */
  readonly index: number;
  readonly isConfirmed: boolean;
  readonly atNs: number;
}

export const committedOffsetLost: HistoryRule = {
  name: 'committed-offset-lost',
  claim: 'a group goes on where a confirmed commit says',
  source: 'H-21, H-25; GD-6, GD-7; KIP-211',
  standing: 'never',
  check: (prepared, judgement) => {
    const groups = groupsByIndex(prepared);
    const commits = commitsOf(prepared.calls, (call) => groups.groupOf(call, call.begun.index));
    for (const call of prepared.calls) {
      const position = call.ended ?? call.begun;
      if (!isStart(position)) continue;
      const group = groups.groupOf(call, position.index);
      const [key, offset] = position.value;
      // What was confirmed while the member was already asking may have come too late for it.
      const knownIndex = groups.membershipOf(call, position.index)?.index ?? position.index;
      const due = group === undefined ? undefined : dueOffsets(commits.get(`${group}\n${key}`) ?? [], knownIndex, position.index);
      if (due === undefined) continue;
      judgement.compared += 1;
      const lowest = Math.min(...due);
      if (position.reason === 'committed' && offset >= lowest) continue;
      const client = position.process;
      judgement.anomaly({ key, offset, client }, position.timeNs, () => ({
        sentence: position.reason === 'committed'
          ? `${client} starts at offset ${offset} of ${key}, but group ${group ?? ''} had committed ${lowest}`
          : `${client} starts at offset ${offset} of ${key} as if nothing were committed, but group ${group ?? ''} had committed ${lowest}`,
        details: { groupId: group ?? '', topicPartition: key, client, offset, committedOffset: lowest },
      }));
    }
    judgeReads(prepared.calls, commits, judgement);
    return 'no member started where something had been committed, and nobody asked for it';
  },
};

/** What one was told, others must be told, too, or more: it counts as confirmed from there on. */
function judgeReads(calls: readonly Call[], commits: ReadonlyMap<string, readonly Commit[]>, judgement: Judgement): void {
  const reads = calls.filter(({ begun, outcome }) => begun.f === 'committed' && outcome === 'ok');
  const told = new Map<string, Commit[]>();
  for (const { begun, ended } of reads) {
    const { value, group, index, timeNs, process } = (ended ?? begun) as CommittedOperation;
    for (const [key, offset] of value) {
      const name = `${group}\n${key}`;
      const known = told.get(name) ?? [];
      told.set(name, known);
      const due = dueOffsets([...(commits.get(name) ?? []), ...known], begun.index, index);
      if (offset !== null) known.push({ offset, begunIndex: begun.index, index, isConfirmed: true, atNs: timeNs });
      if (due === undefined) continue;
      judgement.compared += 1;
      const lowest = Math.min(...due);
      if (offset !== null && offset >= lowest) continue;
      judgement.anomaly({ key, offset, client: process }, timeNs, () => ({
        sentence: `${process} was told that group ${group} has committed ${offset ?? 'nothing'} of ${key}, and it had committed ${lowest}`,
        details: { groupId: group, topicPartition: key, client: process, offset, committedOffset: lowest },
      }));
    }
  }
}

function isStart(operation: Operation): operation is PositionOperation {
  return operation.f === 'position' && (operation.reason === 'committed' || operation.reason === 'initial');
}

/** By group and key, by the index at which they began. Commits that certainly failed are left out. */
export function commitsOf(calls: readonly Call[], groupOf: (call: Call) => string | undefined): ReadonlyMap<string, readonly Commit[]> {
  const commits = new Map<string, Commit[]>();
  for (const call of calls) {
    const { begun, ended, outcome } = call;
    if (begun.f !== 'commit' || outcome === 'fail') continue;
    const group = begun.group ?? groupOf(call);
    for (const [key, offset] of valueOf(begun, ended)) {
      const known = commits.get(`${group ?? ''}\n${key}`) ?? [];
      commits.set(`${group ?? ''}\n${key}`, known);
      const commit: Commit = { offset, begunIndex: begun.index, index: Number.MAX_SAFE_INTEGER, isConfirmed: false, atNs: (ended ?? begun).timeNs };
      if (outcome === 'ok') known.push({ ...commit, index: (ended ?? begun).index, isConfirmed: true });
      if (outcome !== 'ok' || (ended?.f === 'commit' && ended.mayBeTwice === true)) known.push(commit);
    }
  }
  return commits;
}

function valueOf(begun: CommitOperation, ended: Operation | undefined): readonly (readonly [Key, number])[] {
  return begun.value.length > 0 || ended?.f !== 'commit' ? begun.value : ended.value;
}

/** Offsets of which one must be the committed one; undefined while nothing was confirmed. */
function dueOffsets(commits: readonly Commit[], knownIndex: number, index: number): readonly number[] | undefined {
  let confirmed: Commit | undefined;
  for (const each of commits) if (each.isConfirmed && each.index <= knownIndex && each.index > (confirmed?.index ?? -1)) confirmed = each;
  if (confirmed === undefined) return undefined;
  const { begunIndex, offset } = confirmed;
  return [offset, ...commits.filter((each) => each.begunIndex < index && each.index > begunIndex).map((each) => each.offset)];
}
