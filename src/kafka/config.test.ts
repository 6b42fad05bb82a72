import fc from 'fast-check';
import { UNMODELLED_CONFIGS } from './config-unmodelled.ts';
import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  configDef,
  configNames,
  defaultConfig,
  effectiveTopicConfig,
  fieldOf,
  formatProblem,
  parseConfig,
} from './config.ts';
import type { Acks, ConfigKind, ConsumerConfig } from './config.ts';
import { INT_MAX, LONG_MAX } from './config-tables.ts';

const KINDS: readonly ConfigKind[] = ['broker', 'topic', 'producer', 'consumer'];

const problemsOf = (kind: ConfigKind, values: { readonly [name: string]: unknown }): string[] =>
  parseConfig(kind, values).problems.map(formatProblem);

describe('a config that nobody touched', () => {
  it('has no problems and satisfies its own rules', () => {
    for (const kind of KINDS) {
      expect(parseConfig(kind, {}).problems).toEqual([]);
      expect(parseConfig(kind, {}).explicit).toEqual([]);
    }
  });

  it('has the defaults of Kafka 4.1, idempotence aside', () => {
    expect(defaultConfig('broker')).toMatchObject({
      replicaLagTimeMaxMs: 30_000,
      replicaFetchWaitMaxMs: 500,
      replicaFetchMinBytes: 1,
      replicaFetchMaxBytes: 1_048_576,
      replicaFetchBackoffMs: 1_000,
      replicaHighWatermarkCheckpointIntervalMs: 5_000,
      brokerSessionTimeoutMs: 9_000,
      brokerHeartbeatIntervalMs: 2_000,
      minInsyncReplicas: 1,
      defaultReplicationFactor: 1,
      numPartitions: 1,
      uncleanLeaderElectionEnable: false,
      messageMaxBytes: 1_048_588,
      leaderImbalanceCheckIntervalSeconds: 300,
    });
    expect(defaultConfig('producer')).toEqual({
      acks: -1,
      batchSize: 16_384,
      lingerMs: 5,
      maxInFlightRequestsPerConnection: 5,
      retries: INT_MAX,
      deliveryTimeoutMs: 120_000,
      bufferMemory: 33_554_432,
      maxBlockMs: 60_000,
      maxRequestSize: 1_048_576,
      partitionerIgnoreKeys: false,
      partitionerAdaptivePartitioningEnable: true,
      enableIdempotence: true,
      partitionerClass: 'default',
      metadataMaxAgeMs: 300_000,
      reconnectBackoffMs: 50,
      reconnectBackoffMaxMs: 1_000,
      retryBackoffMs: 100,
      retryBackoffMaxMs: 1_000,
      requestTimeoutMs: 30_000,
    });
    expect(defaultConfig('consumer')).toMatchObject({
      autoOffsetReset: 'latest',
      fetchMinBytes: 1,
      fetchMaxBytes: 52_428_800,
      fetchMaxWaitMs: 500,
      maxPartitionFetchBytes: 1_048_576,
      maxPollRecords: 500,
      isolationLevel: 'read_uncommitted',
    });
  });

  it('has the types its tables say', () => {
    expectTypeOf(defaultConfig('producer').acks).toEqualTypeOf<Acks>();
    expectTypeOf(defaultConfig('broker').uncleanLeaderElectionEnable).toEqualTypeOf<boolean>();
    expectTypeOf<ConsumerConfig['autoOffsetReset']>().toEqualTypeOf<'latest' | 'earliest' | 'none'>();
    expectTypeOf<ConsumerConfig['fetchMaxWaitMs']>().toEqualTypeOf<number>();
  });

  it('holds a default within the range of every entry', () => {
    for (const kind of KINDS) {
      for (const name of configNames(kind)) {
        const def = configDef(kind, name);
        const given = def?.type === 'acks' ? 'all' : def?.default;
        expect(parseConfig(kind, { [name]: given })).toMatchObject({ problems: [], explicit: [name] });
        expect(fieldOf(name)).not.toContain('.');
      }
    }
  });
});

describe('reading a config', () => {
  it('takes numbers and booleans as they are or as a properties file writes them', () => {
    const { config, problems, explicit } = parseConfig('broker', {
      'min.insync.replicas': '2',
      'unclean.leader.election.enable': 'TRUE',
      'replica.lag.time.max.ms': 10_000,
    });
    expect(problems).toEqual([]);
    expect(config).toMatchObject({
      minInsyncReplicas: 2,
      uncleanLeaderElectionEnable: true,
      replicaLagTimeMaxMs: 10_000,
    });
    expect(explicit).toEqual(['replica.lag.time.max.ms', 'unclean.leader.election.enable', 'min.insync.replicas']);
  });

  it.each([
    ['all', -1],
    ['-1', -1],
    [-1, -1],
    [0, 0],
    ['1', 1],
    [1, 1],
  ])('reads acks=%j as %i', (value, acks) => {
    expect(parseConfig('producer', { acks: value }).config.acks).toBe(acks);
  });

  it('reads Long.MAX_VALUE as never', () => {
    expect(parseConfig('broker', { 'replica.lag.time.max.ms': '9223372036854775807' })).toMatchObject({
      config: { replicaLagTimeMaxMs: LONG_MAX },
      problems: [],
    });
  });

  it('names the nearest config for an unknown one', () => {
    expect(parseConfig('broker', { 'replica.lag.time.ms': 1 }).problems).toEqual([
      {
        name: 'replica.lag.time.ms',
        expected: 'the name of a broker config',
        got: 'replica.lag.time.ms',
        nearest: 'replica.lag.time.max.ms',
      },
    ]);
    expect(problemsOf('producer', { lingerMs: 1 })).toEqual([
      'lingerMs: expected the name of a producer config, got lingerMs (did you mean linger.ms?)',
    ]);
    expect(problemsOf('producer', { 'zookeeper.connect': 'zk' })).toEqual([
      'zookeeper.connect: expected the name of a producer config, got zookeeper.connect',
    ]);
    expect(problemsOf('topic', { constructor: 1, toString: 2 })).toHaveLength(2);
  });

  it.each([
    ['broker', 'min.insync.replicas', 0, 'min.insync.replicas: expected an int of at least 1, got 0'],
    ['broker', 'min.insync.replicas', 1.5, 'min.insync.replicas: expected an int of at least 1, got 1.5'],
    ['broker', 'min.insync.replicas', 'two', "min.insync.replicas: expected an int of at least 1, got 'two'"],
    ['broker', 'replica.lag.time.max.ms', '', "replica.lag.time.max.ms: expected a long of at least 1 (ms), got ''"],
    ['producer', 'batch.size', 2 ** 31, 'batch.size: expected an int of at least 0 (bytes), got 2147483648'],
    ['producer', 'acks', 2, 'acks: expected one of all, -1, 0, 1, got 2'],
    ['producer', 'partitioner.ignore.keys', 1, 'partitioner.ignore.keys: expected true or false, got 1'],
    ['producer', 'enable.idempotence', 'yes', "enable.idempotence: expected true or false, got 'yes'"],
    ['producer', 'retries', null, 'retries: expected an int of at least 0, got null'],
    [
      'consumer',
      'auto.offset.reset',
      'earlist',
      "auto.offset.reset: expected one of latest, earliest, none, got 'earlist' (did you mean earliest?)",
    ],
    [
      'consumer',
      'isolation.level',
      undefined,
      'isolation.level: expected one of read_uncommitted, read_committed, got undefined',
    ],
  ] as const)('of a %s says what %s=%j should have been', (kind, name, value, sentence) => {
    expect(problemsOf(kind, { [name]: value })).toEqual([sentence]);
  });

  it('never throws and keeps the default of what it could not read', () => {
    const name = fc.oneof(fc.constantFrom(...KINDS.flatMap((kind) => [...configNames(kind)])), fc.string());
    fc.assert(
      fc.property(
        fc.constantFrom(...KINDS),
        fc.dictionary(name, fc.anything({ withBigInt: true, withNullPrototype: true, withDate: true }), { maxKeys: 5 }),
        (kind, values) => {
          const { config, explicit, problems } = parseConfig(kind, values);
          const named = new Set([...explicit, ...problems.map((problem) => problem.name)]);
          expect(Object.keys(values).every((each) => named.has(each))).toBe(true);
          expect(Object.keys(config).length).toBe(configNames(kind).length);
          for (const field of Object.values(config)) expect(field).toBeDefined();
        },
      ),
    );
  });
});

describe('fields that contradict each other', () => {
  it('refuses a delivery timeout below linger plus request timeout when it was set', () => {
    expect(problemsOf('producer', { 'delivery.timeout.ms': 30_000, 'linger.ms': 100 })).toEqual([
      'delivery.timeout.ms: expected at least linger.ms + request.timeout.ms = 30100, got 30000',
    ]);
    expect(problemsOf('producer', { 'delivery.timeout.ms': 30_100, 'linger.ms': 100 })).toEqual([]);
  });

  it('raises a delivery timeout that was not set', () => {
    const { config, problems } = parseConfig('producer', { 'request.timeout.ms': 150_000 });
    expect([config.deliveryTimeoutMs, problems]).toEqual([150_005, []]);
  });

  it.each([
    [{}, true],
    [{ acks: 1 }, false],
    [{ acks: 0 }, false],
    [{ retries: 0 }, false],
    [{ acks: 'all', retries: 3 }, true],
    [{ 'enable.idempotence': false, 'max.in.flight.requests.per.connection': 9 }, false],
  ])('leaves a producer with %j idempotent: %s (KAFKA-13598)', (values, isIdempotent) => {
    const { config, problems } = parseConfig('producer', values);
    expect([config.enableIdempotence, problems]).toEqual([isIdempotent, []]);
  });

  it('refuses what idempotence cannot do with, when it was asked for', () => {
    expect(problemsOf('producer', { 'enable.idempotence': true, acks: 1, retries: 0 })).toEqual([
      'acks: expected all, which enable.idempotence needs, got 1',
      'retries: expected at least 1, which enable.idempotence needs, got 0',
    ]);
  });

  it('refuses more than five requests in flight unless idempotence is switched off (4.0)', () => {
    expect(problemsOf('producer', { 'max.in.flight.requests.per.connection': 6 })).toEqual([
      'max.in.flight.requests.per.connection: expected at most 5 with enable.idempotence, got 6',
    ]);
  });

  it('takes a reconnect backoff set alone for its own maximum', () => {
    expect(parseConfig('consumer', { 'reconnect.backoff.ms': 5_000 }).config.reconnectBackoffMaxMs).toBe(5_000);
    expect(
      parseConfig('producer', { 'reconnect.backoff.ms': 20, 'reconnect.backoff.max.ms': 400 }).config
        .reconnectBackoffMaxMs,
    ).toBe(400);
  });

  it('refuses a session that ends before the next heartbeat', () => {
    expect(problemsOf('broker', { 'broker.session.timeout.ms': 2_000 })).toEqual([
      'broker.session.timeout.ms: expected more than broker.heartbeat.interval.ms = 2000, got 2000',
    ]);
  });

  it('refuses a replica fetch that waits longer than the lag or the socket allows', () => {
    expect(problemsOf('broker', { 'replica.fetch.wait.max.ms': 31_000 })).toEqual([
      'replica.fetch.wait.max.ms: expected at most replica.socket.timeout.ms = 30000, got 31000',
      'replica.fetch.wait.max.ms: expected at most replica.lag.time.max.ms = 30000, got 31000',
    ]);
  });

  it('refuses a consumer fetch that waits until its request times out', () => {
    expect(problemsOf('consumer', { 'fetch.max.wait.ms': 30_000 })).toEqual([
      'fetch.max.wait.ms: expected less than request.timeout.ms = 30000, got 30000',
    ]);
  });

  it('does not blame a contradiction on a field that could not be read', () => {
    expect(problemsOf('consumer', { 'fetch.max.wait.ms': 30_000, 'request.timeout.ms': 'soon' })).toHaveLength(1);
  });
});

describe('the config of a topic', () => {
  it('is the broker’s where the topic says nothing', () => {
    const broker = parseConfig('broker', {
      'min.insync.replicas': 2,
      'message.max.bytes': 500,
    }).config;
    const topic = parseConfig('topic', { 'min.insync.replicas': 1 });
    expect(effectiveTopicConfig(topic, broker)).toMatchObject({
      minInsyncReplicas: 1,
      maxMessageBytes: 500,
    });
  });

  it('names a broker config for each of its own', () => {
    for (const name of configNames('topic')) {
      const def = configDef('topic', name);
      const synonym = def !== undefined && 'synonym' in def ? def.synonym : undefined;
      expect(configDef('broker', synonym ?? '')).toMatchObject({
        type: def?.type,
        default: def?.type === 'acks' ? undefined : def?.default,
      });
    }
  });
});

describe('how long a log is kept', () => {
  const retentionMs = (values: Readonly<Record<string, unknown>>): number => parseConfig('broker', values).config.logRetentionMs;

  it('is said in milliseconds before minutes before hours', () => {
    expect(retentionMs({})).toBe(168 * 3_600_000);
    expect(retentionMs({ 'log.retention.hours': 2 })).toBe(7_200_000);
    expect(retentionMs({ 'log.retention.hours': 2, 'log.retention.minutes': 3 })).toBe(180_000);
    expect(retentionMs({ 'log.retention.minutes': 3, 'log.retention.ms': 5 })).toBe(5);
    expect(retentionMs({ 'log.retention.hours': -1 })).toBe(-1);
  });

  it('and how dirty it may get is a number from 0 to 1', () => {
    expect(parseConfig('topic', { 'min.cleanable.dirty.ratio': '0.25' }).config.minCleanableDirtyRatio).toBe(0.25);
    expect(parseConfig('topic', { 'min.cleanable.dirty.ratio': 1.5 }).problems).toMatchObject([{ expected: 'a number from 0 to 1' }]);
  });
});

describe('a config that Kafka has and nothing here obeys', () => {
  it('is refused by name, not taken for a misspelling', () => {
    const [problem] = parseConfig('topic', { 'compression.type': 'lz4' }).problems;
    expect(problem).toMatchObject({ name: 'compression.type', expected: expect.stringContaining('nothing here obeys it yet') as unknown });
    expect(problem?.nearest).toBeUndefined();
  });

  it('is none of those that are modelled', () => {
    for (const kind of ['broker', 'topic', 'producer', 'consumer'] as const) {
      expect(UNMODELLED_CONFIGS[kind].filter((name) => configDef(kind, name) !== undefined)).toEqual([]);
    }
  });
});
