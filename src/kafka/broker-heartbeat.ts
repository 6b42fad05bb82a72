/**
 * What a broker's heartbeat makes of it, as the controller decides: FENCED, UNFENCED, CONTROLLED_SHUTDOWN or
 * SHUTDOWN_NOW; and what the active controller remembers of heartbeats to decide it. None of that is in the metadata
 * log: a new controller has heard of nobody. Sessions and their expiry are timers, and belong to the controller's actor.
 *
 * Source: BrokerHeartbeatManager, BrokerControlState, QuorumController.processBrokerHeartbeat; KIP-631, KIP-841.
 */
import { unreachable } from '../kernel/assert.ts';
import type { BrokerHeartbeatRequest } from './api.ts';
import type { Offset } from './ids.ts';

export type BrokerControlState = 'FENCED' | 'UNFENCED' | 'CONTROLLED_SHUTDOWN' | 'SHUTDOWN_NOW';

export interface HeartbeatContext {
  /** Offset of the broker's RegisterBrokerRecord: it must have applied that much before it serves. */
  readonly registerBrokerRecordOffset: Offset;
  readonly hasLeaderships: boolean;
  /** What the metadata log had reached when the controlled shutdown moved its leaders away. */
  readonly controlledShutdownOffset: Offset;
  /** The lowest metadata offset that any active broker reported, see BrokerHeartbeats; Infinity when none is active. */
  readonly lowestActiveOffset: Offset;
}

/** The state that follows `current` on a heartbeat. */
export function nextBrokerState(
  current: BrokerControlState,
  request: Pick<BrokerHeartbeatRequest, 'currentMetadataOffset' | 'wantFence' | 'wantShutDown'>,
  context: HeartbeatContext,
): BrokerControlState {
  switch (current) {
    case 'FENCED': {
      if (request.wantShutDown) return 'SHUTDOWN_NOW';
      const isCaughtUp = request.currentMetadataOffset >= context.registerBrokerRecordOffset;
      return !request.wantFence && isCaughtUp ? 'UNFENCED' : 'FENCED';
    }
    case 'UNFENCED':
      if (request.wantFence) return request.wantShutDown ? 'SHUTDOWN_NOW' : 'FENCED';
      if (request.wantShutDown) return context.hasLeaderships ? 'CONTROLLED_SHUTDOWN' : 'SHUTDOWN_NOW';
      return 'UNFENCED';
    case 'CONTROLLED_SHUTDOWN': {
      // Every active broker must know of the new leaders before the old one stops answering.
      const othersKnow = context.controlledShutdownOffset <= context.lowestActiveOffset;
      return !context.hasLeaderships && othersKnow ? 'SHUTDOWN_NOW' : 'CONTROLLED_SHUTDOWN';
    }
    case 'SHUTDOWN_NOW':
      return 'SHUTDOWN_NOW';
    default:
      return unreachable(current, 'broker control state');
  }
}
