/**
 * What the members of groups did with the records of a partition, as their applications saw it: where they began, what poll gave
 * them, which effects they carried out, and what they committed. What happened, without a judgement: at-least-once.ts and
 * at-most-once.ts read it.
 *
 * A claim is one member's hold of a partition from one position that was set to the next. Effects may outlive it: a worker
 * finishes what it was given. Left out: groups whose application has no sink; nobody sees what those did.
 * Source: GD-6, GD-7; KafkaConsumer (position, committed).
 */
import type { HistoryEntry } from '../history/history.ts';
import type { AssignmentChanged, CommitCompleted, CommitInvoked, Polled, PositionReset, RecordProcessed } from '../history/observations.ts';
import type { Offset } from '../kafka/ids.ts';
import type { CheckContext, CheckedApplication, CheckedConsumer } from './checker.ts';
import type { TrackedPartition } from './cluster.ts';

export interface Claim {
  readonly node: number;
  readonly incarnation: number;
  /** Of the position that was set. */
  readonly index: number;
  readonly atUs: number;
  /** Of the assignment under which it was set: what was confirmed before, the committed offset that it began from must know. */
  readonly assignedIndex: number;
  readonly assignedUs: number;
  readonly to: Offset;
  readonly reason: PositionReset['reason'];
  /** Offsets that poll gave it lie in `[firstOffset, endOffset)`; equal when it gave none. */
  firstOffset: Offset;
  endOffset: Offset;
}

export interface Commit {
  readonly node: number;
  readonly offset: Offset;
  readonly begunIndex: number;
  /** Of the completion. `Number.MAX_SAFE_INTEGER` where nobody knows whether it took effect, or when. */
  endedIndex: number;
  endedUs: number;
  isConfirmed: boolean;
  /** An attempt of it that was given up may take effect at any time after it began. */
  mayComeLate: boolean;
}

export interface CarriedOut {
  readonly node: number;
  readonly incarnation: number;
  readonly index: number;
  readonly atUs: number;
  readonly value: string;
  /** False where an idempotent sink had it already. */
  readonly isApplied: boolean;
}

/** One group and one partition. */
export interface Delivery {
  readonly groupId: string;
  readonly partition: TrackedPartition;
  /** Of its members; each once. */
  readonly applications: readonly CheckedApplication[];
  readonly autoOffsetResets: readonly string[];
  readonly claims: Claim[];
  readonly commits: Commit[];
  /** By offset, in the order in which they happened. */
  readonly effects: Map<Offset, CarriedOut[]>;
}

interface Life {
  readonly incarnation: number;
  assignedIndex: number;
  assignedUs: number;
  /** By partition id. */
  readonly claims: Map<number, Claim>;
  /** By commit id: what it said of each partition. */
  readonly commits: Map<number, Commit[]>;
}

/** A group's effects can be seen when each of its members has a sink. */
export function hasVisibleGroups({ consumers }: { readonly consumers: readonly CheckedConsumer[] }): boolean {
  return consumers.some((consumer) => isVisible(consumer, consumers));
}

function isVisible({ groupId }: CheckedConsumer, consumers: readonly CheckedConsumer[]): boolean {
  return groupId !== undefined && consumers.every((each) => each.groupId !== groupId || (each.application !== undefined && each.application.sink !== 'none'));
}

/** Reads the whole history: O(length). In the order in which groups were first heard of. */
export function deliveriesOf({ config, history, cluster }: Pick<CheckContext, 'config' | 'history' | 'cluster'>): readonly Delivery[] {
  const { consumers } = config;
  const members = new Map(consumers.filter((consumer) => isVisible(consumer, consumers)).map((consumer) => [consumer.node, consumer]));
  const deliveries = new Map<string, Delivery>();
  const lives = new Map<number, Life>();
  const deliveryOf = (groupId: string, partition: TrackedPartition): Delivery => {
    const name = `${groupId}\n${partition.id}`;
    const known = deliveries.get(name);
    if (known !== undefined) return known;
    const ofGroup = consumers.filter((each) => each.groupId === groupId);
    const made: Delivery = {
      groupId, partition, applications: ofGroup.flatMap(({ application }) => application ?? []), autoOffsetResets: [...new Set(ofGroup.map((each) => each.config.autoOffsetReset))],
      claims: [], commits: [], effects: new Map(),
    };
    deliveries.set(name, made);
    return made;
  };
  for (const entry of history.entries()) {
    const groupId = members.get(entry.node)?.groupId;
    if (groupId === undefined) continue;
    const { observation } = entry;
    const life = lifeOf(lives, entry);
    switch (observation.type) {
      case 'assignment':
        assigned(life, entry as HistoryEntry<AssignmentChanged>, ({ topic, partition }) => cluster.partition(topic, partition));
        break;
      case 'position.reset': {
        const partition = cluster.partition(observation.topic, observation.partition);
        deliveryOf(groupId, partition).claims.push(claimed(life, partition, entry as HistoryEntry<PositionReset>));
        break;
      }
      case 'poll':
        polled(life.claims.get(cluster.partition(observation.topic, observation.partition).id), observation);
        break;
      case 'commit.invoked':
        life.commits.set(observation.commitId, begun(entry as HistoryEntry<CommitInvoked>, (topic, partition, commit) => deliveryOf(groupId, cluster.partition(topic, partition)).commits.push(commit)));
        break;
      case 'commit.completed':
        ended(life.commits.get(observation.commitId) ?? [], entry as HistoryEntry<CommitCompleted>);
        break;
      case 'record.processed':
        carriedOut(deliveryOf(groupId, cluster.partition(observation.topic, observation.partition)), entry as HistoryEntry<RecordProcessed>);
        break;
      default:
    }
  }
  return [...deliveries.values()];
}

/** A process that starts anew knows nothing of its predecessor's claims. */
function lifeOf(lives: Map<number, Life>, { node, incarnation }: HistoryEntry): Life {
  const known = lives.get(node);
  if (known?.incarnation === incarnation) return known;
  const life: Life = { incarnation, assignedIndex: -1, assignedUs: 0, claims: new Map(), commits: new Map() };
  lives.set(node, life);
  return life;
}

function assigned(life: Life, { index, atUs, observation: { owned } }: HistoryEntry<AssignmentChanged>, partitionOf: (place: { readonly topic: string; readonly partition: number }) => TrackedPartition): void {
  life.assignedIndex = index;
  life.assignedUs = atUs;
  const kept = new Set(owned.flatMap(({ topic, partitions }) => partitions.map((partition) => partitionOf({ topic, partition }).id)));
  for (const id of life.claims.keys()) if (!kept.has(id)) life.claims.delete(id);
}

function claimed(life: Life, { id }: TrackedPartition, { node, incarnation, index, atUs, observation: { to, reason } }: HistoryEntry<PositionReset>): Claim {
  const { assignedIndex, assignedUs } = life;
  const claim: Claim = { node, incarnation, index, atUs, assignedIndex, assignedUs, to, reason, firstOffset: to, endOffset: to };
  life.claims.set(id, claim);
  return claim;
}

function polled(claim: Claim | undefined, { records }: Polled): void {
  const first = records[0];
  const last = records.at(-1);
  if (claim === undefined || first === undefined || last === undefined) return;
  if (claim.endOffset === claim.firstOffset) claim.firstOffset = first.offset;
  claim.endOffset = last.offset + 1;
}

function begun({ node, index, observation: { offsets } }: HistoryEntry<CommitInvoked>, add: (topic: string, partition: number, commit: Commit) => void): Commit[] {
  return offsets.map(({ topic, partition, offset }) => {
    const commit: Commit = { node, offset, begunIndex: index, endedIndex: Number.MAX_SAFE_INTEGER, endedUs: 0, isConfirmed: false, mayComeLate: true };
    add(topic, partition, commit);
    return commit;
  });
}

function ended(commits: readonly Commit[], { index, atUs, observation: { outcome, mayBeTwice } }: HistoryEntry<CommitCompleted>): void {
  for (const commit of commits) {
    commit.isConfirmed = outcome === 'ok';
    commit.endedUs = atUs;
    // One that certainly failed took no effect, so none is due after it.
    commit.endedIndex = outcome === 'unknown' ? Number.MAX_SAFE_INTEGER : index;
    commit.mayComeLate = outcome === 'unknown' || mayBeTwice === true;
  }
}

function carriedOut({ effects }: Delivery, { node, incarnation, index, atUs, observation: { offset, value, isApplied } }: HistoryEntry<RecordProcessed>): void {
  const known = effects.get(offset) ?? [];
  effects.set(offset, known);
  known.push({ node, incarnation, index, atUs, value, isApplied });
}

/** The commit beyond `offset` that was confirmed before `index`, with nothing since that may have set the group back to `offset` or below. */
export function confirmedBeyond(delivery: Delivery, offset: Offset, index: number): Commit | undefined {
  const beyond = lastConfirmed(delivery, offset, index);
  if (beyond === undefined || comesLate(delivery, offset, index)) return undefined;
  const isSetBack = delivery.commits.some((commit) => commit.offset <= offset && commit.begunIndex < index && commit.isConfirmed && commit.endedIndex > beyond.begunIndex);
  return isSetBack ? undefined : beyond;
}

/**
 * Was something beyond `offset` confirmed before `index`, and may an attempt to commit `offset` or less, which its client had given
 * up, have set the group back? It may come at any time: the coordinator takes what a member of the present generation commits, in
 * whatever order it arrives (OffsetMetadataManager.commitOffset).
 */
export function mayBeSetBack(delivery: Delivery, offset: Offset, index: number): boolean {
  return comesLate(delivery, offset, index) && lastConfirmed(delivery, offset, index) !== undefined;
}

function lastConfirmed({ commits }: Delivery, offset: Offset, index: number): Commit | undefined {
  return commits.findLast((commit) => commit.isConfirmed && commit.offset > offset && commit.endedIndex < index);
}

function comesLate({ commits }: Delivery, offset: Offset, index: number): boolean {
  return commits.some((commit) => commit.mayComeLate && commit.offset <= offset && commit.begunIndex < index);
}
