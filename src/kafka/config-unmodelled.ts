/**
 * Configs that Kafka has and nothing here obeys yet. A scenario that sets one is told so, and not that the name is
 * wrong: it would otherwise be searched for in vain, or silently do nothing.
 */
import type { ConfigKind } from './config-tables.ts';

export const UNMODELLED_CONFIGS: Readonly<Record<ConfigKind, readonly string[]>> = {
  broker: [
    'auto.create.topics.enable', 'controlled.shutdown.enable', 'controlled.shutdown.max.retries', 'controlled.shutdown.retry.backoff.ms',
    'fetch.max.bytes', 'initial.broker.registration.timeout.ms', 'leader.imbalance.per.broker.percentage', 'log.cleaner.enable',
    'log.cleanup.policy', 'log.flush.interval.messages', 'log.flush.interval.ms', 'log.flush.offset.checkpoint.interval.ms',
    'log.flush.scheduler.interval.ms', 'log.flush.start.offset.checkpoint.interval.ms', 'log.retention.bytes', 'log.retention.check.interval.ms',
    'log.retention.hours', 'log.retention.minutes', 'log.retention.ms', 'log.roll.ms', 'log.segment.bytes', 'num.io.threads', 'num.network.threads',
    'num.replica.fetchers', 'offsets.topic.num.partitions', 'offsets.topic.replication.factor', 'request.timeout.ms',
    'transaction.state.log.min.isr', 'transaction.state.log.replication.factor', 'zookeeper.connect', 'zookeeper.session.timeout.ms',
  ],
  topic: ['cleanup.policy', 'compression.type', 'delete.retention.ms', 'flush.messages', 'flush.ms', 'min.cleanable.dirty.ratio', 'retention.bytes', 'retention.ms', 'segment.bytes', 'segment.ms'],
  producer: ['compression.type', 'connections.max.idle.ms', 'interceptor.classes', 'key.serializer', 'partitioner.class', 'transaction.timeout.ms', 'transactional.id', 'value.serializer'],
  consumer: [
    'allow.auto.create.topics', 'auto.commit.interval.ms', 'default.api.timeout.ms', 'enable.auto.commit', 'group.id', 'group.instance.id', 'group.protocol',
    'heartbeat.interval.ms', 'key.deserializer', 'max.poll.interval.ms', 'partition.assignment.strategy', 'session.timeout.ms', 'value.deserializer',
  ],
};
