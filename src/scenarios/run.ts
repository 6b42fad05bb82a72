/**
 * A run: from a request, which says everything, to a result. Deterministic and synchronous: equal requests give equal
 * results, whatever the engine, with or without trace and progress.
 *
 * The digest covers every step, and at the end what became of it: the logs, the committed metadata and the verdicts.
 */
import { CheckerMonitor } from '../checkers/monitor.ts';
import type { CheckConfig } from '../checkers/checker.ts';
import { livenessBoundMs } from '../checkers/liveness-bound.ts';
import { logFile } from '../actors/replica/state.ts';
import { CONTROLLER_MACHINE } from '../actors/controller/node.ts';
import { effectiveTopicConfig, parseConfig } from '../kafka/config.ts';
import { topicPartition } from '../kafka/ids.ts';
import { NEVER_US, usOfMs } from '../kernel/time.ts';
import type { World } from '../kernel/world.ts';
import { CONTROLLER_ID, callersOf, startCluster } from './cluster.ts';
import { Plan, quietFromMs } from './plan.ts';
import type { Delivered, Execute, RunRequest } from './run-record.ts';
import { nodesOf, type Scenario } from './scenario.ts';

/** How often a run reports progress. */
const SLICES = 200;

export const execute: Execute = (request) => {
  const { scenario, faults, workload, seed, engine, mutants, trace } = request;
  const plan = new Plan(faults, workload, callersOf(scenario));
  const monitor = monitorOf(request);
  const world = startCluster({ scenario, seed, engine, mutants, plan, monitor, ...(trace === undefined ? {} : { tracer: trace }) });
  runInSlices(request, world, plan, monitor);
  const endUs = world.nowUs;
  const verdicts = monitor.verdicts(endUs);
  const delivered = deliveredOf(scenario, monitor);
  world.digest.addData({ logs: logHashes(monitor), metadataOffset: monitor.cluster.image.offset, verdicts, delivered });
  return {
    digest: world.digest.toString(),
    virtualMs: Math.floor(endUs / 1_000),
    events: world.events,
    messages: world.transport.messages,
    faults: plan.applied(),
    verdicts,
    delivered,
  };
};

function runInSlices({ scenario, progress }: RunRequest, world: World, plan: Plan, monitor: CheckerMonitor): void {
  const { durationMs } = scenario;
  for (let slice = 1; slice <= SLICES; slice += 1) {
    const virtualMs = Math.floor((durationMs * slice) / SLICES);
    world.runUntil(usOfMs(virtualMs));
    const goOn = progress?.({
      virtualMs, durationMs, events: world.events, messages: world.transport.messages, faultsApplied: plan.applied().length, violations: monitor.violations,
    });
    if (goOn === false) return;
  }
}

function monitorOf({ scenario, faults }: RunRequest): CheckerMonitor {
  const replicas = new Set(scenario.topics.flatMap(({ name, partitions }) => Array.from({ length: partitions }, (_, index) => topicPartition(name, index))));
  return new CheckerMonitor({
    config: checkConfigOf(scenario, quietFromMs(faults)),
    properties: scenario.checks,
    kindOf: (node, machine) => (node === CONTROLLER_ID && machine === CONTROLLER_MACHINE ? 'controller' : replicas.has(machine) ? 'replica' : 'other'),
    logFile,
  });
}

/** What the scenario's configuration promises, as the checkers read it. */
export function checkConfigOf(scenario: Scenario, quietMs: number): CheckConfig {
  const nodes = nodesOf(scenario).map(({ name }) => name);
  const { config: broker } = parseConfig('broker', scenario.cluster.config);
  const producers = scenario.producers.flatMap((producer) => {
    const { config } = parseConfig('producer', producer.config);
    const namesPartitionOf = [...new Set(scenario.workload.filter((spec) => spec.producer === producer.name && namesPartition(spec)).map(({ topic }) => topic))];
    return producer.nodes.map((name) => ({ node: nodes.indexOf(name), config, namesPartitionOf }));
  });
  const consumers = scenario.consumers.map(({ name, config, topics }) => ({ node: nodes.indexOf(name), config: parseConfig('consumer', config).config, topics }));
  const boundMs = livenessBoundMs({ brokers: [broker], producers: producers.map(({ config }) => config), consumers: consumers.map(({ config }) => config) });
  const quietFromUs = quietMs >= scenario.durationMs ? NEVER_US : usOfMs(quietMs);
  return {
    nodes,
    topics: scenario.topics.map(({ name, partitions, config }) => {
      const { uncleanLeaderElectionEnable, minInsyncReplicas } = effectiveTopicConfig(parseConfig('topic', config), broker);
      return { name, partitions, uncleanLeaderElectionEnable, minInsyncReplicas };
    }),
    producers,
    consumers,
    liveness: quietFromUs === NEVER_US ? null : { quietFromUs, boundMs },
    expectAllAcks: scenario.mustSurvive === 'every-ack',
  };
}

function namesPartition(spec: Scenario['workload'][number]): boolean {
  return spec.kind === 'periodic' ? spec.partition !== null : spec.rows.some(({ partition }) => partition !== null);
}

function deliveredOf(scenario: Scenario, monitor: CheckerMonitor): Delivered {
  const nodes = nodesOf(scenario).map(({ name }) => name);
  const sends = monitor.history.sendCounts();
  const counts = monitor.history.deliveredCounts();
  return {
    topics: scenario.topics.map(({ name: topic }) => sends.find((count) => count.topic === topic) ?? { topic, ok: 0, failed: 0, unknown: 0 }),
    consumers: scenario.consumers.flatMap(({ name, topics }) =>
      topics.map((topic) => {
        const node = nodes.indexOf(name);
        const count = counts.find((each) => each.node === node && each.topic === topic);
        return { consumer: name, topic, delivered: count?.delivered ?? 0, lag: monitor.lag(node, topic) };
      }),
    ),
  };
}

/** Length and content of every replica's log. */
function logHashes({ cluster }: CheckerMonitor): unknown {
  return cluster.partitions.map(({ name, replicas }) => [name, ...replicas.map(({ brokerId, log }) => [brokerId, log.logEndOffset, log.prefixHash(log.logEndOffset)])]);
}
