import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionFailed } from '../kernel/assert.ts';
import { US_PER_MS } from '../kernel/time.ts';
import { ECHO, NODES, ask, disconnect, indexOf, networkRig, type NetworkRig, type NodeName } from './network-rig.ts';

const RELOCATE = [{ kind: 'stop', name: 'app' }, { kind: 'spawn', name: 'app', machine: 'ann/app', input: { files: [] } }] as const;

describe('a connection', () => {
  it('opens with the first request, which takes a round trip more than the next', () => {
    const rig = networkRig({ server: ECHO });
    rig.ask('ann', 'srv', 'a');
    rig.runForMs(10);
    rig.ask('ann', 'srv', 'b');
    rig.runForMs(10);
    expect(rig.labels('srv', 'main', true)).toEqual(['a @3', 'b @11']);
    expect(rig.labels('ann', 'app', true)).toEqual(['a @4', 'b @12']);
    expect(rig.world.transport.messages).toBe(4);
  });

  it('carries every request and every answer once and in order, whatever the latencies and losses', () => {
    const sends = fc.array(fc.record({ atMs: fc.nat(200), from: fc.constantFrom('ann' as const, 'bob' as const), to: fc.constantFrom('srv' as const, 'two' as const) }), { maxLength: 40 });
    const losses = fc.integer({ min: 0, max: 9 });
    fc.assert(
      fc.property(sends, losses, fc.string(), (all, numerator, seed) => {
        const latency = { minUs: 1, maxUs: 30_000, tailUs: 90_000, tail: { numerator: 1, denominator: 10 } };
        const rig = networkRig({ server: ECHO, network: { seed, latency } });
        // Opened before the trouble begins: so much loss may outlast the patience of a connect.
        for (const from of ['ann', 'bob'] as const) rig.tell(from, 'app', ask('srv', 'open'), ask('two', 'open'));
        rig.runForMs(1_000);
        rig.impose('loss', NODES, NODES, { kind: 'loss', loss: { numerator, denominator: 10 } });
        const inOrder = all.map((send, i) => ({ ...send, label: `${send.from}>${send.to} ${i}` })).sort((a, b) => a.atMs - b.atMs);
        for (const { atMs, from, to, label } of inOrder) rig.at((1_000 + atMs) * US_PER_MS, (at) => at.tell(from, 'app', ask(to, label)));
        rig.runForMs(3_600_000);
        for (const server of ['srv', 'two'] as const) {
          for (const client of ['ann', 'bob'] as const) {
            const sent = inOrder.filter(({ from, to }) => from === client && to === server).map(({ label }) => label);
            const mine = (label: string): boolean => label.startsWith(`${client}>${server}`);
            expect(rig.labels(server).filter(mine)).toEqual(sent);
            expect(rig.labels(client).filter(mine)).toEqual(sent);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('has one request served at a time and the rest in order, each in the instant in which the one before is done', () => {
    const rig = networkRig();
    rig.ask('ann', 'srv', 'a', 'b', 'c', 'd');
    rig.runForMs(100);
    expect(rig.labels('srv', 'main', true)).toEqual(['a @3']);
    rig.serve('srv', 'a', 'release');
    rig.runForMs(0);
    rig.serve('srv', 'b');
    rig.runForMs(50);
    expect(rig.labels('srv', 'main', true)).toEqual(['a @3', 'b @100', 'c @100']);
    expect(rig.labels('ann')).toEqual(['re b']);
  });

  it('does not hold up another one, of another machine or to another node', () => {
    const rig = networkRig();
    rig.ask('ann', 'srv', 'a');
    rig.ask('ann', 'two', 'b');
    rig.tell('ann', 'aux', ask('srv', 'c'));
    rig.ask('bob', 'srv', 'd');
    rig.runForMs(10);
    expect([rig.labels('srv').sort(), rig.labels('two')]).toEqual([['a', 'c', 'd'], ['b']]);
    for (const label of ['d', 'c', 'a']) rig.serve('srv', label);
    rig.runForMs(10);
    expect([rig.labels('ann', 'app'), rig.labels('ann', 'aux'), rig.labels('bob')]).toEqual([['re a'], ['re c'], ['re d']]);
  });

  it('that its client closes while requests wait has them executed, and their answers dropped', () => {
    const rig = networkRig({ server: ECHO });
    rig.world.pause(indexOf('srv'));
    rig.ask('ann', 'srv', 'a', 'b', 'c');
    rig.runForMs(10);
    rig.tell('ann', 'app', disconnect('srv'));
    rig.runForMs(10);
    rig.world.resume(indexOf('srv'));
    rig.runForMs(10);
    expect(rig.labels('srv')).toEqual(['a', 'b', 'c']);
    expect(rig.labels('ann')).toEqual([]);
    expect(rig.connections.size).toBe(0);
  });

  it('that its client closes before it opened carries nothing', () => {
    const rig = networkRig({ server: ECHO });
    rig.ask('ann', 'srv', 'a');
    rig.tell('ann', 'app', disconnect('srv'));
    rig.runForMs(20_000);
    expect([rig.labels('srv'), rig.labels('ann'), rig.connections.size]).toEqual([[], [], 0]);
  });

  it('that its client closed is followed by a new one, and the answers of the old one do not get into it', () => {
    const rig = networkRig();
    rig.ask('ann', 'srv', 'old', 'older', 'oldest');
    rig.runForMs(10);
    rig.tell('ann', 'app', disconnect('srv'), ask('srv', 'new'));
    rig.serve('srv', 'old');
    rig.runForMs(10);
    rig.serve('srv', 'older');
    rig.serve('srv', 'new');
    rig.runForMs(10);
    expect(rig.labels('srv')).toEqual(['old', 'older', 'new', 'oldest']);
    expect(rig.labels('ann')).toEqual(['re new']);
  });

  it('that the server hangs up delivers what was answered before, and nothing that waits', () => {
    const rig = networkRig();
    rig.ask('ann', 'srv', 'a', 'b', 'c');
    rig.runForMs(10);
    rig.serve('srv', 'a');
    rig.runForMs(0);
    rig.serve('srv', 'b', 'hangUp');
    rig.runForMs(10);
    expect(rig.labels('srv')).toEqual(['a', 'b']);
    expect(rig.labels('ann', 'app', true)).toEqual(['re a @11', 'connection.lost: closed @11']);
    rig.ask('ann', 'srv', 'd');
    rig.runForMs(10);
    expect(rig.labels('srv')).toEqual(['a', 'b', 'd']);
  });

  it('whose server hung up does not take an answer any more', () => {
    const rig = networkRig();
    rig.ask('ann', 'srv', 'a');
    rig.runForMs(10);
    rig.serve('srv', 'a', 'hangUp');
    rig.serve('srv', 'a');
    rig.runForMs(10);
    expect(rig.labels('ann')).toEqual(['connection.lost: closed']);
  });

  it('ends with the machine that uses it; the next machine of that name hears nothing of it', () => {
    const rig = networkRig({ server: ECHO });
    rig.world.pause(indexOf('srv'));
    rig.ask('ann', 'srv', 'old');
    rig.runForMs(10);
    rig.tell('ann', 'aux', ...RELOCATE);
    rig.ask('ann', 'srv', 'new');
    rig.runForMs(10);
    rig.world.resume(indexOf('srv'));
    rig.runForMs(10);
    expect(rig.labels('srv')).toEqual(['old', 'new']);
    expect(rig.labels('ann')).toEqual(['new']);
  });

  it('is reset when the machine that serves it ends, and refused from then on', () => {
    const rig = networkRig();
    rig.ask('ann', 'srv', 'a');
    rig.runForMs(10);
    rig.end('srv', 'main');
    rig.runForMs(10);
    rig.ask('ann', 'srv', 'b');
    rig.runForMs(10);
    expect(rig.labels('ann', 'app', true)).toEqual(['connection.lost: reset @11', 'connection.lost: refused @22']);
    expect(rig.connections.size).toBe(0);
  });

  it('to a node that serves nobody is refused', () => {
    const rig = networkRig();
    rig.tell('ann', 'app', { kind: 'send', to: indexOf('bob'), message: { type: 'hi' } });
    rig.runForMs(10);
    expect(rig.labels('ann', 'app', true)).toEqual(['connection.lost: refused @2']);
  });

  it('of a node to itself is one like any other', () => {
    const rig = networkRig({ server: ECHO });
    rig.tell('srv', 'main', ask('srv', 'self'));
    rig.runForMs(10);
    expect(rig.labels('srv')).toEqual(['self', 'self']);
    rig.crash('srv');
    expect(rig.connections.size).toBe(0);
  });

  it('takes one answer per request: a second one, or one to what is no request, is our mistake', () => {
    const rig = networkRig();
    rig.ask('ann', 'srv', 'a', 'b');
    rig.runForMs(10);
    rig.serve('srv', 'a');
    expect(() => rig.serve('srv', 'a')).toThrow(AssertionFailed);
    const next = networkRig();
    next.ask('ann', 'srv', 'a', 'b');
    next.runForMs(10);
    next.serve('srv', 'a');
    next.runForMs(10);
    // The late second answer must not be taken for the answer to what is served now.
    expect(() => next.serve('srv', 'a')).toThrow('srv answers a request of ann twice');
    expect(() => networkRig().tell('ann', 'app', { kind: 'reply', to: -1, message: { type: 'x' } })).toThrow('an answer is to a request');
    expect(() => networkRig().tell('ann', 'app', { kind: 'send', to: 4, message: { type: 'x' } })).toThrow('ann sends x to node 4 of 4');
  });
});

describe('what the network remembers', () => {
  /** Connections left after `rounds` of the same trouble, time enough for everything to arrive or give up included. */
  const sizeAfter = (rounds: number, round: (rig: NetworkRig, i: number) => void, cut = false): number => {
    const rig = networkRig({ server: ECHO });
    if (cut) rig.impose('cut', ['ann'], ['srv'], { kind: 'cut' });
    for (let i = 0; i < rounds; i += 1) round(rig, i);
    rig.runForMs(30_000);
    expect(rig.world.pending).toBe(0);
    return rig.connections.size;
  };
  const restart = (rig: NetworkRig, node: NodeName, how: 'crash' | 'powerLoss'): void => {
    rig.ask('ann', 'srv', 'x');
    rig.runForMs(3.5);
    rig[how](node);
    rig.start(node);
  };

  it('does not grow with connections that were closed, by either end', () => {
    expect(sizeAfter(10_000, (rig, i) => { rig.ask('ann', 'srv', `${i}`); rig.runForMs(i % 7); rig.tell('ann', 'app', disconnect('srv')); })).toBe(0);
    expect(sizeAfter(1_000, (rig, i) => { rig.ask('ann', 'srv', `${i}`); rig.runForMs(10); rig.tell('ann', 'aux', ...RELOCATE); })).toBe(0);
  });

  it('does not grow with processes and hosts that die, at either end', () => {
    for (const node of ['ann', 'srv'] as const) {
      for (const how of ['crash', 'powerLoss'] as const) expect(sizeAfter(1_000, (rig) => restart(rig, node, how))).toBeLessThanOrEqual(1);
    }
  });

  it('does not grow with attempts behind a cut', () => {
    expect(sizeAfter(1_000, (rig, i) => { rig.ask('ann', 'srv', `${i}`); rig.runForMs(10_000); }, true)).toBe(0);
    expect(sizeAfter(1_000, (rig) => restart(rig, 'ann', 'crash'), true)).toBe(0);
    expect(sizeAfter(1_000, (rig) => restart(rig, 'ann', 'powerLoss'), true)).toBe(0);
  });

  it('does not grow with answers to a connect that come too late', () => {
    const rig = networkRig({ server: ECHO });
    rig.impose('deaf', ['srv'], ['ann'], { kind: 'cut' }, 'one');
    for (let i = 0; i < 1_000; i += 1) { rig.ask('ann', 'srv', `${i}`); rig.runForMs(10_000); }
    expect(rig.connections.size).toBe(0);
    rig.lift('deaf');
    rig.runForMs(200_000);
    expect(rig.labels('srv')).toEqual([]);
    expect(new Set(rig.labels('ann'))).toEqual(new Set(['connection.lost: timedOut']));
  });
});
