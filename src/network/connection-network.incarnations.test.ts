/** Connection mode where processes and hosts come and go: what belongs to one life stays in it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { US_PER_MS } from '../kernel/time.ts';
import { ECHO, ask, disconnect, indexOf, networkRig } from './network-rig.ts';

/** A request says who sent it on which of its connections; a fresh one after every loss and in every incarnation. */
interface Origin {
  readonly incarnation: number;
  readonly generation: number;
  readonly n: number;
}

describe('connections across incarnations', () => {
  const trouble = fc.array(
    fc.record({
      atMs: fc.nat(120),
      what: fc.constantFrom('ask', 'ask', 'ask', 'ask', 'crash ann', 'crash srv', 'power ann', 'power srv', 'start', 'cut', 'lift', 'clog', 'disconnect', 'pause srv', 'resume', 'reset'),
    }),
    { maxLength: 60 },
  );

  it('never carry a request or an answer of one life into another, and never drop or repeat one in the middle', () => {
    fc.assert(
      fc.property(trouble, fc.string(), (all, seed) => {
        const latency = { minUs: 500, maxUs: 8_000, tailUs: 30_000, tail: { numerator: 1, denominator: 8 } };
        const rig = networkRig({ server: ECHO, network: { seed, latency } });
        const heardBy = { ann: [] as string[], srv: [] as string[] };
        let generation = 0;
        let n = 0;
        /** What is heard is read before a life ends, and at the end. */
        const collect = (node: 'ann' | 'srv'): void => {
          const { incarnation } = rig.world.node(indexOf(node));
          for (const label of rig.labels(node)) heardBy[node].push(`${incarnation} ${label}`);
        };
        let lost = 0;
        const pull = (what: string): void => {
          const [verb, node] = what.split(' ') as [string, 'ann' | 'srv'];
          // A client that has been told of a loss, or has closed, sends on its next connection.
          const losses = rig.heardTypes('ann', 'app').filter((type) => type === 'connection.lost').length;
          if (losses !== lost) { generation += 1; n = 0; lost = losses; }
          if (verb === 'ask' && rig.world.isUp(indexOf('ann'))) {
            rig.ask('ann', 'srv', JSON.stringify({ incarnation: rig.world.node(0).incarnation, generation, n } satisfies Origin));
            n += 1;
          } else if (verb === 'crash' || verb === 'power') {
            collect(node);
            if (verb === 'crash') rig.crash(node);
            else rig.powerLoss(node);
            if (node === 'ann') { generation += 1; n = 0; lost = 0; }
          } else if (verb === 'start') { rig.start('ann'); rig.start('srv'); }
          else if (verb === 'cut') rig.impose('cut', ['ann'], ['srv'], { kind: 'cut' });
          else if (verb === 'clog') rig.impose('clog', ['srv'], ['ann'], { kind: 'clog' }, 'one');
          else if (verb === 'lift') rig.network.heal(rig.world);
          else if (verb === 'disconnect') { rig.tell('ann', 'app', disconnect('srv')); generation += 1; n = 0; }
          else if (verb === 'pause') rig.world.pause(indexOf('srv'));
          else if (verb === 'resume') rig.world.resume(indexOf('srv'));
          else if (verb === 'reset') rig.network.reset(rig.world, 0, 2);
        };
        for (const { atMs, what } of all.sort((a, b) => a.atMs - b.atMs)) {
          rig.world.runUntil(atMs * US_PER_MS);
          pull(what);
        }
        rig.network.heal(rig.world);
        rig.world.resume(indexOf('srv'));
        rig.runForMs(500);
        collect('ann');
        collect('srv');

        const originsOf = (node: 'ann' | 'srv'): [number, Origin][] =>
          heardBy[node].filter((line) => line.includes('{')).map((line) => [Number(line.split(' ')[0]), JSON.parse(line.slice(line.indexOf('{'))) as Origin]);
        for (const [incarnation, origin] of originsOf('ann')) expect(origin.incarnation).toBe(incarnation);
        for (const node of ['ann', 'srv'] as const) {
          const next = new Map<string, number>();
          for (const [incarnation, origin] of originsOf(node)) {
            const connection = node === 'srv' ? `${incarnation}/${origin.generation}` : `${origin.generation}`;
            expect([connection, origin.n]).toEqual([connection, next.get(connection) ?? 0]);
            next.set(connection, origin.n + 1);
          }
          // One connection is served by one incarnation of the server.
          const serving = [...next.keys()].filter((key) => key.includes('/')).map((key) => key.split('/')[1]);
          expect(new Set(serving).size).toBe(serving.length);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('bring a request to a process that is just being told of the loss of its own connection no further', () => {
    const rig = networkRig({ client: { 'connection.lost': () => [ask('srv', 'again')] }, server: ECHO });
    rig.ask('ann', 'srv', 'a');
    rig.runForMs(10);
    rig.network.reset(rig.world, 0, 2);
    rig.runForMs(10);
    expect(rig.labels('srv')).toEqual(['a', 'again']);
    expect(rig.labels('ann')).toEqual(['a', 'connection.lost: reset', 'again']);
  });
});
