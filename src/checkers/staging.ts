/**
 * A stage for planted runs: a cluster without machines, in which a test says what each broker holds and believes, what the
 * controller commits and what clients see, in the order it likes, also where no Kafka would do so. Everything goes through
 * the judge, as in a run. For tests of checkers; nothing here follows Kafka's rules unless the test does.
 *
 * Node 0 is the controller, nodes 1..3 are brokers, 4 and 5 producers, 6 and 7 consumers; the topic is `orders`.
 */
import { assert, present } from '../kernel/assert.ts';
import { US_PER_S } from '../kernel/time.ts';
import { defaultConfig } from '../kafka/config.ts';
import type { ErrorName } from '../kafka/errors.ts';
import { NO_EPOCH, NO_OFFSET, topicPartition } from '../kafka/ids.ts';
import type { LeaderEpoch, NodeId, Offset, PartitionIndex } from '../kafka/ids.ts';
import { LeaderEpochCache } from '../kafka/leader-epochs.ts';
import { PartitionLog } from '../kafka/log.ts';
import { FENCE, NO_CHANGE, NO_LEADER_CHANGE } from '../kafka/metadata-records.ts';
import type { PartitionChangeRecord } from '../kafka/metadata-records.ts';
import { MetadataImage } from '../kafka/metadata.ts';
import type { MetadataRecord } from '../kafka/metadata.ts';
import { batchOf, withOffsets } from '../kafka/records.ts';
import type { LeadershipView, ReplicaView } from '../kafka/views.ts';
import type { ClientObservation, Outcome, ReceivedRecord } from '../history/observations.ts';
import type { Verdict } from '../history/verdict.ts';
import type { CheckConfig, Property } from './checker.ts';
import { Judge } from './judge.ts';

export const TOPIC = 'orders';
export const NODES = ['controller-1', 'broker-1', 'broker-2', 'broker-3', 'app-1', 'app-2', 'reader-1', 'reader-2'] as const;
export const APP = 4;
export const OTHER_APP = 5;
export const READER = 6;
export const OTHER_READER = 7;
/** Every act of the stage takes this long. */
export const ACT_US = 1_000;

/** Three partitions, two ordinary producers, two consumers, no quiet end. */
export function stagedConfig(changes: Partial<CheckConfig> = {}): CheckConfig {
  const producer = { ...defaultConfig('producer'), maxInFlightRequestsPerConnection: 1 };
  return {
    nodes: NODES,
    topics: [{ name: TOPIC, partitionCounts: [3], minInsyncReplicas: 1, uncleanLeaderElectionEnable: false }],
    producers: [APP, OTHER_APP].map((node) => ({ node, config: producer, namesPartitionOf: [] })),
    consumers: [READER, OTHER_READER].map((node) => ({ node, config: { ...defaultConfig('consumer'), autoOffsetReset: 'earliest' }, topics: [TOPIC] })),
    liveness: null,
    expectAllAcks: false,
    ...changes,
  };
}

export interface SentRecord {
  readonly value: string;
  readonly key?: string | null;
  readonly acks?: -1 | 0 | 1;
  readonly partition?: PartitionIndex;
  readonly offset?: Offset;
  readonly outcome?: Outcome;
  readonly errorCode?: ErrorName;
  readonly node?: number;
}

export interface AppendOptions {
  readonly epoch?: LeaderEpoch | readonly LeaderEpoch[];
  readonly partition?: PartitionIndex;
  readonly isControl?: boolean;
  /** Producer id, epoch and sequence of the first value; those of the others follow. */
  readonly as?: readonly [producerId: number, producerEpoch: number, baseSequence: number];
}

export class Stage {
  atUs = 0;
  private readonly judge: Judge;
  private readonly views: Map<string, ReplicaView>;
  private image: MetadataImage;
  private sendIds: number;
  private verdicts: readonly Verdict[] | undefined = undefined;

  constructor(properties: readonly Property[], changes: Partial<CheckConfig> = {}, forkOf?: Stage) {
    this.judge = forkOf === undefined ? new Judge(stagedConfig(changes), properties) : forkOf.judge.fork();
    this.views = new Map(forkOf?.views);
    this.image = forkOf?.image ?? MetadataImage.empty();
    this.sendIds = forkOf?.sendIds ?? 0;
    this.atUs = forkOf?.atUs ?? 0;
    if (forkOf === undefined) for (let node = 0; node < NODES.length; node += 1) this.start(node);
  }

  /** A stage with `orders` created on brokers 1, 2 and 3, all in the ISR, and broker 1 leading in leader epoch 0. */
  static ready(properties: readonly Property[], changes: Partial<CheckConfig> = {}, partitions = 1): Stage {
    const stage = new Stage(properties, changes);
    stage.createTopic(partitions);
    for (let partition = 0; partition < partitions; partition += 1) {
      stage.lead(1, 0, partition);
      stage.follow(2, 0, partition);
      stage.follow(3, 0, partition);
    }
    return stage;
  }

  fork(): Stage {
    return new Stage([], {}, this);
  }

  // --- controller --------------------------------------------------------------------------------------------------

  createTopic(partitions = 1, replicas: readonly NodeId[] = [1, 2, 3]): void {
    this.commitRecord({ type: 'TopicRecord', name: TOPIC, topicId: 'orders-id' });
    for (let partitionId = 0; partitionId < partitions; partitionId += 1) {
      const [leader] = replicas;
      this.commitRecord({ type: 'PartitionRecord', topicId: 'orders-id', partitionId, replicas, isr: replicas, leader: present(leader, 'a replica'), leaderEpoch: 0, partitionEpoch: 0, leaderRecoveryState: 'RECOVERED' });
    }
  }

  /** A new leader (-1 for none) with this ISR: the leader epoch rises. */
  elect(leader: NodeId, isr: readonly NodeId[], partition: PartitionIndex = 0): void {
    this.commitRecord({ type: 'PartitionChangeRecord', topicId: 'orders-id', partitionId: partition, leader, isr, replicas: null, leaderRecoveryState: null });
  }

  changeIsr(isr: readonly NodeId[], partition: PartitionIndex = 0): void {
    this.elect(NO_LEADER_CHANGE, isr, partition);
  }

  /** Any other change of the partition, such as one of its ELR. */
  change(change: Partial<PartitionChangeRecord>, partition: PartitionIndex = 0): void {
    this.commitRecord({ type: 'PartitionChangeRecord', topicId: 'orders-id', partitionId: partition, leader: NO_LEADER_CHANGE, isr: null, replicas: null, leaderRecoveryState: null, ...change });
  }

  registerBroker(brokerId: NodeId, brokerEpoch: number, fenced = false, incarnationId = `incarnation-${brokerEpoch}`): void {
    this.commitRecord({ type: 'RegisterBrokerRecord', brokerId, brokerEpoch, incarnationId, fenced, inControlledShutdown: false });
  }

  /** Brokers 1, 2 and 3 register in broker epochs 11, 12 and 13, unfenced. */
  registerBrokers(): void {
    for (const brokerId of [1, 2, 3]) this.registerBroker(brokerId, 10 + brokerId);
  }

  unregister(brokerId: NodeId, brokerEpoch: number): void {
    this.commitRecord({ type: 'UnregisterBrokerRecord', brokerId, brokerEpoch });
  }

  fence(brokerId: NodeId, brokerEpoch: number): void {
    this.commitRecord({ type: 'BrokerRegistrationChangeRecord', brokerId, brokerEpoch, fenced: FENCE, inControlledShutdown: NO_CHANGE });
  }

  // --- brokers -----------------------------------------------------------------------------------------------------

  /** The broker acts as leader, in the epoch that the controller committed last unless another is named. */
  lead(brokerId: NodeId, leaderEpoch = this.committedEpoch(), partition: PartitionIndex = 0): void {
    this.become(brokerId, { leaderEpoch, leadership: this.leadershipOf(partition) }, partition);
  }

  /** The leader knows this of its ISR and its followers; what is not named stays. */
  know(brokerId: NodeId, change: Partial<LeadershipView>, partition: PartitionIndex = 0): void {
    const { leadership } = this.viewOf(brokerId, partition);
    assert(leadership !== null, 'who knows followers leads');
    this.become(brokerId, { leadership: { ...leadership, ...change } }, partition);
  }

  /** The replica is in any state whatever. */
  plant(brokerId: NodeId, change: Partial<ReplicaView>, partition: PartitionIndex = 0): void {
    this.become(brokerId, change, partition);
  }

  follow(brokerId: NodeId, leaderEpoch = this.committedEpoch(), partition: PartitionIndex = 0): void {
    this.become(brokerId, { leaderEpoch, leadership: null }, partition);
  }

  /**
   * The broker appends one batch per value in one step, in its own leader epoch unless another is named (for all, or for
   * each), with no rule obeyed.
   */
  append(brokerId: NodeId, values: readonly string[], options: AppendOptions = {}): void {
    const { partition = 0, isControl = false, epoch, as } = options;
    const view = this.viewOf(brokerId, partition);
    let { log } = view;
    values.forEach((value, i) => {
      const producer = as === undefined ? {} : { producerId: as[0], producerEpoch: as[1], baseSequence: as[2] + i };
      const batch = batchOf([{ key: null, value, timestampMs: 0 }], { isControl, ...producer });
      const leaderEpoch = typeof epoch === 'object' ? present(epoch[i], `epoch of ${value}`) : (epoch ?? view.leaderEpoch);
      log = log.append(withOffsets(batch, log.logEndOffset, leaderEpoch));
    });
    this.become(brokerId, { log }, partition);
  }

  /** The broker holds what `from` holds, up to `endOffset`. */
  copy(from: NodeId, to: NodeId, endOffset: Offset = Number.MAX_SAFE_INTEGER, partition: PartitionIndex = 0): void {
    const source = this.viewOf(from, partition).log;
    let log = this.viewOf(to, partition).log;
    for (const batch of source.batches()) if (batch.baseOffset >= log.logEndOffset && batch.nextOffset <= endOffset) log = log.append(batch);
    this.become(to, { log }, partition);
  }

  /** The leader appends, everybody of `followers` copies, and the high watermarks reach the end. */
  replicate(leader: NodeId, followers: readonly NodeId[], values: readonly string[], partition: PartitionIndex = 0, options: AppendOptions = {}): void {
    this.append(leader, values, { ...options, partition });
    for (const follower of followers) this.copy(leader, follower, undefined, partition);
    const end = this.viewOf(leader, partition).log.logEndOffset;
    for (const broker of [leader, ...followers]) this.highWatermark(broker, end, partition);
  }

  truncate(brokerId: NodeId, offset: Offset, partition: PartitionIndex = 0): void {
    const view = this.viewOf(brokerId, partition);
    this.become(brokerId, { log: view.log.truncateTo(offset), highWatermark: Math.min(offset, view.highWatermark) }, partition);
  }

  /** The log cleaner takes the batch at `offset`. */
  takeOut(brokerId: NodeId, offset: Offset, partition: PartitionIndex = 0): void {
    let log = PartitionLog.empty();
    for (const batch of this.viewOf(brokerId, partition).log.batches()) if (batch.baseOffset !== offset) log = log.append(batch);
    this.become(brokerId, { log }, partition);
  }

  advanceLogStart(brokerId: NodeId, offset: Offset, partition: PartitionIndex = 0): void {
    this.become(brokerId, { log: this.viewOf(brokerId, partition).log.advanceLogStart(offset) }, partition);
  }

  highWatermark(brokerId: NodeId, highWatermark: Offset, partition: PartitionIndex = 0): void {
    this.become(brokerId, { highWatermark }, partition);
  }

  /** The process ends; its disk keeps the log below `keptOffset` (all of it: a crash; less: a power loss; nothing: a wipe). */
  goDown(brokerId: NodeId, keptOffset: Offset = Number.MAX_SAFE_INTEGER): void {
    const atUs = this.act();
    const held = [...this.views.values()].filter((view) => view.brokerId === brokerId);
    for (const view of held) {
      this.views.delete(viewName(brokerId, view.partition));
      this.judge.replicaChanged(this.judge.cluster.replica(TOPIC, view.partition, brokerId), view, undefined, atUs);
    }
    this.judge.processEnded(brokerId, atUs);
    for (const { partition, log } of held) this.judge.diskFound(this.judge.cluster.replica(TOPIC, partition, brokerId), log.truncateTo(keptOffset), keptOffset === 0, atUs);
  }

  /** A process starts; a broker finds what its disk holds. */
  start(node: number, incarnation = 1): void {
    this.judge.processStarted(node, incarnation, this.act());
  }

  // --- clients -----------------------------------------------------------------------------------------------------

  /** A send that completes at once, or, without an outcome of its own and without an offset, never. */
  send({ value, key = null, acks = -1, partition = 0, offset, outcome, errorCode, node = APP }: SentRecord): void {
    this.sendIds += 1;
    const sendId = this.sendIds;
    this.judge.observed(node, { type: 'send.invoked', sendId, topic: TOPIC, key, value, acks }, this.act());
    if (offset === undefined && outcome === undefined) return;
    this.complete(sendId, partition, offset ?? NO_OFFSET, outcome ?? 'ok', node, errorCode);
  }

  /** A send with acks=all that `complete` may answer later. */
  sendOnly(value: string): void {
    this.send({ value });
  }

  /** The callback of send `sendId` (they count from 1). */
  complete(sendId: number, partition: PartitionIndex, offset: Offset, outcome: Outcome = 'ok', node = APP, errorCode: ErrorName = outcome === 'ok' ? 'NONE' : 'REQUEST_TIMED_OUT', mayBeTwice = false): void {
    this.judge.observed(node, { type: 'send.completed', sendId, partition, offset, outcome, errorCode, ...(mayBeTwice ? { mayBeTwice } : {}) }, this.act());
  }

  /** The producer has a new id, or a new epoch of it. */
  beginEpoch(producerId: number, producerEpoch: number, node = APP): void {
    this.judge.observed(node, { type: 'producer.epoch', producerId, producerEpoch }, this.act());
  }

  /** A client sees whatever it is told to. */
  observe(node: number, observation: ClientObservation): void {
    this.judge.observed(node, observation, this.act());
  }

  /** A poll that returns these offsets of the broker's log. */
  poll(node: number, from: NodeId, offsets: readonly Offset[], partition: PartitionIndex = 0): void {
    const { log } = this.viewOf(from, partition);
    this.pollRecords(node, from, offsets.map((offset) => {
      const batch = present(log.batchAt(offset), `offset ${offset}`);
      const { key, value } = present(batch.records[offset - batch.baseOffset], `record at ${offset}`);
      return { offset, leaderEpoch: batch.partitionLeaderEpoch, key, value: value ?? '' };
    }), partition);
  }

  /** A poll that returns whatever it is told to. */
  pollRecords(node: number, from: NodeId, records: readonly ReceivedRecord[], partition: PartitionIndex = 0): void {
    this.judge.observed(node, { type: 'poll', topic: TOPIC, partition, records, from }, this.act());
  }

  reset(node: number, to: Offset, reason: 'initial' | 'outOfRange' | 'truncation' = 'initial', partition: PartitionIndex = 0): void {
    this.judge.observed(node, { type: 'position.reset', topic: TOPIC, partition, from: null, to, reason }, this.act());
  }

  /** onPartitionsAssigned and the like: from here on the member owns exactly these partitions. */
  assign(node: number, partitions: readonly PartitionIndex[], reason: 'assigned' | 'revoked' | 'lost' = 'assigned', generationId = 1): void {
    const owned = partitions.length === 0 ? [] : [{ topic: TOPIC, partitions }];
    this.judge.observed(node, { type: 'assignment', groupId: 'group', memberId: NODES[node] ?? '', generationId, reason, owned }, this.act());
  }

  /** Its consumer threw what the application cannot go on from. */
  fail(node: number): void {
    this.judge.observed(node, { type: 'consumer.failed', errorCode: 'NONE', exception: 'NoOffsetForPartitionException' }, this.act());
  }

  /** A reset to what the leader of this epoch gives. */
  listOffsets(node: number, to: Offset, leaderEpoch: LeaderEpoch, reason: 'initial' | 'outOfRange' = 'initial'): void {
    this.judge.observed(node, { type: 'position.reset', topic: TOPIC, partition: 0, from: null, to, reason, leaderEpoch }, this.act());
  }

  // --- the end -----------------------------------------------------------------------------------------------------

  /** Nothing happens until `atUs`. */
  waitUntil(atUs: number): void {
    assert(atUs >= this.atUs, 'time never goes back');
    this.atUs = atUs;
  }

  get violations(): number {
    return this.judge.violations;
  }

  get committedImage(): MetadataImage {
    return this.image;
  }

  logOf(brokerId: NodeId, partition: PartitionIndex = 0): PartitionLog {
    return this.viewOf(brokerId, partition).log;
  }

  lag(node: number): number {
    return this.judge.lag(node, TOPIC);
  }

  /** The verdict on the first property of this stage, as the run ends here. */
  verdict(): Verdict {
    this.verdicts ??= this.judge.verdicts(this.atUs);
    return present(this.verdicts[0], 'the verdict');
  }

  private act(): number {
    this.atUs += ACT_US;
    return this.atUs;
  }

  private commitRecord(record: MetadataRecord): void {
    this.image = this.image.apply(record, this.image.offset + 1);
    this.judge.imageCommitted(this.image, this.act());
  }

  private committedEpoch(): LeaderEpoch {
    return this.image.partition(TOPIC, 0)?.leaderEpoch ?? NO_EPOCH;
  }

  private viewOf(brokerId: NodeId, partition: PartitionIndex): ReplicaView {
    return this.views.get(viewName(brokerId, partition)) ?? this.newView(brokerId, partition);
  }

  /** The replica as its process starts: with what the disk holds. */
  private newView(brokerId: NodeId, partition: PartitionIndex): ReplicaView {
    const log = this.judge.cluster.partition(TOPIC, partition).replicaOn(brokerId)?.log ?? PartitionLog.empty();
    return { brokerId, topic: TOPIC, partition, topicPartition: topicPartition(TOPIC, partition), log, highWatermark: log.logStartOffset, leaderEpoch: NO_EPOCH, partitionEpoch: -1, leadership: null, epochs: LeaderEpochCache.fromLog(log) };
  }

  /** As a leader knows them that has just learned what the controller committed. */
  private leadershipOf(partition: PartitionIndex): LeadershipView {
    const registration = this.image.partition(TOPIC, partition);
    const isr = registration?.isr ?? [];
    const remotes = (registration?.replicas ?? []).map((brokerId) => ({ brokerId, logEndOffset: -1 }));
    return { isr, maximalIsr: isr, pending: null, remotes };
  }

  private become(brokerId: NodeId, change: Partial<ReplicaView>, partition: PartitionIndex): void {
    const name = viewName(brokerId, partition);
    const before = this.views.get(name);
    const epochs = change.log === undefined ? {} : { epochs: LeaderEpochCache.fromLog(change.log) };
    const after = { ...this.viewOf(brokerId, partition), ...epochs, ...change };
    this.views.set(name, after);
    this.judge.replicaChanged(this.judge.cluster.replica(TOPIC, partition, brokerId), before, after, this.act());
  }
}

export const QUIET_FROM_US = 100 * US_PER_S;
export const BOUND_S = 20;
/** Late enough for everything that was done before the quiet began, sends included (180 s). */
export const END_US = 400 * US_PER_S;

/** For liveness: one partition, two records, written and read long before the quiet begins. */
export function settledStage(property: Property, changes: Partial<CheckConfig> = {}): Stage {
  const stage = Stage.ready([property], { liveness: { quietFromUs: QUIET_FROM_US, boundMs: BOUND_S * 1_000 }, ...changes });
  stage.replicate(1, [2, 3], ['a', 'b']);
  stage.send({ value: 'a', offset: 0 });
  for (const reader of [READER, OTHER_READER]) {
    stage.reset(reader, 0);
    stage.poll(reader, 1, [0, 1]);
  }
  return stage;
}

/** What the verdict says is wrong in a run that ends when all that was settled is owed. */
export function sentencesAtEnd(stage: Stage): string[] {
  stage.waitUntil(Math.max(stage.atUs, END_US));
  return stage.verdict().evidence.map(({ sentence }) => sentence);
}

function viewName(brokerId: NodeId, partition: PartitionIndex): string {
  return `${topicPartition(TOPIC, partition)}@${brokerId}`;
}
