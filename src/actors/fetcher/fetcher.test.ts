/** The fetcher as a machine: what it asks its leader, and what it makes of the answers. */
import { describe, expect, it } from 'vitest';
import { EARLIEST_TIMESTAMP, LATEST_TIMESTAMP, type FetchPartitionData, type FetchRequest, type FetchResponse, type ListOffsetsRequest, type ListOffsetsResponse } from '../../kafka/api.ts';
import { defaultConfig } from '../../kafka/config.ts';
import type { ErrorName } from '../../kafka/errors.ts';
import { withOffsets } from '../../kafka/records.ts';
import { KAFKA_RULES, type Rules } from '../../kafka/rules.ts';
import { assert } from '../../kernel/assert.ts';
import { Received, Stimulus, type Effect } from '../../kernel/effects.ts';
import { compiledEngine } from '../../kernel/statechart/engines.ts';
import type { EventObject, MachineState } from '../../kernel/statechart/engine.ts';
import type { LocalEvent } from '../local-events.ts';
import type { FetcherAdd } from '../replication-events.ts';
import { produced, told } from '../replica/sample.ts';
import type { Reduced } from '../reduction.ts';
import { fetcherMachine } from './machine.ts';
import type { FetcherState } from './state.ts';

const LEADER = 2;
const program = compiledEngine.load(fetcherMachine);

/** A fetcher, stepped by hand; effects of the last step, `after` timers apart. */
class Fetcher {
  private state: MachineState;
  effects: Effect[] = [];
  armed: string[] = [];

  constructor(rules: Partial<Rules> = {}) {
    this.state = program.start({ leaderId: LEADER, brokerId: 1, config: defaultConfig('broker'), rules: { ...KAFKA_RULES, ...rules } }, this);
  }

  emit(event: EventObject): void { this.effects.push(...(event as unknown as { effects: Effect[] }).effects); }
  schedule(id: string): void { this.armed.push(id); }
  cancel(): void {}

  on(event: EventObject): this {
    this.effects = [];
    this.state = program.step(this.state, event, this);
    return this;
  }

  get at(): string { return program.describe(this.state); }
  get context(): FetcherState { return (this.state.context as Reduced<FetcherState>).state; }
  get sent(): FetchRequest { return this.request<FetchRequest>('FetchRequest'); }
  get asked(): ListOffsetsRequest { return this.request<ListOffsetsRequest>('ListOffsetsRequest'); }
  phases(): string[] { return this.context.partitions.map(({ topicPartition, phase }) => `${topicPartition} ${phase}`); }
  told<Type extends LocalEvent['type']>(type: Type): Extract<LocalEvent, { type: Type }>[] { return told(this.effects, type); }
  /** Times out as an `after` does. */
  timeOut(): this { return this.on({ type: this.armed.at(-1) as string }); }

  private request<Request>(type: string): Request {
    const [effect, ...more] = this.effects.filter((each) => each.kind === 'send' && each.message.type === type);
    assert(effect?.kind === 'send' && more.length === 0, `one ${type} was sent`);
    return effect.message as unknown as Request;
  }
}

const add = (partition: number, change: Partial<FetcherAdd> = {}): FetcherAdd => ({
  type: 'fetcher.add', brokerEpoch: 11, topicPartition: `t-${partition}`, topic: 't', partition, leaderEpoch: 5, fetchOffset: 0, lastFetchedEpoch: -1, flushesAppends: false, ...change,
});
const received = <M extends FetchResponse | ListOffsetsResponse>(message: M): Received<M> => new Received(message, 1_000, 0, LEADER, -1);
const data = (partitionIndex: number, change: Partial<FetchPartitionData> = {}): FetchPartitionData => ({ partitionIndex, errorCode: 'NONE', highWatermark: 0, lastStableOffset: 0, logStartOffset: 0, records: [], ...change });
const answer = (fetcher: Fetcher, ...partitions: FetchPartitionData[]): Received<FetchResponse> =>
  received({ type: 'FetchResponse', correlationId: fetcher.context.lastCorrelationId, responses: [{ topic: 't', partitions }] });
const offsets = (fetcher: Fetcher, ...partitions: [partition: number, errorCode: ErrorName, offset: number][]): Received<ListOffsetsResponse> =>
  received({
    type: 'ListOffsetsResponse', correlationId: fetcher.context.lastCorrelationId,
    topics: [{ name: 't', partitions: partitions.map(([partitionIndex, errorCode, offset]) => ({ partitionIndex, errorCode, offset, timestamp: -1, leaderEpoch: 5 })) }],
  });
const offsetsAsked = ({ sent }: Fetcher): number[][] => sent.topics.flatMap(({ partitions }) => partitions.map(({ partition, fetchOffset }) => [partition, fetchOffset]));
const record = (offset: number, epoch = 5): FetchPartitionData['records'][number] => withOffsets(produced(), offset, epoch);
const lost = new Stimulus('connection.lost', 1_000, 0, { peer: LEADER, reason: 'reset' });

describe('rounds of a fetcher (AbstractFetcherThread.doWork)', () => {
  it('begin with the first partition and ask for all of them, in order, with the epochs of leader, log and broker', () => {
    const fetcher = new Fetcher();
    expect(fetcher.at).toBe('Idle');
    expect(fetcher.on(add(0, { fetchOffset: 7, lastFetchedEpoch: 4 })).at).toBe('Fetching');
    expect(fetcher.sent).toMatchObject({
      replicaState: { replicaId: 1, replicaEpoch: 11 }, maxWaitMs: 500, minBytes: 1,
      topics: [{ topic: 't', partitions: [{ partition: 0, currentLeaderEpoch: 5, fetchOffset: 7, lastFetchedEpoch: 4 }] }],
    });
    fetcher.on(add(1));
    expect(fetcher.effects, 'one request is in flight').toEqual([]);
    expect(offsetsAsked(fetcher.on(answer(fetcher, data(0))))).toEqual([[0, 7], [1, 0]]);
  });

  it('go on behind the data, in the epoch of its last batch', () => {
    const fetcher = new Fetcher().on(add(0));
    fetcher.on(answer(fetcher, data(0, { records: [record(0, 4), record(1, 5)], highWatermark: 1 })));
    expect(fetcher.told('follower.fetched')).toMatchObject([{ leaderId: LEADER, leaderEpoch: 5, fetchOffset: 0, nowMs: 1_000 }]);
    expect(fetcher.sent.topics[0]?.partitions[0]).toMatchObject({ fetchOffset: 2, lastFetchedEpoch: 5 });
  });

  // swarm, seed 143285: the leader's log began within a batch (DeleteRecords), of which the follower had cut its own version.
  it('wait for the replica where a batch begins below what was asked for, and may be refused', () => {
    const fetcher = new Fetcher().on(add(0, { fetchOffset: 3, lastFetchedEpoch: 4 })).on(add(1));
    fetcher.on(answer(fetcher, data(0, { records: [record(2)], logStartOffset: 3 })));
    expect(fetcher.told('follower.fetched')).toMatchObject([{ fetchOffset: 3 }]);
    expect(fetcher.at).toBe('Cutting');
    expect(offsetsAsked(fetcher.on({ type: 'fetcher.remove', topicPartition: 't-0' } as EventObject))).toEqual([[1, 0]]);
  });

  it('tell a replica nothing twice: an answer without news is worth no event', () => {
    const fetcher = new Fetcher().on(add(0));
    expect(fetcher.on(answer(fetcher, data(0))).told('follower.fetched').length).toBe(1);
    expect(fetcher.on(answer(fetcher, data(0))).told('follower.fetched')).toEqual([]);
    expect(fetcher.on(answer(fetcher, data(0, { highWatermark: 1 }))).told('follower.fetched').length).toBe(1);
    expect(fetcher.on(answer(fetcher, data(0, { highWatermark: 1, logStartOffset: 1 }))).told('follower.fetched').length).toBe(1);
  });

  it('under the mutant of before KIP-320 carry no epochs', () => {
    expect(new Fetcher({ fencesFetchesByLeaderEpoch: false, truncationProtocol: 'highWatermark' }).on(add(0, { lastFetchedEpoch: 4 })).sent.topics[0]?.partitions[0]).toMatchObject({ currentLeaderEpoch: -1, lastFetchedEpoch: -1 });
  });

  it('end with the last partition', () => {
    const fetcher = new Fetcher().on(add(0));
    fetcher.on({ type: 'fetcher.remove', topicPartition: 't-0' } as EventObject);
    expect(fetcher.on(answer(fetcher, data(0, { records: [record(0)] }))).told('follower.fetched')).toEqual([]);
    expect([fetcher.at, fetcher.effects]).toEqual(['Idle', []]);
  });

  it('take no answer but that to the last request', () => {
    const fetcher = new Fetcher().on(add(0));
    const stale = received<FetchResponse>({ type: 'FetchResponse', correlationId: 0, responses: [{ topic: 't', partitions: [data(0, { records: [record(0)] })] }] });
    expect(fetcher.on(stale).effects).toEqual([]);
    expect(fetcher.at).toBe('Fetching');
  });
});

describe('a partition that changes while its fetch is in flight', () => {
  const remove = { type: 'fetcher.remove', topicPartition: 't-0' } as EventObject;

  it('and follows in a new leader epoch ignores the data of the old one', () => {
    const fetcher = new Fetcher().on(add(0)).on(remove).on(add(0, { leaderEpoch: 6 }));
    fetcher.on(answer(fetcher, data(0, { records: [record(0)], highWatermark: 1 })));
    expect(fetcher.told('follower.fetched')).toEqual([]);
    expect(fetcher.sent.topics[0]?.partitions[0]).toMatchObject({ currentLeaderEpoch: 6, fetchOffset: 0 });
  });

  it('is not fenced for the epoch it was in before (AbstractFetcherThread.onPartitionFenced)', () => {
    const fetcher = new Fetcher().on(add(0)).on(remove).on(add(0, { leaderEpoch: 6 }));
    fetcher.on(answer(fetcher, data(0, { errorCode: 'FENCED_LEADER_EPOCH' })));
    expect([fetcher.phases(), fetcher.at]).toEqual([['t-0 Fetching'], 'Fetching']);
  });

  it.each<ErrorName>(['OFFSET_OUT_OF_RANGE', 'NOT_LEADER_OR_FOLLOWER', 'UNKNOWN_LEADER_EPOCH'])('does not suffer from an old answer %s', (errorCode) => {
    const fetcher = new Fetcher().on(add(0)).on(add(0, { leaderEpoch: 6 }));
    expect(fetcher.on(answer(fetcher, data(0, { errorCode }))).phases()).toEqual(['t-0 Fetching']);
  });

  it('and was told to go on elsewhere ignores data from where it was', () => {
    const fetcher = new Fetcher().on(add(0, { fetchOffset: 4 }));
    fetcher.on({ type: 'fetcher.truncated', topicPartition: 't-0', leaderEpoch: 5, fetchOffset: 2, lastFetchedEpoch: 4, truncationCompleted: true } as EventObject);
    fetcher.on(answer(fetcher, data(0, { records: [record(4)] })));
    expect(fetcher.told('follower.fetched')).toEqual([]);
    expect(offsetsAsked(fetcher)).toEqual([[0, 2]]);
  });

  it('leaves the others alone', () => {
    const fetcher = new Fetcher().on(add(0));
    fetcher.on(add(1)).on(answer(fetcher, data(0))).on(add(0, { leaderEpoch: 6 }));
    fetcher.on(answer(fetcher, data(0, { records: [record(0)] }), data(1, { records: [record(0)] })));
    expect(fetcher.told('follower.fetched').length).toBe(1);
    expect(offsetsAsked(fetcher)).toEqual([[1, 1], [0, 0]]);
  });
});

describe('an error of one partition', () => {
  const two = (): Fetcher => {
    const fetcher = new Fetcher().on(add(0)).on(add(1));
    return fetcher.on(answer(fetcher, data(0)));
  };

  it('FENCED_LEADER_EPOCH ends the following: the controller will name a newer leader', () => {
    const fetcher = two();
    expect(fetcher.on(answer(fetcher, data(0, { errorCode: 'FENCED_LEADER_EPOCH' }), data(1))).phases()).toEqual(['t-1 Fetching']);
  });

  it.each<ErrorName>(['NOT_LEADER_OR_FOLLOWER', 'UNKNOWN_LEADER_EPOCH', 'UNKNOWN_TOPIC_OR_PARTITION', 'KAFKA_STORAGE_ERROR'])('%s leaves it out for replica.fetch.backoff.ms, and the others go on', (errorCode) => {
    const fetcher = two();
    fetcher.on(answer(fetcher, data(0, { errorCode }), data(1, { records: [record(0)] })));
    expect(fetcher.effects).toContainEqual({ kind: 'schedule', key: 't-0', delayMs: 1_000, type: 'timer.backoff', data: 't-0' });
    expect([offsetsAsked(fetcher), fetcher.phases()]).toEqual([[[1, 1]], ['t-0 Delayed', 't-1 Fetching']]);
    fetcher.on(new Stimulus('timer.backoff', 2_000, 0, 't-0'));
    expect(offsetsAsked(fetcher.on(answer(fetcher, data(1))))).toEqual([[0, 0], [1, 1]]);
  });

  it('of the only partition leaves nothing to do until the back-off is over', () => {
    const fetcher = new Fetcher().on(add(0));
    expect(fetcher.on(answer(fetcher, data(0, { errorCode: 'NOT_LEADER_OR_FOLLOWER' }))).at).toBe('Idle');
    expect(fetcher.on(new Stimulus('timer.backoff', 2_000, 0, 't-0')).at).toBe('Fetching');
  });
});

describe('a diverging partition', () => {
  it('waits for its replica to truncate, then goes on from there; until then nothing is asked', () => {
    const fetcher = new Fetcher().on(add(0, { fetchOffset: 9, lastFetchedEpoch: 4 }));
    fetcher.on(answer(fetcher, data(0, { divergingEpoch: { epoch: 3, endOffset: 6 } })));
    expect(fetcher.told('follower.fetched')[0]?.data.divergingEpoch).toEqual({ epoch: 3, endOffset: 6 });
    expect([fetcher.at, fetcher.phases()]).toEqual(['Cutting', ['t-0 Cutting']]);
    fetcher.on({ type: 'fetcher.truncated', topicPartition: 't-0', leaderEpoch: 5, fetchOffset: 6, lastFetchedEpoch: 3, truncationCompleted: true } as EventObject);
    expect(fetcher.sent.topics[0]?.partitions[0]).toMatchObject({ fetchOffset: 6, lastFetchedEpoch: 3 });
  });

  it.each([
    ['is removed', { type: 'fetcher.remove', topicPartition: 't-0' }, 'Idle'],
    ['follows in another epoch', add(0, { leaderEpoch: 6 }), 'Fetching'],
  ])('that %s meanwhile holds up nobody', (_, event, state) => {
    const fetcher = new Fetcher().on(add(0));
    expect(fetcher.on(answer(fetcher, data(0, { divergingEpoch: { epoch: 3, endOffset: 0 } }))).on(event as EventObject).at).toBe(state);
  });

  it('that was truncated for another epoch stays where it is', () => {
    const fetcher = new Fetcher().on(add(0));
    fetcher.on({ type: 'fetcher.truncated', topicPartition: 't-0', leaderEpoch: 4, fetchOffset: 3, lastFetchedEpoch: 3, truncationCompleted: true } as EventObject);
    expect(fetcher.context.partitions[0]?.fetchOffset).toBe(0);
  });
});

describe('a partition whose offset the leader does not have (AbstractFetcherThread.fetchOffsetAndTruncate)', () => {
  const outOfRange = (): Fetcher => {
    const fetcher = new Fetcher().on(add(0, { fetchOffset: 9 }));
    return fetcher.on(answer(fetcher, data(0, { errorCode: 'OFFSET_OUT_OF_RANGE' })));
  };

  it('asks for the leader\'s end, then for its start, and hands both to the replica', () => {
    const fetcher = outOfRange();
    expect([fetcher.at, fetcher.asked.replicaId]).toEqual(['ListingOffsets', 1]);
    expect(fetcher.asked.topics[0]?.partitions).toEqual([{ partitionIndex: 0, currentLeaderEpoch: 5, timestamp: LATEST_TIMESTAMP }]);
    fetcher.on(offsets(fetcher, [0, 'NONE', 6]));
    expect(fetcher.asked.topics[0]?.partitions).toEqual([{ partitionIndex: 0, currentLeaderEpoch: 5, timestamp: EARLIEST_TIMESTAMP }]);
    fetcher.on(offsets(fetcher, [0, 'NONE', 2]));
    expect(fetcher.told('follower.outOfRange')).toEqual([{ type: 'follower.outOfRange', nowMs: 1_000, leaderId: LEADER, leaderEpoch: 5, leaderLogStartOffset: 2, leaderLogEndOffset: 6 }]);
    expect(fetcher.at).toBe('Cutting');
    expect(fetcher.on({ type: 'fetcher.truncated', topicPartition: 't-0', leaderEpoch: 5, fetchOffset: 6, lastFetchedEpoch: 4, truncationCompleted: true } as EventObject).at).toBe('Fetching');
  });

  it('that gets an error waits, and asks for both again when it is out of range again', () => {
    const fetcher = outOfRange();
    fetcher.on(offsets(fetcher, [0, 'NONE', 6]));
    expect(fetcher.on(offsets(fetcher, [0, 'NOT_LEADER_OR_FOLLOWER', -1])).phases()).toEqual(['t-0 Delayed']);
    fetcher.on(new Stimulus('timer.backoff', 2_000, 0, 't-0'));
    fetcher.on(answer(fetcher, data(0, { errorCode: 'OFFSET_OUT_OF_RANGE' })));
    expect(fetcher.asked.topics[0]?.partitions[0]?.timestamp).toBe(LATEST_TIMESTAMP);
  });

  it('that follows in another epoch meanwhile does not hear of the old range', () => {
    const fetcher = outOfRange().on(add(0, { leaderEpoch: 6 }));
    fetcher.on(offsets(fetcher, [0, 'NONE', 6]));
    expect([fetcher.told('follower.outOfRange'), fetcher.phases(), fetcher.at]).toEqual([[], ['t-0 Fetching'], 'Fetching']);
  });
});

describe('a leader that does not answer', () => {
  it('that closes the connection: every partition waits for the back-off', () => {
    const fetcher = new Fetcher().on(add(0)).on(add(1)).on(lost);
    expect([fetcher.at, fetcher.phases()]).toEqual(['Idle', ['t-0 Delayed', 't-1 Delayed']]);
    expect(fetcher.effects.map((effect) => effect.kind === 'schedule' && effect.key)).toEqual(['t-0', 't-1']);
  });

  it('within replica.socket.timeout.ms is disconnected first', () => {
    const fetcher = new Fetcher().on(add(0)).timeOut();
    expect(fetcher.effects.map(({ kind }) => kind)).toEqual(['disconnect', 'schedule']);
    expect(fetcher.at).toBe('Idle');
  });

  it('about offsets neither: it is asked for data again', () => {
    for (const give of [(fetcher: Fetcher) => fetcher.on(lost), (fetcher: Fetcher) => fetcher.timeOut()]) {
      const fetcher = new Fetcher().on(add(0));
      fetcher.on(answer(fetcher, data(0, { errorCode: 'OFFSET_OUT_OF_RANGE' })));
      expect(give(fetcher).phases()).toEqual(['t-0 Delayed']);
      expect(fetcher.on(new Stimulus('timer.backoff', 2_000, 0, 't-0')).at).toBe('Fetching');
    }
  });

  it('and comes back finds a partition that was added meanwhile', () => {
    const fetcher = new Fetcher().on(add(0)).on(lost);
    expect(offsetsAsked(fetcher.on(add(1)))).toEqual([[1, 0]]);
  });
});
