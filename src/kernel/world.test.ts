import { describe, expect, it } from 'vitest';
import { RunFailed } from './assert.ts';
import type { Effect } from './effects.ts';
import type { LifecycleEvent, Monitor } from './outside.ts';
import { Entries, Rig, Wire, type Reactions, type RigOptions } from './rig.ts';
import { NEVER_US } from './time.ts';
import type { TraceLine } from './trace.ts';

const SERVER: Reactions = { ask: ({ replyTo }) => [{ kind: 'reply', to: replyTo ?? -1, message: { type: 'answer' } }] };
const CLIENT_AND_SERVER: RigOptions = {
  nodes: [
    { name: 'client', machines: { app: {} } },
    { name: 'server', machines: { main: SERVER, other: {} }, server: 'main' },
  ],
};
const SERVER_NODE = 1;

const ask: Effect = { kind: 'send', to: SERVER_NODE, message: { type: 'ask' } };
const send = (type: string): Effect => ({ kind: 'send', to: SERVER_NODE, message: { type } });
const log = (...entries: number[]): Effect => ({ kind: 'write', file: 'log', content: new Entries(entries) });
const flush: Effect = { kind: 'flush', file: 'log', then: 'flushed' };

function rigOf(options: Partial<RigOptions> = {}): Rig {
  const rig = new Rig({ ...CLIENT_AND_SERVER, ...options });
  rig.startAll();
  return rig;
}

const entriesIn = (rig: Rig, node: number): readonly number[] | undefined => (rig.world.node(node).disk.read('log') as Entries | undefined)?.entries;

describe('a world', () => {
  it('takes a message there and its answer back, each when it is due', () => {
    const rig = rigOf();
    rig.tell('client', 'app', ask);
    rig.world.runUntil(Wire.delayUs - 1);
    expect(rig.heardTypes('server', 'main')).toEqual([]);
    rig.world.runUntil(2 * Wire.delayUs);
    expect(rig.heard('server', 'main')[0]).toMatchObject({ type: 'ask', nowMs: 1 });
    expect(rig.heard('client', 'app')[0]).toMatchObject({ type: 'answer', nowMs: 2 });
  });

  it('lets time stand at the end of what it was asked for, or at the last event when it ran out of them', () => {
    const rig = rigOf();
    for (const atUs of [100, 200, 200, 300]) rig.at(atUs, () => undefined);
    const { world } = rig;
    expect([world.pending, world.nextAtUs]).toEqual([4, 100]);
    world.runUntil(250, 2);
    expect([world.nowUs, world.pending]).toEqual([200, 2]);
    world.runUntil(250);
    expect([world.nowUs, world.pending]).toEqual([250, 1]);
    expect([world.step(), world.step()]).toEqual([true, false]);
    expect([world.nowUs, world.nextAtUs]).toEqual([300, NEVER_US]);
    world.runUntil(200);
    expect(world.nowUs).toBe(300);
  });

  it('names where and when an error of ours happened, and keeps what was thrown', () => {
    const rig = rigOf();
    rig.at(7, () => { throw new RangeError('beyond'); });
    const failure = ((): unknown => { try { rig.world.runUntil(10); } catch (error) { return error; } return undefined; })();
    expect(failure).toBeInstanceOf(RunFailed);
    expect((failure as RunFailed).message).toContain('at 7 us');
    expect((failure as RunFailed).cause).toBeInstanceOf(RangeError);
  });

  it('refuses two nodes of one name, and to fork with live actors', () => {
    expect(() => new Rig({ nodes: [{ name: 'x', machines: {} }, { name: 'x', machines: {} }] })).toThrow('node names are unique');
    expect(() => rigOf({ engine: 'live' }).fork()).toThrow('does not fork');
  });

  it('tells the monitor of lives and deaths, and of the contexts it asked for', () => {
    const events: LifecycleEvent[] = [];
    const stepped: [number, number, boolean, boolean][] = [];
    const monitor: Monitor = {
      stepped: (_world, node, slot, before, after) => stepped.push([node, slot, before !== undefined, after !== undefined]),
      observed: () => undefined,
      lifecycle: (_world, event) => events.push(event),
      fork: () => monitor,
    };
    const rig = rigOf({ monitor, monitored: ['server/other'] });
    rig.tell('server', 'main', { kind: 'tell', to: 'other', event: { type: 'x' } }, log(1));
    rig.world.crash(SERVER_NODE, 'test');
    rig.world.powerLoss(SERVER_NODE);
    rig.world.wipe(SERVER_NODE);
    expect(stepped).toEqual([[1, 1, false, true], [1, 1, true, true], [1, 1, true, false]]);
    expect(events.map(({ kind, node }) => [kind, node])).toEqual([['started', 0], ['started', 1], ['crashed', 1], ['powerLost', 1], ['wiped', 1]]);
    expect(events[1]).toMatchObject({ incarnation: 1 });
  });

  it('traces every step with states and effects when asked to', () => {
    const lines: TraceLine[] = [];
    const rig = rigOf({ tracer: (line) => lines.push(line) });
    rig.tell('client', 'app', ask);
    rig.world.runUntil(10_000);
    expect(lines.find(({ event }) => event === 'ask')).toMatchObject({
      atUs: 1_000, node: 'server', machine: 'main', incarnation: 1, from: 'client', stateBefore: 'Running', stateAfter: 'Running', effects: [{ kind: 'reply' }],
    });
  });
});

describe('a process that crashes', () => {
  it('forgets everything but its disk, page cache included, and starts anew from it', () => {
    const rig = rigOf();
    rig.tell('server', 'main', log(1, 2), { kind: 'tell', to: 'other', event: { type: 'x' } }, { kind: 'schedule', key: 't', delayMs: 1, type: 'timer.t' });
    rig.world.crash(SERVER_NODE, 'test');
    expect(rig.world.contextOf(SERVER_NODE, 'other')).toBeUndefined();
    rig.world.runUntil(5_000);
    rig.world.start(SERVER_NODE);
    rig.world.runUntil(10_000);
    expect(rig.heardTypes('server', 'other')).toEqual([]);
    expect(rig.heardTypes('server', 'main')).toEqual([]);
    expect(entriesIn(rig, SERVER_NODE)).toEqual([1, 2]);
    expect(rig.world.node(SERVER_NODE).incarnation).toBe(2);
  });

  it('boots with what it finds on its disk', () => {
    const found: unknown[] = [];
    const rig = rigOf({ nodes: [{ name: 'client', machines: { app: { start: ({ data }) => { found.push((data as { files: unknown }).files); return []; } } } }] });
    rig.tell('client', 'app', { kind: 'replace', file: 'b', value: 1 }, { kind: 'replace', file: 'a', value: 2 });
    rig.world.crash(0, 'test');
    rig.world.start(0);
    expect(found).toEqual([[], [['a', 2], ['b', 1]]]);
  });

  it('misses what is sent to it while it is down, and what it had not got round to', () => {
    const rig = rigOf();
    rig.tell('client', 'app', send('early'));
    rig.world.pause(SERVER_NODE);
    rig.world.runUntil(2_000);
    rig.world.crash(SERVER_NODE, 'test');
    rig.tell('client', 'app', send('late'));
    rig.world.runUntil(4_000);
    rig.world.start(SERVER_NODE);
    rig.world.resume(SERVER_NODE);
    rig.world.runUntil(10_000);
    expect(rig.heardTypes('server', 'main')).toEqual([]);
    expect(rig.world.node(SERVER_NODE).paused).toBe(false);
  });

  it('crashes once and starts once', () => {
    const rig = rigOf();
    rig.world.start(SERVER_NODE);
    rig.world.crash(SERVER_NODE, 'one');
    rig.world.crash(SERVER_NODE, 'two');
    expect((rig.world.transport as Wire).told).toEqual(['up 0', 'up 1', 'down 1, host up']);
    expect(rig.world.node(SERVER_NODE).incarnation).toBe(1);
  });

  it('draws differently in each incarnation, and as (seed, node, incarnation, n) says', () => {
    const drawsOf = (options: Partial<RigOptions>, node: string): (number | undefined)[] => {
      const rig = rigOf(options);
      const index = rig.node(node);
      for (let life = 0; life < 2; life += 1) {
        if (life > 0) { rig.world.crash(index, 'test'); rig.world.start(index); }
        rig.tell(node, 'main', { kind: 'schedule', key: 't', delayMs: 0, type: 'timer.t' });
        rig.world.runUntil(rig.world.nowUs + 1);
        draws.push(rig.heard(node, 'main')[0]?.draw);
      }
      return draws.splice(0);
    };
    const draws: (number | undefined)[] = [];
    const [first, second] = drawsOf({}, 'server');
    expect(first).not.toBe(second);
    expect(drawsOf({}, 'server')).toEqual([first, second]);
    expect(drawsOf({ seed: 'other' }, 'server')).not.toContain(first);
    // The same node among others draws the same.
    expect(drawsOf({ nodes: [{ name: 'stranger', machines: { main: {} } }, ...CLIENT_AND_SERVER.nodes] }, 'server')).toEqual([first, second]);
  });
});

describe('a host that loses power', () => {
  it('keeps what was flushed', () => {
    const rig = rigOf();
    rig.tell('server', 'main', log(1, 2), flush);
    rig.world.runUntil(20_000);
    rig.tell('server', 'main', log(1, 2, 3));
    rig.world.powerLoss(SERVER_NODE);
    expect(entriesIn(rig, SERVER_NODE)?.slice(0, 2)).toEqual([1, 2]);
  });

  it('loses the same of what was not flushed whenever seed, node and incarnation are the same', () => {
    const survivors = (seed: string, incarnation: number): number[] =>
      Array.from({ length: 6 }, (_, node) => {
        const rig = new Rig({ seed, nodes: Array.from({ length: 6 }, (__, i) => ({ name: `n${i}`, machines: { main: {} } })) });
        rig.startAll();
        for (let life = 1; life < incarnation; life += 1) { rig.world.crash(node, 'test'); rig.world.start(node); }
        rig.tell(`n${node}`, 'main', log(...Array.from({ length: 50 }, (__, i) => i)));
        rig.world.powerLoss(node);
        return entriesIn(rig, node)?.length ?? 0;
      });
    const fates = survivors('a', 1);
    expect(new Set(fates).size).toBeGreaterThan(2);
    expect(survivors('a', 1)).toEqual(fates);
    expect(survivors('b', 1)).not.toEqual(fates);
    expect(survivors('a', 2)).not.toEqual(fates);
  });

  it('loses the page cache of a process that crashed before it', () => {
    const lossOf = (crashFirst: boolean): number | undefined => {
      const rig = rigOf();
      rig.tell('server', 'main', log(...Array.from({ length: 50 }, (_, i) => i)));
      if (crashFirst) rig.world.crash(SERVER_NODE, 'test');
      rig.world.powerLoss(SERVER_NODE);
      return entriesIn(rig, SERVER_NODE)?.length;
    };
    expect(lossOf(true)).toBe(lossOf(false));
    expect(lossOf(true)).not.toBe(50);
  });

  it('comes back empty when it was wiped', () => {
    const rig = rigOf();
    rig.tell('server', 'main', log(1), flush);
    rig.world.runUntil(20_000);
    rig.world.wipe(SERVER_NODE);
    rig.world.start(SERVER_NODE);
    expect(rig.world.node(SERVER_NODE).disk.list()).toEqual([]);
  });
});

describe('a process that is paused', () => {
  it('hears everything in order when it goes on, at the time at which it does', () => {
    const rig = rigOf();
    rig.world.pause(SERVER_NODE);
    rig.tell('client', 'app', send('1'));
    rig.world.runUntil(500);
    rig.world.stimulate(SERVER_NODE, 0, '0', undefined);
    rig.world.runUntil(1_500);
    rig.world.stimulate(SERVER_NODE, 0, '2', undefined);
    rig.world.runUntil(9_000);
    expect(rig.heardTypes('server', 'main')).toEqual([]);
    rig.world.resume(SERVER_NODE);
    expect(rig.heard('server', 'main').map(({ type, nowMs }) => [type, nowMs])).toEqual([['0', 9], ['1', 9], ['2', 9]]);
  });

  it('has its flushes completed by the host meanwhile, and hears of them later', () => {
    const rig = rigOf();
    rig.tell('server', 'main', log(1, 2, 3), flush);
    rig.world.pause(SERVER_NODE);
    rig.world.runUntil(20_000);
    expect(rig.heardTypes('server', 'main')).toEqual([]);
    const cut = rig.fork();
    cut.world.powerLoss(SERVER_NODE);
    expect(entriesIn(cut, SERVER_NODE)).toEqual([1, 2, 3]);
    rig.world.resume(SERVER_NODE);
    expect(rig.heardTypes('server', 'main')).toEqual(['flushed']);
  });

  it('delivers what waited to the machine it was meant for and not to the next one of its name', () => {
    const rig = rigOf();
    rig.world.pause(SERVER_NODE);
    rig.tell('server', 'main', { kind: 'stop', name: 'other' }, { kind: 'spawn', name: 'other', machine: 'server/other', input: { files: [] } });
    rig.world.stimulate(SERVER_NODE, 1, 'for the old one', undefined);
    rig.world.deliver(SERVER_NODE, 1, { type: 'for the old one, too' }, 0, -1);
    rig.world.resume(SERVER_NODE);
    expect(rig.heardTypes('server', 'other')).toEqual([]);
    rig.world.stimulate(SERVER_NODE, 1, 'for the new one', undefined);
    expect(rig.heardTypes('server', 'other')).toEqual(['for the new one']);
  });

  it('that is started anew while it catches up keeps nothing of the rest', () => {
    const rig = rigOf({ onHalted: (world, node) => world.start(node) });
    rig.world.pause(SERVER_NODE);
    rig.world.stimulate(SERVER_NODE, 0, 'before', undefined);
    rig.tell('server', 'main', { kind: 'halt', reason: 'test' });
    rig.world.stimulate(SERVER_NODE, 0, 'after', undefined);
    rig.world.resume(SERVER_NODE);
    expect(rig.heardTypes('server', 'main')).toEqual([]);
    expect(rig.world.node(SERVER_NODE).incarnation).toBe(2);
  });
});

describe('a process whose disk is slow', () => {
  const slowed = (): Rig => {
    const rig = rigOf();
    rig.world.setDiskCondition(SERVER_NODE, { slowFactor: 20 });
    return rig;
  };

  it('stands still for each write, and then goes on by itself, in order', () => {
    const rig = slowed();
    // Two writes of 20 times 100 us each.
    rig.tell('server', 'main', log(1), log(1, 2));
    rig.world.stimulate(SERVER_NODE, 0, '1', undefined);
    rig.tell('client', 'app', send('2'));
    rig.world.runUntil(3_999);
    expect(rig.heardTypes('server', 'main')).toEqual([]);
    rig.world.runUntil(4_000);
    expect(rig.heard('server', 'main').map(({ type, nowMs }) => [type, nowMs])).toEqual([['1', 4], ['2', 4]]);
  });

  it('lets nothing that arrives in the instant of its recovery overtake what has waited', () => {
    const rig = slowed();
    rig.at(2_000, (at) => at.world.stimulate(SERVER_NODE, 0, 'second', undefined));
    rig.tell('server', 'main', log(1));
    rig.world.stimulate(SERVER_NODE, 0, 'first', undefined);
    rig.world.runUntil(10_000);
    expect(rig.heard('server', 'main').map(({ type, nowMs }) => [type, nowMs])).toEqual([['first', 2], ['second', 2]]);
  });

  it('stands still again when what it catches up with writes, and keeps the order', () => {
    const rig = slowed();
    rig.tell('server', 'main', log(1));
    rig.tell('server', 'main', log(1, 2));
    rig.world.stimulate(SERVER_NODE, 0, 'last', undefined);
    rig.world.runUntil(2_000);
    expect(entriesIn(rig, SERVER_NODE)).toEqual([1, 2]);
    expect(rig.heardTypes('server', 'main')).toEqual([]);
    rig.world.runUntil(4_000);
    expect(rig.heard('server', 'main').map(({ type, nowMs }) => [type, nowMs])).toEqual([['last', 4]]);
  });

  it('stands still in a fork as long as in the original', () => {
    const rig = slowed();
    rig.tell('server', 'main', log(1));
    rig.world.stimulate(SERVER_NODE, 0, 'first', undefined);
    const fork = rig.fork();
    for (const each of [rig, fork]) {
      each.world.runUntil(1_000);
      each.world.stimulate(SERVER_NODE, 0, 'second', undefined);
      each.world.runUntil(2_000);
      expect(each.heard('server', 'main').map(({ type, nowMs }) => [type, nowMs])).toEqual([['first', 2], ['second', 2]]);
    }
    const idle = slowed();
    idle.tell('server', 'main', log(1));
    const idleFork = idle.fork();
    idleFork.world.runUntil(1_000);
    idleFork.world.stimulate(SERVER_NODE, 0, 'now', undefined);
    expect(idleFork.heardTypes('server', 'main')).toEqual([]);
  });

  it('is as fast as ever once it crashed and started anew', () => {
    const rig = slowed();
    rig.tell('server', 'main', log(1));
    rig.world.crash(SERVER_NODE, 'test');
    rig.world.start(SERVER_NODE);
    rig.world.stimulate(SERVER_NODE, 0, 'now', undefined);
    expect(rig.heardTypes('server', 'main')).toEqual(['now']);
  });
});
