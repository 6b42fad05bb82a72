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
import type { ReplicaView } from '../kafka/views.ts';
import { assert } from '../kernel/assert.ts';
import { NEVER_US } from '../kernel/time.ts';
import type { CheckConfig, CheckContext, Checker, Property } from './checker.ts';
import { Cluster } from './cluster.ts';
import type { TrackedPartition, TrackedReplica } from './cluster.ts';
import { FaultBudget } from './fault-budget.ts';

export class Judge {
  readonly cluster: Cluster;
  readonly history: History;
  private readonly config: CheckConfig;
  private readonly budget: FaultBudget;
  private readonly checkers: readonly Checker[];
  /** Those with the hook, so that the others cost nothing. */
  private readonly onReplica: readonly Checker[];
  private readonly onObserved: readonly Checker[];
  private nextAlarmUs: number;
  private isOver = false;

  constructor(config: CheckConfig, properties: readonly Property[], forkOf?: Judge) {
    this.config = config;
    this.cluster = forkOf === undefined ? new Cluster(config.nodes) : forkOf.cluster.fork();
    this.history = forkOf === undefined ? new History() : forkOf.history.fork();
    this.budget = forkOf === undefined ? new FaultBudget(this.cluster, uncleanTopics(config)) : forkOf.budget.fork(this.cluster);
    const context: CheckContext = { config, cluster: this.cluster, budget: this.budget, history: this.history };
    this.checkers = forkOf === undefined ? properties.map((property) => property.check(context)) : forkOf.checkers.map((checker) => checker.fork(context));
    this.onReplica = this.checkers.filter((checker) => checker.replicaChanged !== undefined);
    this.onObserved = this.checkers.filter((checker) => checker.observed !== undefined);
    this.nextAlarmUs = this.earliestAlarm();
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
    if (this.cluster.replicaChanged(replica, after)) this.leaderChanged(replica.partition, atUs);
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
      for (const checker of this.checkers) checker.registrationChanged?.(partition, before, after, atUs);
      if (this.cluster.settleLeader(partition)) this.leaderChanged(partition, atUs);
    }
    for (const id of image.brokersTouchedSince(known)) {
      if (image.broker(id)?.epoch !== known.broker(id)?.epoch) this.budget.brokerRegistered(id);
    }
  }

  observed(node: number, observation: ClientObservation, atUs: number): void {
    this.reach(atUs);
    const entry = this.history.record(atUs, node, observation);
    const listeners = this.onObserved;
    for (let i = 0; i < listeners.length; i += 1) (listeners[i] as Checker).observed?.(entry);
  }

  processStarted(node: number, incarnation: number, atUs: number): void {
    this.reach(atUs);
    this.cluster.setUp(node, true);
    this.history.processStarted(node, incarnation);
    for (const checker of this.checkers) checker.processStarted?.(node, atUs);
  }

  processEnded(node: number, atUs: number): void {
    this.reach(atUs);
    this.cluster.setUp(node, false);
  }

  /** The process is down, and `log` is what its next incarnation will find. */
  diskFound(replica: TrackedReplica, log: PartitionLog, atUs: number): void {
    const before = replica.log;
    if (log === before) return;
    this.reach(atUs);
    this.cluster.diskChanged(replica, log);
    this.budget.diskChanged(replica, before, atUs);
  }

  /** Records below the high watermarks of `topic` that the consumer on `node` has not read. */
  lag(node: NodeId, topic: TopicName): number {
    let lag = 0;
    for (const partition of this.cluster.partitions) {
      const view = partition.leader?.view;
      if (partition.topic !== topic || view === undefined) continue;
      const position = this.history.position(node, topic, partition.partition) ?? view.log.logStartOffset;
      lag += Math.max(0, view.highWatermark - position);
    }
    return lag;
  }

  /** Ends the judgement: one verdict per property, in the order given. Once; who wants to go on asks a fork. */
  verdicts(endUs: number): Verdict[] {
    assert(!this.isOver, 'the verdicts of a run are given once');
    this.isOver = true;
    this.reach(endUs);
    return this.checkers.map((checker) => checker.verdict(endUs));
  }

  fork(): Judge {
    return new Judge(this.config, [], this);
  }

  private leaderChanged(partition: TrackedPartition, atUs: number): void {
    for (const checker of this.checkers) checker.leaderChanged?.(partition, atUs);
  }

  /** Time has come to `atUs`: alarms up to then see the state as it stands before the change under way. */
  private reach(atUs: number): void {
    if (atUs < this.nextAlarmUs) return;
    for (const checker of this.checkers) {
      while ((checker.alarmAtUs ?? NEVER_US) <= atUs) checker.alarm?.(checker.alarmAtUs as number);
    }
    this.nextAlarmUs = this.earliestAlarm();
  }

  private earliestAlarm(): number {
    return this.checkers.reduce((earliest, { alarmAtUs }) => Math.min(earliest, alarmAtUs ?? NEVER_US), NEVER_US);
  }
}

function uncleanTopics(config: CheckConfig): ReadonlySet<string> {
  return new Set(config.topics.filter(({ uncleanLeaderElectionEnable }) => uncleanLeaderElectionEnable).map(({ name }) => name));
}
