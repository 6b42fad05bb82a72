import { describe, expect, it } from 'vitest';
import {
  connectionOf, firstCorrelationId, leastLoadedNode, nextCorrelationId, sendRequest, takeAnswered, takeLost, takeTimedOut, type NetworkState,
} from './network-client.ts';
import { NO_TIMERS, Turn } from './turn.ts';

type State = NetworkState<string>;

const CONFIG = { requestTimeoutMs: 1_000, reconnectBackoffMs: 50, reconnectBackoffMaxMs: 1_000 };
const EMPTY: State = { ...NO_TIMERS, config: CONFIG, connections: [], lastCorrelationId: firstCorrelationId(1) };

function turnAt(nowMs: number, state: State = EMPTY, draw = 1): Turn<State> {
  return new Turn<State>({ ...state }, { nowMs, draw });
}

/** Sends a request and returns its correlation id. */
function send(turn: Turn<State>, to: number, purpose: string): number {
  const correlationId = nextCorrelationId(turn);
  sendRequest(turn, to, { type: 'MetadataRequest', correlationId, topics: [] }, purpose);
  return correlationId;
}

describe('requests in flight', () => {
  it('are taken out by the answer with their correlation id, once, in any order', () => {
    const turn = turnAt(0);
    const [first, second] = [send(turn, 1, 'first'), send(turn, 1, 'second')];
    expect(takeAnswered(turn, 1, second)?.purpose).toBe('second');
    expect(takeAnswered(turn, 1, first)?.purpose).toBe('first');
    expect(takeAnswered(turn, 1, first)).toBeUndefined();
  });

  it('are not taken out by an answer from another node, or to a request of an earlier life', () => {
    const turn = turnAt(0);
    const id = send(turn, 1, 'first');
    send(turn, 2, 'second');
    expect(takeAnswered(turn, 2, id)).toBeUndefined();
    expect(takeAnswered(turn, 1, id - firstCorrelationId(1))).toBeUndefined();
    expect(firstCorrelationId(2)).toBeGreaterThan(firstCorrelationId(1) + 16_000_000);
  });

  it('come back in the order of sending when their connection is lost', () => {
    const turn = turnAt(0);
    send(turn, 1, 'a');
    send(turn, 1, 'b');
    const { requests, wasSent } = takeLost(turn, { peer: 1, reason: 'reset' });
    expect(requests.map(({ purpose }) => purpose)).toEqual(['a', 'b']);
    expect(wasSent).toBe(true);
  });

  it.each(['refused', 'timedOut'] as const)('were never sent when the connection was %s', (reason) => {
    const turn = turnAt(0);
    send(turn, 1, 'a');
    expect(takeLost(turn, { peer: 1, reason }).wasSent).toBe(false);
  });
});

describe('a request past request.timeout.ms', () => {
  it('closes its connection, and only that, with everything on it undecided', () => {
    const turn = turnAt(0);
    send(turn, 1, 'old');
    const later = turnAt(600, turn.end().state);
    send(later, 1, 'young');
    send(later, 2, 'other');
    const due = turnAt(1_000, later.end().state);
    const timedOut = takeTimedOut(due);
    expect(timedOut.map(({ nodeId, requests, wasSent }) => [nodeId, requests.map(({ purpose }) => purpose), wasSent])).toEqual([[1, ['old', 'young'], true]]);
    expect(due.effects).toEqual([{ kind: 'disconnect', to: 1 }]);
    expect(connectionOf(due.state, 2)?.inFlight).toHaveLength(1);
  });

  it('is not there a millisecond earlier', () => {
    const turn = turnAt(0);
    send(turn, 1, 'old');
    expect(takeTimedOut(turnAt(999, turn.end().state))).toEqual([]);
  });
});

describe('the reconnect backoff', () => {
  it('grows with attempts that fail and starts again after one that does not', () => {
    let state = EMPTY;
    const waitsMs: number[] = [];
    for (const outcome of ['refused', 'refused', 'refused', 'answered', 'refused'] as const) {
      const turn = turnAt(0, state, 99);
      const id = send(turn, 1, 'x');
      if (outcome === 'answered') takeAnswered(turn, 1, id);
      else takeLost(turn, { peer: 1, reason: 'refused' });
      state = turn.end().state;
      const wait = connectionOf(state, 1)?.reconnectAtMs ?? 0;
      if (outcome === 'refused') waitsMs.push(wait);
      else state = { ...state, connections: state.connections.map((connection) => ({ ...connection, status: 'disconnected' as const })) };
    }
    const rounded = waitsMs.map((ms) => [50, 100, 200].find((around) => ms >= around * 0.8 && ms <= around * 1.2));
    expect(rounded).toEqual([50, 100, 200, 50]);
  });
});

describe('leastLoadedNode', () => {
  /** Node 1 is ready and idle, 2 ready and busy, 3 connecting, 4 in its backoff, 5 never tried. */
  const turn = turnAt(0);
  takeAnswered(turn, 1, send(turn, 1, 'a'));
  takeAnswered(turn, 2, send(turn, 2, 'b'));
  send(turn, 2, 'c');
  send(turn, 3, 'd');
  send(turn, 4, 'e');
  takeLost(turn, { peer: 4, reason: 'refused' });
  const { state } = turn.end();

  it.each<[readonly number[], number | undefined]>([
    [[5, 4, 3, 2, 1], 1],
    [[5, 4, 3, 2], 2],
    [[5, 4, 3], 3],
    [[5, 4], 5],
    [[4], undefined],
    [[], undefined],
  ])('of %j is %s', (candidates, expected) => {
    for (let draw = 0; draw < 8; draw += 1) expect(leastLoadedNode(turnAt(1, state, draw), candidates)).toBe(expected);
  });

  it('is a drawn one among equals', () => {
    const chosen = new Set(Array.from({ length: 64 }, (_, draw) => leastLoadedNode(turnAt(1, EMPTY, draw), [7, 8, 9])));
    expect([...chosen].sort()).toEqual([7, 8, 9]);
  });

  it('is the one not tried for longest among those that can be tried again', () => {
    const turnB = turnAt(100, state);
    send(turnB, 5, 'f');
    takeLost(turnB, { peer: 5, reason: 'refused' });
    for (let draw = 0; draw < 8; draw += 1) expect(leastLoadedNode(turnAt(5_000, turnB.end().state, draw), [5, 4])).toBe(4);
  });
});
