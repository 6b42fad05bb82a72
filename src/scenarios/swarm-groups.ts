/**
 * Consumer groups of a drawn scenario: one or two groups on all topics, each with its protocol, its assignor, its way of
 * committing, its timeouts and its pace; members that a nemesis harms, and members that crash between two steps of their loop. Each question
 * has a stream of its own, so that a seed without groups is what it was before there were any.
 *
 * Left out: subscriptions that differ within a group.
 */
import { CRASH_STEPS } from './faults.ts';
import type { SwarmChoices } from './swarm-choices.ts';

export interface SwarmGroups {
  readonly consumers: readonly object[];
  /** Crashes at points of an application's loop. */
  readonly faults: readonly object[];
  /** Members that the nemesis may harm, as patterns. */
  readonly targets: readonly string[];
  /** What coordinators need to keep up with short sessions. */
  readonly brokerConfig: Readonly<Record<string, number>>;
  /** How much longer such a run needs to come to rest. */
  readonly restS: number;
}

export interface SwarmGroupsScope {
  readonly brokers: number;
  readonly topics: readonly string[];
  readonly clientConfig: Readonly<Record<string, number>>;
  readonly startMs: number;
  readonly untilMs: number;
}

const ASSIGNORS = ['range,cooperative-sticky', 'range', 'roundrobin', 'sticky', 'cooperative-sticky'] as const;
const HEARTBEAT_MS = 400;
const APPLICATIONS = {
  'auto-commit': { mode: 'auto-commit' },
  'threaded handler': { mode: 'auto-commit', handler: 'threaded', perRecord: '10ms' },
  'process-then-commit': { mode: 'process-then-commit' },
  'process-then-commit, asynchronous': { mode: 'process-then-commit', commit: 'async', perRecord: '3ms' },
  'process-then-commit into a store': { mode: 'process-then-commit', sink: 'idempotent' },
  'commit-then-process': { mode: 'commit-then-process', perRecord: '3ms' },
  // Longer than the shorter one of the poll intervals.
  'commits what takes too long': { mode: 'process-then-commit', perBatch: '2s', perRecord: '50ms' },
} as const;
type Application = keyof typeof APPLICATIONS;
const MAX_CRASHES = 4;

const NO_GROUPS: SwarmGroups = { consumers: [], faults: [], targets: [], brokerConfig: {}, restS: 0 };

export function drawGroups(choices: SwarmChoices, scope: SwarmGroupsScope): SwarmGroups {
  const count = choices.pick('groups', [0, 0, 0, 1, 2]);
  if (count === 0) return NO_GROUPS;
  const groups = Array.from({ length: count }, (_, index) => groupOf(choices, `group-${index + 1}`, scope));
  return {
    consumers: groups.map(({ consumer }) => consumer),
    faults: groups.flatMap(({ faults }) => faults),
    targets: choices.pick('members are harmed', [true, true, false]) ? groups.map(({ pattern }) => pattern) : [],
    brokerConfig: {
      'group.min.session.timeout.ms': 500, 'group.initial.rebalance.delay.ms': choices.pick('group.initial.rebalance.delay.ms', [0, 300, 300]), 'offsets.commit.timeout.ms': 1_500,
      'group.consumer.session.timeout.ms': choices.pick('group.consumer.session.timeout.ms', [1_500, 3_000]), 'group.consumer.heartbeat.interval.ms': HEARTBEAT_MS,
      'offsets.topic.num.partitions': choices.pick('offsets.topic.num.partitions', [1, 3]), 'offsets.topic.replication.factor': Math.min(scope.brokers, 3),
      ...(choices.pick('offsets.topic.segment.bytes', ['default', 'default', 'small']) === 'small' ? { 'offsets.topic.segment.bytes': 2_000 } : {}),
    },
    restS: 10,
  };
}

interface Group {
  readonly consumer: object;
  readonly faults: readonly object[];
  readonly pattern: string;
}

type Pick = <T>(what: string, values: readonly T[]) => T;

/** In the consumer protocol (KIP-848) assignor, session and heartbeats are the coordinator's. */
function protocolOf(pick: Pick): Readonly<Record<string, string | number>> {
  if (pick('group.protocol', ['classic', 'classic', 'consumer']) === 'classic') {
    return { 'partition.assignment.strategy': pick('partition.assignment.strategy', ASSIGNORS), 'session.timeout.ms': pick('session.timeout.ms', [1_500, 3_000]), 'heartbeat.interval.ms': HEARTBEAT_MS };
  }
  const assignor = pick('group.remote.assignor', ['none', 'uniform', 'range']);
  return { 'group.protocol': 'consumer', ...(assignor === 'none' ? {} : { 'group.remote.assignor': assignor }) };
}

function groupOf(choices: SwarmChoices, name: string, { topics, clientConfig, startMs, untilMs }: SwarmGroupsScope): Group {
  const pick: Pick = (what, values) => choices.pick(what, values, name);
  const members = pick('members', [1, 2, 3, 3, 5]);
  const application = pick('application', Object.keys(APPLICATIONS) as readonly Application[]);
  const isStatic = pick('group.instance.id', [false, false, true]);
  const config = {
    ...clientConfig,
    'auto.offset.reset': pick('auto.offset.reset', ['earliest', 'earliest', 'earliest', 'latest']),
    ...protocolOf(pick),
    'max.poll.interval.ms': pick('max.poll.interval.ms', [1_800, 3_000]),
    'max.poll.records': pick('max.poll.records', [500, 500, 5]),
    'default.api.timeout.ms': 2_000,
    ...(APPLICATIONS[application].mode === 'auto-commit' ? { 'auto.commit.interval.ms': pick('auto.commit.interval.ms', [200, 1_000]) } : {}),
    ...(isStatic ? { 'group.instance.id': `${name}-{n}` } : {}),
  };
  return {
    consumer: { name: `${name}-member`, count: members, group: name, topics, application: { ...APPLICATIONS[application], pollTimeout: '300ms' }, config },
    faults: crashesOf(choices, name, members, startMs, untilMs),
    pattern: members === 1 ? `${name}-member` : `${name}-member-*`,
  };
}

function crashesOf(choices: SwarmChoices, group: string, members: number, startMs: number, untilMs: number): object[] {
  if (!choices.pick('crash points', [true, false], group)) return [];
  const draws = choices.stream(`crash points/what/${group}`);
  return Array.from({ length: draws.between(1, MAX_CRASHES) }, () => {
    const atMs = draws.between(startMs, untilMs);
    const node = members === 1 ? `${group}-member` : `${group}-member-${draws.between(1, members)}`;
    return { at: `${atMs}ms`, crash: node, [draws.pick(['before', 'after'] as const)]: draws.pick(CRASH_STEPS), restartAfter: `${draws.between(100, 2_500)}ms` };
  });
}
