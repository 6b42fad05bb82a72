/**
 * What the active controller decides about partitions: ISR changes that leaders propose, and the elections it makes by
 * itself from time to time. The decisions are pure and live in src/kafka (alter-partition, replication-control).
 *
 * Source: QuorumController, ReplicationControlManager, PeriodicTaskControlManager.
 */
import type { Effect, Received } from '../../kernel/effects.ts';
import { MS_PER_S } from '../../kernel/time.ts';
import { alterPartition } from '../../kafka/alter-partition.ts';
import type { AlterPartitionRequest, AlterPartitionResponse } from '../../kafka/api.ts';
import { maybeBalancePartitionLeaders, maybeElectUncleanLeaders, type PeriodicElections } from '../../kafka/replication-control.ts';
import type { Reduced } from '../reduction.ts';
import { answerWhenCommitted, appendRecords, type ControllerState } from './state.ts';

const NO_ELECTIONS: PeriodicElections = { records: [], mayHaveMore: false };

export function handleAlterPartition(before: ControllerState, { message, replyTo }: Received<AlterPartitionRequest>): Reduced<ControllerState> {
  const effects: Effect[] = [];
  const { records, response } = alterPartition(before.image, before.control, message);
  const state = appendRecords(before, records, effects);
  const answer: AlterPartitionResponse = { type: 'AlterPartitionResponse', correlationId: message.correlationId, ...response };
  return { state: answerWhenCommitted(state, replyTo, answer, refuseAlterPartition(message), effects), effects };
}

export function refuseAlterPartition({ correlationId }: AlterPartitionRequest): AlterPartitionResponse {
  return { type: 'AlterPartitionResponse', correlationId, errorCode: 'NOT_CONTROLLER', topics: [] };
}

/** REP-15: leadership goes back to the preferred replicas. What one run may not do yet the next does at once. */
export function balanceLeaders(before: ControllerState): Reduced<ControllerState> {
  const { image, control, config } = before;
  const { records, mayHaveMore } = config.autoLeaderRebalanceEnable ? maybeBalancePartitionLeaders(image, control) : NO_ELECTIONS;
  const delayMs = mayHaveMore ? 0 : config.leaderImbalanceCheckIntervalSeconds * MS_PER_S;
  const effects: Effect[] = [{ kind: 'schedule', key: 'balance', delayMs, type: 'timer.balance' }];
  return { state: appendRecords(before, records, effects), effects };
}

/** BRK-5: leaderless partitions of topics that allow it. */
export function electUncleanLeaders(before: ControllerState): Reduced<ControllerState> {
  const { records, mayHaveMore } = maybeElectUncleanLeaders(before.image, before.control);
  const delayMs = mayHaveMore ? 0 : before.config.uncleanLeaderElectionIntervalMs;
  const effects: Effect[] = [{ kind: 'schedule', key: 'unclean', delayMs, type: 'timer.unclean' }];
  return { state: appendRecords(before, records, effects), effects };
}
