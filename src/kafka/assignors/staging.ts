/**
 * Groups and assignments in few words, for tests of assignors: partitions as `topic1-0 topic2-1`, clusters as
 * `topic1:3 topic2:2`, an assignment as a record from member to such words, and what is wrong with an assignment as
 * sentences. Judges by the words of the task alone; knows no assignor.
 */
import { assert } from '../../kernel/assert.ts';
import type { TopicPartitions } from '../group-api.ts';
import { NO_GENERATION } from './assignor.ts';
import type { AssignableMember, ConsumerPartitionAssignor, GroupAssignment, GroupSubscription, MemberAssignment, PartitionCount } from './assignor.ts';

const words = (text: string): string[] => text.split(' ').filter((word) => word !== '');

/** `topic1:3 topic2:2`: topics and their numbers of partitions. */
export function cluster(text: string): PartitionCount[] {
  return words(text).map((word) => {
    const [topic, numPartitions] = word.split(':');
    return { topic: topic as string, numPartitions: Number(numPartitions) };
  });
}

/** `topic1-0 topic1-2 topic2-1`: partitions, by topic as they come. */
export function partitions(text: string): TopicPartitions[] {
  const found = new Map<string, number[]>();
  for (const word of words(text)) {
    const at = word.lastIndexOf('-');
    const topic = word.slice(0, at);
    found.set(topic, [...(found.get(topic) ?? []), Number(word.slice(at + 1))]);
  }
  return [...found].map(([topic, indexes]) => ({ topic, partitions: indexes }));
}

/** The same words back, in the order of the value. */
export function wordsOf(topicPartitions: readonly TopicPartitions[]): string[] {
  return topicPartitions.flatMap(({ topic, partitions: indexes }) => indexes.map((partition) => `${topic}-${partition}`));
}

/** What each member got. */
export function shown(assignments: readonly MemberAssignment[]): { [memberId: string]: string } {
  return Object.fromEntries(assignments.map(({ memberId, topicPartitions }) => [memberId, wordsOf(topicPartitions).join(' ')]));
}

/** A subscription that says what it owns in every way there is: in its own fields and in the user data of both sticky assignors. */
export function subscription(memberId: string, topics: string, owned = '', generationId = NO_GENERATION): GroupSubscription {
  return owning(memberId, words(topics), partitions(owned), generationId);
}

/** The same, of values. */
export function owning(
  memberId: string,
  topics: readonly string[],
  owned: readonly TopicPartitions[],
  generationId: number,
): GroupSubscription {
  const userData = { previousAssignment: owned, generation: generationId };
  return { memberId, groupInstanceId: null, topics, ownedPartitions: owned, generationId, userData };
}

/** How the members of an assignment join the next time: with what they got, in that generation. */
export function rejoining(
  subscriptions: readonly GroupSubscription[],
  assignments: readonly MemberAssignment[],
  generationId: number,
): GroupSubscription[] {
  const byMember = new Map(assignments.map(({ memberId, topicPartitions }) => [memberId, topicPartitions]));
  return subscriptions.map(({ memberId, topics }) => owning(memberId, topics, byMember.get(memberId) ?? [], generationId));
}

/** A member of a consumer group (KIP-848). */
export function member(memberId: string, topics: string, assigned = '', instanceId: string | null = null): AssignableMember {
  return { memberId, instanceId, subscribedTopics: words(topics), assigned: partitions(assigned) };
}

/** The members of a target that was not refused. */
export function targetOf(assignment: GroupAssignment): readonly MemberAssignment[] {
  assert('members' in assignment, () => `refused: ${JSON.stringify(assignment)}`);
  return assignment.members;
}

/** Who subscribes to what, on either side. */
export interface Subscriber {
  readonly memberId: string;
  readonly topics: readonly string[];
}

export function subscribersOf(members: readonly AssignableMember[]): Subscriber[] {
  return members.map(({ memberId, subscribedTopics }) => ({ memberId, topics: subscribedTopics }));
}

/** The owner of every partition that is assigned. */
export function ownersOf(assignments: readonly MemberAssignment[]): Map<string, string> {
  return new Map(assignments.flatMap(({ memberId, topicPartitions }) => wordsOf(topicPartitions).map((word): [string, string] => [word, memberId])));
}

/** All partitions of the topics that somebody subscribes to. */
export function partitionsToAssign(counts: readonly PartitionCount[], subscribers: readonly Subscriber[]): string[] {
  const subscribed = new Set(subscribers.flatMap(({ topics }) => topics));
  return counts.flatMap(({ topic, numPartitions }) =>
    subscribed.has(topic) ? Array.from({ length: numPartitions }, (_, partition) => `${topic}-${partition}`) : [],
  );
}

/** The partitions that should be assigned and are not. */
export function withheldFrom(counts: readonly PartitionCount[], subscribers: readonly Subscriber[], assignments: readonly MemberAssignment[]): string[] {
  const owners = ownersOf(assignments);
  return partitionsToAssign(counts, subscribers).filter((word) => !owners.has(word));
}

/** What is wrong with an assignment whatever the assignor: members, subscriptions, partitions that are not there or there twice. */
export function wrongWith(counts: readonly PartitionCount[], subscribers: readonly Subscriber[], assignments: readonly MemberAssignment[]): string[] {
  const wrong: string[] = [];
  const toAssign = new Set(partitionsToAssign(counts, subscribers));
  const owners = new Map<string, string>();
  if (assignments.map(({ memberId }) => memberId).join() !== subscribers.map(({ memberId }) => memberId).join()) {
    wrong.push('the members of the assignment are not those of the group');
  }
  assignments.forEach(({ memberId, topicPartitions }, index) => {
    const topics = new Set(subscribers[index]?.topics);
    for (const { topic } of topicPartitions) if (!topics.has(topic)) wrong.push(`${memberId} gets ${topic} and does not subscribe to it`);
    const got = wordsOf(topicPartitions);
    for (const word of got) {
      if (!toAssign.has(word)) wrong.push(`${word} does not exist`);
      if (owners.has(word)) wrong.push(`${word} belongs to ${owners.get(word)} and to ${memberId}`);
      owners.set(word, memberId);
    }
    if (JSON.stringify(topicPartitions) !== JSON.stringify(inOrder(topicPartitions))) wrong.push(`${memberId} gets its partitions out of order`);
  });
  return wrong;
}

function inOrder(topicPartitions: readonly TopicPartitions[]): TopicPartitions[] {
  return topicPartitions
    .map(({ topic, partitions: indexes }) => ({ topic, partitions: indexes.toSorted((a, b) => a - b) }))
    .toSorted((a, b) => (a.topic < b.topic ? -1 : 1));
}

/** Moves that would make two members more equal: from one with at least two more to another subscriber of the topic. */
export function unevenness(subscribers: readonly Subscriber[], assignments: readonly MemberAssignment[]): string[] {
  const sizes = new Map(assignments.map(({ memberId, topicPartitions }) => [memberId, wordsOf(topicPartitions).length]));
  return assignments.flatMap(({ memberId, topicPartitions }) =>
    topicPartitions.flatMap(({ topic }) =>
      subscribers
        .filter((other) => other.topics.includes(topic) && (sizes.get(other.memberId) as number) + 1 < (sizes.get(memberId) as number))
        .map((other) => `${memberId} has ${sizes.get(memberId)} partitions, some of ${topic}, and ${other.memberId} only ${sizes.get(other.memberId)}`),
    ),
  );
}

export interface Rebalanced {
  /** What the first assignment gave to nobody. */
  readonly withheld: string;
  /** What everybody has when nothing is left to revoke. */
  readonly settled: readonly MemberAssignment[];
}

/** A cooperative group that rejoins more often than this does not come to an end; so say Kafka's tests. */
const MAX_REBALANCES = 4;

/**
 * Assigns until no member has to revoke anything, as the members of a cooperative group rejoin until then. Every
 * assignment on the way must be valid, the last one even.
 */
export function rebalance(assignor: ConsumerPartitionAssignor, counts: readonly PartitionCount[], given: readonly GroupSubscription[]): Rebalanced {
  let subscriptions = given;
  let settled = assignor.assign(counts, subscriptions);
  const withheld = withheldFrom(counts, subscriptions, settled).join(' ');
  const check = (problems: readonly string[]): void => assert(problems.length === 0, () => problems.join('; '));
  for (let rebalances = 0; withheldFrom(counts, subscriptions, settled).length > 0; rebalances += 1) {
    check(wrongWith(counts, subscriptions, settled));
    assert(rebalances < MAX_REBALANCES, () => `after ${rebalances} rebalances ${withheld} is still not assigned`);
    subscriptions = rejoining(subscriptions, settled, 100 + rebalances);
    settled = assignor.assign(counts, subscriptions);
  }
  check(wrongWith(counts, subscriptions, settled));
  check(unevenness(subscriptions, settled));
  return { withheld, settled };
}

/** Whether a member has everything that it had. */
export function keeps(after: readonly MemberAssignment[], before: readonly MemberAssignment[], memberId: string): boolean {
  const of = (assigned: readonly MemberAssignment[]): string[] => wordsOf(assigned.find((one) => one.memberId === memberId)?.topicPartitions ?? []);
  const has = new Set(of(after));
  return of(before).every((word) => has.has(word));
}
