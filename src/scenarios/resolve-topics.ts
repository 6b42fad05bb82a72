/**
 * Resolves topics: partitions and replicas that are not written come from the broker configs, as in Kafka; what no
 * cluster of this size could hold, or Kafka would not create, is a mistake.
 */
import { integerEntry, resolveConfig } from './config-entries.ts';
import { meant, oneOf, show } from './problems.ts';
import type { Mistakes, Path } from './problems.ts';
import { brokerNode, type ClusterSpec, type TopicSpec } from './scenario.ts';
import type { RawTopic } from './topic-shape.ts';

type Cluster = Pick<ClusterSpec, 'brokers' | 'config'>;

/** The topics that a run begins with; those without a name are left out. */
export function resolveTopics(raw: readonly RawTopic[], cluster: Cluster | undefined, mistakes: Mistakes): TopicSpec[] {
  const topics: TopicSpec[] = [];
  for (const [index, written] of raw.entries()) {
    const topic = resolveTopic(written, ['topics', index], cluster, mistakes);
    if (topic === undefined || written.name === undefined) continue;
    checkTopicName(topic.name, written.name.path, topics, mistakes);
    topics.push(topic);
  }
  return topics;
}

/** One topic; undefined without a name. */
export function resolveTopic(topic: RawTopic, path: Path, cluster: Cluster | undefined, mistakes: Mistakes): TopicSpec | undefined {
  const own = topic.name === undefined ? path : topic.name.path.slice(0, -1);
  const config = resolveConfig('topic', topic.config, [...own, 'config'], mistakes);
  // Kafka's own defaults of num.partitions and default.replication.factor are 1 and 1.
  const assignment = topic.assignment === undefined ? null : resolveAssignment(topic.assignment, cluster, [...own, 'assignment'], mistakes);
  for (const key of ['partitions', 'replicationFactor'] as const) {
    if (assignment !== null && topic[key] !== undefined) mistakes.add([...own, key], `an assignment says it already; expected ${key} or assignment, not both`, 'key');
  }
  const partitions = assignment?.length ?? topic.partitions ?? integerEntry(cluster?.config ?? {}, 'num.partitions') ?? 1;
  const replicationFactor = assignment?.[0]?.length ?? topic.replicationFactor ?? integerEntry(cluster?.config ?? {}, 'default.replication.factor') ?? 1;
  if (cluster !== undefined && replicationFactor > cluster.brokers) {
    mistakes.add([...own, 'replicationFactor'], `got ${replicationFactor}, more than there are brokers; expected at most ${cluster.brokers}`);
  }
  const ownMinIsr = integerEntry(config, 'min.insync.replicas');
  const minIsr = ownMinIsr ?? integerEntry(cluster?.config ?? {}, 'min.insync.replicas') ?? 1;
  // A mistyped replicationFactor is reported already, and its default is not what was meant.
  const hasUnknownKey = mistakes.list.some(({ on, path: at }) => on === 'key' && at.length === own.length + 1 && own.every((step, i) => at[i] === step));
  if (minIsr > replicationFactor && !hasUnknownKey) {
    const minIsrPath = ownMinIsr === undefined ? ['cluster'] : own;
    mistakes.add([...minIsrPath, 'config', 'min.insync.replicas'], `got ${minIsr}, more than topic ${show(topic.name?.value)} has replicas: no acks=all write could succeed; expected at most ${replicationFactor}`);
  }
  return topic.name === undefined ? undefined : { name: topic.name.value, partitions, replicationFactor, assignment, config };
}

/** As Kafka checks a manual assignment: existing brokers, none twice, the same number for every partition. */
function resolveAssignment(raw: NonNullable<RawTopic['assignment']>, cluster: Cluster | undefined, path: Path, mistakes: Mistakes): string[][] {
  const brokers = Array.from({ length: cluster?.brokers ?? 0 }, (_, index) => brokerNode(index + 1));
  const size = raw[0]?.length;
  return raw.map((replicas, partition) => {
    const names = replicas.map(({ value }) => value);
    replicas.forEach(({ value, path: at }, index) => {
      if (cluster !== undefined && !brokers.includes(value)) mistakes.add(at, `no broker ${show(value)}; expected ${oneOf(brokers, 12)}${meant(value, brokers)}`);
      if (names.indexOf(value) !== index) mistakes.add(at, `broker ${show(value)} twice; expected each replica on another broker`);
    });
    if (replicas.length !== size) mistakes.add([...path, partition], `${replicas.length} replicas; expected as many as the first partition has, ${String(size)}`);
    return names;
  });
}

/** Kafka would not have both this topic and one of `others`. */
export function checkTopicName(name: string, path: Path, others: readonly TopicSpec[], mistakes: Mistakes): void {
  if (others.some((other) => other.name === name)) mistakes.add(path, `a second topic ${show(name)}; expected different names`);
  // Metric names map both to '_', so Kafka refuses to create the second (Topic.hasCollision).
  const collision = others.find((other) => other.name !== name && other.name.replaceAll('.', '_') === name.replaceAll('.', '_'));
  if (collision !== undefined) mistakes.add(path, `collides with topic ${show(collision.name)}; expected names that differ in more than '.' and '_'`);
}
