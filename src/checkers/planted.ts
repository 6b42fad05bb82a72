/** Planted states: parts that checkers look at, made for tests without a stage that keeps them up to date. */
import { NO_LEADER, type NodeId } from '../kafka/ids.ts';
import type { PartitionRegistration } from '../kafka/metadata.ts';
import { RaftLog } from '../kafka/raft-log.ts';
import type { RaftView } from '../kafka/views.ts';
import { History } from '../history/history.ts';
import type { CheckConfig, CheckContext } from './checker.ts';
import { Cluster } from './cluster.ts';
import { CommittedPrefixes } from './committed-prefix.ts';
import { FaultBudget } from './fault-budget.ts';
import { QuietEnd } from './quiet-end.ts';
import { RunTrace } from './run-trace.ts';
import { stagedConfig } from './staging.ts';

/** The parts that checkers share, without a judge who keeps them up to date: for states that no image takes. */
export function plantedContext(changes: Partial<CheckConfig> = {}): CheckContext {
  const config = stagedConfig(changes);
  const cluster = new Cluster(config.nodes);
  const budget = new FaultBudget(cluster, config);
  return { config, cluster, budget, history: new History(), committed: new CommittedPrefixes(), trace: new RunTrace(config, budget), quiet: new QuietEnd(cluster, config.liveness) };
}

/** Broker 1 leads `orders-0`, and all three are in sync, unless it is said otherwise. */
export function plantedRegistration(change: Partial<PartitionRegistration> = {}): PartitionRegistration {
  return {
    replicas: [1, 2, 3], isr: [1, 2, 3], leader: 1, leaderEpoch: 0, partitionEpoch: 0, leaderRecoveryState: 'RECOVERED',
    addingReplicas: [], removingReplicas: [], elr: [], lastKnownElr: [], ...change,
  };
}

/** A voter that has just come up, unless it is said otherwise. */
export function plantedRaftView(nodeId: NodeId, change: Partial<RaftView> = {}): RaftView {
  return {
    nodeId, isVoter: true, role: 'Unattached', epoch: 0, isLeader: false, isQuorumStateDurable: true, leadership: null, preVotes: [], hasFetchedFromLeader: false, leaderId: NO_LEADER, votedId: NO_LEADER,
    log: RaftLog.empty(), highWatermark: 0, ...change,
  };
}
