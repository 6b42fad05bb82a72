/**
 * Connection mode, the default: Kafka as it runs, on TCP. Per connection everything arrives in order and once; what a
 * fault can do is delay, stall, refuse or break it. Lost segments are retransmissions, partitions are stalls that end
 * with the partition or with the patience of whoever waits, and a broken connection leaves its requests undecided.
 * Duplicates come from client retries only.
 *
 * A machine has one connection to a node at a time, opened by its first send, as Kafka's NetworkClient keeps one per
 * node. Left out: bandwidth, window sizes, TLS and SASL handshakes, `connections.max.idle.ms`.
 */
import { AssertionFailed, assert, present, unreachable } from '../kernel/assert.ts';
import type { ConnectionLost, Message, ReplyTo } from '../kernel/effects.ts';
import { scaleDraw } from '../kernel/hash.ts';
import type { Transport } from '../kernel/transport.ts';
import type { World } from '../kernel/world.ts';
import type { LinkConditions } from './conditions.ts';
import { Frame, FrameKind, connectionOf, type Connection, type Direction } from './connection.ts';
import { ConnectionTable } from './connection-table.ts';
import { fateDraw, latencyUs, retransmissionStallUs } from './latency.ts';
import { Network, requestSlotOf, serverSlotOf, type NetworkOptions } from './network.ts';

/** `socket.connection.setup.timeout.ms`, default 10 s. */
const CONNECT_TIMEOUT_US = 10_000_000;
/** Linux gives up doubling the retransmission timeout at 120 s. */
const MAX_RTO_US = 120_000_000;
const RETRANSMISSION_DRAW = 12;

export class ConnectionNetwork extends Network implements Transport {
  private readonly connections: ConnectionTable;
  /** Segments that do not get through, in the order in which they failed to arrive. */
  private held: Frame[];
  /** By node, 1 for a host without power. */
  private readonly isHostDown: Uint8Array;

  constructor(options: NetworkOptions, forkOf?: ConnectionNetwork) {
    super(options, forkOf);
    this.connections = forkOf?.connections.fork() ?? new ConnectionTable(this.nodeCount);
    this.held = forkOf?.held.slice() ?? [];
    this.isHostDown = forkOf?.isHostDown.slice() ?? new Uint8Array(this.nodeCount);
  }

  fork(seed?: string): ConnectionNetwork {
    return new ConnectionNetwork(seed === undefined ? this.options : { ...this.options, seed }, this);
  }

  // --- what machines ask for ---------------------------------------------------------------------------------------

  /** Connections that someone could still notice. */
  get size(): number {
    return this.connections.size;
  }

  send(world: World, from: number, slot: number, to: number, message: Message): void {
    this.checkAddress(from, to, message);
    const connection = this.connections.ownCurrent(from, slot, to) ?? this.connect(world, from, slot, to);
    if (connection.clientState === 'connecting') connection.waiting = [...connection.waiting, message];
    else this.transmit(world, connection, FrameKind.request, true, message);
  }

  reply(world: World, from: number, to: ReplyTo, message: Message): void {
    const connection = this.served(world, from, to);
    if (connection === undefined) return;
    if (connection.serverState === 'open') this.transmit(world, connection, FrameKind.reply, false, message);
    this.forgetIfOver(connection);
  }

  release(world: World, from: number, to: ReplyTo): void {
    const connection = this.served(world, from, to);
    if (connection !== undefined) this.forgetIfOver(connection);
  }

  hangUp(world: World, from: number, to: ReplyTo): void {
    const connection = this.served(world, from, to);
    if (connection === undefined) return;
    connection.inbox = [];
    if (connection.serverState === 'open') {
      connection.serverState = 'closed';
      this.transmit(world, connection, FrameKind.hangUp, false, undefined);
    }
    this.forgetIfOver(connection);
  }

  disconnect(world: World, from: number, slot: number, to: number): void {
    const connection = this.connections.ownCurrent(from, slot, to);
    if (connection === undefined) return;
    if (connection.clientState === 'open') this.transmit(world, connection, FrameKind.fin, true, undefined);
    this.closeClient(connection);
    this.forgetIfOver(connection);
  }

  machineStopped(world: World, node: number, slot: number): void {
    for (let server = 0; server < this.nodeCount; server += 1) this.disconnect(world, node, slot, server);
    const process = world.node(node);
    if (process.spec.server !== undefined && process.slotOf(process.spec.server) === slot) this.closeServers(world, node, 'up');
  }

  // --- what happens to nodes and links -----------------------------------------------------------------------------

  nodeDown(world: World, node: number, host: 'up' | 'down'): void {
    this.isHostDown[node] = host === 'down' ? 1 : 0;
    this.dropHeldOf(node, host);
    for (const connection of this.connections.ownAll((candidate) => candidate.client === node && candidate.clientState !== 'closed')) {
      if (host === 'up' && connection.clientState === 'open') this.transmitReset(world, connection, true);
      this.closeClient(connection);
    }
    this.closeServers(world, node, host);
    for (const connection of this.connections.ownAll((candidate) => candidate.client === node)) this.forgetIfOver(connection);
  }

  nodeUp(world: World, node: number): void {
    this.isHostDown[node] = 0;
    this.letGo(world, this.conditions, (frame) => this.receiverOf(frame) === node);
  }

  /** Nobody listens on `node` any more: its ends of connections are gone, and a host that is up says so. */
  private closeServers(world: World, node: number, host: 'up' | 'down'): void {
    for (const connection of this.connections.ownAll((candidate) => candidate.server === node)) {
      if (host === 'up' && connection.serverState === 'open' && connection.clientState !== 'closed') this.transmitReset(world, connection, false);
      if (connection.serverState === 'open') this.closeServer(connection);
      connection.serving = false;
      connection.inbox = [];
      this.forgetIfOver(connection);
    }
  }

  /** What a process still had to retransmit goes with it; a handshake is its host's. What is on the wire arrives. */
  private dropHeldOf(node: number, host: 'up' | 'down'): void {
    this.held = this.held.filter((frame) => {
      if (this.senderOf(frame) !== node || (host === 'up' && frame.n === -1)) return true;
      if (frame.n !== -1) {
        const connection = this.connections.own(frame.connection);
        connection.cutShort(frame.toServer ? connection.toServer : connection.toClient, frame.n);
      }
      return false;
    });
  }

  reset(world: World, a: number, b: number): void {
    const between = (candidate: Connection): boolean =>
      (candidate.client === a && candidate.server === b) || (candidate.client === b && candidate.server === a);
    for (const connection of this.connections.ownAll(between)) {
      if (connection.serverState === 'open') this.closeServer(connection);
      this.lose(world, connection, 'reset');
      this.forgetIfOver(connection);
    }
  }

  protected conditionsChanged(world: World, before: LinkConditions): void {
    this.letGo(world, before, () => true);
  }

  /** Sends on its way what can get through now, of what `isConcerned`. `before` is what stood in its way. */
  private letGo(world: World, before: LinkConditions, isConcerned: (frame: Frame) => boolean): void {
    const held = this.held;
    this.held = [];
    for (const frame of held) {
      const from = this.senderOf(frame);
      const to = this.receiverOf(frame);
      if (!isConcerned(frame) || !this.isReachable(from, to)) this.held.push(frame);
      else world.enqueueFrame(world.nowUs + this.untilRetransmissionUs(world, before, from, to, frame), frame);
    }
  }

  /** A clog lets go at once. Otherwise TCP must retransmit, and has doubled its timeout up to the time that passed. */
  private untilRetransmissionUs(world: World, before: LinkConditions, from: number, to: number, frame: Frame): number {
    const { cut, clogged } = before.of(from, to);
    if (clogged && !cut) return 0;
    const draw = fateDraw(this.linkKey(from, to), frame.onLink, RETRANSMISSION_DRAW);
    return scaleDraw(draw, Math.min(world.nowUs - frame.heldSinceUs, MAX_RTO_US) + 1);
  }

  // --- arrivals ----------------------------------------------------------------------------------------------------

  arrive(world: World, payload: unknown): void {
    const frame = payload as Frame;
    if (this.connections.get(frame.connection) === undefined) return;
    const connection = this.connections.own(frame.connection);
    const from = frame.toServer ? connection.client : connection.server;
    const to = frame.toServer ? connection.server : connection.client;
    const isLocal = frame.kind === FrameKind.read || frame.kind === FrameKind.connectTimeout;
    if (!isLocal && !this.isReachable(from, to)) {
      if (frame.isRetransmitted || this.isOnlyClogged(from, to)) this.held.push(frame.held(world.nowUs));
      if (frame.message !== undefined) this.wiretap?.stalled(world.nowUs, from, to, frame.message);
      return;
    }
    if (frame.n === -1) {
      this.handle(world, connection, frame);
    } else {
      const direction = frame.toServer ? connection.toServer : connection.toClient;
      if (frame.n === direction.nextToRead) this.readInOrder(world, connection, direction, frame);
      else if (frame.n > direction.nextToRead) direction.ahead = [...direction.ahead, frame];
    }
    this.forgetIfOver(connection);
  }

  private readInOrder(world: World, connection: Connection, direction: Direction, first: Frame): void {
    for (let frame: Frame | undefined = first; frame !== undefined; ) {
      direction.nextToRead += 1;
      this.handle(world, connection, frame);
      if (direction.ahead.length === 0) return;
      frame = direction.ahead.find(({ n }) => n === direction.nextToRead);
      if (frame !== undefined) direction.ahead = direction.ahead.filter(({ n }) => n !== direction.nextToRead);
    }
  }

  private handle(world: World, connection: Connection, frame: Frame): void {
    switch (frame.kind) {
      case FrameKind.request:
        this.requestArrived(world, connection, frame.message as Message);
        return;
      case FrameKind.reply:
        if (connection.clientState === 'open') world.deliver(connection.client, connection.clientSlot, frame.message as Message, connection.server, -1);
        else this.wiretap?.lost(world.nowUs, connection.server, connection.client, frame.message as Message);
        return;
      case FrameKind.read:
        this.readNext(world, connection);
        return;
      case FrameKind.syn:
        this.synArrived(world, connection);
        return;
      case FrameKind.synAck:
        this.opened(world, connection);
        return;
      case FrameKind.refused:
        this.lose(world, connection, 'refused');
        return;
      case FrameKind.connectTimeout:
        if (connection.clientState === 'connecting') this.lose(world, connection, 'timedOut');
        return;
      case FrameKind.fin:
        if (connection.serverState === 'open') connection.serverState = 'closed';
        return;
      case FrameKind.hangUp:
        this.lose(world, connection, 'closed');
        return;
      case FrameKind.reset:
        if (frame.toServer) this.closeServer(connection);
        else this.lose(world, connection, 'reset');
        return;
      default:
        unreachable(frame.kind, 'frame kind');
    }
  }

  private synArrived(world: World, connection: Connection): void {
    if (connection.clientState !== 'connecting') return;
    if (serverSlotOf(world.node(connection.server)) !== -1) {
      connection.serverState = 'open';
      this.enqueue(world, connection, FrameKind.synAck, false, -1, undefined);
    } else {
      this.enqueue(world, connection, FrameKind.refused, false, -1, undefined);
    }
  }

  private opened(world: World, connection: Connection): void {
    if (connection.clientState !== 'connecting') return;
    connection.clientState = 'open';
    const waiting = connection.waiting;
    connection.waiting = [];
    for (const message of waiting) this.transmit(world, connection, FrameKind.request, true, message);
  }

  private requestArrived(world: World, connection: Connection, message: Message): void {
    if (connection.serverState !== 'open') {
      // The process that accepted it is gone, or has closed it; the host is up and says so.
      this.wiretap?.lost(world.nowUs, connection.client, connection.server, message);
      if (connection.clientState !== 'closed') this.transmitReset(world, connection, false);
      return;
    }
    if (connection.serving || connection.inbox.length > 0) connection.inbox = [...connection.inbox, message];
    else this.serve(world, connection, message);
  }

  private readNext(world: World, connection: Connection): void {
    const message = connection.inbox[0];
    if (connection.serving || message === undefined) return;
    connection.inbox = connection.inbox.slice(1);
    this.serve(world, connection, message);
  }

  private serve(world: World, connection: Connection, message: Message): void {
    const slot = requestSlotOf(world.node(connection.server), message);
    assert(slot !== -1, 'a node that has accepted a connection serves requests');
    connection.beginRequest();
    world.deliver(connection.server, slot, message, connection.client, connection.request);
  }

  // --- plumbing ----------------------------------------------------------------------------------------------------

  private connect(world: World, client: number, slot: number, server: number): Connection {
    const connection = this.connections.open(client, slot, server);
    this.enqueue(world, connection, FrameKind.syn, true, -1, undefined);
    world.enqueueFrame(world.nowUs + CONNECT_TIMEOUT_US, new Frame(connection.id, FrameKind.connectTimeout, false, -1, undefined));
    return connection;
  }

  private transmit(world: World, connection: Connection, kind: FrameKind, toServer: boolean, message: Message | undefined): void {
    const direction = toServer ? connection.toServer : connection.toClient;
    const n = direction.nextToSend;
    direction.nextToSend = n + 1;
    if (message !== undefined) {
      this.messages += 1;
      this.wiretap?.sent(world.nowUs, toServer ? connection.client : connection.server, toServer ? connection.server : connection.client, message, connection.id, !toServer, false);
    }
    this.enqueue(world, connection, kind, toServer, n, message);
  }

  private transmitReset(world: World, connection: Connection, toServer: boolean): void {
    this.enqueue(world, connection, FrameKind.reset, toServer, -1, undefined);
  }

  private enqueue(world: World, connection: Connection, kind: FrameKind, toServer: boolean, n: number, message: Message | undefined): void {
    const from = toServer ? connection.client : connection.server;
    const to = toServer ? connection.server : connection.client;
    const key = this.linkKey(from, to);
    const count = this.countMessage(from, to);
    const { loss, addUs } = this.conditions.of(from, to);
    const stallUs = loss.numerator === 0 ? 0 : retransmissionStallUs(loss, key, count);
    if (stallUs > 0 && message !== undefined) this.wiretap?.stalled(world.nowUs, from, to, message);
    world.enqueueFrame(world.nowUs + latencyUs(this.latency, key, count) + stallUs + addUs, new Frame(connection.id, kind, toServer, n, message, count));
  }

  /** The connection of a request that its server is done with; the next request is read in the same instant. */
  private served(world: World, node: number, request: ReplyTo): Connection | undefined {
    assert(request >= 0, 'an answer is to a request');
    const id = connectionOf(request);
    if (this.connections.get(id) === undefined) return undefined;
    const connection = this.connections.own(id);
    if (connection.serverState !== 'open' && !connection.serving) return undefined;
    if (!connection.serving || connection.request !== request || connection.server !== node) {
      throw new AssertionFailed(`${world.nodeName(node)} answers a request of ${world.nodeName(connection.client)} twice, or one to ${world.nodeName(connection.server)}`);
    }
    connection.serving = false;
    if (connection.inbox.length > 0) world.enqueueFrame(world.nowUs, new Frame(id, FrameKind.read, true, -1, undefined));
    return connection;
  }

  /** The client's end is gone without its doing: every request in flight is undecided. */
  private lose(world: World, connection: Connection, reason: ConnectionLost['reason']): void {
    if (connection.clientState === 'closed') return;
    this.closeClient(connection);
    world.stimulate(connection.client, connection.clientSlot, 'connection.lost', { peer: connection.server, reason } satisfies ConnectionLost);
  }

  private closeClient(connection: Connection): void {
    connection.clientState = 'closed';
    connection.waiting = [];
    this.connections.abandon(connection);
  }

  /** The server's end is gone: what it has not read is discarded, what it has read goes on. */
  private closeServer(connection: Connection): void {
    connection.serverState = 'closed';
    connection.inbox = [];
  }

  private forgetIfOver(connection: Connection): void {
    if (!connection.isOver || !this.connections.forget(connection.id)) return;
    if (this.held.length > 0) this.held = this.held.filter((frame) => frame.connection !== connection.id);
  }

  private isReachable(from: number, to: number): boolean {
    return this.isHostDown[to] === 0 && !this.conditions.isClosed(from, to);
  }

  /** What waits there arrives without having been sent again. */
  private isOnlyClogged(from: number, to: number): boolean {
    return this.isHostDown[to] === 0 && !this.conditions.of(from, to).cut;
  }

  private senderOf({ connection, toServer }: Frame): number {
    const { client, server } = present(this.connections.get(connection), 'connection');
    return toServer ? client : server;
  }

  private receiverOf({ connection, toServer }: Frame): number {
    const { client, server } = present(this.connections.get(connection), 'connection');
    return toServer ? server : client;
  }
}
