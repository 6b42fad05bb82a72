/**
 * The controller as a process: one machine, one file, brokers played by hand. What matters is when anything leaves it:
 * never before what it says is on the platter (QuorumController.handleCommit).
 */
import { describe, expect, it } from 'vitest';
import type { AlterPartitionResponse, ApiRequest, BrokerHeartbeatResponse, BrokerRegistrationResponse, FetchResponse, MetadataBatch } from '../../kafka/api.ts';
import { defaultConfig, type BrokerConfig } from '../../kafka/config.ts';
import type { CreatableTopic } from '../../kafka/create-topic.ts';
import { DEFAULT_CONTROL, type ReplicationControl } from '../../kafka/replication-control.ts';
import type { Message, ReplyTo } from '../../kernel/effects.ts';
import { engine } from '../../kernel/statechart/engines.ts';
import { US_PER_MS } from '../../kernel/time.ts';
import type { Transport } from '../../kernel/transport.ts';
import { World } from '../../kernel/world.ts';
import type { Reduced } from '../reduction.ts';
import { controllerMachine } from './machine.ts';
import { controllerNode } from './node.ts';
import { METADATA_LOG_FILE, type ControllerState } from './state.ts';
import type { MetadataLog } from './metadata-log.ts';

const FLUSH_MS = 4;
const SESSION_MS = 9_000;

class Caught implements Transport {
  readonly replies: { readonly to: ReplyTo; readonly message: Message; readonly atMs: number }[] = [];
  readonly released: ReplyTo[] = [];
  readonly hungUp: ReplyTo[] = [];
  readonly messages = 0;
  send(): void {}
  reply(world: World, _from: number, to: ReplyTo, message: Message): void { this.replies.push({ to, message, atMs: world.nowUs / US_PER_MS }); }
  release(_world: World, _from: number, to: ReplyTo): void { this.released.push(to); }
  disconnect(): void {}
  hangUp(_world: World, _from: number, to: ReplyTo): void { this.hungUp.push(to); }
  machineStopped(): void {}
  arrive(): void {}
  nodeDown(): void {}
  nodeUp(): void {}
  fork(): Transport { return this; }
}

const TOPIC: CreatableTopic = { name: 't', topicId: 'topic-1', numPartitions: 2, replicationFactor: 3 };

class Controller {
  readonly caught = new Caught();
  readonly world: World;
  private last = 0;

  constructor(config: Partial<BrokerConfig> = {}, control: Partial<ReplicationControl> = {}) {
    this.world = new World({
      seed: 'controller', transport: this.caught, flushLatency: { minUs: FLUSH_MS * US_PER_MS, maxUs: FLUSH_MS * US_PER_MS },
      programs: { controller: engine('compiled').load(controllerMachine) },
      nodes: [controllerNode({ name: 'controller', nodeId: 0, config: { ...defaultConfig('broker'), ...config }, control: { ...DEFAULT_CONTROL, ...control } })],
    });
    this.world.start(0);
  }

  get state(): ControllerState { return (this.world.contextOf(0, 'controller') as Reduced<ControllerState>).state; }
  get at(): string { const node = this.world.node(0); return node.programs[0]!.describe(node.states[0]!); }
  get nowMs(): number { return this.world.nowUs / US_PER_MS; }
  pass(ms: number): this { this.world.runUntil(this.world.nowUs + ms * US_PER_MS); return this; }

  request(message: { readonly type: string }, from = 1): ReplyTo {
    const correlationId = (this.last += 1);
    this.world.deliver(0, 0, { ...message, correlationId } as ApiRequest, from, correlationId);
    return correlationId;
  }

  answer<Answer extends Message>(to: ReplyTo): Answer | undefined {
    return this.caught.replies.find((reply) => reply.to === to)?.message as Answer | undefined;
  }

  register(brokerId: number, incarnationId = `${brokerId}/1`): ReplyTo { return this.request({ type: 'BrokerRegistrationRequest', brokerId, incarnationId } as Message, brokerId); }

  heartbeat(brokerId: number, currentMetadataOffset = 1_000_000, brokerEpoch = this.state.image.broker(brokerId)?.epoch ?? -1): ReplyTo {
    return this.request({ type: 'BrokerHeartbeatRequest', brokerId, brokerEpoch, currentMetadataOffset, wantFence: false, wantShutDown: false } as Message, brokerId);
  }

  fetch(from: number, fetchOffset: number, maxWaitMs = 500): ReplyTo {
    return this.request({ type: 'FetchRequest', maxWaitMs, topics: [{ topic: '__cluster_metadata', partitions: [{ partition: 0, fetchOffset }] }] } as Message, from);
  }

  fetched(to: ReplyTo): string[] | undefined {
    return this.answer<FetchResponse<MetadataBatch>>(to)?.responses[0]?.partitions[0]?.records.flatMap((batch) => batch.records.map(({ type }) => type));
  }

  alterPartition(brokerId: number, isr: readonly number[], partitionIndex = 0): ReplyTo {
    const { leaderEpoch, partitionEpoch } = this.state.image.partition('t', partitionIndex)!;
    const proposal = { partitionIndex, leaderEpoch, partitionEpoch, leaderRecoveryState: 'RECOVERED', newIsrWithEpochs: isr.map((id) => ({ brokerId: id, brokerEpoch: -1 })) };
    return this.request({ type: 'AlterPartitionRequest', brokerId, brokerEpoch: this.state.image.broker(brokerId)!.epoch, topics: [{ topicName: 't', partitions: [proposal] }] } as Message, brokerId);
  }

  want(topic: CreatableTopic = TOPIC, brokers = 3): this { this.world.stimulate(0, 0, 'admin.createTopics', { topics: [topic], brokers }); return this; }

  /** Brokers 1 to 3 registered and unfenced. */
  withBrokers(): this {
    this.pass(FLUSH_MS);
    for (const id of [1, 2, 3]) this.register(id);
    this.pass(2 * FLUSH_MS);
    for (const id of [1, 2, 3]) this.heartbeat(id);
    return this.pass(2 * FLUSH_MS);
  }

  /** Keeps the sessions of these brokers for a while. */
  keep(brokers: readonly number[], forMs: number): this {
    for (let passedMs = 0; passedMs < forMs; passedMs += 2_000) {
      for (const id of brokers) this.heartbeat(id);
      this.pass(Math.min(2_000, forMs - passedMs));
    }
    return this;
  }

  partition(index = 0): { leader: number; isr: readonly number[]; leaderEpoch: number } {
    const { leader, isr, leaderEpoch } = this.state.committedImage.partition('t', index)!;
    return { leader, isr, leaderEpoch };
  }
}

describe('a controller that starts', () => {
  it('serves nobody before its log is on the platter', () => {
    const controller = new Controller();
    const requests = [controller.register(1), controller.fetch(1, 0)];
    expect([controller.at, controller.caught.hungUp, controller.caught.replies]).toEqual(['Recovering', requests, []]);
    expect(controller.pass(FLUSH_MS).at).toBe('Active');
  });

  it('again replays what it knew; nobody lost a session by its absence', () => {
    const controller = new Controller().withBrokers().want().pass(2 * FLUSH_MS);
    const before = controller.state;
    controller.world.crash(0, 'test');
    controller.pass(60_000).world.start(0);
    controller.pass(FLUSH_MS);
    expect(controller.state.committedImage).toEqual(before.committedImage);
    expect([controller.state.committedOffset, controller.state.registrationOffsets, controller.state.epoch]).toEqual([before.committedOffset, before.registrationOffsets, 2]);
    controller.pass(SESSION_MS - FLUSH_MS - 1);
    expect(controller.state.image.brokers.map(({ fenced }) => fenced)).toEqual([false, false, false]);
    controller.pass(1 + 2 * FLUSH_MS);
    expect(controller.state.committedImage.brokers.map(({ fenced }) => fenced)).toEqual([true, true, true]);
  });

  it('after a power loss knows all that it ever told anybody', () => {
    for (let cutMs = 0; cutMs <= 6; cutMs += 1) {
      const controller = new Controller().withBrokers();
      const told = controller.state.committedOffset;
      controller.want();
      const request = controller.fetch(1, told);
      controller.pass(cutMs);
      const heard = controller.fetched(request)?.length ?? 0;
      controller.world.powerLoss(0);
      controller.world.start(0);
      expect(controller.pass(FLUSH_MS).state.committedOffset, `power lost after ${cutMs} ms`).toBeGreaterThanOrEqual(told + heard);
      expect(heard > 0).toBe(cutMs >= FLUSH_MS);
    }
  });
});

describe('a decision', () => {
  it('is answered and fetched when it is flushed, not before', () => {
    const controller = new Controller().pass(FLUSH_MS);
    const fetch = controller.fetch(2, 0);
    const registration = controller.register(1);
    controller.pass(FLUSH_MS - 0.001);
    expect([controller.state.image.broker(1)?.epoch, controller.state.committedImage.broker(1), controller.caught.replies]).toEqual([0, undefined, []]);
    controller.pass(0.001);
    expect(controller.answer<BrokerRegistrationResponse>(registration)).toMatchObject({ errorCode: 'NONE', brokerEpoch: 0 });
    expect(controller.fetched(fetch)).toEqual(['RegisterBrokerRecord']);
  });

  it('that comes during a flush goes with the next one, together with all others of its time (group commit)', () => {
    const controller = new Controller().pass(FLUSH_MS);
    const first = controller.register(1);
    controller.pass(1);
    const others = [controller.register(2), controller.register(3)];
    controller.pass(FLUSH_MS - 1);
    expect([controller.answer(first) === undefined, others.map((other) => controller.answer(other))]).toEqual([false, [undefined, undefined]]);
    controller.pass(FLUSH_MS);
    expect(controller.caught.replies.map(({ to, atMs }) => [to, atMs])).toEqual([[first, 2 * FLUSH_MS], [others[0], 3 * FLUSH_MS], [others[1], 3 * FLUSH_MS]]);
  });

  it('that changes nothing is answered at once when nothing is open, and else with what is open', () => {
    const controller = new Controller().withBrokers();
    expect(controller.answer(controller.heartbeat(1))).toBeDefined();
    controller.want();
    const late = controller.heartbeat(1);
    expect(controller.answer(late)).toBe(undefined);
    expect(controller.pass(FLUSH_MS).answer(late)).toBeDefined();
  });

  it('is on disk in the order in which it was made', () => {
    const controller = new Controller().withBrokers().want().pass(2 * FLUSH_MS);
    const log = controller.world.node(0).disk.read(METADATA_LOG_FILE) as MetadataLog;
    expect(log).toBe(controller.state.log);
    expect(log.read(0, log.endOffset).flatMap((batch) => batch.records.map(({ type }) => type))).toEqual([
      'RegisterBrokerRecord', 'RegisterBrokerRecord', 'RegisterBrokerRecord',
      'BrokerRegistrationChangeRecord', 'BrokerRegistrationChangeRecord', 'BrokerRegistrationChangeRecord', 'TopicRecord', 'PartitionRecord', 'PartitionRecord',
    ]);
  });

  it.each<[string, Parameters<World['setDiskCondition']>[1]]>([['flush', { flushFails: true }], ['write', { full: true }]])('that the disk does not take (%s) ends the process without a word (fault handler)', (_, condition) => {
    const controller = new Controller().withBrokers();
    const replies = controller.caught.replies.length;
    controller.world.setDiskCondition(0, condition);
    controller.register(1);
    controller.pass(FLUSH_MS);
    expect([controller.world.isUp(0), controller.caught.replies.length]).toEqual([false, replies]);
  });
});

describe('fetches of the metadata log', () => {
  it('wait for something new, or for their time', () => {
    const controller = new Controller().withBrokers();
    const end = controller.state.committedOffset;
    const request = controller.fetch(1, end);
    controller.pass(499);
    expect(controller.fetched(request)).toBe(undefined);
    expect(controller.pass(1).fetched(request)).toEqual([]);
    expect(controller.fetched(controller.fetch(1, end, 0))).toEqual([]);
    expect(controller.fetched(controller.fetch(1, end - 1))).toEqual(['BrokerRegistrationChangeRecord']);
  });

  it('of one broker take each other\'s place: the older connection is let go', () => {
    const controller = new Controller().withBrokers();
    const end = controller.state.committedOffset;
    const [older, younger] = [controller.fetch(1, end), controller.fetch(1, end)];
    expect([controller.caught.released, controller.state.parked.length]).toEqual([[older], 1]);
    controller.pass(500);
    expect([controller.answer(older), controller.fetched(younger)]).toEqual([undefined, []]);
  });
});

describe('registration (ClusterControlManager.registerBroker)', () => {
  it('of a second process is refused while the first has a session', () => {
    const controller = new Controller().pass(FLUSH_MS);
    controller.register(1);
    controller.pass(SESSION_MS - 1);
    expect(controller.answer<BrokerRegistrationResponse>(controller.register(1, '1/2'))?.errorCode).toBe('DUPLICATE_BROKER_REGISTRATION');
    const later = controller.pass(1).register(1, '1/2');
    expect(controller.pass(FLUSH_MS).answer<BrokerRegistrationResponse>(later)).toMatchObject({ errorCode: 'NONE', brokerEpoch: 1 });
  });

  it('of the same process again gives it the same epoch', () => {
    const controller = new Controller().withBrokers();
    const again = controller.register(2);
    expect(controller.pass(FLUSH_MS).answer<BrokerRegistrationResponse>(again)).toMatchObject({ errorCode: 'NONE', brokerEpoch: 1 });
    expect(controller.state.image.broker(2)?.fenced).toBe(false);
  });

  it('of a new process takes the old one out of every ISR, and its epoch is refused from then on', () => {
    const controller = new Controller().withBrokers().want().pass(2 * FLUSH_MS);
    const { leader } = controller.partition();
    const old = controller.state.image.broker(leader)!.epoch;
    controller.keep([1, 2, 3].filter((id) => id !== leader), SESSION_MS);
    controller.register(leader, 'new');
    controller.pass(2 * FLUSH_MS);
    expect(controller.partition().isr).not.toContain(leader);
    expect(controller.answer<BrokerHeartbeatResponse>(controller.heartbeat(leader, 1_000, old))).toMatchObject({ errorCode: 'STALE_BROKER_EPOCH', isFenced: true });
  });
});

describe('sessions (BrokerHeartbeatManager)', () => {
  it('begin fenced, and end that when the broker has read its own registration', () => {
    const controller = new Controller().pass(FLUSH_MS);
    controller.register(1);
    controller.register(2);
    controller.pass(2 * FLUSH_MS);
    expect(controller.answer<BrokerHeartbeatResponse>(controller.heartbeat(2, 0))).toMatchObject({ errorCode: 'NONE', isFenced: true, isCaughtUp: false });
    const caughtUp = controller.heartbeat(2, 1);
    expect(controller.pass(FLUSH_MS).answer<BrokerHeartbeatResponse>(caughtUp)).toMatchObject({ isFenced: false, isCaughtUp: true });
  });

  it('last broker.session.timeout.ms from the last heartbeat; then the broker is fenced and its partitions elect', () => {
    const controller = new Controller().withBrokers().want().pass(2 * FLUSH_MS);
    const { leader, leaderEpoch } = controller.partition();
    controller.heartbeat(leader);
    controller.keep([1, 2, 3].filter((id) => id !== leader), SESSION_MS - 1);
    expect(controller.partition()).toMatchObject({ leader, leaderEpoch });
    controller.pass(1 + FLUSH_MS);
    const after = controller.partition();
    expect(after.leader).not.toBe(leader);
    expect([after.isr.includes(leader), after.leaderEpoch]).toEqual([false, leaderEpoch + 1]);
    const back = controller.heartbeat(leader);
    expect(controller.pass(FLUSH_MS).answer<BrokerHeartbeatResponse>(back)?.isFenced).toBe(false);
  });

  it('never take the last member out of an ISR', () => {
    const controller = new Controller().withBrokers().want().pass(2 * FLUSH_MS);
    controller.pass(SESSION_MS + 2 * FLUSH_MS);
    for (const index of [0, 1]) expect([controller.partition(index).leader, controller.partition(index).isr.length]).toEqual([-1, 1]);
  });
});

describe('AlterPartition', () => {
  it('is answered with the commit of the change', () => {
    const controller = new Controller().withBrokers().want().pass(2 * FLUSH_MS);
    const { leader } = controller.partition();
    const request = controller.alterPartition(leader, [leader]);
    expect([controller.answer(request), controller.partition().isr.length]).toEqual([undefined, 3]);
    expect(controller.pass(FLUSH_MS).answer<AlterPartitionResponse>(request)?.topics[0]?.partitions[0]).toMatchObject({ errorCode: 'NONE', isr: [leader], partitionEpoch: 1 });
    expect(controller.partition().isr).toEqual([leader]);
  });
});

describe('wanted topics', () => {
  it('wait until so many brokers are active, and are created once', () => {
    const controller = new Controller().want().want();
    controller.pass(FLUSH_MS);
    for (const id of [1, 2, 3]) controller.register(id);
    controller.pass(2 * FLUSH_MS);
    for (const id of [1, 2]) controller.heartbeat(id);
    expect(controller.pass(FLUSH_MS).state.image.topics).toEqual([]);
    controller.heartbeat(3);
    controller.want();
    expect(controller.pass(2 * FLUSH_MS).state.committedImage.topics.map(({ name, partitions }) => [name, partitions.length])).toEqual([['t', 2]]);
    expect(controller.state.wanted).toEqual([]);
  });

  it('that cannot be created keep nobody else from it', () => {
    const controller = new Controller().want({ ...TOPIC, name: 'u', topicId: 'topic-2', replicationFactor: 4 }).want().withBrokers().pass(FLUSH_MS);
    expect(controller.state.committedImage.topics.map(({ name }) => name)).toEqual(['t']);
  });
});

describe('periodic elections', () => {
  /** Partition 0 after its preferred leader was away and is back in the ISR. */
  function returned(config: Partial<BrokerConfig> = {}): { controller: Controller; preferred: number } {
    const controller = new Controller(config).withBrokers().want().pass(2 * FLUSH_MS);
    const preferred = controller.partition().leader;
    controller.keep([1, 2, 3].filter((id) => id !== preferred), SESSION_MS + 100).keep([1, 2, 3], 4_000);
    controller.alterPartition(controller.partition().leader, [1, 2, 3]);
    controller.pass(FLUSH_MS);
    expect(controller.partition().leader).not.toBe(preferred);
    return { controller, preferred };
  }

  it('give a partition back to its preferred leader (auto.leader.rebalance.enable)', () => {
    const { controller, preferred } = returned({ leaderImbalanceCheckIntervalSeconds: 30 });
    expect(controller.keep([1, 2, 3], 20_000).partition().leader).toBe(preferred);
  });

  it('do not when that is switched off', () => {
    const { controller, preferred } = returned({ leaderImbalanceCheckIntervalSeconds: 30, autoLeaderRebalanceEnable: false });
    expect(controller.keep([1, 2, 3], 60_000).partition().leader).not.toBe(preferred);
  });

  /** Partition 0 when the only member of its ISR is gone. */
  function orphaned(rules: Partial<ReplicationControl>): { controller: Controller; lost: number; others: number[] } {
    const controller = new Controller({ uncleanLeaderElectionIntervalMs: 20_000 }, rules).withBrokers().want().pass(2 * FLUSH_MS);
    const lost = controller.partition().leader;
    const others = [1, 2, 3].filter((id) => id !== lost);
    controller.alterPartition(lost, [lost]);
    controller.keep(others, SESSION_MS + 100);
    return { controller, lost, others };
  }

  it('never give a partition to a replica outside its ISR, however often they are held', () => {
    const { controller, lost, others } = orphaned({});
    expect(controller.keep(others, 60_000).partition()).toMatchObject({ leader: -1, isr: [lost] });
    controller.heartbeat(lost);
    expect(controller.pass(FLUSH_MS).partition()).toMatchObject({ leader: lost, isr: [lost] });
  });

  it('do where unclean.leader.election.enable says so, and the new leader is alone in the ISR', () => {
    const { controller, others } = orphaned({ uncleanLeaderElectionEnable: true });
    const { leader, isr } = controller.partition();
    expect([others.includes(leader), isr]).toEqual([true, [leader]]);
  });
});
