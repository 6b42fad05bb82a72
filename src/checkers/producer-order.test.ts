import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../kafka/config.ts';
import type { ProducerConfig } from '../kafka/config.ts';
import { producerOrder } from './producer-order.ts';
import { APP, OTHER_APP, Stage } from './staging.ts';

function producers(change: Partial<ProducerConfig>) {
  return { producers: [{ node: APP, config: { ...defaultConfig('producer'), ...change }, namesPartitionOf: [] }] };
}

/** b stands before a, which was sent first; both are acknowledged. */
function reordered(change: Partial<ProducerConfig> = { maxInFlightRequestsPerConnection: 1 }): Stage {
  const stage = Stage.ready([producerOrder], producers(change));
  stage.replicate(1, [2, 3], ['b', 'a']);
  stage.send({ value: 'a', offset: 1 });
  stage.send({ value: 'b', offset: 0 });
  return stage;
}

describe('producer order', () => {
  it('is violated when two acknowledged records stand the other way round', () => {
    const { verdict, evidence } = reordered().verdict();
    expect(verdict).toBe('violated');
    expect(evidence[0]?.sentence).toBe(
      'app-1 sent "a" (sent at 00:00:00.020000, offset 1) before "b" (sent at 00:00:00.022000, offset 0), and both were acknowledged, but they stand in orders-0 the other way round',
    );
  });

  it('is violated when the callbacks come the other way round as well', () => {
    const stage = Stage.ready([producerOrder]);
    stage.replicate(1, [2, 3], ['b', 'a']);
    stage.send({ value: 'a' });
    stage.send({ value: 'b', offset: 0 });
    stage.complete(1, 0, 1);
    expect(stage.verdict().verdict).toBe('violated');
  });

  it('holds when two records were acknowledged at one offset: one of them is lost, which is no matter of order', () => {
    const stage = Stage.ready([producerOrder]);
    stage.replicate(1, [2, 3], ['b']);
    stage.send({ value: 'a', offset: 0, acks: 1 });
    stage.send({ value: 'b', offset: 0, acks: 1 });
    expect(stage.verdict()).toMatchObject({ verdict: 'held', compared: 1 });
  });

  it.each<[string, Partial<ProducerConfig>, string]>([
    ['with one request in flight', { enableIdempotence: false, maxInFlightRequestsPerConnection: 1 }, 'violated'],
    ['without retries', { enableIdempotence: false, retries: 0 }, 'violated'],
    ['with idempotence', { enableIdempotence: true }, 'violated'],
    ['that retries with several in flight', { enableIdempotence: false }, 'vacuous'],
  ])('judges a producer %s: %s', (_what, change, expected) => {
    expect(reordered(change).verdict().verdict).toBe(expected);
  });

  it.each<[string, { baseSequence: number; offset: number; isZero?: boolean; inFlight?: number }, string]>([
    ['took another first sequence than 0 into an empty log, before 4.5', { baseSequence: 9, offset: 0, isZero: false }, 'held'],
    ['took it into an empty log, which 4.5 does not', { baseSequence: 9, offset: 0 }, 'violated'],
    ['took it into a log with records of others', { baseSequence: 9, offset: 1 }, 'held'],
    ['took the first sequence, 0', { baseSequence: 0, offset: 1 }, 'violated'],
    ['did so for a producer with one request in flight', { baseSequence: 9, offset: 1, inFlight: 1 }, 'violated'],
  ])('of a leader that did not know the producer and %s', (_what, { baseSequence, offset, isZero = true, inFlight = 5 }, expected) => {
    const stage = Stage.ready([producerOrder], { ...producers({ maxInFlightRequestsPerConnection: inFlight }), firstSequenceOfEmptyLogIsZero: isZero });
    if (offset === 1) stage.replicate(1, [2, 3], ['of another']);
    stage.replicate(1, [2, 3], ['b'], 0, { as: [7, 0, baseSequence] });
    stage.replicate(1, [2, 3], ['a'], 0, { as: [7, 1, 0] });
    stage.send({ value: 'a', offset: offset + 1 });
    stage.send({ value: 'b', offset });
    expect(stage.verdict().verdict).toBe(expected);
  });

  it('says how many producers it does not judge', () => {
    expect(reordered({ enableIdempotence: false }).verdict().note).toContain('1 of 1 producers not judged: they retry with several requests in flight and without idempotence');
  });

  it('holds when the record that would be out of order was lost meanwhile', () => {
    const stage = Stage.ready([producerOrder]);
    stage.replicate(1, [2, 3], ['x', 'a']);
    stage.send({ value: 'a', offset: 1, acks: 1 });
    stage.truncate(2, 0);
    stage.elect(2, [2]);
    stage.lead(2);
    stage.append(2, ['b']);
    stage.send({ value: 'b', offset: 0, acks: 1 });
    expect(stage.verdict()).toMatchObject({ verdict: 'held', compared: 1 });
  });

  it('decides at the end what nobody could decide when it was seen', () => {
    const stage = Stage.ready([producerOrder]);
    stage.replicate(1, [2, 3], ['b', 'a']);
    stage.send({ value: 'a', offset: 1 });
    stage.goDown(1);
    stage.send({ value: 'b', offset: 0 });
    expect(stage.violations).toBe(0);
    const fork = stage.fork();
    fork.truncate(2, 1);
    fork.elect(2, [2]);
    fork.lead(2);
    expect(fork.verdict().verdict).toBe('held');
    expect(stage.verdict().verdict).toBe('violated');
  });

  it('holds across partitions, producers and incarnations', () => {
    const stage = Stage.ready([producerOrder], {}, 2);
    stage.replicate(1, [2, 3], ['b', 'c', 'd', 'a']);
    stage.replicate(1, [2, 3], ['e'], 1);
    stage.send({ value: 'a', offset: 3 });
    stage.send({ value: 'e', offset: 0, partition: 1 });
    stage.send({ value: 'b', offset: 0, node: OTHER_APP });
    stage.start(APP, 2);
    stage.send({ value: 'c', offset: 1 });
    stage.send({ value: 'd', offset: 2 });
    expect(stage.verdict()).toMatchObject({ verdict: 'held', compared: 1 });
  });

  it('is vacuous when no producer had two records acknowledged in one partition', () => {
    const stage = Stage.ready([producerOrder]);
    stage.replicate(1, [2, 3], ['a']);
    stage.send({ value: 'a', offset: 0 });
    expect(stage.verdict().verdict).toBe('vacuous');
  });
});
