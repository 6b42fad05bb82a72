/**
 * The checkers of one run, what they share, and the order in which they hear of things: first cluster, history and fault
 * budget are brought up to date, then the checkers are told. Knows no world: whoever watches one reports here.
 */
import { History } from '../history/history.ts';
import type { ClientObservation } from '../history/observations.ts';
import type { Verdict } from '../history/verdict.ts';
import type { NodeId, TopicName } from '../kafka/ids.ts';
import type { PartitionLog } from '../kafka/log.ts';
import type { MetadataImage } from '../kafka/metadata.ts';
import type { RaftLog } from '../kafka/raft-log.ts';
import type { CoordinatorView, GroupView, RaftView, ReplicaView } from '../kafka/views.ts';
import { assert } from '../kernel/assert.ts';
import { formatUs, NEVER_US } from '../kernel/time.ts';
import type { CheckConfig, CheckContext, Checker, Property } from './checker.ts';
import { Cluster } from './cluster.ts';
import type { TrackedPartition, TrackedReplica } from './cluster.ts';
import { CommittedPrefixes } from './committed-prefix.ts';
import { FaultBudget } from './fault-budget.ts';
import { overtakingIn } from './guarantees.ts';
import { QuietEnd } from './quiet-end.ts';
import { RunTrace } from './run-trace.ts';

export class Judge {
  readonly cluster: Cluster;
  readonly history: History;
  private readonly config: CheckConfig;
  private readonly budget: FaultBudget;
  private readonly trace: RunTrace;
  private readonly committed: CommittedPrefixes;
  private readonly quiet: QuietEnd;
  private readonly checkers: readonly Checker[];
  /** Those with the hook, so that the others cost nothing. */
  private readonly onReplica: readonly Checker[];
  private readonly onObserved: readonly Checker[];
  private readonly onCommitted: readonly Checker[];
  private readonly onGroup: readonly Checker[];
  private readonly onRaft: readonly Checker[];
  private nextAlarmUs: number;
  private isOver = false;
  /** When a voter's disk was first erased. */
  private voterWipedUs = NEVER_US;

  constructor(config: CheckConfig, properties: readonly Property[], forkOf?: Judge) {
    this.config = config;
    this.cluster = forkOf === undefined ? new Cluster(config.nodes, new Set(config.deletedTopics)) : forkOf.cluster.fork();
    this.history = forkOf === undefined ? new History() : forkOf.history.fork();
    this.budget = forkOf === undefined ? new FaultBudget(this.cluster, config) : forkOf.budget.fork(this.cluster);
    this.trace = forkOf === undefined ? new RunTrace(config, this.budget) : forkOf.trace.fork(this.budget);
    this.committed = forkOf === undefined ? new CommittedPrefixes() : forkOf.committed.fork();
    this.quiet = forkOf === undefined ? new QuietEnd(this.cluster, config.liveness) : forkOf.quiet.fork(this.cluster);
    const { cluster, budget, history, committed, trace, quiet } = this;
    const context: CheckContext = { config, cluster, budget, history, committed, trace, quiet };
    this.checkers = forkOf === undefined ? properties.map((property) => property.check(context)) : forkOf.checkers.map((checker) => checker.fork(context));
    this.onReplica = this.checkers.filter((checker) => checker.replicaChanged !== undefined);
    this.onObserved = this.checkers.filter((checker) => checker.observed !== undefined);
    this.onCommitted = this.checkers.filter((checker) => checker.committedCompared !== undefined);
    this.onGroup = this.checkers.filter((checker) => checker.groupChanged !== undefined);
    this.onRaft = this.checkers.filter((checker) => checker.raftChanged !== undefined);
    this.nextAlarmUs = this.earliestAlarm();
    if (forkOf !== undefined) this.voterWipedUs = forkOf.voterWipedUs;
  }

  /** Violations of all properties so far. */
  get violations(): number {
    let violations = 0;
    for (const checker of this.checkers) violations += checker.violations;
    return violations;
  }

  /** A replica's machine started (`before` undefined), changed, or ended (`after` undefined). */
  replicaChanged(replica: TrackedReplica, before: ReplicaView | undefined, after: ReplicaView | undefined, atUs: number): void {
    this.reach(atUs);
    const { partition } = replica;
    if (before !== undefined && after !== undefined && after.log.logEndOffset < before.log.logEndOffset) this.budget.replicaTruncated(replica, before.log, after.log);
    if (this.cluster.replicaChanged(replica, after)) this.leaderChanged(partition, atUs);
    this.trace.replicaChanged(replica, before, after, atUs);
    if (partition.leader === replica && before !== undefined && after !== undefined) {
      const hasShrunk = after.log.logEndOffset < before.log.logEndOffset || after.log.logStartOffset > before.log.logStartOffset;
      if (hasShrunk || after.highWatermark > before.highWatermark) this.compareCommitted(partition, replica, atUs);
    }
    const listeners = this.onReplica;
    for (let i = 0; i < listeners.length; i += 1) (listeners[i] as Checker).replicaChanged?.(replica, before, after, atUs);
  }

  /** A controller's committed image is `image`; an older one than known is that of a controller that restarted. */
  imageCommitted(image: MetadataImage, atUs: number): void {
    const known = this.cluster.image;
    if (image.offset <= known.offset) return;
    this.reach(atUs);
    for (const { partition, before, after } of this.cluster.imageChanged(image)) {
      this.budget.registrationChanged(partition, before, after, atUs);
      this.trace.registrationChanged(partition, before, after, atUs);
      for (const checker of this.checkers) checker.registrationChanged?.(partition, before, after, atUs);
      if (this.cluster.settleLeader(partition)) this.leaderChanged(partition, atUs);
    }
    for (const id of image.brokersTouchedSince(known)) {
      if (image.broker(id)?.epoch === known.broker(id)?.epoch) continue;
      this.budget.brokerRegistered(id);
      this.trace.brokerRegistered(id, atUs);
    }
    for (const checker of this.checkers) checker.imageCommitted?.(known, image, atUs);
  }

  /** A replica of the metadata log started (`before` undefined), changed, or ended (`after` undefined). */
  raftChanged(before: RaftView | undefined, after: RaftView | undefined, atUs: number): void {
    this.reach(atUs);
    const listeners = this.onRaft;
    for (let i = 0; i < listeners.length; i += 1) (listeners[i] as Checker).raftChanged?.(before, after, atUs);
  }

  /** The process is down, and its next incarnation will find this metadata log. */
  raftDiskFound(nodeId: NodeId, log: RaftLog, isWiped: boolean, atUs: number): void {
    this.reach(atUs);
    for (const checker of this.checkers) checker.raftDiskFound?.(nodeId, log, isWiped, atUs);
    if (isWiped && this.config.voters?.includes(nodeId) === true) this.voterWipedUs = Math.min(this.voterWipedUs, atUs);
  }

  /** A node, controller or broker, has another image of what is committed. */
  imageSeen(nodeId: NodeId, image: MetadataImage, atUs: number): void {
    this.reach(atUs);
    for (const checker of this.checkers) checker.imageSeen?.(nodeId, image, atUs);
  }

  /** A group at a coordinator was loaded or began (`before` undefined), changed, or is there no longer (`after` undefined). */
  groupChanged(before: GroupView | undefined, after: GroupView | undefined, atUs: number): void {
    this.reach(atUs);
    const listeners = this.onGroup;
    for (let i = 0; i < listeners.length; i += 1) (listeners[i] as Checker).groupChanged?.(before, after, atUs);
  }

  coordinatorChanged(coordinator: CoordinatorView, atUs: number): void {
    this.reach(atUs);
    for (const checker of this.checkers) checker.coordinatorChanged?.(coordinator, atUs);
  }

  observed(node: number, observation: ClientObservation, atUs: number): void {
    this.reach(atUs);
    const entry = this.history.record(atUs, node, observation);
    if (observation.type === 'admin.completed') this.quiet.disturbed(atUs);
    const listeners = this.onObserved;
    for (let i = 0; i < listeners.length; i += 1) (listeners[i] as Checker).observed?.(entry);
  }

  processStarted(node: number, incarnation: number, atUs: number): void {
    if (incarnation > 1) this.budget.processRestarted(node);
    this.reach(atUs);
    if (incarnation > 1 && this.isMember(node)) this.quiet.disturbed(atUs);
    this.cluster.processStarted(node, incarnation);
    this.history.processStarted(node, incarnation);
    for (const checker of this.checkers) checker.processStarted?.(node, atUs);
  }

  processEnded(node: number, atUs: number): void {
    this.reach(atUs);
    if (this.isMember(node)) this.quiet.disturbed(atUs);
    this.cluster.setUp(node, false);
  }

  /** Only of an application nobody knows beforehand when it gets to where it is to crash. */
  private isMember(node: number): boolean {
    return this.config.usesGroups === true && this.config.consumers.some((each) => each.node === node && each.groupId !== undefined);
  }

  /** The process is down, and `log` is what its next incarnation will find. `isWiped`: nobody could have kept it. */
  diskFound(replica: TrackedReplica, log: PartitionLog, isWiped: boolean, atUs: number): void {
    const before = replica.log;
    if (log === before) return;
    this.reach(atUs);
    this.cluster.diskChanged(replica, log);
    if (!this.budget.diskChanged(replica, before, isWiped, atUs)) return;
    this.trace.diskLost(replica, atUs);
    for (const checker of this.checkers) checker.diskLost?.(replica, before, atUs);
  }

  /** Records below the high watermarks of `topic` that the consumer on `node` has not read; without `readsAll` only where it has a position. */
  lag(node: NodeId, topic: TopicName, readsAll = true): number {
    let lag = 0;
    for (const partition of this.cluster.partitionsOf(topic)) {
      const view = partition.leader?.view;
      if (view === undefined) continue;
      const known = this.history.position(node, topic, partition.partition);
      if (known === undefined && !readsAll) continue;
      const position = known ?? view.log.logStartOffset;
      lag += Math.max(0, view.highWatermark - position);
    }
    return lag;
  }

  /** Topics of which the faults took something that nobody promised, each with the reason. */
  losses(): readonly { readonly topic: TopicName; readonly reason: string }[] {
    const wiped = this.voterWipedUs < NEVER_US ? `a voter of the quorum lost its disk at ${formatUs(this.voterWipedUs)}` : undefined;
    return this.topicsWith((partition) => wiped ?? this.budget.lossOf(partition));
  }

  /** Topics in which an idempotent producer's records may be out of order, each with the reason. */
  overtakings(): ReturnType<Judge['losses']> {
    return this.topicsWith((partition) => partition.survivingLogs().map((log) => overtakingIn(log, this.config)).find((reason) => reason !== undefined));
  }

  /** With the first reason of each. */
  private topicsWith(reasonOf: (partition: TrackedPartition) => string | undefined): { readonly topic: TopicName; readonly reason: string }[] {
    const reasons = new Map<TopicName, string>();
    for (const partition of this.cluster.partitions) {
      const reason = reasonOf(partition);
      if (reason !== undefined && !reasons.has(partition.topic)) reasons.set(partition.topic, reason);
    }
    return [...reasons].map(([topic, reason]) => ({ topic, reason }));
  }

  /** Ends the judgement: one verdict per property, in the order given. Once; who wants to go on asks a fork. */
  verdicts(endUs: number): Verdict[] {
    assert(!this.isOver, 'the verdicts of a run are given once');
    this.isOver = true;
    this.reach(endUs);
    return this.checkers.map((checker) => this.afterVoterWiped(checker.verdict(endUs)));
  }

  /**
   * GD-1 presumes that the metadata log is not lost. A static voter with an empty disk may give its vote twice and elect a
   * controller that lacks what was committed (BUG-33b), so from then on nothing is promised.
   */
  private afterVoterWiped(verdict: Verdict): Verdict {
    const [first] = verdict.evidence;
    if (verdict.verdict !== 'violated' || first === undefined || first.atUs < this.voterWipedUs) return verdict;
    const reason = `after ${formatUs(this.voterWipedUs)}, when a voter of the quorum lost its disk: ${first.sentence}`;
    return { ...verdict, verdict: verdict.compared > 0 ? 'held' : 'vacuous', evidence: [], note: verdict.note === undefined ? `expected ${reason}` : `${verdict.note}; expected ${reason}` };
  }

  fork(): Judge {
    return new Judge(this.config, [], this);
  }

  private leaderChanged(partition: TrackedPartition, atUs: number): void {
    for (const checker of this.checkers) checker.leaderChanged?.(partition, atUs);
    if (partition.leader !== undefined) this.compareCommitted(partition, partition.leader, atUs);
  }

  /** A legitimate leader took over or moved: its log against what is committed, once for all who ask. */
  private compareCommitted(partition: TrackedPartition, leader: TrackedReplica, atUs: number): void {
    const known = this.committed.of(partition);
    const isHeld = this.committed.advance(partition, leader);
    if (known === undefined) return;
    const listeners = this.onCommitted;
    for (let i = 0; i < listeners.length; i += 1) (listeners[i] as Checker).committedCompared?.(partition, leader, known, isHeld, atUs);
  }

  /** Time has come to `atUs`: alarms up to then see the state as it stands before the change under way. */
  private reach(atUs: number): void {
    if (atUs < this.nextAlarmUs) return;
    while (this.quiet.alarmAtUs <= atUs) this.quiet.alarm(this.quiet.alarmAtUs);
    for (const checker of this.checkers) {
      while ((checker.alarmAtUs ?? NEVER_US) <= atUs) checker.alarm?.(checker.alarmAtUs as number);
    }
    this.nextAlarmUs = this.earliestAlarm();
  }

  private earliestAlarm(): number {
    return this.checkers.reduce((earliest, { alarmAtUs }) => Math.min(earliest, alarmAtUs ?? NEVER_US), this.quiet.alarmAtUs);
  }
}
