/**
 * The composition root: makes the world of a scenario. Every node with its machines and configs, the network between
 * them, the plan that acts on them, the monitor that watches. The one place that sees all of them.
 *
 * Node indexes are addresses and node ids: the administrator is 0, broker n is n, then controllers, producers, consumers,
 * the store.
 */
import { adminMachine } from '../actors/admin/machine.ts';
import { adminNode } from '../actors/admin/node.ts';
import { alterPartitionMachine } from '../actors/alter-partition/machine.ts';
import { applicationMachine } from '../actors/application/machine.ts';
import { apisMachine } from '../actors/apis/machine.ts';
import { brokerMachine } from '../actors/broker/machine.ts';
import { brokerNode } from '../actors/broker/node.ts';
import { consumerMembershipMachine } from '../actors/consumer-membership/machine.ts';
import { consumerMachine } from '../actors/consumer/machine.ts';
import { consumerNode } from '../actors/consumer/node.ts';
import { controllerMachine } from '../actors/controller/machine.ts';
import { controllerNode } from '../actors/controller/node.ts';
import { groupMachine } from '../actors/group/machine.ts';
import { groupCoordinatorMachine } from '../actors/group-coordinator/machine.ts';
import { fetcherMachine } from '../actors/fetcher/machine.ts';
import { membershipMachine } from '../actors/membership/machine.ts';
import { metadataMachine } from '../actors/metadata/machine.ts';
import { raftMachine } from '../actors/raft/machine.ts';
import { producerMachine } from '../actors/producer/machine.ts';
import { PRODUCER_MACHINE, producerNode } from '../actors/producer/node.ts';
import { producerIdsMachine } from '../actors/producer-ids/machine.ts';
import { replicaMachine } from '../actors/replica/machine.ts';
import { storeMachine } from '../actors/store/machine.ts';
import { storeNode } from '../actors/store/node.ts';
import { parseConfig } from '../kafka/config.ts';
import type { NodeId } from '../kafka/ids.ts';
import { unreachable } from '../kernel/assert.ts';
import type { NodeSpec } from '../kernel/process.ts';
import { engine } from '../kernel/statechart/engines.ts';
import type { EngineName, Program } from '../kernel/statechart/engine.ts';
import type { Tracer } from '../kernel/trace.ts';
import type { Monitor } from '../kernel/outside.ts';
import { World } from '../kernel/world.ts';
import { ConnectionNetwork } from '../network/connection-network.ts';
import { DatagramNetwork } from '../network/datagram-network.ts';
import type { LatencyModel } from '../network/latency.ts';
import type { Wiretap } from '../network/wiretap.ts';
import type { Transport } from '../kernel/transport.ts';
import type { NodeName } from './faults.ts';
import { mutated } from './mutants.ts';
import { rulesOf } from './profiles.ts';
import type { Callers, Plan } from './plan.ts';
import { provisionerOf } from './provisioning.ts';
import { configOfMember } from './resolve-consumers.ts';
import { nodesOf, STORE_NODE, votersOf, type NodeRole, type Scenario } from './scenario.ts';

const MACHINES = {
  admin: adminMachine,
  controller: controllerMachine,
  broker: brokerMachine,
  raft: raftMachine,
  metadata: metadataMachine,
  apis: apisMachine,
  alterPartition: alterPartitionMachine,
  producerIds: producerIdsMachine,
  fetcher: fetcherMachine,
  replica: replicaMachine,
  groupCoordinator: groupCoordinatorMachine,
  group: groupMachine,
  producer: producerMachine,
  consumer: consumerMachine,
  membership: membershipMachine,
  consumerMembership: consumerMembershipMachine,
  application: applicationMachine,
  store: storeMachine,
} as const;

/** Machines whose contexts the checkers read. */
export const MONITORED = ['controller', 'raft', 'metadata', 'replica', 'groupCoordinator', 'group'] as const satisfies readonly (keyof typeof MACHINES)[];

/** Every shipped machine as a program of one engine. */
export function loadPrograms(name: EngineName): Readonly<Record<keyof typeof MACHINES, Program>> {
  const chosen = engine(name);
  return Object.fromEntries(Object.entries(MACHINES).map(([key, machine]) => [key, chosen.load(machine)])) as Record<keyof typeof MACHINES, Program>;
}

export interface ClusterOptions {
  readonly scenario: Scenario;
  readonly seed: string;
  readonly engine: EngineName;
  readonly mutants: readonly string[];
  readonly plan: Plan;
  readonly monitor?: Monitor;
  readonly tracer?: Tracer;
  readonly wiretap?: Wiretap;
}

/** Who calls from outside in a run of `scenario`. */
export function callersOf(scenario: Scenario): Callers {
  return { producerMachine: PRODUCER_MACHINE, provision: provisionerOf(scenario) };
}

/** A world with every node started and its plan on the queue; time is 0. */
export function startCluster(options: ClusterOptions): World {
  const { scenario, seed, plan, monitor, tracer } = options;
  const nodes = nodeSpecs(scenario, options.mutants);
  const world = new World({
    seed,
    nodes,
    programs: loadPrograms(options.engine),
    transport: transportOf(scenario, seed, nodes.map(({ name }) => name), options.wiretap),
    monitored: MONITORED,
    director: plan,
    flushLatency: scenario.disk.flushLatency,
    ...(monitor === undefined ? {} : { monitor }),
    ...(tracer === undefined ? {} : { tracer }),
  });
  plan.begin(world);
  nodes.forEach((_, index) => world.start(index));
  return world;
}

function nodeSpecs(scenario: Scenario, mutants: readonly string[]): NodeSpec[] {
  const names = nodesOf(scenario);
  const idOf = new Map(names.map(({ name }, index) => [name, index]));
  const idsOf = (nodeNames: readonly NodeName[]): NodeId[] => nodeNames.map((name) => idOf.get(name) as NodeId);
  const { config } = parseConfig('broker', scenario.cluster.config);
  const rules = mutated(rulesOf(scenario.profile), mutants);
  const control = { rules, uncleanLeaderElectionEnable: config.uncleanLeaderElectionEnable, minInsyncReplicas: config.minInsyncReplicas };
  const voters = votersOf(scenario.cluster);
  const idsWithRole = (role: NodeRole): NodeId[] => names.flatMap((node, nodeId) => (node.role === role ? [nodeId] : []));
  const specs: NodeSpec[] = names.flatMap(({ name, role }, nodeId) => {
    switch (role) {
      case 'broker':
        return [brokerNode({ name, brokerId: nodeId, voters, config, control })];
      case 'controller':
        return [controllerNode({ name, nodeId, voters, config, control })];
      case 'admin':
        return [adminNode({ name, bootstrapServers: idsWithRole('broker'), bootstrapControllers: voters })];
      case 'producer':
      case 'consumer':
      case 'store':
        return [];
      default:
        return unreachable(role, 'role of a node');
    }
  });
  for (const producer of scenario.producers) {
    const topics = scenario.workload.filter((each) => each.producer === producer.name).map(({ topic }) => topic);
    const options = { bootstrapServers: idsOf(producer.bootstrap), config: parseConfig('producer', producer.config).config, rules, topics: [...new Set(topics)] };
    for (const name of producer.nodes) specs.push(producerNode({ name, ...options }));
  }
  const [storeId = -1] = idsWithRole('store');
  for (const { nodes, bootstrap, config: entries, topics, group } of scenario.consumers) {
    nodes.forEach((name, index) => {
      const { config: own } = parseConfig('consumer', configOfMember(entries, index + 1));
      specs.push(consumerNode({ name, bootstrapServers: idsOf(bootstrap), config: own, topics, rules, ...(group === undefined ? {} : { group: { ...group, storeId } }) }));
    });
  }
  if (storeId !== -1) specs.push(storeNode(STORE_NODE));
  return specs;
}

function transportOf({ network }: Scenario, seed: string, nodeNames: readonly string[], wiretap: Wiretap | undefined): Transport {
  const { minUs, maxUs, tailUs, tailRatio } = network.latency;
  const latency: LatencyModel = { minUs, maxUs, tailUs, tail: tailRatio };
  const options = { seed, nodeNames, latency, loss: network.loss, ...(wiretap === undefined ? {} : { wiretap }) };
  if (network.mode === 'connection') return new ConnectionNetwork(options);
  return new DatagramNetwork({ ...options, duplicate: network.duplicate, reorder: network.reorder, reorderUs: network.reorderWithinUs });
}
