/**
 * A test rig on a network: clients `ann` and `bob`, servers `srv` and `two`, over links that all take the same time.
 * Servers answer when a test says so; each message carries a label, and tests compare lists of labels.
 */
import type { Effect, Message } from '../kernel/effects.ts';
import { present } from '../kernel/assert.ts';
import { Rig, type Reactions, type RigOptions } from '../kernel/rig.ts';
import { US_PER_MS } from '../kernel/time.ts';
import { bothWays, oneWay, type LinkEffect } from './conditions.ts';
import { ConnectionNetwork } from './connection-network.ts';
import type { LatencyModel } from './latency.ts';
import type { Network, NetworkOptions } from './network.ts';

export const LINK_US = US_PER_MS;
/** Every message takes one millisecond. */
export const STEADY: LatencyModel = { minUs: LINK_US, maxUs: LINK_US, tailUs: LINK_US, tail: { numerator: 0, denominator: 1 } };

export interface Labelled extends Message {
  readonly label: string;
}

export const NODES = ['ann', 'bob', 'srv', 'two'] as const;
export type NodeName = (typeof NODES)[number];
export const indexOf = (name: NodeName): number => NODES.indexOf(name);

/** Answers at once, with the label of the request. */
export const ECHO: Reactions = {
  ask: ({ replyTo, data }) => [{ kind: 'reply', to: present(replyTo, 'replyTo'), message: { type: 'answer', label: (data as Labelled).label } as Labelled }],
};

export const ask = (to: NodeName, label: string): Effect => ({ kind: 'send', to: indexOf(to), message: { type: 'ask', label } as Labelled });
export const disconnect = (from: NodeName): Effect => ({ kind: 'disconnect', to: indexOf(from) });

export class NetworkRig extends Rig {
  /** The network of this rig's world, which a fork has its own of. */
  get network(): Network {
    return this.world.transport as unknown as Network;
  }

  get connections(): ConnectionNetwork {
    return this.world.transport as ConnectionNetwork;
  }

  override fork(): NetworkRig {
    return new NetworkRig(this.world.fork());
  }

  runForMs(ms: number): void {
    this.world.runUntil(this.world.nowUs + ms * US_PER_MS);
  }

  /** A client's `app` asks a server. */
  ask(from: NodeName, to: NodeName, ...labels: string[]): void {
    this.tell(from, 'app', ...labels.map((label) => ask(to, label)));
  }

  /** Labels of what a machine heard, or the type and reason of what was not a message; `at` adds the time in ms. */
  labels(node: NodeName, machine = node === 'ann' || node === 'bob' ? 'app' : 'main', at = false): string[] {
    return this.heard(node, machine).map(({ type, data, nowMs }) => {
      const { label, reason } = (data ?? {}) as { readonly label?: string; readonly reason?: string };
      const text = label ?? (reason === undefined ? type : `${type}: ${reason}`);
      return at ? `${text} @${nowMs ?? ''}` : text;
    });
  }

  /** The server does something about the request of that label: `answer` it, or else. */
  serve(node: NodeName, label: string, kind: 'answer' | 'release' | 'hangUp' = 'answer'): void {
    const request = this.heard(node, 'main').findLast(({ data }) => (data as Labelled).label === label);
    const to = present(request, `request ${label} at ${node}`).replyTo ?? -1;
    this.tell(node, 'main', kind === 'answer' ? { kind: 'reply', to, message: { type: 'answer', label: `re ${label}` } as Labelled } : { kind, to });
  }

  /** A fault on links that begins now. */
  impose(id: string, from: readonly NodeName[], to: readonly NodeName[], effect: LinkEffect, direction: 'both' | 'one' = 'both'): void {
    const links = (direction === 'both' ? bothWays : oneWay)(from.map(indexOf), to.map(indexOf));
    this.network.addRule(this.world, { id, links, effect });
  }

  lift(id: string): void {
    this.network.removeRule(this.world, id);
  }

  crash(node: NodeName): void {
    this.world.crash(indexOf(node), 'test');
  }

  powerLoss(node: NodeName): void {
    this.world.powerLoss(indexOf(node));
  }

  start(node: NodeName): void {
    this.world.start(indexOf(node));
  }
}

export interface NetworkRigOptions extends Partial<Omit<RigOptions, 'transport'>> {
  readonly network?: Partial<NetworkOptions>;
  readonly makeNetwork?: (options: NetworkOptions) => NonNullable<RigOptions['transport']>;
  /** What servers do by themselves; nothing unless told. */
  readonly server?: Reactions;
  readonly client?: Reactions;
}

/** Everything is up. */
export function networkRig({ network, makeNetwork, server = {}, client = {}, ...options }: NetworkRigOptions = {}): NetworkRig {
  const networkOptions: NetworkOptions = { seed: 'rig', nodeNames: NODES, latency: STEADY, ...network };
  const rig = new NetworkRig({
    transport: makeNetwork?.(networkOptions) ?? new ConnectionNetwork(networkOptions),
    nodes: [
      { name: 'ann', machines: { app: client, aux: client } },
      { name: 'bob', machines: { app: client } },
      { name: 'srv', machines: { main: server }, server: 'main' },
      { name: 'two', machines: { main: server }, server: 'main' },
    ],
    ...options,
  });
  rig.startAll();
  return rig;
}
