/**
 * A client without a mind of its own: it sends the requests that a test tells it to, once each, and writes down what
 * comes back. No retries, no metadata, no batching; what a real client makes of an answer is the producer's business.
 */
import { setup } from 'xstate';
import { handOver, quietly, reduces, type Reduced } from '../../src/actors/reduction.ts';
import type { ApiRequest, ApiResponse } from '../../src/kafka/api.ts';
import type { ConnectionLost, EffectsEmitted, Received, Stimulus } from '../../src/kernel/effects.ts';
import type { NodeSpec } from '../../src/kernel/process.ts';

export const CLIENT_MACHINE = 'client';

export interface ClientState {
  /** In order of arrival. */
  readonly answers: readonly ApiResponse[];
  readonly lost: readonly ConnectionLost[];
}

/** `data` of the stimulus `client.send`. */
export interface ToSend {
  readonly to: number;
  readonly message: ApiRequest;
}

type ClientEvent = Stimulus<'client.send', ToSend> | Received<ApiResponse> | Stimulus<'connection.lost', ConnectionLost>;

function writeDown(state: ClientState, { message }: Received<ApiResponse>): Reduced<ClientState> {
  return quietly({ ...state, answers: [...state.answers, message] });
}

function noteLoss(state: ClientState, { data }: Stimulus<string, ConnectionLost>): Reduced<ClientState> {
  return quietly({ ...state, lost: [...state.lost, data] });
}

export const clientMachine = setup({
  types: {} as { context: Reduced<ClientState>; events: ClientEvent; emitted: EffectsEmitted },
  actions: {
    send: reduces((state: ClientState, { data: { to, message } }: Stimulus<string, ToSend>) => ({ state, effects: [{ kind: 'send', to, message }] })),
    writeDown: reduces(writeDown),
    noteLoss: reduces(noteLoss),
    handOver,
  },
}).createMachine({
  id: 'client',
  context: () => quietly({ answers: [], lost: [] }),
  on: {
    'client.send': { actions: ['send', 'handOver'] },
    'connection.lost': { actions: ['noteLoss'] },
    ProduceResponse: { actions: ['writeDown'] },
    FetchResponse: { actions: ['writeDown'] },
    ListOffsetsResponse: { actions: ['writeDown'] },
    DeleteRecordsResponse: { actions: ['writeDown'] },
    MetadataResponse: { actions: ['writeDown'] },
    OffsetForLeaderEpochResponse: { actions: ['writeDown'] },
    FindCoordinatorResponse: { actions: ['writeDown'] },
    JoinGroupResponse: { actions: ['writeDown'] },
    SyncGroupResponse: { actions: ['writeDown'] },
    HeartbeatResponse: { actions: ['writeDown'] },
    LeaveGroupResponse: { actions: ['writeDown'] },
    OffsetCommitResponse: { actions: ['writeDown'] },
    OffsetFetchResponse: { actions: ['writeDown'] },
    ConsumerGroupHeartbeatResponse: { actions: ['writeDown'] },
  },
});

/** Besides the client of that name as many more as `others` says, each with connections of its own: `client/1`, `client/2`, ... */
export function clientNode(name: string, others = 0): NodeSpec {
  const names = [CLIENT_MACHINE, ...Array.from({ length: others }, (_, i) => `${CLIENT_MACHINE}/${i + 1}`)];
  return { name, boot: () => names.map((machineName) => ({ name: machineName, machine: 'client', input: undefined })) };
}
