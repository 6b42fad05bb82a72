/**
 * A controller as a process: the Raft client and the controller on top of it. Raft's requests go to the one, all others to
 * the other (kafka.server.ControllerServer, SharedServer).
 */
import type { Message } from '../../kernel/effects.ts';
import type { BootedMachine, BootInput, NodeSpec } from '../../kernel/process.ts';
import { CLUSTER_METADATA_TOPIC, type FetchRequest } from '../../kafka/api.ts';
import type { BrokerConfig } from '../../kafka/config.ts';
import type { NodeId } from '../../kafka/ids.ts';
import type { ReplicationControl } from '../../kafka/replication-control.ts';
import { RAFT_MACHINE } from '../raft/events.ts';
import { raftConfig, raftDisk, type RaftInput } from '../raft/state.ts';
import { CONTROLLER_REQUESTS } from './requests.ts';
import type { ControllerInput } from './state.ts';

export const CONTROLLER_MACHINE = 'controller';

export interface ControllerNodeOptions {
  readonly name: string;
  readonly nodeId: NodeId;
  /** Node ids of the quorum, in order. */
  readonly voters: readonly NodeId[];
  readonly config: BrokerConfig;
  readonly control: ReplicationControl;
}

/** `process.roles=controller`. */
export function controllerNode({ name, ...options }: ControllerNodeOptions): NodeSpec {
  return {
    name,
    server: CONTROLLER_MACHINE,
    route: (message) => controllerListener(message) ?? CONTROLLER_MACHINE,
    boot: (input) => quorumMachines(input, { ...options, listeners: [] }),
  };
}

interface QuorumMachinesOptions extends Omit<ControllerNodeOptions, 'name'> {
  /** Machines of the broker in this process; none on a node that is only a controller. */
  readonly listeners: readonly string[];
}

/** A node's part in the quorum: the controller, if it is a voter, and the Raft client, which tells it and `listeners`. */
export function quorumMachines(input: BootInput, { nodeId, voters, config, control, listeners }: QuorumMachinesOptions): BootedMachine[] {
  const isVoter = voters.includes(nodeId);
  const machines: BootedMachine[] = [];
  if (isVoter) {
    machines.push({ name: CONTROLLER_MACHINE, machine: 'controller', input: { nodeId, config, control, takesSnapshots: listeners.length === 0 } satisfies ControllerInput });
  }
  const raft: RaftInput = {
    nodeId, voters, config: raftConfig(config), rules: control.rules, disk: raftDisk(input.read),
    listeners: isVoter ? [CONTROLLER_MACHINE, ...listeners] : listeners,
    controller: isVoter ? CONTROLLER_MACHINE : null,
  };
  machines.push({ name: RAFT_MACHINE, machine: 'raft', input: raft });
  return machines;
}

const RAFT_REQUESTS: readonly string[] = ['VoteRequest', 'BeginQuorumEpochRequest', 'EndQuorumEpochRequest', 'FetchSnapshotRequest'];
const REQUESTS_TO_CONTROLLER: readonly string[] = CONTROLLER_REQUESTS;

/** The machine that gets a request on the controller's listener; undefined for what does not belong there. */
export function controllerListener(message: Message): string | undefined {
  if (RAFT_REQUESTS.includes(message.type)) return RAFT_MACHINE;
  if (REQUESTS_TO_CONTROLLER.includes(message.type)) return CONTROLLER_MACHINE;
  return message.type === 'FetchRequest' && (message as FetchRequest).topics[0]?.topic === CLUSTER_METADATA_TOPIC ? RAFT_MACHINE : undefined;
}
