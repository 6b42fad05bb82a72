/**
 * S-26: a group of the classic protocol. At one coordinator its generation never falls; an instance id belongs to one member;
 * in one generation no partition is assigned to two members, nor to one that does not subscribe to its topic; the leader is a
 * member.
 *
 * One owner per generation is all that Kafka promises: a member that was removed may go on working until it hears of it
 * (GRP-9). That commits of other generations are refused is for the history to show.
 *
 * Source: S-26, GD-13; KIP-345, ClassicGroup, ConsumerPartitionAssignor.
 */
import type { GroupMetadataValue } from '../kafka/group/coordinator-records.ts';
import { topicPartition } from '../kafka/ids.ts';
import type { GroupView } from '../kafka/views.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import { Findings } from './findings.ts';
import { usesGroupProtocol } from './group-protocols.ts';

export const classicGroup: Property = {
  name: 'classic-group',
  claim: 'generations of a group never fall, and in each a partition has one owner, who subscribes to it',
  source: 'S-26, GD-13; KIP-345, ClassicGroup',
  kind: 'safety',
  appliesTo: (config) => usesGroupProtocol(config, 'classic'),
  check: (context) => new ClassicGroupChecker(context),
};

class ClassicGroupChecker implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;

  constructor(context: CheckContext, findings = new Findings()) {
    this.context = context;
    this.findings = findings;
  }

  get violations(): number {
    return this.findings.violations;
  }

  groupChanged(before: GroupView | undefined, after: GroupView | undefined, atUs: number): void {
    if (after === undefined) return;
    if (before?.classic !== after.classic) this.judgeMembers(before, after, atUs);
    const { metadata } = after.image;
    if (metadata !== null && metadata !== before?.image.metadata) this.judgeAssignment(after, metadata, atUs);
  }

  private judgeMembers(before: GroupView | undefined, after: GroupView, atUs: number): void {
    const { classic } = after;
    this.findings.compared += 1;
    if (before !== undefined && classic.generationId < before.classic.generationId) this.wrong(after, `falls from generation ${before.classic.generationId} to ${classic.generationId}`, atUs);
    if (before?.classic.members === classic.members) return;
    const instances = new Map<string, string>();
    for (const { memberId, groupInstanceId } of classic.members.values()) {
      if (groupInstanceId === null) continue;
      const other = instances.get(groupInstanceId);
      if (other !== undefined) this.wrong(after, `has the instance ${groupInstanceId} twice, as ${other} and as ${memberId}`, atUs);
      instances.set(groupInstanceId, memberId);
    }
    if (classic.leaderId !== null && !classic.members.has(classic.leaderId)) this.wrong(after, `is led by ${classic.leaderId}, who is no member`, atUs);
  }

  private judgeAssignment(group: GroupView, { generation, members }: GroupMetadataValue, atUs: number): void {
    const owners = new Map<string, string>();
    for (const { memberId, subscription, assignment } of members) {
      for (const { topic, partitions } of assignment.assignedPartitions) {
        this.findings.compared += 1;
        if (!subscription.topics.includes(topic)) this.wrong(group, `assigns ${topic} in generation ${generation} to ${memberId}, who subscribes to ${subscription.topics.join(', ') || 'nothing'}`, atUs);
        for (const partition of partitions) {
          const name = topicPartition(topic, partition);
          const other = owners.get(name);
          if (other !== undefined) this.wrong(group, `assigns ${name} in generation ${generation} to ${other} and to ${memberId}`, atUs);
          owners.set(name, memberId);
        }
      }
    }
  }

  private wrong({ groupId, brokerId }: GroupView, what: string, atUs: number): void {
    const broker = this.context.cluster.nameOf(brokerId);
    this.findings.violated(atUs, () => ({ sentence: `the group ${groupId}, at ${broker}, ${what}`, details: { groupId, broker } }));
  }

  verdict() {
    return this.findings.verdict(classicGroup, 'no group of the classic protocol had members');
  }

  fork(context: CheckContext): Checker {
    return new ClassicGroupChecker(context, this.findings.fork());
  }
}
