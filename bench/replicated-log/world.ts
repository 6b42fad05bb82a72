/**
 * The replicated log in the kernel's own world: real processes, timers and a datagram network that loses, delays and
 * duplicates. The director proposes a command every 10 ms to whoever leads, and cuts off a peer now and then.
 */
import { unreachable } from '../../src/kernel/assert.ts';
import type { Director } from '../../src/kernel/outside.ts';
import type { Program } from '../../src/kernel/statechart/engine.ts';
import { US_PER_MS } from '../../src/kernel/time.ts';
import { World } from '../../src/kernel/world.ts';
import { bothWays } from '../../src/network/conditions.ts';
import { DatagramNetwork } from '../../src/network/datagram-network.ts';
import type { ProposeRequest } from './messages.ts';
import { CLIENT, PEER_COUNT, type PeerState } from './state.ts';

const MACHINE = 'log';
const PROPOSAL_EVERY_US = 10 * US_PER_MS;
const CUT_EVERY_US = 4_000 * US_PER_MS;
const CUT_FOR_US = 500 * US_PER_MS;

type Control = { readonly kind: 'propose' | 'cut' | 'heal'; readonly n: number };

class Client implements Director {
  private readonly network: DatagramNetwork;

  constructor(network: DatagramNetwork) {
    this.network = network;
  }

  begin(world: World): void {
    world.enqueueControl(0, { kind: 'propose', n: 1 } satisfies Control);
    world.enqueueControl(CUT_EVERY_US, { kind: 'cut', n: 0 } satisfies Control);
  }

  act(world: World, payload: unknown): void {
    const { kind, n } = payload as Control;
    switch (kind) {
      case 'propose': {
        const message: ProposeRequest = { type: 'ProposeRequest', command: n };
        this.network.send(world, CLIENT, 0, leaderOf(world), message);
        world.enqueueControl(world.nowUs + PROPOSAL_EVERY_US, { kind, n: n + 1 } satisfies Control);
        return;
      }
      case 'cut': {
        const peer = n % PEER_COUNT;
        this.network.addRule(world, { id: 'cut', links: bothWays([peer], otherNodes(peer)), effect: { kind: 'cut' } });
        world.enqueueControl(world.nowUs + CUT_FOR_US, { kind: 'heal', n } satisfies Control);
        return;
      }
      case 'heal':
        this.network.heal(world);
        world.enqueueControl(world.nowUs + CUT_EVERY_US - CUT_FOR_US, { kind: 'cut', n: n + 1 } satisfies Control);
        return;
      default:
        unreachable(kind, 'control');
    }
  }

  halted(): void {}

  fork(): Client {
    return new Client(this.network);
  }
}

/** Who leads, or runs for it, in the newest epoch: it has voted for itself. The first peer before anybody has. */
function leaderOf(world: World): number {
  let leader = 0;
  let newestEpoch = 0;
  for (let peer = 0; peer < PEER_COUNT; peer += 1) {
    const { epoch, votedFor } = stateOf(world, peer);
    if (votedFor !== peer || epoch <= newestEpoch) continue;
    leader = peer;
    newestEpoch = epoch;
  }
  return leader;
}

export function stateOf(world: World, peer: number): PeerState {
  return (world.contextOf(peer, MACHINE) as { readonly state: PeerState }).state;
}

function otherNodes(peer: number): number[] {
  return Array.from({ length: CLIENT + 1 }, (_, node) => node).filter((node) => node !== peer);
}

/** A world at time 0 whose peers are played by `program`. */
export function replicatedLogWorld(seed: string, program: Program): World {
  const peers = Array.from({ length: PEER_COUNT }, (_, id) => ({
    name: `peer-${id}`, server: MACHINE, boot: () => [{ name: MACHINE, machine: MACHINE, input: { id } }],
  }));
  const nodes = [...peers, { name: 'client', boot: () => [] }];
  const transport = new DatagramNetwork({
    seed,
    nodeNames: nodes.map(({ name }) => name),
    latency: { minUs: 1_000, maxUs: 10_000, tailUs: 10_000, tail: { numerator: 0, denominator: 1 } },
    loss: { numerator: 1, denominator: 50 },
    duplicate: { numerator: 1, denominator: 100 },
  });
  const client = new Client(transport);
  const world = new World({ seed, nodes, programs: { [MACHINE]: program }, transport, director: client });
  for (let node = 0; node < nodes.length; node += 1) world.start(node);
  client.begin(world);
  return world;
}
