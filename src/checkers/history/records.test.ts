/** What became of records: each anomaly is found, and each near miss is not. */
import { describe, expect, it } from 'vitest';
import { abortedRead } from './aborted-read.ts';
import { ackReadDisagreement } from './ack-read.ts';
import { compactionRead } from './compaction-read.ts';
import { duplicate } from './duplicate.ts';
import { inconsistentOffsets } from './inconsistent-offsets.ts';
import { lostWrite } from './lost-write.ts';
import { precommittedRead } from './precommitted-read.ts';
import { realtimeLag } from './realtime-lag.ts';
import { APP, HistoryStage, KEY, OTHER } from './staging.ts';
import { unseen } from './unseen.ts';

describe('inconsistent-offsets', () => {
  it('is two values at one offset, read by two or acknowledged and read', () => {
    expect(new HistoryStage().poll([[0, 'a']]).poll([[0, 'b']], { process: OTHER }).wrong(inconsistentOffsets)).toEqual(['offset 0 of orders-0 had "a" and "b"']);
    expect(new HistoryStage().send('a', 4).poll([[4, 'b']]).wrong(inconsistentOffsets)).toHaveLength(1);
    // A poll whose operation is undecided was read all the same.
    expect(new HistoryStage().send('a', 4).poll([[4, 'b']], { outcome: 'info' }).wrong(inconsistentOffsets)).toHaveLength(1);
  });

  it('is not one value read twice, nor two partitions, nor what acks=1 had acknowledged and lost, nor what failed', () => {
    const stage = new HistoryStage().poll([[0, 'a']]).poll([[0, 'a']], { process: OTHER }).poll([[0, 'b']], { key: 'orders-1' });
    stage.send('x', 1, { acks: 1 }).poll([[1, 'y']]).send('z', 1, { outcome: 'fail' }).send('w', 1, { outcome: 'info' });
    expect(stage.verdict(inconsistentOffsets)).toMatchObject({ verdict: 'held', compared: 3 });
  });

  it('is no violation where the header allows it, in the topics that it names', () => {
    const broken = (topics: readonly string[]) => new HistoryStage({ allows: [{ anomaly: 'inconsistent-offsets', reason: 'unclean.leader.election.enable', topics }] }).send('a', 4).poll([[4, 'b']]);
    expect(broken(['orders']).verdict(inconsistentOffsets)).toMatchObject({ verdict: 'held', note: '1 expected: unclean.leader.election.enable' });
    expect(broken(['payments']).verdict(inconsistentOffsets).verdict).toBe('violated');
  });
});

describe('duplicate', () => {
  it('is a value at two offsets, read twice or acknowledged at one and read at the other', () => {
    expect(new HistoryStage().send('a', 0).poll([[0, 'a'], [3, 'a']]).wrong(duplicate)).toEqual(['"a" stands in orders-0 at offsets 0 and 3']);
    expect(new HistoryStage().send('a', 0).poll([[3, 'a']]).wrong(duplicate)).toHaveLength(1);
  });

  it('is not a record that the application sent again, nor equal values in two topics, nor tombstones', () => {
    const stage = new HistoryStage().send('a', 0).send('a', 1).poll([[0, 'a'], [1, 'a'], [2, null], [3, null]]).poll([[0, 'a']], { key: 'payments-0' });
    expect(stage.verdict(duplicate)).toMatchObject({ verdict: 'held', note: '1 expected: the application sent it again' });
  });
});

describe('duplicate of an idempotent producer', () => {
  /** A record without an answer that stands twice, after something of the producer's failed and its epoch rose. */
  const renumbered = ({ failure = 'fail' as 'fail' | 'ok', epoch = 1, outcome = 'info' as 'info' | 'ok', mayBeTwice = false }) => {
    const stage = new HistoryStage();
    const given = stage.sendLater('first');
    const twice = stage.sendLater('a');
    given(failure === 'ok' ? 9 : null, failure);
    stage.add({ process: APP, incarnation: 1, type: 'ok', f: 'producer-epoch', value: [7, epoch] });
    twice(outcome === 'ok' ? 3 : null, outcome);
    const last = stage.operations.pop();
    if (last !== undefined) stage.operations.push(mayBeTwice ? { ...last, mayBeTwice: true } as typeof last : last);
    return stage.poll([[0, 'a'], [3, 'a']]).verdict(duplicate);
  };

  it('is none where it gave up a batch and raised its epoch while the record had an attempt of unknown end', () => {
    expect(renumbered({})).toMatchObject({ verdict: 'held', note: '1 expected: the producer had given up a batch and raised its epoch' });
    expect(renumbered({ outcome: 'ok', mayBeTwice: true }).verdict).toBe('held');
  });

  it('is one where nothing failed, where the epoch is its first, or where every attempt was answered', () => {
    expect(renumbered({ failure: 'ok' }).verdict).toBe('violated');
    expect(renumbered({ epoch: 0 }).verdict).toBe('violated');
    expect(renumbered({ outcome: 'ok' }).verdict).toBe('violated');
  });
});

describe('lost-write', () => {
  it('is an acknowledged record that nobody read, below one that somebody did', () => {
    expect(new HistoryStage().send('a', 0).send('b', 1).poll([[1, 'b']]).wrong(lostWrite)).toEqual([
      '"a", acknowledged to app-1 at offset 0 of orders-0 at 00:00:00.001000, was read by nobody, and offset 1 was',
    ]);
  });

  it('is not one that everybody began behind', () => {
    expect(new HistoryStage().send('a', 0).send('b', 1).position(1, 'initial').poll([[1, 'b']]).verdict(lostWrite)).toMatchObject({ verdict: 'held', compared: 1 });
    expect(new HistoryStage().send('a', 0).send('b', 1).position(1, 'initial').poll([[1, 'b']]).poll([[1, 'b']], { process: OTHER }).wrong(lostWrite)).toHaveLength(1);
  });

  it('is not one above everything that was read, nor one that was undecided, weakly acknowledged or failed', () => {
    const stage = new HistoryStage().send('d', 0, { acks: 1 }).send('u', 1, { outcome: 'info' }).send('f', 2, { outcome: 'fail' }).send('a', 3).send('b', 4).poll([[3, 'a']]);
    expect(stage.verdict(lostWrite)).toMatchObject({ verdict: 'held', compared: 1 });
  });

  it('counts the rest of an undecided operation once something of it was read', () => {
    const sends = [{ kind: 'send', key: KEY, value: 'a', offset: 0 }, { kind: 'send', key: KEY, value: 'b', offset: 1 }] as const;
    expect(new HistoryStage().txn(APP, sends, 'info').poll([[1, 'b']]).wrong(lostWrite)).toHaveLength(1);
    expect(new HistoryStage().txn(APP, sends, 'info').send('c', 2).poll([[2, 'c']]).wrong(lostWrite)).toEqual([]);
  });

  it('takes the last place of a record that stands twice', () => {
    expect(new HistoryStage().send('a', 0).send('a', 5).send('b', 3).poll([[3, 'b']]).verdict(lostWrite)).toMatchObject({ verdict: 'held', compared: 1 });
  });
});

describe('unseen', () => {
  const tail = (promises: readonly string[]) => new HistoryStage({ promises }).send('a', 0).send('b', 1).poll([[0, 'a']]);
  it('is an acknowledged record that was never read, where final reads are promised', () => {
    expect(tail(['unseen']).wrong(unseen)).toEqual(['"b", acknowledged to app-1 at offset 1 of orders-0, was never read']);
    expect(tail([]).verdict(unseen)).toMatchObject({ verdict: 'held', compared: 2, note: '1 expected: nobody promises its absence' });
    expect(tail(['unseen']).poll([[1, 'b']]).verdict(unseen)).toMatchObject({ verdict: 'held', compared: 2 });
  });
});

describe('ack-read-disagreement', () => {
  it('is another record at the acknowledged offset, or the record at another one only', () => {
    expect(new HistoryStage().send('a', 3).poll([[3, 'b']]).wrong(ackReadDisagreement)).toEqual(['offset 3 of orders-0 was acknowledged to app-1 as "a", and reader-1 read "b" there']);
    expect(new HistoryStage().send('a', 0).poll([[3, 'a']]).wrong(ackReadDisagreement)).toEqual(['"a" was acknowledged to app-1 at offset 0 of orders-0, and reader-1 read it at offset 3']);
  });

  it('is not a second copy of a record that stands where it was acknowledged', () => {
    expect(new HistoryStage().send('a', 3).poll([[3, 'a'], [5, 'a']]).verdict(ackReadDisagreement)).toMatchObject({ verdict: 'held', compared: 1 });
    // Nor one whose readers have only come to another copy of it, or began behind it.
    expect(new HistoryStage().send('a', 5).poll([[3, 'a']]).verdict(ackReadDisagreement)).toMatchObject({ verdict: 'vacuous' });
    expect(new HistoryStage().send('a', 0).position(3).poll([[3, 'a']]).verdict(ackReadDisagreement)).toMatchObject({ verdict: 'vacuous' });
    expect(new HistoryStage().send('a', null).poll([[3, 'a']]).verdict(ackReadDisagreement)).toMatchObject({ verdict: 'vacuous' });
  });
});

describe('G1a', () => {
  it('is reading what certainly failed, also when nobody knows where it went', () => {
    expect(new HistoryStage().send('a', null, { outcome: 'fail', key: null }).poll([[3, 'a']]).wrong(abortedRead)).toEqual(['reader-1 read "a" at offset 3 of orders-0, which app-1 was told had failed']);
    expect(new HistoryStage().txn(APP, [{ kind: 'send', key: KEY, value: 'a', offset: 3 }], 'fail').poll([[3, 'a']]).wrong(abortedRead)).toHaveLength(1);
  });

  it('is not reading what is undecided, nor an equal value of another topic, nor a read of an operation that failed', () => {
    const stage = new HistoryStage().send('a', null, { outcome: 'info' }).send('b', null, { outcome: 'fail', key: null }).poll([[3, 'a']]);
    stage.poll([[0, 'b']], { key: 'payments-0' }).poll([[4, 'b']], { outcome: 'fail' });
    expect(stage.verdict(abortedRead)).toMatchObject({ verdict: 'held', compared: 1 });
  });
});

describe('precommitted-read', () => {
  const send = { kind: 'send', key: KEY, value: 'a', offset: 3 } as const;
  const poll = (value: string) => ({ kind: 'poll', reads: [{ key: KEY, records: [{ offset: 3, value }] }] }) as const;
  it('is a transaction that reads its own record, and not one that reads another’s', () => {
    expect(new HistoryStage().txn(APP, [send, poll('a')]).wrong(precommittedRead)).toEqual(['a transaction of app-1 read "a" at offset 3 of orders-0, which it had not committed yet']);
    expect(new HistoryStage().txn(APP, [send]).txn(APP, [poll('a')]).verdict(precommittedRead)).toMatchObject({ verdict: 'held', compared: 1 });
  });
});

describe('compaction-read', () => {
  const read = (offset: number, recordKey: string, value: string | null) => ({ offset, recordKey, value });
  const written = (): HistoryStage => new HistoryStage({ promises: ['compaction-read'] }).send('a1', 0, { recordKey: 'a' }).send('b1', 1, { recordKey: 'b' }).send('a2', 2, { recordKey: 'a' }).send(null, 3, { recordKey: 'b' }).send('c1', 4, { recordKey: 'c' });

  it('is a reader from the start that misses the last value of a key', () => {
    expect(written().position(0).poll([read(0, 'a', 'a1'), read(4, 'c', 'c1')]).wrong(compactionRead)).toEqual([
      'reader-1 read orders-0 from the start up to offset 4 and saw "a1" of key "a", whose last value is "a2" at offset 2',
    ]);
    expect(written().position(0).poll([read(2, 'a', 'a2'), read(1, 'b', 'b1'), read(4, 'c', 'c1')]).wrong(compactionRead)).toHaveLength(1);
  });

  it('is not one that misses older values, tombstones, what lies above its end, or what was sent meanwhile', () => {
    const stage = written().position(0).poll([read(2, 'a', 'a2')]).send('d1', 5, { recordKey: 'd' }).poll([read(4, 'c', 'c1'), read(6, 'e', 'e1')]);
    expect(stage.verdict(compactionRead)).toMatchObject({ verdict: 'held', compared: 3 });
    expect(written().position(0).poll([read(2, 'a', 'a2')]).verdict(compactionRead)).toMatchObject({ verdict: 'held', compared: 1 });
    expect(written().position(3).poll([read(4, 'c', 'c1')]).verdict(compactionRead)).toMatchObject({ verdict: 'vacuous' });
  });
});

describe('realtime-lag', () => {
  it('is the time from an acknowledgement to the first read of the record or of a later one', () => {
    const stage = new HistoryStage().send('a', 0).send('b', 1).send('c', 2).poll([[1, 'b']]);
    expect(stage.verdict(realtimeLag)).toMatchObject({ verdict: 'held', compared: 3, note: 'median 00:00:00.005000, 95% 00:00:00.005000, 99% 00:00:00.005000, most 00:00:00.005000; 1 never' });
  });
});
