import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Ratio } from '../kernel/random.ts';
import { US_PER_MS } from '../kernel/time.ts';
import { DatagramNetwork, type DatagramOptions } from './datagram-network.ts';
import { LAN } from './latency.ts';
import { ECHO, ask, indexOf, networkRig, type NetworkRig, type NetworkRigOptions } from './network-rig.ts';

const ALWAYS: Ratio = { numerator: 1, denominator: 1 };
const HALF: Ratio = { numerator: 1, denominator: 2 };

function datagramRig(options: Partial<DatagramOptions> = {}, rig: NetworkRigOptions = { server: ECHO }): NetworkRig {
  return networkRig({ ...rig, makeNetwork: (network) => new DatagramNetwork({ ...network, ...options }) });
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i}`);
const sorted = (labels: readonly string[]): string[] => [...labels].sort((a, b) => (a < b ? -1 : 1));

describe('a datagram', () => {
  it('arrives by itself: no handshake, and the server has several of one client at once', () => {
    const rig = datagramRig({}, {});
    rig.ask('ann', 'srv', 'a', 'b');
    rig.runForMs(10);
    expect(rig.labels('srv', 'main', true)).toEqual(['a @1', 'b @1']);
    rig.serve('srv', 'b');
    rig.runForMs(10);
    expect(rig.labels('ann', 'app', true)).toEqual(['re b @11']);
  });

  it('may be lost, and nobody is told', () => {
    const rig = datagramRig({ loss: HALF }, {});
    rig.ask('ann', 'srv', ...numbers(1_000));
    rig.runForMs(10);
    expect(Math.abs(rig.labels('srv').length - 500)).toBeLessThan(80);
    expect(rig.labels('ann')).toEqual([]);
    const silent = datagramRig({ loss: ALWAYS });
    silent.ask('ann', 'srv', 'a');
    silent.runForMs(10);
    expect(silent.labels('srv')).toEqual([]);
  });

  it('may arrive twice, each copy with a fate of its own', () => {
    const rig = datagramRig({ duplicate: HALF, latency: LAN }, {});
    rig.ask('ann', 'srv', ...numbers(1_000));
    rig.runForMs(100);
    const heard = rig.labels('srv');
    expect(new Set(heard).size).toBe(1_000);
    expect(Math.abs(heard.length - 1_500)).toBeLessThan(80);
    const lossy = datagramRig({ duplicate: ALWAYS, loss: HALF }, {});
    lossy.ask('ann', 'srv', ...numbers(1_000));
    lossy.runForMs(100);
    // One in four loses both copies, not one in two.
    expect(Math.abs(new Set(lossy.labels('srv')).size - 750)).toBeLessThan(70);
    const everyOne = datagramRig({ duplicate: ALWAYS }, {});
    everyOne.ask('ann', 'srv', 'a');
    everyOne.runForMs(10);
    expect(everyOne.labels('srv')).toEqual(['a', 'a']);
  });

  it('may be overtaken by later ones', () => {
    const rig = datagramRig({ reorder: HALF, reorderUs: 50_000 }, {});
    for (const label of numbers(50)) { rig.ask('ann', 'srv', label); rig.runForMs(2); }
    rig.runForMs(100);
    const heard = rig.labels('srv');
    expect(sorted(heard)).toEqual(sorted(numbers(50)));
    expect(heard).not.toEqual(numbers(50));
  });

  it('keeps its fate when others may be duplicated, too: a second copy changes nothing else', () => {
    fc.assert(
      fc.property(fc.string(), (seed) => {
        const arrivals = (duplicate: Ratio): string[] => {
          const rig = datagramRig({ seed, duplicate, loss: { numerator: 1, denominator: 4 }, latency: LAN }, {});
          rig.ask('ann', 'srv', ...numbers(40));
          rig.runForMs(100);
          return rig.labels('srv', 'main', true);
        };
        const once = arrivals({ numerator: 0, denominator: 1 });
        const twice = arrivals(ALWAYS);
        expect(twice.length).toBeGreaterThan(once.length);
        for (const arrival of once) expect(twice).toContain(arrival);
      }),
      { numRuns: 20 },
    );
  });

  it('takes longer on a slow link, dies at a cut, waits behind a clog', () => {
    const rig = datagramRig({}, {});
    rig.impose('slow', ['ann'], ['srv'], { kind: 'slow', addUs: 4_000 });
    rig.ask('ann', 'srv', 'slow');
    rig.runForMs(10);
    rig.lift('slow');
    rig.impose('cut', ['ann'], ['srv'], { kind: 'cut' }, 'one');
    rig.ask('ann', 'srv', 'cut');
    rig.runForMs(10);
    rig.lift('cut');
    rig.impose('clog', ['ann'], ['srv'], { kind: 'clog' });
    rig.ask('ann', 'srv', 'clogged', 'too');
    rig.runForMs(10);
    rig.lift('clog');
    rig.runForMs(10);
    expect(rig.labels('srv', 'main', true)).toEqual(['slow @5', 'clogged @30', 'too @30']);
  });

  it('that a cut joins behind a clog dies there', () => {
    const rig = datagramRig({}, {});
    rig.impose('clog', ['ann'], ['srv'], { kind: 'clog' });
    rig.ask('ann', 'srv', 'a');
    rig.runForMs(10);
    rig.impose('cut', ['ann'], ['srv'], { kind: 'cut' });
    rig.lift('clog');
    rig.runForMs(10);
    rig.lift('cut');
    rig.runForMs(1_000);
    expect(rig.labels('srv')).toEqual([]);
  });

  it('to a node that is down, or serves nobody, is lost', () => {
    const rig = datagramRig();
    rig.crash('srv');
    rig.ask('ann', 'srv', 'a');
    rig.tell('ann', 'app', { kind: 'send', to: indexOf('bob'), message: { type: 'x' } });
    rig.runForMs(10);
    rig.start('srv');
    rig.runForMs(10);
    expect([rig.labels('srv'), rig.labels('ann'), rig.labels('bob')]).toEqual([[], [], []]);
  });

  it('that waits behind a clog waits in a fork as well, and what comes later only where it was sent', () => {
    const rig = datagramRig({}, {});
    rig.impose('clog', ['ann'], ['srv'], { kind: 'clog' });
    rig.ask('ann', 'srv', 'before');
    rig.runForMs(10);
    const fork = rig.fork();
    rig.ask('ann', 'srv', 'after');
    for (const each of [rig, fork]) {
      each.runForMs(10);
      each.lift('clog');
      each.runForMs(10);
    }
    expect([rig.labels('srv'), fork.labels('srv')]).toEqual([['before', 'after'], ['before']]);
  });

  it('that answers is for the machine that asked, not for the next one of its name or the next life of its node', () => {
    const rig = datagramRig({}, {});
    rig.ask('ann', 'srv', 'a');
    rig.tell('ann', 'aux', ask('srv', 'b'));
    rig.runForMs(10);
    rig.tell('ann', 'aux', { kind: 'stop', name: 'app' }, { kind: 'spawn', name: 'app', machine: 'ann/app', input: { files: [] } });
    rig.serve('srv', 'a');
    rig.serve('srv', 'b');
    rig.runForMs(10);
    expect([rig.labels('ann', 'app'), rig.labels('ann', 'aux')]).toEqual([[], ['re b']]);
    rig.ask('ann', 'srv', 'c');
    rig.runForMs(10);
    rig.crash('ann');
    rig.start('ann');
    rig.serve('srv', 'c');
    rig.runForMs(10);
    expect(rig.labels('ann')).toEqual([]);
  });

  it('may be answered by a server that has been told nothing of connections: release and hangUp mean nothing', () => {
    const rig = datagramRig({}, {});
    rig.ask('ann', 'srv', 'a');
    rig.runForMs(10);
    rig.serve('srv', 'a', 'release');
    rig.serve('srv', 'a', 'hangUp');
    rig.network.reset(rig.world, 0, 2);
    rig.serve('srv', 'a');
    rig.runForMs(10);
    expect(rig.labels('ann')).toEqual(['re a']);
  });

  it('waits at a paused process as everything does', () => {
    const rig = datagramRig();
    rig.world.pause(indexOf('srv'));
    rig.ask('ann', 'srv', 'a', 'b');
    rig.runForMs(10);
    rig.world.resume(indexOf('srv'));
    rig.runForMs(1);
    expect([rig.labels('srv', 'main', true), rig.labels('ann'), rig.world.nowUs]).toEqual([['a @10', 'b @10'], ['a', 'b'], 11 * US_PER_MS]);
  });
});
