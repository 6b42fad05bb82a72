/**
 * What newcomers ask first about consumers, each answered by one command: `harrow run sixth_consumer_idles`. Exact like the
 * published stories: hand-made faults, a fixed seed, latency without a tail. Traces are in properties/golden/stories.
 */
import { addingPartitionsBreaksOrder } from './adding-partitions-breaks-order.ts';
import { keysKeepOrder } from './keys-keep-order.ts';
import { retentionPassesConsumer } from './retention-passes-consumer.ts';
import { sameGroupExclusivePartitions } from './same-group-exclusive-partitions.ts';
import { sixthConsumerIdles } from './sixth-consumer-idles.ts';
import { successorResumes } from './successor-resumes.ts';

export const QUESTIONS = [
  { name: 'same_group_exclusive_partitions', text: sameGroupExclusivePartitions },
  { name: 'sixth_consumer_idles', text: sixthConsumerIdles },
  { name: 'keys_keep_order', text: keysKeepOrder },
  { name: 'successor_resumes', text: successorResumes },
  { name: 'retention_passes_consumer', text: retentionPassesConsumer },
  { name: 'adding_partitions_breaks_order', text: addingPartitionsBreaksOrder },
] as const;
