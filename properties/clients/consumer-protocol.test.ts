import { describe, expect, it } from 'vitest';
import type { ApplicationOptions } from '../../src/actors/application/state.ts';
import { consumerNode } from '../../src/actors/consumer/node.ts';
import type { AssignmentChanged, CommitCompleted, RecordProcessed } from '../../src/history/observations.ts';
import type { ConsumerGroupHeartbeatRequest, OffsetCommitRequest } from '../../src/kafka/api.ts';
import { parseConfig } from '../../src/kafka/config.ts';
import { freshSeed } from '../support/seed.ts';
import { groupBroker, logOf, type GroupScene } from './group-script.ts';
import { clientWorld, TOPIC, type ClientWorld } from './scripted-cluster.ts';

const APPLICATION: ApplicationOptions = { mode: 'process-then-commit', handler: 'sync', commit: 'sync', perRecordMs: 0, perBatchMs: 0, sink: 'naive', pollTimeoutMs: 500 };

function start(scene: Partial<GroupScene>, { config = {}, application = {} }: { readonly config?: Readonly<Record<string, unknown>>; readonly application?: Partial<ApplicationOptions> } = {}): ClientWorld {
  const options = { ...APPLICATION, ...application };
  const parsed = parseConfig('consumer', { 'group.protocol': 'consumer', 'auto.offset.reset': 'earliest', 'enable.auto.commit': options.mode === 'auto-commit', ...config });
  expect(parsed.problems).toEqual([]);
  const client = consumerNode({ name: 'dashboard', bootstrapServers: [0], config: parsed.config, topics: [TOPIC], group: { groupId: 'dashboards', application: options, storeId: -1 } });
  return clientWorld({ seed: String(freshSeed('consumer protocol')), scripts: [groupBroker({ logs: [logOf(0, 3), logOf(1, 2)], ...scene })], client });
}

const heartbeats = (run: ClientWorld): readonly ConsumerGroupHeartbeatRequest[] =>
  run.memory(0).requests.flatMap(({ message }) => (message.type === 'ConsumerGroupHeartbeatRequest' ? [message] : []));
const partitionsOf = ({ topicPartitions }: ConsumerGroupHeartbeatRequest): string | null => (topicPartitions === null ? null : topicPartitions.flatMap(({ partitions }) => partitions).join(','));
const said = (run: ClientWorld): (string | number | null)[][] => heartbeats(run).map((each) => [each.memberEpoch, each.subscribedTopicNames === null ? null : 'topics', partitionsOf(each)]);
const assignments = (run: ClientWorld): string[] =>
  run.seen<AssignmentChanged>('assignment').map(({ observation: { reason, generationId, owned } }) => `${reason} ${generationId}: ${owned.flatMap(({ partitions }) => partitions).join(',')}`);
const processed = (run: ClientWorld): string[] => run.seen<RecordProcessed>('record.processed').map(({ observation: { value } }) => value);
const commits = (run: ClientWorld): OffsetCommitRequest[] => run.memory(0).requests.flatMap(({ message }) => (message.type === 'OffsetCommitRequest' ? [message] : []));

describe('a member of the consumer protocol', () => {
  it('joins with epoch 0 and everything, owns what it is told to, acknowledges it, and then only says that it is there', () => {
    const run = start({ consumerHeartbeat: (_request, before) => (before === 0 ? { memberEpoch: 3, partitions: [0, 1] } : { memberEpoch: 3 }) });
    run.runUntilMs(5_000);
    expect(said(run).slice(0, 3)).toEqual([[0, 'topics', ''], [3, null, '0,1'], [3, null, null]]);
    expect(heartbeats(run)[0]?.rebalanceTimeoutMs).toBe(300_000);
    expect(assignments(run)).toEqual(['assigned 3: 0,1']);
    expect(processed(run).toSorted()).toEqual(['0:0', '0:1', '0:2', '1:0', '1:1']);
    expect(commits(run).map(({ generationIdOrMemberEpoch }) => generationIdOrMemberEpoch)).toEqual([3]);
  });

  it('revokes only what is taken, after it has committed it, and says so at once', () => {
    const run = start(
      { consumerHeartbeat: (_request, before) => (before === 0 ? { memberEpoch: 1, partitions: [0, 1] } : before === 2 ? { memberEpoch: 1, partitions: [1] } : { memberEpoch: before > 2 ? 2 : 1 }) },
      { application: { mode: 'auto-commit' }, config: { 'auto.commit.interval.ms': 60_000 } },
    );
    run.runUntilMs(4_500);
    expect(assignments(run)).toEqual(['assigned 1: 0,1', 'revoked 1: 1', 'assigned 1: 1']);
    const revokedAtMs = run.seen<AssignmentChanged>('assignment').find(({ observation: { reason } }) => reason === 'revoked')?.atMs as number;
    const committed = run.seen<CommitCompleted>('commit.completed');
    expect(committed.map(({ observation: { outcome } }) => outcome)).toEqual(['ok']);
    expect(committed[0]?.atMs).toBeLessThanOrEqual(revokedAtMs);
    expect(said(run)[3]).toEqual([1, null, '1']);
  });

  it.each(['FENCED_MEMBER_EPOCH', 'UNKNOWN_MEMBER_ID'] as const)('%s: it loses everything and joins again under the same id', (errorCode) => {
    const run = start({
      consumerHeartbeat: ({ memberEpoch }) => (memberEpoch === 0 ? { memberEpoch: 4, partitions: [0] } : { memberEpoch }),
      errorOf: (event, before) => (event.type === 'ConsumerGroupHeartbeatRequest' && before === 2 ? errorCode : undefined),
    });
    run.runUntilMs(5_000);
    expect(assignments(run)).toEqual(['assigned 4: 0', 'lost 4: ', 'assigned 4: 0']);
    expect(new Set(heartbeats(run).map(({ memberId }) => memberId)).size).toBe(1);
    expect(said(run)[3]).toEqual([0, 'topics', '']);
  });

  it('tries again after the backoff, not at once, when it is refused while it joins', () => {
    const run = start({ errorOf: (event) => (event.type === 'ConsumerGroupHeartbeatRequest' ? 'FENCED_MEMBER_EPOCH' : undefined) }, { config: { 'retry.backoff.ms': 200 } });
    run.runUntilMs(5_000);
    expect(heartbeats(run).length).toBeGreaterThan(15);
    expect(heartbeats(run).length).toBeLessThan(27);
  });

  it('that is refused before it has taken its first assignment over joins again', () => {
    const run = start(
      { consumerHeartbeat: ({ memberEpoch }) => (memberEpoch === 0 ? { memberEpoch: 4, partitions: [0] } : { memberEpoch }), errorOf: (event, before) => (event.type === 'ConsumerGroupHeartbeatRequest' && before === 1 ? 'UNKNOWN_MEMBER_ID' : undefined) },
      { application: { pollTimeoutMs: 4_000 } },
    );
    run.runUntilMs(8_000);
    expect(said(run).filter(([epoch]) => epoch === 0)).toHaveLength(2);
    expect(assignments(run).at(-1)).toBe('assigned 4: 0');
  });

  it('hears of a target that is what it owned before it began to give something up for another', () => {
    const targets: Readonly<Record<number, readonly number[]>> = { 0: [0, 1], 2: [1], 3: [0, 1] };
    const run = start(
      {
        consumerHeartbeat: (_request, before) => ({ memberEpoch: 1, ...(targets[before] === undefined ? {} : { partitions: targets[before] as readonly number[] }) }),
        errorOf: (event, before) => (event.type === 'OffsetCommitRequest' && before < 40 ? 'COORDINATOR_LOAD_IN_PROGRESS' : undefined),
      },
      { application: { mode: 'auto-commit' }, config: { 'auto.commit.interval.ms': 60_000 } },
    );
    run.runUntilMs(20_000);
    expect(assignments(run).at(-1)).toBe('assigned 1: 0,1');
    expect(heartbeats(run).map(partitionsOf).filter((each) => each !== null).at(-1)).toBe('0,1');
  });

  it('says everything again when a heartbeat was not answered', () => {
    const run = start(
      { consumerHeartbeat: ({ memberEpoch }) => (memberEpoch === 0 ? { memberEpoch: 4, partitions: [0] } : { memberEpoch }), errorOf: (event, before) => (event.type === 'ConsumerGroupHeartbeatRequest' && before === 2 ? 'silence' : undefined) },
      { config: { 'request.timeout.ms': 1_000, 'fetch.max.wait.ms': 500 } },
    );
    run.runUntilMs(6_000);
    expect(said(run)[3]).toEqual([4, 'topics', '0']);
  });

  it.each(['UNRELEASED_INSTANCE_ID', 'UNSUPPORTED_ASSIGNOR', 'GROUP_MAX_SIZE_REACHED'] as const)('%s is the end', (errorCode) => {
    const run = start({ errorOf: (event) => (event.type === 'ConsumerGroupHeartbeatRequest' ? errorCode : undefined) });
    run.runUntilMs(20_000);
    expect(heartbeats(run)).toHaveLength(1);
    expect(run.seen('consumer.failed')).toHaveLength(1);
  });

  it('leaves when the application does not poll, and joins again when it does', () => {
    const run = start(
      { consumerHeartbeat: ({ memberEpoch }) => (memberEpoch === 0 ? { memberEpoch: 4, partitions: [0] } : { memberEpoch }) },
      { application: { perRecordMs: 4_000 }, config: { 'max.poll.interval.ms': 3_000, 'max.poll.records': 1 } },
    );
    run.runUntilMs(3_900);
    expect(said(run).at(-1)).toEqual([-1, null, null]);
    run.runUntilMs(5_000);
    expect(assignments(run).slice(0, 3)).toEqual(['assigned 4: 0', 'lost 4: ', 'assigned 4: 0']);
  });

  it.each([[{}, -1], [{ 'group.instance.id': 'static-1' }, -2]] as const)('with %o it leaves with epoch %d', (config, epoch) => {
    const run = start({ consumerHeartbeat: ({ memberEpoch }) => (memberEpoch === 0 ? { memberEpoch: 4, partitions: [0] } : { memberEpoch }) }, { config });
    run.runUntilMs(1_500);
    run.call('process.stop', null, 'application');
    run.runUntilMs(2_000);
    expect(said(run).at(-1)?.[0]).toBe(epoch);
    expect(run.world.isUp(run.client)).toBe(false);
  });
});
