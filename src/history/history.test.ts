import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { History } from './history.ts';
import type { ClientObservation, Outcome } from './observations.ts';

const APP = 1;
const OTHER_APP = 2;
const READER = 3;
const PROVISIONING = -1;

function invoked(sendId: number, topic = 'orders'): ClientObservation {
  return { type: 'send.invoked', sendId, topic, key: null, value: `value ${sendId}`, acks: -1 };
}

function completed(sendId: number, outcome: Outcome = 'ok'): ClientObservation {
  return { type: 'send.completed', sendId, outcome, partition: 0, offset: outcome === 'ok' ? sendId : -1, errorCode: outcome === 'ok' ? 'NONE' : 'REQUEST_TIMED_OUT' };
}

function polled(offsets: readonly number[], partition = 0, topic = 'orders'): ClientObservation {
  return { type: 'poll', topic, partition, from: 1, records: offsets.map((offset) => ({ offset, leaderEpoch: 0, key: null, value: `value ${offset}` })) };
}

describe('a history', () => {
  it('keeps every observation in order, with time, node and incarnation', () => {
    const history = new History();
    history.processStarted(APP, 2);
    history.record(10, APP, invoked(1));
    history.record(20, READER, polled([0]));
    history.record(30, APP, completed(1));
    expect([...history.entries()].map(({ index, atUs, node, incarnation, observation }) => [index, atUs, node, incarnation, observation.type])).toEqual([
      [0, 10, APP, 2, 'send.invoked'],
      [1, 20, READER, 1, 'poll'],
      [2, 30, APP, 2, 'send.completed'],
    ]);
    expect(history.at(1).observation).toEqual(polled([0]));
  });

  it('ends a position with the ownership of its partition', () => {
    const history = new History();
    history.record(10, READER, polled([0, 1], 0));
    history.record(20, READER, polled([4], 1));
    history.record(30, READER, { type: 'assignment', groupId: 'g', memberId: 'm', generationId: 2, reason: 'revoked', owned: [{ topic: 'orders', partitions: [1] }] });
    expect([history.position(READER, 'orders', 0), history.position(READER, 'orders', 1)]).toEqual([undefined, 5]);
    expect(history.deliveredCounts()).toEqual([{ node: READER, topic: 'orders', delivered: 3 }]);
  });

  it('joins calls and callbacks, and knows nothing of a send that never completed', () => {
    const history = new History();
    history.record(10, APP, invoked(1));
    history.record(11, OTHER_APP, invoked(1));
    history.record(12, APP, invoked(2));
    history.processStarted(APP, 2);
    history.record(20, APP, invoked(3));
    history.record(30, APP, completed(3, 'fail'));
    history.record(31, OTHER_APP, completed(1));
    expect([...history.sends()].map(({ node, sendId, incarnation, outcome, completed: at }) => [node, sendId, incarnation, outcome, at?.atUs])).toEqual([
      [APP, 1, 1, 'unknown', undefined],
      [APP, 2, 1, 'unknown', undefined],
      [APP, 3, 2, 'fail', 30],
      [OTHER_APP, 1, 1, 'ok', 31],
    ]);
    expect([...history.completions()].map(({ node, invocation }) => [node, invocation.atUs])).toEqual([[APP, 20], [OTHER_APP, 11]]);
  });

  it('joins the beginning and the end of each operation of the administrator, and knows no end of one whose process died', () => {
    const history = new History();
    const begin = (operationId: number): ClientObservation => ({ type: 'admin.invoked', operationId, call: { type: 'DeleteTopicsRequest', topicNames: ['orders'] } });
    const end = (operationId: number): ClientObservation => ({ type: 'admin.completed', operationId, outcome: 'ok', errorCode: 'NONE', errorMessage: null, results: [] });
    history.record(10, APP, begin(PROVISIONING));
    history.processStarted(APP, 2);
    history.record(20, APP, begin(PROVISIONING));
    const fork = history.fork();
    history.record(30, APP, end(PROVISIONING));
    history.record(40, APP, begin(0));
    const times = (each: History): unknown => each.administrations().map(({ invoked: { atUs, observation }, completed: ended }) => [observation.operationId, atUs, ended?.atUs]);
    expect(times(history)).toEqual([[PROVISIONING, 10, undefined], [PROVISIONING, 20, 30], [0, 40, undefined]]);
    expect(times(fork)).toEqual([[PROVISIONING, 10, undefined], [PROVISIONING, 20, undefined]]);
    expect(() => history.record(50, APP, end(7))).toThrow('completed operation 7, which was not under way');
    expect(() => history.record(50, APP, end(PROVISIONING))).toThrow('which was not under way');
  });

  it('counts the outcomes of each topic: ok, failed, and unknown for all others', () => {
    const history = new History();
    for (const [sendId, topic] of [[1, 'orders'], [2, 'orders'], [3, 'orders'], [4, 'orders'], [5, 'payments']] as const) history.record(sendId, APP, invoked(sendId, topic));
    history.record(10, APP, completed(1));
    history.record(11, APP, completed(2, 'fail'));
    history.record(12, APP, completed(3, 'unknown'));
    expect(history.sendCounts()).toEqual([{ topic: 'orders', ok: 1, failed: 1, unknown: 2 }, { topic: 'payments', ok: 0, failed: 0, unknown: 1 }]);
  });

  it('knows what a consumer got and where it reads next, until its process starts anew', () => {
    const history = new History();
    history.record(1, READER, { type: 'position.reset', topic: 'orders', partition: 0, from: null, to: 5, reason: 'initial' });
    expect(history.position(READER, 'orders', 0)).toBe(5);
    history.record(2, READER, polled([5, 6]));
    history.record(3, READER, polled([0], 2));
    history.record(4, READER, polled([], 2));
    expect(history.deliveredCounts()).toEqual([{ node: READER, topic: 'orders', delivered: 3 }]);
    expect([0, 1, 2].map((partition) => history.position(READER, 'orders', partition))).toEqual([7, undefined, 1]);
    history.processStarted(READER, 2);
    expect(history.position(READER, 'orders', 0)).toBeUndefined();
    expect(history.deliveredCounts()).toEqual([{ node: READER, topic: 'orders', delivered: 3 }]);
  });

  it('refuses a callback without a call, and ids that do not rise', () => {
    const history = new History();
    history.record(1, APP, invoked(4));
    expect(() => history.record(2, APP, completed(3))).toThrow('node 1 completed send 3, which it never invoked');
    expect(() => history.record(2, APP, invoked(4))).toThrow('send 4 of node 1 follows send 4');
  });

  it('refuses an observation that is none of a client', () => {
    const alien = { type: 'broker.sneezed' } as unknown as ClientObservation;
    expect(() => new History().record(1, APP, alien)).toThrow('observation: unexpected');
  });

  it('forks into histories that agree on the past and on nothing else', () => {
    const step = fc.record({ node: fc.constantFrom(APP, OTHER_APP), completes: fc.boolean(), polls: fc.boolean(), restarts: fc.boolean() });
    const play = (history: History, steps: readonly { node: number; completes: boolean; polls: boolean; restarts: boolean }[], from: number): void => {
      steps.forEach(({ node, completes, polls, restarts }, i) => {
        const id = from + i;
        if (restarts) history.processStarted(node, id + 2);
        history.record(id, node, invoked(id));
        if (completes) history.record(id, node, completed(id));
        if (polls) history.record(id, READER, polled([id]));
      });
    };
    const summary = (history: History) => [history.length, history.sendCounts(), history.deliveredCounts(), history.position(READER, 'orders', 0), [...history.sends()]];
    fc.assert(
      fc.property(fc.array(step, { maxLength: 10 }), fc.array(step, { maxLength: 10 }), fc.array(step, { maxLength: 10 }), (past, one, other) => {
        const forked = new History();
        play(forked, past, 1);
        const copy = forked.fork();
        play(copy, other, 101);
        play(forked, one, 101);
        const straight = new History();
        play(straight, past, 1);
        play(straight, one, 101);
        const straightOther = new History();
        play(straightOther, past, 1);
        play(straightOther, other, 101);
        expect(summary(forked)).toEqual(summary(straight));
        expect(summary(copy)).toEqual(summary(straightOther));
      }),
      { numRuns: 50 },
    );
  });
});
