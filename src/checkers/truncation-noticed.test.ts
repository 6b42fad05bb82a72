import { describe, expect, it } from 'vitest';
import { READER, Stage, stagedConfig, TOPIC } from './staging.ts';
import { truncationNoticed } from './truncation-noticed.ts';

/** reader-1 has read `a` and `b` of leader epoch 0 from broker 1; broker 2 takes over with as many records of it, and appends `c` and `d` in epoch 1. Broker 1 has deleted what is below `deletedTo`. */
function takenOver(copied: number, deletedTo = 0): Stage {
  const stage = Stage.ready([truncationNoticed]);
  stage.append(1, ['a', 'b']);
  stage.copy(1, 2, copied);
  stage.reset(READER, 0);
  stage.poll(READER, 1, [0, 1]);
  stage.highWatermark(1, 2);
  stage.advanceLogStart(1, deletedTo);
  stage.elect(2, [2, 3]);
  stage.append(2, ['c', 'd'], { epoch: 1 });
  stage.lead(2);
  return stage;
}

describe('a consumer that goes from one leader to the next', () => {
  it('reads on where the new log holds what it has read', () => {
    const stage = takenOver(2);
    stage.poll(READER, 2, [2, 3]);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', compared: 1 });
  });

  it('is seen to read on where that was cut off and written over', () => {
    const stage = takenOver(1);
    stage.append(2, ['e']);
    stage.poll(READER, 2, [2, 3]);
    expect(stage.verdict().evidence.map(({ sentence }) => sentence)).toEqual([
      'reader-1 read on at offset 2 of orders-0, of leader epoch 1, from broker-2, and did not notice that offset 1, which it had read of leader epoch 0, was cut off: what stands there is of leader epoch 1',
    ]);
  });

  it('is not expected to where a log that is as long has an older epoch there, of which its leader says no more than the end', () => {
    const asLong = takenOver(2);
    asLong.reset(READER, 0, 'truncation');
    asLong.pollRecords(READER, 1, [{ offset: 1, leaderEpoch: 3, key: null, value: 'z' }]);
    asLong.pollRecords(READER, 2, [{ offset: 2, leaderEpoch: 1, key: null, value: 'c' }]);
    expect(asLong.verdict()).toMatchObject({ verdict: 'held', note: expect.stringContaining('1 expected: the log that was left was as long') });
  });

  // swarm, seed 84272: a fetch was in flight to a zombie while its successor confirmed the position.
  it('is not expected to where what it read last came late, from the leader before', () => {
    const read = (isFromFormerLeader: boolean): Stage => {
      const stage = takenOver(1);
      stage.reset(READER, 0, 'truncation');
      stage.observe(READER, { type: 'poll', topic: TOPIC, partition: 0, from: 1, records: [{ offset: 1, leaderEpoch: 0, key: null, value: 'b' }], ...(isFromFormerLeader ? { isFromFormerLeader } : {}) });
      stage.poll(READER, 2, [2]);
      return stage;
    };
    expect(read(true).verdict()).toMatchObject({ verdict: 'held', note: '1 expected: an answer of the leader before was taken when the position had been confirmed with the next' });
    expect(read(false).violations).toBe(1);
  });

  it('is seen to within one poll, too', () => {
    const stage = takenOver(1);
    stage.reset(READER, 0, 'truncation');
    stage.pollRecords(READER, 2, [{ offset: 1, leaderEpoch: 0, key: null, value: 'b' }, { offset: 2, leaderEpoch: 1, key: null, value: 'd' }]);
    expect(stage.violations).toBe(1);
  });

  it('has noticed when its position was set anew, when it began anew, or when it was assigned other partitions meanwhile', () => {
    const noticed = [
      (stage: Stage) => stage.reset(READER, 1, 'truncation'), (stage: Stage) => stage.reset(READER, 2, 'outOfRange'), (stage: Stage) => stage.start(READER, 2),
      (stage: Stage) => { stage.assign(READER, [], 'revoked'); stage.assign(READER, [0]); },
    ];
    for (const notice of noticed) {
      const stage = takenOver(1);
      notice(stage);
      stage.poll(READER, 2, [2]);
      expect(stage.verdict()).toMatchObject({ verdict: 'vacuous', compared: 0 });
    }
  });

  it('is not judged where nobody can tell: retention took the record, or no log has what it read', () => {
    const taken = takenOver(1);
    taken.advanceLogStart(2, 2);
    taken.poll(READER, 2, [2]);
    const gone = takenOver(1);
    gone.pollRecords(READER, 2, [{ offset: 2, leaderEpoch: 7, key: null, value: 'z' }]);
    const deleted = takenOver(1, 2);
    deleted.append(2, ['e']);
    deleted.poll(READER, 2, [2, 3]);
    expect([taken.violations, gone.violations, deleted.violations]).toEqual([0, 0, 0]);
  });

  it('is judged by the log as it was served, whatever became of it since', () => {
    const other = takenOver(2);
    other.copy(1, 3);
    other.copy(2, 3);
    other.truncate(2, 0);
    other.pollRecords(READER, 2, [{ offset: 2, leaderEpoch: 1, key: null, value: 'c' }]);
    expect(other.verdict()).toMatchObject({ verdict: 'held', compared: 1 });
  });

  it('is asked from 2.3 on', () => {
    expect([true, false].map((consumerValidatesPositions) => truncationNoticed.appliesTo?.(stagedConfig({ consumerValidatesPositions })))).toEqual([true, false]);
  });
});
