/**
 * What both network modes share: addresses, keyed link fates, link conditions and the faults that change them.
 *
 * A link is directed. The fate of a message depends on (seed, link, n-th message on the link), so removing one fault
 * or message elsewhere leaves it as it was. Payloads are opaque.
 */
import { AssertionFailed, present } from '../kernel/assert.ts';
import type { Message } from '../kernel/effects.ts';
import { hashString, mix32 } from '../kernel/hash.ts';
import type { Process } from '../kernel/process.ts';
import type { Ratio } from '../kernel/random.ts';
import type { World } from '../kernel/world.ts';
import { LinkConditions, type LinkRule } from './conditions.ts';
import { LAN, type LatencyModel } from './latency.ts';
import type { Wiretap } from './wiretap.ts';

export interface NetworkOptions {
  readonly seed: string;
  readonly nodeNames: readonly string[];
  readonly latency?: LatencyModel;
  /** Loss on every link: retransmission stalls on connections, lost messages in datagram mode. */
  readonly loss?: Ratio;
  readonly wiretap?: Wiretap;
}

export const NO_LOSS: Ratio = { numerator: 0, denominator: 1 };

/** The slot of the machine that serves requests in a process; -1 when none runs. */
export function serverSlotOf(process: Process): number {
  const { server } = process.spec;
  const slot = server === undefined ? -1 : process.slotOf(server);
  return slot === -1 || process.states[slot] === undefined ? -1 : slot;
}

/** The slot of the machine of this process that gets a request; the process serves. */
export function requestSlotOf(process: Process, message: Message): number {
  const { server, route } = process.spec;
  const slot = process.slotOf(route?.(message) ?? present(server, 'server'));
  return slot === -1 || process.states[slot] === undefined ? serverSlotOf(process) : slot;
}

export abstract class Network {
  protected readonly options: NetworkOptions;
  protected readonly nodeCount: number;
  protected readonly latency: LatencyModel;
  /** Listens to the original; a fork is not overheard. */
  protected readonly wiretap: Wiretap | undefined;
  private readonly seedKey: number;
  private readonly nameKeys: readonly number[];
  /** Messages sent so far on each directed link. */
  private readonly counters: Int32Array;
  protected conditions: LinkConditions;
  /** Requests and answers put on the wire. */
  messages = 0;

  constructor(options: NetworkOptions, forkOf?: Network) {
    this.options = options;
    this.nodeCount = options.nodeNames.length;
    this.latency = options.latency ?? LAN;
    this.wiretap = forkOf === undefined ? options.wiretap : undefined;
    this.seedKey = forkOf?.options.seed === options.seed ? forkOf.seedKey : hashString(`${options.seed}/network`);
    this.nameKeys = forkOf?.nameKeys ?? options.nodeNames.map((name) => hashString(name));
    this.counters = forkOf?.counters.slice() ?? new Int32Array(this.nodeCount * this.nodeCount);
    this.conditions = forkOf?.conditions ?? new LinkConditions(this.nodeCount, options.loss ?? NO_LOSS);
    this.messages = forkOf?.messages ?? 0;
  }

  /** Puts a fault in force; one of the same id is replaced. */
  addRule(world: World, rule: LinkRule): void {
    const before = this.conditions;
    this.conditions = before.with(rule);
    this.conditionsChanged(world, before);
  }

  /** Ends a fault; a no-op when it is not in force. */
  removeRule(world: World, id: string): void {
    const before = this.conditions;
    if (!before.rules.some((rule) => rule.id === id)) return;
    this.conditions = before.without(id);
    this.conditionsChanged(world, before);
  }

  /** Ends every fault in force. */
  heal(world: World): void {
    for (const { id } of this.conditions.rules) this.removeRule(world, id);
  }

  /** Are messages from `from` to `to` getting through? */
  isOpen(from: number, to: number): boolean {
    return !this.conditions.isClosed(from, to);
  }

  /** Breaks every connection between two nodes, as a firewall's RST does. */
  abstract reset(world: World, a: number, b: number): void;

  protected abstract conditionsChanged(world: World, before: LinkConditions): void;

  protected linkKey(from: number, to: number): number {
    return mix32(mix32(this.seedKey, this.nameKeys[from] as number), this.nameKeys[to] as number);
  }

  /** Throws unless `to` is a node. */
  protected checkAddress(from: number, to: number, message: Message): void {
    if (to >= 0 && to < this.nodeCount) return;
    throw new AssertionFailed(`${this.options.nodeNames[from] ?? ''} sends ${message.type} to node ${to} of ${this.nodeCount}`);
  }

  /** The number of the next message on a link. */
  protected countMessage(from: number, to: number): number {
    const link = from * this.nodeCount + to;
    const n = this.counters[link] as number;
    this.counters[link] = n + 1;
    return n;
  }
}
