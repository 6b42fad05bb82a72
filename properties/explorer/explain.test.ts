/**
 * Causes: a run goes on in other ways from any of its moments, and the moment from which on a violation was certain is the
 * one that was planted.
 */
import { describe, expect, it } from 'vitest';
import { explainRun, leastShare } from '../../src/explorer/explain/certainty.ts';
import { Futures } from '../../src/explorer/explain/futures.ts';
import { requestOf, type Asked } from '../../src/explorer/request.ts';
import { fingerprintOf } from '../../src/explorer/shrink/fingerprint.ts';
import { present } from '../../src/kernel/assert.ts';
import { US_PER_S } from '../../src/kernel/time.ts';
import { parseScenario } from '../../src/scenarios/parse.ts';
import { begin, execute } from '../../src/scenarios/run.ts';

/**
 * A record for each of two partitions, each acknowledged by a leader whose follower hears of it a second later; one of the
 * brokers, and with it the leader of one of the two, goes dark in between, at the planted moment. Before that the records are
 * as good as there, from then on one is lost.
 */
function lossAt(atMs: number, partitions: 1 | 2 = 2, link = 'slow: { from: broker-*, to: broker-* }, add: 1s'): Asked {
  const sends = ['{ at: 5s, value: one, partition: 0 }', '{ at: 5s, value: other, partition: 1 }'].slice(0, partitions);
  const parsed = parseScenario({
    file: 'planted',
    content: `
scenario: planted
seed: 1
duration: 14s
cluster: { brokers: 2, config: { broker.session.timeout.ms: 1500, broker.heartbeat.interval.ms: 300, replica.lag.time.max.ms: 8000, controller.socket.timeout.ms: 1000, replica.socket.timeout.ms: 3000 } }
topics: [{ name: t, partitions: ${partitions}, replicationFactor: 2 }]
producers: [{ name: p, config: { acks: 1 } }]
workload:
  - { producer: p, topic: t, sends: [${sends.join(', ')}] }
faults:
  - { at: 4s, ${link}, for: 9s }
  - { at: ${atMs}ms, powerLoss: broker-1 }
mustSurvive: every-ack
checks: [acknowledged-records-survive]
`,
  });
  if (!('value' in parsed)) throw new Error(JSON.stringify(parsed.problems));
  return requestOf(parsed.value, '1');
}

function explained(asked: Asked, options: Parameters<typeof explainRun>[2]) {
  const { verdicts } = execute({ ...asked, engine: 'compiled' });
  return present(explainRun(asked, present(fingerprintOf(verdicts, asked.scenario), 'a violation'), options), 'an explanation').explained;
}

describe('a run', () => {
  const asked = lossAt(5_500);

  it('has the same past and another future under another seed', () => {
    const { world } = begin({ ...asked, engine: 'compiled' });
    world.runUntil(5 * US_PER_S);
    const past = world.digest.toString();
    const [same, other, again] = [undefined, 'other', 'other'].map((seed) => world.fork(seed));
    for (const fork of [same, other, again]) {
      expect(fork?.digest.toString()).toBe(past);
      fork?.runUntil(9 * US_PER_S);
    }
    world.runUntil(9 * US_PER_S);
    expect(same?.digest.toString()).toBe(world.digest.toString());
    expect(other?.digest.toString()).not.toBe(world.digest.toString());
    expect(again?.digest.toString()).toBe(other?.digest.toString());
  });

  it.each([5_200, 5_700])('was lost for certain from the fault at %i ms on, and not a microsecond earlier', (atMs) => {
    const { faultsToCome, plannedFromStart, certain, steepest, curve, evidence } = explained(lossAt(atMs), { points: 5, futures: 8, certainFutures: 30 });
    expect([faultsToCome, plannedFromStart]).toEqual(['spared', 30]);
    expect(certain.fromUs).toBe(atMs * 1_000);
    expect(certain.before?.violated).toBe(0);
    expect(curve.filter(({ atUs }) => atUs < atMs * 1_000).every(({ violated }) => violated === 0)).toBe(true);
    expect(curve.filter(({ atUs }) => atUs >= atMs * 1_000).every(({ violated, futures }) => violated === futures)).toBe(true);
    expect(steepest).toMatchObject({ atUs: atMs * 1_000, before: { violated: 0 }, after: { violated: 8 }, steps: certain.steps });
    expect(evidence.atUs).toBeGreaterThan(atMs * 1_000);
    expect(certain.steps.map(({ node, event }) => `${node} ${event}`)).toContain('broker-1 power loss');
  });

  it('is not explained by a violation that it does not have', () => {
    expect(explainRun(asked, { property: 'acknowledged-records-survive', kind: 'made up' })).toBeUndefined();
  });
});

describe('a violation that chance decides', () => {
  // Of one partition, whose leader is drawn when the topic is created: broker-1, which goes dark, or the other one.
  const chosen = (): Asked => present(['1', '2', '3', '4', '5', '6', '7', '8'].map((seed) => ({ ...lossAt(5_500, 1), seed })).find((each) => execute({ ...each, engine: 'compiled' }).verdicts[0]?.verdict === 'violated'), 'a loss');

  it('has the same futures as long as nothing happens', () => {
    const asked = chosen();
    const { verdicts } = execute({ ...asked, engine: 'compiled' });
    const futures = new Futures(asked, present(fingerprintOf(verdicts, asked.scenario), 'a violation'));
    const { world } = begin({ ...asked, engine: 'compiled' });
    for (const untilUs of [100_000, 300_000, 500_000]) {
      world.runUntil(untilUs);
      const nextUs = world.nextAtUs;
      expect(nextUs).toBeGreaterThan(untilUs + 1);
      expect(futures.take(untilUs, 30)).toEqual(futures.take(nextUs - 1, 30));
    }
  });

  it('is neither certain nor impossible before the draw, and certain from the step on that draws', () => {
    const { faultsToCome, plannedFromStart, certain, curve } = explained(chosen(), { points: 6, futures: 20, certainFutures: 60 });
    expect([faultsToCome, plannedFromStart]).toEqual(['planned', null]);
    expect(curve[0]?.violated).toBeGreaterThan(0);
    expect(curve[0]?.violated).toBeLessThan(20);
    expect(curve.at(-1)).toMatchObject({ violated: 20 });
    expect(certain.fromUs).toBeLessThan(2 * US_PER_S);
    expect(certain.before?.violated).toBeLessThan(60);
    expect(certain.steps.map(({ node, event }) => `${node} ${event}`)).toEqual(expect.arrayContaining([expect.stringMatching(/^controller-1 /)]));
  });
});

describe('a violation that becomes likely by one step and certain by a later one', () => {
  // The leader is drawn: broker-1, which goes dark. The follower fetches what it had over a link that loses four of five messages.
  const flaky = lossAt(5_500, 1, 'flaky: { from: broker-*, to: broker-* }, loss: 4/5');

  it('names both', () => {
    const asked = present(['1', '2', '3', '4', '5', '6', '7', '8'].map((seed) => ({ ...flaky, seed })).find((each) => execute({ ...each, engine: 'compiled' }).verdicts[0]?.verdict === 'violated'), 'a loss');
    const { certain, steepest, curve } = explained(asked, { points: 12, futures: 40, certainFutures: 100 });
    const rise = present(steepest ?? undefined, 'a rise');
    expect(rise.steps.map(({ node, event }) => `${node} ${event}`)).toEqual(expect.arrayContaining([expect.stringMatching(/^controller-1 .*CreateTopicsRequest/)]));
    expect(rise.after.violated - rise.before.violated).toBeGreaterThan(8);
    expect(certain.fromUs).toBeGreaterThan(4 * US_PER_S);
    expect(certain.steps.length).toBeGreaterThan(0);
    expect(certain.before?.violated).toBeLessThan(100);
    expect(curve.every(({ atUs, violated, futures }) => atUs < certain.fromUs || violated === futures)).toBe(true);
  });
});

it('what all of n futures do is done by nearly all', () => {
  expect(leastShare(100)).toBeCloseTo(0.9705, 4);
  expect(leastShare(1)).toBeCloseTo(0.05, 6);
});
