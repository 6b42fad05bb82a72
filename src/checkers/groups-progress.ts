/**
 * L-06 for groups: they do not stall. A bound after the last fault, while some member of a group runs, every partition that the
 * group subscribes to has an owner, and its owner has read all that was committed a bound before.
 *
 * A member owns what its consumer says it owns (onPartitionsAssigned), not what the coordinator thinks. Not asked: how far a
 * member is whose application takes time over its records; groups in which one may be taken for stuck
 * (`max.poll.interval.ms`), whose partitions go round for ever, or in which the others do not wait until a classic leader has
 * polled and assigned (`request.timeout.ms`); groups of which a member gave up, as configured (`auto.offset.reset` = none).
 *
 * Excused is what an unclean election took back, or everybody who could be elected had lost, and a partition that nobody in a
 * group of static members has owned in the present generation: a static leader that returns skips the assignment and takes the sizes of the topics as it finds them for those that
 * were assigned (KIP-814, ConsumerCoordinator.onLeaderElected), so that it does not notice what was added while it was away, nor
 * what was left out because the metadata of then did not have it.
 *
 * Source: L-06; EventuallyConverges of the KIP-848 specification; Jepsen Kafka: unseen.
 */
import { formatUs } from '../kernel/time.ts';
import type { HistoryEntry } from '../history/history.ts';
import type { AssignmentChanged } from '../history/observations.ts';
import type { TopicPartitions } from '../kafka/group-api.ts';
import { topicPartition } from '../kafka/ids.ts';
import type { CheckContext, CheckedConsumer, Checker, Property } from './checker.ts';
import type { TrackedPartition, TrackedReplica } from './cluster.ts';
import { Findings } from './findings.ts';
import { groupLoss } from './group-loss.ts';
import { sampled } from './quiet-end.ts';
import type { Rest } from './quiet-end.ts';

export const groupsProgress: Property = {
  name: 'groups-progress',
  claim: 'a bound after the last fault every partition of a group has an owner, who has read what was committed a bound before',
  source: 'L-06; bounded by the configured timeouts',
  kind: 'liveness',
  appliesTo: ({ liveness, usesGroups }) => liveness !== null && usesGroups === true,
  check: (context) => new GroupsProgress(context),
};

class GroupsProgress implements Checker {
  private readonly context: CheckContext;
  private readonly findings: Findings;
  /** By node, of its present process: what it owns, absent while it owns nothing. */
  private owned: ReadonlyMap<number, readonly TopicPartitions[]>;
  /** Nodes whose consumer has given up in its present process. */
  private failed: ReadonlySet<number>;

  /** By `group topic-partition`: the last generation in which a member owned it. */
  private ownedIn: ReadonlyMap<string, number>;
  /** By node: the generation that it was assigned in last. */
  private readonly generations: Map<number, number>;
  /** Nodes that came back into the generation that they had been in, or an earlier one that the group's log went back to. */
  private returned: ReadonlySet<number>;

  constructor(context: CheckContext, from?: GroupsProgress) {
    this.context = context;
    this.findings = from === undefined ? new Findings() : from.findings.fork();
    this.owned = from === undefined ? new Map() : from.owned;
    this.failed = from === undefined ? new Set() : from.failed;
    this.ownedIn = from === undefined ? new Map() : from.ownedIn;
    this.generations = new Map(from?.generations);
    this.returned = from === undefined ? new Set() : from.returned;
  }

  get violations(): number {
    return this.findings.violations;
  }

  processStarted(node: number): void {
    if (this.owned.has(node)) this.owned = new Map([...this.owned].filter(([other]) => other !== node));
    if (this.failed.has(node)) this.failed = new Set([...this.failed].filter((other) => other !== node));
  }

  observed({ observation, node }: HistoryEntry): void {
    if (observation.type === 'assignment') this.own(node, observation);
    else if (observation.type === 'consumer.failed') this.failed = new Set(this.failed).add(node);
  }

  private own(node: number, { groupId, owned, reason, generationId }: AssignmentChanged): void {
    if (reason === 'assigned' && generationId <= (this.generations.get(node) ?? -1)) this.returned = new Set(this.returned).add(node);
    if (reason === 'assigned') this.generations.set(node, generationId);
    this.owned = new Map(this.owned).set(node, owned);
    const names = owned.flatMap(({ topic, partitions }) => partitions.map((partition) => `${groupId} ${topicPartition(topic, partition)}`));
    if (names.length > 0) this.ownedIn = new Map([...this.ownedIn, ...names.map((name) => [name, generationId] as const)]);
  }

  verdict(endUs: number) {
    const { config, cluster, quiet } = this.context;
    const rest = quiet.restAt(endUs);
    if (typeof rest === 'string') return this.findings.verdict(groupsProgress, rest);
    const groupIds = new Set(config.consumers.flatMap(({ groupId }) => (groupId === undefined ? [] : [groupId])));
    for (const groupId of groupIds) {
      const members = config.consumers.filter((each) => each.groupId === groupId);
      const running = members.filter(({ node }) => cluster.isUp(node) && !this.failed.has(node));
      if (running.length === 0 || members.some(({ pollsInTime }) => pollsInTime === false) || members.some(({ node }) => this.failed.has(node))) continue;
      for (const partition of cluster.partitions) {
        if (running.some(({ topics }) => topics.includes(partition.topic)) && partition.leader !== undefined) this.judge(groupId, running, partition, partition.leader, rest, endUs);
      }
    }
    return this.findings.verdict(groupsProgress, 'no member of a group is up that has something to read');
  }

  private judge(groupId: string, running: readonly CheckedConsumer[], partition: TrackedPartition, { brokerId, view }: TrackedReplica, { sample }: Rest, endUs: number): void {
    const { budget, cluster, history } = this.context;
    const { name, topic, partition: index } = partition;
    // A partition that was added since is found when the metadata is refreshed.
    if (sample.partitions[partition.id] === undefined) return;
    this.findings.compared += 1;
    const owner = running.find(({ node }) => this.owned.get(node)?.some((each) => each.topic === topic && each.partitions.includes(index)) === true);
    if (owner === undefined && running.some((member) => this.hasReturned(member, `${groupId} ${name}`))) {
      this.findings.excuse(1, 'a static leader returned, and did not notice that a partition had not been assigned (KIP-814)');
      return;
    }
    if (owner === undefined) {
      const members = running.map(({ node }) => cluster.nameOf(node));
      this.findings.violated(endUs, () => ({
        sentence: `nobody in the group ${groupId} owns ${name}, though ${members.join(', ')} ${members.length === 1 ? 'runs' : 'run'}`, details: { groupId, topicPartition: name, members },
      }));
      return;
    }
    const owed = sampled(sample, partition).highWatermark;
    const position = history.position(owner.node, topic, index);
    if (owner.processesAtOnce === false || (position !== undefined && position >= owed) || (position === undefined && owed === 0)) return;
    const highWatermark = view?.highWatermark ?? 0;
    const loss = budget.lossOf(partition);
    if (position !== undefined && highWatermark < owed && loss !== undefined) {
      this.findings.excuse(1, `less is there than was committed: ${loss}`);
      return;
    }
    const consumer = cluster.nameOf(owner.node);
    this.findings.violated(endUs, () => ({
      sentence: `${consumer}, which owns ${name} in the group ${groupId}, ${position === undefined ? 'has no position in it' : `is at offset ${position}`}; the high watermark was ${owed} by ${formatUs(sample.atUs)}, and ${cluster.nameOf(brokerId)} leads it`,
      details: { groupId, topicPartition: name, consumer, position: position ?? null, owed, leader: cluster.nameOf(brokerId), highWatermark },
    }));
  }

  /** A static member has come back into a generation in which nobody had the partition; the group's log may have lost those that came later. */
  private hasReturned({ node, config: { groupInstanceId }, groupId = '' }: CheckedConsumer, name: string): boolean {
    if (groupInstanceId === '' || !this.returned.has(node)) return false;
    return (this.ownedIn.get(name) ?? -1) < (this.generations.get(node) ?? -1) || groupLoss(groupId, this.context) !== undefined;
  }

  fork(context: CheckContext): Checker {
    return new GroupsProgress(context, this);
  }
}
