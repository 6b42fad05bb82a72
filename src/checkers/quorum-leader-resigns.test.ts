import { describe, expect, it } from 'vitest';
import type { RaftView } from '../kafka/views.ts';
import { usOfMs } from '../kernel/time.ts';
import type { CheckConfig } from './checker.ts';
import { quorumLeaderResigns } from './quorum-leader-resigns.ts';
import { plantedContext, plantedRaftView } from './planted.ts';

const FETCH_TIMEOUT_MS = 2_000;
/** How often a leader is seen at the least: BeginQuorumEpoch is due. */
const TURN_MS = FETCH_TIMEOUT_MS / 2;
const QUORUM = { fetchTimeoutMs: FETCH_TIMEOUT_MS, checksQuorum: true, asksPreVotes: true, slowestClockPpm: 0 };

/** Voter 1 leads, in epoch 4, and is seen when a test says so. */
class Leader {
  readonly checker;
  private view: RaftView;
  private atMs = 0;

  constructor(voters: readonly number[], changes: Partial<CheckConfig> = {}) {
    this.checker = quorumLeaderResigns.check(plantedContext({ voters, quorum: QUORUM, ...changes }));
    const voterStates = voters.slice(1).map((id) => ({ id, lastFetchMs: -1 }));
    this.view = plantedRaftView(1, { role: 'Leader', epoch: 4, isLeader: true, leaderId: 1, votedId: 1, leadership: { voterStates } });
    this.checker.raftChanged?.(undefined, this.view, 0);
  }

  private become(view: RaftView): void {
    this.checker.raftChanged?.(this.view, view, usOfMs(this.atMs));
    this.view = view;
  }

  /** It runs on, and nobody fetches. */
  run(ms: number): this {
    for (const endMs = this.atMs + ms; this.atMs < endMs;) {
      this.atMs = Math.min(endMs, this.atMs + TURN_MS);
      this.become({ ...this.view, leadership: { voterStates: this.view.leadership?.voterStates ?? [] } });
    }
    return this;
  }

  /** It stands still, and is seen again at the end. */
  stand(ms: number): this {
    this.atMs += ms;
    this.become({ ...this.view, leadership: { voterStates: this.view.leadership?.voterStates ?? [] } });
    return this;
  }

  fetchedBy(voter: number, lastFetchMs = this.atMs): this {
    const voterStates = (this.view.leadership?.voterStates ?? []).map((state) => (state.id === voter ? { id: voter, lastFetchMs } : state));
    this.become({ ...this.view, leadership: { voterStates } });
    return this;
  }

  restart(): this {
    this.checker.raftChanged?.(this.view, undefined, usOfMs(this.atMs));
    this.checker.raftChanged?.(undefined, this.view, usOfMs(this.atMs));
    return this;
  }

  sentences(): string[] {
    return this.checker.verdict(usOfMs(this.atMs)).evidence.map(({ sentence }) => sentence);
  }
}

describe('quorum leader resigns', () => {
  it('is violated, once, by a leader that goes on without a fetch of a majority', () => {
    const leader = new Leader([1, 2, 3]).run(1_000).fetchedBy(2).run(5_000);
    expect(leader.sentences()).toEqual([]);
    expect(leader.run(1_000).run(9_000).sentences()).toEqual([
      'broker-1 leads the quorum in epoch 4, and has run for 00:00:06.000000 without a fetch of 1 of the other 2 voters: it is to resign after 1.5 times 2000 ms',
    ]);
  });

  it('holds while a majority fetches, whoever that is', () => {
    const leader = new Leader([1, 2, 3]);
    for (let i = 0; i < 10; i += 1) leader.run(4_000).fetchedBy(2 + (i % 2));
    expect(leader.checker.verdict(0)).toMatchObject({ verdict: 'held', compared: 10 });
  });

  it('takes a fetch for one whatever the clock of the leader says: it may stand before the beginning of time', () => {
    const leader = new Leader([1, 2, 3]);
    for (let i = 0; i < 10; i += 1) leader.run(4_000).fetchedBy(2, -9_000 + i);
    expect(leader.sentences()).toEqual([]);
  });

  it('counts voters, not fetches: one of four others is no majority with the leader', () => {
    const leader = new Leader([1, 2, 3, 4, 5]);
    for (let i = 0; i < 6; i += 1) leader.run(1_000).fetchedBy(2);
    expect(leader.sentences()).toEqual([expect.stringMatching(/without a fetch of 2 of the other 4 voters \(only of broker-2\)/)]);
    const two = new Leader([1, 2, 3, 4, 5]);
    for (let i = 0; i < 6; i += 1) two.run(1_000).fetchedBy(2).run(1_000).fetchedBy(3);
    expect(two.sentences()).toEqual([]);
  });

  it('does not count the time in which the process stood still, or did not run', () => {
    expect(new Leader([1, 2, 3]).run(4_000).stand(60_000).run(1_000).sentences()).toEqual([]);
    expect(new Leader([1, 2, 3]).run(4_000).restart().run(4_000).sentences()).toEqual([]);
  });

  it('waits for the slowest clock', () => {
    expect(new Leader([1, 2, 3], { quorum: { ...QUORUM, slowestClockPpm: -500_000 } }).run(9_000).sentences()).toEqual([]);
    expect(new Leader([1, 2, 3], { quorum: { ...QUORUM, slowestClockPpm: -500_000 } }).run(11_000).sentences()).toHaveLength(1);
  });

  it('goes on by itself after a fork', () => {
    const leader = new Leader([1, 2, 3]).run(4_000);
    const fork = leader.checker.fork(plantedContext({ voters: [1, 2, 3], quorum: QUORUM }));
    leader.run(3_000);
    expect([leader.checker.violations, fork.violations]).toEqual([1, 0]);
  });

  it('applies where leaders check their quorum, and there is one to check', () => {
    const config = plantedContext({ voters: [1, 2, 3], quorum: QUORUM }).config;
    expect(quorumLeaderResigns.appliesTo?.(config)).toBe(true);
    expect(quorumLeaderResigns.appliesTo?.({ ...config, voters: [1] })).toBe(false);
    expect(quorumLeaderResigns.appliesTo?.({ ...config, quorum: { ...QUORUM, checksQuorum: false } })).toBe(false);
  });
});
