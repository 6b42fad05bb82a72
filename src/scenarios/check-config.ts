/**
 * What a run promises, as the checkers read it: the configuration of its clients and topics, over all that an administrator
 * makes of them. Where a config changes while the run goes on, brokers obey the old or the new one for a while, so a topic
 * promises the least of what it ever promised. Topics that the run deletes are not judged at all.
 */
import type { ApplicationOptions } from '../actors/application/state.ts';
import type { CheckConfig, CheckedConsumer, CheckedTopic } from '../checkers/checker.ts';
import { livenessBoundMs } from '../checkers/liveness-bound.ts';
import { effectiveTopicConfig, parseConfig, type BrokerConfig, type ConsumerConfig, type TopicConfig } from '../kafka/config.ts';
import { GROUP_METADATA_TOPIC } from '../kafka/group/partition.ts';
import { NEVER_US, usOfMs } from '../kernel/time.ts';
import type { AdminOperation } from './administration.ts';
import { mutated } from './mutants.ts';
import { rulesOf } from './profiles.ts';
import { configOfMember } from './resolve-consumers.ts';
import { nodesOf, votersOf, type ConfigEntries, type Scenario } from './scenario.ts';

export interface CheckedRun {
  readonly scenario: Scenario;
  readonly admin: readonly AdminOperation[];
  readonly mutants: readonly string[];
  /** When the last fault is over; not before the end of the run for a run without a quiet end. */
  readonly quietMs: number;
  /** The least that the faults make of any clock, 0 for clocks that are exact or fast. */
  readonly slowestClockPpm: number;
}

export function checkConfigOf({ scenario, admin, mutants, quietMs, slowestClockPpm }: CheckedRun): CheckConfig {
  // What the version promises: a mutant breaks it.
  const rules = rulesOf(scenario.profile);
  const nodes = nodesOf(scenario).map(({ name }) => name);
  const { latency } = scenario.network;
  const { config: broker } = parseConfig('broker', scenario.cluster.config);
  const producers = scenario.producers.flatMap((producer) => {
    const { config } = parseConfig('producer', producer.config);
    const namesPartitionOf = [...new Set(scenario.workload.filter((spec) => spec.producer === producer.name && namesPartition(spec)).map(({ topic }) => topic))];
    return producer.nodes.map((name) => ({ node: nodes.indexOf(name), config, namesPartitionOf }));
  });
  const consumers = scenario.consumers.flatMap(({ nodes: names, config, topics, group }) =>
    names.map((name, index) => ({
      node: nodes.indexOf(name), config: parseConfig('consumer', configOfMember(config, index + 1)).config, topics,
      ...(group === undefined ? {} : { groupId: group.groupId, application: group.application, ...paceOf(group.application, parseConfig('consumer', config).config) }),
    })));
  const usesGroups = scenario.consumers.some(({ group }) => group !== undefined);
  const boundMs = livenessBoundMs({ brokers: [broker], producers: producers.map(({ config }) => config), consumers: consumers.map(({ config }) => config), members: consumers.filter(({ groupId }) => groupId !== undefined).map(({ config }) => config) });
  // Of partitions that are added a consumer hears with the next refresh of its metadata, and not before.
  const hearsAfterMs = Math.max(0, ...consumers.map(({ config }) => config.metadataMaxAgeMs));
  const lastOperationMs = Math.max(0, ...admin.map(({ kind, atMs }) => (kind === 'createPartitions' ? atMs + hearsAfterMs : atMs)));
  const quietFromMs = Math.max(quietMs, lastOperationMs);
  const quietFromUs = quietFromMs >= scenario.durationMs ? NEVER_US : usOfMs(quietFromMs);
  return {
    nodes,
    topics: [...checkedTopics(scenario, admin, broker), ...(usesGroups ? [offsetsTopic(scenario, admin, broker)] : [])],
    deletedTopics: admin.flatMap((operation) => (operation.kind === 'deleteTopic' ? [operation.topic] : [])),
    producers,
    consumers,
    slowestTripMs: Math.max(latency.maxUs, latency.tailRatio.numerator > 0 ? latency.tailUs : 0) / 1_000,
    liveness: quietFromUs === NEVER_US ? null : { quietFromUs, boundMs },
    expectAllAcks: scenario.mustSurvive === 'every-ack',
    eligibleLeaderReplicas: mutated(rulesOf(scenario.profile), mutants).eligibleLeaderReplicas,
    voters: votersOf(scenario.cluster),
    producerIdExpirationMs: broker.producerIdExpirationMs,
    groupCleanupMs: broker.offsetsRetentionCheckIntervalMs,
    offsetsRetentionMs: broker.offsetsRetentionMinutes * 60_000,
    quorum: { fetchTimeoutMs: broker.controllerQuorumFetchTimeoutMs, checksQuorum: rules.raftChecksQuorum, asksPreVotes: rules.raftPreVotes, slowestClockPpm },
    firstSequenceOfEmptyLogIsZero: rules.firstSequenceOfEmptyLogIsZero,
    producerStateOutlivesRecords: rules.producerStateOutlivesRecords,
    truncatesBeforeHighWatermark: rules.truncatesBeforeHighWatermark,
    consumerValidatesPositions: rules.consumerValidatesPositions && rules.fencesFetchesByLeaderEpoch,
    usesGroups,
    reassigns: admin.some(({ kind }) => kind === 'reassign' || kind === 'cancelReassignment'),
  };
}

/** A round trip to the store, with what a lossy network adds. */
const STORE_MS = 20;

/**
 * A store that has to be asked takes its time, too. The leader of a classic group assigns in poll, and the SyncGroup of the others
 * waits for that no longer than `request.timeout.ms`; then they join again (AbstractCoordinator.sendSyncGroupRequest).
 */
function paceOf({ mode, handler, perRecordMs, perBatchMs, sink }: ApplicationOptions, { maxPollRecords, maxPollIntervalMs, requestTimeoutMs, groupProtocol }: ConsumerConfig): Pick<CheckedConsumer, 'pollsInTime' | 'processesAtOnce'> {
  const processesAtOnce = perRecordMs === 0 && perBatchMs === 0 && sink !== 'idempotent';
  const pollsOn = mode === 'auto-commit' && handler === 'threaded';
  const longestMs = perBatchMs + maxPollRecords * (perRecordMs + (sink === 'idempotent' ? STORE_MS : 0));
  return { processesAtOnce, pollsInTime: pollsOn || longestMs < (groupProtocol === 'classic' ? Math.min(maxPollIntervalMs, requestTimeoutMs) : maxPollIntervalMs) };
}

function namesPartition(spec: Scenario['workload'][number]): boolean {
  return spec.kind === 'periodic' ? spec.partition !== null : spec.rows.some(({ partition }) => partition !== null);
}

function checkedTopics({ topics, cluster }: Scenario, admin: readonly AdminOperation[], broker: BrokerConfig): CheckedTopic[] {
  const created = admin.flatMap((operation) =>
    operation.kind === 'createTopic' ? [{ name: operation.topic, partitions: operation.partitions, config: operation.config as ConfigEntries }] : []);
  return [...topics, ...created.filter(({ name }) => topics.every((topic) => topic.name !== name))].map(({ name, partitions, config }) => {
    const configs = configsOverTime(name, config, cluster.config, admin, broker);
    const minInsyncReplicas = configs.map((each) => each.minInsyncReplicas);
    return {
      name,
      partitionCounts: [partitions, ...admin.flatMap((operation) => (operation.kind === 'createPartitions' && operation.topic === name ? [operation.count] : []))],
      minInsyncReplicas: Math.min(...minInsyncReplicas),
      minInsyncReplicasChanges: new Set(minInsyncReplicas).size > 1,
      uncleanLeaderElectionEnable: configs.some((each) => each.uncleanLeaderElectionEnable)
        || admin.some((operation) => operation.kind === 'electLeaders' && operation.election === 'unclean' && (operation.partitions === null || operation.partitions.some((each) => each.topic === name))),
      flushMessages: Math.max(...configs.map((each) => each.flushMessages)),
      isCleaned: configs.some(isCleaned) || admin.some((operation) => operation.kind === 'deleteRecords' && operation.topic === name),
    };
  });
}

/** What brokers keep groups in; they create it on first need (AutoTopicCreationManager). */
function offsetsTopic({ cluster }: Scenario, admin: readonly AdminOperation[], broker: BrokerConfig): CheckedTopic {
  const own = { 'cleanup.policy': 'compact', 'segment.bytes': broker.offsetsTopicSegmentBytes };
  const configs = configsOverTime(GROUP_METADATA_TOPIC, own, cluster.config, admin, broker);
  return {
    name: GROUP_METADATA_TOPIC,
    partitionCounts: [broker.offsetsTopicNumPartitions],
    minInsyncReplicas: Math.min(...configs.map((each) => each.minInsyncReplicas)),
    uncleanLeaderElectionEnable: configs.some((each) => each.uncleanLeaderElectionEnable),
    flushMessages: Math.max(...configs.map((each) => each.flushMessages)),
    isCleaned: broker.offsetsTopicSegmentBytes < A_RUN_FILLS_BYTES,
  };
}

/** No run commits that much. */
const A_RUN_FILLS_BYTES = 10_000_000;

/** A bound that a run of hours can reach; a week, Kafka's default, is none. */
const WEEK_MS = 7 * 24 * 3_600_000;

function isCleaned({ cleanupPolicy, retentionMs, retentionBytes }: TopicConfig): boolean {
  return cleanupPolicy !== 'delete' || retentionBytes >= 0 || (retentionMs >= 0 && retentionMs < WEEK_MS);
}

/** The topic's effective config at the start and after each operation that changes it. */
function configsOverTime(topic: string, initial: ConfigEntries, cluster: ConfigEntries, admin: readonly AdminOperation[], broker: BrokerConfig): TopicConfig[] {
  let own: ConfigEntries = initial;
  let shared: ConfigEntries = cluster;
  const configs = [effectiveTopicConfig(parseConfig('topic', own), broker)];
  for (const operation of admin) {
    if (operation.kind !== 'alterConfig') continue;
    const isOwn = operation.resource === 'topic' && operation.name === topic;
    if (isOwn) own = altered(own, operation);
    else if (operation.resource === 'topic') continue;
    else shared = altered(shared, operation);
    configs.push(effectiveTopicConfig(parseConfig('topic', own), parseConfig('broker', shared).config));
  }
  return configs;
}

function altered(entries: ConfigEntries, operation: Extract<AdminOperation, { kind: 'alterConfig' }>): ConfigEntries {
  const kept = Object.entries(entries).filter(([name]) => !operation.delete.includes(name));
  return { ...Object.fromEntries(kept), ...operation.set };
}
