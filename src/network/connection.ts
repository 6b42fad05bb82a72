/**
 * One TCP connection as both ends see it. The two ends close independently: a client that gave up is gone while its
 * request still executes. Segments carry numbers per direction and are read in order, so one late segment holds up
 * all behind it.
 *
 * The server reads one request at a time: Kafka's SocketServer mutes a channel from the moment a request is read
 * until its response is on its way (`Processor.processCompletedReceives`), which is what gives a pipelining producer
 * its order.
 */
import { assert } from '../kernel/assert.ts';
import type { Message, ReplyTo } from '../kernel/effects.ts';

export const FrameKind = { syn: 0, synAck: 1, refused: 2, request: 3, reply: 4, fin: 5, hangUp: 6, reset: 7, read: 8, connectTimeout: 9 } as const;
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

/** One segment, or a local wake-up (`read`, `connectTimeout`), on its way. */
export class Frame {
  readonly connection: number;
  readonly kind: FrameKind;
  readonly toServer: boolean;
  /** Place in the order of its direction; -1 for what stands outside it (SYN, RST, wake-ups). */
  readonly n: number;
  readonly message: Message | undefined;
  /** The number of its link that its fate is drawn by; -1 for wake-ups. */
  readonly onLink: number;
  /** When it first failed to arrive; -1 while it has not. */
  readonly heldSinceUs: number;

  constructor(connection: number, kind: FrameKind, toServer: boolean, n: number, message: Message | undefined, onLink = -1, heldSinceUs = -1) {
    this.connection = connection;
    this.kind = kind;
    this.toServer = toServer;
    this.n = n;
    this.message = message;
    this.onLink = onLink;
    this.heldSinceUs = heldSinceUs;
  }

  /** It does not get through at `nowUs`. */
  held(nowUs: number): Frame {
    if (this.heldSinceUs !== -1) return this;
    return new Frame(this.connection, this.kind, this.toServer, this.n, this.message, this.onLink, nowUs);
  }

  /** All that is answered is repeated until it is. An RST is sent once; whoever misses it stays half-open. */
  get isRetransmitted(): boolean {
    return this.kind !== FrameKind.reset;
  }
}

/** One direction of a connection. */
export interface Direction {
  /** Number of the next segment to send. */
  nextToSend: number;
  /** Number of the next segment that may be read. */
  nextToRead: number;
  /** Segments that arrived ahead of a missing one. */
  ahead: readonly Frame[];
}

/** Requests of one connection until their numbers begin anew; ids times this stay exact below 2^31 connections. */
const REQUESTS_PER_CONNECTION = 0x20_0000;

/** The connection that a request came on. */
export function connectionOf(request: ReplyTo): number {
  return Math.floor(request / REQUESTS_PER_CONNECTION);
}

export class Connection {
  readonly id: number;
  readonly client: number;
  readonly clientSlot: number;
  readonly server: number;
  clientState: 'connecting' | 'open' | 'closed' = 'connecting';
  serverState: 'none' | 'open' | 'closed' = 'none';
  /** Requests that wait for the connection to open. */
  waiting: readonly Message[] = [];
  toServer: Direction = { nextToSend: 0, nextToRead: 0, ahead: [] };
  toClient: Direction = { nextToSend: 0, nextToRead: 0, ahead: [] };
  /** A request has been read and not answered. */
  serving = false;
  /** Requests read so far. */
  private requestCount = 0;
  /** Requests that arrived while another is served. */
  inbox: readonly Message[] = [];
  shared = false;

  constructor(id: number, client: number, clientSlot: number, server: number) {
    this.id = id;
    this.client = client;
    this.clientSlot = clientSlot;
    this.server = server;
  }

  fork(): Connection {
    const copy = new Connection(this.id, this.client, this.clientSlot, this.server);
    copy.clientState = this.clientState;
    copy.serverState = this.serverState;
    copy.waiting = this.waiting;
    copy.toServer = { ...this.toServer };
    copy.toClient = { ...this.toClient };
    copy.serving = this.serving;
    copy.inbox = this.inbox;
    copy.requestCount = this.requestCount;
    return copy;
  }

  /** What the answer to the request read last is addressed to. */
  get request(): ReplyTo {
    return this.id * REQUESTS_PER_CONNECTION + (this.requestCount % REQUESTS_PER_CONNECTION);
  }

  /** The server reads a request. */
  beginRequest(): void {
    assert(!this.serving, 'a connection has one request served at a time');
    this.serving = true;
    this.requestCount += 1;
  }

  /** The sender of a direction is gone with the segments that it still had to retransmit, from number `n` on. */
  cutShort(direction: Direction, n: number): void {
    direction.nextToSend = Math.min(direction.nextToSend, n);
  }

  /**
   * Nothing is left that anyone could notice. A server's end may stay half-open for ever when nothing is under way to
   * it and nothing waits: the server does not know, and we need not either.
   */
  get isOver(): boolean {
    if (this.clientState !== 'closed' || this.serving || this.inbox.length > 0) return false;
    return this.serverState !== 'open' || this.toServer.nextToRead >= this.toServer.nextToSend;
  }
}
