/**
 * Two questions about another replica: is it caught up, and may it be in the ISR?
 * Source: Replica.isCaughtUp, Partition.isReplicaIsrEligible; KIP-841, KIP-903.
 */
import { registrationOf } from '../../kafka/metadata.ts';
import type { RemoteReplica, ReplicaState } from './state.ts';

/** REP-3: at the leader's end, or there within `replica.lag.time.max.ms`. */
export function isCaughtUp(state: ReplicaState, remote: RemoteReplica, nowMs: number): boolean {
  return remote.logEndOffset === state.log.logEndOffset || nowMs - remote.lastCaughtUpTimeMs <= state.settings.config.replicaLagTimeMaxMs;
}

/** KIP-841, KIP-903: registered, not fenced, not shutting down, and fetching as the very incarnation that is registered. */
export function isIsrEligible(state: ReplicaState, remote: RemoteReplica): boolean {
  const broker = registrationOf(state.brokers, remote.brokerId);
  if (broker === undefined || broker.fenced || broker.inControlledShutdown) return false;
  return remote.brokerEpoch === -1 || remote.brokerEpoch === broker.epoch;
}
