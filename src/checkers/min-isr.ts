/**
 * `min.insync.replicas` as it counts: a topic cannot demand more in-sync replicas than it has (`effectiveMinIsr`), and the
 * replicas that may lead without loss: the ISR, and with KIP-966 the eligible leader replicas beside it.
 *
 * Source: Partition.effectiveMinIsr; KIP-966.
 */
import type { NodeId, TopicName } from '../kafka/ids.ts';
import type { PartitionRegistration } from '../kafka/metadata.ts';
import type { CheckConfig, CheckedTopic } from './checker.ts';

export function checkedTopic(config: CheckConfig, topic: TopicName): CheckedTopic | undefined {
  return config.topics.find(({ name }) => name === topic);
}

/** min(`min.insync.replicas`, replicas); 1 for a topic that the configuration does not know. */
export function effectiveMinIsr(config: CheckConfig, topic: TopicName, replicas: readonly NodeId[]): number {
  return Math.min(checkedTopic(config, topic)?.minInsyncReplicas ?? 1, replicas.length);
}

/** Whoever may be elected without an unclean election: ISR ∪ ELR, or, where both are empty, the last leader that is known. */
export function eligibleLeaders({ isr, elr, lastKnownElr, replicas }: PartitionRegistration): readonly NodeId[] {
  // A reassignment leaves in the ELR whom it removed; that broker has no replica to lead with.
  const present = elr.filter((id) => replicas.includes(id));
  if (elr.length === 0 && isr.length === 0) return lastKnownElr;
  if (present.length === 0) return isr;
  return isr.length === 0 ? present : [...isr, ...present];
}
