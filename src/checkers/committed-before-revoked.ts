/**
 * CON-2: a consumer that commits by itself commits what poll has returned, no less, and does so before it gives partitions up, of
 * which it returns nothing afterwards. So when partitions are revoked in order, and the commit before was confirmed, nothing that poll returned of
 * them lies beyond it, and whoever is next gets none of it again.
 *
 *   begun(commit) and p in commit                     =>  position(p) <= commit(p), position as poll has returned it by then
 *   revoked(p) and confirmed(commit) and p in commit  =>  position(p) <= commit(p), position as it is given up
 *
 * where position(p) is behind what poll returned last since the position was set.
 * The commit before is the last one that began. It is no promise where it failed, is still under way when the rebalance timeout
 * is over, or leaves the partition out, whose position a new leader had yet to confirm; nor for partitions that were lost.
 *
 * Left out: the cooperative protocol with classic assignors, where poll goes on and a partition is revoked with the assignment
 * that takes it away, without another commit (ConsumerCoordinator.onJoinComplete).
 * Source: ConsumerCoordinator.onJoinPrepare, ConsumerMembershipManager.maybeReconcile; KAFKA-14196, BUG-55.
 */
import type { HistoryEntry } from '../history/history.ts';
import type { AssignmentChanged, CommitCompleted, CommitInvoked, Polled } from '../history/observations.ts';
import { consumerPartitionAssignors } from '../kafka/assignors/assignors.ts';
import type { ConsumerConfig } from '../kafka/config.ts';
import type { Offset } from '../kafka/ids.ts';
import type { CheckContext, CheckedConsumer, Checker, Property } from './checker.ts';
import type { TrackedPartition } from './cluster.ts';
import { Findings } from './findings.ts';

export const committedBeforeRevoked: Property = {
  name: 'committed-before-revoked',
  claim: 'a consumer that commits by itself commits all that poll has returned, and before it gives partitions up',
  source: 'CON-2; KAFKA-14196, ConsumerCoordinator.onJoinPrepare',
  kind: 'safety',
  appliesTo: ({ consumers }) => consumers.some(commitsBeforeRevocation),
  check: (context) => new CommittedBeforeRevoked(context),
};

function commitsBeforeRevocation({ groupId, config }: CheckedConsumer): boolean {
  return groupId !== undefined && config.enableAutoCommit && (config.groupProtocol === 'consumer' || !isCooperative(config));
}

/** Every assignor of the list supports it (ConsumerCoordinator's constructor). */
function isCooperative({ partitionAssignmentStrategy }: ConsumerConfig): boolean {
  const names = partitionAssignmentStrategy.split(',');
  return consumerPartitionAssignors.every(({ name, supportedProtocols }) => !names.includes(name) || supportedProtocols.includes('COOPERATIVE'));
}

/** The last commit that a member began. */
interface LastCommit {
  readonly commitId: number;
  readonly isConfirmed: boolean;
  /** By partition id. */
  readonly offsets: ReadonlyMap<number, Offset>;
}

/** One process of a member. */
interface Member {
  readonly owned: ReadonlyMap<number, TrackedPartition>;
  /** By id of an owned partition: behind what poll returned last; absent while it has returned nothing since the position was set. */
  readonly positions: Map<number, Offset>;
  readonly commit: LastCommit | undefined;
}

const NEW_MEMBER: Member = { owned: new Map(), positions: new Map(), commit: undefined };

class CommittedBeforeRevoked implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;
  /** By node; undefined for those of which nothing is promised. */
  private readonly members: (Member | undefined)[];

  constructor(context: CheckContext, findings = new Findings(), members?: (Member | undefined)[]) {
    this.context = context;
    this.findings = findings;
    const { nodes, consumers } = context.config;
    this.members = members ?? nodes.map((_, node) => (consumers.some((each) => each.node === node && commitsBeforeRevocation(each)) ? fresh() : undefined));
  }

  get violations(): number {
    return this.findings.violations;
  }

  processStarted(node: number): void {
    if (this.members[node] !== undefined) this.members[node] = fresh();
  }

  observed({ observation, node, atUs }: HistoryEntry): void {
    const member = this.members[node];
    if (member === undefined) return;
    switch (observation.type) {
      case 'poll':
        this.polled(member, observation);
        break;
      case 'commit.invoked':
        this.members[node] = { ...member, commit: this.begun(member, node, observation, atUs) };
        break;
      case 'commit.completed':
        this.members[node] = completed(member, observation);
        break;
      case 'position.reset':
        member.positions.delete(this.context.cluster.partition(observation.topic, observation.partition).id);
        break;
      case 'assignment':
        this.members[node] = this.assigned(member, node, observation, atUs);
        break;
      default:
    }
  }

  private polled({ positions }: Member, { topic, partition, records }: Polled): void {
    const last = records.at(-1);
    if (last !== undefined) positions.set(this.context.cluster.partition(topic, partition).id, last.offset + 1);
  }

  private begun({ positions }: Member, node: number, { commitId, mode, offsets, groupId }: CommitInvoked, atUs: number): LastCommit {
    const { cluster } = this.context;
    const committed = new Map<number, Offset>();
    for (const { topic, partition: index, offset } of offsets) {
      const { id, name } = cluster.partition(topic, index);
      committed.set(id, offset);
      const position = positions.get(id);
      if (mode !== 'auto' || position === undefined) continue;
      this.findings.compared += 1;
      if (position <= offset) continue;
      const member = cluster.nameOf(node);
      this.findings.violated(atUs, () => ({
        sentence: `${member} commits offset ${offset} of ${name} by itself, and poll had returned offset ${position - 1}`,
        details: { groupId, member, topicPartition: name, position, committedOffset: offset },
      }));
    }
    return { commitId, isConfirmed: false, offsets: committed };
  }

  private assigned({ owned: before, positions, commit }: Member, node: number, { reason, owned, groupId }: AssignmentChanged, atUs: number): Member {
    const { cluster } = this.context;
    const now = new Map(owned.flatMap(({ topic, partitions }) => partitions.map((index) => cluster.partition(topic, index))).map((partition) => [partition.id, partition]));
    for (const [id, partition] of before) {
      if (now.has(id)) continue;
      const position = positions.get(id);
      positions.delete(id);
      const committed = commit?.isConfirmed === true ? commit.offsets.get(id) : undefined;
      if (reason !== 'revoked' || position === undefined || committed === undefined) continue;
      this.findings.compared += 1;
      if (position <= committed) continue;
      const member = cluster.nameOf(node);
      this.findings.violated(atUs, () => ({
        sentence: `${member} gave up ${partition.name} with offset ${committed} committed, and poll had returned offset ${position - 1}: whoever of group ${groupId} is next gets it again`,
        details: { groupId, member, topicPartition: partition.name, position, committedOffset: committed },
      }));
    }
    return { owned: now, positions, commit };
  }

  verdict() {
    return this.findings.verdict(committedBeforeRevoked, 'no consumer committed by itself what it had read');
  }

  fork(context: CheckContext): Checker {
    return new CommittedBeforeRevoked(context, this.findings.fork(), this.members.map((member) => (member === undefined ? undefined : { ...member, positions: new Map(member.positions) })));
  }
}

function fresh(): Member {
  return { ...NEW_MEMBER, positions: new Map() };
}

function completed(member: Member, { commitId, outcome }: CommitCompleted): Member {
  const { commit } = member;
  return commit?.commitId === commitId && outcome === 'ok' ? { ...member, commit: { ...commit, isConfirmed: true } } : member;
}
