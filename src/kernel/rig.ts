/**
 * A test rig: a world of puppets, machines that write down what they hear and do what they are told, over any
 * transport. Tests pull the strings (`tell`, `at`) and read what was heard (`heard`).
 *
 * The wire of its own only delays, each message by the same time; what a real network does is tested over there.
 */
import { AppendLog } from './append-log.ts';
import { present } from './assert.ts';
import type { Effect, Message, ReplyTo } from './effects.ts';
import type { FileContent } from './disk.ts';
import type { Director, LatencyRange, Monitor } from './outside.ts';
import type { NodeSpec } from './process.ts';
import type { EngineName, EventObject, Program } from './statechart/engine.ts';
import { engine } from './statechart/engines.ts';
import { scriptedMachine, type Acted } from './statechart/scripted.ts';
import type { Tracer } from './trace.ts';
import type { Transport } from './transport.ts';
import { World } from './world.ts';

/** One event as a puppet heard it. */
export interface Heard {
  readonly type: string;
  /** The node's own clock; undefined on what another machine of the process tells. */
  readonly nowMs: number | undefined;
  /** The data of a stimulus, the message of a delivery, or the whole local event. */
  readonly data: unknown;
  readonly draw: number | undefined;
  readonly replyTo: ReplyTo | undefined;
}

/** What a puppet does when it hears something, besides writing it down. `start` is its birth. */
export type Reactions = Readonly<Record<string, (heard: Heard, before: AppendLog<Heard>) => readonly Effect[]>>;

export interface RigNode {
  readonly name: string;
  /** By machine name; they boot in this order. */
  readonly machines: Readonly<Record<string, Reactions>>;
  readonly server?: string;
}

export interface RigOptions {
  readonly nodes: readonly RigNode[];
  readonly seed?: string;
  readonly transport?: Transport;
  /** Machines that do not boot but may be spawned, by the name that `spawn` uses. */
  readonly spawnable?: Readonly<Record<string, Reactions>>;
  readonly engine?: EngineName;
  readonly flushLatency?: LatencyRange;
  readonly tracer?: Tracer;
  readonly monitor?: Monitor;
  readonly monitored?: readonly string[];
  readonly onHalted?: (world: World, node: number, reason: string) => void;
}

/** The type of the stimulus whose data is a list of effects to carry out, and of the one that ends a puppet. */
const DO = 'do';
const END = 'end';

export class Rig {
  readonly world: World;

  constructor(options: RigOptions | World) {
    this.world = options instanceof World ? options : worldOf(options);
  }

  /** A rig around an independent copy of the world. */
  fork(): Rig {
    return new Rig(this.world.fork());
  }

  /** Has a machine carry out `effects` now. */
  tell(node: string, machine: string, ...effects: Effect[]): void {
    this.stimulate(node, machine, DO, effects);
  }

  /** Has a machine carry out `effects` as its last. */
  end(node: string, machine: string, ...effects: Effect[]): void {
    this.stimulate(node, machine, END, effects);
  }

  /** Pulls a string at `atUs`, in the order of the calls. */
  at(atUs: number, pull: (rig: Rig) => void): void {
    this.world.enqueueControl(atUs, pull);
  }

  node(name: string): number {
    return this.world.nodeIndex(name);
  }

  startAll(): void {
    for (let node = 0; node < this.world.nodeCount; node += 1) this.world.start(node);
  }

  /** What the present machine of that name has heard, strings that were pulled left out; empty when it does not run. */
  heard(node: string, machine: string): readonly Heard[] {
    const context = this.world.contextOf(this.node(node), machine) as Acted<AppendLog<Heard>> | undefined;
    return context?.state.slice() ?? [];
  }

  /** The types of it, in order. */
  heardTypes(node: string, machine: string): string[] {
    return this.heard(node, machine).map(({ type }) => type);
  }

  private stimulate(node: string, machine: string, type: string, effects: readonly Effect[]): void {
    const index = this.node(node);
    this.world.stimulate(index, this.world.node(index).slotOf(machine), type, effects);
  }
}

function worldOf(options: RigOptions): World {
  const { nodes, seed = 'rig', transport = new Wire(), spawnable = {}, engine: engineName = 'compiled', flushLatency, tracer, monitor, monitored } = options;
  const programOf = (reactions: Reactions) => engine(engineName).load(puppet(reactions));
  const programs = Object.fromEntries([
    ...nodes.flatMap(({ name, machines }) => Object.entries(machines).map(([machine, reactions]) => [`${name}/${machine}`, programOf(reactions)] as const)),
    ...Object.entries(spawnable).map(([machine, reactions]) => [machine, programOf(reactions)] as const),
  ]);
  return new World({
    seed,
    programs,
    transport,
    nodes: nodes.map(specOf),
    director: directorOf(options.onHalted),
    ...(flushLatency === undefined ? {} : { flushLatency }),
    ...(tracer === undefined ? {} : { tracer }),
    ...(monitor === undefined ? {} : { monitor }),
    ...(monitored === undefined ? {} : { monitored }),
  });
}

function specOf({ name, machines, server }: RigNode): NodeSpec {
  const boot: NodeSpec['boot'] = (input) =>
    Object.keys(machines).map((machine) => ({ name: machine, machine: `${name}/${machine}`, input: { files: input.files().map((file) => [file, input.read(file)]) } }));
  return server === undefined ? { name, boot } : { name, boot, server };
}

function directorOf(onHalted: RigOptions['onHalted']): Director {
  const director: Director = {
    act: (world, control) => (control as (rig: Rig) => void)(new Rig(world)),
    halted: (world, node, reason) => onHalted?.(world, node, reason),
    fork: () => director,
  };
  return director;
}

const puppets = new WeakMap<Reactions, Program['machine']>();

/** Memo of a pure function: the same reactions are the same machine, so that what one world compiled serves the next. */
function puppet(reactions: Reactions): Program['machine'] {
  const known = puppets.get(reactions);
  if (known !== undefined) return known;
  const machine = scriptedMachine<AppendLog<Heard>>('puppet', {
    start: (input) => {
      const born: Heard = { type: 'start', nowMs: undefined, data: input, draw: undefined, replyTo: undefined };
      return { state: AppendLog.empty(), effects: reactions['start']?.(born, AppendLog.empty()) ?? [] };
    },
    act: (before, event) => hear(before, heardOf(event), reactions),
  });
  puppets.set(reactions, machine);
  return machine;
}

function hear(before: AppendLog<Heard>, heard: Heard, reactions: Reactions): Acted<AppendLog<Heard>> {
  if (heard.type === DO || heard.type === END) return { state: before, effects: heard.data as readonly Effect[], isOver: heard.type === END };
  return { state: before.append(heard), effects: reactions[heard.type]?.(heard, before) ?? [] };
}

function heardOf(event: EventObject): Heard {
  const { type, nowMs, draw, data, message, replyTo } = event as EventObject & {
    readonly nowMs?: number; readonly draw?: number; readonly data?: unknown; readonly message?: Message; readonly replyTo?: ReplyTo;
  };
  return { type, nowMs, draw, replyTo, data: nowMs === undefined ? event : message ?? data };
}

/** A file of numbers; a torn one is negative. */
export class Entries implements FileContent {
  readonly entries: readonly number[];

  constructor(entries: readonly number[]) {
    this.entries = entries;
  }

  get length(): number {
    return this.entries.length;
  }

  prefix(length: number): Entries {
    return new Entries(this.entries.slice(0, length));
  }

  tornAt(length: number): Entries {
    return new Entries(this.entries.slice(0, length).map((entry, i) => (i === length - 1 ? -entry : entry)));
  }
}

interface Letter {
  readonly to: number;
  readonly slot: number;
  readonly from: number;
  readonly replyTo: ReplyTo;
  readonly message: Message;
}

/** Delivers everything after the same time; the address of an answer is the asking machine. */
export class Wire implements Transport {
  static readonly delayUs = 1_000;
  messages: number;
  /** What the kernel said to it besides messages, in order. */
  readonly told: string[];

  constructor(forkOf?: Wire) {
    this.messages = forkOf?.messages ?? 0;
    this.told = forkOf?.told.slice() ?? [];
  }

  fork(): Wire {
    return new Wire(this);
  }

  send(world: World, from: number, slot: number, to: number, message: Message): void {
    const { server } = world.node(to).spec;
    this.post(world, { to, slot: world.node(to).slotOf(present(server, 'server')), from, replyTo: slot * world.nodeCount + from, message });
  }

  reply(world: World, from: number, to: ReplyTo, message: Message): void {
    this.post(world, { to: to % world.nodeCount, slot: Math.floor(to / world.nodeCount), from, replyTo: -1, message });
  }

  arrive(world: World, frame: unknown): void {
    const { to, slot, from, replyTo, message } = frame as Letter;
    world.deliver(to, slot, message, from, replyTo);
  }

  release(): void {
    this.told.push('release');
  }

  disconnect(_world: World, from: number, slot: number, to: number): void {
    this.told.push(`disconnect ${from}.${slot} from ${to}`);
  }

  hangUp(): void {
    this.told.push('hangUp');
  }

  machineStopped(_world: World, node: number, slot: number): void {
    this.told.push(`stopped ${node}.${slot}`);
  }

  nodeDown(_world: World, node: number, host: 'up' | 'down'): void {
    this.told.push(`down ${node}, host ${host}`);
  }

  nodeUp(_world: World, node: number): void {
    this.told.push(`up ${node}`);
  }

  private post(world: World, letter: Letter): void {
    this.messages += 1;
    world.enqueueFrame(world.nowUs + Wire.delayUs, letter);
  }
}
