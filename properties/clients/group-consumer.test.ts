import { describe, expect, it } from 'vitest';
import type { ApplicationOptions } from '../../src/actors/application/state.ts';
import { storeNode } from '../../src/actors/store/node.ts';
import { consumerNode } from '../../src/actors/consumer/node.ts';
import type { AssignmentChanged, CommitCompleted, CommitInvoked, ConsumerFailed, Polled, PositionReset, RecordProcessed } from '../../src/history/observations.ts';
import type { ApiRequest, OffsetCommitRequest } from '../../src/kafka/api.ts';
import { parseConfig } from '../../src/kafka/config.ts';
import { KAFKA_RULES, type Rules } from '../../src/kafka/rules.ts';
import { freshSeed } from '../support/seed.ts';
import { groupBroker, logOf, MEMBER, type GroupScene } from './group-script.ts';
import { clientWorld, TOPIC, type ClientWorld } from './scripted-cluster.ts';

const APPLICATION: ApplicationOptions = { mode: 'process-then-commit', handler: 'sync', commit: 'sync', perRecordMs: 0, perBatchMs: 0, sink: 'naive', pollTimeoutMs: 1_000 };

interface Member {
  readonly config?: Readonly<Record<string, unknown>>;
  readonly application?: Partial<ApplicationOptions>;
  readonly rules?: Partial<Rules>;
}

/** Broker 0, the member, and a store. */
const STORE = 2;

function start(scene: GroupScene, { config = {}, application = {}, rules = {} }: Member = {}): ClientWorld {
  const options = { ...APPLICATION, ...application };
  const parsed = parseConfig('consumer', { 'auto.offset.reset': 'earliest', 'enable.auto.commit': options.mode === 'auto-commit', ...config });
  expect(parsed.problems).toEqual([]);
  const client = consumerNode({
    name: 'dashboard', bootstrapServers: [0], config: parsed.config, topics: [TOPIC], rules: { ...KAFKA_RULES, ...rules }, group: { groupId: 'dashboards', application: options, storeId: STORE },
  });
  return clientWorld({ seed: String(freshSeed('group consumer')), scripts: [groupBroker(scene)], client, beside: [storeNode('store')] });
}

const requests = <Type extends ApiRequest['type']>(run: ClientWorld, type: Type) =>
  run.memory(0).requests.filter((event) => event.type === type).map(({ message, nowMs }) => ({ atMs: nowMs, ...(message as Extract<ApiRequest, { type: Type }>) }));
const processed = (run: ClientWorld): string[] => run.seen<RecordProcessed>('record.processed').map(({ observation: { value } }) => value);
const polled = (run: ClientWorld): string[] => run.seen<Polled>('poll').flatMap(({ observation }) => observation.records.map(({ value }) => value));
const assignments = (run: ClientWorld): string[] =>
  run.seen<AssignmentChanged>('assignment').map(({ observation: { reason, generationId, owned } }) => `${reason} ${generationId}: ${owned.flatMap(({ partitions }) => partitions).join(',')}`);
const offsetsOf = ({ topics }: OffsetCommitRequest): string => topics.flatMap(({ partitions }) => partitions.map(({ partitionIndex, committedOffset }) => `${partitionIndex}@${committedOffset}`)).join(' ');
const outcomes = (run: ClientWorld): string[] => run.seen<CommitCompleted>('commit.completed').map(({ observation: { outcome, errorCode } }) => `${outcome} ${errorCode}`);
const resets = (run: ClientWorld): string[] => run.seen<PositionReset>('position.reset').map(({ observation: { partition, to, reason } }) => `${partition} -> ${to} ${reason}`);
const failures = (run: ClientWorld): string[] => run.seen<ConsumerFailed>('consumer.failed').map(({ observation }) => observation.exception);

/** Assigns these partitions in each generation. */
const assigns = (byGeneration: Readonly<Record<number, readonly number[]>>) => (generationId: number) => ({
  assignedPartitions: [{ topic: TOPIC, partitions: byGeneration[generationId] ?? [] }].filter(({ partitions }) => partitions.length > 0), userData: null,
});
/** Every first heartbeat of a generation up to `last` says that the group rebalances. */
const rebalancing = (...atHeartbeats: readonly number[]): NonNullable<GroupScene['errorOf']> => (event, before) =>
  event.type === 'HeartbeatRequest' && atHeartbeats.includes(before) ? 'REBALANCE_IN_PROGRESS' : undefined;

describe('joining a group', () => {
  it('asks for the coordinator, gets a member id, joins, and leads: it assigns itself everything', () => {
    const run = start({ logs: [logOf(0, 2), logOf(1, 1)] });
    run.runUntilMs(2_000);
    expect(requests(run, 'FindCoordinatorRequest')).toHaveLength(1);
    expect(requests(run, 'JoinGroupRequest').map(({ memberId }) => memberId)).toEqual(['', MEMBER]);
    expect(requests(run, 'SyncGroupRequest').map(({ assignments: list }) => list.length)).toEqual([1]);
    expect(assignments(run)).toEqual(['assigned 1: 0,1']);
    expect(resets(run)).toEqual(['0 -> 0 initial', '1 -> 0 initial']);
    expect(processed(run).toSorted()).toEqual(['0:0', '0:1', '1:0']);
  });

  it('a follower takes the assignment that the leader made', () => {
    const run = start({ logs: [logOf(0, 1), logOf(1, 1)], leads: false, assignment: assigns({ 1: [1] }) });
    run.runUntilMs(2_000);
    expect(requests(run, 'SyncGroupRequest').map(({ assignments: list }) => list.length)).toEqual([0]);
    expect(assignments(run)).toEqual(['assigned 1: 1']);
    expect(processed(run)).toEqual(['1:0']);
  });

  it('tries again while the coordinator is being elected or loads', () => {
    const run = start({
      logs: [logOf(0, 1)],
      errorOf: (event, before) => (event.type === 'FindCoordinatorRequest' && before < 3 ? 'COORDINATOR_NOT_AVAILABLE' : event.type === 'JoinGroupRequest' && before === 1 ? 'COORDINATOR_LOAD_IN_PROGRESS' : undefined),
    });
    run.runUntilMs(3_000);
    expect(requests(run, 'FindCoordinatorRequest')).toHaveLength(4);
    expect(processed(run)).toEqual(['0:0']);
  });

  it('a static member joins with its instance id and needs no second try', () => {
    const run = start({ logs: [logOf(0, 1)] }, { config: { 'group.instance.id': 'static-1' } });
    run.runUntilMs(2_000);
    expect(requests(run, 'JoinGroupRequest').map(({ memberId, groupInstanceId }) => [memberId, groupInstanceId])).toEqual([['', 'static-1']]);
  });

  it.each(['FENCED_INSTANCE_ID', 'GROUP_MAX_SIZE_REACHED', 'INVALID_SESSION_TIMEOUT'] as const)('%s is the end, and poll throws', (errorCode) => {
    const run = start({ logs: [logOf(0, 1)], errorOf: (event) => (event.type === 'JoinGroupRequest' ? errorCode : undefined) });
    run.runUntilMs(60_000);
    expect(requests(run, 'JoinGroupRequest')).toHaveLength(1);
    expect(run.seen<ConsumerFailed>('consumer.failed').map(({ observation }) => observation.errorCode)).toEqual([errorCode]);
  });
});

describe('where an assigned partition begins', () => {
  it('is the committed offset', () => {
    const run = start({ logs: [logOf(0, 5)], committed: [3] });
    run.runUntilMs(2_000);
    expect(resets(run)).toEqual(['0 -> 3 committed']);
    expect(processed(run)).toEqual(['0:3', '0:4']);
  });

  it('is nowhere without a committed offset and with auto.offset.reset=none: NoOffsetForPartitionException', () => {
    const run = start({ logs: [logOf(0, 5)] }, { config: { 'auto.offset.reset': 'none' } });
    run.runUntilMs(5_000);
    expect(failures(run)).toEqual(['NoOffsetForPartitionException']);
    expect(requests(run, 'LeaveGroupRequest')).toHaveLength(1);
    expect(processed(run)).toEqual([]);
  });

  it('is asked for again when the coordinator cannot tell yet', () => {
    const scene: GroupScene = { logs: [logOf(0, 5)], committed: [3], errorOf: (event, before) => (event.type === 'OffsetFetchRequest' && before < 2 ? 'COORDINATOR_LOAD_IN_PROGRESS' : undefined) };
    const run = start(scene);
    run.runUntilMs(2_000);
    expect(resets(run)).toEqual(['0 -> 3 committed']);
    const mutant = start(scene, { rules: { consumerRetriesOffsetFetch: false } });
    mutant.runUntilMs(2_000);
    expect(resets(mutant)).toEqual(['0 -> 0 initial']);
  });
});

describe('commits', () => {
  it('process-then-commit commits what it has processed, after each poll', () => {
    const run = start({ logs: [logOf(0, 5)] }, { config: { 'max.poll.records': 2 } });
    run.runUntilMs(2_000);
    expect(requests(run, 'OffsetCommitRequest').map(offsetsOf)).toEqual(['0@2', '0@4', '0@5']);
    expect(outcomes(run)).toEqual(['ok NONE', 'ok NONE', 'ok NONE']);
    expect(run.seen<CommitInvoked>('commit.invoked').map(({ observation: { mode } }) => mode)).toEqual(['sync', 'sync', 'sync']);
  });

  it('commit-then-process commits before the first effect of the batch', () => {
    const run = start({ logs: [logOf(0, 2)], errorOf: (event) => (event.type === 'OffsetCommitRequest' ? 'silence' : undefined) }, { application: { mode: 'commit-then-process' } });
    run.runUntilMs(2_000);
    expect(requests(run, 'OffsetCommitRequest').map(offsetsOf)).toEqual(['0@2']);
    expect([polled(run), processed(run)]).toEqual([['0:0', '0:1'], []]);
  });

  it('an asynchronous one does not hold up the loop', () => {
    const run = start({ logs: [logOf(0, 3)], errorOf: (event) => (event.type === 'OffsetCommitRequest' ? 'silence' : undefined) }, { application: { commit: 'async' }, config: { 'max.poll.records': 1 } });
    run.runUntilMs(2_000);
    expect(processed(run)).toEqual(['0:0', '0:1', '0:2']);
    expect(outcomes(run)).toEqual([]);
  });

  it('commitSync tries again while the error passes, and throws what does not', () => {
    const passing = start({ logs: [logOf(0, 1)], errorOf: (event, before) => (event.type === 'OffsetCommitRequest' && before < 3 ? 'COORDINATOR_LOAD_IN_PROGRESS' : undefined) });
    passing.runUntilMs(2_000);
    expect(requests(passing, 'OffsetCommitRequest')).toHaveLength(4);
    expect(outcomes(passing)).toEqual(['ok NONE']);
    const throwing = start({ logs: [logOf(0, 1)], errorOf: (event, before) => (event.type === 'OffsetCommitRequest' && before === 0 ? 'UNKNOWN_MEMBER_ID' : undefined) });
    throwing.runUntilMs(2_000);
    expect(outcomes(throwing)[0]).toBe('fail UNKNOWN_MEMBER_ID');
    expect(assignments(throwing).slice(0, 2)).toEqual(['assigned 1: 0', 'lost 1: ']);
  });

  it('commitSync gives up after default.api.timeout.ms, and nobody knows whether it took effect', () => {
    const run = start({ logs: [logOf(0, 1)], errorOf: (event) => (event.type === 'OffsetCommitRequest' ? 'NOT_COORDINATOR' : undefined) }, { config: { 'default.api.timeout.ms': 2_000 } });
    run.runUntilMs(6_000);
    expect(outcomes(run)).toEqual(['unknown REQUEST_TIMED_OUT']);
    const times = requests(run, 'OffsetCommitRequest').map(({ atMs }) => atMs);
    expect((times.at(-1) as number) - (times[0] as number)).toBeLessThanOrEqual(2_000);
  });

  it('auto-commit runs inside a poll after the interval, and commits what earlier polls returned', () => {
    const run = start({ logs: [logOf(0, 4)] }, { application: { mode: 'auto-commit', perRecordMs: 400 }, config: { 'max.poll.records': 1, 'auto.commit.interval.ms': 1_000 } });
    run.runUntilMs(1_700);
    const [invoked] = run.seen<CommitInvoked>('commit.invoked');
    const pollsBefore = run.seen<Polled>('poll').filter(({ atMs }) => atMs < (invoked?.atMs as number));
    expect(pollsBefore.length).toBeGreaterThan(1);
    expect(requests(run, 'OffsetCommitRequest').map(offsetsOf)).toEqual([`0@${pollsBefore.length}`]);
    expect(run.seen<RecordProcessed>('record.processed').filter(({ atMs }) => atMs <= (invoked?.atMs as number))).toHaveLength(pollsBefore.length);
  });

  it('a threaded handler has records committed that are not processed', () => {
    const run = start({ logs: [logOf(0, 4)] }, { application: { mode: 'auto-commit', handler: 'threaded', perRecordMs: 5_000 }, config: { 'auto.commit.interval.ms': 1_000 } });
    run.runUntilMs(4_000);
    expect(requests(run, 'OffsetCommitRequest').map(offsetsOf)).toContain('0@4');
    expect(processed(run)).toEqual([]);
  });
});

describe('a rebalance', () => {
  it('eager: everything is revoked before the member joins again', () => {
    const run = start({ logs: [logOf(0, 1), logOf(1, 1)], leads: false, assignment: assigns({ 1: [0, 1], 2: [1] }), errorOf: rebalancing(0) });
    run.runUntilMs(6_000);
    expect(assignments(run)).toEqual(['assigned 1: 0,1', 'revoked 1: ', 'assigned 2: 1']);
    expect(requests(run, 'JoinGroupRequest').at(-1)?.protocols[0]?.metadata.ownedPartitions).toEqual([]);
  });

  it('cooperative: only what moves is revoked, and then the member joins once more', () => {
    const run = start(
      { logs: [logOf(0, 1), logOf(1, 1)], leads: false, assignment: assigns({ 1: [0, 1], 2: [1], 3: [1] }), errorOf: rebalancing(0) }, { config: { 'partition.assignment.strategy': 'cooperative-sticky' } },
    );
    run.runUntilMs(6_000);
    expect(assignments(run)).toEqual(['assigned 1: 0,1', 'revoked 2: 1', 'assigned 2: 1', 'assigned 3: 1']);
    expect(requests(run, 'JoinGroupRequest').slice(2).map(({ protocols }) => protocols[0]?.metadata.ownedPartitions)).toEqual([[{ topic: TOPIC, partitions: [0, 1] }], [{ topic: TOPIC, partitions: [1] }]]);
  });

  it('what was processed and committed before is not delivered again', () => {
    const run = start({ logs: [logOf(0, 3)], errorOf: rebalancing(0) });
    run.runUntilMs(6_000);
    expect(requests(run, 'JoinGroupRequest')).toHaveLength(3);
    expect(processed(run)).toEqual(['0:0', '0:1', '0:2']);
    expect(resets(run)).toEqual(['0 -> 0 initial', '0 -> 3 committed']);
  });

  it('waits for the automatic commit, and nothing of what is revoked is returned meanwhile (KAFKA-14196)', () => {
    const scene: GroupScene = {
      logs: [logOf(0, 120)],
      // Heartbeat 0 announces the rebalance, and the commit before the revocation is refused, for good, after half a second of retries.
      errorOf: (event, before, memory) => rebalancing(0)(event, before, memory) ?? (event.type !== 'OffsetCommitRequest' ? undefined : before < 5 ? 'COORDINATOR_LOAD_IN_PROGRESS' : before === 5 ? 'OFFSET_METADATA_TOO_LARGE' : undefined),
    };
    const member = { application: { mode: 'auto-commit', perRecordMs: 50 } as const, config: { 'max.poll.records': 1, 'auto.commit.interval.ms': 60_000 } };
    const pollsWhileRevoking = (run: ClientWorld): number => {
      const [begun] = run.seen<CommitInvoked>('commit.invoked');
      const gone = run.seen<AssignmentChanged>('assignment').find(({ observation: { reason } }) => reason === 'revoked');
      return run.seen<Polled>('poll').filter(({ atMs }) => atMs > (begun?.atMs as number) && atMs < (gone?.atMs as number)).length;
    };
    const run = start(scene, member);
    run.runUntilMs(6_000);
    expect(requests(run, 'JoinGroupRequest')).toHaveLength(3);
    expect(pollsWhileRevoking(run)).toBe(0);
    const mutant = start(scene, { ...member, rules: { consumerStopsBeforeRevocation: false } });
    mutant.runUntilMs(6_000);
    expect(pollsWhileRevoking(mutant)).toBeGreaterThan(3);
  });

  it('a member that the coordinator does not know loses its partitions and joins as a new one', () => {
    const run = start({ logs: [logOf(0, 3)], errorOf: (event, before) => (event.type === 'HeartbeatRequest' && before === 0 ? 'UNKNOWN_MEMBER_ID' : undefined) });
    run.runUntilMs(6_000);
    expect(assignments(run)).toEqual(['assigned 1: 0', 'lost 1: ', 'assigned 2: 0']);
    expect(requests(run, 'JoinGroupRequest').map(({ memberId }) => memberId)).toEqual(['', MEMBER, '', MEMBER]);
  });

  it('a leader joins again when a topic has grown', () => {
    let size = 1;
    const logs = [logOf(0, 1), logOf(1, 1)];
    const script = (memory: Parameters<ReturnType<typeof groupBroker>>[0], event: Parameters<ReturnType<typeof groupBroker>>[1]) => {
      if (event.type === 'MetadataRequest') size = event.nowMs < 3_000 ? 1 : 2;
      return groupBroker({ logs: logs.slice(0, size), answersIdleFetches: true })(memory, event);
    };
    const parsed = parseConfig('consumer', { 'auto.offset.reset': 'earliest', 'enable.auto.commit': false, 'metadata.max.age.ms': 4_000 });
    const client = consumerNode({ name: 'dashboard', bootstrapServers: [0], config: parsed.config, topics: [TOPIC], group: { groupId: 'dashboards', application: APPLICATION, storeId: -1 } });
    const run = clientWorld({ seed: 'growth', scripts: [script], client });
    run.runUntilMs(8_000);
    expect(assignments(run)).toEqual(['assigned 1: 0', 'revoked 1: ', 'assigned 2: 0,1']);
  });
});

describe('the heartbeat', () => {
  it('goes on while the application is busy', () => {
    const run = start({ logs: [logOf(0, 1)] }, { application: { perRecordMs: 20_000 } });
    run.runUntilMs(19_000);
    expect(requests(run, 'HeartbeatRequest').length).toBeGreaterThanOrEqual(5);
  });

  it('does not hide an application that is stuck: after max.poll.interval.ms the member leaves, and comes back with the next poll', () => {
    const run = start({ logs: [logOf(0, 2)] }, { application: { perRecordMs: 10_000 }, config: { 'max.poll.interval.ms': 5_000, 'max.poll.records': 1 } });
    run.runUntilMs(9_000);
    expect(requests(run, 'LeaveGroupRequest')).toHaveLength(1);
    expect(requests(run, 'JoinGroupRequest')).toHaveLength(2);
    run.runUntilMs(12_000);
    expect(assignments(run).slice(0, 3)).toEqual(['assigned 1: 0', 'lost 1: ', 'assigned 2: 0']);
    expect(outcomes(run)[0]).toBe('fail UNKNOWN_MEMBER_ID');
  });

  it('a static member that is stuck says nothing', () => {
    const run = start({ logs: [logOf(0, 1)] }, { application: { perRecordMs: 10_000 }, config: { 'max.poll.interval.ms': 5_000, 'group.instance.id': 'static-1' } });
    run.runUntilMs(9_000);
    expect(requests(run, 'LeaveGroupRequest')).toEqual([]);
  });
});

describe('SIGTERM', () => {
  it('commits, leaves the group and ends the process', () => {
    const run = start({ logs: [logOf(0, 3)] }, { application: { mode: 'auto-commit' }, config: { 'auto.commit.interval.ms': 60_000 } });
    run.runUntilMs(2_000);
    run.call('process.stop', null, 'application');
    run.runUntilMs(3_000);
    expect(requests(run, 'OffsetCommitRequest').map(offsetsOf)).toEqual(['0@3']);
    expect(requests(run, 'LeaveGroupRequest')).toHaveLength(1);
    expect(assignments(run).at(-1)).toBe('revoked 1: ');
    expect(run.world.isUp(run.client)).toBe(false);
  });
});

describe('a crash point', () => {
  it.each([
    [{ step: 'commit', when: 'before' }, ['0:0', '0:1'], []],
    [{ step: 'commit', when: 'after' }, ['0:0', '0:1'], ['0@2']],
    [{ step: 'process', when: 'before' }, [], []],
    [{ step: 'process', when: 'after' }, ['0:0'], []],
    [{ step: 'poll', when: 'after' }, [], []],
  ] as const)('%o: the process is down, and did this before', (point, done, commits) => {
    const run = start({ logs: [logOf(0, 2)] });
    run.call('fault.crashAt', point, 'application');
    run.runUntilMs(3_000);
    expect(run.world.isUp(run.client)).toBe(false);
    expect(processed(run)).toEqual(done);
    expect(requests(run, 'OffsetCommitRequest').map(offsetsOf)).toEqual(commits);
  });
});

describe('an idempotent sink', () => {
  const applied = (run: ClientWorld): string[] => run.seen<RecordProcessed>('record.processed').map(({ observation: { value, isApplied } }) => `${value} ${isApplied}`);

  it('applies what is processed twice once, and remembers it after a power loss', () => {
    const run = start({ logs: [logOf(0, 2)] }, { application: { sink: 'idempotent' } });
    run.call('fault.crashAt', { step: 'commit', when: 'before' }, 'application');
    run.runUntilMs(2_000);
    expect(applied(run)).toEqual(['0:0 true', '0:1 true']);
    run.world.powerLoss(STORE);
    run.world.start(STORE);
    run.world.start(run.client);
    run.runUntilMs(6_000);
    expect(applied(run).slice(2)).toEqual(['0:0 false', '0:1 false']);
    expect(requests(run, 'OffsetCommitRequest').map(offsetsOf)).toEqual(['0@2']);
  });

  it('asks again when the store does not answer', () => {
    const run = start({ logs: [logOf(0, 2)] }, { application: { sink: 'idempotent' } });
    run.world.crash(STORE, 'test');
    run.runUntilMs(2_000);
    expect(applied(run)).toEqual([]);
    run.world.start(STORE);
    run.runUntilMs(4_000);
    expect(applied(run)).toEqual(['0:0 true', '0:1 true']);
  });
});
