/**
 * What the kernel expects of a network. The kernel carries no message itself: it hands sends to the transport and
 * gets back arrivals, which the transport delivers through the world. Payloads are opaque on both sides.
 */
import type { Message, ReplyTo } from './effects.ts';
import type { World } from './world.ts';

export interface Transport {
  /** A machine sends a request. */
  send(world: World, from: number, slot: number, to: number, message: Message): void;
  /** A server answers a request. */
  reply(world: World, from: number, to: ReplyTo, message: Message): void;
  /** A server is done with a request that gets no answer. */
  release(world: World, from: number, to: ReplyTo): void;
  /** A client closes its connection to `to`. */
  disconnect(world: World, from: number, slot: number, to: number): void;
  /** A server closes the connection of a request. */
  hangUp(world: World, from: number, to: ReplyTo): void;
  /** A machine ended; its connections close. */
  machineStopped(world: World, node: number, slot: number): void;
  /** A frame that this transport enqueued is due. */
  arrive(world: World, frame: unknown): void;
  /** A process died: `host` stays up and says so (fail-stop) or is gone with it (power loss). */
  nodeDown(world: World, node: number, host: 'up' | 'down'): void;
  nodeUp(world: World, node: number): void;
  /** Messages put on the wire so far. */
  readonly messages: number;
  /** A copy; with `seed`, what is drawn from now on is drawn from that. */
  fork(seed?: string): Transport;
}
