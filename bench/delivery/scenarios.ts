/**
 * One scenario for each cell of the matrix: a small cluster, one producer, two members that share four partitions, and the faults
 * of the class. Timeouts are a tenth of Kafka's and less, in about its ratios, so that a class fits into less than a minute.
 */
import { parseScenario } from '../../src/scenarios/parse.ts';
import type { Scenario } from '../../src/scenarios/scenario.ts';
import { MODES, type Cell } from './matrix.ts';

export const GROUP = 'dashboards';
export const TOPIC = 'orders';
const MEMBERS = ['dashboard-1', 'dashboard-2'] as const;
const BROKERS = ['broker-1', 'broker-2', 'broker-3'] as const;

const BROKER_CONFIG = {
  'broker.session.timeout.ms': 1_500, 'broker.heartbeat.interval.ms': 300, 'replica.lag.time.max.ms': 1_500, 'replica.socket.timeout.ms': 1_500, 'controller.socket.timeout.ms': 1_500,
  'replica.fetch.backoff.ms': 300, 'leader.imbalance.check.interval.seconds': 3, 'offsets.topic.num.partitions': 2, 'group.min.session.timeout.ms': 500, 'group.initial.rebalance.delay.ms': 300, 'min.insync.replicas': 2,
};
const CLIENT_CONFIG = { 'request.timeout.ms': 1_000, 'retry.backoff.max.ms': 250, 'reconnect.backoff.max.ms': 250 };
const PRODUCER_CONFIG = { ...CLIENT_CONFIG, acks: 'all', 'metadata.max.age.ms': 1_000, 'delivery.timeout.ms': 8_000, 'max.block.ms': 8_000 };
const MEMBER_CONFIG = {
  ...CLIENT_CONFIG, 'metadata.max.age.ms': 5_000, 'session.timeout.ms': 3_000, 'heartbeat.interval.ms': 500, 'max.poll.interval.ms': 8_000, 'default.api.timeout.ms': 6_000, 'max.poll.records': 20, 'auto.commit.interval.ms': 400,
};
/** One record takes this long, so that there is always something between poll and commit; a worker thread falls behind with it. */
const PER_RECORD = { others: '8ms', threaded: '45ms' } as const;
const RECORD_EVERY = '40ms';
const MINUTE_AWAY_S = 75;

/** Of each class. */
interface Shape {
  readonly seconds: number;
  readonly faults: readonly object[];
  readonly admin?: readonly object[];
  readonly brokerConfig?: Readonly<Record<string, string | number>>;
  readonly memberConfig?: Readonly<Record<string, string | number>>;
}

const POINTS = ['poll', 'process', 'commit'].flatMap((step) => ['before', 'after'].map((when) => ({ [when]: step })));

/** A broker is away for half of the time, one after the other. */
function failovers(): readonly object[] {
  return BROKERS.map((crash, i) => ({ at: `${6_000 + i * 8_000}ms`, crash, restartAfter: '4s' }));
}

function powerLosses(atMs: number): readonly object[] {
  return BROKERS.map((powerLoss, i) => ({ at: `${atMs + i}ms`, powerLoss, restartAfter: '1500ms' }));
}

const SHAPES: Readonly<Record<string, Shape>> = {
  crash: {
    seconds: 30,
    faults: POINTS.flatMap((point, i) => [
      { at: `${4_000 + i * 3_000}ms`, crash: MEMBERS[0], ...point, restartAfter: '700ms' },
      { at: `${5_370 + i * 3_000}ms`, crash: MEMBERS[1], ...(POINTS[(i + 3) % POINTS.length]), restartAfter: '1500ms' },
    ]),
  },
  rebalance: {
    seconds: 44,
    faults: [
      { at: '5s', pause: MEMBERS[0], for: '4500ms' }, { at: '11s', isolate: MEMBERS[1], for: '5s' },
      // Commits get there and their answers do not.
      ...MEMBERS.map((to, i) => ({ at: `${17 + i * 9}s`, oneWay: { from: BROKERS, to }, for: '8s' })),
    ],
  },
  failover: { seconds: 36, faults: failovers() },
  'failover, in doubt': {
    seconds: 36, memberConfig: { 'default.api.timeout.ms': 1_200 },
    faults: [...failovers(), ...[0, 1, 2].flatMap((i) => MEMBERS.map((stop, m) => ({ at: `${6_050 + i * 8_000 + m * 200}ms`, stop, killAfter: '900ms', restartAfter: '2500ms' })))],
  },
  'offsets lost': {
    seconds: 36,
    faults: [
      ...MEMBERS.map((crash) => ({ at: '1ms', crash, restartAfter: '5500ms' })), ...powerLosses(7_500), ...powerLosses(19_500),
      ...[6_700, 18_800].flatMap((atMs) => MEMBERS.map((stop) => ({ at: `${atMs}ms`, stop, killAfter: '500ms', restartAfter: '4s' }))),
    ],
  },
  'out of range': {
    seconds: 34,
    faults: MEMBERS.map((stop) => ({ at: '9s', stop, restartAfter: '8s' })),
    admin: [0, 1, 2, 3].map((partition) => ({ at: '13s', deleteRecords: { topic: TOPIC, partition, before: 'highWatermark' } })),
  },
  'first start': { seconds: 26, faults: MEMBERS.map((crash) => ({ at: '1ms', crash, restartAfter: '9s' })) },
  'new partitions': { seconds: 28, faults: [], admin: [{ at: '8s', createPartitions: { topic: TOPIC, count: 6 } }] },
  expired: {
    seconds: 10 + MINUTE_AWAY_S + 18,
    faults: MEMBERS.map((stop) => ({ at: '10s', stop, restartAfter: `${MINUTE_AWAY_S}s` })),
    brokerConfig: { 'offsets.retention.minutes': 1, 'offsets.retention.check.interval.ms': 2_000 },
  },
};

/** After the last record members have this long to finish. */
const REST_S = 10;

export function scenarioOf({ mode, sink, fault, reset }: Cell): Scenario {
  const shape = SHAPES[fault];
  const application = MODES.find(({ name }) => name === mode)?.application;
  if (shape === undefined || application === undefined) throw new Error(`no scenario for ${mode} under ${fault}`);
  const isLong = shape.seconds > 60;
  const content = {
    scenario: 'delivery',
    description: `${mode}, ${sink} sink, ${fault}, auto.offset.reset=${reset}`,
    duration: `${shape.seconds}s`,
    cluster: { brokers: 3, controllers: 1, config: { ...BROKER_CONFIG, ...shape.brokerConfig } },
    topics: [{ name: TOPIC, partitions: 4, replicationFactor: 3, config: { 'flush.messages': 1 } }],
    producers: [{ name: 'shop', config: PRODUCER_CONFIG }],
    consumers: [{
      name: 'dashboard', count: MEMBERS.length, group: GROUP, topics: [TOPIC], config: { ...MEMBER_CONFIG, ...shape.memberConfig, 'auto.offset.reset': reset },
      application: { ...application, sink, perRecord: mode === 'auto-commit, threaded' ? PER_RECORD.threaded : PER_RECORD.others, pollTimeout: '200ms' },
    }],
    workload: [{ producer: 'shop', topic: TOPIC, every: isLong ? '300ms' : RECORD_EVERY, jitter: '10ms', key: 'order-{i}', start: '2s', until: `${shape.seconds - REST_S}s` }],
    faults: shape.faults,
    ...(shape.admin === undefined ? {} : { admin: shape.admin }),
  };
  const parsed = parseScenario({ file: `${mode}, ${fault}`, content: JSON.stringify(content) });
  if ('problems' in parsed) throw new Error(parsed.problems.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  return parsed.value;
}
