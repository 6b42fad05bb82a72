/**
 * One client against brokers that do as the test says, in a real world: kernel, connections and timers are the shipped
 * ones; only the brokers are scripted. A script is a pure function from a broker's memory and a request to effects, so
 * the broker is a machine like any other.
 *
 * Node indexes: brokers first, from 0, then the client, then what stands beside it.
 */
import { setup } from 'xstate';
import { NO_EFFECTS, handOver, reduces, type Reduced } from '../../src/actors/reduction.ts';
import type {
  ApiRequest, ApiResponse, FetchRequest, GroupRequest, ListOffsetsRequest, MetadataRequest, MetadataResponse, OffsetForLeaderEpochRequest, ProduceRequest,
} from '../../src/kafka/api.ts';
import type { ErrorName } from '../../src/kafka/errors.ts';
import type { NodeId } from '../../src/kafka/ids.ts';
import type { RecordBatch } from '../../src/kafka/records.ts';
import type { Effect, EffectsEmitted, Message, Received } from '../../src/kernel/effects.ts';
import type { NodeSpec } from '../../src/kernel/process.ts';
import type { EngineName } from '../../src/kernel/statechart/engine.ts';
import { engine } from '../../src/kernel/statechart/engines.ts';
import type { Monitor } from '../../src/kernel/outside.ts';
import { World } from '../../src/kernel/world.ts';
import { ConnectionNetwork } from '../../src/network/connection-network.ts';
import { DatagramNetwork } from '../../src/network/datagram-network.ts';
import type { Transport } from '../../src/kernel/transport.ts';
import type { Ratio } from '../../src/kernel/random.ts';
import { applicationMachine } from '../../src/actors/application/machine.ts';
import { consumerMembershipMachine } from '../../src/actors/consumer-membership/machine.ts';
import { consumerMachine } from '../../src/actors/consumer/machine.ts';
import { membershipMachine } from '../../src/actors/membership/machine.ts';
import { storeMachine } from '../../src/actors/store/machine.ts';
import { producerMachine } from '../../src/actors/producer/machine.ts';

export const TOPIC = 'gps';

/** What a scripted broker remembers: every request, in order of arrival, and the batches it took. */
export interface BrokerMemory {
  readonly brokerId: NodeId;
  readonly requests: readonly Received<ApiRequest>[];
  readonly log: readonly { readonly partition: number; readonly baseOffset: number; readonly batch: RecordBatch }[];
}

/** Answers a request, the last of `memory.requests`. */
export type Script = (memory: BrokerMemory, event: Received<ApiRequest>) => readonly Effect[];

interface ScriptedState {
  readonly memory: BrokerMemory;
  readonly script: Script;
}

type BrokerEvent = Received<MetadataRequest> | Received<ProduceRequest> | Received<FetchRequest> | Received<ListOffsetsRequest> | Received<OffsetForLeaderEpochRequest> | Received<GroupRequest>;

function serve(state: ScriptedState, event: Received<ApiRequest>): Reduced<ScriptedState> {
  const before = { ...state.memory, requests: [...state.memory.requests, event] };
  const memory = event.message.type === 'ProduceRequest' ? { ...before, log: [...before.log, ...taken(before, event.message)] } : before;
  return { state: { ...state, memory }, effects: state.script(memory, event) };
}

/** Every produced batch is appended, whatever the script answers. */
function taken(memory: BrokerMemory, request: ProduceRequest): BrokerMemory['log'] {
  return request.topicData.flatMap(({ partitionData }) =>
    partitionData.map(({ index, records }) => ({ partition: index, baseOffset: endOffset(memory, index), batch: records })),
  );
}

export function endOffset({ log }: BrokerMemory, partition: number): number {
  return log.reduce((end, each) => (each.partition === partition ? each.baseOffset + each.batch.records.length : end), 0);
}

const scriptedBroker = setup({
  types: {} as { context: Reduced<ScriptedState>; events: BrokerEvent; input: ScriptedState; emitted: EffectsEmitted },
  actions: { serve: reduces(serve), handOver },
}).createMachine({
  id: 'scriptedBroker',
  context: ({ input }) => ({ state: input, effects: NO_EFFECTS }),
  on: {
    MetadataRequest: { actions: ['serve', 'handOver'] },
    ProduceRequest: { actions: ['serve', 'handOver'] },
    FetchRequest: { actions: ['serve', 'handOver'] },
    ListOffsetsRequest: { actions: ['serve', 'handOver'] },
    OffsetForLeaderEpochRequest: { actions: ['serve', 'handOver'] },
    FindCoordinatorRequest: { actions: ['serve', 'handOver'] },
    JoinGroupRequest: { actions: ['serve', 'handOver'] },
    SyncGroupRequest: { actions: ['serve', 'handOver'] },
    HeartbeatRequest: { actions: ['serve', 'handOver'] },
    LeaveGroupRequest: { actions: ['serve', 'handOver'] },
    OffsetCommitRequest: { actions: ['serve', 'handOver'] },
    OffsetFetchRequest: { actions: ['serve', 'handOver'] },
    ConsumerGroupHeartbeatRequest: { actions: ['serve', 'handOver'] },
  },
});

// --- answers ---------------------------------------------------------------------------------------------------------

export interface Leader {
  readonly leaderId: NodeId;
  readonly leaderEpoch: number;
}

export function reply(event: Received<ApiRequest>, message: ApiResponse): readonly Effect[] {
  return [{ kind: 'reply', to: event.replyTo, message }];
}

/** Metadata that names these leaders for the partitions of every topic that was asked for. */
export function metadata(event: Received<MetadataRequest>, brokers: readonly NodeId[], leaders: readonly Leader[]): readonly Effect[] {
  const message: MetadataResponse = {
    type: 'MetadataResponse',
    correlationId: event.message.correlationId,
    brokers: brokers.map((nodeId) => ({ nodeId })),
    controllerId: 0,
    topics: (event.message.topics ?? []).map(({ name }) => ({
      errorCode: 'NONE',
      name,
      partitions: leaders.map(({ leaderId, leaderEpoch }, partitionIndex) => ({
        errorCode: leaderId === -1 ? 'LEADER_NOT_AVAILABLE' : 'NONE', partitionIndex, leaderId, leaderEpoch, replicaNodes: [...brokers], isrNodes: [...brokers], offlineReplicas: [],
      })),
    })),
  };
  return reply(event, message);
}

/** The same word for every partition of the request; the offsets are those of the broker's memory. */
export function produced(memory: BrokerMemory, event: Received<ProduceRequest>, errorCode: ErrorName = 'NONE'): readonly Effect[] {
  const { message } = event;
  if (message.acks === 0) return [{ kind: 'release', to: event.replyTo }];
  const baseOffsetOf = (batch: RecordBatch): number => memory.log.find((each) => each.batch === batch)?.baseOffset ?? -1;
  return reply(event, {
    type: 'ProduceResponse',
    correlationId: message.correlationId,
    responses: message.topicData.map(({ name, partitionData }) => ({
      name,
      partitionResponses: partitionData.map(({ index, records }) => {
        const last = memory.log.findLast((each) => each.batch === records)?.baseOffset ?? baseOffsetOf(records);
        return { index, errorCode, baseOffset: errorCode === 'NONE' ? last : -1, logStartOffset: 0 };
      }),
    })),
  });
}

export function is<Type extends ApiRequest['type']>(event: Received<ApiRequest>, type: Type): event is Received<Extract<ApiRequest, { type: Type }>> {
  return event.type === type;
}

// --- the world -------------------------------------------------------------------------------------------------------

export interface Seen<Observation extends Message = Message> {
  readonly atMs: number;
  readonly observation: Observation;
}

class Observations implements Monitor {
  readonly seen: Seen[] = [];

  stepped(): void {}

  lifecycle(): void {}

  observed(world: World, _node: number, observation: Message): void {
    this.seen.push({ atMs: world.nowUs / 1_000, observation });
  }

  fork(): Observations {
    return new Observations();
  }
}

export interface ClientWorld {
  readonly world: World;
  /** Node index of the client; its machine has slot 0. */
  readonly client: number;
  /** Everything the client's application saw of `type`, in order. */
  seen<Observation extends Message>(type: Observation['type']): readonly Seen<Observation>[];
  /** What broker `id` remembers. */
  memory(id: NodeId): BrokerMemory;
  /** Stimulates a machine of the client; its first one by default. */
  call(type: string, data: unknown, machine?: string): void;
  runUntilMs(ms: number): void;
}

export interface ClientWorldOptions {
  readonly scripts: readonly Script[];
  readonly client: NodeSpec;
  /** Nodes after the client. */
  readonly beside?: readonly NodeSpec[];
  /** Brokers that are down at the start. */
  readonly down?: readonly NodeId[];
  readonly seed?: string;
  readonly engine?: EngineName;
  readonly datagrams?: { readonly loss: Ratio; readonly duplicate: Ratio; readonly reorder: Ratio; readonly reorderUs: number };
}

export function clientWorld({ scripts, client, beside = [], down = [], seed = 'clients', engine: name = 'compiled', datagrams }: ClientWorldOptions): ClientWorld {
  const observations = new Observations();
  const brokers = scripts.map((script, brokerId): NodeSpec => ({
    name: `broker-${brokerId}`,
    server: 'server',
    boot: () => [{ name: 'server', machine: 'scriptedBroker', input: { memory: { brokerId, requests: [], log: [] }, script } satisfies ScriptedState }],
  }));
  const nodes = [...brokers, client, ...beside];
  const nodeNames = nodes.map((node) => node.name);
  const transport: Transport = datagrams === undefined ? new ConnectionNetwork({ seed, nodeNames }) : new DatagramNetwork({ seed, nodeNames, ...datagrams });
  const chosen = engine(name);
  const programs = {
    scriptedBroker: chosen.load(scriptedBroker), producer: chosen.load(producerMachine), consumer: chosen.load(consumerMachine),
    membership: chosen.load(membershipMachine), consumerMembership: chosen.load(consumerMembershipMachine), application: chosen.load(applicationMachine), store: chosen.load(storeMachine),
  };
  const world = new World({ seed, nodes, programs, transport, monitor: observations });
  for (let node = 0; node < nodes.length; node += 1) if (!down.includes(node)) world.start(node);
  const clientIndex = brokers.length;
  return {
    world,
    client: clientIndex,
    seen: <Observation extends Message>(type: Observation['type']) => observations.seen.filter(({ observation }) => observation.type === type) as Seen<Observation>[],
    memory: (id) => (world.contextOf(id, 'server') as Reduced<ScriptedState>).state.memory,
    call: (type, data, machine) => world.stimulate(clientIndex, machine === undefined ? 0 : world.node(clientIndex).slotOf(machine), type, data),
    runUntilMs: (ms) => world.runUntil(ms * 1_000),
  };
}
