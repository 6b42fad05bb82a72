/** The administrator's rules one by one, on its reducers alone: no world, no machine. Scenes with nodes are in properties/clients. */
import { describe, expect, it } from 'vitest';
import { Received, Stimulus, type ConnectionLost, type Effect } from '../../kernel/effects.ts';
import type { AdminCompleted } from '../../history/observations.ts';
import type {
  AdminCall, AdminRequest, AdminResponse, CreateTopicsRequest, DeleteRecordsRequest, ElectLeadersRequest, MetadataRequest, MetadataResponse,
} from '../../kafka/api.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import type { Reduced } from '../reduction.ts';
import { DEFAULT_ADMIN_CONFIG } from './config.ts';
import { connectionLost, enqueue, processAnswer, processMetadata, provision, timerFired } from './events.ts';
import { startAdmin, topicsExist, type AdminState } from './state.ts';

const BROKERS = [1, 2, 3];
const CONTROLLERS = [11, 12, 13];

const ELECT: AdminCall = { type: 'ElectLeadersRequest', electionType: 0, topicPartitions: [{ topic: 'gps', partitions: [0] }] };
const CREATE: AdminCall = { type: 'CreateTopicsRequest', topics: [{ name: 'trips', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }] };
const DELETE: AdminCall = { type: 'DeleteRecordsRequest', topics: [{ name: 'gps', partitions: [0, 1, 2].map((partitionIndex) => ({ partitionIndex, offset: 40 })) }] };
const GPS = { brokers: 3, topics: [{ name: 'gps', numPartitions: 2, replicationFactor: 3, assignments: [], configs: [] }] };

interface Sent<Message> {
  readonly to: number;
  readonly message: Message;
}

/** An admin client and everything it asked for, driven event by event. */
class Driven {
  state: AdminState = startAdmin({ bootstrapServers: BROKERS, bootstrapControllers: CONTROLLERS, config: DEFAULT_ADMIN_CONFIG, incarnation: 1 }).state;
  readonly effects: Effect[] = [];
  nowMs = 0;
  private draw = 0;

  private entropy(): number {
    this.draw += 1;
    return Math.imul(this.draw, 0x9e3779b1) >>> 0;
  }

  private reduce<Event>(reducer: (state: AdminState, event: Event) => Reduced<AdminState>, event: Event): void {
    const { state, effects } = reducer(this.state, event);
    this.state = state;
    this.effects.push(...effects);
  }

  provision(): void {
    this.reduce(provision, new Stimulus('admin.provision', this.nowMs, this.entropy(), GPS));
  }

  call(operationId: number, call: AdminCall = ELECT): void {
    this.reduce(enqueue, new Stimulus('admin.call', this.nowMs, this.entropy(), { operationId, call }));
  }

  answer({ to }: { readonly to: number }, message: AdminResponse): void {
    this.reduce(processAnswer, new Received(message, this.nowMs, this.entropy(), to, -1));
  }

  /** Answers an ElectLeaders request. */
  elected(request: Sent<AdminRequest>, errorCode: ErrorName = 'NONE', partitionError: ErrorName = 'NONE'): void {
    const partitionResult = errorCode === 'NONE' ? [{ partitionId: 0, errorCode: partitionError, errorMessage: null }] : [];
    this.answer(request, { type: 'ElectLeadersResponse', correlationId: request.message.correlationId, errorCode, replicaElectionResults: [{ topic: 'gps', partitionResult }] });
  }

  created(request: Sent<AdminRequest>, errorCode: ErrorName = 'NONE'): void {
    const { topics, correlationId } = request.message as CreateTopicsRequest;
    this.answer(request, {
      type: 'CreateTopicsResponse', correlationId, topics: topics.map(({ name, numPartitions, replicationFactor }) => ({ name, topicId: 'id', errorCode, errorMessage: null, numPartitions, replicationFactor })),
    });
  }

  deleted(request: Sent<DeleteRecordsRequest>, errorCode: ErrorName = 'NONE'): void {
    const topics = request.message.topics.map(({ name, partitions }) => ({
      name, partitions: partitions.map(({ partitionIndex, offset }) => ({ partitionIndex, errorCode, lowWatermark: errorCode === 'NONE' ? offset : -1 })),
    }));
    this.answer(request, { type: 'DeleteRecordsResponse', correlationId: request.message.correlationId, topics });
  }

  metadata(request: Sent<MetadataRequest>, leaders: readonly number[], brokers: readonly number[] = BROKERS): void {
    const message: MetadataResponse = {
      type: 'MetadataResponse', correlationId: request.message.correlationId, brokers: brokers.map((nodeId) => ({ nodeId })), controllerId: -1,
      topics: (request.message.topics ?? []).map(({ name }) => ({
        name, errorCode: 'NONE',
        partitions: leaders.map((leaderId, partitionIndex) => ({ partitionIndex, errorCode: 'NONE', leaderId, leaderEpoch: 1, replicaNodes: [], isrNodes: [], offlineReplicas: [] })),
      })),
    };
    this.reduce(processMetadata, new Received(message, this.nowMs, this.entropy(), request.to, -1));
  }

  lose(peer: number, reason: ConnectionLost['reason']): void {
    this.reduce(connectionLost, new Stimulus('connection.lost', this.nowMs, this.entropy(), { peer, reason }));
  }

  /** Lets time pass to the next armed timer, and has it fire. */
  next(): void {
    const { wakeupAtMs, timeoutAtMs } = this.state;
    this.nowMs = Math.max(this.nowMs, Math.min(wakeupAtMs, timeoutAtMs));
    this.reduce(timerFired, new Stimulus(wakeupAtMs <= timeoutAtMs ? 'wakeup' : 'timeout', this.nowMs, this.entropy(), undefined));
  }

  /** Lets time pass until something more is sent. */
  untilSent(): Sent<AdminRequest> {
    const before = this.sent().length;
    for (let i = 0; i < 20 && this.sent().length === before; i += 1) this.next();
    if (this.sent().length === before) throw new Error('nothing more was sent');
    return this.sent().at(-1) as Sent<AdminRequest>;
  }

  sent(): Sent<AdminRequest | MetadataRequest>[] {
    return this.effects.flatMap((effect) => (effect.kind === 'send' ? [{ to: effect.to, message: effect.message as AdminRequest | MetadataRequest }] : []));
  }

  last<Message = AdminRequest>(): Sent<Message> {
    return this.sent().at(-1) as unknown as Sent<Message>;
  }

  get completed(): AdminCompleted[] {
    return this.effects.flatMap((effect) => (effect.kind === 'observe' && effect.observation.type === 'admin.completed' ? [effect.observation as AdminCompleted] : []));
  }

  get outcomes(): string[] {
    return this.completed.map(({ operationId, outcome, errorCode }) => `${operationId} ${outcome} ${errorCode}`);
  }
}

describe('the active controller', () => {
  it('is found by asking one after the other, and asked first the next time', () => {
    const admin = new Driven();
    admin.call(0);
    expect(admin.last().to).toBe(11);
    admin.elected(admin.last(), 'NOT_CONTROLLER');
    expect(admin.sent()).toHaveLength(1);
    expect(admin.untilSent().to).toBe(12);
    // retry.backoff.ms, less its jitter of a fifth.
    expect(admin.nowMs).toBeGreaterThanOrEqual(80);
    admin.elected(admin.last());
    admin.call(1);
    expect(admin.last().to).toBe(12);
    expect(admin.outcomes).toEqual(['0 ok NONE']);
  });

  it('is looked for elsewhere when a node says nothing for request.timeout.ms, or refuses the connection', () => {
    const admin = new Driven();
    admin.call(0);
    admin.lose(11, 'refused');
    expect(admin.untilSent().to).toBe(12);
    const sentAtMs = admin.nowMs;
    expect(admin.untilSent().to).toBe(13);
    expect(admin.nowMs - sentAtMs).toBeGreaterThanOrEqual(DEFAULT_ADMIN_CONFIG.requestTimeoutMs);
    expect(admin.effects).toContainEqual({ kind: 'disconnect', to: 12 });
  });

  it('that has lost its office in the middle is no proof that nothing happened', () => {
    const admin = new Driven();
    admin.call(0, CREATE);
    admin.created(admin.last(), 'NOT_CONTROLLER');
    admin.created(admin.untilSent(), 'TOPIC_ALREADY_EXISTS');
    expect(admin.outcomes).toEqual(['0 unknown NONE']);
  });
});

describe('an operation', () => {
  it('waits until those before it have ended', () => {
    const admin = new Driven();
    for (const operationId of [0, 1, 2]) admin.call(operationId);
    expect(admin.sent()).toHaveLength(1);
    for (let i = 0; i < 3; i += 1) admin.elected(admin.last());
    expect(admin.sent()).toHaveLength(3);
    expect(admin.outcomes).toEqual(['0 ok NONE', '1 ok NONE', '2 ok NONE']);
  });

  it('that was never put on the wire fails when default.api.timeout.ms is over', () => {
    const admin = new Driven();
    admin.call(0);
    for (let i = 0; i < 1000 && admin.completed.length === 0; i += 1) {
      if (admin.sent().length > 0 && admin.state.current?.awaited === 1) admin.lose(admin.last().to, 'refused');
      else admin.next();
    }
    expect(admin.outcomes).toEqual(['0 fail REQUEST_TIMED_OUT']);
    expect(admin.nowMs).toBe(DEFAULT_ADMIN_CONFIG.defaultApiTimeoutMs);
  });

  it('that nobody answers is unknown when default.api.timeout.ms is over, and its late answer counts for nothing', () => {
    const admin = new Driven();
    admin.call(0);
    while (admin.completed.length === 0) admin.next();
    expect(admin.outcomes).toEqual(['0 unknown REQUEST_TIMED_OUT']);
    expect(admin.nowMs).toBe(DEFAULT_ADMIN_CONFIG.defaultApiTimeoutMs);
    const late = admin.last();
    admin.call(1);
    admin.elected(late);
    expect(admin.outcomes).toHaveLength(1);
    admin.elected(admin.last());
    expect(admin.outcomes.at(-1)).toBe('1 ok NONE');
  });

  it('tells the controller no more time than it has left', () => {
    const admin = new Driven();
    admin.call(0);
    expect((admin.last().message as ElectLeadersRequest).timeoutMs).toBe(30_000);
    admin.untilSent();
    const { timeoutMs } = admin.last().message as ElectLeadersRequest;
    expect(timeoutMs).toBe(60_000 - admin.nowMs);
  });

  it('that the controller refuses has failed, unless an earlier try may have done it', () => {
    const refused = new Driven();
    refused.call(0, CREATE);
    refused.created(refused.last(), 'TOPIC_ALREADY_EXISTS');
    expect(refused.outcomes).toEqual(['0 fail NONE']);
    expect(refused.completed[0]?.results).toEqual([{ name: 'trips', partition: -1, errorCode: 'TOPIC_ALREADY_EXISTS', errorMessage: null }]);

    const lost = new Driven();
    lost.call(0, CREATE);
    lost.lose(11, 'reset');
    lost.created(lost.untilSent(), 'TOPIC_ALREADY_EXISTS');
    expect(lost.outcomes).toEqual(['0 unknown NONE']);
  });

  it('is ok when some of its parts were carried out, and says which', () => {
    const admin = new Driven();
    admin.call(0, { type: 'ElectLeadersRequest', electionType: 0, topicPartitions: null });
    const partitionResult = [{ partitionId: 0, errorCode: 'NONE', errorMessage: null }, { partitionId: 1, errorCode: 'PREFERRED_LEADER_NOT_AVAILABLE', errorMessage: null }] as const;
    admin.answer(admin.last(), { type: 'ElectLeadersResponse', correlationId: admin.last().message.correlationId, errorCode: 'NONE', replicaElectionResults: [{ topic: 'gps', partitionResult }] });
    expect(admin.outcomes).toEqual(['0 ok NONE']);
    expect(admin.completed[0]?.results.map(({ name, partition, errorCode }) => `${name}-${partition} ${errorCode}`)).toEqual(['gps-0 NONE', 'gps-1 PREFERRED_LEADER_NOT_AVAILABLE']);
  });
});

describe('provisioning', () => {
  it('waits for the brokers before it asks the controller, and is over when the topics are there', () => {
    const admin = new Driven();
    admin.provision();
    expect(admin.last<MetadataRequest>().message).toMatchObject({ type: 'MetadataRequest', topics: [] });
    admin.metadata(admin.last(), [], [1, 2]);
    admin.untilSent();
    admin.metadata(admin.last(), [], [1, 2, 3]);
    expect(admin.last<CreateTopicsRequest>().message).toMatchObject({ type: 'CreateTopicsRequest', topics: GPS.topics });
    expect(topicsExist(admin.state)).toBe(false);
    admin.created(admin.last());
    expect(topicsExist(admin.state)).toBe(true);
    expect(admin.outcomes).toEqual(['-1 ok NONE']);
  });

  it.each(['TOPIC_ALREADY_EXISTS', 'NONE'] as const)('is done when the answer is %s, however long that takes', (errorCode) => {
    const admin = new Driven();
    admin.provision();
    admin.metadata(admin.last(), []);
    for (let i = 0; i < 200; i += 1) {
      admin.created(admin.last(), 'INVALID_REPLICATION_FACTOR');
      admin.untilSent();
    }
    expect(admin.nowMs).toBeGreaterThan(DEFAULT_ADMIN_CONFIG.defaultApiTimeoutMs);
    expect(admin.outcomes).toEqual([]);
    admin.created(admin.last(), errorCode);
    expect(topicsExist(admin.state)).toBe(true);
  });

  it('goes before operations that wait, and is not begun again', () => {
    const admin = new Driven();
    admin.call(0);
    admin.call(1);
    admin.provision();
    admin.provision();
    admin.elected(admin.last());
    admin.metadata(admin.last(), []);
    admin.created(admin.last());
    admin.provision();
    admin.elected(admin.last());
    expect(admin.completed.map(({ operationId }) => operationId)).toEqual([0, -1, 1]);
  });
});

describe('DeleteRecords', () => {
  it('goes to the leaders, and back to the lookup for those that turn out not to lead', () => {
    const admin = new Driven();
    admin.call(0, DELETE);
    expect(admin.last<MetadataRequest>().message.topics).toEqual([{ name: 'gps' }]);
    admin.metadata(admin.last(), [1, 2, 1]);
    const [first, second] = admin.sent().slice(-2) as unknown as [Sent<DeleteRecordsRequest>, Sent<DeleteRecordsRequest>];
    expect([first, second].map(({ to, message }) => [to, ...(message.topics[0]?.partitions ?? []).map(({ partitionIndex }) => partitionIndex)])).toEqual([[1, 0, 2], [2, 1]]);
    admin.deleted(second, 'NOT_LEADER_OR_FOLLOWER');
    admin.deleted(first);
    admin.untilSent();
    admin.metadata(admin.last(), [1, 3, 1]);
    expect(admin.last<DeleteRecordsRequest>()).toMatchObject({ to: 3, message: { topics: [{ name: 'gps', partitions: [{ partitionIndex: 1, offset: 40 }] }] } });
    admin.deleted(admin.last());
    expect(admin.outcomes).toEqual(['0 ok NONE']);
    expect(admin.completed[0]?.results.map(({ partition, lowWatermark }) => [partition, lowWatermark])).toEqual([[0, 40], [1, 40], [2, 40]]);
  });

  it('waits while a partition has no leader, and ends without a trace of the wait', () => {
    const admin = new Driven();
    admin.call(0, DELETE);
    admin.metadata(admin.last(), [-1, -1, -1]);
    admin.untilSent();
    admin.metadata(admin.last(), [2, 2, 2]);
    admin.deleted(admin.last());
    expect(admin.outcomes).toEqual(['0 ok NONE']);
  });

  it('beyond the end of the log fails where it is, and is not tried again', () => {
    const admin = new Driven();
    admin.call(0, DELETE);
    admin.metadata(admin.last(), [2, 2, 2]);
    admin.deleted(admin.last(), 'OFFSET_OUT_OF_RANGE');
    expect(admin.outcomes).toEqual(['0 fail NONE']);
  });

  it('of which one leader did its part is unknown as a whole when the other never answers', () => {
    const admin = new Driven();
    admin.call(0, DELETE);
    admin.metadata(admin.last(), [1, 1, 2]);
    admin.deleted(admin.sent().at(-2) as unknown as Sent<DeleteRecordsRequest>);
    while (admin.completed.length === 0) admin.next();
    expect(admin.outcomes).toEqual(['0 unknown REQUEST_TIMED_OUT']);
    expect(admin.completed[0]?.results.map(({ partition }) => partition)).toEqual([0, 1]);
  });
});
