/**
 * Where the world meets the checkers: sorts the kernel's news by what a machine is and reports to the judge. It reads and
 * never influences.
 *
 * Most steps of a replica change neither its log nor its high watermark, leader epoch or role; they end here after a few
 * comparisons. What a machine is, is asked once per machine; what a crash left on disk is read when it happens.
 */
import type { History } from '../history/history.ts';
import type { ClientObservation } from '../history/observations.ts';
import type { Verdict } from '../history/verdict.ts';
import type { NodeId, TopicName, TopicPartition } from '../kafka/ids.ts';
import { PartitionLog } from '../kafka/log.ts';
import { RaftLog } from '../kafka/raft-log.ts';
import type { ControllerView, CoordinatorView, GroupView, LeadershipView, MetadataView, RaftView, ReplicaView } from '../kafka/views.ts';
import { assert, unreachable } from '../kernel/assert.ts';
import type { Message } from '../kernel/effects.ts';
import type { LifecycleEvent, Monitor } from '../kernel/outside.ts';
import type { World } from '../kernel/world.ts';
import type { CheckConfig, Checker, Property } from './checker.ts';
import type { Cluster, TrackedReplica } from './cluster.ts';
import { Findings } from './findings.ts';
import { Judge } from './judge.ts';
import { PROPERTIES } from './registry.ts';

/** `metadata` is the machine of a broker that keeps its image of the metadata; `raft` any replica of the metadata log. */
export type MachineKind = 'replica' | 'controller' | 'raft' | 'metadata' | 'group' | 'groupCoordinator' | 'other';

export interface MonitorOptions {
  readonly config: CheckConfig;
  /** Names of the properties to judge; null judges all that apply to the configuration. */
  readonly properties: readonly string[] | null;
  /** What the machine named `machine` on `node` is; asked once per machine. */
  readonly kindOf: (node: number, machine: string) => MachineKind;
  /** The file in which a broker keeps the log of a partition. */
  readonly logFile: (topicPartition: TopicPartition) => string;
  /** The file in which a node keeps the metadata log; absent without a quorum. */
  readonly raftLogFile?: string;
}

/** The part of a machine's context that is its state. */
interface Context<State> {
  readonly state: State;
}

/** A machine that was met. */
interface Known {
  readonly kind: MachineKind;
  /** Of a replica, once it had a view. */
  replica: TrackedReplica | undefined;
}

export class CheckerMonitor implements Monitor {
  private readonly options: MonitorOptions;
  private readonly judge: Judge;
  /** By node and slot. */
  private readonly machines: (Known | undefined)[][];
  /** `node/send id` of sends to topics that the run deletes. */
  private readonly unseenSends: Set<string>;

  constructor(options: MonitorOptions, forkOf?: CheckerMonitor) {
    this.options = options;
    const { config } = options;
    this.judge = forkOf === undefined ? new Judge(config, propertiesOf(options)) : forkOf.judge.fork();
    this.unseenSends = new Set(forkOf?.unseenSends);
    this.machines = forkOf === undefined ? config.nodes.map(() => []) : forkOf.machines.map((machines) => machines.map((known) => this.counterpart(known)));
  }

  get history(): History {
    return this.judge.history;
  }

  get cluster(): Cluster {
    return this.judge.cluster;
  }

  /** Violations of all properties so far. */
  get violations(): number {
    return this.judge.violations;
  }

  /** Records below the high watermarks of `topic` that the consumer on `node` has not read. */
  lag(node: NodeId, topic: TopicName, readsAll = true): number {
    return this.judge.lag(node, topic, readsAll);
  }

  /** Topics of which the faults took something that nobody promised, each with the reason. */
  losses(): ReturnType<Judge['losses']> {
    return this.judge.losses();
  }

  /** Topics in which an idempotent producer's records may be out of order, each with the reason. */
  overtakings(): ReturnType<Judge['losses']> {
    return this.judge.overtakings();
  }

  /** Ends the judgement: one verdict per property, in the order of the registry. Call once. */
  verdicts(endUs: number): Verdict[] {
    return this.judge.verdicts(endUs);
  }

  stepped(world: World, node: number, slot: number, before: unknown, after: unknown): void {
    const known = this.machines[node]?.[slot] ?? this.meet(world, node, slot);
    if (known.kind === 'replica') {
      const old = (before as Context<ReplicaView> | undefined)?.state;
      const now = (after as Context<ReplicaView> | undefined)?.state;
      if (old !== undefined && now !== undefined && !differs(old, now)) return;
      const replica = known.replica ?? this.track(known, node, now ?? old);
      this.judge.replicaChanged(replica, old, now, world.nowUs);
    } else if (known.kind !== 'other') this.steppedElsewhere(world, node, known.kind, before, after);
  }

  /** What is not a replica: it steps less often, and its news is about the metadata. */
  private steppedElsewhere(world: World, node: number, kind: MachineKind, before: unknown, after: unknown): void {
    if (kind === 'raft') {
      const old = (before as Context<RaftView> | undefined)?.state;
      const now = (after as Context<RaftView> | undefined)?.state;
      if (old === undefined || now === undefined || raftDiffers(old, now)) this.judge.raftChanged(old, now, world.nowUs);
      return;
    }
    if (kind === 'group') {
      const old = (before as Context<GroupView> | undefined)?.state;
      const now = (after as Context<GroupView> | undefined)?.state;
      if (old === undefined || now === undefined || groupDiffers(old, now)) this.judge.groupChanged(old, now, world.nowUs);
      return;
    }
    if (after === undefined) return;
    if (kind === 'groupCoordinator') {
      const now = (after as Context<CoordinatorView>).state;
      if (now.partitions !== (before as Context<CoordinatorView> | undefined)?.state.partitions) this.judge.coordinatorChanged(now, world.nowUs);
      return;
    }
    if (kind === 'metadata') {
      const { image } = (after as Context<MetadataView>).state;
      if (image !== (before as Context<MetadataView> | undefined)?.state.image) this.judge.imageSeen(node, image, world.nowUs);
      return;
    }
    const { committedImage } = (after as Context<ControllerView>).state;
    if (committedImage !== (before as Context<ControllerView> | undefined)?.state.committedImage) this.judge.imageSeen(node, committedImage, world.nowUs);
    if (committedImage !== this.judge.cluster.image) this.judge.imageCommitted(committedImage, world.nowUs);
  }

  observed(world: World, node: number, observation: Message): void {
    // Clients are all who observe; history refuses what it does not know.
    const about = this.withoutDeleted(node, observation as ClientObservation);
    if (about !== undefined) this.judge.observed(node, about, world.nowUs);
  }

  /** What is left of an observation when topics that the run deletes are not spoken of. */
  private withoutDeleted(node: number, observation: ClientObservation): ClientObservation | undefined {
    const deleted = this.options.config.deletedTopics ?? [];
    if (deleted.length === 0) return observation;
    switch (observation.type) {
      case 'send.completed':
        return this.unseenSends.has(`${node}/${observation.sendId}`) ? undefined : observation;
      case 'assignment':
        return { ...observation, owned: observation.owned.filter(({ topic }) => !deleted.includes(topic)) };
      case 'commit.invoked':
        return { ...observation, offsets: observation.offsets.filter(({ topic }) => !deleted.includes(topic)) };
      default:
        if (!('topic' in observation) || !deleted.includes(observation.topic)) return observation;
        if (observation.type === 'send.invoked') this.unseenSends.add(`${node}/${observation.sendId}`);
        return undefined;
    }
  }

  lifecycle(world: World, event: LifecycleEvent): void {
    switch (event.kind) {
      case 'started':
        this.judge.processStarted(event.node, event.incarnation, world.nowUs);
        return;
      case 'crashed':
      case 'powerLost':
      case 'wiped':
        this.judge.processEnded(event.node, world.nowUs);
        this.readDisk(world, event.node, event.kind === 'wiped');
        this.readMetadataLog(world, event.node, event.kind === 'wiped');
        return;
      default:
        unreachable(event, 'lifecycle event');
    }
  }

  fork(): CheckerMonitor {
    return new CheckerMonitor(this.options, this);
  }

  /** What the next process will find: power loss and wipe take records, and a write that the disk refused was never there. */
  private readDisk(world: World, node: number, isWiped: boolean): void {
    for (const known of this.machines[node] ?? []) {
      const replica = known?.replica;
      if (replica === undefined) continue;
      const content = world.node(node).disk.read(this.options.logFile(replica.partition.name)) as PartitionLog | undefined;
      this.judge.diskFound(replica, content?.recover().log ?? PartitionLog.empty(), isWiped, world.nowUs);
    }
  }

  private readMetadataLog(world: World, node: number, isWiped: boolean): void {
    const { raftLogFile } = this.options;
    if (raftLogFile === undefined || !(this.machines[node] ?? []).some((known) => known?.kind === 'raft')) return;
    const log = (world.node(node).disk.read(raftLogFile) as RaftLog | undefined) ?? RaftLog.empty();
    this.judge.raftDiskFound(node, log, isWiped, world.nowUs);
  }

  private meet(world: World, node: number, slot: number): Known {
    const machines = this.machines[node];
    const name = world.node(node).names[slot];
    if (machines === undefined || name === undefined) assert(false, `machine ${slot} of node ${node} is none of the ${this.machines.length} nodes of the run`);
    const isJudged = this.options.config.deletedTopics?.some((topic) => isReplicaOf(name, topic)) !== true;
    const known: Known = { kind: isJudged ? this.options.kindOf(node, name) : 'other', replica: undefined };
    while (machines.length < slot) machines.push(undefined);
    machines[slot] = known;
    return known;
  }

  private track(known: Known, node: number, view: ReplicaView | undefined): TrackedReplica {
    assert(view !== undefined && view.brokerId === node, () => `a replica of broker ${view?.brokerId} runs on node ${node}: a broker's id is its address`);
    const replica = this.judge.cluster.replica(view.topic, view.partition, view.brokerId);
    known.replica = replica;
    return replica;
  }

  private counterpart(known: Known | undefined): Known | undefined {
    if (known === undefined) return undefined;
    const { kind, replica } = known;
    return { kind, replica: replica && this.judge.cluster.replica(replica.partition.topic, replica.partition.partition, replica.brokerId) };
  }
}

/** Whether a machine is the replica of some partition of `topic`, by its name. */
function isReplicaOf(machine: string, topic: TopicName): boolean {
  return machine.startsWith(`${topic}-`) && /^[0-9]+$/.test(machine.slice(topic.length + 1));
}

/** A property that was asked for by name and does not apply is vacuous, and says so: it would judge by rules that do not hold here. */
function propertiesOf({ config, properties }: MonitorOptions): readonly Property[] {
  const applies = ({ appliesTo }: Property): boolean => appliesTo?.(config) ?? true;
  if (properties === null) return PROPERTIES.filter(applies);
  return PROPERTIES.filter(({ name }) => properties.includes(name)).map((property) => (applies(property) ? property : { ...property, check: () => unasked(property) }));
}

function unasked(property: Property): Checker {
  const checker: Checker = {
    violations: 0,
    verdict: () => new Findings().verdict(property, 'the configuration does not ask for it'),
    fork: () => checker,
  };
  return checker;
}

/** Did anything change that a checker looks at? */
function differs(a: ReplicaView, b: ReplicaView): boolean {
  return a !== b && (a.log !== b.log || a.highWatermark !== b.highWatermark || a.leaderEpoch !== b.leaderEpoch || a.partitionEpoch !== b.partitionEpoch
    || a.epochs !== b.epochs || leadsOtherwise(a.leadership, b.leadership));
}

function raftDiffers(a: RaftView, b: RaftView): boolean {
  return a !== b && (a.log !== b.log || a.highWatermark !== b.highWatermark || a.epoch !== b.epoch || a.role !== b.role || a.votedId !== b.votedId
    || a.leadership !== b.leadership || a.isQuorumStateDurable !== b.isQuorumStateDurable || a.hasFetchedFromLeader !== b.hasFetchedFromLeader);
}

function groupDiffers(a: GroupView, b: GroupView): boolean {
  return a.image !== b.image || a.writes !== b.writes || a.classic !== b.classic;
}

/** What it knows of its followers changes with each of their fetches, and alone means nothing. */
function leadsOtherwise(a: LeadershipView | null, b: LeadershipView | null): boolean {
  if (a === b) return false;
  return a === null || b === null || a.isr !== b.isr || a.maximalIsr !== b.maximalIsr || a.pending !== b.pending;
}
