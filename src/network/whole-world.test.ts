/** A small world with everything in it - network, disks, timers, faults - run in all the ways that must come out equal. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { present } from '../kernel/assert.ts';
import type { Effect } from '../kernel/effects.ts';
import { Entries, type Heard, type Reactions, type Rig } from '../kernel/rig.ts';
import type { EngineName } from '../kernel/statechart/engine.ts';
import { US_PER_MS } from '../kernel/time.ts';
import type { TraceLine } from '../kernel/trace.ts';
import { bothWays, oneWay, type LinkEffect } from './conditions.ts';
import { DatagramNetwork } from './datagram-network.ts';
import { LAN } from './latency.ts';
import type { Network } from './network.ts';
import { NODES, ask, indexOf, networkRig, type NetworkRig, type NodeName } from './network-rig.ts';

const lifeOf = (heard: Heard): number => heard.draw ?? 0;
const reply = (replyTo: number): Effect => ({ kind: 'reply', to: replyTo, message: { type: 'answer' } });

/** Answers now, after a flush, after a while, or hangs up: what its entropy says. */
const SERVER: Reactions = {
  ask: (heard, before) => {
    const replyTo = present(heard.replyTo, 'replyTo');
    const key = `request ${before.length}`;
    switch (lifeOf(heard) % 5) {
      case 0: return [reply(replyTo), { kind: 'tell', to: 'side', event: { type: 'served' } }];
      case 1: return [
        { kind: 'write', file: 'log', content: new Entries(Array.from({ length: before.length + 1 }, (_, i) => i + 1)), keptLength: 0 },
        { kind: 'flush', file: 'log', then: 'flushed', data: replyTo },
      ];
      case 2: return [{ kind: 'schedule', key, delayMs: lifeOf(heard) % 40, type: 'timer.answer', data: replyTo }];
      case 3: return [{ kind: 'replace', file: 'checkpoint', value: before.length }, { kind: 'flush', file: 'checkpoint', then: 'checkpointed' }, reply(replyTo)];
      default: return [{ kind: 'hangUp', to: replyTo }];
    }
  },
  flushed: ({ data }) => [reply((data as { readonly data: number }).data)],
  'disk.flushFailed': ({ data }) => ((data as { readonly data?: number }).data === undefined ? [] : [{ kind: 'release', to: (data as { readonly data: number }).data }]),
  'timer.answer': ({ data }) => [reply(data as number)],
};

const SIDE: Reactions = {};

/** Asks on, gives up, tries again: dies out by itself. */
const CLIENT: Reactions = {
  answer: (heard) => (lifeOf(heard) % 3 > 0 ? [ask(lifeOf(heard) % 2 === 0 ? 'srv' : 'two', 'more'), { kind: 'cancel', key: 'patience' }] : []),
  'connection.lost': (heard) => (lifeOf(heard) % 4 === 0 ? [] : [{ kind: 'schedule', key: 'retry', delayMs: 5 + (lifeOf(heard) % 50), type: 'timer.retry' }]),
  'timer.retry': (heard) => [ask(lifeOf(heard) % 2 === 0 ? 'srv' : 'two', 'again'), { kind: 'schedule', key: 'patience', delayMs: 100, type: 'timer.patience' }],
  'timer.patience': () => [{ kind: 'disconnect', to: indexOf('srv') }],
};

interface Pull {
  readonly atMs: number;
  readonly node: NodeName;
  readonly other: NodeName;
  readonly what: string;
}

const TROUBLES = ['crash', 'powerLoss', 'wipe', 'pause', 'cut', 'clog', 'loss', 'slow', 'reset', 'jump', 'drift', 'slow disk', 'full disk', 'sick disk'];
const REPAIRS = ['start', 'start', 'start', 'start', 'lift', 'resume', 'well disk'];
const LINK_EFFECTS: Readonly<Record<string, LinkEffect>> = {
  cut: { kind: 'cut' }, clog: { kind: 'clog' }, slow: { kind: 'slow', addUs: 3_000 }, loss: { kind: 'loss', loss: { numerator: 1, denominator: 3 } },
};

const STORY_MS = 300;
const whats = fc.oneof(
  { weight: 6, arbitrary: fc.constant('ask') },
  { weight: 4, arbitrary: fc.constantFrom(...REPAIRS) },
  { weight: 2, arbitrary: fc.constantFrom(...TROUBLES) },
);
const stories: fc.Arbitrary<Pull[]> = fc.array(
  fc.record({ atMs: fc.nat(STORY_MS), node: fc.constantFrom(...NODES), other: fc.constantFrom(...NODES), what: whats }),
  { maxLength: 80, size: 'max' },
);

function carryOut(rig: Rig, { node, other, what }: Pull): void {
  const { world } = rig;
  const index = indexOf(node);
  const network = world.transport as unknown as Network;
  const effect = LINK_EFFECTS[what];
  if (effect !== undefined) {
    const links = (node < other ? bothWays : oneWay)([index], [indexOf(other)]);
    network.addRule(world, { id: `${node} ${what}`, links, effect });
    return;
  }
  switch (what) {
    case 'ask': return rig.tell(node === 'srv' ? 'ann' : node === 'two' ? 'bob' : node, 'app', ask(other, `${other}`), ask('srv', 'a'), ask('two', 'b'), ask('two', 'c'));
    case 'crash': return world.crash(index, 'test');
    case 'start': return world.start(index);
    case 'powerLoss': return world.powerLoss(index);
    case 'wipe': return world.wipe(index);
    case 'pause': return world.pause(index);
    case 'resume': return world.resume(index);
    case 'lift': return network.heal(world);
    case 'reset': return network.reset(world, index, indexOf(other));
    case 'jump': return world.jumpClock(index, 12_345);
    case 'drift': return world.setClockDrift(index, 20_000);
    case 'slow disk': return world.setDiskCondition(index, { slowFactor: 30 });
    case 'full disk': return world.setDiskCondition(index, { full: true });
    case 'sick disk': return world.setDiskCondition(index, { flushFails: true });
    case 'well disk': return world.setDiskCondition(index, { slowFactor: 1, full: false, flushFails: false });
    default: throw new Error(`what is ${what}?`);
  }
}

interface Telling {
  readonly seed: string;
  readonly story: readonly Pull[];
  readonly mode: 'connections' | 'datagrams';
  readonly engine?: EngineName;
  readonly tracer?: (line: TraceLine) => void;
}

function worldOf({ seed, story, mode, engine, tracer }: Telling): NetworkRig {
  const half = { numerator: 1, denominator: 8 };
  const rig = networkRig({
    seed,
    network: { seed, latency: LAN },
    ...(mode === 'datagrams' ? { makeNetwork: (options) => new DatagramNetwork({ ...options, duplicate: half, reorder: half, reorderUs: 9_000 }) } : {}),
    nodes: [
      { name: 'ann', machines: { app: CLIENT } },
      { name: 'bob', machines: { app: CLIENT } },
      { name: 'srv', machines: { main: SERVER, side: SIDE }, server: 'main' },
      { name: 'two', machines: { main: SERVER, side: SIDE }, server: 'main' },
    ],
    ...(engine === undefined ? {} : { engine }),
    ...(tracer === undefined ? {} : { tracer }),
  });
  for (const pull of story) rig.at(pull.atMs * US_PER_MS, (at) => carryOut(at, pull));
  return rig;
}

/** All that can be said of a world: its digest, what every machine heard, every disk, and what is still to come. */
function portrait(rig: NetworkRig): string {
  const { world } = rig;
  return JSON.stringify({
    digest: world.digest.toString(),
    nowUs: world.nowUs,
    events: world.events,
    messages: world.transport.messages,
    pending: world.pending,
    heard: NODES.map((node) => ['app', 'main', 'side'].map((machine) => rig.heard(node, machine))),
    disks: NODES.map((node) => {
      const { disk, incarnation, status } = world.node(indexOf(node));
      return [incarnation, status, disk.list().map((file) => [file, disk.read(file)])];
    }),
  });
}

const END_MS = 2_000;
const tellings = fc.record({ seed: fc.string(), story: stories, mode: fc.constantFrom('connections' as const, 'datagrams' as const) });

function toTheEnd(telling: Telling): NetworkRig {
  const rig = worldOf(telling);
  rig.world.runUntil(END_MS * US_PER_MS);
  return rig;
}

describe('a run', () => {
  it('is the same every time, traced or not, event by event or at one go', () => {
    let eventCount = 0;
    fc.assert(
      fc.property(tellings, (telling) => {
        const first = toTheEnd(telling);
        const once = portrait(first);
        eventCount += first.world.events;
        expect(portrait(toTheEnd(telling))).toBe(once);
        const lines: TraceLine[] = [];
        expect(portrait(toTheEnd({ ...telling, tracer: (line) => lines.push(line) }))).toBe(once);
        expect(lines.length).toBeGreaterThan(0);
        const stepped = worldOf(telling);
        while (stepped.world.nextAtUs <= END_MS * US_PER_MS) stepped.world.step();
        stepped.world.runUntil(END_MS * US_PER_MS);
        expect(portrait(stepped)).toBe(once);
      }),
      { numRuns: 60 },
    );
    // Worlds in which little happens would prove little.
    expect(eventCount).toBeGreaterThan(60 * 50);
  });

  it('is the same on every engine', () => {
    fc.assert(
      fc.property(tellings, (telling) => {
        const compiled = portrait(toTheEnd({ ...telling, engine: 'compiled' }));
        expect(portrait(toTheEnd({ ...telling, engine: 'interpreter' }))).toEqual(compiled);
        expect(portrait(toTheEnd({ ...telling, engine: 'live' }))).toEqual(compiled);
      }),
      { numRuns: 25 },
    );
  });

  it('has another digest exactly when something happened elsewhere, at another time or in another order', () => {
    const whisper = fc.record({ atUs: fc.nat(STORY_MS * US_PER_MS), node: fc.constantFrom('srv' as const, 'two' as const), type: fc.constantFrom('whisper', 'murmur') });
    fc.assert(
      fc.property(tellings, fc.array(whisper, { maxLength: 3 }), fc.array(whisper, { maxLength: 3 }), (telling, these, those) => {
        const [one, other] = [these, those].map((whispers) => {
          const lines: string[] = [];
          const rig = worldOf({ ...telling, tracer: (line) => lines.push(`${line.atUs} ${line.node}/${line.incarnation}/${line.machine} ${line.event}`) });
          for (const { atUs, node, type } of whispers) rig.at(atUs, ({ world }) => world.stimulate(indexOf(node), 0, type, undefined));
          rig.world.runUntil(END_MS * US_PER_MS);
          // A pull of a string is an event of the world and counts as well.
          return { digest: rig.world.digest.toString(), lines: [...lines, ...whispers.map(({ atUs }) => atUs).sort((a, b) => a - b)] };
        }) as [{ digest: string; lines: unknown[] }, { digest: string; lines: unknown[] }];
        expect(one.digest === other.digest).toBe(JSON.stringify(one.lines) === JSON.stringify(other.lines));
      }),
      { numRuns: 100 },
    );
  });
});

describe('a fork', () => {
  it('goes on as the original would have, and leaves the original as it was, at any moment and any number of times', () => {
    fc.assert(
      fc.property(tellings, fc.array(fc.nat(END_MS * US_PER_MS), { minLength: 1, maxLength: 4 }), (telling, moments) => {
        const once = portrait(toTheEnd(telling));
        const original = worldOf(telling);
        const forks: NetworkRig[] = [];
        for (const atUs of moments.sort((a, b) => a - b)) {
          original.world.runUntil(atUs);
          const asItWas = portrait(original);
          const fork = original.fork();
          expect(portrait(fork)).toBe(asItWas);
          const grandchild = fork.fork();
          fork.world.runUntil(END_MS * US_PER_MS);
          expect(portrait(fork)).toBe(once);
          expect(portrait(original)).toBe(asItWas);
          forks.push(grandchild);
        }
        original.world.runUntil(END_MS * US_PER_MS);
        expect(portrait(original)).toBe(once);
        // Those that slept while all others ran see nothing of it.
        for (const fork of forks) {
          fork.world.runUntil(END_MS * US_PER_MS);
          expect(portrait(fork)).toBe(once);
        }
      }),
      { numRuns: 80 },
    );
  });

  it('that takes another course leaves the original on its own', () => {
    fc.assert(
      fc.property(tellings, stories, fc.nat(STORY_MS * US_PER_MS), (telling, detour, atUs) => {
        const once = portrait(toTheEnd(telling));
        const original = worldOf(telling);
        original.world.runUntil(atUs);
        const fork = original.fork();
        for (const pull of detour) fork.at(fork.world.nowUs + pull.atMs * US_PER_MS, (at) => carryOut(at, pull));
        fork.world.runUntil(END_MS * US_PER_MS);
        original.world.runUntil(END_MS * US_PER_MS);
        expect(portrait(original)).toBe(once);
      }),
      { numRuns: 60 },
    );
  });
});
