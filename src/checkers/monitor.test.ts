import { describe, expect, it } from 'vitest';
import type { Effect, EffectsEmitted } from '../kernel/effects.ts';
import { World } from '../kernel/world.ts';
import type { OutputSink, Program } from '../kernel/statechart/engine.ts';
import type { Transport } from '../kernel/transport.ts';
import type { ClientObservation } from '../history/observations.ts';
import { LeaderEpochCache } from '../kafka/leader-epochs.ts';
import { PartitionLog } from '../kafka/log.ts';
import { MetadataImage } from '../kafka/metadata.ts';
import { batchOf, withOffsets } from '../kafka/records.ts';
import type { ControllerView, ReplicaView } from '../kafka/views.ts';
import { CheckerMonitor } from './monitor.ts';
import { NODES, stagedConfig } from './staging.ts';

/** A machine that does what it is told: the data of a stimulus is its next state and what it asks for. */
interface Told {
  readonly state?: unknown;
  readonly effects?: readonly Effect[];
}

const obedient: Program = {
  // The world never looks at it; only engines do.
  machine: undefined as never,
  forkable: true,
  start: (input, sink) => obey({ state: undefined }, input as Told, sink),
  step: (state, event, sink) => obey(state.context as { state: unknown }, (event as unknown as { data: Told }).data, sink),
  dispose: () => undefined,
  describe: () => 'Obedient',
};

function obey(context: { state: unknown }, { state, effects = [] }: Told, sink: OutputSink) {
  const emitted: EffectsEmitted = { type: 'effects', effects };
  sink.emit(emitted);
  return { context: { state: state ?? context.state, effects }, status: 'active' as const };
}

/** Nobody talks in these worlds. */
const silence: Transport = {
  send: () => undefined, reply: () => undefined, release: () => undefined, disconnect: () => undefined, hangUp: () => undefined,
  machineStopped: () => undefined, arrive: () => undefined, nodeDown: () => undefined, nodeUp: () => undefined, messages: 0, fork: () => silence,
};

const REPLICA = 'orders-0';
const FILE = `${REPLICA}/log`;

function view(brokerId: number, change: Partial<ReplicaView> = {}): ReplicaView {
  return { brokerId, topic: 'orders', partition: 0, topicPartition: REPLICA, log: PartitionLog.empty(), highWatermark: 0, leaderEpoch: 0, partitionEpoch: 0, leadership: null, epochs: LeaderEpochCache.fromLog(change.log ?? PartitionLog.empty()), ...change };
}

function logOf(values: readonly string[], epoch = 0): PartitionLog {
  return values.reduce((log, value) => log.append(withOffsets(batchOf([{ key: null, value, timestampMs: 0 }]), log.logEndOffset, epoch)), PartitionLog.empty());
}

const LEADS = { leadership: { isr: [], maximalIsr: [], pending: null, remotes: [] } };

class Rig {
  readonly world: World;
  private image = MetadataImage.empty();

  constructor(properties: readonly string[] | null = null, forkOf?: Rig) {
    if (forkOf !== undefined) {
      this.world = forkOf.world.fork();
      this.image = forkOf.image;
      return;
    }
    const others: Told = { state: { committedImage: MetadataImage.empty(), committedOffset: 0 } satisfies ControllerView };
    this.world = new World({
      seed: 'rig',
      nodes: NODES.map((name, brokerId) => ({
        name,
        boot: ({ read }) => {
          if (!name.startsWith('broker')) return [{ name: 'actor', machine: 'actor', input: others }];
          const found = read(FILE) as PartitionLog | undefined;
          const told: Told = { state: view(brokerId, { log: found?.recover().log ?? PartitionLog.empty() }) };
          return [{ name: REPLICA, machine: 'replica', input: told }];
        },
      })),
      programs: { replica: obedient, actor: { ...obedient } },
      monitored: ['replica', 'actor'],
      transport: silence,
      monitor: new CheckerMonitor({
        config: stagedConfig(),
        properties,
        kindOf: (node, machine) => (machine === REPLICA ? 'replica' : node === 0 ? 'controller' : 'other'),
        logFile: (topicPartition) => `${topicPartition}/log`,
      }),
    });
    for (let node = 0; node < NODES.length; node += 1) this.world.start(node);
  }

  get monitor(): CheckerMonitor {
    return this.world.monitor as CheckerMonitor;
  }

  fork(): Rig {
    return new Rig(null, this);
  }

  tell(node: number, told: Told): void {
    this.world.runUntil(this.world.nowUs + 1_000);
    this.world.stimulate(node, 0, 'told', told);
  }

  become(brokerId: number, change: Partial<ReplicaView>): void {
    const now = (this.world.contextOf(brokerId, REPLICA) as { state: ReplicaView }).state;
    const effects: Effect[] = change.log === undefined ? [] : [{ kind: 'write', file: FILE, content: change.log, keptLength: 0 }];
    this.tell(brokerId, { state: { ...now, ...change }, effects });
  }

  /** The controller makes `leader` the leader of orders-0, with this ISR. */
  elect(leader: number, isr: readonly number[]): void {
    const { image } = this;
    this.image = image.topic('orders') === undefined
      ? image
        .apply({ type: 'TopicRecord', name: 'orders', topicId: 'id' }, 0)
        .apply({ type: 'PartitionRecord', topicId: 'id', partitionId: 0, replicas: [1, 2, 3], isr, leader, leaderEpoch: 0, partitionEpoch: 0, leaderRecoveryState: 'RECOVERED' }, 1)
      : image.apply({ type: 'PartitionChangeRecord', topicId: 'id', partitionId: 0, leader, isr, replicas: null, leaderRecoveryState: null }, image.offset + 1);
    const state: ControllerView = { committedImage: this.image, committedOffset: this.image.offset + 1 };
    this.tell(0, { state });
  }

  observe(node: number, observation: ClientObservation): void {
    this.tell(node, { effects: [{ kind: 'observe', observation }] });
  }

  /** The verdict on one property, if the run ended now. */
  verdictOn(property: string) {
    return this.monitor.fork().verdicts(this.world.nowUs).find((each) => each.property === property);
  }
}

/** a, b, c are committed on brokers 1 and 2; broker 1 leads. */
function committed(): Rig {
  const rig = new Rig(['committed-prefix-immutable']);
  rig.elect(1, [1, 2]);
  rig.become(1, LEADS);
  rig.become(1, { log: logOf(['a', 'b', 'c']) });
  rig.become(2, { log: logOf(['a', 'b', 'c']) });
  rig.become(1, { highWatermark: 3 });
  return rig;
}

describe('the monitor of a world', () => {
  it('tells replicas, controllers and others apart, and knows who leads legitimately', () => {
    const { monitor } = committed();
    const [partition] = monitor.cluster.partitions;
    expect(partition).toMatchObject({ name: 'orders-0', leader: { brokerId: 1 } });
    expect(partition?.replicas.map(({ brokerId }) => brokerId)).toEqual([1, 2, 3]);
    expect(monitor.cluster.image.partition('orders', 0)?.isr).toEqual([1, 2]);
  });

  it('records what clients observe, with the incarnation of their process', () => {
    const rig = new Rig();
    rig.observe(4, { type: 'send.invoked', sendId: 1, topic: 'orders', key: null, value: 'a', acks: -1 });
    rig.world.crash(4, 'test');
    rig.world.start(4);
    rig.observe(4, { type: 'send.invoked', sendId: 2, topic: 'orders', key: null, value: 'b', acks: -1 });
    expect([...rig.monitor.history.sends()].map(({ sendId, incarnation }) => [sendId, incarnation])).toEqual([[1, 1], [2, 2]]);
    expect(rig.monitor.history.sendCounts()).toEqual([{ topic: 'orders', ok: 0, failed: 0, unknown: 2 }]);
  });

  it('counts violations while the world runs', () => {
    const rig = committed();
    rig.elect(2, [2]);
    rig.become(2, { log: logOf(['a']) });
    expect(rig.monitor.violations).toBe(0);
    rig.become(2, { ...LEADS, leaderEpoch: 1 });
    expect(rig.monitor.violations).toBe(1);
    expect(rig.verdictOn('committed-prefix-immutable')).toMatchObject({ verdict: 'violated', evidence: [{ atUs: rig.world.nowUs }] });
  });

  it('reads what a crash left on the disk: all of it, since the page cache survives', () => {
    const rig = committed();
    rig.world.crash(1, 'test');
    const [partition] = rig.monitor.cluster.partitions;
    expect(partition?.leader).toBeUndefined();
    expect(rig.monitor.cluster.isUp(1)).toBe(false);
    expect(partition?.logOn(1).logEndOffset).toBe(3);
  });

  it.each([['a power loss', 'powerLoss'], ['a wipe', 'wipe']] as const)('reads what %s left, and excuses the loss of the last in-sync replica', (_what, how) => {
    const rig = committed();
    rig.elect(1, [1]);
    rig.world[how](1);
    rig.world.start(1);
    const [partition] = rig.monitor.cluster.partitions;
    // Nothing was flushed: the stretch that survives is a draw of this seed, and not all of it.
    expect(partition?.logOn(1).logEndOffset).toBeLessThan(3);
    rig.become(1, { ...LEADS, leaderEpoch: 1 });
    expect(rig.verdictOn('committed-prefix-immutable')).toMatchObject({ verdict: 'held', note: expect.stringContaining('every member of the ISR of orders-0 ([broker-1]) had lost records with its disk') });
  });

  it('does not take a write that the disk refused for lost by the rules', () => {
    const rig = committed();
    rig.elect(1, [1]);
    rig.become(1, { leaderEpoch: 1 });
    rig.world.setDiskCondition(1, { full: true });
    rig.become(1, { log: logOf(['a', 'b', 'c', 'refused']), highWatermark: 4 });
    rig.world.crash(1, 'disk full');
    rig.world.start(1);
    rig.elect(1, [1]);
    rig.become(1, { ...LEADS, leaderEpoch: 2 });
    expect(rig.verdictOn('committed-prefix-immutable')).toMatchObject({ verdict: 'held', note: expect.stringMatching(/^1 excused/) });
  });

  it('judges what is asked for, and without a word all that applies', () => {
    const names = (rig: Rig): string[] => rig.monitor.verdicts(0).map(({ property }) => property);
    expect(names(new Rig(['reads-agree', 'one-leader-per-epoch', 'progress-after-heal']))).toEqual(['reads-agree', 'progress-after-heal', 'one-leader-per-epoch']);
    const all = names(new Rig());
    expect(all).toContain('acknowledged-records-survive');
    expect(all).not.toContain('progress-after-heal');
  });

  it('forks with the world: either side goes on without the other', () => {
    const rig = committed();
    const fork = rig.fork();
    fork.elect(2, [2]);
    fork.become(2, { log: logOf(['a']), ...LEADS, leaderEpoch: 1 });
    expect([rig.monitor.violations, fork.monitor.violations]).toEqual([0, 1]);
    rig.elect(2, [2]);
    rig.become(2, { ...LEADS, leaderEpoch: 1 });
    rig.become(2, { log: logOf(['a', 'b', 'c', 'd']), highWatermark: 4 });
    expect(rig.monitor.violations).toBe(0);
    expect(rig.monitor.cluster.partitions[0]?.leader?.log.logEndOffset).toBe(4);
    expect(fork.monitor.cluster.partitions[0]?.leader?.log.logEndOffset).toBe(1);
  });
});
