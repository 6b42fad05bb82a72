/**
 * A random schedule of faults against a controller quorum: a function of its seed. Every fault ends by itself or when the
 * quorum is healed.
 */
import { unreachable } from '../../src/kernel/assert.ts';
import { draw32, hashString, scaleDraw } from '../../src/kernel/hash.ts';
import { US_PER_MS } from '../../src/kernel/time.ts';
import { oneWay } from '../../src/network/conditions.ts';
import type { RaftQuorum } from './raft-quorum.ts';

export interface RaftFaultOptions {
  readonly lengthMs: number;
  readonly meanGapMs: number;
  /** What may happen; one that stands there twice is twice as likely. */
  readonly kinds: readonly RaftFaultKind[];
  /** Longest time a fault lasts. */
  readonly maxMs: number;
}

export type RaftFaultKind = 'crash' | 'powerLoss' | 'powerLossOfAll' | 'crashLeader' | 'powerLossOfLeader' | 'pause' | 'isolate' | 'mute' | 'deafen' | 'cutPair' | 'reset' | 'slowDisk' | 'flushFails' | 'diskFull';

export const ALL_KINDS: readonly RaftFaultKind[] = [
  'crash', 'powerLoss', 'powerLossOfAll', 'crashLeader', 'powerLossOfLeader', 'pause', 'isolate', 'mute', 'deafen', 'cutPair', 'reset', 'slowDisk', 'flushFails', 'diskFull',
];

/** Plays the schedule of `seed` from now on. How many faults there were. */
export function playFaults(quorum: RaftQuorum, seed: string, { lengthMs, meanGapMs, kinds, maxMs }: RaftFaultOptions): number {
  const key = hashString(`faults of ${seed}`);
  let drawn = 0;
  const draw = (bound: number): number => {
    drawn += 1;
    return scaleDraw(draw32(key, drawn), bound);
  };
  const { world, network } = quorum;
  const endMs = quorum.nowMs + lengthMs;
  const pending: { readonly atMs: number; readonly act: () => void }[] = [];
  const everybody = Array.from({ length: world.nodeCount }, (_, node) => node);
  let faults = 0;
  for (;;) {
    const atMs = quorum.nowMs + 1 + draw(2 * meanGapMs);
    if (atMs > endMs) break;
    runWith(quorum, pending, atMs);
    const kind = kinds[draw(kinds.length)] as RaftFaultKind;
    // Two of three faults hit a voter that matters.
    const leader = quorum.leader();
    const aimsAtLeader = kind === 'crashLeader' || kind === 'powerLossOfLeader' || draw(4) === 0;
    const random = draw(world.nodeCount);
    const node = aimsAtLeader && leader !== -1 ? leader : random;
    const other = draw(world.nodeCount);
    const forMs = 1 + draw(draw(2) === 0 ? 200 : maxMs);
    const id = `fault ${faults}`;
    faults += 1;
    const later = (act: () => void): unknown => pending.push({ atMs: quorum.nowMs + forMs, act });
    const cut = (links: [number, number][]): void => {
      network.addRule(world, { id, links, effect: { kind: 'cut' } });
      later(() => network.removeRule(world, id));
    };
    switch (kind) {
      case 'crash':
      case 'crashLeader':
        world.crash(node, id);
        later(() => world.start(node));
        break;
      case 'powerLoss':
      case 'powerLossOfLeader':
        world.powerLoss(node);
        later(() => world.start(node));
        break;
      case 'powerLossOfAll':
        for (const each of everybody) world.powerLoss(each);
        later(() => { for (const each of everybody) world.start(each); });
        break;
      case 'pause':
        world.pause(node);
        later(() => world.resume(node));
        break;
      case 'isolate':
        cut([...oneWay([node], everybody), ...oneWay(everybody, [node])]);
        break;
      case 'mute':
        cut(oneWay([node], everybody));
        break;
      case 'deafen':
        cut(oneWay(everybody, [node]));
        break;
      case 'cutPair':
        if (node !== other) cut([[node, other], [other, node]]);
        break;
      case 'reset':
        if (node !== other) network.reset(world, node, other);
        break;
      case 'slowDisk':
        world.setDiskCondition(node, { slowFactor: 20 });
        later(() => world.setDiskCondition(node, { slowFactor: 1 }));
        break;
      case 'flushFails':
        world.setDiskCondition(node, { flushFails: true });
        later(() => { world.setDiskCondition(node, { flushFails: false }); world.start(node); });
        break;
      case 'diskFull':
        world.setDiskCondition(node, { full: true });
        later(() => { world.setDiskCondition(node, { full: false }); world.start(node); });
        break;
      default:
        unreachable(kind, 'fault of a quorum');
    }
  }
  runWith(quorum, pending, endMs);
  return faults;
}

/** Runs to `untilMs` and ends the faults that end on the way. */
function runWith(quorum: RaftQuorum, pending: { readonly atMs: number; readonly act: () => void }[], untilMs: number): void {
  pending.sort((a, b) => a.atMs - b.atMs);
  while (pending[0] !== undefined && pending[0].atMs <= untilMs) {
    const next = pending.shift() as (typeof pending)[number];
    quorum.world.runUntil(Math.max(quorum.world.nowUs, next.atMs * US_PER_MS));
    next.act();
  }
  quorum.world.runUntil(Math.max(quorum.world.nowUs, untilMs * US_PER_MS));
}
