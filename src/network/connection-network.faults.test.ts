/** Connection mode under faults of hosts, processes and links. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { US_PER_MS } from '../kernel/time.ts';
import { MIN_RTO_US } from './latency.ts';
import { ECHO, disconnect, indexOf, networkRig, type NetworkRig, type NetworkRigOptions } from './network-rig.ts';

const RTO_MS = MIN_RTO_US / US_PER_MS;

/** A rig at 10 ms on which ann has an idle connection to srv. */
function connectedRig(options: NetworkRigOptions = { server: ECHO }): NetworkRig {
  const rig = networkRig(options);
  rig.ask('ann', 'srv', 'open');
  rig.runForMs(5);
  if (options.server === undefined) rig.serve('srv', 'open');
  rig.runForMs(5);
  return rig;
}

const news = (rig: NetworkRig): string[] => rig.labels('ann', 'app', true).filter((label) => label.startsWith('connection'));

describe('a server process that crashes', () => {
  it('has its host reset every connection, and refuse new ones until it is back', () => {
    const rig = connectedRig();
    rig.crash('srv');
    rig.runForMs(10);
    rig.ask('ann', 'srv', 'a');
    rig.runForMs(10);
    rig.start('srv');
    rig.ask('ann', 'srv', 'b');
    rig.runForMs(10);
    expect(rig.labels('ann', 'app', true)).toEqual(['open @4', 'connection.lost: reset @11', 'connection.lost: refused @22', 'b @34']);
  });

  it('leaves its clients undecided: one request executed, one waiting, one under way, and nobody is told which', () => {
    const rig = connectedRig({});
    rig.ask('ann', 'srv', 'executed', 'waiting');
    rig.runForMs(2);
    rig.ask('ann', 'srv', 'under way');
    rig.crash('srv');
    rig.start('srv');
    rig.runForMs(10);
    expect(rig.labels('srv')).toEqual([]);
    expect(news(rig)).toEqual(['connection.lost: reset @13']);
  });

  it('that answers as its last deed may be heard before the reset', () => {
    const rig = connectedRig({});
    rig.ask('ann', 'srv', 'a');
    rig.runForMs(2);
    rig.serve('srv', 'a');
    rig.crash('srv');
    rig.runForMs(10);
    expect(rig.labels('ann', 'app', true).slice(1)).toEqual(['re a @13', 'connection.lost: reset @13']);
  });

  it('behind a cut leaves its clients half-open: its RST is not sent again, and the first request after the cut meets the next', () => {
    const rig = connectedRig();
    rig.impose('cut', ['srv'], ['ann'], { kind: 'cut' }, 'one');
    rig.crash('srv');
    rig.start('srv');
    rig.runForMs(1_000);
    rig.lift('cut');
    rig.runForMs(100_000);
    expect(news(rig)).toEqual([]);
    rig.ask('ann', 'srv', 'a');
    rig.runForMs(10);
    expect(news(rig)).toEqual(['connection.lost: reset @101012']);
    expect(rig.labels('srv')).toEqual([]);
  });

  it('behind a clog has its RST arrive when the clog is gone', () => {
    const rig = connectedRig();
    rig.impose('clog', ['srv'], ['ann'], { kind: 'clog' });
    rig.crash('srv');
    rig.runForMs(90);
    expect(news(rig)).toEqual([]);
    rig.lift('clog');
    rig.runForMs(10);
    expect(news(rig)).toEqual(['connection.lost: reset @100']);
  });
});

describe('a server host that loses power', () => {
  it('leaves its clients half-open: who does not ask is told nothing, who asks once it is back is reset', () => {
    const rig = connectedRig();
    rig.powerLoss('srv');
    rig.runForMs(1_000);
    rig.start('srv');
    rig.runForMs(1_000_000);
    expect(news(rig)).toEqual([]);
    rig.ask('ann', 'srv', 'a');
    rig.runForMs(10);
    expect(news(rig)).toEqual(['connection.lost: reset @1001012']);
    expect(rig.labels('srv')).toEqual([]);
  });

  it('answers nothing while it is down; TCP repeats the request until it is back, and then it is reset', () => {
    const rig = connectedRig();
    rig.powerLoss('srv');
    rig.ask('ann', 'srv', 'a');
    rig.runForMs(4_990);
    expect(news(rig)).toEqual([]);
    rig.start('srv');
    // The timeout has doubled to at most what has passed.
    rig.runForMs(5_001);
    expect(news(rig).map((line) => line.split(' @')[0])).toEqual(['connection.lost: reset']);
    expect(rig.labels('srv')).toEqual([]);
  });

  it('lets the client give up by itself, which ends the matter', () => {
    const rig = connectedRig();
    rig.powerLoss('srv');
    rig.ask('ann', 'srv', 'a');
    rig.runForMs(500);
    rig.tell('ann', 'app', disconnect('srv'));
    rig.start('srv');
    rig.ask('ann', 'srv', 'b');
    rig.runForMs(1_000);
    expect(rig.labels('srv')).toEqual(['b']);
    expect(rig.labels('ann').slice(1)).toEqual(['b']);
  });

  it('neither accepts nor refuses: a connect times out, unless it is back before that', () => {
    const rig = networkRig({ server: ECHO });
    rig.powerLoss('srv');
    rig.ask('ann', 'srv', 'a');
    rig.runForMs(12_000);
    expect(rig.labels('ann', 'app', true)).toEqual(['connection.lost: timedOut @10000']);
    rig.ask('ann', 'srv', 'b');
    rig.runForMs(1_000);
    rig.start('srv');
    rig.runForMs(1_010);
    expect(rig.labels('ann').slice(1)).toEqual(['b']);
  });

  it('is no different when its process had crashed before', () => {
    const rig = networkRig({ server: ECHO });
    rig.crash('srv');
    rig.powerLoss('srv');
    rig.ask('ann', 'srv', 'a');
    rig.runForMs(12_000);
    expect(news(rig)).toEqual(['connection.lost: timedOut @10000']);
  });
});

describe('a client that dies', () => {
  it('has what it asked executed if it arrived, and its next incarnation hears no answer', () => {
    for (const how of ['crash', 'powerLoss'] as const) {
      const rig = connectedRig({});
      rig.ask('ann', 'srv', 'a');
      rig.runForMs(5);
      rig[how]('ann');
      rig.start('ann');
      rig.serve('srv', 'a');
      rig.ask('ann', 'srv', 'b');
      rig.runForMs(10);
      expect(rig.labels('ann')).toEqual([]);
      rig.serve('srv', 'b');
      rig.runForMs(10);
      expect(rig.labels('ann')).toEqual(['re b']);
      expect(rig.labels('srv')).toEqual(['open', 'a', 'b']);
    }
  });

  it('takes with it what it would still have had to send again', () => {
    for (const how of ['crash', 'powerLoss'] as const) {
      const rig = connectedRig();
      rig.impose('cut', ['ann'], ['srv'], { kind: 'cut' });
      rig.ask('ann', 'srv', 'lost');
      rig.runForMs(100);
      rig[how]('ann');
      rig.start('ann');
      rig.lift('cut');
      rig.ask('ann', 'srv', 'new');
      rig.runForMs(10_000);
      expect(rig.labels('srv')).toEqual(['open', 'new']);
      rig.tell('ann', 'app', disconnect('srv'));
      rig.runForMs(10);
      expect(rig.connections.size).toBe(0);
    }
  });
});

describe('a partition', () => {
  it('stalls both directions and delivers late, in order, at most as late again as it lasted', () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 60_000 }), fc.nat(20), fc.string(), (lastsMs, count, seed) => {
        const rig = connectedRig({ server: ECHO, network: { seed } });
        rig.impose('cut', ['ann'], ['srv', 'two'], { kind: 'cut' });
        const labels = Array.from({ length: count }, (_, i) => `${i}`);
        rig.ask('ann', 'srv', ...labels);
        rig.runForMs(lastsMs);
        expect(rig.labels('srv')).toEqual(['open']);
        rig.lift('cut');
        rig.runForMs(lastsMs + 2);
        expect(rig.labels('srv')).toEqual(['open', ...labels]);
        expect(rig.labels('ann')).toEqual(['open', ...labels]);
      }),
      { numRuns: 40 },
    );
  });

  it('stalls in a fork what it stalled in the original, and nothing that came after', () => {
    const rig = connectedRig();
    rig.impose('cut', ['ann'], ['srv'], { kind: 'cut' });
    rig.ask('ann', 'srv', 'before');
    rig.runForMs(10);
    const fork = rig.fork();
    rig.ask('ann', 'srv', 'only in the original');
    fork.ask('ann', 'srv', 'only in the fork');
    for (const each of [rig, fork]) {
      each.runForMs(10);
      each.lift('cut');
      each.runForMs(100);
    }
    expect(rig.labels('srv')).toEqual(['open', 'before', 'only in the original']);
    expect(fork.labels('srv')).toEqual(['open', 'before', 'only in the fork']);
  });

  it('lets no connection open: a connect times out', () => {
    const rig = networkRig({ server: ECHO });
    rig.impose('cut', ['ann'], ['srv'], { kind: 'cut' });
    rig.ask('ann', 'srv', 'a', 'b');
    rig.runForMs(15_000);
    rig.lift('cut');
    rig.runForMs(60_000);
    expect(rig.labels('ann', 'app', true)).toEqual(['connection.lost: timedOut @10000']);
    expect(rig.labels('srv')).toEqual([]);
  });

  it('of the way back only has the request executed and its answer stall', () => {
    const rig = connectedRig();
    rig.impose('deaf', ['srv'], ['ann'], { kind: 'cut' }, 'one');
    rig.ask('ann', 'srv', 'a', 'b');
    rig.runForMs(1_000);
    expect(rig.labels('srv')).toEqual(['open', 'a', 'b']);
    expect(rig.labels('ann')).toEqual(['open']);
    rig.lift('deaf');
    rig.runForMs(1_001);
    expect(rig.labels('ann')).toEqual(['open', 'a', 'b']);
  });

  it('of some leaves the others alone', () => {
    const rig = networkRig({ server: ECHO });
    rig.impose('cut', ['ann'], ['srv'], { kind: 'cut' });
    rig.ask('ann', 'two', 'a');
    rig.ask('bob', 'srv', 'b');
    rig.runForMs(10);
    expect([rig.labels('ann', 'app', true), rig.labels('bob', 'app', true)]).toEqual([['a @4'], ['b @4']]);
  });

  it('that another one outlasts goes on with it', () => {
    const rig = connectedRig();
    rig.impose('first', ['ann'], ['srv'], { kind: 'cut' });
    rig.ask('ann', 'srv', 'a');
    rig.runForMs(100);
    rig.impose('second', ['ann', 'bob'], ['srv', 'two'], { kind: 'cut' });
    rig.lift('first');
    rig.runForMs(10_000);
    expect(rig.labels('srv')).toEqual(['open']);
    rig.network.heal(rig.world);
    rig.runForMs(10_200);
    expect(rig.labels('ann')).toEqual(['open', 'a']);
  });
});

describe('a link', () => {
  it('that is clogged lets everything go at once when it is free again', () => {
    const rig = connectedRig();
    rig.impose('clog', ['ann'], ['srv'], { kind: 'clog' });
    rig.ask('ann', 'srv', 'a');
    rig.runForMs(50);
    rig.ask('ann', 'srv', 'b');
    rig.runForMs(40);
    rig.lift('clog');
    rig.runForMs(10);
    expect(rig.labels('srv', 'main', true)).toEqual(['open @3', 'a @100', 'b @100']);
    expect(rig.labels('ann', 'app', true)).toEqual(['open @4', 'a @101', 'b @101']);
  });

  it('that is slow takes longer by what its faults add up to', () => {
    const rig = connectedRig();
    rig.impose('slow', ['ann'], ['srv'], { kind: 'slow', addUs: 5_000 }, 'one');
    rig.impose('slower', ['ann'], ['srv', 'two'], { kind: 'slow', addUs: 2_000 });
    rig.ask('ann', 'srv', 'a');
    rig.runForMs(30);
    expect([rig.labels('srv', 'main', true)[1], rig.labels('ann', 'app', true)[1]]).toEqual(['a @18', 'a @21']);
  });

  it('that is flaky stalls by whole series of doubled retransmission timeouts, and loses nothing', () => {
    const rig = connectedRig();
    rig.impose('flaky', ['ann'], ['srv'], { kind: 'loss', loss: { numerator: 1, denominator: 2 } }, 'one');
    const stalls = new Set<number>();
    for (let i = 0; i < 200; i += 1) {
      const sentAtMs = rig.world.nowUs / US_PER_MS;
      rig.ask('ann', 'srv', `${i}`);
      rig.runForMs(20_000);
      const [label, atMs] = (rig.labels('srv', 'main', true).at(-1) ?? '').split(' @');
      expect(label).toBe(`${i}`);
      stalls.add(Number(atMs) - sentAtMs - 1);
    }
    expect([...stalls].sort((a, b) => a - b).slice(0, 4)).toEqual([0, RTO_MS, 3 * RTO_MS, 7 * RTO_MS]);
    expect([...stalls].every((stall) => [0, 1, 3, 7, 15, 31, 63].includes(stall / RTO_MS))).toBe(true);
  });

  it('that loses everything stalls for as long as TCP keeps trying in our model', () => {
    const rig = connectedRig();
    rig.impose('flaky', ['ann'], ['srv'], { kind: 'loss', loss: { numerator: 1, denominator: 1 } }, 'one');
    rig.ask('ann', 'srv', 'a');
    rig.runForMs(20_000);
    expect(rig.labels('srv', 'main', true)[1]).toBe(`a @${10 + 1 + 63 * RTO_MS}`);
  });

  it('that is reset breaks both ends; what was being served goes on, its answer does not arrive, a new connection works', () => {
    const rig = connectedRig({});
    rig.ask('ann', 'srv', 'served', 'waiting');
    rig.ask('bob', 'srv', 'apart');
    rig.runForMs(10);
    rig.network.reset(rig.world, indexOf('srv'), indexOf('ann'));
    expect(news(rig)).toEqual(['connection.lost: reset @20']);
    rig.serve('srv', 'served');
    rig.serve('srv', 'apart');
    rig.ask('ann', 'srv', 'new');
    rig.runForMs(10);
    rig.serve('srv', 'new');
    rig.runForMs(10);
    expect(rig.labels('srv')).toEqual(['open', 'served', 'apart', 'new']);
    expect(rig.labels('ann')).toEqual(['re open', 'connection.lost: reset', 're new']);
    expect(rig.labels('bob')).toEqual(['re apart']);
  });
});
