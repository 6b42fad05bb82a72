/**
 * Request handling together with the replicas it asks: one broker process of `apis` and replicas, in a world without a
 * network. Requests are handed in, answers are caught. Broker 1 leads t-0 and t-1, follows in t-2, does not host t-3.
 */
import { setup } from 'xstate';
import { describe, expect, it } from 'vitest';
import { EARLIEST_TIMESTAMP, LATEST_TIMESTAMP, type ApiRequest, type FetchPartition, type FetchRequest, type FetchResponse, type ListOffsetsResponse, type MetadataResponse, type OffsetForLeaderEpochResponse, type ProduceResponse } from '../../kafka/api.ts';
import { MetadataImage } from '../../kafka/metadata.ts';
import type { MetadataRecord } from '../../kafka/metadata-records.ts';
import { assert } from '../../kernel/assert.ts';
import type { EffectsEmitted, Message, ReplyTo, Stimulus } from '../../kernel/effects.ts';
import { engine } from '../../kernel/statechart/engines.ts';
import { US_PER_MS } from '../../kernel/time.ts';
import type { Transport } from '../../kernel/transport.ts';
import { World } from '../../kernel/world.ts';
import { fetcherMachine } from '../fetcher/machine.ts';
import { tell, type LocalEvent } from '../local-events.ts';
import { handOver, quietly, reduces, type Reduced } from '../reduction.ts';
import { replicaMachine } from '../replica/machine.ts';
import { produced, sampleSettings } from '../replica/sample.ts';
import type { ReplicaState } from '../replica/state.ts';
import { apisMachine } from './machine.ts';
import type { ApisState } from './state.ts';

const SELF = 1;
const FOLLOWER = 2;
const CONSUMER = 7;
const LEADER_EPOCH = 5;

class Caught implements Transport {
  readonly replies: { readonly to: ReplyTo; readonly message: Message }[] = [];
  readonly released: ReplyTo[] = [];
  readonly hungUp: ReplyTo[] = [];
  readonly messages = 0;
  send(): void {}
  reply(_world: World, _from: number, to: ReplyTo, message: Message): void { this.replies.push({ to, message }); }
  release(_world: World, _from: number, to: ReplyTo): void { this.released.push(to); }
  disconnect(): void {}
  hangUp(_world: World, _from: number, to: ReplyTo): void { this.hungUp.push(to); }
  machineStopped(): void {}
  arrive(): void {}
  nodeDown(): void {}
  nodeUp(): void {}
  fork(): Transport { return this; }
}

interface ToTell { readonly to: string; readonly event: LocalEvent }

/** Stands where the metadata machine does: says to the others what a test wants said. */
const speaker = setup({
  types: {} as { context: Reduced<null>; events: Stimulus<'speak', ToTell>; emitted: EffectsEmitted },
  actions: { speak: reduces((state: null, { data: { to, event } }: Stimulus<string, ToTell>) => ({ state, effects: [tell(to, event)] })), handOver },
}).createMachine({ id: 'speaker', context: () => quietly(null), on: { speak: { actions: ['speak', 'handOver'] } } });

const registrations: readonly MetadataRecord[] = [1, 2, 3].map((brokerId) => ({ type: 'RegisterBrokerRecord', brokerId, incarnationId: `incarnation-${brokerId}`, brokerEpoch: 10 + brokerId, fenced: brokerId === 3, inControlledShutdown: false }));
const partitions: readonly MetadataRecord[] = [0, 1, 2, 3].map((partitionId) => ({
  type: 'PartitionRecord', topicId: 'topic-1', partitionId, replicas: partitionId === 3 ? [3, 2] : [1, 2], isr: partitionId === 3 ? [3, 2] : [1, 2],
  leader: partitionId === 3 ? 3 : partitionId === 2 ? FOLLOWER : SELF, leaderEpoch: LEADER_EPOCH, partitionEpoch: 0, leaderRecoveryState: 'RECOVERED',
}));
const IMAGE = MetadataImage.empty().applyAll([...registrations, { type: 'TopicRecord', name: 't', topicId: 'topic-1' }, ...partitions], 0);

class Broker {
  readonly caught = new Caught();
  readonly world: World;
  private lastCorrelationId = 0;

  constructor() {
    const settings = sampleSettings();
    this.world = new World({
      seed: 'apis', transport: this.caught,
      programs: Object.fromEntries(Object.entries({ apis: apisMachine, replica: replicaMachine, fetcher: fetcherMachine, speaker }).map(([name, machine]) => [name, engine('compiled').load(machine)])),
      nodes: [{ name: 'broker', server: 'apis', boot: () => [
        { name: 'apis', machine: 'apis', input: { brokerId: SELF, image: MetadataImage.empty() } },
        { name: 'speaker', machine: 'speaker', input: undefined },
        ...[0, 1, 2].map((partition) => ({
          name: `t-${partition}`, machine: 'replica', input: { brokerId: SELF, topic: 't', partition, topicPartition: `t-${partition}`, settings, disk: { log: undefined, epochs: undefined, highWatermark: undefined } },
        })),
      ] }],
    });
    this.world.start(0);
  }

  /** The broker has caught up: its replicas know their leaders, requests are served. */
  open(): this {
    for (const partition of [0, 1, 2]) this.change(partition, {});
    this.say('apis', { type: 'metadata.published', nowMs: 0, image: IMAGE });
    return this;
  }

  say(to: string, event: LocalEvent): void {
    this.world.stimulate(0, this.world.node(0).slotOf('speaker'), 'speak', { to, event });
  }

  change(partition: number, registration: { readonly leader?: number; readonly leaderEpoch?: number; readonly partitionEpoch?: number }): void {
    this.say(`t-${partition}`, { type: 'partition.changed', nowMs: this.nowMs, registration: { ...IMAGE.partition('t', partition)!, ...registration }, brokers: IMAGE.brokers });
  }

  get nowMs(): number { return this.world.nowUs / US_PER_MS; }
  get apis(): ApisState { return (this.world.contextOf(0, 'apis') as Reduced<ApisState>).state; }
  get underWay(): number { return this.apis.operations.filter((operation) => operation !== undefined).length; }
  replica(partition: number): ReplicaState { return (this.world.contextOf(0, `t-${partition}`) as Reduced<ReplicaState>).state; }
  pass(ms: number): void { this.world.runUntil(this.world.nowUs + ms * US_PER_MS); }

  /** Hands a request in; what to look its answer up by. */
  request(message: { readonly type: string }, from = CONSUMER): ReplyTo {
    const correlationId = (this.lastCorrelationId += 1);
    this.world.deliver(0, this.world.node(0).slotOf('apis'), { ...message, correlationId } as ApiRequest, from, correlationId);
    return correlationId;
  }

  answer<Answer extends Message>(to: ReplyTo): Answer | undefined {
    const answers = this.caught.replies.filter((reply) => reply.to === to);
    assert(answers.length <= 1, `request ${to} is answered at most once`);
    return answers[0]?.message as Answer | undefined;
  }

  produce(acks: -1 | 0 | 1, partitionIndexes: readonly number[], timeoutMs = 1_000): ReplyTo {
    return this.request({ type: 'ProduceRequest', acks, timeoutMs, topicData: [{ name: 't', partitionData: partitionIndexes.map((index) => ({ index, records: produced(`${index}`) })) }] } as Message);
  }

  produced(to: ReplyTo): unknown {
    return this.answer<ProduceResponse>(to)?.responses[0]?.partitionResponses.map(({ index, errorCode, baseOffset }) => [index, errorCode, baseOffset]);
  }

  fetch(asked: readonly (readonly [partition: number, fetchOffset: number])[], change: Partial<FetchRequest> = {}): ReplyTo {
    const topics = [{ topic: 't', partitions: asked.map(([partition, fetchOffset]): FetchPartition => ({ partition, fetchOffset, currentLeaderEpoch: LEADER_EPOCH, lastFetchedEpoch: -1, logStartOffset: 0, partitionMaxBytes: 10_000 })) }];
    const request = { type: 'FetchRequest', replicaState: { replicaId: -1, replicaEpoch: -1 }, maxWaitMs: 500, minBytes: 1, maxBytes: 100_000, isolationLevel: 'read_uncommitted', topics, ...change };
    return this.request(request, change.replicaState?.replicaId ?? CONSUMER);
  }

  followerFetch(asked: readonly (readonly [partition: number, fetchOffset: number])[], change: Partial<FetchRequest> = {}): ReplyTo {
    return this.fetch(asked, { replicaState: { replicaId: FOLLOWER, replicaEpoch: 12 }, ...change });
  }

  fetched(to: ReplyTo): unknown {
    return this.answer<FetchResponse>(to)?.responses.flatMap((topic) => topic.partitions.map(({ partitionIndex, errorCode, highWatermark, records }) => [partitionIndex, errorCode, highWatermark, records.map(({ baseOffset }) => baseOffset)]));
  }
}

describe('a broker that has not caught up', () => {
  it.each(['ProduceRequest', 'FetchRequest', 'ListOffsetsRequest', 'MetadataRequest', 'OffsetForLeaderEpochRequest'])('closes the connection of a %s', (type) => {
    const broker = new Broker();
    const request = broker.request({ type });
    expect(broker.caught.hungUp).toEqual([request]);
    expect(broker.caught.replies).toEqual([]);
  });
});

describe('Produce (KafkaApis.handleProduceRequest, DelayedProduce)', () => {
  it('with acks=1 is answered in the order of the request, whoever has the partitions', () => {
    const broker = new Broker().open();
    expect(broker.produced(broker.produce(1, [3, 1, 2, 0, 9]))).toEqual([
      [3, 'NOT_LEADER_OR_FOLLOWER', -1], [1, 'NONE', 0], [2, 'NOT_LEADER_OR_FOLLOWER', -1], [0, 'NONE', 0], [9, 'UNKNOWN_TOPIC_OR_PARTITION', -1],
    ]);
    expect(broker.underWay).toBe(0);
  });

  it('with acks=all is answered when the last partition is replicated', () => {
    const broker = new Broker().open();
    const request = broker.produce(-1, [0, 1]);
    broker.followerFetch([[0, 1]]);
    expect(broker.produced(request)).toBe(undefined);
    broker.followerFetch([[1, 1]]);
    expect(broker.produced(request)).toEqual([[0, 'NONE', 0], [1, 'NONE', 0]]);
    broker.pass(5_000);
    expect(broker.produced(request), 'its timeout is off').toEqual([[0, 'NONE', 0], [1, 'NONE', 0]]);
  });

  it('with acks=all is answered REQUEST_TIMED_OUT for what is not replicated in time; a later commit is nobody\'s business', () => {
    const broker = new Broker().open();
    const request = broker.produce(-1, [0, 1]);
    broker.followerFetch([[1, 1]]);
    broker.pass(999);
    expect(broker.produced(request)).toBe(undefined);
    broker.pass(1);
    expect(broker.produced(request)).toEqual([[0, 'REQUEST_TIMED_OUT', -1], [1, 'NONE', 0]]);
    broker.followerFetch([[0, 1]], { maxWaitMs: 0 });
    expect([broker.replica(0).highWatermark, broker.underWay]).toEqual([1, 0]);
  });

  it('with acks=all is answered at once where it is refused, and the refusal waits with the rest', () => {
    const broker = new Broker().open();
    const request = broker.produce(-1, [2, 0]);
    expect(broker.produced(request)).toBe(undefined);
    broker.followerFetch([[0, 1]]);
    expect(broker.produced(request)).toEqual([[2, 'NOT_LEADER_OR_FOLLOWER', -1], [0, 'NONE', 0]]);
    expect(broker.produced(broker.produce(-1, [2, 3]))).toEqual([[2, 'NOT_LEADER_OR_FOLLOWER', -1], [3, 'NOT_LEADER_OR_FOLLOWER', -1]]);
  });

  it('with acks=all loses its leader: NOT_LEADER_OR_FOLLOWER, though the record may live on (KAFKA-13574)', () => {
    const broker = new Broker().open();
    const request = broker.produce(-1, [0]);
    broker.change(0, { leader: 2, leaderEpoch: 6, partitionEpoch: 1 });
    expect(broker.produced(request)).toEqual([[0, 'NOT_LEADER_OR_FOLLOWER', -1]]);
    expect(broker.replica(0).log.logEndOffset).toBe(1);
  });

  it('with acks=0 has no answer: the connection reads on, or is closed on an error', () => {
    const broker = new Broker().open();
    const good = broker.produce(0, [0, 1]);
    const bad = broker.produce(0, [0, 2]);
    const lost = broker.produce(0, [3]);
    expect([broker.caught.released, broker.caught.hungUp, broker.caught.replies, broker.underWay]).toEqual([[good], [bad, lost], [], 0]);
    expect(broker.replica(0).log.logEndOffset, 'one refusal does not undo the rest').toBe(2);
  });
});

describe('Fetch (ReplicaManager.fetchMessages, DelayedFetch)', () => {
  it('is answered in the order of the request, at once when there is data or an error', () => {
    const broker = new Broker().open();
    broker.produce(1, [0, 1]);
    expect(broker.fetched(broker.followerFetch([[1, 0], [0, 0]]))).toEqual([[1, 'NONE', 0, [0]], [0, 'NONE', 0, [0]]]);
    expect(broker.fetched(broker.followerFetch([[3, 0], [0, 1], [9, 0], [2, 0]]))).toEqual([
      [3, 'NOT_LEADER_OR_FOLLOWER', -1, []], [0, 'NONE', 0, []], [9, 'UNKNOWN_TOPIC_OR_PARTITION', -1, []], [2, 'NOT_LEADER_OR_FOLLOWER', -1, []],
    ]);
    expect(broker.fetched(broker.fetch([[3, 0]]))).toEqual([[3, 'NOT_LEADER_OR_FOLLOWER', -1, []]]);
  });

  it('of nothing is answered at once', () => {
    const broker = new Broker().open();
    expect(broker.fetched(broker.fetch([]))).toEqual([]);
  });

  it('that finds nothing waits for maxWaitMs, then is answered with what is true then', () => {
    const broker = new Broker().open();
    const request = broker.fetch([[0, 0], [1, 0]]);
    broker.pass(499);
    expect([broker.fetched(request), broker.underWay]).toEqual([undefined, 1]);
    broker.pass(1);
    expect(broker.fetched(request)).toEqual([[0, 'NONE', 0, []], [1, 'NONE', 0, []]]);
    expect(broker.underWay).toBe(0);
  });

  it('of a follower that waits is woken by an append', () => {
    const broker = new Broker().open();
    const request = broker.followerFetch([[0, 0], [1, 0]]);
    broker.produce(1, [1]);
    expect(broker.fetched(request)).toEqual([[0, 'NONE', 0, []], [1, 'NONE', 0, [0]]]);
    broker.pass(1_000);
    expect([broker.fetched(request), broker.underWay]).toEqual([[[0, 'NONE', 0, []], [1, 'NONE', 0, [0]]], 0]);
  });

  it('of a follower that waits learns the high watermark that its own fetch raised when its time is up', () => {
    const broker = new Broker().open();
    broker.produce(1, [0]);
    const request = broker.followerFetch([[0, 1]]);
    expect(broker.replica(0).highWatermark).toBe(1);
    broker.pass(500);
    expect(broker.fetched(request)).toEqual([[0, 'NONE', 1, []]]);
  });

  it('of a consumer is not woken by an append, but when it is committed', () => {
    const broker = new Broker().open();
    const request = broker.fetch([[0, 0]]);
    broker.produce(1, [0]);
    expect(broker.fetched(request)).toBe(undefined);
    broker.followerFetch([[0, 1]]);
    expect(broker.fetched(request)).toEqual([[0, 'NONE', 1, [0]]]);
  });

  it('that wants more than the first records waits for more, on partitions with and without data (fetch.min.bytes)', () => {
    const broker = new Broker().open();
    broker.produce(1, [0]);
    const size = broker.replica(0).log.sizeInBytes;
    const request = broker.followerFetch([[0, 0], [1, 0]], { minBytes: size * 3 });
    broker.produce(1, [0]);
    expect(broker.fetched(request)).toBe(undefined);
    broker.produce(1, [0]);
    expect(broker.fetched(request)).toEqual([[0, 'NONE', 0, [0, 1, 2]], [1, 'NONE', 0, []]]);
  });

  it('that waits is answered NOT_LEADER_OR_FOLLOWER when its leader goes', () => {
    const broker = new Broker().open();
    const [follower, consumer] = [broker.followerFetch([[0, 0]]), broker.fetch([[0, 0]])];
    broker.change(0, { leader: 2, leaderEpoch: 6, partitionEpoch: 1 });
    expect([broker.fetched(follower), broker.fetched(consumer)]).toEqual([[[0, 'NOT_LEADER_OR_FOLLOWER', -1, []]], [[0, 'NOT_LEADER_OR_FOLLOWER', -1, []]]]);
  });

  it('reads within maxBytes over all partitions, the first batch whatever its size (KIP-74)', () => {
    const broker = new Broker().open();
    broker.produce(1, [0, 1]);
    expect(broker.fetched(broker.followerFetch([[0, 0], [1, 0]], { maxBytes: 1 }))).toEqual([[0, 'NONE', 0, [0]], [1, 'NONE', 0, []]]);
    expect(broker.fetched(broker.followerFetch([[1, 0], [0, 0]], { maxBytes: 1 }))).toEqual([[1, 'NONE', 0, [0]], [0, 'NONE', 0, []]]);
  });

  it('with minBytes 0 or maxWaitMs 0 never waits', () => {
    const broker = new Broker().open();
    expect(broker.fetched(broker.fetch([[0, 0]], { minBytes: 0 }))).toEqual([[0, 'NONE', 0, []]]);
    expect(broker.fetched(broker.fetch([[0, 0]], { maxWaitMs: 0 }))).toEqual([[0, 'NONE', 0, []]]);
    expect(broker.replica(0).watchers).toEqual([]);
  });

  it('counts a follower\'s position once, however often it is read again', () => {
    const broker = new Broker().open();
    broker.followerFetch([[0, 0], [1, 0]], { minBytes: 100_000 });
    broker.pass(100);
    broker.produce(-1, [0]);
    broker.pass(300);
    expect([broker.replica(0).highWatermark, broker.replica(0).leadership?.remotes[0]?.lastFetchTimeMs]).toEqual([0, 0]);
  });

  it('keeps no more than a place for each fetch that waits, and more places when there are more', () => {
    const broker = new Broker().open();
    const requests = Array.from({ length: 40 }, () => broker.fetch([[0, 0]]));
    expect([broker.underWay, broker.apis.operations.length]).toEqual([40, 64]);
    broker.produce(1, [0]);
    broker.followerFetch([[0, 1]], { maxWaitMs: 0 });
    for (const request of requests) expect(broker.fetched(request)).toEqual([[0, 'NONE', 1, [0]]]);
    expect(broker.underWay).toBe(0);
  });
});

describe('ListOffsets and OffsetForLeaderEpoch', () => {
  it('are answered in the order of the request', () => {
    const broker = new Broker().open();
    broker.produce(1, [1]);
    broker.followerFetch([[1, 1]]);
    const asked = [[3, LATEST_TIMESTAMP], [1, LATEST_TIMESTAMP], [9, LATEST_TIMESTAMP], [1, EARLIEST_TIMESTAMP], [2, LATEST_TIMESTAMP]] as const;
    const topics = [{ name: 't', partitions: asked.map(([partitionIndex, timestamp]) => ({ partitionIndex, timestamp, currentLeaderEpoch: -1 })) }];
    const request = broker.request({ type: 'ListOffsetsRequest', replicaId: -1, isolationLevel: 'read_uncommitted', topics } as Message);
    expect(broker.answer<ListOffsetsResponse>(request)?.topics[0]?.partitions.map(({ partitionIndex, errorCode, offset }) => [partitionIndex, errorCode, offset])).toEqual([
      [3, 'NOT_LEADER_OR_FOLLOWER', -1], [1, 'NONE', 1], [9, 'UNKNOWN_TOPIC_OR_PARTITION', -1], [1, 'NONE', 0], [2, 'NOT_LEADER_OR_FOLLOWER', -1],
    ]);
  });

  it('name the epoch\'s end where it is led, and refuse elsewhere', () => {
    const broker = new Broker().open();
    broker.produce(1, [1]);
    const topics = [{ topic: 't', partitions: [2, 1, 3].map((partition) => ({ partition, currentLeaderEpoch: LEADER_EPOCH, leaderEpoch: LEADER_EPOCH })) }];
    const request = broker.request({ type: 'OffsetForLeaderEpochRequest', replicaId: -1, topics } as Message);
    expect(broker.answer<OffsetForLeaderEpochResponse>(request)?.topics[0]?.partitions).toEqual([
      { partition: 2, errorCode: 'NOT_LEADER_OR_FOLLOWER', leaderEpoch: -1, endOffset: -1 },
      { partition: 1, errorCode: 'NONE', leaderEpoch: LEADER_EPOCH, endOffset: 1 },
      { partition: 3, errorCode: 'NOT_LEADER_OR_FOLLOWER', leaderEpoch: -1, endOffset: -1 },
    ]);
    expect(broker.underWay).toBe(0);
  });
});

describe('Metadata (KafkaApis.handleTopicMetadataRequest)', () => {
  const ask = (topics: readonly { readonly name: string }[] | null): MetadataResponse => {
    const broker = new Broker().open();
    return broker.answer<MetadataResponse>(broker.request({ type: 'MetadataRequest', topics } as Message))!;
  };

  it('names the active brokers, and each partition with its leader', () => {
    const { brokers, topics } = ask(null);
    expect(brokers).toEqual([{ nodeId: 1 }, { nodeId: 2 }]);
    expect(topics[0]?.partitions[2]).toEqual({ errorCode: 'NONE', partitionIndex: 2, leaderId: 2, leaderEpoch: LEADER_EPOCH, replicaNodes: [1, 2], isrNodes: [1, 2], offlineReplicas: [] });
  });

  it('does not name a leader that is fenced', () => {
    expect(ask([{ name: 't' }]).topics[0]?.partitions[3]).toEqual({ errorCode: 'LEADER_NOT_AVAILABLE', partitionIndex: 3, leaderId: -1, leaderEpoch: LEADER_EPOCH, replicaNodes: [3, 2], isrNodes: [3, 2], offlineReplicas: [3] });
  });

  it('says of a topic that it does not know it', () => {
    expect(ask([{ name: 'u' }]).topics).toEqual([{ errorCode: 'UNKNOWN_TOPIC_OR_PARTITION', name: 'u', partitions: [] }]);
  });
});
