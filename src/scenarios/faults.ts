/**
 * Faults as data: what breaks, when, where and for how long. Semantics are total, which is what lets a failing plan
 * shrink: any subset of a plan is a plan, a fault on a node that is already down does nothing, and healing what was
 * not cut does nothing. Targets are node names, resolved; nothing here is drawn at run time.
 *
 * Knows nothing of how a fault is carried out. Source: the fault models of FoundationDB's simulator (clog, swizzle),
 * TigerBeetle's VOPR (network and storage faults), Jepsen's nemeses, and ecosystem practice on Kafka's log directories.
 */
import type { Ratio } from '../kernel/random.ts';
import { unreachable } from '../kernel/assert.ts';
import { readableMs, formatRatio } from './durations.ts';

export type NodeName = string;

interface At {
  /** Virtual time at which it strikes. */
  readonly atMs: number;
}
interface OnNode extends At {
  readonly node: NodeName;
}
interface OnLinks extends At {
  /** Directed: messages from any of `from` to any of `to`; a node is never linked to itself. */
  readonly from: readonly NodeName[];
  readonly to: readonly NodeName[];
  readonly forMs: number;
}

/** The steps of an application's loop between which it can crash; `process` is one record. */
export const CRASH_STEPS = ['poll', 'process', 'commit'] as const;

export interface CrashPoint {
  readonly step: (typeof CRASH_STEPS)[number];
  readonly when: 'before' | 'after';
}

/** With a `point`, the next time that the node's application gets there; if it never does, nothing happens. */
export interface CrashFault extends OnNode { readonly kind: 'crash'; readonly restartAfterMs: number | null; readonly point?: CrashPoint }
/** SIGTERM: a broker shuts down in a controlled way; after `killAfterMs` without an end it is killed. `restartAfterMs` counts from its end. */
export interface StopFault extends OnNode { readonly kind: 'stop'; readonly restartAfterMs: number | null; readonly killAfterMs: number }
export interface PowerLossFault extends OnNode { readonly kind: 'powerLoss'; readonly restartAfterMs: number | null }
export interface WipeFault extends OnNode { readonly kind: 'wipe'; readonly restartAfterMs: number | null }
export interface PauseFault extends OnNode { readonly kind: 'pause'; readonly forMs: number }
export interface ClockJumpFault extends OnNode { readonly kind: 'clockJump'; readonly byMs: number }
export interface ClockDriftFault extends OnNode { readonly kind: 'clockDrift'; readonly ppm: number; readonly forMs: number }
export interface FlushFailureFault extends OnNode { readonly kind: 'flushFailure'; readonly forMs: number }
export interface SlowDiskFault extends OnNode { readonly kind: 'slowDisk'; readonly factor: number; readonly forMs: number }
export interface DiskFullFault extends OnNode { readonly kind: 'diskFull'; readonly forMs: number }
/** Cuts every link between nodes of different groups, both ways. A node in no group keeps all its links. */
export interface PartitionFault extends At { readonly kind: 'partition'; readonly groups: readonly (readonly NodeName[])[]; readonly forMs: number }
export interface OneWayFault extends OnLinks { readonly kind: 'oneWay' }
export interface IsolateFault extends OnNode { readonly kind: 'isolate'; readonly forMs: number }
export interface FlakyFault extends OnLinks { readonly kind: 'flaky'; readonly loss: Ratio }
export interface SlowFault extends OnLinks { readonly kind: 'slow'; readonly addMs: number }
export interface ClogFault extends OnLinks { readonly kind: 'clog' }
export interface ResetFault extends At { readonly kind: 'reset'; readonly between: readonly [NodeName, NodeName] }
export interface HealFault extends At { readonly kind: 'heal' }

/** One fault of a plan, fully explicit. JSON. */
export type Fault =
  | CrashFault | StopFault | PowerLossFault | WipeFault | PauseFault | ClockJumpFault | ClockDriftFault
  | FlushFailureFault | SlowDiskFault | DiskFullFault
  | PartitionFault | OneWayFault | IsolateFault | FlakyFault | SlowFault | ClogFault | ResetFault | HealFault;

export type FaultKind = Fault['kind'];

/**
 * Written in a scenario, never in a plan: a seed expands it to `clog`s (a random half of `nodes`, one by one, undone
 * in another order), see `expandSwizzleClog` in nemesis.ts.
 */
export interface SwizzleClog extends At {
  readonly kind: 'swizzleClog';
  readonly nodes: readonly NodeName[];
  readonly forMs: number;
}

/** Written in a scenario, never in a plan: becomes one `stop` after the other, see `expandRollingRestart` in nemesis.ts. */
export interface RollingRestart extends At {
  readonly kind: 'rollingRestart';
  /** In this order. */
  readonly nodes: readonly NodeName[];
  /** Time between the stops of two nodes. */
  readonly everyMs: number;
  readonly restartAfterMs: number;
  readonly killAfterMs: number;
}

/** How long a `stop` waits by default for the process to end. */
export const DEFAULT_KILL_AFTER_MS = 60_000;

/** What a scenario may list. */
export type ScenarioFault = Fault | SwizzleClog | RollingRestart;
export type ScenarioFaultKind = ScenarioFault['kind'];

/** A fault that was due, and whether it did anything: a run whose faults never took effect proves nothing. */
export interface AppliedFault {
  readonly fault: Fault;
  readonly outcome: 'applied' | 'noEffect';
  /** Why it had no effect, `broker-2 was already down`; of one that had, what else there is to say. */
  readonly reason?: string;
}

export type FaultFamily = 'node' | 'clock' | 'disk' | 'network';

export interface FaultDoc {
  readonly kind: ScenarioFaultKind;
  readonly family: FaultFamily;
  readonly doc: string;
  /** How it is written in a scenario. */
  readonly example: string;
  readonly source: string;
}

/** Every fault kind, in the order of the documentation. */
export const FAULT_DOCS: readonly FaultDoc[] = [
  { kind: 'crash', family: 'node', doc: 'the process stops at once; its page cache survives; with `before` or `after` poll, process or commit, when an application gets there', example: '{ at: 10m, crash: broker-2, restartAfter: 30s }', source: 'fail-stop; kill -9 in Jepsen' },
  { kind: 'stop', family: 'node', doc: 'SIGTERM: the broker hands its leaderships over and ends (controlled shutdown); killed if it does not', example: '{ at: 10m, stop: broker-2, restartAfter: 30s }', source: 'controlled.shutdown.enable; BrokerServer.shutdown, KIP-631' },
  { kind: 'rollingRestart', family: 'node', doc: 'stops and restarts the nodes one after the other, as an upgrade does', example: '{ at: 10m, rollingRestart: broker-*, every: 1m, restartAfter: 10s }', source: 'Kafka documentation, upgrading; kafka-server-stop' },
  { kind: 'powerLoss', family: 'node', doc: 'the machine stops; what was not flushed is lost, the last batch may tear', example: '{ at: 10m, powerLoss: broker-2, restartAfter: 30s }', source: 'Kafka does not fsync partition logs by default; lazyfs in Jepsen' },
  { kind: 'wipe', family: 'node', doc: 'the process stops and its disk is erased', example: '{ at: 10m, wipe: broker-2, restartAfter: 30s }', source: 'disk replacement; KIP-858, KIP-966' },
  { kind: 'pause', family: 'node', doc: 'the process stands still and does not know it', example: '{ at: 10m, pause: broker-2, for: 20s }', source: 'garbage collection; SIGSTOP in Jepsen' },
  { kind: 'clockJump', family: 'clock', doc: "the node's wall clock jumps, forwards or back", example: '{ at: 10m, clockJump: broker-2, by: -5s }', source: 'NTP step; clock nemesis in Jepsen' },
  { kind: 'clockDrift', family: 'clock', doc: "the node's clock runs fast or slow by parts per million", example: '{ at: 10m, clockDrift: broker-2, ppm: 500, for: 5m }', source: 'quartz drift; TigerBeetle time simulation' },
  { kind: 'flushFailure', family: 'disk', doc: 'every fsync fails', example: '{ at: 10m, flushFailure: broker-2, for: 10s }', source: 'KafkaStorageException takes the log directory offline (LogDirFailureChannel)' },
  { kind: 'slowDisk', family: 'disk', doc: 'disk operations take a multiple of their time', example: '{ at: 10m, slowDisk: broker-2, factor: 50, for: 1m }', source: 'gray failure of a device; TigerBeetle storage latency' },
  { kind: 'diskFull', family: 'disk', doc: 'every append fails', example: '{ at: 10m, diskFull: broker-2, for: 1m }', source: 'ENOSPC; KafkaStorageException (LogDirFailureChannel)' },
  { kind: 'partition', family: 'network', doc: 'cuts the groups from each other, both ways; nodes in no group keep all links', example: '{ at: 20m, partition: [[broker-1], [broker-2, broker-3]], for: 60s }', source: 'Jepsen partition nemesis; partial partitions: Alfatafta et al., OSDI 2020' },
  { kind: 'oneWay', family: 'network', doc: 'nothing passes in one direction', example: '{ at: 20m, oneWay: { from: broker-1, to: broker-2 }, for: 60s }', source: 'asymmetric partitions; KIP-320 zombie leaders' },
  { kind: 'isolate', family: 'network', doc: 'cuts a node from every other, both ways', example: '{ at: 20m, isolate: broker-1, for: 60s }', source: 'Jepsen partition nemesis (isolated node)' },
  { kind: 'flaky', family: 'network', doc: 'loses a share of the packets; connections stall and retransmit', example: '{ at: 20m, flaky: { from: broker-1, to: broker-* }, loss: 1/10, for: 60s }', source: 'packet loss; gray failure' },
  { kind: 'slow', family: 'network', doc: 'adds latency in one direction', example: '{ at: 20m, slow: { from: broker-1, to: broker-* }, add: 500ms, for: 60s }', source: 'congestion; FoundationDB latency injection' },
  { kind: 'clog', family: 'network', doc: 'holds messages back and lets them all go at the end', example: '{ at: 20m, clog: { from: broker-1, to: broker-* }, for: 5s }', source: 'FoundationDB clogging (Sim2)' },
  { kind: 'swizzleClog', family: 'network', doc: 'clogs a random half of the nodes one by one, and unclogs them in another order', example: '{ at: 20m, swizzleClog: broker-*, for: 30s }', source: 'FoundationDB RandomClogging workload' },
  { kind: 'reset', family: 'network', doc: 'resets the TCP connections between two nodes', example: '{ at: 20m, reset: [truck-1, broker-1] }', source: 'RST; connection failures of turmoil' },
  { kind: 'heal', family: 'network', doc: 'ends every network fault in force', example: '{ at: 25m, heal: network }', source: 'Jepsen: heal before the final reads' },
];

export const SCENARIO_FAULT_KINDS: readonly ScenarioFaultKind[] = FAULT_DOCS.map((each) => each.kind);

/** One line, without its time: `crash broker-2, restart after 30s`. */
export function describeFault(fault: ScenarioFault): string {
  switch (fault.kind) {
    case 'crash':
      return `crash ${fault.node}${fault.point === undefined ? '' : ` ${fault.point.when} its next ${fault.point.step}`}${describeRestart(fault.restartAfterMs)}`;
    case 'stop':
      return `stop ${fault.node}${describePatience(fault.killAfterMs)}${describeRestart(fault.restartAfterMs)}`;
    case 'rollingRestart':
      return `rolling restart of ${describeNodes(fault.nodes)}, one every ${readableMs(fault.everyMs)}${describePatience(fault.killAfterMs)}${describeRestart(fault.restartAfterMs)}`;
    case 'powerLoss':
      return `power loss at ${fault.node}${describeRestart(fault.restartAfterMs)}`;
    case 'wipe':
      return `wipe ${fault.node}${describeRestart(fault.restartAfterMs)}`;
    case 'pause':
      return `pause ${fault.node} for ${readableMs(fault.forMs)}`;
    case 'clockJump':
      return `clock of ${fault.node} jumps by ${fault.byMs > 0 ? '+' : ''}${readableMs(fault.byMs)}`;
    case 'clockDrift':
      return `clock of ${fault.node} drifts by ${fault.ppm > 0 ? '+' : ''}${fault.ppm} ppm for ${readableMs(fault.forMs)}`;
    case 'flushFailure':
      return `flushes fail at ${fault.node} for ${readableMs(fault.forMs)}`;
    case 'slowDisk':
      return `disk of ${fault.node} ${fault.factor}x slower for ${readableMs(fault.forMs)}`;
    case 'diskFull':
      return `disk of ${fault.node} full for ${readableMs(fault.forMs)}`;
    case 'partition':
      return `partition ${fault.groups.map(describeNodes).join(' | ')} for ${readableMs(fault.forMs)}`;
    case 'oneWay':
      return `cut ${describeLinks(fault)} for ${readableMs(fault.forMs)}`;
    case 'isolate':
      return `isolate ${fault.node} for ${readableMs(fault.forMs)}`;
    case 'flaky':
      return `lose ${formatRatio(fault.loss)} of ${describeLinks(fault)} for ${readableMs(fault.forMs)}`;
    case 'slow':
      return `slow ${describeLinks(fault)} by ${readableMs(fault.addMs)} for ${readableMs(fault.forMs)}`;
    case 'clog':
      return `clog ${describeLinks(fault)} for ${readableMs(fault.forMs)}`;
    case 'swizzleClog':
      return `swizzle-clog ${describeNodes(fault.nodes)} for ${readableMs(fault.forMs)}`;
    case 'reset':
      return `reset connections between ${fault.between[0]} and ${fault.between[1]}`;
    case 'heal':
      return 'heal the network';
    default:
      return unreachable(fault, 'describeFault');
  }
}

function describeRestart(restartAfterMs: number | null): string {
  return restartAfterMs === null ? ', for good' : `, restart after ${readableMs(restartAfterMs)}`;
}

function describePatience(killAfterMs: number): string {
  return killAfterMs === DEFAULT_KILL_AFTER_MS ? '' : `, kill after ${readableMs(killAfterMs)}`;
}

function describeLinks(links: { readonly from: readonly NodeName[]; readonly to: readonly NodeName[] }): string {
  return `${describeNodes(links.from)} -> ${describeNodes(links.to)}`;
}

const MAX_NAMES_SHOWN = 5;

/** Names on one line, runs of numbered ones joined: `controller-1,broker-1..3,truck-1..25`; cut when there are many. */
export function describeNodes(names: readonly NodeName[]): string {
  const parts: string[] = [];
  for (let i = 0; i < names.length; ) {
    const first = numbered(names[i] as NodeName);
    let end = i + 1;
    while (end < names.length && first !== undefined && names[end] === `${first.stem}-${first.number + (end - i)}`) end += 1;
    parts.push(end - i < 3 ? names.slice(i, end).join(',') : `${names[i] as NodeName}..${(first?.number ?? 0) + (end - i) - 1}`);
    i = end;
  }
  const shown = parts.length > MAX_NAMES_SHOWN ? [...parts.slice(0, MAX_NAMES_SHOWN - 1), '…'] : parts;
  return shown.join(',');
}

function numbered(name: NodeName): { stem: string; number: number } | undefined {
  const match = /^(.+)-([0-9]+)$/.exec(name);
  return match === null ? undefined : { stem: match[1] as string, number: Number(match[2]) };
}

/** Every node that a fault names. */
export function nodesNamedBy(fault: ScenarioFault): readonly NodeName[] {
  if ('node' in fault) return [fault.node];
  if ('from' in fault) return [...fault.from, ...fault.to];
  if ('groups' in fault) return fault.groups.flat();
  if ('between' in fault) return fault.between;
  return 'nodes' in fault ? fault.nodes : [];
}

/** The order of a plan: by time, then as written (the sort is stable). */
export function sortedByTime<F extends At>(faults: readonly F[]): F[] {
  return [...faults].sort((a, b) => a.atMs - b.atMs);
}
