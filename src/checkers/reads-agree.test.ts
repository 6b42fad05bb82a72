import { describe, expect, it } from 'vitest';
import { readsAgree } from './reads-agree.ts';
import { OTHER_READER, READER, Stage } from './staging.ts';

function filled(): Stage {
  const stage = Stage.ready([readsAgree]);
  stage.replicate(1, [2, 3], ['a', 'b', 'c']);
  return stage;
}

/** Broker 2 has other records from offset 1 on and leads. */
function rewrite(stage: Stage): void {
  stage.truncate(2, 1);
  stage.elect(2, [2]);
  stage.lead(2);
  stage.append(2, ['x', 'y']);
  stage.highWatermark(2, 3);
}

describe('reads agree', () => {
  it('is violated when two consumers get different records at one offset', () => {
    const stage = filled();
    stage.poll(READER, 1, [0, 1]);
    rewrite(stage);
    stage.poll(OTHER_READER, 2, [0, 1]);
    expect(stage.verdict()).toMatchObject({
      verdict: 'violated', compared: 2,
      evidence: [{ sentence: 'offset 1 of orders-0 was "b" when reader-1 read it at 00:00:00.020000, and is "x" to reader-2, which read it' }],
    });
  });

  it('is violated when one consumer gets another record the second time', () => {
    const stage = filled();
    stage.poll(READER, 1, [1]);
    rewrite(stage);
    stage.poll(READER, 2, [1]);
    expect(stage.violations).toBe(1);
  });

  it('is violated when a consumer gets another record than was acknowledged there', () => {
    const stage = filled();
    stage.send({ value: 'acknowledged', offset: 1 });
    stage.poll(READER, 1, [1]);
    expect(stage.verdict().evidence[0]?.sentence).toBe('offset 1 of orders-0 was "acknowledged" when it was acknowledged to app-1 at 00:00:00.021000, and is "b" to reader-1, which read it');
  });

  it('is violated when the acknowledgement comes after the read', () => {
    const stage = filled();
    stage.poll(READER, 1, [1]);
    stage.send({ value: 'acknowledged', offset: 1 });
    expect(stage.verdict().evidence[0]?.sentence).toContain('to which it was acknowledged');
  });

  it('takes no notice of acks=1, unless all acknowledged records are expected', () => {
    const stage = filled();
    stage.send({ value: 'lost', acks: 1, offset: 1 });
    stage.poll(READER, 1, [1]);
    expect(stage.violations).toBe(0);
    const strict = Stage.ready([readsAgree], { expectAllAcks: true });
    strict.append(1, ['a', 'b']);
    strict.send({ value: 'lost', acks: 1, offset: 1 });
    strict.poll(READER, 1, [1]);
    expect(strict.violations).toBe(1);
  });

  it('excuses what was lost beyond the fault budget', () => {
    const stage = filled();
    stage.poll(READER, 1, [0, 1, 2]);
    stage.elect(1, [1]);
    stage.goDown(1, 1);
    stage.start(1, 2);
    stage.lead(1);
    stage.append(1, ['x', 'y']);
    stage.poll(OTHER_READER, 1, [0, 1, 2]);
    const { verdict, compared, note } = stage.verdict();
    expect({ verdict, compared }).toEqual({ verdict: 'held', compared: 3 });
    expect(note).toMatch(/^2 excused/);
  });

  it('holds for equal reads, and for the same offset of different partitions', () => {
    const stage = Stage.ready([readsAgree], {}, 2);
    stage.replicate(1, [2, 3], ['a']);
    stage.replicate(1, [2, 3], ['b'], 1);
    stage.poll(READER, 1, [0]);
    stage.poll(OTHER_READER, 2, [0]);
    stage.poll(READER, 1, [0], 1);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', compared: 1 });
  });

  it('is vacuous when no offset was read twice', () => {
    const stage = filled();
    stage.poll(READER, 1, [0, 1, 2]);
    expect(stage.verdict()).toMatchObject({ verdict: 'vacuous', compared: 0 });
  });

  it('what a fork reads is nobody else’s business', () => {
    const stage = filled();
    stage.poll(READER, 1, [0]);
    const fork = stage.fork();
    fork.pollRecords(READER, 1, [{ offset: 1, leaderEpoch: 0, key: null, value: 'only in the fork' }]);
    stage.poll(READER, 1, [1]);
    fork.poll(READER, 1, [0]);
    expect([stage.violations, fork.violations]).toEqual([0, 0]);
    fork.poll(READER, 1, [1]);
    expect(fork.violations).toBe(1);
  });
});
