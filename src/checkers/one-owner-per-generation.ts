/**
 * GD-13, S-26: within one generation of a group a partition has one owner, as its members themselves see it, and only the owner
 * gets its records. Members of different generations may overlap in real time: who was thrown out goes on until it hears of it.
 *
 * A member is a process on a node: with a `group.instance.id` one that starts anew owns in the same generation what it owned
 * before (KIP-345). Left out: an instance id that moves to another node.
 *
 * Generations are compared within one life of a group: one of which nothing was left is taken back (KIP-211), and whoever
 * comes then is in generation 1 again. The same happens to a group of which the disks took records (group-loss.ts), which is
 * excused.
 * Source: ConsumerPartitionAssignor; GRP-9; KIP-429; GroupMetadataManager.maybeDeleteGroup.
 */
import type { HistoryEntry } from '../history/history.ts';
import type { AssignmentChanged, Polled } from '../history/observations.ts';
import { GROUP_METADATA_TOPIC } from '../kafka/group/partition.ts';
import type { GroupView } from '../kafka/views.ts';
import type { CheckContext, Checker, Property } from './checker.ts';
import { Findings } from './findings.ts';
import { groupLoss } from './group-loss.ts';

export const oneOwnerPerGeneration: Property = {
  name: 'one-owner-per-generation',
  claim: 'a partition has one owner in each generation of a group, and nobody else gets its records',
  source: 'GD-13; H-26, S-26; ConsumerPartitionAssignor',
  kind: 'safety',
  appliesTo: ({ consumers }) => consumers.some(({ groupId }) => groupId !== undefined),
  check: (context) => new OneOwnerPerGeneration(context),
};

interface Membership {
  readonly groupId: string;
  readonly generationId: number;
  /** Ids of partitions. */
  readonly owned: ReadonlySet<number>;
}

class OneOwnerPerGeneration implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;
  /** Nodes by group, generation and partition. */
  private readonly owners: Map<string, number>;
  /** By node; undefined before its process was assigned anything. */
  private readonly memberships: (Membership | undefined)[];

  constructor(context: CheckContext, findings = new Findings(), owners = new Map<string, number>(), memberships: (Membership | undefined)[] = context.config.nodes.map(() => undefined)) {
    this.context = context;
    this.findings = findings;
    this.owners = owners;
    this.memberships = memberships;
  }

  get violations(): number {
    return this.findings.violations;
  }

  /** Its legitimate coordinator took the group back, or what it was by the other protocol: its generations begin anew. */
  groupChanged(before: GroupView | undefined, after: GroupView | undefined): void {
    if (before === undefined || after === undefined) return;
    const { groupId, brokerId, partition } = after;
    const isTakenBack = (before.image.metadata !== null && after.image.metadata === null) || (before.image.consumer !== null && after.image.consumer === null);
    if (!isTakenBack || this.context.cluster.partition(GROUP_METADATA_TOPIC, partition).leader?.brokerId !== brokerId) return;
    for (const ownership of this.owners.keys()) if (ownership.startsWith(`${groupId}\n`)) this.owners.delete(ownership);
  }

  processStarted(node: number): void {
    this.memberships[node] = undefined;
  }

  observed({ observation, node, atUs }: HistoryEntry): void {
    if (observation.type === 'assignment') this.assigned(node, observation, atUs);
    else if (observation.type === 'poll') this.polled(node, observation, atUs);
  }

  private assigned(node: number, { groupId, generationId, owned }: AssignmentChanged, atUs: number): void {
    const { cluster } = this.context;
    const partitions = owned.flatMap(({ topic, partitions: indexes }) => indexes.map((index) => cluster.partition(topic, index)));
    this.memberships[node] = { groupId, generationId, owned: new Set(partitions.map(({ id }) => id)) };
    for (const { id, name } of partitions) {
      this.findings.compared += 1;
      const ownership = `${groupId}\n${generationId}\n${id}`;
      const other = this.owners.get(ownership);
      if (other === undefined) this.owners.set(ownership, node);
      if (other === undefined || other === node) continue;
      const loss = groupLoss(groupId, this.context);
      if (loss !== undefined) {
        this.findings.excuse(1, `of the generations of ${groupId}: ${loss}`);
        continue;
      }
      this.findings.violated(atUs, () => ({
        sentence: `${cluster.nameOf(node)} and ${cluster.nameOf(other)} both own ${name} in generation ${generationId} of group ${groupId}`,
        details: { groupId, generationId, topicPartition: name, owners: [cluster.nameOf(other), cluster.nameOf(node)] },
      }));
    }
  }

  private polled(node: number, { topic, partition: index, records }: Polled, atUs: number): void {
    const membership = this.memberships[node];
    if (membership === undefined || records.length === 0) return;
    const { cluster } = this.context;
    const { id, name } = cluster.partition(topic, index);
    this.findings.compared += 1;
    if (membership.owned.has(id)) return;
    const { groupId, generationId } = membership;
    this.findings.violated(atUs, () => ({
      sentence: `${cluster.nameOf(node)} got offset ${records[0]?.offset ?? 0} of ${name} in generation ${generationId} of group ${groupId}, in which it does not own it`,
      details: { groupId, generationId, topicPartition: name, member: cluster.nameOf(node) },
    }));
  }

  verdict() {
    return this.findings.verdict(oneOwnerPerGeneration, 'no member of a group owned a partition');
  }

  fork(context: CheckContext): Checker {
    return new OneOwnerPerGeneration(context, this.findings.fork(), new Map(this.owners), this.memberships.slice());
  }
}
