/** Groups, effects and transactions: each anomaly is found, and each near miss is not. */
import { describe, expect, it } from 'vitest';
import { committedOffsetLost } from './committed-offset.ts';
import { consumeCounts } from './consume-counts.ts';
import { informationCycle, mixedCycle, writeCycle } from './cycles.ts';
import { reprocessed, unprocessed } from './effects.ts';
import { ANOMALY_NAMES, HISTORY_RULES, checkHistory } from './rules.ts';
import { sharedOwnership } from './shared-ownership.ts';
import { GROUP, HistoryStage, KEY, OTHER, READER } from './staging.ts';
import { stuckOperation } from './stuck-operation.ts';

describe('shared-ownership', () => {
  it('is two owners in one generation, or records for one that does not own them', () => {
    expect(new HistoryStage().rebalance(1, [KEY]).rebalance(1, [KEY], OTHER).wrong(sharedOwnership)).toEqual(['reader-2 and reader-1 both own orders-0 in generation 1 of group dashboards']);
    const stage = new HistoryStage().rebalance(1, [KEY]).rebalance(1, ['orders-1'], OTHER).poll([[3, 'd']], { process: OTHER });
    expect(stage.wrong(sharedOwnership)).toEqual(['reader-2 read orders-0 in generation 1 of group dashboards, in which reader-1 owns it']);
  });

  it('is not overlap between generations, nor a static member that comes back, nor a record after the revocation', () => {
    const stage = new HistoryStage().rebalance(1, [KEY]).rebalance(2, [KEY], OTHER).poll([[0, 'a']]).poll([[0, 'a']], { process: OTHER });
    stage.rebalance(2, [KEY], OTHER, 'assigned', 2).rebalance(1, [], READER, 'revoked').poll([[1, 'b']]);
    expect(stage.verdict(sharedOwnership)).toMatchObject({ verdict: 'held', compared: 6 });
  });
});

describe('committed-offset-lost', () => {
  it('is a start below what was confirmed, or as if nothing were', () => {
    const stage = (): HistoryStage => new HistoryStage().rebalance(1, [KEY]).commit(5).rebalance(2, [KEY], OTHER);
    expect(stage().position(3, 'committed', { process: OTHER }).wrong(committedOffsetLost)).toEqual(['reader-2 starts at offset 3 of orders-0, but group dashboards had committed 5']);
    expect(stage().position(9, 'initial', { process: OTHER }).wrong(committedOffsetLost)).toEqual(['reader-2 starts at offset 9 of orders-0 as if nothing were committed, but group dashboards had committed 5']);
  });

  it('is not a start at the last of several commits, at one that was under way, or at one of which nobody knows', () => {
    const stage = new HistoryStage().rebalance(1, [KEY]).commit(9).commit(5).commit(2, { outcome: 'fail' }).rebalance(2, [KEY], OTHER).position(5, 'committed', { process: OTHER });
    stage.commit(3, { process: OTHER, outcome: 'info' }).rebalance(3, [KEY]).position(3, 'committed');
    const answer = stage.commitLater(1);
    stage.rebalance(4, [KEY], OTHER).position(1, 'committed', { process: OTHER });
    answer();
    expect(stage.verdict(committedOffsetLost)).toMatchObject({ verdict: 'held', compared: 3 });
  });

  it('is not a start at what an attempt says that was given up, and came behind later commits', () => {
    const late = (mayBeTwice: boolean): HistoryStage => new HistoryStage().rebalance(1, [KEY]).commit(2, { mayBeTwice }).commit(5).rebalance(2, [KEY], OTHER).position(2, 'committed', { process: OTHER });
    expect([late(true).verdict(committedOffsetLost).verdict, late(false).verdict(committedOffsetLost).verdict]).toEqual(['held', 'violated']);
  });

  it('is not a start that was asked for before the commit was confirmed, nor a seek, nor in another group or partition', () => {
    const stage = new HistoryStage().rebalance(1, [KEY], OTHER).rebalance(1, ['orders-1']).commit(5).position(3, 'committed', { process: OTHER }).position(0, 'seek').position(0, 'committed', { key: 'orders-1' });
    expect(stage.verdict(committedOffsetLost)).toMatchObject({ verdict: 'vacuous' });
  });
});

describe('committed-offset-lost, of those who ask', () => {
  const told = (stage: HistoryStage, offset: number | null, process = READER, group = GROUP): HistoryStage => stage.add({ process, incarnation: 1, type: 'ok', f: 'committed', group, value: [[KEY, offset]] });
  const committed = (): HistoryStage => new HistoryStage().rebalance(1, [KEY]).commit(5);

  it('is an answer below what was confirmed, or below what was told before, to whomever', () => {
    expect(told(committed(), 3).wrong(committedOffsetLost)).toEqual(['reader-1 was told that group dashboards has committed 3 of orders-0, and it had committed 5']);
    expect(told(committed(), null, OTHER).wrong(committedOffsetLost)).toHaveLength(1);
    expect(told(told(new HistoryStage(), 7), 6, OTHER).wrong(committedOffsetLost)).toEqual(['reader-2 was told that group dashboards has committed 6 of orders-0, and it had committed 7']);
  });

  it('is not one that grows, that a commit under way may have set back, of another group, or asked for before', () => {
    const stage = told(told(committed(), 5), 6, OTHER);
    stage.commitLater(2);
    told(told(stage, 2), 6, OTHER, 'another');
    expect(stage.verdict(committedOffsetLost)).toMatchObject({ verdict: 'held', compared: 3 });
    const early = new HistoryStage().rebalance(1, [KEY]).add({ process: OTHER, incarnation: 1, type: 'invoke', f: 'committed', group: GROUP, value: [] }).commit(5);
    expect(told(early, null, OTHER).verdict(committedOffsetLost)).toMatchObject({ verdict: 'vacuous' });
  });
});

describe('stuck-operation', () => {
  const patient = (): HistoryStage => new HistoryStage({ patienceMs: { send: 2_000, commit: 1_000 } });
  const sendAt = (): HistoryStage => { const stage = patient(); stage.sendLater('a'); return stage; };

  it('is a send that a process has heard nothing of, though it went on for longer than a send has', () => {
    expect(sendAt().wait(2_000).send('b', 0).wait(10_000).send('c', 1).wrong(stuckOperation)).toEqual([
      'app-1 has heard nothing of a send since 00:00:00.000000, and has gone on until 00:00:12.004000: such a call has 2000 ms',
    ]);
    const stage = patient();
    stage.commitLater(5);
    expect(stage.wait(1_000).poll([[0, 'a']]).wait(10_000).poll([[1, 'b']]).wrong(stuckOperation)).toHaveLength(1);
  });

  it('is not one that ended, whose process ended, slept until now, or of which nobody says how long it may take', () => {
    const near = [
      sendAt().send('b', 0),
      sendAt().wait(2_000).send('b', 0, { incarnation: 2 }).wait(10_000).send('c', 1, { incarnation: 2 }),
      sendAt().wait(60_000).send('b', 0).wait(9_000).send('c', 1),
      sendAt().wait(1_000).send('b', 0).wait(500).send('c', 1),
    ];
    for (const stage of near) expect(stage.wrong(stuckOperation)).toEqual([]);
    const unsaid = new HistoryStage();
    unsaid.sendLater('a');
    expect(unsaid.wait(60_000).send('b', 0).wait(60_000).send('c', 1).verdict(stuckOperation)).toMatchObject({ verdict: 'vacuous' });
  });
});

describe('consume-counts', () => {
  const twice = (promises: readonly string[]) => new HistoryStage({ promises }).rebalance(1, [KEY]).poll([[0, 'a'], [1, 'b']]).rebalance(2, [KEY], OTHER).poll([[1, 'b']], { process: OTHER });
  it('is a record that a group got twice, where once is promised', () => {
    expect(twice(['consume-counts']).wrong(consumeCounts)).toEqual(['group dashboards got "b" at offset 1 of orders-0 2 times']);
    expect(twice([]).verdict(consumeCounts)).toMatchObject({ verdict: 'held', compared: 2, note: 'records by how often they were got: 1: 1, 2: 1; 1 expected: nobody promises its absence' });
  });
});

describe('unprocessed and reprocessed', () => {
  const promises = ['unprocessed', 'reprocessed'];
  const read = (): HistoryStage => new HistoryStage({ promises }).rebalance(1, [KEY]).position(0, 'initial').poll([[0, 'a'], [1, 'b'], [2, 'c']]);

  it('expect an effect again beyond what an attempt commits that was given up, and may come late', () => {
    const again = (offset: number) => read().commit(offset, { mayBeTwice: true }).process(0, 'a').rebalance(2, [KEY], OTHER).process(0, 'a', { process: OTHER }).verdict(reprocessed).verdict;
    expect([again(0), again(1)]).toEqual(['held', 'violated']);
    // One that began only afterwards has set nobody back.
    expect(read().process(0, 'a').rebalance(2, [KEY], OTHER).process(0, 'a', { process: OTHER }).commit(0, { process: OTHER, mayBeTwice: true }).verdict(reprocessed).verdict).toBe('violated');
  });

  it('are a commit past a record without its effect, and an effect carried out twice', () => {
    expect(read().process(0, 'a').process(2, 'c').commit(3).wrong(unprocessed)).toEqual(['group dashboards committed offset 3 of orders-0 and never processed "b" at offset 1']);
    expect(read().process(0, 'a').rebalance(2, [KEY], OTHER).process(0, 'a', { process: OTHER }).wrong(reprocessed)).toEqual(['group dashboards carried out the effect of "a" at offset 0 of orders-0 2 times, at last on reader-2']);
  });

  it('are not what lies above the commit, a commit that failed, a record processed later by another, nor an idempotent repeat', () => {
    const stage = read().process(0, 'a').commit(1).commit(3, { outcome: 'fail' }).rebalance(2, [KEY], OTHER).process(1, 'b', { process: OTHER }).commit(2, { process: OTHER });
    stage.process(1, 'b', {}, false);
    expect([stage.verdict(unprocessed), stage.verdict(reprocessed)]).toMatchObject([{ verdict: 'held', compared: 2 }, { verdict: 'held', compared: 2 }]);
  });

  it('leave out what the group never stood at, and what a reset leapt over', () => {
    const stage = new HistoryStage({ promises }).send('old', 0).send('b', 1).send('c', 2).send('d', 3).rebalance(1, [KEY]).position(1, 'initial').poll([[1, 'b']]).process(1, 'b');
    stage.position(3, 'outOfRange', {}, 2).poll([[3, 'd']]).process(3, 'd').commit(4);
    expect(stage.verdict(unprocessed)).toMatchObject({ verdict: 'held', compared: 3, note: '1 expected: auto.offset.reset leapt over it' });
  });
});

describe('cycles', () => {
  const send = (key: string, value: string, offset: number) => ({ kind: 'send', key, value, offset }) as const;
  const poll = (key: string, value: string, offset: number) => ({ kind: 'poll', reads: [{ key, records: [{ offset, value }] }] }) as const;

  it('of writes alone are G0, which is always allowed', () => {
    const stage = new HistoryStage().txn('p', [send('x', 'x1', 0), send('y', 'y2', 1)]).txn('q', [send('x', 'x2', 1), send('y', 'y1', 0)]);
    expect(stage.verdict(writeCycle)).toMatchObject({ verdict: 'held', compared: 2, note: '1 expected: Kafka isolates no writes' });
    expect(stage.verdict(mixedCycle).note).toBeUndefined();
  });

  it('of reads alone are G1c, which never is; with a write between them it is', () => {
    const reads = new HistoryStage().txn('p', [send('x', 'x1', 0), poll('y', 'y1', 0)]).txn('q', [send('y', 'y1', 0), poll('x', 'x1', 0)]);
    expect(reads.wrong(informationCycle)).toEqual(['operations 0 of p, 2 of q depend on each other in a circle']);
    const mixed = new HistoryStage().txn('p', [send('x', 'x1', 0), poll('y', 'y1', 0)]).txn('q', [send('y', 'y1', 0), send('x', 'x2', 1)]);
    expect(mixed.txn('q', [poll('x', 'x1', 0)]).verdict(informationCycle)).toMatchObject({ verdict: 'held', compared: 2 });
    expect(mixed.verdict(mixedCycle).note).toBe('1 expected: Kafka isolates no writes');
  });

  it('are not found in a chain', () => {
    const stage = new HistoryStage().txn('p', [send('x', 'x1', 0)]).txn('q', [poll('x', 'x1', 0), send('x', 'x2', 1)]).txn('p', [poll('x', 'x2', 1)]);
    for (const rule of [writeCycle, informationCycle, mixedCycle]) expect(stage.verdict(rule)).toMatchObject({ verdict: 'held', evidence: [] });
  });
});

describe('the rules together', () => {
  it('have names of their own, and say what was missing when nothing was compared', () => {
    expect(new Set(ANOMALY_NAMES).size).toBe(HISTORY_RULES.length);
    const { overall, verdicts, untested } = checkHistory(new HistoryStage().history);
    expect({ overall, verdicts }).toEqual({ overall: 'vacuous', verdicts: [] });
    for (const { why } of untested) expect(why).not.toBe('');
  });

  it('hold a history to what it promises, also when it never puts that to the test', () => {
    const stage = new HistoryStage({ promises: ['unprocessed'] }).send('a', 0).poll([[0, 'a']]);
    expect(checkHistory(stage.history)).toMatchObject({ overall: 'vacuous' });
    expect(checkHistory(new HistoryStage().send('a', 0).poll([[0, 'a']]).history)).toMatchObject({ overall: 'held' });
    expect(checkHistory(new HistoryStage().send('a', 0).poll([[0, 'b']]).history)).toMatchObject({ overall: 'violated' });
  });
});
