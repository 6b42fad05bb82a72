/**
 * The plan of a run in action: strikes each fault when it is due, ends it, restarts what is to be restarted, and hands
 * the workload's records to the producers and the operations to the administrator. Semantics are total: whatever cannot
 * take effect is noted and does nothing, so that any part of a plan is a plan.
 *
 * A process that ends itself (a failed log directory) is started again by its supervisor after 5 s; one that was asked to
 * end is killed when it does not, and started again when its fault says so.
 */
import { ADMIN_MACHINE } from '../actors/admin/node.ts';
import type { CallDue } from '../actors/admin/state.ts';
import { isCrashPoint } from '../actors/application/state.ts';
import { APPLICATION_MACHINE } from '../actors/group-events.ts';
import { unreachable } from '../kernel/assert.ts';
import { usOfMs } from '../kernel/time.ts';
import type { Director } from '../kernel/outside.ts';
import { terminate } from '../kernel/termination.ts';
import type { World } from '../kernel/world.ts';
import { bothWays, oneWay, type LinkEffect } from '../network/conditions.ts';
import { ConnectionNetwork } from '../network/connection-network.ts';
import type { Network } from '../network/network.ts';
import { callOf, type AdminOperation } from './administration.ts';
import { readableMs } from './durations.ts';
import type { AppliedFault, CrashFault, CrashPoint, Fault, StopFault } from './faults.ts';
import { ADMIN_NODE } from './scenario.ts';
import type { Operation } from './workload.ts';

export type Control =
  | { readonly kind: 'strike'; readonly fault: number }
  | { readonly kind: 'end'; readonly fault: number }
  | { readonly kind: 'start'; readonly node: number }
  /** The patience with a process that was asked to end is over. */
  | { readonly kind: 'kill'; readonly fault: number; readonly incarnation: number }
  | { readonly kind: 'administer'; readonly operation: number }
  | { readonly kind: 'send'; readonly operation: number }
  | { readonly kind: 'provision' };

const SUPERVISOR_DELAY_US = 5_000_000;
const PROVISION_AGAIN_US = 1_000_000;

/** Whoever calls from outside: the producers' applications, and the administrator who wants the topics. */
export interface Callers {
  /** Machine of a producer node that takes `app.send`. */
  readonly producerMachine: string;
  /** Asks for the topics; true once they are there. Asked again until then, since a controller that crashes forgets the wish. */
  readonly provision: (world: World) => boolean;
}

export class Plan implements Director {
  private readonly faults: readonly Fault[];
  private readonly workload: readonly Operation[];
  private readonly callers: Callers;
  private readonly admin: readonly AdminOperation[];
  /** Operations that the administrator was asked for, by index. */
  private readonly called: Set<number>;
  /** Nodes whose application crashes at a step that it has not reached: which fault, and in which life. */
  private readonly awaited: Map<number, { readonly fault: number; readonly incarnation: number }>;
  /** Nodes that were asked to end and have not yet, with the fault that did. */
  private readonly stopping: Map<number, number>;
  /** Faults in force, by index. */
  private readonly inForce: Set<number>;
  private readonly outcomes: (AppliedFault | undefined)[];

  /** `admin` is sorted by time. */
  constructor(faults: readonly Fault[], workload: readonly Operation[], callers: Callers, admin: readonly AdminOperation[], forkOf?: Plan) {
    this.faults = faults;
    this.workload = workload;
    this.callers = callers;
    this.admin = admin;
    this.called = new Set(forkOf?.called);
    this.awaited = new Map(forkOf?.awaited);
    this.stopping = new Map(forkOf?.stopping);
    this.inForce = new Set(forkOf?.inForce);
    this.outcomes = forkOf?.outcomes.slice() ?? faults.map(() => undefined);
  }

  fork(): Plan {
    return new Plan(this.faults, this.workload, this.callers, this.admin, this);
  }

  /** Puts the plan on the world's queue. Operations follow one another, so that the queue stays short. */
  begin(world: World): void {
    this.faults.forEach((fault, index) => world.enqueueControl(usOfMs(fault.atMs), { kind: 'strike', fault: index } satisfies Control));
    this.enqueueOperation(world, 0);
    world.enqueueControl(0, { kind: 'provision' } satisfies Control);
    this.admin.forEach(({ atMs }, operation) => world.enqueueControl(usOfMs(atMs), { kind: 'administer', operation } satisfies Control));
  }

  /** Whether the administrator was asked for the operation; it is not when it was not due, or its process was down. */
  wasCalled(operation: number): boolean {
    return this.called.has(operation);
  }

  /** What became of each fault; those that were never due are left out. */
  applied(): AppliedFault[] {
    return this.outcomes.filter((outcome) => outcome !== undefined);
  }

  act(world: World, payload: unknown): void {
    const control = payload as Control;
    switch (control.kind) {
      case 'strike':
        this.strike(world, control.fault);
        return;
      case 'end':
        this.end(world, control.fault);
        return;
      case 'start':
        world.start(control.node);
        return;
      case 'kill':
        this.kill(world, control.fault, control.incarnation);
        return;
      case 'send':
        this.send(world, control.operation);
        return;
      case 'administer':
        this.administer(world, control.operation);
        return;
      case 'provision':
        if (!this.callers.provision(world)) world.enqueueControl(world.nowUs + PROVISION_AGAIN_US, { kind: 'provision' } satisfies Control);
        return;
      default:
        unreachable(control, 'control');
    }
  }

  halted(world: World, node: number, reason: string): void {
    const awaited = this.awaited.get(node);
    this.awaited.delete(node);
    if (awaited !== undefined && awaited.incarnation === world.node(node).incarnation && isCrashPoint(reason)) {
      const crash = this.faults[awaited.fault] as CrashFault;
      this.outcomes[awaited.fault] = { fault: crash, outcome: 'applied', reason: `${crash.node} ${reason} at ${readableMs(Math.floor(world.nowUs / 1_000))}` };
      this.restartAfter(world, node, crash.restartAfterMs);
      return;
    }
    const fault = this.stopping.get(node);
    if (fault === undefined) world.enqueueControl(world.nowUs + SUPERVISOR_DELAY_US, { kind: 'start', node } satisfies Control);
    else this.stopped(world, node, this.faults[fault] as StopFault);
  }

  /** The process that was asked to end has done so. */
  private stopped(world: World, node: number, { restartAfterMs }: StopFault): void {
    this.stopping.delete(node);
    this.restartAfter(world, node, restartAfterMs);
  }

  private kill(world: World, index: number, incarnation: number): void {
    const fault = this.faults[index] as StopFault;
    const node = world.nodeIndex(fault.node);
    if (this.stopping.get(node) !== index || world.node(node).incarnation !== incarnation) return;
    world.crash(node, 'killed');
    this.outcomes[index] = { fault, outcome: 'applied', reason: `${fault.node} did not end within ${readableMs(fault.killAfterMs)} and was killed` };
    this.stopped(world, node, fault);
  }

  private restartAfter(world: World, node: number, restartAfterMs: number | null): void {
    if (restartAfterMs !== null) world.enqueueControl(world.nowUs + usOfMs(restartAfterMs), { kind: 'start', node } satisfies Control);
  }

  private administer(world: World, operationId: number): void {
    const node = world.nodeIndex(ADMIN_NODE);
    if (node === -1 || !world.isUp(node)) return;
    const call = callOf(this.admin[operationId] as AdminOperation, (name) => world.nodeIndex(name));
    this.called.add(operationId);
    world.stimulate(node, world.node(node).slotOf(ADMIN_MACHINE), 'admin.call', { operationId, call } satisfies CallDue);
  }

  private send(world: World, index: number): void {
    const operation = this.workload[index] as Operation;
    const node = world.nodeIndex(operation.producer);
    const process = world.node(node);
    const { topic, key, value } = operation;
    // An application whose process is down makes no call.
    if (process.status === 'up') {
      world.stimulate(node, process.slotOf(this.callers.producerMachine), 'app.send', { sendId: index, topic, key, value, partition: operation.partition ?? null });
    }
    this.enqueueOperation(world, index + 1);
  }

  private enqueueOperation(world: World, index: number): void {
    const next = this.workload[index];
    if (next !== undefined) world.enqueueControl(Math.max(world.nowUs, next.atUs), { kind: 'send', operation: index } satisfies Control);
  }

  private strike(world: World, index: number): void {
    const fault = this.faults[index] as Fault;
    const reason = this.carryOut(world, fault, index);
    this.outcomes[index] = reason === undefined ? { fault, outcome: 'applied' } : { fault, outcome: 'noEffect', reason };
    if (reason !== undefined || !('forMs' in fault)) return;
    this.inForce.add(index);
    world.enqueueControl(world.nowUs + usOfMs(fault.forMs), { kind: 'end', fault: index } satisfies Control);
  }

  /** Why the fault had no effect; undefined when it had. */
  private carryOut(world: World, fault: Fault, index: number): string | undefined {
    const network = networkOf(world);
    switch (fault.kind) {
      case 'crash':
        return fault.point === undefined ? this.takeDown(world, fault, (node) => world.crash(node, 'fault')) : this.awaitCrashPoint(world, fault, fault.point, index);
      case 'stop':
        return this.stop(world, fault, index);
      case 'powerLoss':
        return this.takeDown(world, fault, (node) => world.powerLoss(node));
      case 'wipe':
        return this.takeDown(world, fault, (node) => world.wipe(node));
      case 'pause': {
        const node = world.nodeIndex(fault.node);
        if (!world.isUp(node)) return `${fault.node} was down`;
        world.pause(node);
        return undefined;
      }
      case 'clockJump':
        world.jumpClock(world.nodeIndex(fault.node), usOfMs(fault.byMs));
        return undefined;
      case 'clockDrift':
        world.setClockDrift(world.nodeIndex(fault.node), fault.ppm);
        return undefined;
      case 'flushFailure':
        world.setDiskCondition(world.nodeIndex(fault.node), { flushFails: true });
        return undefined;
      case 'slowDisk':
        world.setDiskCondition(world.nodeIndex(fault.node), { slowFactor: fault.factor });
        return undefined;
      case 'diskFull':
        world.setDiskCondition(world.nodeIndex(fault.node), { full: true });
        return undefined;
      case 'partition': {
        const groups = fault.groups.map((group) => indexes(world, group));
        const links = groups.flatMap((group, i) => groups.slice(i + 1).flatMap((other) => bothWays(group, other)));
        network.addRule(world, { id: ruleId(index), links, effect: { kind: 'cut' } });
        return undefined;
      }
      case 'isolate': {
        const node = world.nodeIndex(fault.node);
        const others = Array.from({ length: world.nodeCount }, (_, i) => i).filter((i) => i !== node);
        network.addRule(world, { id: ruleId(index), links: bothWays([node], others), effect: { kind: 'cut' } });
        return undefined;
      }
      case 'oneWay':
        return this.addLinkRule(world, fault, index, { kind: 'cut' });
      case 'flaky':
        return this.addLinkRule(world, fault, index, { kind: 'loss', loss: fault.loss });
      case 'slow':
        return this.addLinkRule(world, fault, index, { kind: 'slow', addUs: usOfMs(fault.addMs) });
      case 'clog':
        return this.addLinkRule(world, fault, index, { kind: 'clog' });
      case 'reset':
        if (!(network instanceof ConnectionNetwork)) return 'datagrams have no connections';
        network.reset(world, world.nodeIndex(fault.between[0]), world.nodeIndex(fault.between[1]));
        return undefined;
      case 'heal': {
        const cuts = [...this.inForce].filter((other) => isNetworkFault(this.faults[other] as Fault));
        for (const other of cuts) this.end(world, other);
        return cuts.length === 0 ? 'no network fault was in force' : undefined;
      }
      default:
        return unreachable(fault, 'fault');
    }
  }

  /** A node that was asked to end and is taken down before it did: what took it down says when it comes back. */
  private takeDown(world: World, fault: Extract<Fault, { readonly restartAfterMs: number | null }>, down: (node: number) => void): string | undefined {
    const node = world.nodeIndex(fault.node);
    if (!world.isUp(node)) return `${fault.node} was already down`;
    this.stopping.delete(node);
    down(node);
    this.restartAfter(world, node, fault.restartAfterMs);
    return undefined;
  }

  /** The crash strikes when the application gets there, in this life of its process; until then it has had no effect. */
  private awaitCrashPoint(world: World, { node: name }: CrashFault, point: CrashPoint, index: number): string {
    const node = world.nodeIndex(name);
    if (!world.isUp(node)) return `${name} was already down`;
    const { incarnation } = world.node(node);
    this.awaited.set(node, { fault: index, incarnation });
    world.stimulate(node, world.node(node).slotOf(APPLICATION_MACHINE), 'fault.crashAt', point);
    return `${name} did not get as far as ${point.when} its next ${point.step}`;
  }

  private stop(world: World, fault: StopFault, index: number): string | undefined {
    const node = world.nodeIndex(fault.node);
    if (!world.isUp(node)) return `${fault.node} was already down`;
    if (this.stopping.has(node)) return `${fault.node} was already ending`;
    this.stopping.set(node, index);
    const { incarnation } = world.node(node);
    terminate(world, node);
    if (this.stopping.has(node)) world.enqueueControl(world.nowUs + usOfMs(fault.killAfterMs), { kind: 'kill', fault: index, incarnation } satisfies Control);
    return undefined;
  }

  private addLinkRule(world: World, fault: Extract<Fault, { readonly from: readonly string[] }>, index: number, effect: LinkEffect): undefined {
    networkOf(world).addRule(world, { id: ruleId(index), links: oneWay(indexes(world, fault.from), indexes(world, fault.to)), effect });
    return undefined;
  }

  /** Ends a fault; a condition of a node stays while another fault of its kind holds it. */
  private end(world: World, index: number): void {
    if (!this.inForce.delete(index)) return;
    const fault = this.faults[index] as Fault;
    if (isNetworkFault(fault)) {
      networkOf(world).removeRule(world, ruleId(index));
      return;
    }
    if (!('node' in fault)) return;
    const node = world.nodeIndex(fault.node);
    const others = [...this.inForce].map((other) => this.faults[other] as Fault).filter((other) => other.kind === fault.kind && 'node' in other && other.node === fault.node);
    const last = others.at(-1);
    switch (fault.kind) {
      case 'pause':
        if (last === undefined) world.resume(node);
        return;
      case 'clockDrift':
        world.setClockDrift(node, last?.kind === 'clockDrift' ? last.ppm : 0);
        return;
      case 'flushFailure':
        world.setDiskCondition(node, { flushFails: last !== undefined });
        return;
      case 'slowDisk':
        world.setDiskCondition(node, { slowFactor: last?.kind === 'slowDisk' ? last.factor : 1 });
        return;
      case 'diskFull':
        world.setDiskCondition(node, { full: last !== undefined });
        return;
      default:
        return;
    }
  }
}

/**
 * When the last fault of a plan is over: a node is back, a link is whole. Never, if something stays down for good. An application
 * that gets to its crash point later than at once disturbs the rest anew (Judge.processEnded, Judge.processStarted).
 */
export function quietFromMs(faults: readonly Fault[], members: readonly string[] = []): number {
  const ofFaults = faults.reduce((latest, fault) => Math.max(latest, endOfMs(fault)), 0);
  return members.reduce((latest, member) => Math.max(latest, ofFaults + setBackMs(faults, member)), ofFaults);
}

/** A client that waits for a time of the wall clock waits longer by as much as the clock is set back (org.apache.kafka.common.utils.SystemTime). */
function setBackMs(faults: readonly Fault[], node: string): number {
  return faults.reduce((sum, fault) => (fault.kind === 'clockJump' && fault.node === node && fault.byMs < 0 ? sum - fault.byMs : sum), 0);
}

function endOfMs(fault: Fault): number {
  const patienceMs = fault.kind === 'stop' ? fault.killAfterMs : 0;
  if ('restartAfterMs' in fault) return fault.restartAfterMs === null ? Number.MAX_SAFE_INTEGER : fault.atMs + patienceMs + fault.restartAfterMs;
  return 'forMs' in fault ? fault.atMs + fault.forMs : fault.atMs;
}

/** The least rate that a plan gives any clock, 0 for clocks that are exact or fast. */
export function slowestClockPpm(faults: readonly Fault[]): number {
  return faults.reduce((slowest, fault) => (fault.kind === 'clockDrift' ? Math.min(slowest, fault.ppm) : slowest), 0);
}

function networkOf(world: World): Network {
  return world.transport as unknown as Network;
}

function indexes(world: World, names: readonly string[]): number[] {
  return names.map((name) => world.nodeIndex(name));
}

function ruleId(index: number): string {
  return `fault-${index}`;
}

function isNetworkFault({ kind }: Fault): boolean {
  return kind === 'partition' || kind === 'oneWay' || kind === 'isolate' || kind === 'flaky' || kind === 'slow' || kind === 'clog';
}
