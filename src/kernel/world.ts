/**
 * The world: one clock, one queue, the processes, their transport. It pops the next event, lets one machine make its
 * pure step, and carries out the effects it returns; nothing else ever changes anything.
 *
 * The world is a value: `fork` gives an independent copy that shares all that has not changed since. A run is a
 * function of what the world was made from; it reads no clock, no environment and no global randomness.
 *
 * Knows nothing of Kafka, and of the network only the `Transport` interface.
 */
import { Agenda } from './agenda.ts';
import { AssertionFailed, RunFailed, assert, present, unreachable } from './assert.ts';
import { Digest } from './digest.ts';
import type { DiskCondition } from './disk.ts';
import { Received, Stimulus, type DiskOutcome, type Message, type ReplyTo } from './effects.ts';
import { hashString } from './hash.ts';
import type { Director, Monitor, WorldOptions } from './outside.ts';
import { Process, reseeded, worldKeyOf, entropyKeyOf, type BootInput } from './process.ts';
import { EntryKind, type QueueEntry, type WaitingMessage, type WaitingStimulus } from './queue.ts';
import type { EventObject, Program } from './statechart/engine.ts';
import { Stepper, type FlushRequest } from './stepper.ts';
import { NEVER_US } from './time.ts';
import type { Tracer } from './trace.ts';
import type { Transport } from './transport.ts';

const NO_NODE = -1;

export class World {
  /** Events that reached a machine from outside its process. */
  events = 0;
  readonly agenda: Agenda;
  readonly transport: Transport;
  readonly monitor: Monitor | undefined;
  readonly director: Director | undefined;
  readonly digest: Digest;
  tracer: Tracer | undefined;
  private readonly options: WorldOptions;
  private readonly stepper: Stepper;
  private readonly nodes: Process[];
  private readonly indexes: ReadonlyMap<string, number>;
  private readonly monitoredPrograms: ReadonlySet<Program>;
  private readonly marks: Map<string, number>;

  constructor(options: WorldOptions, forkOf?: World) {
    this.options = options;
    this.stepper = new Stepper(this, options.seed, options.flushLatency);
    this.marks = new Map(forkOf?.marks);
    if (forkOf !== undefined) {
      const isReseeded = options.seed !== forkOf.options.seed;
      this.transport = forkOf.transport.fork(isReseeded ? options.seed : undefined);
      this.monitor = forkOf.monitor?.fork();
      this.director = forkOf.director?.fork();
      this.digest = forkOf.digest.fork();
      this.indexes = forkOf.indexes;
      this.monitoredPrograms = forkOf.monitoredPrograms;
      this.nodes = isReseeded ? reseeded(forkOf.nodes, options.seed) : forkOf.nodes.slice();
      if (!isReseeded) for (const node of this.nodes) node.shared = true;
      this.agenda = new Agenda(this.nodes, forkOf.agenda);
      this.events = forkOf.events;
      return;
    }
    this.tracer = options.tracer;
    this.transport = options.transport;
    this.monitor = options.monitor;
    this.director = options.director;
    this.digest = new Digest();
    const worldKey = worldKeyOf(options.seed);
    this.nodes = options.nodes.map((spec, index) => new Process(spec, index, entropyKeyOf(worldKey, spec.name)));
    this.agenda = new Agenda(this.nodes);
    this.indexes = new Map(options.nodes.map((spec, index) => [spec.name, index]));
    assert(this.indexes.size === options.nodes.length, 'node names are unique');
    this.monitoredPrograms = new Set((options.monitored ?? []).map((name) => present(options.programs[name], `program ${name}`)));
  }

  /**
   * An independent copy. Both may go on; neither sees what the other does. Tracing stays with the original. With `seed` it
   * is another future of the same past: latencies, losses, what machines draw, how long flushes take and what a power loss
   * takes along are drawn from that one from now on. What is under way arrives as it would have.
   */
  fork(seed = this.options.seed): World {
    assert(this.stepper.isIdle, 'a world forks between two events');
    for (const program of Object.values(this.options.programs)) {
      assert(program.forkable, 'live actors are not values: a world run by them does not fork (use --engine compiled)');
    }
    return new World(seed === this.options.seed ? this.options : { ...this.options, seed }, this);
  }

  // --- reading -----------------------------------------------------------------------------------------------------

  get nowUs(): number {
    return this.agenda.nowUs;
  }

  get nodeCount(): number {
    return this.nodes.length;
  }

  get pending(): number {
    return this.agenda.pending;
  }

  /** Time of the next event, or NEVER_US. */
  get nextAtUs(): number {
    return this.agenda.peek()?.atUs ?? NEVER_US;
  }

  get programs(): Readonly<Record<string, Program>> {
    return this.options.programs;
  }

  /** Read-only by contract: writers go through `own`. */
  node(index: number): Process {
    return present(this.nodes[index], 'node');
  }

  /** -1 when there is no node of that name. */
  nodeIndex(name: string): number {
    return this.indexes.get(name) ?? NO_NODE;
  }

  nodeName(index: number): string {
    return index === NO_NODE ? 'world' : this.node(index).spec.name;
  }

  isUp(index: number): boolean {
    return this.node(index).status === 'up';
  }

  /** The context of a machine, undefined when it does not run. */
  contextOf(node: number, machine: string): unknown {
    const process = this.node(node);
    const slot = process.slotOf(machine);
    return slot === -1 ? undefined : process.states[slot]?.context;
  }

  /** How often each `mark` was reached. */
  marksReached(): ReadonlyMap<string, number> {
    return this.marks;
  }

  // --- running -----------------------------------------------------------------------------------------------------

  /** Handles the next event. False when nothing is pending. */
  step(): boolean {
    if (this.pending === 0) return false;
    this.runUntil(this.nextAtUs, 1);
    return true;
  }

  /** Handles every event up to and including `untilUs`, at most `limit` of them, then lets time stand there. */
  runUntil(untilUs: number, limit = Number.MAX_SAFE_INTEGER): void {
    const { agenda } = this;
    let left = limit;
    try {
      for (let next = agenda.peek(); next !== undefined && next.atUs <= untilUs && left > 0; next = agenda.peek()) {
        assert(next.atUs >= agenda.nowUs, 'time never goes back');
        agenda.pop();
        agenda.nowUs = next.atUs;
        left -= 1;
        this.handle(next);
      }
    } catch (error) {
      const where = `at ${agenda.nowUs} us${this.stepper.active === '' ? '' : `, ${this.stepper.active}`}`;
      throw new RunFailed(`${where}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
    if (left > 0 && agenda.nowUs < untilUs) agenda.nowUs = untilUs;
  }

  private handle(entry: QueueEntry): void {
    switch (entry.kind) {
      case EntryKind.frame:
        return this.transport.arrive(this, entry.payload);
      case EntryKind.control:
        this.digest.add(this.nowUs);
        return present(this.director, 'director').act(this, entry.payload);
      case EntryKind.timer:
      case EntryKind.disk:
      case EntryKind.delivery:
      case EntryKind.stimulus:
        return this.handleInProcess(entry);
      case EntryKind.resume:
        if (this.node(entry.node).incarnation === entry.incarnation) this.drainBacklog(this.own(entry.node));
        return;
      default:
        unreachable(entry.kind, 'queue entry kind');
    }
  }

  private handleInProcess(entry: QueueEntry): void {
    const process = this.node(entry.node);
    if (process.incarnation !== entry.incarnation || process.status === 'down') return;
    if (entry.kind === EntryKind.timer && !this.agenda.isCarrier(process, entry)) return;
    const owned = this.own(entry.node);
    // Time and disk go on while the process stands still; only the machine hears of it later.
    if (entry.kind === EntryKind.disk) return this.flushed(owned, entry);
    if (entry.kind === EntryKind.timer && this.agenda.moveOn(owned, entry)) return;
    if (owned.mustWait(this.nowUs)) {
      owned.backlog.push(entry);
      return;
    }
    switch (entry.kind) {
      case EntryKind.timer: {
        const { type, data } = this.agenda.takeDue(owned, entry);
        return this.dispatchStimulus(owned, entry.slot, type, data);
      }
      case EntryKind.delivery: {
        const waiting = entry.payload as WaitingMessage;
        if (!owned.isAlive(entry.slot, waiting.life)) return;
        return this.deliver(entry.node, entry.slot, waiting.message, waiting.from, waiting.replyTo);
      }
      case EntryKind.stimulus: {
        const waiting = entry.payload as WaitingStimulus;
        if (!owned.isAlive(entry.slot, waiting.life)) return;
        return this.dispatchStimulus(owned, entry.slot, waiting.type, waiting.data);
      }
      default:
        throw new AssertionFailed(`entry kind ${entry.kind} does not belong to a process`);
    }
  }

  private flushed(process: Process, { slot, payload }: QueueEntry): void {
    const { file, id, life, then, data } = payload as FlushRequest;
    const outcome: DiskOutcome = { file, data };
    const isDurable = process.disk.completeFlush(file, id);
    if (process.isAlive(slot, life)) this.stimulate(process.index, slot, isDurable ? then : 'disk.flushFailed', outcome);
  }

  // --- doors into a process ----------------------------------------------------------------------------------------

  /** The transport hands a message to a machine. */
  deliver(node: number, slot: number, message: Message, from: number, replyTo: ReplyTo): void {
    const process = this.own(node);
    if (process.status === 'down') return;
    const life = process.lives[slot] as number;
    if (process.mustWait(this.nowUs)) this.wait(process, EntryKind.delivery, slot, { life, message, from, replyTo } satisfies WaitingMessage);
    else this.dispatch(process, slot, new Received(message, process.clock.localMs(this.nowUs), process.nextDraw(), from, replyTo));
  }

  /** A local event from outside the process: the transport's news, an application's call. */
  stimulate(node: number, slot: number, type: string, data: unknown): void {
    const process = this.own(node);
    if (process.status === 'down') return;
    const life = process.lives[slot] as number;
    if (process.mustWait(this.nowUs)) this.wait(process, EntryKind.stimulus, slot, { life, type, data } satisfies WaitingStimulus);
    else this.dispatchStimulus(process, slot, type, data);
  }

  /** Enqueues a frame of the transport. */
  enqueueFrame(atUs: number, frame: unknown): void {
    this.agenda.addForWorld(atUs, EntryKind.frame, frame);
  }

  /** Has the director act at `atUs`. */
  enqueueControl(atUs: number, control: unknown): void {
    this.agenda.addForWorld(atUs, EntryKind.control, control);
  }

  // --- life and death of a process ---------------------------------------------------------------------------------

  /** Starts a process that is down; a no-op when it is up. */
  start(node: number): void {
    const process = this.own(node);
    if (process.status === 'up') return;
    process.beginIncarnation();
    this.digest.add(this.nowUs);
    this.digest.add(process.incarnation);
    this.stepper.trace(process, '', 'start', [], undefined);
    this.monitor?.lifecycle(this, { kind: 'started', node, incarnation: process.incarnation });
    this.transport.nodeUp(this, node);
    const input: BootInput = {
      nowMs: process.clock.localMs(this.nowUs),
      draw: process.nextDraw(),
      read: (file) => process.disk.read(file),
      files: () => process.disk.list(),
      incarnation: process.incarnation,
    };
    for (const booted of process.spec.boot(input)) this.stepper.startMachine(process, booted.name, booted.machine, booted.input);
    this.stepper.settle(process);
  }

  /** Fail-stop: the process is gone, its page cache stays. A no-op when it is down. */
  crash(node: number, reason: string): void {
    const process = this.own(node);
    if (process.status === 'down') return;
    this.endProcess(process, `crash: ${reason}`);
    process.disk.processCrashed();
    this.monitor?.lifecycle(this, { kind: 'crashed', node, reason });
    this.transport.nodeDown(this, node, 'up');
  }

  /** The process ends itself, and its supervisor learns of it. */
  halt(node: number, reason: string): void {
    this.crash(node, reason);
    this.director?.halted(this, node, reason);
  }

  /** The host loses power: the process and the page cache are gone. Also takes a host whose process is down already. */
  powerLoss(node: number): void {
    const process = this.own(node);
    if (process.status === 'up') this.endProcess(process, 'power loss');
    const lostEntries = process.disk.powerLost(hashString('power', process.entropyKey) + process.incarnation);
    this.monitor?.lifecycle(this, { kind: 'powerLost', node, lostEntries });
    this.transport.nodeDown(this, node, 'down');
  }

  /** The host is replaced by one with an empty disk. */
  wipe(node: number): void {
    const process = this.own(node);
    if (process.status === 'up') this.endProcess(process, 'wipe');
    process.disk.wiped();
    this.monitor?.lifecycle(this, { kind: 'wiped', node });
    this.transport.nodeDown(this, node, 'down');
  }

  private endProcess(process: Process, reason: string): void {
    this.digest.add(this.nowUs);
    this.stepper.trace(process, '', reason, [], undefined);
    this.stepper.abandon();
    this.agenda.leftBehind(process.timers.reduce((count, timers) => count + timers.length, 0));
    for (const { slot, program, state } of process.endIncarnation()) {
      program.dispose(state);
      this.noteStep(process, slot, state.context, undefined);
    }
  }

  /** The process stands still (a long GC, a stopped container); the host's network stack goes on. */
  pause(node: number): void {
    const process = this.own(node);
    if (process.status === 'up') process.paused = true;
  }

  resume(node: number): void {
    const process = this.own(node);
    if (!process.paused) return;
    process.paused = false;
    this.drainBacklog(process);
  }

  jumpClock(node: number, byUs: number): void {
    const process = this.own(node);
    process.clock = process.clock.jumped(this.nowUs, byUs);
  }

  setClockDrift(node: number, driftPpm: number): void {
    const process = this.own(node);
    process.clock = process.clock.drifting(this.nowUs, driftPpm);
  }

  setDiskCondition(node: number, change: Partial<DiskCondition>): void {
    this.own(node).disk.setCondition(change);
  }

  // --- for the stepper ---------------------------------------------------------------------------------------------

  /** Shows a change of context to the monitor, if it asked for that kind of machine. */
  noteStep(process: Process, slot: number, before: unknown, after: unknown): void {
    if (process.watched[slot] === true) this.monitor?.stepped(this, process.index, slot, before, after);
  }

  isMonitored(program: Program): boolean {
    return this.monitoredPrograms.has(program);
  }

  mark(label: string): void {
    this.marks.set(label, (this.marks.get(label) ?? 0) + 1);
  }

  // --- plumbing ----------------------------------------------------------------------------------------------------

  private dispatchStimulus(process: Process, slot: number, type: string, data: unknown): void {
    this.dispatch(process, slot, new Stimulus(type, process.clock.localMs(this.nowUs), process.nextDraw(), data));
  }

  private dispatch(process: Process, slot: number, event: EventObject): void {
    this.events += 1;
    this.stepper.dispatch(process, slot, event);
  }

  /** The process as this world may change it: copied first if another world holds it too. */
  private own(index: number): Process {
    const process = present(this.nodes[index], 'node');
    if (!process.shared) return process;
    const copy = process.fork();
    this.nodes[index] = copy;
    return copy;
  }

  private wait(process: Process, kind: EntryKind, slot: number, payload: unknown): void {
    process.backlog.push(this.agenda.entryFor(this.nowUs, kind, process, slot, payload));
  }

  private drainBacklog(process: Process): void {
    const waiting = process.backlog;
    process.backlog = [];
    for (let i = 0; i < waiting.length; i += 1) {
      // What blocks the process again has the rest join the backlog once more, in order, before anything newer.
      this.handleInProcess(waiting[i] as QueueEntry);
    }
  }
}
