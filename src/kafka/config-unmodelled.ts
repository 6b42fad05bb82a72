/**
 * Configs that Kafka has and nothing here obeys yet. A scenario that sets one is told so, and not that the name is
 * wrong: it would otherwise be searched for in vain, or silently do nothing.
 */
import type { ConfigKind } from './config-tables.ts';

export const UNMODELLED_CONFIGS: Readonly<Record<ConfigKind, readonly string[]>> = {
  broker: [
    'auto.create.topics.enable', 'controlled.shutdown.enable', 'controlled.shutdown.max.retries', 'controlled.shutdown.retry.backoff.ms',
    'fetch.max.bytes', 'initial.broker.registration.timeout.ms', 'leader.imbalance.per.broker.percentage', 
    
    
    'num.io.threads', 'num.network.threads',
    'num.replica.fetchers', 'request.timeout.ms',
    'transaction.state.log.min.isr', 'transaction.state.log.replication.factor', 'log.cleaner.max.compaction.lag.ms', 'log.cleaner.threads', 'log.index.size.max.bytes', 'log.roll.hours', 'log.roll.jitter.ms', 'log.segment.delete.delay.ms', 'zookeeper.connect', 'zookeeper.session.timeout.ms',
  ],
  topic: ['compression.type', 'file.delete.delay.ms', 'index.interval.bytes', 'max.compaction.lag.ms', 'message.timestamp.type', 'segment.index.bytes', 'segment.jitter.ms'],
  producer: ['compression.type', 'connections.max.idle.ms', 'interceptor.classes', 'key.serializer', 'transaction.timeout.ms', 'transactional.id', 'value.serializer'],
  consumer: [
    'allow.auto.create.topics', 'auto.offset.reset.by.duration', 'client.rack', 'exclude.internal.topics', 'group.id', 'key.deserializer', 'value.deserializer',
  ],
};
