/** In which order: each anomaly is found, and each near miss is not. */
import { describe, expect, it } from 'vitest';
import { endOffsetRegress } from './end-offsets.ts';
import { gapBeforeAck } from './gap-before-ack.ts';
import { offsetRegress } from './offset-regress.ts';
import { internalNonmonotonicPoll, internalPollSkip, nonmonotonicPoll, pollSkip } from './poll-rules.ts';
import { internalNonmonotonicSend, internalSendSkip, nonmonotonicSend } from './send-rules.ts';
import { APP, HistoryStage, KEY, OTHER, READER } from './staging.ts';

/** Five records, acknowledged at offsets 0, 1, 3, 4 and 6: what stands between nobody ever saw. */
function filled(): HistoryStage {
  return new HistoryStage().send('a', 0).send('b', 1).send('c', 3).send('d', 4).send('e', 6);
}

describe('poll-skip and nonmonotonic-poll', () => {
  it('are found between the polls of a process', () => {
    expect(filled().poll([[0, 'a']]).poll([[3, 'c']]).wrong(pollSkip)).toEqual(['reader-1 read offset 3 of orders-0 after offset 0: it skipped offset 1']);
    expect(filled().poll([[3, 'c']]).poll([[3, 'c']]).wrong(nonmonotonicPoll)).toEqual(['reader-1 read offset 3 of orders-0 after offset 3: it went back']);
  });

  it('are found after a position was set', () => {
    expect(filled().position(1).poll([[3, 'c']]).wrong(pollSkip)).toEqual(['reader-1 read offset 3 of orders-0 from position 1: it skipped offset 1']);
    expect(filled().position(4).poll([[3, 'c']]).wrong(nonmonotonicPoll)).toHaveLength(1);
    expect(filled().position(2).poll([[3, 'c']]).verdict(pollSkip)).toMatchObject({ verdict: 'held', compared: 1 });
  });

  it('are not found over holes, other processes, other partitions, restarts, assignments and positions', () => {
    const stage = filled().poll([[0, 'a'], [1, 'b']]).poll([[3, 'c']]).poll([[0, 'a']], { process: OTHER }).poll([[0, 'x']], { key: 'orders-1' });
    stage.poll([[0, 'a']], { incarnation: 2 }).position(6).poll([[6, 'e']]).add({ process: OTHER, incarnation: 1, type: 'ok', f: 'assign', value: [KEY] }).poll([[6, 'e']], { process: OTHER });
    expect([stage.wrong(pollSkip), stage.wrong(nonmonotonicPoll)]).toEqual([[], []]);
    expect(stage.verdict(pollSkip).compared).toBe(2);
  });

  it('are not found where a rebalance took the partition and gave it back, and are where it was kept', () => {
    const keeping = (kept: boolean): HistoryStage => {
      const stage = filled().rebalance(1, [KEY, 'orders-1']).poll([[0, 'a']]);
      if (!kept) stage.rebalance(1, ['orders-1'], READER, 'revoked');
      return stage.rebalance(2, [KEY]).poll([[4, 'd']]);
    };
    expect(keeping(true).wrong(pollSkip)).toHaveLength(1);
    expect(keeping(false).verdict(pollSkip)).toMatchObject({ verdict: 'vacuous' });
  });

  it('are expected of a process that subscribed, when nobody tells of rebalances', () => {
    const stage = filled().add({ process: READER, incarnation: 1, type: 'ok', f: 'subscribe', value: ['orders'] }).poll([[0, 'a']]).poll([[6, 'e']]);
    expect(stage.verdict(pollSkip)).toMatchObject({ verdict: 'held', note: '1 expected: it subscribed, and the history does not tell of rebalances' });
  });

  it('compare with the last poll that was ok', () => {
    const stage = filled().poll([[0, 'a']]).poll([[6, 'e']], { outcome: 'info' }).poll([[1, 'b']]);
    expect([stage.wrong(pollSkip), stage.wrong(nonmonotonicPoll)]).toEqual([[], []]);
  });
});

describe('int-poll-skip and int-nonmonotonic-poll', () => {
  it('are found within one poll, and only there', () => {
    const stage = filled().poll([[0, 'a'], [3, 'c'], [1, 'b']]);
    expect(stage.wrong(internalPollSkip)).toEqual(['reader-1 read offset 3 of orders-0 in one operation after offset 0: it skipped offset 1']);
    expect(stage.wrong(internalNonmonotonicPoll)).toHaveLength(1);
    expect([stage.wrong(pollSkip), filled().poll([[0, 'a']]).poll([[4, 'd']]).wrong(internalPollSkip)]).toEqual([[], []]);
  });

  it('leave out partitions that were taken or given within the operation', () => {
    const rebalanced = (keys: readonly string[]) => filled().add({ process: READER, incarnation: 1, type: 'ok', f: 'poll', rebalanced: keys, value: [{ kind: 'poll', reads: [{ key: KEY, records: [{ offset: 0, value: 'a' }, { offset: 4, value: 'd' }] }] }] });
    expect(rebalanced([KEY]).verdict(internalPollSkip)).toMatchObject({ verdict: 'vacuous' });
    expect(rebalanced(['orders-1']).verdict(internalPollSkip)).toMatchObject({ verdict: 'violated' });
  });
});

describe('nonmonotonic-send, int-nonmonotonic-send and int-send-skip', () => {
  it('are found in the order of the calls, whoever was answered first', () => {
    const stage = new HistoryStage();
    const [first, second] = [stage.sendLater('a'), stage.sendLater('b')];
    second(3);
    first(7);
    expect(stage.wrong(nonmonotonicSend)).toEqual(['app-1 sent "a" and then "b" to orders-0, where they stand at offsets 7 and 3']);
  });

  it('are not found in order, nor between processes, incarnations, partitions, nor for failed and lost records', () => {
    const stage = filled().send('x', 5, { process: OTHER }).send('y', 2, { incarnation: 2 }).send('z', 0, { key: 'orders-1' }).send('f', 0, { outcome: 'fail' }).send('w', 0, { acks: 1 });
    expect(stage.verdict(nonmonotonicSend)).toMatchObject({ verdict: 'held', compared: 4 });
  });

  it('tell records of one operation from others: out of order is wrong, with others between them is not', () => {
    const sends = (...offsets: readonly number[]) => offsets.map((offset) => ({ kind: 'send', key: KEY, value: `v${offset}`, offset }) as const);
    const stage = new HistoryStage().send('x', 1).txn(APP, sends(0, 2)).txn(APP, sends(4, 3));
    expect(stage.wrong(internalNonmonotonicSend)).toHaveLength(1);
    expect(stage.verdict(internalSendSkip)).toMatchObject({ verdict: 'held', compared: 2, note: '1 expected: Kafka isolates no writes' });
  });
});

describe('offset-regress', () => {
  it('is a send after an acknowledgement that gets a lower offset, also in the next life of the process', () => {
    expect(filled().send('x', 2, { incarnation: 2 }).wrong(offsetRegress)).toEqual(['app-1 sent "x" to orders-0 after "e" was acknowledged at offset 6, and got offset 2']);
  });

  it('is not found between sends that were under way together, nor with acks=1, nor in another partition', () => {
    const stage = new HistoryStage();
    const [first, second] = [stage.sendLater('a'), stage.sendLater('b')];
    second(3);
    first(7);
    stage.send('x', 2, { acks: 1 }).send('y', 0, { key: 'orders-1' }).send('z', 8);
    expect(stage.verdict(offsetRegress)).toMatchObject({ verdict: 'held', compared: 1 });
  });
});

describe('gap-before-ack', () => {
  const promised = (): HistoryStage => new HistoryStage({ promises: ['gap-before-ack'] });
  it('is a record that was sent before an acknowledged one, and was neither answered nor read', () => {
    const stage = promised();
    stage.send('k', 0, { recordKey: 'truck' });
    stage.sendLater('a', { recordKey: 'truck' });
    stage.send('b', 1, { recordKey: 'truck' }).poll([[0, 'k'], [1, 'b']]);
    expect(stage.wrong(gapBeforeAck)).toEqual(['"b" was acknowledged to app-1 at offset 1 of orders-0, and "a", which it had sent before, was neither answered nor read']);
  });

  it('is not one that was read, reported, sent later, of another key, or before anybody read as far', () => {
    const stage = promised();
    for (const [value, recordKey] of [['read', 'truck'], ['other', 'ship']] as const) stage.sendLater(value, { recordKey });
    stage.send('failed', null, { outcome: 'fail', recordKey: 'truck' }).send('b', 1, { recordKey: 'truck' }).poll([[0, 'read'], [1, 'b']]);
    stage.sendLater('late', { recordKey: 'truck' });
    stage.send('unread', 9, { recordKey: 'truck' });
    expect(stage.verdict(gapBeforeAck)).toMatchObject({ verdict: 'held', compared: 2 });
  });
});

describe('end-offset-regress', () => {
  const list = (stage: HistoryStage, end: number, process = READER): HistoryStage => stage.add({ process, incarnation: 1, type: 'ok', f: 'list-offsets', value: [[KEY, end]] });
  it('is an end below one that the client was told, or below what was acknowledged to it', () => {
    expect(list(list(new HistoryStage(), 5), 4).wrong(endOffsetRegress)).toEqual(['reader-1 was told that orders-0 ends at 4, and knew already that it ends at 5 or above']);
    expect(list(filled(), 6, APP).wrong(endOffsetRegress)).toHaveLength(1);
  });

  it('is not one that another client was told, nor one that grows', () => {
    const stage = list(list(list(list(filled(), 7, APP), 5), 5), 3, OTHER);
    expect(stage.verdict(endOffsetRegress)).toMatchObject({ verdict: 'held', compared: 2 });
  });
});
