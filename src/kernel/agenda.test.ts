import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SWEEP_FROM } from './agenda.ts';
import { AssertionFailed } from './assert.ts';
import { NodeClock } from './clock.ts';
import type { Effect } from './effects.ts';
import type { Monitor } from './outside.ts';
import { Rig, type Reactions } from './rig.ts';

/** What a timer of these tests carries: who armed it, and how long to arm it again for when it fires. */
interface Tick {
  readonly id: number;
  readonly againMs?: number;
}

interface Fired {
  readonly atUs: number;
  readonly where: string;
  readonly id: number;
}

type TimerEffect = Extract<Effect, { kind: 'schedule' | 'cancel' }>;

const schedule = (key: string, delayMs: number, tick: Tick): TimerEffect => ({ kind: 'schedule', key, delayMs, type: `tick.${key}`, data: tick });
const cancel = (key: string): TimerEffect => ({ kind: 'cancel', key });
const forget = (key: string): TimerEffect => ({ kind: 'cancel', key, forget: true });

const KEYS = ['a', 'b', 'c'];
const NODES = ['north', 'south'];
const MACHINES = ['left', 'right'];

/** Says that it fired, and arms itself again if it is told to. */
const reactions: Reactions = Object.fromEntries(
  KEYS.map((key) => [
    `tick.${key}`,
    ({ data }) => {
      const { id, againMs } = data as Tick;
      const fired: Effect = { kind: 'observe', observation: { type: String(id) } };
      return againMs === undefined ? [fired] : [fired, schedule(key, againMs, { id })];
    },
  ]),
);

function rigOf(log: Fired[]): Rig {
  const monitor: Monitor = {
    stepped: () => undefined,
    lifecycle: () => undefined,
    observed: (world, node, { type }) => log.push({ atUs: world.nowUs, where: world.nodeName(node), id: Number(type) }),
    fork: () => monitor,
  };
  return new Rig({ monitor, nodes: NODES.map((name) => ({ name, machines: Object.fromEntries(MACHINES.map((machine) => [machine, reactions])) })) });
}

/** One pull of a string at `atUs`. */
type Pull = { readonly atUs: number; readonly node: string } & (
  | { readonly kind: 'do'; readonly machine: string; readonly effects: readonly TimerEffect[] }
  | { readonly kind: 'pause' | 'resume' | 'crash' | 'start' }
  | { readonly kind: 'drift'; readonly ppm: number }
);

/** The obvious way: every arming is an entry of its own, and one that was armed again or cancelled is skipped. */
class EagerTimers {
  readonly fired: Fired[] = [];
  private nowUs = 0;
  private sequence = 0;
  private queue: { atUs: number; sequence: number; run: () => void }[] = [];
  private readonly nodes = new Map(NODES.map((name) => [name, { isUp: true, paused: false, clock: NodeClock.exact, life: 1, backlog: [] as (() => void)[], armed: new Map<string, number>() }]));

  run(pulls: readonly Pull[], untilUs: number): void {
    for (const pull of pulls) this.push(pull.atUs, () => this.pull(pull));
    for (;;) {
      this.queue.sort((a, b) => a.atUs - b.atUs || a.sequence - b.sequence);
      const next = this.queue[0];
      if (next === undefined || next.atUs > untilUs) return;
      this.queue.shift();
      this.nowUs = next.atUs;
      next.run();
    }
  }

  private push(atUs: number, run: () => void): number {
    this.sequence += 1;
    this.queue.push({ atUs, sequence: this.sequence, run });
    return this.sequence;
  }

  private node(name: string) {
    return this.nodes.get(name) ?? expect.fail(`no node ${name}`);
  }

  private pull(pull: Pull): void {
    const node = this.node(pull.node);
    if (pull.kind === 'drift') node.clock = node.clock.drifting(this.nowUs, pull.ppm);
    else if (pull.kind === 'start') Object.assign(node, node.isUp ? {} : { isUp: true, life: node.life + 1 });
    else if (!node.isUp) return;
    else if (pull.kind === 'pause') node.paused = true;
    else if (pull.kind === 'crash') Object.assign(node, { isUp: false, paused: false, backlog: [], armed: new Map() });
    else if (pull.kind === 'do') this.inProcess(pull.node, () => pull.effects.forEach((effect) => this.carryOut(pull.node, pull.machine, effect)));
    else {
      const waiting = node.backlog;
      Object.assign(node, { paused: false, backlog: [] });
      for (const run of waiting) run();
    }
  }

  private inProcess(name: string, run: () => void): void {
    const node = this.node(name);
    if (node.paused) node.backlog.push(run);
    else run();
  }

  private carryOut(name: string, machine: string, effect: TimerEffect): void {
    const node = this.node(name);
    const timer = `${machine}/${effect.key}`;
    if (effect.kind === 'cancel') {
      node.armed.delete(timer);
      return;
    }
    const { id, againMs } = effect.data as Tick;
    const { life } = node;
    const atUs = this.nowUs + node.clock.trueDelayUs(this.nowUs, effect.delayMs);
    const arming: number = this.push(atUs, () => {
      const isArmed = (): boolean => node.life === life && node.armed.get(timer) === arming;
      if (!isArmed()) return;
      this.inProcess(name, () => {
        if (!isArmed()) return;
        node.armed.delete(timer);
        this.fired.push({ atUs: this.nowUs, where: name, id });
        if (againMs !== undefined) this.carryOut(name, machine, schedule(effect.key, againMs, { id }));
      });
    });
    node.armed.set(timer, arming);
  }
}

function pullAll(rig: Rig, pulls: readonly Pull[]): void {
  for (const pull of pulls) {
    rig.at(pull.atUs, (at) => {
      const { world } = at;
      const node = at.node(pull.node);
      if (pull.kind === 'do') at.tell(pull.node, pull.machine, ...pull.effects);
      else if (pull.kind === 'drift') world.setClockDrift(node, pull.ppm);
      else if (pull.kind === 'pause') world.pause(node);
      else if (pull.kind === 'resume') world.resume(node);
      else if (pull.kind === 'crash') world.crash(node, 'test');
      else world.start(node);
    });
  }
}

/** Times and delays collide often: what matters is order. */
const delayMs = fc.nat(6);
const key = fc.constantFrom(...KEYS);
const timerEffects = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.tuple(key, delayMs, fc.option(delayMs, { nil: undefined })).map(([k, delay, againMs]) => schedule(k, delay, againMs === undefined ? { id: 0 } : { id: 0, againMs })) },
    { weight: 1, arbitrary: key.map(cancel) },
    { weight: 1, arbitrary: key.map(forget) },
  ),
  { minLength: 1, maxLength: 4 },
);
const when = fc.record({ atUs: fc.nat(40).map((halfMs) => halfMs * 500), node: fc.constantFrom(...NODES) });
const pulls: fc.Arbitrary<Pull[]> = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: fc.tuple(when, fc.constantFrom(...MACHINES), timerEffects).map(([at, machine, effects]) => ({ ...at, kind: 'do' as const, machine, effects })) },
      { weight: 4, arbitrary: fc.tuple(when, fc.constantFrom('pause' as const, 'resume' as const, 'crash' as const, 'start' as const)).map(([at, kind]) => ({ ...at, kind })) },
      { weight: 1, arbitrary: fc.tuple(when, fc.integer({ min: -400_000, max: 400_000 })).map(([at, ppm]) => ({ ...at, kind: 'drift' as const, ppm })) },
    ),
    { maxLength: 40 },
  )
  // Each arming gets an id of its own, so that a firing names the arming it comes from.
  .map((all) => {
    let id = 0;
    return all.map((pull) => {
      if (pull.kind !== 'do') return pull;
      const effects = pull.effects.map((effect) => (effect.kind === 'schedule' ? { ...effect, data: { ...(effect.data as Tick), id: (id += 1) } } : effect));
      return { ...pull, effects };
    });
  });

const END_US = 60_000;

describe('timers', () => {
  it('fire when and in the order in which they would if every arming had an entry of its own', () => {
    fc.assert(
      fc.property(pulls, (all) => {
        const log: Fired[] = [];
        const rig = rigOf(log);
        rig.startAll();
        pullAll(rig, all);
        rig.world.runUntil(END_US);
        const eager = new EagerTimers();
        eager.run(all, END_US);
        expect(log).toEqual(eager.fired);
      }),
      { numRuns: 400 },
    );
  });

  it('leave nothing behind when they are armed again and again, sooner, later or after having been cancelled', () => {
    const rig = rigOf([]);
    rig.startAll();
    for (let i = 0; i < 100_000; i += 1) {
      rig.tell('north', 'left', schedule('a', 30_000 + (i % 7), { id: i }), cancel('b'), schedule('b', 500, { id: i }), schedule('c', 10_000, { id: i }), forget('c'));
      rig.world.runUntil(rig.world.nowUs + 100);
    }
    expect(rig.world.pending).toBeLessThan(2 * SWEEP_FROM + 16);
    expect(rig.world.node(0).timers.flat().length).toBeLessThanOrEqual(2);
  }, 60_000);

  it('of a process that keeps crashing, or of a machine that keeps stopping, are swept out', () => {
    const rig = rigOf([]);
    rig.startAll();
    for (let i = 0; i < 3_000; i += 1) {
      rig.tell('north', 'left', ...KEYS.map((k) => schedule(k, 600_000, { id: i })));
      if (i % 2 === 0) {
        rig.world.crash(0, 'again');
        rig.world.start(0);
      } else {
        rig.tell('north', 'right', { kind: 'stop', name: 'left' }, { kind: 'spawn', name: 'left', machine: 'north/left', input: {} });
      }
    }
    expect(rig.world.pending).toBeLessThan(2 * SWEEP_FROM + 16);
  });

  it('sooner than an old arming fire at the sooner time, and the old one never does', () => {
    const log: Fired[] = [];
    const rig = rigOf(log);
    rig.startAll();
    rig.tell('north', 'left', schedule('a', 10, { id: 1 }), schedule('a', 4, { id: 2 }));
    rig.world.runUntil(END_US);
    expect(log).toEqual([{ atUs: 4_000, where: 'north', id: 2 }]);
  });

  it('that fell due in a pause fire on resume in the order of their deadlines, also those that were put off before it', () => {
    const log: Fired[] = [];
    const rig = rigOf(log);
    rig.startAll();
    // `a` was armed for 2 ms first: its entry comes up before that of `b`, its deadline after.
    rig.tell('north', 'left', schedule('a', 2, { id: 1 }), schedule('a', 9, { id: 2 }), schedule('b', 5, { id: 3 }));
    rig.world.pause(0);
    rig.world.runUntil(20_000);
    expect(log).toEqual([]);
    rig.world.resume(0);
    expect(log.map(({ id }) => id)).toEqual([3, 2]);
  });

  it('armed anew while their process catches up wait behind what arrived before their new deadline', () => {
    const log: Fired[] = [];
    const rig = rigOf(log);
    rig.startAll();
    rig.world.setDiskCondition(0, { slowFactor: 20 });
    rig.tell('north', 'left', schedule('a', 5, { id: 1 }), schedule('b', 6, { id: 2 }));
    rig.world.pause(0);
    rig.tell('north', 'left', { kind: 'replace', file: 'f', value: 0 }, schedule('a', 1, { id: 3 }));
    rig.world.runUntil(10_000);
    // Stalled by its write until 12 ms: `b` fell due at 6 ms, `a` falls due again at 11 ms.
    rig.world.resume(0);
    rig.world.runUntil(END_US);
    expect(log).toEqual([{ atUs: 12_000, where: 'north', id: 2 }, { atUs: 12_000, where: 'north', id: 3 }]);
  });

  it('of an earlier incarnation never fire in a later one', () => {
    const log: Fired[] = [];
    const rig = rigOf(log);
    rig.startAll();
    rig.tell('north', 'left', schedule('a', 5, { id: 1 }));
    rig.world.crash(0, 'test');
    rig.world.start(0);
    rig.tell('north', 'left', schedule('a', 7, { id: 2 }));
    rig.world.runUntil(END_US);
    expect(log).toEqual([{ atUs: 7_000, where: 'north', id: 2 }]);
  });

  it('of a machine that stopped never fire in the next one of its name', () => {
    const log: Fired[] = [];
    const rig = rigOf(log);
    rig.startAll();
    rig.tell('north', 'left', schedule('a', 5, { id: 1 }));
    rig.tell('north', 'right', { kind: 'stop', name: 'left' }, { kind: 'spawn', name: 'left', machine: 'north/left', input: {} });
    rig.world.runUntil(END_US);
    expect(log).toEqual([]);
  });

  it('run with the drift of their clock and do not notice a jump of it', () => {
    const log: Fired[] = [];
    const rig = rigOf(log);
    rig.startAll();
    rig.world.setClockDrift(0, 100_000);
    rig.tell('north', 'left', schedule('a', 11, { id: 1 }));
    rig.tell('south', 'left', schedule('a', 11, { id: 2 }));
    rig.world.jumpClock(1, 5_000_000);
    rig.world.runUntil(END_US);
    expect(log).toEqual([{ atUs: 10_000, where: 'north', id: 1 }, { atUs: 11_000, where: 'south', id: 2 }]);
    expect(rig.heard('south', 'left')[0]?.nowMs).toBe(5_011);
  });

  it('armed past the end of time are not armed', () => {
    const rig = rigOf([]);
    rig.startAll();
    rig.tell('north', 'left', schedule('a', 5, { id: 1 }), schedule('a', Number.MAX_SAFE_INTEGER, { id: 2 }), schedule('b', Number.POSITIVE_INFINITY, { id: 3 }));
    rig.world.runUntil(END_US);
    expect(rig.world.pending).toBe(0);
  });

  it('armed for what is no time end the run with the name of the timer', () => {
    const rig = rigOf([]);
    rig.startAll();
    expect(() => rig.tell('north', 'left', schedule('a', Number.NaN, { id: 1 }))).toThrow(AssertionFailed);
    expect(() => rig.tell('south', 'left', schedule('a', Number.NaN, { id: 1 }))).toThrow('south: timer a is armed for NaN ms');
  });
});
