/**
 * The producer ids of a broker: the block it gives from, and the next one, which it asks for when nine tenths of the present
 * one are gone. A producer that comes while there is neither is told COORDINATOR_LOAD_IN_PROGRESS and asks again.
 *
 * Source: RPCProducerIdManager.generateProducerId, maybeRequestNextBlock, handleAllocateProducerIdsResponse; KIP-730.
 */
import { assert } from '../../kernel/assert.ts';
import type { Received } from '../../kernel/effects.ts';
import type { AllocateProducerIdsRequest, AllocateProducerIdsResponse } from '../../kafka/api.ts';
import type { BrokerConfig } from '../../kafka/config.ts';
import { NO_EPOCH, NO_LEADER, NO_PRODUCER_ID, type BrokerEpoch, type NodeId, type ProducerId } from '../../kafka/ids.ts';
import { BROKER_MACHINES, tell, type GenerateProducerId, type ProducerIdGenerated, type Registered } from '../local-events.ts';
import type { RaftLeaderChanged } from '../raft/events.ts';
import { quietly, type Reduced } from '../reduction.ts';

/** Ids from `nextId` on, below `endIdExclusive`, of a block that began at `startId`. */
interface Block {
  readonly startId: ProducerId;
  readonly nextId: ProducerId;
  readonly endIdExclusive: ProducerId;
}

export interface ProducerIdsState {
  readonly brokerId: NodeId;
  readonly config: BrokerConfig;
  readonly brokerEpoch: BrokerEpoch;
  /** The active controller as far as is known; -1 while it is not. */
  readonly controllerId: NodeId;
  /** Null before the first block came. */
  readonly block: Block | null;
  readonly nextBlock: Block | null;
  /** A block is wanted that is not there yet. */
  readonly wantsBlock: boolean;
  readonly lastCorrelationId: number;
  /** Whom the last request went to. */
  readonly askedId: NodeId;
}

export interface ProducerIdsInput {
  readonly brokerId: NodeId;
  readonly config: BrokerConfig;
}

/** RPCProducerIdManager.PID_PREFETCH_THRESHOLD. */
const PREFETCH_THRESHOLD = 0.9;

export function newProducerIds({ brokerId, config }: ProducerIdsInput): ProducerIdsState {
  return { brokerId, config, brokerEpoch: NO_EPOCH, controllerId: NO_LEADER, block: null, nextBlock: null, wantsBlock: false, lastCorrelationId: 0, askedId: NO_LEADER };
}

export function register(state: ProducerIdsState, { brokerEpoch }: Registered): Reduced<ProducerIdsState> {
  return quietly({ ...state, brokerEpoch });
}

export function controllerChanged(state: ProducerIdsState, { leaderId }: RaftLeaderChanged): Reduced<ProducerIdsState> {
  return quietly({ ...state, controllerId: leaderId });
}

export function generate(before: ProducerIdsState, { replyTo, correlationId }: GenerateProducerId): Reduced<ProducerIdsState> {
  const state = withBlockToGiveFrom(before);
  const { block } = state;
  const isThere = block !== null && block.nextId < block.endIdExclusive;
  const answer: ProducerIdGenerated = {
    type: 'producerId.generated', replyTo, correlationId, errorCode: isThere ? 'NONE' : 'COORDINATOR_LOAD_IN_PROGRESS', producerId: isThere ? block.nextId : NO_PRODUCER_ID,
  };
  const effects = [tell(BROKER_MACHINES.apis, answer)];
  if (!isThere) return { state: { ...state, wantsBlock: true }, effects };
  const { startId, nextId, endIdExclusive } = block;
  const isLow = nextId >= startId + Math.floor((endIdExclusive - startId) * PREFETCH_THRESHOLD) && state.nextBlock === null;
  return { state: { ...state, block: { ...block, nextId: nextId + 1 }, wantsBlock: state.wantsBlock || isLow }, effects };
}

function withBlockToGiveFrom(state: ProducerIdsState): ProducerIdsState {
  const { block, nextBlock } = state;
  const isUsedUp = block === null || block.nextId === block.endIdExclusive;
  return isUsedUp && nextBlock !== null ? { ...state, block: nextBlock, nextBlock: null } : state;
}

export function askForBlock(before: ProducerIdsState): Reduced<ProducerIdsState> {
  const { brokerId, brokerEpoch, controllerId } = before;
  const correlationId = before.lastCorrelationId + 1;
  const message: AllocateProducerIdsRequest = { type: 'AllocateProducerIdsRequest', correlationId, brokerId, brokerEpoch };
  return { state: { ...before, lastCorrelationId: correlationId, askedId: controllerId }, effects: [{ kind: 'send', to: controllerId, message }] };
}

export function isAnswerToLast(state: ProducerIdsState, { message }: Received<AllocateProducerIdsResponse>): boolean {
  return message.correlationId === state.lastCorrelationId;
}

export function isRefused({ message }: Received<AllocateProducerIdsResponse>): boolean {
  return message.errorCode !== 'NONE';
}

export function takeBlock(state: ProducerIdsState, { message }: Received<AllocateProducerIdsResponse>): Reduced<ProducerIdsState> {
  const { producerIdStart, producerIdLen } = message;
  assert(state.nextBlock === null, () => `broker ${state.brokerId} got a block of producer ids and has one to spare`);
  const nextBlock: Block = { startId: producerIdStart, nextId: producerIdStart, endIdExclusive: producerIdStart + producerIdLen };
  return quietly({ ...state, nextBlock, wantsBlock: false });
}

export function giveUp(state: ProducerIdsState): Reduced<ProducerIdsState> {
  return { state, effects: [{ kind: 'disconnect', to: state.askedId }] };
}
