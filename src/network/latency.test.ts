import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { US_PER_MS } from '../kernel/time.ts';
import { LAN, MIN_RTO_US, happens, latencyUs, retransmissionStallUs } from './latency.ts';
import { ECHO, NODES, ask, networkRig, type NodeName } from './network-rig.ts';

const MESSAGES = 20_000;
const overMessages = <T>(of: (n: number) => T): T[] => Array.from({ length: MESSAGES }, (_, n) => of(n));

describe('the fate of a message', () => {
  it('is a latency within the model, the tail about as often as it says', () => {
    const drawn = overMessages((n) => latencyUs(LAN, 7, n));
    const tail = drawn.filter((us) => us > LAN.maxUs);
    expect(Math.min(...drawn)).toBe(LAN.minUs);
    expect(Math.max(...drawn)).toBeLessThanOrEqual(LAN.tailUs);
    expect(tail.length).toBeGreaterThan(5);
    expect(tail.length).toBeLessThan(60);
    const meanUs = drawn.filter((us) => us <= LAN.maxUs).reduce((sum, us) => sum + us, 0) / (MESSAGES - tail.length);
    expect(Math.abs(meanUs - (LAN.minUs + LAN.maxUs) / 2)).toBeLessThan(10);
  });

  it('is certain where a probability is 0 or 1, and about as likely as it says in between', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(), fc.nat(15), (key, n, index) => {
        expect(happens({ numerator: 0, denominator: 9 }, key, n, index)).toBe(false);
        expect(happens({ numerator: 9, denominator: 9 }, key, n, index)).toBe(true);
      }),
    );
    const hits = overMessages((n) => happens({ numerator: 1, denominator: 5 }, 3, n, 2)).filter(Boolean).length;
    expect(Math.abs(hits - MESSAGES / 5)).toBeLessThan(300);
  });

  it('is a stall of rto * (2^k - 1) with probability p^k', () => {
    const stalls = overMessages((n) => retransmissionStallUs({ numerator: 1, denominator: 3 }, 11, n) / MIN_RTO_US);
    for (const [losses, share] of [[0, 2 / 3], [1, 2 / 9], [2, 2 / 27]] as const) {
      expect(Math.abs(stalls.filter((stall) => stall === 2 ** losses - 1).length - share * MESSAGES)).toBeLessThan(400);
    }
    expect(overMessages((n) => retransmissionStallUs({ numerator: 0, denominator: 1 }, 11, n)).every((stall) => stall === 0)).toBe(true);
    expect(retransmissionStallUs({ numerator: 1, denominator: 1 }, 11, 0)).toBe(63 * MIN_RTO_US);
  });

  it('is that of its link and number, whatever happens on other links and whoever else there is', () => {
    const wild = { minUs: 1, maxUs: 40_000, tailUs: 90_000, tail: { numerator: 1, denominator: 5 } };
    /** What two hears from bob, and when. */
    const heardByTwo = (nodeNames: readonly string[], disturb: boolean): string[] => {
      const extra = nodeNames.slice(NODES.length).map((name) => ({ name, machines: {} }));
      const rig = networkRig({
        network: { nodeNames, latency: wild, loss: { numerator: 1, denominator: 10 } },
        nodes: [{ name: 'ann', machines: { app: {} } }, { name: 'bob', machines: { app: {} } }, { name: 'srv', machines: { main: ECHO }, server: 'main' }, { name: 'two', machines: { main: ECHO }, server: 'main' }, ...extra],
      });
      for (let i = 0; i < 10; i += 1) {
        rig.at(i * 1_000_000, (at) => at.tell('bob', 'app', ask('two', `${i}`)));
        if (disturb) rig.at(i * 900_000, (at) => at.tell('ann', 'app', ask('two', 'x'), ask('srv', 'y')));
        if (disturb) rig.at(i * 800_000, (at) => at.tell('bob', 'app', ask('srv', 'z')));
      }
      rig.runForMs(60_000);
      return rig.labels('two' satisfies NodeName, 'main', true).filter((label) => !label.startsWith('x'));
    };
    const alone = heardByTwo(NODES, false);
    expect(alone.length).toBe(10);
    expect(heardByTwo(NODES, true)).toEqual(alone);
    expect(heardByTwo([...NODES, 'stranger'], false)).toEqual(alone);
  });

  it('is left as it was by a fault elsewhere that was removed', () => {
    const answers = (withFault: boolean): string[] => {
      const rig = networkRig({ server: ECHO, network: { latency: LAN } });
      if (withFault) rig.at(20 * US_PER_MS, (at) => (at.world.transport as unknown as typeof rig.network).addRule(at.world, { id: 'f', links: [[0, 2], [2, 0]], effect: { kind: 'cut' } }));
      for (let i = 0; i < 50; i += 1) rig.at(i * 2_000, (at) => { at.tell('ann', 'app', ask('srv', `${i}`)); at.tell('bob', 'app', ask('two', `${i}`)); });
      rig.runForMs(1_000);
      return rig.labels('bob', 'app', true);
    };
    expect(answers(true)).toEqual(answers(false));
    expect(answers(true).length).toBe(50);
  });
});
