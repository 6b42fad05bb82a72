/**
 * Datagram mode, for protocol research: every message on its own may be lost, delayed past later ones, or arrive
 * twice. There are no connections, so nobody learns of a loss but by waiting, and a server answers several requests
 * of one client at once. Kafka never runs like this; what survives here does not lean on TCP.
 */
import { assert } from '../kernel/assert.ts';
import type { Message, ReplyTo } from '../kernel/effects.ts';
import type { Ratio } from '../kernel/random.ts';
import { mix32, scaleDraw } from '../kernel/hash.ts';
import type { Transport } from '../kernel/transport.ts';
import type { World } from '../kernel/world.ts';
import type { LinkConditions } from './conditions.ts';
import { fateDraw, happens, latencyUs } from './latency.ts';
import { NO_LOSS, Network, requestSlotOf, serverSlotOf, type NetworkOptions } from './network.ts';

export interface DatagramOptions extends NetworkOptions {
  /** A second copy with a fate of its own. */
  readonly duplicate?: Ratio;
  /** An extra delay of up to `reorderUs`, so that later messages overtake. */
  readonly reorder?: Ratio;
  readonly reorderUs?: number;
}

interface Datagram {
  readonly from: number;
  /** Where an answer goes; -1 on answers. */
  readonly replyTo: ReplyTo;
  readonly to: number;
  /** -1: whatever machine serves requests there. */
  readonly toSlot: number;
  /** An answer is for the machine that asked, not for a later one of its name. */
  readonly toLife: number;
  readonly message: Message;
}

/** An answer's address in one number: node, slot and life of the asking machine. Exact for 2^20 slots of 2^33 / nodes lives. */
const SLOTS = 0x10_0000;

const LOSS_DRAW = 2;
const DUPLICATE_DRAW = 3;
const REORDER_DRAW = 4;
const REORDER_DELAY_DRAW = 5;
/** A second copy draws its fate under a key of its own, so that its being there leaves all else as it was. */
const SECOND_COPY = 1;

export class DatagramNetwork extends Network implements Transport {
  private readonly datagramOptions: DatagramOptions;
  /** Datagrams that wait behind a clog. */
  private held: Datagram[];

  constructor(options: DatagramOptions, forkOf?: DatagramNetwork) {
    super(options, forkOf);
    this.datagramOptions = options;
    this.held = forkOf?.held.slice() ?? [];
  }

  fork(seed?: string): DatagramNetwork {
    return new DatagramNetwork(seed === undefined ? this.datagramOptions : { ...this.datagramOptions, seed }, this);
  }

  send(world: World, from: number, slot: number, to: number, message: Message): void {
    this.checkAddress(from, to, message);
    const life = world.node(from).lives[slot] as number;
    this.launch(world, { from, replyTo: (life * SLOTS + slot) * this.nodeCount + from, to, toSlot: -1, toLife: -1, message });
  }

  reply(world: World, from: number, to: ReplyTo, message: Message): void {
    assert(to >= 0, 'an answer is to a request');
    const machine = Math.floor(to / this.nodeCount);
    this.launch(world, { from, replyTo: -1, to: to % this.nodeCount, toSlot: machine % SLOTS, toLife: Math.floor(machine / SLOTS), message });
  }

  release(): void {}
  disconnect(): void {}
  hangUp(): void {}
  machineStopped(): void {}
  nodeDown(): void {}
  nodeUp(): void {}
  reset(): void {}

  arrive(world: World, payload: unknown): void {
    const datagram = payload as Datagram;
    const { from, replyTo, to, toSlot, toLife, message } = datagram;
    const { cut, clogged } = this.conditions.of(from, to);
    if (cut) {
      this.wiretap?.lost(world.nowUs, from, to, message);
      return;
    }
    if (clogged) {
      this.wiretap?.stalled(world.nowUs, from, to, message);
      this.held.push(datagram);
      return;
    }
    const process = world.node(to);
    if (toSlot === -1) {
      if (serverSlotOf(process) !== -1) world.deliver(to, requestSlotOf(process, message), message, from, replyTo);
      else this.wiretap?.lost(world.nowUs, from, to, message);
    } else if (process.isAlive(toSlot, toLife)) {
      world.deliver(to, toSlot, message, from, replyTo);
    } else this.wiretap?.lost(world.nowUs, from, to, message);
  }

  protected conditionsChanged(world: World, _before: LinkConditions): void {
    const stillHeld: Datagram[] = [];
    for (const datagram of this.held) {
      if (this.conditions.of(datagram.from, datagram.to).clogged) stillHeld.push(datagram);
      else world.enqueueFrame(world.nowUs, datagram);
    }
    this.held = stillHeld;
  }

  private launch(world: World, datagram: Datagram): void {
    const { from, to } = datagram;
    this.messages += 1;
    const n = this.countMessage(from, to);
    const key = this.linkKey(from, to);
    this.launchCopy(world, datagram, key, n, false);
    if (happens(this.datagramOptions.duplicate ?? NO_LOSS, key, n, DUPLICATE_DRAW)) this.launchCopy(world, datagram, mix32(key, SECOND_COPY), n, true);
  }

  private launchCopy(world: World, datagram: Datagram, key: number, n: number, isCopy: boolean): void {
    const { from, to, message } = datagram;
    this.wiretap?.sent(world.nowUs, from, to, message, -1, datagram.replyTo === -1, isCopy);
    const { loss, addUs } = this.conditions.of(from, to);
    if (happens(loss, key, n, LOSS_DRAW)) {
      this.wiretap?.lost(world.nowUs, from, to, message);
      return;
    }
    const late = happens(this.datagramOptions.reorder ?? NO_LOSS, key, n, REORDER_DRAW);
    const lateUs = late ? scaleDraw(fateDraw(key, n, REORDER_DELAY_DRAW), (this.datagramOptions.reorderUs ?? 0) + 1) : 0;
    world.enqueueFrame(world.nowUs + latencyUs(this.latency, key, n) + addUs + lateUs, datagram);
  }
}
