import { describe, expect, it } from 'vitest';
import type { RaftView } from '../kafka/views.ts';
import { preVotesFirst } from './pre-votes-first.ts';
import { plantedContext, plantedRaftView } from './planted.ts';

const QUORUM = { fetchTimeoutMs: 2_000, checksQuorum: true, asksPreVotes: true, slowestClockPpm: 0 };
const CONFIG = { voters: [1, 2, 3], quorum: QUORUM };

/** Voters 1, 2 and 3, Unattached in epoch 4, as a test goes on with them; each change is one step. */
class Voters {
  readonly checker = preVotesFirst.check(plantedContext(CONFIG));
  private readonly views = new Map<number, RaftView>();
  private atUs = 0;

  constructor() {
    for (const nodeId of [1, 2, 3]) this.set(nodeId, { epoch: 4 });
  }

  set(nodeId: number, change: Partial<RaftView>): this {
    this.atUs += 1;
    const before = this.views.get(nodeId);
    const after = { ...(before ?? plantedRaftView(nodeId)), ...change };
    this.views.set(nodeId, after);
    this.checker.raftChanged?.(before, after, this.atUs);
    return this;
  }

  ask(nodeId: number): this {
    return this.set(nodeId, { role: 'Prospective' });
  }

  follow(nodeId: number, leaderId: number): this {
    return this.set(nodeId, { role: 'Follower', leaderId, hasFetchedFromLeader: true });
  }

  stand(nodeId: number, preVotes: readonly number[], epoch = 5): this {
    return this.set(nodeId, { role: 'Candidate', epoch, votedId: nodeId, preVotes });
  }

  end(nodeId: number): this {
    this.checker.raftChanged?.(this.views.get(nodeId), undefined, this.atUs);
    this.views.delete(nodeId);
    return this;
  }

  sentences(): string[] {
    return this.checker.verdict(this.atUs).evidence.map(({ sentence }) => sentence);
  }
}

describe('pre-votes first', () => {
  it('holds for a voter that stands on the pre-votes of a majority', () => {
    expect(new Voters().ask(1).stand(1, [1, 2]).checker.verdict(0)).toMatchObject({ verdict: 'held', compared: 1 });
  });

  it('is violated by a voter that asks nobody, or begins an epoch with too few answers', () => {
    expect(new Voters().stand(1, []).sentences()).toEqual([
      'broker-1 began epoch 5 of the quorum with pre-votes of no other voter in epoch 4; 1 of the other 2 voters are a majority with it',
    ]);
    expect(new Voters().ask(1).stand(1, [1]).sentences()).toHaveLength(1);
  });

  it('is violated by a voter that did not ask, whatever it claims', () => {
    expect(new Voters().stand(1, [1, 2]).sentences()).toHaveLength(1);
    expect(new Voters().ask(1).set(1, { role: 'Unattached' }).stand(1, [1, 2]).sentences()).toHaveLength(1);
  });

  it('is violated when those that it names followed a leader, or led, or were elsewhere, all the while', () => {
    expect(new Voters().follow(2, 3).ask(1).stand(1, [1, 2]).sentences()).toEqual([
      'broker-1 began epoch 5 of the quorum on pre-votes of broker-2, which had a leader or another epoch ever since it asked in epoch 4',
    ]);
    expect(new Voters().set(2, { role: 'Leader', isLeader: true }).ask(1).stand(1, [1, 2]).sentences()).toHaveLength(1);
    expect(new Voters().set(2, { epoch: 3 }).ask(1).stand(1, [1, 2]).sentences()).toHaveLength(1);
  });

  it('holds when they gave them before they had a leader, went on to another epoch, or ended', () => {
    expect(new Voters().ask(1).follow(2, 3).stand(1, [1, 2]).sentences()).toEqual([]);
    expect(new Voters().ask(1).set(2, { epoch: 7 }).stand(1, [1, 2]).sentences()).toEqual([]);
    expect(new Voters().ask(1).end(2).stand(1, [1, 2]).sentences()).toEqual([]);
  });

  it('asks anew for each epoch', () => {
    const voters = new Voters().ask(1).stand(1, [1, 2]).set(2, { epoch: 5 });
    expect(voters.ask(1).stand(1, [1, 2], 6).sentences()).toEqual([]);
    expect(voters.stand(1, [1, 2], 7).sentences()).toHaveLength(1);
  });

  it('judges nobody who only hears of a higher epoch, or is no voter', () => {
    expect(new Voters().set(1, { epoch: 9 }).checker.verdict(0)).toMatchObject({ verdict: 'vacuous' });
    expect(new Voters().set(9, { isVoter: false }).set(9, { isVoter: false, epoch: 5, votedId: 9 }).sentences()).toEqual([]);
  });

  it('goes on by itself after a fork', () => {
    const voters = new Voters().ask(1);
    const fork = voters.checker.fork(plantedContext(CONFIG));
    voters.set(1, { role: 'Unattached' }).stand(1, [1, 2]);
    fork.raftChanged?.(plantedRaftView(1, { role: 'Prospective', epoch: 4 }), plantedRaftView(1, { role: 'Candidate', epoch: 5, votedId: 1, preVotes: [1, 2] }), 9);
    expect([voters.checker.violations, fork.violations]).toEqual([1, 0]);
  });

  it('applies where there are pre-votes, and somebody to ask', () => {
    const { config } = plantedContext(CONFIG);
    expect(preVotesFirst.appliesTo?.(config)).toBe(true);
    expect(preVotesFirst.appliesTo?.({ ...config, voters: [1] })).toBe(false);
    expect(preVotesFirst.appliesTo?.({ ...config, quorum: { ...QUORUM, asksPreVotes: false } })).toBe(false);
  });
});
