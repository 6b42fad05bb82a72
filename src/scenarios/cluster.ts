/**
 * The composition root: makes the world of a scenario. Every node with its machines and configs, the network between
 * them, the plan that acts on them, the monitor that watches. The one place that sees all of them.
 *
 * Node indexes are addresses: the controller is 0, broker n is n, then producers and consumers.
 */
import { alterPartitionMachine } from '../actors/alter-partition/machine.ts';
import { apisMachine } from '../actors/apis/machine.ts';
import { brokerMachine } from '../actors/broker/machine.ts';
import { brokerNode } from '../actors/broker/node.ts';
import { consumerMachine } from '../actors/consumer/machine.ts';
import { consumerNode } from '../actors/consumer/node.ts';
import { controllerMachine } from '../actors/controller/machine.ts';
import { CONTROLLER_MACHINE, controllerNode } from '../actors/controller/node.ts';
import { fetcherMachine } from '../actors/fetcher/machine.ts';
import { metadataMachine } from '../actors/metadata/machine.ts';
import { producerMachine } from '../actors/producer/machine.ts';
import { PRODUCER_MACHINE, producerNode } from '../actors/producer/node.ts';
import { replicaMachine } from '../actors/replica/machine.ts';
import type { WantedTopics } from '../actors/controller/decide.ts';
import { parseConfig } from '../kafka/config.ts';
import type { NodeId } from '../kafka/ids.ts';
import type { ControllerView } from '../kafka/views.ts';
import type { NodeSpec } from '../kernel/process.ts';
import { engine } from '../kernel/statechart/engines.ts';
import type { EngineName, Program } from '../kernel/statechart/engine.ts';
import type { Tracer } from '../kernel/trace.ts';
import type { Monitor } from '../kernel/outside.ts';
import { World } from '../kernel/world.ts';
import { ConnectionNetwork } from '../network/connection-network.ts';
import { DatagramNetwork } from '../network/datagram-network.ts';
import type { LatencyModel } from '../network/latency.ts';
import type { Transport } from '../kernel/transport.ts';
import type { NodeName } from './faults.ts';
import { mutated } from './mutants.ts';
import { rulesOf } from './profiles.ts';
import type { Callers, Plan } from './plan.ts';
import { brokerNode as brokerName, nodesOf, type Scenario } from './scenario.ts';

export const CONTROLLER_ID: NodeId = 0;

const MACHINES = {
  controller: controllerMachine,
  broker: brokerMachine,
  metadata: metadataMachine,
  apis: apisMachine,
  alterPartition: alterPartitionMachine,
  fetcher: fetcherMachine,
  replica: replicaMachine,
  producer: producerMachine,
  consumer: consumerMachine,
} as const;

/** Machines whose contexts the checkers read. */
export const MONITORED = ['controller', 'replica'] as const satisfies readonly (keyof typeof MACHINES)[];

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
}

/** Who calls from outside in a run of `scenario`. */
export function callersOf(scenario: Scenario): Callers {
  const wanted = wantedTopics(scenario);
  return {
    producerMachine: PRODUCER_MACHINE,
    provision: (world) => {
      const controller = world.contextOf(CONTROLLER_ID, CONTROLLER_MACHINE) as { readonly state: ControllerView } | undefined;
      if (controller !== undefined && wanted.topics.every(({ name }) => controller.state.committedImage.topic(name) !== undefined)) return true;
      world.stimulate(CONTROLLER_ID, 0, 'admin.createTopics', wanted);
      return false;
    },
  };
}

/** A world with every node started and its plan on the queue; time is 0. */
export function startCluster(options: ClusterOptions): World {
  const { scenario, seed, plan, monitor, tracer } = options;
  const nodes = nodeSpecs(scenario, options.mutants);
  const world = new World({
    seed,
    nodes,
    programs: loadPrograms(options.engine),
    transport: transportOf(scenario, seed, nodes.map(({ name }) => name)),
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
  const specs: NodeSpec[] = [controllerNode({ name: (names[0] as { name: string }).name, nodeId: CONTROLLER_ID, config, control })];
  for (let brokerId = 1; brokerId <= scenario.cluster.brokers; brokerId += 1) {
    specs.push(brokerNode({ name: brokerName(brokerId), brokerId, controllerId: CONTROLLER_ID, config, rules }));
  }
  for (const producer of scenario.producers) {
    const topics = scenario.workload.filter((each) => each.producer === producer.name).map(({ topic }) => topic);
    const options = { bootstrapServers: idsOf(producer.bootstrap), config: parseConfig('producer', producer.config).config, topics: [...new Set(topics)] };
    for (const name of producer.nodes) specs.push(producerNode({ name, ...options }));
  }
  for (const { name, bootstrap, config: entries, topics } of scenario.consumers) {
    specs.push(consumerNode({ name, bootstrapServers: idsOf(bootstrap), config: parseConfig('consumer', entries).config, topics }));
  }
  return specs;
}

function transportOf({ network }: Scenario, seed: string, nodeNames: readonly string[]): Transport {
  const { minUs, maxUs, tailUs, tailRatio } = network.latency;
  const latency: LatencyModel = { minUs, maxUs, tailUs, tail: tailRatio };
  const options = { seed, nodeNames, latency, loss: network.loss };
  if (network.mode === 'connection') return new ConnectionNetwork(options);
  return new DatagramNetwork({ ...options, duplicate: network.duplicate, reorder: network.reorder, reorderUs: network.reorderWithinUs });
}

function wantedTopics({ topics, cluster }: Scenario): WantedTopics {
  return {
    brokers: cluster.brokers,
    topics: topics.map(({ name, partitions, replicationFactor, config }, index) => ({
      name,
      topicId: `topic-${index + 1}`,
      numPartitions: partitions,
      replicationFactor,
      configs: Object.fromEntries(Object.entries(config).map(([key, value]) => [key, String(value)])),
    })),
  };
}
