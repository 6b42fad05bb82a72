/**
 * Each rule of the controller quorum, taken away, breaks what it is there for. Where that takes luck, seeds are tried
 * until one shows it, and the seed is printed.
 */
import { describe, expect, it } from 'vitest';
import type { RaftDisk } from '../../src/actors/raft/state.ts';
import { RaftLog } from '../../src/kafka/raft-log.ts';
import { KAFKA_RULES, type Rules } from '../../src/kafka/rules.ts';
import { RaftQuorum } from '../support/raft-quorum.ts';
import { runTrial } from '../support/raft-trial.ts';

const record = (value: string) => ({ type: 'ConfigRecord', resourceType: 2, resourceName: 'counter', name: 'n', value }) as const;

/** The first seed that shows a violation, and the violation. */
function firstViolation(rules: Partial<Rules>, within: number): { readonly seed: string; readonly violation: string } | undefined {
  for (let i = 0; i < within; i += 1) {
    const seed = `broken ${i}`;
    const [violation] = runTrial(seed, { rules }).violations;
    if (violation !== undefined) return { seed, violation };
  }
  return undefined;
}

describe('a controller quorum without a rule of Kafka 4.1', () => {
  it.each<[keyof Rules, RegExp, number]>([
    // BUG-25
    ['raftFlushesBeforeAck', /is missing from the log|is committed|committed is|two batches|leads epoch|fell from/, 20],
    ['raftChecksCandidateLog', /is missing from the log|committed is/, 20],
    // BUG-31
    ['raftLeaderResignsOnRestart', /two batches|is missing from the log|committed is/, 40],
  ])('without %s it loses what it has committed', (rule, sentence, within) => {
    const found = firstViolation({ [rule]: false }, within);
    console.log(`${rule}: seed '${found?.seed}': ${found?.violation}`);
    expect(found?.violation).toMatch(sentence);
  });

  describe('raftCommitsOwnEpochFirst (BUG-33d, figure 8 of the Raft paper)', () => {
    /**
     * `x` stands on voters 0 and 1, from a leader that was cut off before it was acknowledged: voter 1 lost power after it
     * had flushed `x` and before it had flushed more. Voter 2 was elected in between, in epoch 3, by a quorum that did not
     * hold `x` yet, and wrote its own first record in that place.
     */
    function figure8(rules: Rules): RaftQuorum {
      const change = (leaderId: number) => ({ type: 'LeaderChangeMessage', leaderId, voters: [0, 1, 2] }) as const;
      const common = RaftLog.empty().append([change(0)], 2);
      const withX = common.append([record('x')], 2);
      const quorumState = (leaderEpoch: number): RaftDisk['quorumState'] => ({ leaderEpoch, votedId: -1, leaderId: -1 });
      const disks = [{ log: withX, quorumState: quorumState(3) }, { log: withX, quorumState: quorumState(3) }, { log: common.append([change(2)], 3), quorumState: quorumState(3) }];
      const quorum = new RaftQuorum({ rules, disks, appendEveryMs: 0, seed: 'figure 8' });
      quorum.cut('voter 2', [2], [0, 1]);
      quorum.until('0 or 1 leads and hears of the other', 10_000, () => {
        const state = quorum.raft(quorum.leader());
        return state?.leadership?.voterStates.some(({ endOffset }) => endOffset === withX.endOffset) === true;
      });
      const leader = quorum.leader();
      // Now the follower's copy of `x` is acknowledged, and the leader's own record is on its way, which it never arrives.
      quorum.cut('the answer', [leader], [1 - leader]);
      quorum.world.powerLoss(leader);
      quorum.mend('voter 2');
      quorum.until('voter 2 leads', 30_000, () => quorum.leader() === 2);
      return quorum;
    }

    it('without it a record is committed that the next leader does not have', () => {
      expect(figure8({ ...KAFKA_RULES, raftCommitsOwnEpochFirst: false }).invariants.violations[0]).toMatch(/elected in epoch .* is missing from the log/);
    });

    it('with it the record is not committed, and may go', () => {
      expect(figure8(KAFKA_RULES).invariants.violations).toEqual([]);
    });
  });

  describe('raftPreVotes (BUG-33c)', () => {
    /** How many elections there are while one follower after the other is cut off for a while and comes back. */
    function electionsAround(rules: Rules): number {
      const quorum = new RaftQuorum({ rules, seed: 'disruptive' });
      quorum.untilLed();
      const before = quorum.invariants.elections;
      for (let round = 0; round < 5; round += 1) {
        const [victim] = quorum.followers() as [number];
        quorum.cut('lonely', [victim], quorum.voterIds.filter((id) => id !== victim));
        quorum.run(8_000);
        quorum.mend('lonely');
        quorum.run(4_000);
      }
      expect(quorum.invariants.violations).toEqual([]);
      return quorum.invariants.elections - before;
    }

    it('without it a voter that comes back deposes the leader each time', () => {
      expect(electionsAround({ ...KAFKA_RULES, raftPreVotes: false })).toBeGreaterThanOrEqual(5);
    });

    it('with it nobody notices', () => {
      expect(electionsAround(KAFKA_RULES)).toBe(0);
    });
  });

  describe('raftChecksQuorum (BUG-30)', () => {
    /** How long a leader without voters keeps an observer on its side, ms; at most a minute. */
    function staleFor(rules: Rules): number {
      const quorum = new RaftQuorum({ rules, observers: 1, seed: 'minority' });
      const leader = quorum.untilLed();
      quorum.run(1_000);
      quorum.cut('minority', [leader, 3], quorum.voterIds.filter((id) => id !== leader));
      const fromMs = quorum.nowMs;
      while (quorum.nowMs < fromMs + 60_000 && quorum.listener(3)?.knownLeader === leader) quorum.run(100);
      expect(quorum.invariants.violations).toEqual([]);
      return quorum.nowMs - fromMs;
    }

    it('without it an observer follows a leader that can commit nothing for as long as that lasts', () => {
      expect(staleFor({ ...KAFKA_RULES, raftChecksQuorum: false })).toBeGreaterThanOrEqual(60_000);
    });

    it('with it the leader gives up within 1.5 fetch timeouts of the last majority', () => {
      const ms = staleFor(KAFKA_RULES);
      expect(ms).toBeLessThan(3_000 + 2_000 + 500);
      expect(ms).toBeGreaterThan(2_000);
    });
  });

  describe('raftFetchWaitsForHighWatermark (KIP-1166)', () => {
    /** From the commit of the last record at the leader until every follower knows of it, ms. */
    function commitLagMs(rules: Rules): number {
      const quorum = new RaftQuorum({ rules, appendEveryMs: 3_000, seed: 'lag' });
      const leader = quorum.untilLed();
      const committed = () => quorum.raft(leader)?.highWatermark ?? 0;
      const before = committed();
      quorum.until('a record is committed', 5_000, () => committed() > before);
      return quorum.until('everybody knows', 5_000, () => quorum.hasHeard(committed()));
    }

    it('without it followers learn of a commit with the next record or when their fetch times out', () => {
      expect(commitLagMs({ ...KAFKA_RULES, raftFetchWaitsForHighWatermark: false })).toBeGreaterThan(300);
    });

    it('with it they learn of it at once', () => {
      expect(commitLagMs(KAFKA_RULES)).toBeLessThan(50);
    });
  });
});
