/**
 * The cluster as an omniscient observer knows it: what the controller has committed, what every replica holds and
 * believes, and who therefore leads legitimately. Kept up to date by the monitor; checkers read it.
 *
 * The legitimate leader of a partition is the broker that acts as leader in the leader epoch, and under the name, that the
 * controller committed last. A broker that was replaced and does not know it yet leads, but not legitimately.
 *
 * Of a replica whose process is down the last content of its disk counts: the page cache survives a process crash.
 * Left out: what the metadata caches of brokers and clients say.
 */
import { incarnationOf } from '../kafka/broker-registrations.ts';
import { NO_LEADER } from '../kafka/ids.ts';
import type { NodeId, PartitionIndex, TopicName, TopicPartition } from '../kafka/ids.ts';
import { topicPartition } from '../kafka/ids.ts';
import { PartitionLog } from '../kafka/log.ts';
import { MetadataImage } from '../kafka/metadata.ts';
import type { PartitionRegistration } from '../kafka/metadata.ts';
import type { ReplicaView } from '../kafka/views.ts';
import { present } from '../kernel/assert.ts';
import { eligibleLeaders } from './min-isr.ts';

const EMPTY_LOG = PartitionLog.empty();

export class TrackedReplica {
  readonly partition: TrackedPartition;
  /** Also the index of the broker's node. */
  readonly brokerId: NodeId;
  /** What it says of itself; undefined while it does not run. */
  view: ReplicaView | undefined = undefined;
  /** Its log; while it does not run, the readable part of what its disk holds. */
  log: PartitionLog = EMPTY_LOG;

  constructor(partition: TrackedPartition, brokerId: NodeId) {
    this.partition = partition;
    this.brokerId = brokerId;
  }
}

export class TrackedPartition {
  /** Dense, from 0, in order of first appearance: checkers keep their own state of a partition under it. */
  readonly id: number;
  readonly topic: TopicName;
  readonly partition: PartitionIndex;
  readonly name: TopicPartition;
  /** What the controller committed last; undefined before it created the partition. */
  registration: PartitionRegistration | undefined = undefined;
  /** In order of first appearance. */
  readonly replicas: TrackedReplica[] = [];
  /** The legitimate leader while it acts as such. */
  leader: TrackedReplica | undefined = undefined;

  constructor(id: number, topic: TopicName, partition: PartitionIndex) {
    this.id = id;
    this.topic = topic;
    this.partition = partition;
    this.name = topicPartition(topic, partition);
  }

  replicaOn(brokerId: NodeId): TrackedReplica | undefined {
    for (let i = 0; i < this.replicas.length; i += 1) {
      const replica = this.replicas[i] as TrackedReplica;
      if (replica.brokerId === brokerId) return replica;
    }
    return undefined;
  }

  /** The log of the replica on `brokerId`, empty when it never ran. */
  logOn(brokerId: NodeId): PartitionLog {
    return this.replicaOn(brokerId)?.log ?? EMPTY_LOG;
  }

  /**
   * The logs of which the next clean election takes one: the legitimate leader's while it acts, else those of the ISR and
   * the ELR. A record that none of them holds is lost.
   */
  survivingLogs(): readonly PartitionLog[] {
    if (this.leader !== undefined) return [this.leader.log];
    const eligible = this.registration === undefined ? [] : eligibleLeaders(this.registration);
    // Nobody at all, after a ClearElrRecord, say: only an administrator can elect, and may take any.
    return eligible.length === 0 ? this.replicas.map(({ log }) => log) : eligible.map((id) => this.logOn(id));
  }
}

export interface RegistrationChange {
  readonly partition: TrackedPartition;
  readonly before: PartitionRegistration | undefined;
  readonly after: PartitionRegistration;
}

export class Cluster {
  /** Names by node index, for sentences. */
  private readonly nodeNames: readonly string[];
  /** Topics that the run deletes at some time; they are not tracked. */
  private readonly deletedTopics: ReadonlySet<TopicName>;
  /** The committed image of the highest offset seen. */
  image: MetadataImage = MetadataImage.empty();
  /** By `id`. */
  readonly partitions: TrackedPartition[] = [];
  /** By partition index, with gaps for those not met yet. */
  private readonly byTopic = new Map<TopicName, (TrackedPartition | undefined)[]>();
  /** By node index. */
  private readonly up: boolean[] = [];
  /** By node index: which process of the node ran last. */
  private readonly incarnations: number[] = [];
  /** Which process of a broker was unregistered last. */
  private readonly unregistered = new Map<NodeId, number>();

  constructor(nodeNames: readonly string[], deletedTopics: ReadonlySet<TopicName> = new Set()) {
    this.nodeNames = nodeNames;
    this.deletedTopics = deletedTopics;
  }

  nameOf(node: number): string {
    return this.nodeNames[node] ?? `node ${node}`;
  }

  isUp(node: number): boolean {
    return this.up[node] === true;
  }

  setUp(node: number, isUp: boolean): void {
    while (this.up.length < node) this.up.push(false);
    this.up[node] = isUp;
  }

  processStarted(node: number, incarnation: number): void {
    this.setUp(node, true);
    while (this.incarnations.length < node) this.incarnations.push(0);
    this.incarnations[node] = incarnation;
  }

  /**
   * Why the broker, which runs, is not and will not be registered; undefined when it is or may be yet. A broker that runs does not
   * register again (BrokerLifecycleManager): not when the registration of a process before it came behind its own, from which on it
   * is told STALE_BROKER_EPOCH, and not when it was unregistered (UnregisterBroker), from which on it is told BROKER_ID_NOT_REGISTERED.
   */
  lockedOut(id: NodeId): string | undefined {
    const registration = this.image.broker(id);
    const running = this.incarnations[id] ?? 0;
    if (!this.isUp(id)) return undefined;
    if (registration === undefined) return this.unregistered.get(id) === running ? `${this.nameOf(id)} was unregistered while it ran` : undefined;
    return incarnationOf(registration.incarnationId) < running ? `a registration of a process of ${this.nameOf(id)} that was dead came behind that of the one that runs` : undefined;
  }

  /** The partition, tracked from now on if it was not. */
  partition(topic: TopicName, index: PartitionIndex): TrackedPartition {
    let partitions = this.byTopic.get(topic);
    if (partitions === undefined) {
      partitions = [];
      this.byTopic.set(topic, partitions);
    }
    let partition = partitions[index];
    if (partition === undefined) {
      partition = new TrackedPartition(this.partitions.length, topic, index);
      while (partitions.length < index) partitions.push(undefined);
      partitions[index] = partition;
      this.partitions.push(partition);
    }
    return partition;
  }

  /** The partitions of a topic that were met, by index. */
  partitionsOf(topic: TopicName): readonly TrackedPartition[] {
    return (this.byTopic.get(topic) ?? []).filter((partition) => partition !== undefined);
  }

  /** The replica, tracked from now on if it was not. */
  replica(topic: TopicName, index: PartitionIndex, brokerId: NodeId): TrackedReplica {
    const partition = this.partition(topic, index);
    let replica = partition.replicaOn(brokerId);
    if (replica === undefined) {
      replica = new TrackedReplica(partition, brokerId);
      partition.replicas.push(replica);
    }
    return replica;
  }

  /** A replica runs with a new view, or ended. True when the partition's legitimate leader changed. */
  replicaChanged(replica: TrackedReplica, view: ReplicaView | undefined): boolean {
    const before = replica.view;
    replica.view = view;
    if (view !== undefined) replica.log = view.log;
    const actsAlike = before !== undefined && view !== undefined && before.leaderEpoch === view.leaderEpoch && (before.leadership === null) === (view.leadership === null);
    return !actsAlike && this.settleLeader(replica.partition);
  }

  /** A process that is down: its disk holds `log` now. */
  diskChanged(replica: TrackedReplica, log: PartitionLog): void {
    replica.log = log;
  }

  /** The controller committed `image`. Older images than the one known change nothing. */
  imageChanged(image: MetadataImage): readonly RegistrationChange[] {
    if (image.offset <= this.image.offset) return [];
    const changes: RegistrationChange[] = [];
    for (const { topic, partition: index } of image.partitionsTouchedSince(this.image)) {
      if (this.deletedTopics.has(topic)) continue;
      const partition = this.partition(topic, index);
      const before = partition.registration;
      const after = present(image.partition(topic, index), `registration of ${partition.name}`);
      // A controller that restarted rebuilds the image: equal registrations, other objects.
      if (before !== undefined && before.partitionEpoch === after.partitionEpoch) continue;
      partition.registration = after;
      changes.push({ partition, before, after });
    }
    for (const { id, incarnationId } of this.image.brokers) if (image.broker(id) === undefined) this.unregistered.set(id, incarnationOf(incarnationId));
    this.image = image;
    return changes;
  }

  /**
   * Finds the legitimate leader anew. True when it changed; a leader that stays for another epoch is not legitimate between
   * the controller's word and its own.
   */
  settleLeader(partition: TrackedPartition): boolean {
    const known = partition.leader;
    partition.leader = legitimateLeader(partition);
    return partition.leader !== known;
  }

  fork(): Cluster {
    const copy = new Cluster(this.nodeNames, this.deletedTopics);
    copy.image = this.image;
    for (let node = 0; node < this.up.length; node += 1) copy.up.push(this.up[node] as boolean);
    copy.incarnations.push(...this.incarnations);
    for (const [id, incarnation] of this.unregistered) copy.unregistered.set(id, incarnation);
    for (const partition of this.partitions) {
      const partitionCopy = copy.partition(partition.topic, partition.partition);
      partitionCopy.registration = partition.registration;
      for (const replica of partition.replicas) {
        const replicaCopy = copy.replica(partition.topic, partition.partition, replica.brokerId);
        replicaCopy.view = replica.view;
        replicaCopy.log = replica.log;
      }
      partitionCopy.leader = partition.leader === undefined ? undefined : partitionCopy.replicaOn(partition.leader.brokerId);
    }
    return copy;
  }
}

function legitimateLeader(partition: TrackedPartition): TrackedReplica | undefined {
  const { registration } = partition;
  if (registration === undefined || registration.leader === NO_LEADER) return undefined;
  const replica = partition.replicaOn(registration.leader);
  const view = replica?.view;
  return view !== undefined && view.leadership !== null && view.leaderEpoch === registration.leaderEpoch ? replica : undefined;
}
