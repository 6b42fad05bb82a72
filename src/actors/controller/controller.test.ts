/**
 * The controller as a process: one machine, one file, brokers played by hand. What matters is when anything leaves it:
 * never before what it says is on the platter (QuorumController.handleCommit).
 */
import { describe, expect, it } from 'vitest';
import type { AlterPartitionResponse, ApiRequest, BrokerHeartbeatResponse, BrokerRegistrationResponse, CreateTopicsResponse, CreateTopicsTopic } from '../../kafka/api.ts';
import { defaultConfig, type BrokerConfig } from '../../kafka/config.ts';
import { DEFAULT_CONTROL, type ReplicationControl } from '../../kafka/replication-control.ts';
import { KAFKA_RULES } from '../../kafka/rules.ts';
import { assert } from '../../kernel/assert.ts';
import type { Message, ReplyTo } from '../../kernel/effects.ts';
import { engine } from '../../kernel/statechart/engines.ts';
import { US_PER_MS } from '../../kernel/time.ts';
import type { Transport } from '../../kernel/transport.ts';
import { World } from '../../kernel/world.ts';
import type { Reduced } from '../reduction.ts';
import { raftMachine } from '../raft/machine.ts';
import { renounce } from './commit.ts';
import { controllerMachine } from './machine.ts';
import { controllerNode } from './node.ts';
import type { ControllerState } from './state.ts';

const FLUSH_MS = 4;
const SESSION_MS = 9_000;

const WITHOUT_ELR: Partial<ReplicationControl> = { rules: { ...KAFKA_RULES, eligibleLeaderReplicas: false } };

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

class Controller {
  readonly caught = new Caught();
  readonly world: World;
  private last = 0;

  constructor(config: Partial<BrokerConfig> = {}, control: Partial<ReplicationControl> = {}) {
    this.world = new World({
      seed: 'controller', transport: this.caught, flushLatency: { minUs: FLUSH_MS * US_PER_MS, maxUs: FLUSH_MS * US_PER_MS },
      programs: { controller: engine('compiled').load(controllerMachine), raft: engine('compiled').load(raftMachine) },
      nodes: [controllerNode({ name: 'controller', nodeId: 0, voters: [0], config: { ...defaultConfig('broker'), ...config }, control: { ...DEFAULT_CONTROL, ...control } })],
    });
    this.world.start(0);
  }

  get state(): ControllerState { return (this.world.contextOf(0, 'controller') as Reduced<ControllerState>).state; }
  get at(): string { const node = this.world.node(0); const slot = node.slotOf('controller'); return node.programs[slot]!.describe(node.states[slot]!); }
  get nowMs(): number { return this.world.nowUs / US_PER_MS; }
  pass(ms: number): this { this.world.runUntil(this.world.nowUs + ms * US_PER_MS); return this; }

  /** A quorum of one elects itself: its vote, then its first record have to reach the platter. */
  active(): this {
    for (let waitedMs = 0; this.at !== 'Active'; waitedMs += 1) {
      assert(waitedMs < 5_000, 'a quorum of one elects itself');
      this.pass(1);
    }
    return this;
  }

  request(message: { readonly type: string }, from = 1): ReplyTo {
    const correlationId = (this.last += 1);
    this.world.deliver(0, this.world.node(0).slotOf('controller'), { ...message, correlationId } as ApiRequest, from, correlationId);
    return correlationId;
  }

  answer<Answer extends Message>(to: ReplyTo): Answer | undefined {
    return this.caught.replies.find((reply) => reply.to === to)?.message as Answer | undefined;
  }

  register(brokerId: number, incarnationId = `${brokerId}/1`): ReplyTo { return this.request({ type: 'BrokerRegistrationRequest', brokerId, incarnationId, previousBrokerEpoch: -1 } as Message, brokerId); }

  heartbeat(brokerId: number, currentMetadataOffset = 1_000_000, brokerEpoch = this.state.image.broker(brokerId)?.epoch ?? -1): ReplyTo {
    return this.request({ type: 'BrokerHeartbeatRequest', brokerId, brokerEpoch, currentMetadataOffset, wantFence: false, wantShutDown: false } as Message, brokerId);
  }

  alterPartition(brokerId: number, isr: readonly number[], partitionIndex = 0): ReplyTo {
    const { leaderEpoch, partitionEpoch } = this.state.image.partition('t', partitionIndex)!;
    const proposal = { partitionIndex, leaderEpoch, partitionEpoch, leaderRecoveryState: 'RECOVERED', newIsrWithEpochs: isr.map((id) => ({ brokerId: id, brokerEpoch: -1 })) };
    return this.request({ type: 'AlterPartitionRequest', brokerId, brokerEpoch: this.state.image.broker(brokerId)!.epoch, topics: [{ topicName: 't', partitions: [proposal] }] } as Message, brokerId);
  }

  create(topic: Partial<CreateTopicsTopic> = {}): ReplyTo {
    return this.request({ type: 'CreateTopicsRequest', timeoutMs: 30_000, topics: [{ name: 't', numPartitions: 2, replicationFactor: 3, assignments: [], configs: [], ...topic }] } as Message, 9);
  }

  /** Topic `t` exists. */
  withTopic(): this { this.create(); return this.pass(2 * FLUSH_MS); }

  /** Brokers 1 to 3 registered and unfenced. */
  withBrokers(): this {
    this.active();
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
  it('refuses everybody before it leads: NOT_CONTROLLER', () => {
    const controller = new Controller();
    const [registration, creation] = [controller.register(1), controller.create()];
    expect([controller.at, controller.answer<BrokerRegistrationResponse>(registration)?.errorCode]).toEqual(['Standby', 'NOT_CONTROLLER']);
    expect(controller.answer<CreateTopicsResponse>(creation)?.topics[0]?.errorCode).toBe('NOT_CONTROLLER');
    expect(controller.active().at).toBe('Active');
  });

  it('again replays what was committed; nobody lost a session by its absence', () => {
    const controller = new Controller().withBrokers().withTopic();
    const before = controller.state;
    controller.world.crash(0, 'test');
    controller.pass(60_000).world.start(0);
    controller.active();
    expect(controller.state.committedImage.topics).toEqual(before.committedImage.topics);
    expect(controller.state.committedImage.brokers).toEqual(before.committedImage.brokers);
    expect([controller.state.latest.registrationOffsets, controller.state.epoch > before.epoch]).toEqual([before.latest.registrationOffsets, true]);
    controller.pass(SESSION_MS - FLUSH_MS);
    expect(controller.state.image.brokers.map(({ fenced }) => fenced)).toEqual([false, false, false]);
    controller.pass(3 * FLUSH_MS);
    expect(controller.state.committedImage.brokers.map(({ fenced }) => fenced)).toEqual([true, true, true]);
  });

  it('after a power loss knows all that it ever told anybody', () => {
    for (let cutMs = 0; cutMs <= 6; cutMs += 1) {
      const controller = new Controller().withBrokers();
      const request = controller.create();
      controller.pass(cutMs);
      const wasTold = controller.answer(request) !== undefined;
      controller.world.powerLoss(0);
      controller.world.start(0);
      expect(!wasTold || controller.active().state.committedImage.topic('t') !== undefined, `power lost after ${cutMs} ms`).toBe(true);
      expect(wasTold).toBe(cutMs >= FLUSH_MS);
    }
  });
});

describe('a decision', () => {
  it('is seen by the next one at once, and answered when it is committed', () => {
    const controller = new Controller().active();
    const registration = controller.register(1);
    controller.pass(FLUSH_MS - 0.001);
    expect([controller.state.image.broker(1)?.incarnationId, controller.state.committedImage.broker(1), controller.answer(registration)]).toEqual(['1/1', undefined, undefined]);
    controller.pass(0.001);
    expect(controller.answer<BrokerRegistrationResponse>(registration)).toMatchObject({ errorCode: 'NONE' });
  });

  it('that comes during a flush goes with the next one, together with all others of its time (group commit)', () => {
    const controller = new Controller().active();
    const first = controller.register(1);
    controller.pass(1);
    const others = [controller.register(2), controller.register(3)];
    controller.pass(FLUSH_MS - 1);
    expect([controller.answer(first) === undefined, others.map((other) => controller.answer(other))]).toEqual([false, [undefined, undefined]]);
    controller.pass(FLUSH_MS);
    const [firstAtMs = 0, ...otherTimes] = controller.caught.replies.map(({ atMs }) => atMs);
    expect(otherTimes).toEqual([firstAtMs + FLUSH_MS, firstAtMs + FLUSH_MS]);
  });

  it('that changes nothing is answered at once when nothing is open, and else with what is open', () => {
    const controller = new Controller().withBrokers();
    expect(controller.answer(controller.heartbeat(1))).toBeDefined();
    controller.create();
    const late = controller.heartbeat(1);
    expect(controller.answer(late)).toBe(undefined);
    expect(controller.pass(FLUSH_MS).answer(late)).toBeDefined();
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

describe('a controller that loses the leadership', () => {
  it('forgets what is not committed and refuses whoever waited for it', () => {
    const controller = new Controller().withBrokers();
    const open = controller.create();
    expect(controller.state.image.topic('t')).toBeDefined();
    const { state, effects } = renounce(controller.state, { type: 'raft.resigned', epoch: controller.state.epoch });
    expect([state.image.topic('t'), state.epoch, state.sessions.size]).toEqual([undefined, -1, 0]);
    expect(effects).toContainEqual({ kind: 'reply', to: open, message: expect.objectContaining({ type: 'CreateTopicsResponse', topics: [expect.objectContaining({ errorCode: 'NOT_CONTROLLER' })] }) as Message });
    expect(renounce(controller.state, { type: 'raft.resigned', epoch: controller.state.epoch - 1 }).state, 'an older epoch').toBe(controller.state);
  });
});

describe('registration (ClusterControlManager.registerBroker)', () => {
  it('of a second process is refused while the first has a session', () => {
    const controller = new Controller().active();
    controller.register(1);
    controller.pass(SESSION_MS - 1);
    expect(controller.answer<BrokerRegistrationResponse>(controller.register(1, '1/2'))?.errorCode).toBe('DUPLICATE_BROKER_REGISTRATION');
    const later = controller.pass(1).register(1, '1/2');
    expect(controller.pass(FLUSH_MS).answer<BrokerRegistrationResponse>(later)).toMatchObject({ errorCode: 'NONE', brokerEpoch: 2 });
  });

  it('of the same process again gives it the same epoch', () => {
    const controller = new Controller().withBrokers();
    const again = controller.register(2);
    expect(controller.pass(FLUSH_MS).answer<BrokerRegistrationResponse>(again)).toMatchObject({ errorCode: 'NONE', brokerEpoch: 2 });
    expect(controller.state.image.broker(2)?.fenced).toBe(false);
  });

  it('of a new process takes the old one out of every ISR, and its epoch is refused from then on', () => {
    const controller = new Controller().withBrokers().withTopic();
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
    const controller = new Controller().active();
    controller.register(1);
    controller.register(2);
    controller.pass(2 * FLUSH_MS);
    expect(controller.answer<BrokerHeartbeatResponse>(controller.heartbeat(2, 0))).toMatchObject({ errorCode: 'NONE', isFenced: true, isCaughtUp: false });
    const caughtUp = controller.heartbeat(2, 2);
    expect(controller.pass(FLUSH_MS).answer<BrokerHeartbeatResponse>(caughtUp)).toMatchObject({ isFenced: false, isCaughtUp: true });
  });

  it('last broker.session.timeout.ms from the last heartbeat; then the broker is fenced and its partitions elect', () => {
    const controller = new Controller().withBrokers().withTopic();
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

  it('take the last member out of an ISR only where it stays eligible (KIP-966)', () => {
    const eligible = new Controller().withBrokers().withTopic();
    eligible.pass(SESSION_MS + 2 * FLUSH_MS);
    expect(eligible.state.committedImage.partition('t', 0)).toMatchObject({ leader: -1, isr: [], lastKnownElr: [expect.any(Number) as number] });
    const controller = new Controller({}, WITHOUT_ELR).withBrokers().withTopic();
    controller.pass(SESSION_MS + 2 * FLUSH_MS);
    for (const index of [0, 1]) expect([controller.partition(index).leader, controller.partition(index).isr.length]).toEqual([-1, 1]);
  });
});

describe('AlterPartition', () => {
  it('is answered with the commit of the change', () => {
    const controller = new Controller().withBrokers().withTopic();
    const { leader } = controller.partition();
    const request = controller.alterPartition(leader, [leader]);
    expect([controller.answer(request), controller.partition().isr.length]).toEqual([undefined, 3]);
    expect(controller.pass(FLUSH_MS).answer<AlterPartitionResponse>(request)?.topics[0]?.partitions[0]).toMatchObject({ errorCode: 'NONE', isr: [leader], partitionEpoch: 1 });
    expect(controller.partition().isr).toEqual([leader]);
  });
});

describe('controlled shutdown (BrokerHeartbeatManager)', () => {
  const leaving = (controller: Controller, brokerId: number, currentMetadataOffset = 1_000_000): ReplyTo =>
    controller.request({ type: 'BrokerHeartbeatRequest', brokerId, brokerEpoch: controller.state.image.broker(brokerId)!.epoch, currentMetadataOffset, wantFence: false, wantShutDown: true } as Message, brokerId);

  it('moves the leaderships away, and lets the broker go when every active broker knows', () => {
    const controller = new Controller().withBrokers().withTopic();
    const { leader } = controller.partition();
    const others = [1, 2, 3].filter((id) => id !== leader);
    const first = leaving(controller, leader);
    expect(controller.pass(FLUSH_MS).answer<BrokerHeartbeatResponse>(first)).toMatchObject({ isFenced: false, shouldShutDown: false });
    expect([controller.partition().leader === leader, controller.partition().isr.includes(leader)]).toEqual([false, false]);
    for (const id of others) controller.heartbeat(id, 3);
    const second = leaving(controller, leader);
    expect(controller.pass(FLUSH_MS).answer<BrokerHeartbeatResponse>(second)?.shouldShutDown).toBe(false);
    for (const id of others) controller.heartbeat(id);
    const third = leaving(controller, leader);
    expect(controller.pass(FLUSH_MS).answer<BrokerHeartbeatResponse>(third)).toMatchObject({ isFenced: true, shouldShutDown: true });
    expect(controller.state.image.broker(leader)?.fenced).toBe(true);
  });

  it('of a broker that leads nothing is granted at once', () => {
    const controller = new Controller().withBrokers();
    const only = leaving(controller, 1);
    expect(controller.pass(FLUSH_MS).answer<BrokerHeartbeatResponse>(only)?.shouldShutDown).toBe(true);
  });
});

describe('what administrators ask', () => {
  it('is answered item by item, with Kafka\'s errors', () => {
    const controller = new Controller().withBrokers().withTopic();
    const [again, tooMany] = [controller.create(), controller.create({ name: 'u', replicationFactor: 4 })];
    controller.pass(2 * FLUSH_MS);
    expect([again, tooMany].map((request) => controller.answer<CreateTopicsResponse>(request)?.topics[0]?.errorCode)).toEqual(['TOPIC_ALREADY_EXISTS', 'INVALID_REPLICATION_FACTOR']);
    expect(controller.state.committedImage.topics.map(({ name }) => name)).toEqual(['t']);
  });

  it('may place replicas by hand', () => {
    const controller = new Controller().withBrokers();
    controller.create({ numPartitions: -1, replicationFactor: -1, assignments: [{ partitionIndex: 0, brokerIds: [2, 1] }, { partitionIndex: 1, brokerIds: [3, 2] }] });
    controller.pass(2 * FLUSH_MS);
    expect([0, 1].map((index) => controller.state.committedImage.partition('t', index)?.replicas)).toEqual([[2, 1], [3, 2]]);
  });
});

describe('periodic elections', () => {
  /** Partition 0 after its preferred leader was away and is back in the ISR. */
  function returned(config: Partial<BrokerConfig> = {}): { controller: Controller; preferred: number } {
    const controller = new Controller(config).withBrokers().withTopic();
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
    const controller = new Controller({ uncleanLeaderElectionIntervalMs: 20_000 }, { ...WITHOUT_ELR, ...rules }).withBrokers().withTopic();
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
