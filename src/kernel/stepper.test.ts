import { describe, expect, it } from 'vitest';
import { AssertionFailed } from './assert.ts';
import type { Effect } from './effects.ts';
import type { Monitor } from './outside.ts';
import { Entries, Rig, Wire, type Reactions, type RigOptions } from './rig.ts';

const tell = (to: string, type: string): Effect => ({ kind: 'tell', to, event: { type } });
const observe = (type: string): Effect => ({ kind: 'observe', observation: { type } });
const spawn = (name: string, machine = 'child'): Effect => ({ kind: 'spawn', name, machine, input: undefined });
const stop = (name: string): Effect => ({ kind: 'stop', name });
const schedule = (key: string, delayMs: number): Effect => ({ kind: 'schedule', key, delayMs, type: `timer.${key}` });
const append = (file: string, length: number): Effect => ({ kind: 'write', file, content: new Entries(Array.from({ length }, (_, i) => i + 1)) });
const flush = (file: string, data?: unknown): Effect => ({ kind: 'flush', file, then: 'flushed', ...(data === undefined ? {} : { data }) });

/** Says what it heard to whoever watches. */
const parrot = (...types: string[]): Reactions => Object.fromEntries(types.map((type) => [type, () => [observe(type)]]));

/** A rig of one process with machines `a` and `b`, its observations, and its wire. */
function rigOf(options: Partial<RigOptions> = {}, a: Reactions = {}, b: Reactions = {}): { rig: Rig; observed: string[]; wire: Wire } {
  const observed: string[] = [];
  const monitor: Monitor = {
    stepped: () => undefined,
    lifecycle: () => undefined,
    observed: (_world, _node, { type }) => observed.push(type),
    fork: () => monitor,
  };
  const wire = new Wire();
  const rig = new Rig({ transport: wire, monitor, nodes: [{ name: 'node', machines: { a, b }, server: 'a' }, { name: 'peer', machines: { a: {} }, server: 'a' }], ...options });
  rig.startAll();
  return { rig, observed, wire };
}

describe('a step', () => {
  it('has its effects carried out in program order', () => {
    const { rig, observed, wire } = rigOf();
    rig.tell('node', 'a', observe('1'), { kind: 'disconnect', to: 1 }, observe('2'), { kind: 'mark', label: 'here' }, { kind: 'release', to: 1 }, observe('3'));
    expect(observed).toEqual(['1', '2', '3']);
    expect(wire.told.slice(-2)).toEqual(['disconnect 0.0 from 1', 'release']);
    expect(rig.world.marksReached().get('here')).toBe(1);
  });

  it('is over before what it tells others is heard, which is heard in the order of telling and at once', () => {
    const { rig, observed } = rigOf({}, parrot('to a'), { 'to b': () => [observe('b hears'), tell('a', 'to a'), tell('b', 'to itself')], 'to itself': () => [observe('b hears itself')] });
    rig.tell('node', 'a', tell('b', 'to b'), tell('a', 'to a'), observe('step over'));
    expect(observed).toEqual(['step over', 'b hears', 'to a', 'to a', 'b hears itself']);
    expect(rig.world.nowUs).toBe(0);
  });

  it('tells nothing to a machine that does not run', () => {
    const { rig } = rigOf();
    rig.tell('node', 'a', tell('nobody', 'x'), stop('b'), tell('b', 'y'));
    expect(rig.heardTypes('node', 'b')).toEqual([]);
  });

  it('that throws ends the run with place, time and what was thrown', () => {
    const { rig } = rigOf({}, { 'timer.t': () => { throw new AssertionFailed('two is not three'); } });
    rig.tell('node', 'a', schedule('t', 3));
    expect(() => rig.world.runUntil(10_000)).toThrow('at 3000 us, node: two is not three');
  });

  it('that two machines answer for ever ends the run instead of hanging it', () => {
    const { rig } = rigOf({}, { ping: () => [tell('b', 'pong')] }, { pong: () => [tell('a', 'ping')] });
    expect(() => rig.tell('node', 'a', tell('a', 'ping'))).toThrow('the machines of node never come to rest');
  }, 60_000);
});

describe('a write that the disk refuses', () => {
  it('undoes nothing before it, lets nothing after it happen, and is heard of as disk.writeFailed', () => {
    const { rig, observed } = rigOf();
    rig.world.setDiskCondition(0, { full: true });
    rig.tell('node', 'a', observe('before'), append('log', 1), observe('after'), schedule('t', 1));
    rig.tell('node', 'a', { kind: 'replace', file: 'checkpoint', value: 1 }, observe('after'));
    rig.world.runUntil(10_000);
    expect(observed).toEqual(['before']);
    expect(rig.heard('node', 'a').map(({ type, data }) => [type, data])).toEqual([
      ['disk.writeFailed', { file: 'log', data: undefined }],
      ['disk.writeFailed', { file: 'checkpoint', data: undefined }],
    ]);
    expect(rig.world.node(0).disk.list()).toEqual([]);
  });

  it('is heard of after what the step told before it', () => {
    const { rig, observed } = rigOf({}, parrot('disk.writeFailed'), parrot('told'));
    rig.world.setDiskCondition(0, { full: true });
    rig.tell('node', 'a', tell('b', 'told'), append('log', 1));
    expect(observed).toEqual(['told', 'disk.writeFailed']);
  });

  it('stops the effects of the machine that wrote and of no other', () => {
    const { rig, observed } = rigOf({}, {}, { go: () => [observe('b goes on')] });
    rig.world.setDiskCondition(0, { full: true });
    rig.tell('node', 'a', tell('b', 'go'), append('log', 1), observe('a goes on'));
    expect(observed).toEqual(['b goes on']);
  });
});

describe('a flush', () => {
  it('answers with the data of the effect, after its latency, once the data is on the platter', () => {
    const { rig } = rigOf({ flushLatency: { minUs: 2_000, maxUs: 2_000 } });
    rig.tell('node', 'a', append('log', 2), flush('log', 'for whom'));
    rig.world.runUntil(1_999);
    expect(rig.heard('node', 'a')).toEqual([]);
    rig.world.runUntil(2_000);
    expect(rig.heard('node', 'a')[0]).toMatchObject({ type: 'flushed', data: { file: 'log', data: 'for whom' }, nowMs: 2 });
    rig.world.powerLoss(0);
    expect((rig.world.node(0).disk.read('log') as Entries).length).toBe(2);
  });

  it('that fails says so', () => {
    const { rig } = rigOf();
    rig.tell('node', 'a', append('log', 2), flush('log', 7));
    rig.world.setDiskCondition(0, { flushFails: true });
    rig.world.runUntil(10_000);
    expect(rig.heard('node', 'a').map(({ type, data }) => [type, data])).toEqual([['disk.flushFailed', { file: 'log', data: 7 }]]);
  });

  it('draws its latency within the range, differently for each flush, and n times longer on a disk n times slower', () => {
    const latencies = (slowFactor: number): number[] => {
      const { rig } = rigOf({ flushLatency: { minUs: 1_000, maxUs: 9_000 } });
      rig.world.setDiskCondition(0, { slowFactor });
      return Array.from({ length: 20 }, () => {
        const fromUs = rig.world.nowUs;
        const before = rig.heard('node', 'a').length;
        rig.tell('node', 'a', flush('log'));
        while (rig.heard('node', 'a').length === before) rig.world.step();
        return rig.world.nowUs - fromUs;
      });
    };
    const healthy = latencies(1);
    expect(Math.min(...healthy)).toBeGreaterThanOrEqual(1_000);
    expect(Math.max(...healthy)).toBeLessThanOrEqual(9_000);
    expect(new Set(healthy).size).toBeGreaterThan(10);
    expect(latencies(5)).toEqual(healthy.map((us) => 5 * us));
  });

  it('of a machine that stopped is not answered to the next one of its name, and is done all the same', () => {
    const { rig } = rigOf();
    rig.tell('node', 'a', append('log', 2), flush('log'));
    rig.tell('node', 'b', stop('a'), spawn('a', 'node/a'));
    rig.world.runUntil(10_000);
    expect(rig.heard('node', 'a')).toEqual([]);
    rig.world.powerLoss(0);
    expect(rig.world.node(0).disk.read('log')).toBeDefined();
  });

  it('of a process that crashed is lost with it', () => {
    const { rig } = rigOf();
    rig.tell('node', 'a', append('log', 1), flush('log'));
    rig.world.crash(0, 'test');
    rig.world.start(0);
    rig.world.runUntil(10_000);
    expect(rig.heard('node', 'a')).toEqual([]);
  });
});

describe('a machine', () => {
  const spawnable: RigOptions['spawnable'] = {
    child: { start: () => [observe('child starts'), schedule('life', 5), tell('a', 'child is there')], ...parrot('hello', 'timer.life') },
    mayfly: { start: () => [observe('mayfly starts'), stop('fly'), observe('mayfly is over')] },
  };

  it('that is spawned has its first effects carried out before it hears anything', () => {
    const { rig, observed } = rigOf({ spawnable });
    rig.tell('node', 'a', tell('c', 'hello'), spawn('c'), tell('c', 'hello'), observe('step over'));
    expect(observed).toEqual(['step over', 'child starts', 'hello']);
    expect(rig.heardTypes('node', 'a')).toEqual(['child is there']);
  });

  it('is spawned once under a name', () => {
    const { rig, observed } = rigOf({ spawnable });
    rig.tell('node', 'a', spawn('c'), spawn('c'));
    expect(observed).toEqual(['child starts']);
  });

  it('that is stopped in the step that spawned it has done nothing', () => {
    const { rig, observed, wire } = rigOf({ spawnable });
    rig.tell('node', 'a', spawn('c'), stop('c'));
    rig.world.runUntil(10_000);
    expect(observed).toEqual([]);
    expect(wire.told.at(-1)).toBe('stopped 0.2');
    rig.tell('node', 'a', spawn('c'), stop('c'), spawn('c'));
    expect(observed).toEqual(['child starts']);
  });

  it('that has stopped hears nothing that was meant for it, nor does the next one of its name', () => {
    const { rig, observed } = rigOf({ spawnable });
    rig.tell('node', 'a', spawn('c'));
    rig.tell('node', 'a', tell('c', 'hello'), stop('c'), spawn('c'));
    rig.world.runUntil(4_999);
    expect(observed).toEqual(['child starts', 'child starts']);
    rig.world.runUntil(10_000);
    expect(observed.slice(2)).toEqual(['timer.life']);
  });

  it('that stops itself ends its step there', () => {
    const { rig, observed, wire } = rigOf({ spawnable });
    rig.tell('node', 'b', observe('last'), stop('b'), observe('never'), schedule('t', 1), { kind: 'send', to: 1, message: { type: 'hi' } });
    rig.tell('node', 'a', spawn('fly', 'mayfly'));
    expect(observed).toEqual(['last', 'mayfly starts']);
    expect(wire.messages).toBe(0);
    expect(rig.world.contextOf(0, 'b')).toBeUndefined();
    expect(rig.world.contextOf(0, 'fly')).toBeUndefined();
  });

  it('that ends has the effects of its last step carried out, and is gone with its timers', () => {
    const { rig, observed, wire } = rigOf();
    rig.tell('node', 'b', schedule('t', 1));
    rig.end('node', 'b', observe('last words'), schedule('u', 1));
    rig.world.runUntil(10_000);
    expect(observed).toEqual(['last words']);
    expect(wire.told.at(-1)).toBe('stopped 0.1');
    expect(rig.world.contextOf(0, 'b')).toBeUndefined();
  });

  it('that is spawned again starts anew', () => {
    const { rig } = rigOf();
    rig.tell('node', 'a', tell('b', 'x'));
    rig.tell('node', 'a', stop('b'), spawn('b', 'node/b'), tell('b', 'y'));
    expect(rig.heardTypes('node', 'b')).toEqual(['y']);
  });
});

describe('a process that halts', () => {
  it('does nothing more, not in this step, nor in what others were told, and its supervisor hears of it', () => {
    const halts: string[] = [];
    const { rig, observed } = rigOf({ onHalted: (_world, node, reason) => halts.push(`${node}: ${reason}`) }, {}, parrot('told'));
    rig.tell('node', 'a', observe('1'), tell('b', 'told'), schedule('t', 1), { kind: 'halt', reason: 'disk' }, observe('2'));
    expect(observed).toEqual(['1']);
    expect(halts).toEqual(['0: disk']);
    expect(rig.world.isUp(0)).toBe(false);
    rig.world.runUntil(10_000);
    expect(observed).toEqual(['1']);
  });

  it('may be started again by its supervisor at once', () => {
    const { rig } = rigOf({ onHalted: (world, node) => world.start(node) }, {}, parrot('told'));
    rig.tell('node', 'a', tell('b', 'told'), { kind: 'halt', reason: 'restart me' });
    expect(rig.world.node(0)).toMatchObject({ status: 'up', incarnation: 2 });
    expect(rig.heardTypes('node', 'b')).toEqual([]);
    rig.tell('node', 'a', tell('b', 'told'));
    expect(rig.heardTypes('node', 'b')).toEqual(['told']);
  });
});
