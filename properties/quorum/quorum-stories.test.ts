/**
 * What a controller quorum does in the situations that its rules are made for, with the times that Kafka 4.1 promises.
 */
import { describe, expect, it } from 'vitest';
import { raftMachine } from '../../src/actors/raft/machine.ts';
import { compiledEngine } from '../../src/kernel/statechart/engines.ts';
import { RaftQuorum } from '../support/raft-quorum.ts';
import { runTrial } from '../support/raft-trial.ts';

describe('a controller quorum', () => {
  it('of three elects a leader within two election timeouts, and an observer finds it', () => {
    const quorum = new RaftQuorum({ observers: 1 });
    quorum.untilLed(2_500);
    quorum.until('everybody has heard of the first record', 1_000, () => quorum.hasHeard(1));
    expect(quorum.listener(3)?.knownLeader).toBe(quorum.leader());
    expect(quorum.invariants.violations).toEqual([]);
  });

  it('of one leads at once, sends nothing, and leads again after a power loss', () => {
    const quorum = new RaftQuorum({ voters: 1 });
    expect(quorum.until('it leads', 100, () => quorum.listener(0)?.leads !== null)).toBeLessThan(50);
    quorum.run(1_000);
    quorum.world.powerLoss(0);
    quorum.world.start(0);
    quorum.until('it leads', 100, () => quorum.listener(0)?.leads !== null);
    expect(quorum.network.messages).toBe(0);
    expect(quorum.invariants.violations).toEqual([]);
  });

  it('that has nothing to do sends two fetches a second from each follower and observer', () => {
    const quorum = new RaftQuorum({ voters: 3, observers: 3, appendEveryMs: 0 });
    quorum.run(5_000);
    const before = quorum.network.messages;
    quorum.run(10_000);
    const perSecond = (quorum.network.messages - before) / 10;
    // 5 fetchers, a request and an answer each, every 500 ms and a round trip.
    expect(perSecond).toBeGreaterThan(18);
    expect(perSecond).toBeLessThanOrEqual(20);
  });

  it('has a new leader within a fetch timeout and an election of the death of the old one', () => {
    for (let seed = 0; seed < 5; seed += 1) {
      const quorum = new RaftQuorum({ seed: `failover ${seed}` });
      const old = quorum.untilLed();
      quorum.run(1_000);
      quorum.world.crash(old, 'test');
      const ms = quorum.until('a new leader', 10_000, () => quorum.leader() !== -1 && quorum.leader() !== old);
      // Two fetch timeouts, since the voter that asks first may not have the longest log, and a retry.
      expect(ms).toBeLessThan(6_500);
      expect(quorum.invariants.violations).toEqual([]);
    }
  });

  it('has a new leader at once when the old one comes back and says that it leads no longer', () => {
    const quorum = new RaftQuorum();
    const old = quorum.untilLed();
    quorum.run(1_000);
    const { epoch } = quorum.raft(old) ?? { epoch: -1 };
    quorum.world.crash(old, 'test');
    quorum.world.start(old);
    expect(quorum.until('it resigns', 100, () => quorum.raft(old)?.role === 'Resigned')).toBeLessThan(50);
    expect(quorum.until('a new leader', 5_000, () => quorum.leader() !== -1)).toBeLessThan(1_500);
    expect(quorum.raft(quorum.leader())?.epoch).toBeGreaterThan(epoch);
  });

  it('brings back a voter that missed more than the log still holds, with a snapshot', () => {
    const quorum = new RaftQuorum({ snapshotEvery: 10, appendEveryMs: 10 });
    quorum.untilLed();
    const [late] = quorum.followers() as [number];
    quorum.world.powerLoss(late);
    quorum.run(2_000);
    quorum.world.start(late);
    const target = quorum.invariants.committedEndOffset;
    quorum.until('it has caught up', 5_000, () => quorum.hasHeard(target));
    expect(quorum.marked('raft: a follower installed a snapshot')).toBe(1);
    const leader = quorum.listener(quorum.leader());
    const caughtUp = quorum.listener(late);
    expect(caughtUp?.isGapless).toBe(true);
    expect(leader?.numbers.slice(0, caughtUp?.numbers.length)).toEqual(caughtUp?.numbers);
    // And again from its own disk.
    quorum.world.powerLoss(late);
    quorum.world.start(late);
    quorum.until('it has caught up', 5_000, () => quorum.hasHeard(target));
    expect(quorum.invariants.violations).toEqual([]);
  });

  it('ends a process whose disk refuses, and goes on with the others', () => {
    const quorum = new RaftQuorum();
    quorum.untilLed();
    const [ill] = quorum.followers() as [number];
    quorum.world.setDiskCondition(ill, { flushFails: true });
    quorum.until('the process ends', 5_000, () => !quorum.world.isUp(ill));
    const target = quorum.invariants.committedEndOffset + 10;
    quorum.until('the others commit', 10_000, () => quorum.hasHeard(target));
    expect(quorum.invariants.violations).toEqual([]);
  });

  it('is run by the compiler without a fallback', () => {
    runTrial('without a fallback');
    const { stats } = compiledEngine.load(raftMachine);
    expect(stats.paths).toBeGreaterThan(50);
    expect([stats.interpretedRoots, stats.fallbackSteps]).toEqual([0, 0]);
  });
});
