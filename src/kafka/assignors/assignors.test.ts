/** What holds for every group, of every assignor; Kafka's own random tests, and more. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AssignableMember, GroupSubscription, MemberAssignment, PartitionCount } from './assignor.ts';
import { consumerPartitionAssignors, partitionAssignors } from './assignors.ts';
import { owning, ownersOf, rejoining, subscribersOf, targetOf, unevenness, withheldFrom, wordsOf, wrongWith } from './staging.ts';
import { cooperativeStickyAssignor, stickyAssignor } from './sticky.ts';
import { uniformAssignor } from './uniform.ts';

const sizeOf = ({ topicPartitions }: MemberAssignment): number => wordsOf(topicPartitions).length;
const spread = (assigned: readonly MemberAssignment[]): number => Math.max(...assigned.map(sizeOf)) - Math.min(...assigned.map(sizeOf));

/** A cluster of up to seven topics. */
const clusters = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 7 }).map((sizes): PartitionCount[] =>
  sizes.map((numPartitions, i) => ({ topic: `topic-${i}`, numPartitions })),
);

interface Group {
  readonly counts: readonly PartitionCount[];
  /** Member ids in no order, with the topics of each. */
  readonly topics: readonly (readonly [memberId: string, topics: readonly string[]])[];
}

const memberIds = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,3}[0-9]$/), { minLength: 1, maxLength: 9 });

const groupsOf = (areEqual: boolean): fc.Arbitrary<Group> =>
  fc.tuple(clusters, memberIds).chain(([counts, ids]) => {
    const all = counts.map(({ topic }) => topic);
    if (areEqual) return fc.constant({ counts, topics: ids.map((id): [string, string[]] => [id, all]) });
    return fc
      .array(fc.subarray(all), { minLength: ids.length, maxLength: ids.length })
      .map((topics): Group => ({ counts, topics: ids.map((id, i): [string, string[]] => [id, topics[i] as string[]]) }));
  });
const equalGroups = groupsOf(true);
const groups = fc.oneof(equalGroups, groupsOf(false), groupsOf(false));

const joining = ({ topics }: Group): GroupSubscription[] => topics.map(([memberId, names]) => owning(memberId, names, [], -1));

/** Claims drawn at random: every partition by nobody or by one member, whatever it subscribes to, each member in a generation of its own. */
const claims = fc.record({
  owners: fc.array(fc.nat(), { minLength: 63, maxLength: 63 }),
  generations: fc.array(fc.integer({ min: -1, max: 3 }), { minLength: 9, maxLength: 9 }),
});
interface Claims {
  readonly owners: readonly number[];
  readonly generations: readonly number[];
}


function claiming({ counts, topics }: Group, { owners, generations }: Claims): GroupSubscription[] {
  let n = 0;
  const claimed = topics.map((): Map<string, number[]> => new Map());
  for (const { topic, numPartitions } of counts) {
    for (let partition = 0; partition < numPartitions; partition += 1) {
      const of = claimed[(owners[n++ % 63] as number) % (topics.length + 1)];
      of?.set(topic, [...(of.get(topic) ?? []), partition]);
    }
  }
  return topics.map(([memberId, names], i) =>
    owning(
      memberId,
      names,
      [...(claimed[i] as Map<string, number[]>)].map(([topic, partitions]) => ({ topic, partitions })),
      generations[i] as number,
    ),
  );
}

/** Who claims each partition; no two do here. */
const claimantsOf = (subscriptions: readonly GroupSubscription[]): Map<string, string> =>
  ownersOf(subscriptions.map(({ memberId, ownedPartitions }) => ({ memberId, topicPartitions: ownedPartitions })));

const membersOf = (subscriptions: readonly GroupSubscription[]): AssignableMember[] =>
  subscriptions.map(({ memberId, topics, ownedPartitions }) => ({ memberId, instanceId: null, subscribedTopics: topics, assigned: ownedPartitions }));

/** The two assignors that keep what members own and give everything away at once, in the same words. */
const keeping = [
  { name: 'sticky', assign: stickyAssignor.assign },
  {
    name: 'uniform',
    assign: (counts: readonly PartitionCount[], subscriptions: readonly GroupSubscription[]): readonly MemberAssignment[] =>
      targetOf(uniformAssignor.assign(counts, membersOf(subscriptions))),
  },
] as const;

describe('every assignor', () => {
  it.each(consumerPartitionAssignors)('assigns each partition once, to a subscriber, and never changes its mind: $name', (assignor) => {
    fc.assert(
      fc.property(groups, claims, (group, claim) => {
        const subscriptions = claiming(group, claim);
        const before = JSON.stringify([group, subscriptions]);
        const assigned = assignor.assign(group.counts, subscriptions);
        expect(wrongWith(group.counts, subscriptions, assigned)).toEqual([]);
        if (assignor !== cooperativeStickyAssignor) expect(withheldFrom(group.counts, subscriptions, assigned)).toEqual([]);
        expect(assignor.assign(group.counts, subscriptions)).toEqual(assigned);
        expect(JSON.stringify([group, subscriptions])).toBe(before);
        expect(JSON.parse(JSON.stringify(assigned))).toEqual(assigned);
      }),
    );
  });

  it.each(partitionAssignors)('assigns each partition once, to a subscriber, and never changes its mind: $name of the coordinator', (assignor) => {
    fc.assert(
      fc.property(groups, claims, (group, claim) => {
        const members = membersOf(claiming(group, claim));
        const assigned = targetOf(assignor.assign(group.counts, members));
        expect(wrongWith(group.counts, subscribersOf(members), assigned)).toEqual([]);
        expect(withheldFrom(group.counts, subscribersOf(members), assigned)).toEqual([]);
        expect(assignor.assign(group.counts, members)).toEqual({ members: assigned });
      }),
    );
  });

  it.each(consumerPartitionAssignors)('leaves members idle where there are more of them than partitions, and only then: $name', (assignor) => {
    fc.assert(
      fc.property(memberIds, fc.integer({ min: 1, max: 12 }), (ids, numPartitions) => {
        const counts = [{ topic: 't', numPartitions }];
        const assigned = assignor.assign(counts, ids.map((id) => owning(id, ['t'], [], -1)));
        expect(assigned.filter((one) => sizeOf(one) === 0)).toHaveLength(Math.max(0, ids.length - numPartitions));
      }),
    );
  });

  it('has a name of its own on its side', () => {
    expect(consumerPartitionAssignors.map(({ name }) => name)).toEqual(['range', 'roundrobin', 'sticky', 'cooperative-sticky']);
    expect(partitionAssignors.map(({ name }) => name)).toEqual(['uniform', 'range']);
  });
});

describe.each(keeping)('the $name assignor', ({ assign }) => {
  it('is as even as can be: no partition could go to a subscriber with two less', () => {
    fc.assert(
      fc.property(groups, claims, (group, claim) => {
        for (const subscriptions of [joining(group), claiming(group, claim)]) {
          expect(unevenness(subscriptions, assign(group.counts, subscriptions))).toEqual([]);
        }
      }),
    );
  });

  it('gives members with equal subscriptions equal shares within one', () => {
    fc.assert(
      fc.property(equalGroups, claims, (group, claim) => {
        expect(spread(assign(group.counts, claiming(group, claim)))).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('leaves everything as it is when nothing has changed, in whatever order it sees the members', () => {
    fc.assert(
      fc.property(groups, claims, fc.boolean(), (group, claim, isReversed) => {
        const subscriptions = claiming(group, claim);
        const assigned = assign(group.counts, subscriptions);
        const again = rejoining(isReversed ? subscriptions.toReversed() : subscriptions, assigned, 7);
        expect(ownersOf(assign(group.counts, again))).toEqual(ownersOf(assigned));
      }),
    );
  });

  it('moves only what a leaving member had, when subscriptions are equal', () => {
    fc.assert(
      fc.property(equalGroups, claims, fc.nat(), (group, claim, n) => {
        fc.pre(group.topics.length > 1);
        const subscriptions = claiming(group, claim);
        const before = assign(group.counts, subscriptions);
        const leaver = (group.topics[n % group.topics.length] as readonly [string, unknown])[0];
        const left = subscriptions.filter(({ memberId }) => memberId !== leaver);
        const after = ownersOf(assign(group.counts, rejoining(left, before, 7)));
        for (const [word, owner] of ownersOf(before)) if (owner !== leaver) expect([word, after.get(word)]).toEqual([word, owner]);
      }),
    );
  });

  it('moves only what a joining member needs, when subscriptions are equal', () => {
    fc.assert(
      fc.property(equalGroups, claims, fc.constantFrom('0', 'mm', 'zzzz'), (group, claim, joiner) => {
        const subscriptions = claiming(group, claim);
        const before = assign(group.counts, subscriptions);
        const all = group.counts.map(({ topic }) => topic);
        const after = assign(group.counts, [...rejoining(subscriptions, before, 7), owning(joiner, all, [], -1)]);
        const ownersBefore = ownersOf(before);
        for (const [word, owner] of ownersOf(after)) if (owner !== joiner) expect([word, ownersBefore.get(word)]).toEqual([word, owner]);
        const total = ownersBefore.size;
        expect(sizeOf(after[after.length - 1] as MemberAssignment)).toBe(Math.floor(total / after.length));
      }),
    );
  });
});

describe('the cooperative sticky assignor', () => {
  it('gives nobody a partition that another member owns', () => {
    fc.assert(
      fc.property(groups, claims, (group, claim) => {
        const subscriptions = claiming(group, claim);
        const owners = claimantsOf(subscriptions);
        for (const [word, assignee] of ownersOf(cooperativeStickyAssignor.assign(group.counts, subscriptions))) {
          expect([word, owners.get(word) ?? assignee]).toEqual([word, assignee]);
        }
      }),
    );
  });

  it('gives nobody what a member claims in a newer generation, when subscriptions are equal', () => {
    fc.assert(
      fc.property(equalGroups, claims, claims, (group, newer, older) => {
        // Every second member missed the last rebalance and claims what it had before.
        const before = claiming(group, older);
        const subscriptions = claiming(group, newer).map(({ memberId, topics, ownedPartitions }, i) =>
          i % 2 === 0 ? owning(memberId, topics, ownedPartitions, 5) : owning(memberId, topics, (before[i] as GroupSubscription).ownedPartitions, 4),
        );
        const owners = claimantsOf(subscriptions.filter(({ generationId }) => generationId === 5));
        for (const [word, assignee] of ownersOf(cooperativeStickyAssignor.assign(group.counts, subscriptions))) {
          expect([word, owners.get(word) ?? assignee]).toEqual([word, assignee]);
        }
      }),
    );
  });

  it('withholds nothing that nobody owns, and comes to an end: what is withheld is revoked, then given away', () => {
    fc.assert(
      fc.property(groups, claims, (group, claim) => {
        let subscriptions = claiming(group, claim);
        let rebalances = 0;
        for (;;) {
          const assigned = cooperativeStickyAssignor.assign(group.counts, subscriptions);
          const withheld = withheldFrom(group.counts, subscriptions, assigned);
          const owned = new Set(subscriptions.flatMap(({ ownedPartitions }) => wordsOf(ownedPartitions)));
          expect(withheld.filter((word) => !owned.has(word))).toEqual([]);
          if (withheld.length === 0) {
            expect(unevenness(subscriptions, assigned)).toEqual([]);
            return;
          }
          subscriptions = rejoining(subscriptions, assigned, 10 + rebalances);
          rebalances += 1;
          expect(rebalances).toBeLessThanOrEqual(4);
        }
      }),
    );
  });

  it('assigns what the sticky assignor does, less what it withholds', () => {
    fc.assert(
      fc.property(groups, claims, (group, claim) => {
        const subscriptions = claiming(group, claim);
        const all = ownersOf(stickyAssignor.assign(group.counts, subscriptions));
        const some = ownersOf(cooperativeStickyAssignor.assign(group.counts, subscriptions));
        for (const [word, owner] of some) expect([word, all.get(word)]).toEqual([word, owner]);
      }),
    );
  });
});
