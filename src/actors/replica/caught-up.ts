/**
 * Two questions about another replica: is it caught up, and may it be in the ISR?
 * Source: Replica.isCaughtUp, Partition.isReplicaIsrEligible; KIP-841, KIP-903.
 */
import { NO_EPOCH } from '../../kafka/ids.ts';
import { registrationOf } from '../../kafka/metadata.ts';
import { NEVER_CAUGHT_UP, type RemoteReplica, type ReplicaState } from './state.ts';

/** REP-3: at the leader's end, or there within `replica.lag.time.max.ms`. */
export function isCaughtUp(state: ReplicaState, remote: RemoteReplica, nowMs: number): boolean {
  if (remote.logEndOffset === state.log.logEndOffset) return true;
  return remote.lastCaughtUpTimeMs !== NEVER_CAUGHT_UP && nowMs - remote.lastCaughtUpTimeMs <= state.settings.config.replicaLagTimeMaxMs;
}

/**
 * KIP-841: registered, not fenced, not shutting down. KIP-903: fetching as the very incarnation that is registered, which
 * a leader that proposes no broker epochs does not ask.
 */
export function isIsrEligible(state: ReplicaState, remote: RemoteReplica): boolean {
  const { proposesActiveReplicasOnly, proposesBrokerEpochs } = state.settings.rules;
  const broker = registrationOf(state.brokers, remote.brokerId);
  if (proposesActiveReplicasOnly && (broker === undefined || broker.fenced || broker.inControlledShutdown)) return false;
  return !proposesBrokerEpochs || remote.brokerEpoch === NO_EPOCH || remote.brokerEpoch === broker?.epoch;
}
