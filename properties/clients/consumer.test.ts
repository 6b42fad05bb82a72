import { describe, expect, it } from 'vitest';
import { CONSUMER_MACHINE, consumerNode } from '../../src/actors/consumer/node.ts';
import { consumerMachine } from '../../src/actors/consumer/machine.ts';
import type { ConsumerState } from '../../src/actors/consumer/state.ts';
import type { Reduced } from '../../src/actors/reduction.ts';
import type { Polled, PositionReset } from '../../src/history/observations.ts';
import type { ApiRequest, FetchPartition, FetchPartitionData, FetchRequest } from '../../src/kafka/api.ts';
import { parseConfig } from '../../src/kafka/config.ts';
import type { ErrorName } from '../../src/kafka/errors.ts';
import { batchOf, torn, withOffsets, type RecordBatch } from '../../src/kafka/records.ts';
import type { Effect, Received } from '../../src/kernel/effects.ts';
import { compiledEngine } from '../../src/kernel/statechart/engines.ts';
import { freshSeed } from '../support/seed.ts';
import { clientWorld, is, metadata, reply, TOPIC, type BrokerMemory, type ClientWorld, type ClientWorldOptions, type Leader, type Script } from './scripted-cluster.ts';

const ONE_LEADER: readonly Leader[] = [{ leaderId: 0, leaderEpoch: 1 }];

function consumer(config: Readonly<Record<string, unknown>> = {}, bootstrapServers: readonly number[] = [0]) {
  const parsed = parseConfig('consumer', { 'auto.offset.reset': 'earliest', ...config });
  expect(parsed.problems).toEqual([]);
  return consumerNode({ name: 'consumer', bootstrapServers, config: parsed.config, topics: [TOPIC] });
}

function start(options: Omit<ClientWorldOptions, 'seed'>): ClientWorld {
  return clientWorld({ seed: String(freshSeed('consumer')), ...options });
}

const polled = (run: ClientWorld): Polled[] => run.seen<Polled>('poll').map(({ observation }) => observation);
const values = (run: ClientWorld): string[] => polled(run).flatMap(({ records }) => records.map(({ offset, value }) => `${offset} ${value}`));
const resets = (run: ClientWorld): string[] => run.seen<PositionReset>('position.reset').map(({ observation: { partition, from, to, reason } }) => `${partition} ${from} -> ${to} ${reason}`);
const stateOf = (run: ClientWorld): ConsumerState => (run.world.contextOf(run.client, CONSUMER_MACHINE) as Reduced<ConsumerState>).state;
const requestsOf = (run: ClientWorld, broker: number, type: string): readonly ApiRequest[] => run.memory(broker).requests.filter((event) => event.type === type).map(({ message }) => message);

/** A batch of `values` at `baseOffset`, appended in `leaderEpoch`. */
function batch(baseOffset: number, leaderEpoch: number, ...batchValues: readonly string[]): RecordBatch {
  return withOffsets(batchOf(batchValues.map((value) => ({ key: null, value, timestampMs: 0 }))), baseOffset, leaderEpoch);
}

/** A log by partition, and how the leader of it answers. */
interface Served {
  readonly logs: readonly (readonly RecordBatch[])[];
  readonly leaders: readonly Leader[];
  readonly brokers?: readonly number[];
  readonly startOffset?: number;
  readonly batchesPerFetch?: number;
  readonly answersIdleFetches?: boolean;
}

function endOf(log: readonly RecordBatch[], startOffset = 0): number {
  return log.at(-1)?.nextOffset ?? startOffset;
}

function fetched(served: Served, request: FetchPartition): Pick<FetchPartitionData, 'errorCode' | 'records'> {
  const log = served.logs[request.partition] ?? [];
  const leader = served.leaders[request.partition] as Leader;
  const records = log.filter((each) => each.nextOffset > request.fetchOffset);
  const isOut = request.fetchOffset < (served.startOffset ?? 0) || request.fetchOffset > endOf(log, served.startOffset);
  const errorCode: ErrorName =
    request.currentLeaderEpoch < leader.leaderEpoch ? 'FENCED_LEADER_EPOCH'
      : request.currentLeaderEpoch > leader.leaderEpoch ? 'UNKNOWN_LEADER_EPOCH' : isOut ? 'OFFSET_OUT_OF_RANGE' : 'NONE';
  return { errorCode, records: errorCode === 'NONE' ? records : [] };
}

function answerFetch(event: Received<FetchRequest>, answer: (request: FetchPartition) => Pick<FetchPartitionData, 'errorCode' | 'records'>): readonly Effect[] {
  const { correlationId, topics } = event.message;
  return reply(event, {
    type: 'FetchResponse',
    correlationId,
    responses: topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map((request) => ({ partitionIndex: request.partition, highWatermark: 0, lastStableOffset: 0, logStartOffset: 0, ...answer(request) })),
    })),
  });
}

/** A leader that serves `served`; a fetch without records waits for ever, as a very long poll does. */
function leader(servedBy: Served | ((memory: BrokerMemory) => Served), epochEnd: { readonly leaderEpoch: number; readonly endOffset: number } = { leaderEpoch: 1, endOffset: 1_000 }): Script {
  return (memory, event) => {
    const served = typeof servedBy === 'function' ? servedBy(memory) : servedBy;
    const { logs, leaders, brokers = [0], startOffset = 0 } = served;
    if (is(event, 'MetadataRequest')) return metadata(event, brokers, leaders);
    if (is(event, 'ListOffsetsRequest')) {
      const { correlationId, topics } = event.message;
      return reply(event, {
        type: 'ListOffsetsResponse',
        correlationId,
        topics: topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ partitionIndex, timestamp }) => ({
            partitionIndex, errorCode: 'NONE', timestamp: -1, offset: timestamp === -2 ? startOffset : endOf(logs[partitionIndex] ?? [], startOffset),
            leaderEpoch: (leaders[partitionIndex] as Leader).leaderEpoch,
          })),
        })),
      });
    }
    if (is(event, 'OffsetForLeaderEpochRequest')) {
      const { correlationId, topics } = event.message;
      return reply(event, {
        type: 'OffsetForLeaderEpochResponse',
        correlationId,
        topics: topics.map(({ topic, partitions }) => ({ topic, partitions: partitions.map(({ partition }) => ({ partition, errorCode: 'NONE', ...epochEnd })) })),
      });
    }
    if (!is(event, 'FetchRequest')) return [];
    const isWorthIt = event.message.topics.some(({ partitions }) => partitions.some((request) => {
      const { errorCode, records } = fetched(served, request);
      return errorCode !== 'NONE' || records.length > 0;
    }));
    if (!isWorthIt && served.answersIdleFetches !== true) return [];
    return answerFetch(event, (request) => {
      const { errorCode, records } = fetched(served, request);
      return { errorCode, records: records.slice(0, served.batchesPerFetch) };
    });
  };
}

const countOf = (memory: BrokerMemory, type: string): number => memory.requests.filter((event) => event.type === type).length;

describe('where a consumer begins', () => {
  const logs = [[batch(5, 1, 'a', 'b'), batch(7, 1, 'c')]];

  it('is the start of the log with auto.offset.reset=earliest', () => {
    const run = start({ scripts: [leader({ logs, leaders: ONE_LEADER, startOffset: 5 })], client: consumer() });
    run.runUntilMs(500);
    expect(resets(run)).toEqual(['0 null -> 5 initial']);
    expect(values(run)).toEqual(['5 a', '6 b', '7 c']);
  });

  it('is the end of the log with auto.offset.reset=latest', () => {
    const run = start({ scripts: [leader({ logs, leaders: ONE_LEADER })], client: consumer({ 'auto.offset.reset': 'latest' }) });
    run.runUntilMs(500);
    expect(resets(run)).toEqual(['0 null -> 8 initial']);
    expect(values(run)).toEqual([]);
  });

  it('is nowhere with auto.offset.reset=none', () => {
    const run = start({ scripts: [leader({ logs, leaders: ONE_LEADER })], client: consumer({ 'auto.offset.reset': 'none' }) });
    run.runUntilMs(5_000);
    expect(stateOf(run).partitions.map(({ fetchState }) => fetchState)).toEqual(['INITIALIZING']);
    expect(countOf(run.memory(0), 'ListOffsetsRequest') + countOf(run.memory(0), 'FetchRequest')).toBe(0);
  });

  it('is asked for again while the leader answers OFFSET_NOT_AVAILABLE', () => {
    const healthy = leader({ logs, leaders: ONE_LEADER });
    const hesitant: Script = (memory, event) => {
      if (!is(event, 'ListOffsetsRequest') || countOf(memory, 'ListOffsetsRequest') > 2) return healthy(memory, event);
      const partitions = [{ partitionIndex: 0, errorCode: 'OFFSET_NOT_AVAILABLE' as const, timestamp: -1, offset: -1, leaderEpoch: -1 }];
      return reply(event, { type: 'ListOffsetsResponse', correlationId: event.message.correlationId, topics: [{ name: TOPIC, partitions }] });
    };
    const run = start({ scripts: [hesitant], client: consumer() });
    run.runUntilMs(190);
    expect(resets(run)).toEqual([]);
    run.runUntilMs(1_000);
    expect(resets(run)).toEqual(['0 null -> 0 initial']);
  });

  it('is found for partitions that appear later, too', () => {
    const growing = leader((memory) => ({ logs: [[batch(0, 1, 'a')], [batch(0, 1, 'b')]], answersIdleFetches: true, leaders: countOf(memory, 'MetadataRequest') > 1 ? [...ONE_LEADER, ...ONE_LEADER] : ONE_LEADER }));
    const run = start({ scripts: [growing], client: consumer({ 'metadata.max.age.ms': 1_000 }) });
    run.runUntilMs(900);
    expect(values(run)).toEqual(['0 a']);
    run.runUntilMs(1_500);
    expect(values(run)).toEqual(['0 a', '0 b']);
  });

  it('is found through another bootstrap server while the first is down', () => {
    const run = start({ scripts: [leader({ logs, leaders: ONE_LEADER }), leader({ logs, leaders: [{ leaderId: 1, leaderEpoch: 1 }], brokers: [1] })], client: consumer({}, [0, 1]), down: [0] });
    run.runUntilMs(2_000);
    expect(values(run)).toHaveLength(3);
  });
});

describe('what a consumer returns', () => {
  it('skips the records of a batch that lie below its position', () => {
    const run = start({ scripts: [leader({ logs: [[batch(0, 1, 'a', 'b', 'c')]], leaders: ONE_LEADER, startOffset: 2 })], client: consumer() });
    run.runUntilMs(500);
    expect(values(run)).toEqual(['2 c']);
  });

  it('passes over control batches without returning them', () => {
    const control = withOffsets(batchOf([{ key: null, value: 'COMMIT', timestampMs: 0 }], { producerId: 1, producerEpoch: 0, isControl: true }), 1, 1);
    const run = start({ scripts: [leader({ logs: [[batch(0, 1, 'a'), control, batch(2, 1, 'b')]], leaders: ONE_LEADER })], client: consumer() });
    run.runUntilMs(500);
    expect(values(run)).toEqual(['0 a', '2 b']);
    expect(stateOf(run).partitions[0]?.position).toBe(3);
  });

  it('is at most max.poll.records per poll, in order', () => {
    const log = Array.from({ length: 10 }, (_, i) => batch(i * 3, 1, `${i}a`, `${i}b`, `${i}c`));
    const run = start({ scripts: [leader({ logs: [log], leaders: ONE_LEADER })], client: consumer({ 'max.poll.records': 7 }) });
    run.runUntilMs(500);
    expect(polled(run).map(({ records }) => records.length)).toEqual([7, 7, 7, 7, 2]);
    expect(polled(run).flatMap(({ records }) => records.map(({ offset }) => offset))).toEqual(Array.from({ length: 30 }, (_, i) => i));
  });

  it('stops before a corrupt batch', () => {
    const run = start({ scripts: [leader({ logs: [[batch(0, 1, 'a'), torn(batch(1, 1, 'b')), batch(2, 1, 'c')]], leaders: ONE_LEADER })], client: consumer() });
    run.runUntilMs(1_000);
    expect(values(run)).toEqual(['0 a']);
    expect(countOf(run.memory(0), 'FetchRequest')).toBeLessThan(15);
  });

  it('comes with one fetch in flight per node, however many partitions it leads', () => {
    const leaders = Array.from({ length: 6 }, () => ({ leaderId: 0, leaderEpoch: 1 }));
    const run = start({ scripts: [leader({ logs: leaders.map((_, i) => [batch(0, 1, `p${i}`)]), leaders })], client: consumer() });
    for (let i = 0; i < 3_000 && run.world.step(); i += 1) {
      const fetches = stateOf(run).connections.flatMap(({ inFlight }) => inFlight).filter(({ purpose }) => purpose.kind === 'fetch');
      expect(fetches.length).toBeLessThan(2);
      if (run.world.nowUs > 400_000) break;
    }
    expect(values(run).sort()).toEqual(['0 p0', '0 p1', '0 p2', '0 p3', '0 p4', '0 p5']);
  });

  it('waits in the buffer while the consumer is paused', () => {
    const run = start({ scripts: [leader((memory) => ({ logs: [countOf(memory, 'FetchRequest') > 0 ? [batch(0, 1, 'a')] : []], leaders: ONE_LEADER }))], client: consumer() });
    while (!stateOf(run).connections.some(({ inFlight }) => inFlight.some(({ purpose }) => purpose.kind === 'fetch'))) run.world.step();
    run.call('app.pause', undefined);
    run.runUntilMs(1_000);
    expect(values(run)).toEqual([]);
    expect(countOf(run.memory(0), 'FetchRequest')).toBe(1);
    run.call('app.resume', undefined);
    expect(values(run)).toEqual(['0 a']);
  });

  it('repeats an idle fetch as it was, and nothing else', () => {
    const patient: Script = (memory, event) => (is(event, 'FetchRequest') ? answerFetch(event, () => ({ errorCode: 'NONE', records: [] })) : leader({ logs: [[]], leaders: ONE_LEADER })(memory, event));
    const run = start({ scripts: [patient], client: consumer() });
    run.runUntilMs(200);
    const fetches = requestsOf(run, 0, 'FetchRequest') as readonly FetchRequest[];
    expect(fetches.length).toBeGreaterThan(20);
    expect(new Set(fetches.map(({ topics }) => topics)).size).toBe(1);
    expect(run.memory(0).requests.length - fetches.length).toBe(2);
  });
});

describe('a consumer whose leader changes', () => {
  const before = [batch(0, 1, 'a', 'b')];
  const moving = (error: ErrorName, epochEnd: { leaderEpoch: number; endOffset: number }, newLog: readonly RecordBatch[]): readonly Script[] => {
    const second = { leaderId: 1, leaderEpoch: 2 };
    const old: Script = (memory, event) => {
      const hasMoved = countOf(memory, 'FetchRequest') > 1;
      if (is(event, 'FetchRequest') && hasMoved) return answerFetch(event, () => ({ errorCode: error, records: [] }));
      return leader({ logs: [before], leaders: [hasMoved ? second : { leaderId: 0, leaderEpoch: 1 }], brokers: [0, 1] })(memory, event);
    };
    return [old, leader({ logs: [newLog], leaders: [second], brokers: [0, 1] }, epochEnd)];
  };

  it.each(['NOT_LEADER_OR_FOLLOWER', 'FENCED_LEADER_EPOCH'] as const)('refreshes its metadata on %s, validates its position and goes on at the new leader', (error) => {
    const run = start({ scripts: moving(error, { leaderEpoch: 1, endOffset: 2 }, [...before, batch(2, 2, 'c')]), client: consumer() });
    run.runUntilMs(3_000);
    expect(values(run)).toEqual(['0 a', '1 b', '2 c']);
    expect(requestsOf(run, 1, 'OffsetForLeaderEpochRequest')).toHaveLength(1);
    expect(resets(run)).toEqual(['0 null -> 0 initial']);
  });

  it('returns to the divergence when the new leader has lost what it read (KIP-320)', () => {
    const run = start({ scripts: moving('NOT_LEADER_OR_FOLLOWER', { leaderEpoch: 1, endOffset: 1 }, [batch(0, 1, 'a'), batch(1, 2, 'x')]), client: consumer() });
    run.runUntilMs(3_000);
    expect(resets(run)).toEqual(['0 null -> 0 initial', '0 2 -> 1 truncation']);
    expect(values(run)).toEqual(['0 a', '1 b', '1 x']);
  });

  it('resets by policy when the new leader does not know the epoch', () => {
    const run = start({ scripts: moving('NOT_LEADER_OR_FOLLOWER', { leaderEpoch: -1, endOffset: -1 }, [batch(0, 2, 'x')]), client: consumer() });
    run.runUntilMs(3_000);
    expect(resets(run)).toEqual(['0 null -> 0 initial', '0 2 -> 0 truncation']);
    expect(values(run)).toEqual(['0 a', '1 b', '0 x']);
  });

  it('waits out an UNKNOWN_LEADER_EPOCH: the broker is behind, not the client', () => {
    const behind: Script = (memory, event) => {
      const healthy = leader({ logs: [before], leaders: ONE_LEADER });
      if (!is(event, 'FetchRequest') || countOf(memory, 'FetchRequest') > 2) return healthy(memory, event);
      return answerFetch(event, () => ({ errorCode: 'UNKNOWN_LEADER_EPOCH', records: [] }));
    };
    const run = start({ scripts: [behind], client: consumer() });
    run.runUntilMs(2_000);
    expect(values(run)).toEqual(['0 a', '1 b']);
    expect(countOf(run.memory(0), 'MetadataRequest')).toBe(1);
  });
});

describe('a consumer out of range', () => {
  it('resets by policy', () => {
    const truncated = leader((memory) => (countOf(memory, 'FetchRequest') > 1 ? { logs: [[batch(10, 1, 'z')]], leaders: ONE_LEADER, startOffset: 10 } : { logs: [[batch(0, 1, 'a')]], leaders: ONE_LEADER }));
    const run = start({ scripts: [truncated], client: consumer() });
    run.runUntilMs(1_000);
    expect(resets(run)).toEqual(['0 null -> 0 initial', '0 1 -> 10 outOfRange']);
    expect(values(run)).toEqual(['0 a', '10 z']);
  });
});

describe('a consumer whose broker does not answer', () => {
  it('disconnects after request.timeout.ms and asks again', () => {
    const silentOnce: Script = (memory, event) => {
      const isFirst = is(event, 'FetchRequest') && countOf(memory, 'FetchRequest') === 1;
      return isFirst ? [] : leader({ logs: [[batch(0, 1, 'a')]], leaders: ONE_LEADER })(memory, event);
    };
    const run = start({ scripts: [silentOnce], client: consumer({ 'request.timeout.ms': 1_000 }) });
    run.runUntilMs(900);
    expect(values(run)).toEqual([]);
    run.runUntilMs(3_000);
    expect(values(run)).toEqual(['0 a']);
  });

  it('reads on where it stood when the broker comes back, each record once', () => {
    const log = Array.from({ length: 100 }, (_, i) => batch(i, 1, `v${i}`));
    const run = start({ scripts: [leader({ logs: [log], leaders: ONE_LEADER, batchesPerFetch: 1 })], client: consumer() });
    run.runUntilMs(50);
    const readBefore = values(run).length;
    expect(readBefore).toBeGreaterThan(0);
    expect(readBefore).toBeLessThan(100);
    run.world.crash(0, 'test');
    run.runUntilMs(500);
    expect(values(run).length - readBefore).toBeLessThan(2);
    run.world.start(0);
    run.runUntilMs(5_000);
    expect(polled(run).flatMap(({ records }) => records.map(({ offset }) => offset))).toEqual(log.map(({ baseOffset }) => baseOffset));
  });

  it('returns each record once over datagrams that are lost, doubled and late', () => {
    const log = Array.from({ length: 60 }, (_, i) => batch(i, 1, `v${i}`));
    const run = start({
      scripts: [leader((memory) => ({ logs: [log.slice(0, 1 + countOf(memory, 'FetchRequest'))], leaders: ONE_LEADER }))],
      client: consumer({ 'request.timeout.ms': 600 }),
      datagrams: { loss: { numerator: 1, denominator: 5 }, duplicate: { numerator: 1, denominator: 5 }, reorder: { numerator: 1, denominator: 5 }, reorderUs: 300_000 },
    });
    run.runUntilMs(120_000);
    const offsets = polled(run).flatMap(({ records }) => records.map(({ offset }) => offset));
    expect(offsets).toEqual(log.map(({ baseOffset }) => baseOffset));
  });
});

describe('the consumer machine', () => {
  it('runs compiled throughout: no step falls back to the interpreter', () => {
    const { stats } = compiledEngine.load(consumerMachine);
    expect(stats.paths).toBeGreaterThan(5);
    expect(stats.interpretedRoots).toBe(0);
    expect(stats.fallbackSteps).toBe(0);
  });
});
