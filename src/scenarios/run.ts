/**
 * A run: from a request, which says everything, to a result. Deterministic and synchronous: equal requests give equal
 * results, whatever the engine, with or without trace and progress.
 *
 * The digest covers every step, and at the end what became of it: the logs, the committed metadata and the verdicts.
 */
import type { CheckConfig } from '../checkers/checker.ts';
import { recordedHistory } from '../history/recorded/of-run.ts';
import type { RecordedHistory } from '../history/recorded/operations.ts';
import { CheckerMonitor, type MachineKind } from '../checkers/monitor.ts';
import { logFile } from '../actors/replica/state.ts';
import { CONTROLLER_MACHINE } from '../actors/controller/node.ts';
import { BROKER_MACHINES, isReplicaName } from '../actors/local-events.ts';
import { isGroupName } from '../actors/group/events.ts';
import { RAFT_MACHINE } from '../actors/raft/events.ts';
import { RAFT_LOG_FILE } from '../actors/raft/state.ts';
import { usOfMs } from '../kernel/time.ts';
import type { World } from '../kernel/world.ts';
import { checkConfigOf } from './check-config.ts';
import { historyHeader } from './history-header.ts';
import { callersOf, startCluster } from './cluster.ts';
import { groupLags } from './group-lag.ts';
import { Plan, quietFromMs, slowestClockPpm } from './plan.ts';
import { applicationsOf } from './resolve-consumers.ts';
import { administeredOf } from './provisioning.ts';
import type { Delivered, Execute, RunRequest } from './run-record.ts';
import { nodesOf, type Scenario } from './scenario.ts';
import { besides, bothTrace } from './spectator.ts';

/** How often a run reports progress. */
const SLICES = 200;

/** A run at its beginning, for those who take it further themselves. */
export interface Begun {
  readonly world: World;
  readonly plan: Plan;
  readonly monitor: CheckerMonitor;
}

/** The world of a request at time 0, with its plan and watched by its checkers. */
export function begin(request: RunRequest): Begun {
  const { scenario, faults, workload, seed, engine, mutants, spectator } = request;
  const trace = bothTrace(request.trace, spectator);
  const plan = new Plan(faults, workload, callersOf(scenario), request.admin);
  const monitor = monitorOf(request);
  const world = startCluster({
    scenario, seed, engine, mutants, plan,
    monitor: spectator === undefined ? monitor : besides(monitor, spectator),
    ...(trace === undefined ? {} : { tracer: trace }),
    ...(spectator === undefined ? {} : { wiretap: spectator.wiretap }),
  });
  return { world, plan, monitor };
}

export const execute: Execute = (request) => {
  const { scenario, spectator } = request;
  const { world, plan, monitor } = begin(request);
  runInSlices(request, world, plan, monitor);
  const endUs = world.nowUs;
  spectator?.ended(world);
  const verdicts = monitor.verdicts(endUs);
  const delivered = deliveredOf(scenario, monitor);
  request.ended?.(world);
  request.history?.(recordedBy(request, monitor));
  world.digest.addData({ logs: logHashes(monitor), metadataOffset: monitor.cluster.image.offset, verdicts, delivered });
  return {
    digest: world.digest.toString(),
    virtualMs: Math.floor(endUs / 1_000),
    events: world.events,
    messages: world.transport.messages,
    faults: plan.applied(),
    admin: administeredOf(request.admin, plan, monitor.history, endUs),
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

function recordedBy(request: RunRequest, monitor: CheckerMonitor): RecordedHistory {
  const { scenario, seed, mutants } = request;
  const config = checkedBy(request);
  const source = [`${scenario.name}, seed ${seed}`, `profile ${scenario.profile}`, ...mutants.map((mutant) => `mutant ${mutant}`)].join(', ');
  return recordedHistory(monitor.history, config.nodes, historyHeader(config, { losses: monitor.losses(), overtakings: monitor.overtakings(), durationMs: scenario.durationMs, doClocksJump: request.faults.some(({ kind }) => kind === 'clockJump') }, source));
}

function checkedBy({ scenario, faults, admin, mutants }: RunRequest): CheckConfig {
  return checkConfigOf({ scenario, admin, mutants, quietMs: quietFromMs(faults, applicationsOf(scenario.consumers)), slowestClockPpm: slowestClockPpm(faults) });
}

function monitorOf(request: RunRequest): CheckerMonitor {
  return new CheckerMonitor({
    config: checkedBy(request),
    properties: request.scenario.checks,
    kindOf: (_node, machine) => kindOfMachine(machine),
    logFile,
    raftLogFile: RAFT_LOG_FILE,
  });
}

/** Topics may be created at any time: a replica is known by its name, which no other machine can have. */
export function kindOfMachine(name: string): MachineKind {
  if (name === CONTROLLER_MACHINE) return 'controller';
  if (name === RAFT_MACHINE) return 'raft';
  if (name === BROKER_MACHINES.metadata) return 'metadata';
  if (name === BROKER_MACHINES.groupCoordinator) return 'groupCoordinator';
  if (isGroupName(name)) return 'group';
  return isReplicaName(name) ? 'replica' : 'other';
}

function deliveredOf(scenario: Scenario, monitor: CheckerMonitor): Delivered {
  const nodes = nodesOf(scenario).map(({ name }) => name);
  const sends = monitor.history.sendCounts();
  const counts = monitor.history.deliveredCounts();
  const exceptions = monitor.history.consumerFailures().map(({ node, exception, times }) => ({ consumer: nodes[node] ?? `node ${node}`, exception, times }));
  const groups = groupLags(scenario, monitor.history, {
    partitionCount: (topic) => monitor.cluster.partitionsOf(topic).length,
    startAndEnd: (topic, partition) => {
      const view = monitor.cluster.partition(topic, partition).leader?.view;
      return view === undefined ? undefined : { logStartOffset: view.log.logStartOffset, highWatermark: view.highWatermark };
    },
  });
  return {
    topics: scenario.topics.map(({ name: topic }) => sends.find((count) => count.topic === topic) ?? { topic, ok: 0, failed: 0, unknown: 0 }),
    consumers: scenario.consumers.flatMap(({ nodes: members, topics, group }) =>
      members.flatMap((consumer) => topics.map((topic) => {
        const node = nodes.indexOf(consumer);
        const count = counts.find((each) => each.node === node && each.topic === topic);
        return { consumer, topic, delivered: count?.delivered ?? 0, lag: monitor.lag(node, topic, group === undefined) };
      })),
    ),
    ...(groups.length === 0 ? {} : { groups }),
    ...(exceptions.length === 0 ? {} : { exceptions }),
  };
}

/** Length and content of every replica's log. */
function logHashes({ cluster }: CheckerMonitor): unknown {
  return cluster.partitions.map(({ name, replicas }) => [name, ...replicas.map(({ brokerId, log }) => [brokerId, log.logEndOffset, log.prefixHash(log.logEndOffset)])]);
}
