import { describe, expect, it } from 'vitest';
import { PRODUCER_MACHINE, producerNode } from '../../src/actors/producer/node.ts';
import { producerMachine } from '../../src/actors/producer/machine.ts';
import type { ProducerState } from '../../src/actors/producer/state.ts';
import type { Reduced } from '../../src/actors/reduction.ts';
import type { SendCompleted, SendInvoked } from '../../src/history/observations.ts';
import { parseConfig } from '../../src/kafka/config.ts';
import { KAFKA_RULES } from '../../src/kafka/rules.ts';
import { compiledEngine } from '../../src/kernel/statechart/engines.ts';
import { freshSeed } from '../support/seed.ts';
import { clientWorld, endOffset, is, metadata, produced, TOPIC, type ClientWorld, type ClientWorldOptions, type Leader, type Script } from './scripted-cluster.ts';

const ONE_LEADER: readonly Leader[] = [{ leaderId: 0, leaderEpoch: 1 }];

function producer(config: Readonly<Record<string, unknown>>, bootstrapServers: readonly number[] = [0]) {
  const parsed = parseConfig('producer', { 'enable.idempotence': false, ...config });
  expect(parsed.problems).toEqual([]);
  return producerNode({ name: 'producer', bootstrapServers, config: parsed.config, rules: KAFKA_RULES, topics: [TOPIC] });
}

/** Says these leaders, appends everything. */
function healthy(brokers: readonly number[], leaders: readonly Leader[]): Script {
  return (memory, event) => {
    if (is(event, 'MetadataRequest')) return metadata(event, brokers, leaders);
    if (is(event, 'ProduceRequest')) return produced(memory, event);
    return [];
  };
}

function start(options: Omit<ClientWorldOptions, 'seed'>): ClientWorld {
  return clientWorld({ seed: String(freshSeed('producer')), ...options });
}

function send(run: ClientWorld, sendId: number, fields: { key?: string; partition?: number; topic?: string; value?: string } = {}): void {
  run.call('app.send', { sendId, topic: fields.topic ?? TOPIC, key: fields.key ?? null, value: fields.value ?? `value-${sendId}`, partition: fields.partition ?? null });
}

const completions = (run: ClientWorld): SendCompleted[] => run.seen<SendCompleted>('send.completed').map(({ observation }) => observation);
const outcomes = (run: ClientWorld): string[] => completions(run).map(({ sendId, outcome, errorCode }) => `${sendId} ${outcome} ${errorCode}`);
const valuesOf = (run: ClientWorld, broker: number): (string | null)[] => run.memory(broker).log.flatMap(({ batch }) => batch.records.map(({ value }) => value));
const countOf = (run: ClientWorld, broker: number, type: string): number => run.memory(broker).requests.filter((event) => event.type === type).length;
const stateOf = (run: ClientWorld): ProducerState => (run.world.contextOf(run.client, PRODUCER_MACHINE) as Reduced<ProducerState>).state;

/** Nothing is left behind: no memory taken, no request counted. */
function expectAtRest(run: ClientWorld): void {
  const state = stateOf(run);
  expect(state.availableBytes).toBe(state.config.bufferMemory);
  expect(state.queues.map(({ inFlightCount, open, closed }) => [inFlightCount, open, closed.length])).toEqual(state.queues.map(() => [0, null, 0]));
  expect(state.connections.flatMap(({ inFlight }) => inFlight)).toEqual([]);
}

describe('a producer among brokers that answer', () => {
  it('completes every send once, with the offset the leader gave it', () => {
    const run = start({ scripts: [healthy([0, 1], [{ leaderId: 0, leaderEpoch: 1 }, { leaderId: 1, leaderEpoch: 1 }]), healthy([0, 1], [])], client: producer({}) });
    for (let i = 0; i < 50; i += 1) {
      run.runUntilMs(10 + i * 3);
      send(run, i, { key: `truck-${i % 7}` });
    }
    run.runUntilMs(1_000);
    expect(run.seen<SendInvoked>('send.invoked').map(({ observation }) => observation.sendId)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(completions(run).map(({ sendId }) => sendId).sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    for (const { sendId, outcome, partition, offset } of completions(run)) {
      expect(outcome).toBe('ok');
      const holder = run.memory(Number(partition)).log.findLast((each) => each.partition === partition && each.baseOffset <= offset);
      expect(holder?.batch.records[offset - (holder?.baseOffset ?? 0)]?.value).toBe(`value-${sendId}`);
    }
    expectAtRest(run);
  });

  it('batches what comes within linger.ms', () => {
    const run = start({ scripts: [healthy([0], ONE_LEADER)], client: producer({ 'linger.ms': 20 }) });
    run.runUntilMs(100);
    for (let i = 0; i < 10; i += 1) {
      run.runUntilMs(100 + i);
      send(run, i);
    }
    run.runUntilMs(119);
    expect(countOf(run, 0, 'ProduceRequest')).toBe(0);
    run.runUntilMs(500);
    expect(countOf(run, 0, 'ProduceRequest')).toBe(1);
    expect(valuesOf(run, 0)).toHaveLength(10);
  });

  it('learns of a topic by sending to it', () => {
    const run = start({ scripts: [healthy([0], ONE_LEADER)], client: producer({}) });
    run.runUntilMs(100);
    send(run, 1, { topic: 'trips' });
    run.runUntilMs(1_000);
    expect(outcomes(run)).toEqual(['1 ok NONE']);
  });

  it('keeps the same digest under the interpreter', () => {
    const digest = (engine: 'compiled' | 'interpreter'): string => {
      const run = clientWorld({ engine, scripts: [healthy([0], ONE_LEADER)], client: producer({ 'linger.ms': 2 }) });
      for (let i = 0; i < 40; i += 1) {
        run.runUntilMs(i * 2);
        send(run, i);
      }
      run.runUntilMs(500);
      return `${run.world.digest} ${completions(run).length}`;
    };
    expect(digest('compiled')).toBe(digest('interpreter'));
  });
});

describe('a producer that finds its first broker', () => {
  it('goes on to the next bootstrap server while the first is down', () => {
    const run = start({ scripts: [healthy([2], []), healthy([2], []), healthy([2], [{ leaderId: 2, leaderEpoch: 1 }])], client: producer({}, [0, 1, 2]), down: [0, 1] });
    send(run, 1);
    run.runUntilMs(2_000);
    expect(outcomes(run)).toEqual(['1 ok NONE']);
  });

  it('fails a send for certain when no broker answers within max.block.ms', () => {
    const run = start({ scripts: [healthy([0], ONE_LEADER)], client: producer({ 'max.block.ms': 3_000 }), down: [0] });
    send(run, 1);
    run.runUntilMs(2_999);
    expect(outcomes(run)).toEqual([]);
    run.runUntilMs(3_001);
    expect(outcomes(run)).toEqual(['1 fail REQUEST_TIMED_OUT']);
    run.world.start(0);
    run.runUntilMs(10_000);
    expect(valuesOf(run, 0)).toEqual([]);
  });

  it('goes back to its bootstrap servers when the brokers it knows are gone', () => {
    const leaders: readonly Leader[] = [{ leaderId: 1, leaderEpoch: 1 }];
    const run = start({ scripts: [healthy([0], [{ leaderId: 0, leaderEpoch: 2 }]), healthy([1], leaders)], client: producer({}, [0, 1]), down: [0] });
    send(run, 1);
    run.runUntilMs(1_000);
    run.world.start(0);
    run.world.crash(1, 'test');
    send(run, 2);
    run.runUntilMs(5_000);
    expect(outcomes(run)).toEqual(['1 ok NONE', '2 ok NONE']);
    expect(valuesOf(run, 0)).toEqual(['value-2']);
  });
});

describe('a producer whose leader has moved', () => {
  const moved = (error: 'NOT_LEADER_OR_FOLLOWER' | 'NOT_ENOUGH_REPLICAS'): readonly Script[] => [
    (memory, event) => {
      const hasRefused = memory.requests.some((each) => each.type === 'ProduceRequest');
      if (is(event, 'MetadataRequest')) return metadata(event, [0, 1], [hasRefused ? { leaderId: 1, leaderEpoch: 2 } : { leaderId: 0, leaderEpoch: 1 }]);
      if (is(event, 'ProduceRequest')) return produced(memory, event, error);
      return [];
    },
    healthy([0, 1], [{ leaderId: 1, leaderEpoch: 2 }]),
  ];

  it('refreshes its metadata on NOT_LEADER_OR_FOLLOWER and retries at the new leader', () => {
    const run = start({ scripts: moved('NOT_LEADER_OR_FOLLOWER'), client: producer({}) });
    run.runUntilMs(500);
    send(run, 1);
    run.runUntilMs(2_000);
    expect(outcomes(run)).toEqual(['1 ok NONE']);
    expect(countOf(run, 1, 'ProduceRequest')).toBe(1);
    expectAtRest(run);
  });

  it('does not let an older leader epoch undo what it knows', () => {
    const scripts: readonly Script[] = [
      healthy([0, 1], [{ leaderId: 0, leaderEpoch: 7 }]),
      healthy([0, 1], [{ leaderId: 1, leaderEpoch: 6 }]),
    ];
    const run = start({ scripts, client: producer({ 'metadata.max.age.ms': 200 }, [0]) });
    for (let i = 0; i < 20; i += 1) {
      run.runUntilMs(200 + i * 250);
      send(run, i);
    }
    run.runUntilMs(10_000);
    expect(countOf(run, 1, 'ProduceRequest')).toBe(0);
    expect(countOf(run, 1, 'MetadataRequest') + countOf(run, 0, 'MetadataRequest')).toBeGreaterThan(10);
    expect(completions(run).every(({ outcome }) => outcome === 'ok')).toBe(true);
  });

  it('ends a send as unknown when retries run out after NOT_LEADER_OR_FOLLOWER, which may come after the append', () => {
    const stuck: Script = (memory, event) =>
      is(event, 'MetadataRequest') ? metadata(event, [0], ONE_LEADER) : is(event, 'ProduceRequest') ? produced(memory, event, 'NOT_LEADER_OR_FOLLOWER') : [];
    const run = start({ scripts: [stuck], client: producer({ retries: 2 }) });
    run.runUntilMs(100);
    send(run, 1);
    run.runUntilMs(5_000);
    expect(outcomes(run)).toEqual(['1 unknown NOT_LEADER_OR_FOLLOWER']);
    expect(countOf(run, 0, 'ProduceRequest')).toBe(3);
    expectAtRest(run);
  });

  it('ends a send as failed when every attempt was refused with NOT_ENOUGH_REPLICAS', () => {
    const stuck: Script = (memory, event) =>
      is(event, 'MetadataRequest') ? metadata(event, [0], ONE_LEADER) : is(event, 'ProduceRequest') ? produced(memory, event, 'NOT_ENOUGH_REPLICAS') : [];
    const run = start({ scripts: [stuck], client: producer({ 'delivery.timeout.ms': 2_000, 'request.timeout.ms': 1_000 }) });
    run.runUntilMs(100);
    send(run, 1);
    run.runUntilMs(5_000);
    expect(outcomes(run)[0]).toMatch(/^1 fail /);
    expect(countOf(run, 0, 'ProduceRequest')).toBeGreaterThan(3);
    expectAtRest(run);
  });
});

/** Takes the first produce request without a word; answers the later ones. */
const silentOnce: Script = (memory, event) => {
  if (is(event, 'MetadataRequest')) return metadata(event, [0], ONE_LEADER);
  if (!is(event, 'ProduceRequest')) return [];
  return memory.requests.filter((each) => each.type === 'ProduceRequest').length === 1 ? [] : produced(memory, event);
};

describe('a producer whose leader does not answer', () => {
  it('disconnects after request.timeout.ms and sends again, which may make a duplicate', () => {
    const run = start({ scripts: [silentOnce], client: producer({ 'request.timeout.ms': 1_000 }) });
    run.runUntilMs(100);
    send(run, 1);
    run.runUntilMs(5_000);
    expect(outcomes(run)).toEqual(['1 ok NONE']);
    expect(valuesOf(run, 0)).toEqual(['value-1', 'value-1']);
    expect(run.seen<SendCompleted>('send.completed')[0]?.atMs).toBeGreaterThan(1_100);
    expectAtRest(run);
  });

  it('ends a batch in flight at delivery.timeout.ms as unknown', () => {
    const silent: Script = (_memory, event) => (is(event, 'MetadataRequest') ? metadata(event, [0], ONE_LEADER) : []);
    const run = start({ scripts: [silent], client: producer({ 'delivery.timeout.ms': 1_000, 'request.timeout.ms': 900, 'linger.ms': 0 }) });
    run.runUntilMs(100);
    send(run, 1);
    run.runUntilMs(1_200);
    expect(outcomes(run)).toEqual(['1 unknown REQUEST_TIMED_OUT']);
    run.runUntilMs(20_000);
    expect(completions(run)).toHaveLength(1);
    expectAtRest(run);
  });

  it('ends a batch that never left at delivery.timeout.ms as failed', () => {
    const run = start({ scripts: [healthy([0, 1], [{ leaderId: 1, leaderEpoch: 1 }]), healthy([0, 1], [])], client: producer({ 'delivery.timeout.ms': 2_000, 'request.timeout.ms': 1_500 }), down: [1] });
    run.runUntilMs(100);
    send(run, 1);
    run.runUntilMs(3_000);
    expect(outcomes(run)).toEqual(['1 fail REQUEST_TIMED_OUT']);
    run.world.start(1);
    run.runUntilMs(10_000);
    expect(valuesOf(run, 1)).toEqual([]);
    expectAtRest(run);
  });

  it('sends a batch that was refused a connection once the broker is up, without a duplicate and in order', () => {
    const run = start({ scripts: [healthy([0, 1], [{ leaderId: 1, leaderEpoch: 1 }]), healthy([0, 1], [])], client: producer({ 'linger.ms': 0 }), down: [1] });
    run.runUntilMs(100);
    for (let i = 0; i < 12; i += 1) send(run, i);
    run.runUntilMs(1_000);
    run.world.start(1);
    run.runUntilMs(5_000);
    expect(valuesOf(run, 1)).toEqual(Array.from({ length: 12 }, (_, i) => `value-${i}`));
    expect(completions(run).every(({ outcome }) => outcome === 'ok')).toBe(true);
    expectAtRest(run);
  });

  it('retries what was in flight when the broker crashed', () => {
    const run = start({ scripts: [silentOnce, silentOnce], client: producer({}) });
    run.runUntilMs(100);
    send(run, 1);
    run.runUntilMs(200);
    run.world.crash(0, 'test');
    run.runUntilMs(300);
    run.world.start(0);
    run.runUntilMs(310);
    send(run, 2);
    run.runUntilMs(40_000);
    expect(completions(run).map(({ outcome }) => outcome)).toEqual(['ok', 'ok']);
    expectAtRest(run);
  });
});

describe('the order of a producer', () => {
  const flaky: Script = (memory, event) => {
    if (is(event, 'MetadataRequest')) return metadata(event, [0], ONE_LEADER);
    if (!is(event, 'ProduceRequest')) return [];
    const n = memory.requests.filter((each) => each.type === 'ProduceRequest').length;
    return produced(memory, event, n % 3 === 1 ? 'NOT_ENOUGH_REPLICAS' : 'NONE');
  };
  /** Offsets count every batch the script took; the order of acknowledged ones is what matters. */
  const ackedInOrder = (run: ClientWorld): number[] => completions(run).toSorted((a, b) => a.offset - b.offset).map(({ sendId }) => sendId);
  const sendMany = (run: ClientWorld): void => {
    for (let i = 0; i < 60; i += 1) {
      run.runUntilMs(100 + Math.floor(i / 5) * 20);
      send(run, i);
    }
    run.runUntilMs(60_000);
    expect(completions(run)).toHaveLength(60);
  };

  it('holds under retries with max.in.flight.requests.per.connection = 1', () => {
    const run = start({ scripts: [flaky], client: producer({ 'max.in.flight.requests.per.connection': 1, 'linger.ms': 0 }) });
    sendMany(run);
    expect(ackedInOrder(run)).toEqual(Array.from({ length: 60 }, (_, i) => i));
    expectAtRest(run);
  });

  it('is lost to retries with more in flight, as in Kafka without idempotence', () => {
    const run = start({ scripts: [flaky], client: producer({ 'max.in.flight.requests.per.connection': 5, 'linger.ms': 0 }) });
    sendMany(run);
    expect(ackedInOrder(run)).not.toEqual(Array.from({ length: 60 }, (_, i) => i));
    expectAtRest(run);
  });

  it('never has more than max.in.flight.requests.per.connection requests unanswered', () => {
    const slow: Script = (memory, event) => (is(event, 'MetadataRequest') ? metadata(event, [0], ONE_LEADER) : is(event, 'ProduceRequest') ? produced(memory, event) : []);
    const run = start({ scripts: [slow], client: producer({ 'max.in.flight.requests.per.connection': 3, 'linger.ms': 0 }) });
    run.runUntilMs(100);
    let most = 0;
    for (let i = 0; i < 200; i += 1) {
      send(run, i);
      most = Math.max(most, stateOf(run).connections[0]?.inFlight.length ?? 0);
      if (i % 5 === 0) run.world.step();
    }
    run.runUntilMs(5_000);
    expect(most).toBe(3);
    expect(completions(run)).toHaveLength(200);
    expect(endOffset(run.memory(0), 0)).toBe(200);
  });
});

describe('acks=0', () => {
  it('completes with the send and without an offset', () => {
    const run = start({ scripts: [healthy([0], ONE_LEADER)], client: producer({ acks: '0', 'linger.ms': 0 }) });
    run.runUntilMs(100);
    send(run, 1);
    expect(completions(run)).toEqual([{ type: 'send.completed', sendId: 1, outcome: 'ok', partition: 0, offset: -1, errorCode: 'NONE' }]);
    run.runUntilMs(200);
    expect(valuesOf(run, 0)).toEqual(['value-1']);
    expectAtRest(run);
  });

  it('does not put records on a connection that has never stood', () => {
    const run = start({ scripts: [healthy([0, 1], [{ leaderId: 1, leaderEpoch: 1 }]), healthy([0, 1], [{ leaderId: 1, leaderEpoch: 1 }])], client: producer({ acks: '0' }), down: [1] });
    run.runUntilMs(100);
    send(run, 1);
    run.runUntilMs(1_000);
    expect(completions(run)).toEqual([]);
    run.world.start(1);
    run.runUntilMs(5_000);
    expect(outcomes(run)).toEqual(['1 ok NONE']);
    expect(valuesOf(run, 1)).toEqual(['value-1']);
  });
});

describe('buffer.memory', () => {
  const small = { 'buffer.memory': 1_000, 'batch.size': 500, 'max.block.ms': 2_000, 'request.timeout.ms': 500, 'delivery.timeout.ms': 20_000 };

  it('blocks sends that find it full, and fails them for certain after max.block.ms', () => {
    const silent: Script = (_memory, event) => (is(event, 'MetadataRequest') ? metadata(event, [0], ONE_LEADER) : []);
    const run = start({ scripts: [silent], client: producer({ ...small, 'request.timeout.ms': 15_000 }) });
    run.runUntilMs(100);
    for (let i = 0; i < 4; i += 1) send(run, i, { value: 'x'.repeat(400) });
    run.runUntilMs(2_050);
    expect(outcomes(run)).toEqual([]);
    run.runUntilMs(2_150);
    expect(outcomes(run)).toEqual(['2 fail REQUEST_TIMED_OUT', '3 fail REQUEST_TIMED_OUT']);
  });

  it('lets blocked sends go on in the order of their calls when batches complete', () => {
    const run = start({ scripts: [healthy([0], ONE_LEADER)], client: producer(small) });
    run.runUntilMs(100);
    for (let i = 0; i < 30; i += 1) send(run, i, { value: `${i} ${'x'.repeat(i % 3 === 0 ? 40 : 400)}` });
    run.runUntilMs(2_000);
    expect(valuesOf(run, 0).map((value) => Number(value?.split(' ')[0]))).toEqual(Array.from({ length: 30 }, (_, i) => i));
    expect(completions(run).every(({ outcome }) => outcome === 'ok')).toBe(true);
    expectAtRest(run);
  });
});

describe('a producer over datagrams', () => {
  it('completes every send at most once though answers are lost, doubled and late', () => {
    const run = start({
      scripts: [healthy([0], ONE_LEADER)],
      client: producer({ 'request.timeout.ms': 200, 'delivery.timeout.ms': 30_000 }),
      datagrams: { loss: { numerator: 1, denominator: 5 }, duplicate: { numerator: 1, denominator: 5 }, reorder: { numerator: 1, denominator: 5 }, reorderUs: 300_000 },
    });
    for (let i = 0; i < 100; i += 1) {
      run.runUntilMs(i * 10);
      send(run, i);
    }
    run.runUntilMs(90_000);
    expect(completions(run).map(({ sendId }) => sendId).sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expectAtRest(run);
  });
});

describe('the producer machine', () => {
  it('runs compiled throughout: no step falls back to the interpreter', () => {
    const { stats } = compiledEngine.load(producerMachine);
    expect(stats.paths).toBeGreaterThan(5);
    expect(stats.interpretedRoots).toBe(0);
    expect(stats.fallbackSteps).toBe(0);
  });
});
