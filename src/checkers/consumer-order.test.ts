import { describe, expect, it } from 'vitest';
import type { PartitionLog } from '../kafka/log.ts';
import { consumerOrder } from './consumer-order.ts';
import { OTHER_READER, READER, Stage } from './staging.ts';

/** The log after a cleaning that took offsets 1 and 2. */
function keeping(log: PartitionLog): PartitionLog {
  const kept = [...log.batches()].filter(({ baseOffset }) => baseOffset < 1 || baseOffset > 2);
  return log.roll().cleaned(log.logEndOffset, kept, [0]);
}

function filled(): Stage {
  const stage = Stage.ready([consumerOrder]);
  stage.replicate(1, [2, 3], ['a', 'b', 'c', 'd', 'e']);
  stage.reset(READER, 0);
  return stage;
}

describe('consumer order', () => {
  it('is violated when a poll goes back', () => {
    const stage = filled();
    stage.poll(READER, 1, [0, 1, 2]);
    stage.poll(READER, 1, [1, 2, 3]);
    expect(stage.verdict()).toMatchObject({
      verdict: 'violated', evidence: [{ sentence: 'reader-1 got offset 1 of orders-0 after offset 2, without a reset in between' }],
    });
  });

  it('forgets the position in a partition that is taken from a member, and keeps those in the others', () => {
    const stage = filled();
    stage.assign(READER, [0, 1]);
    stage.poll(READER, 1, [0, 1, 2]);
    stage.assign(READER, [0]);
    stage.poll(READER, 1, [3]);
    stage.assign(READER, []);
    stage.assign(READER, [0]);
    stage.poll(READER, 1, [1, 2]);
    expect(stage.verdict().verdict).toBe('held');
    const going = filled();
    going.poll(READER, 1, [0, 1, 2]);
    going.assign(READER, [0, 1]);
    going.poll(READER, 1, [1]);
    expect(going.violations).toBe(1);
  });

  it('is violated within one poll', () => {
    const stage = filled();
    stage.poll(READER, 1, [0, 2, 1]);
    expect(stage.violations).toBe(2);
  });

  it('is violated when a poll skips a committed record', () => {
    const stage = filled();
    stage.poll(READER, 1, [0, 1]);
    stage.poll(READER, 1, [4]);
    expect(stage.verdict()).toMatchObject({
      verdict: 'violated',
      evidence: [{ sentence: 'reader-1 got offset 4 of orders-0 from broker-1 while its position was 2: it skipped the committed record at offset 2' }],
    });
  });

  it('is violated when the first poll skips records after the initial position', () => {
    const stage = filled();
    stage.poll(READER, 1, [2, 3]);
    expect(stage.violations).toBe(1);
  });

  it('asks the broker that served the poll while no legitimate leader acts', () => {
    const stage = filled();
    stage.poll(READER, 1, [0]);
    stage.elect(2, [2, 3]);
    stage.poll(READER, 1, [3]);
    expect(stage.violations).toBe(1);
  });

  it('holds where the server has cleaned its log and the new leader not yet', () => {
    const stage = filled();
    stage.plant(1, { log: keeping(stage.logOf(1)) });
    stage.elect(2, [1, 2, 3]);
    stage.lead(2);
    stage.poll(READER, 1, [0, 3, 4]);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', compared: 3 });
    stage.poll(OTHER_READER, 2, [0, 3, 4]);
    expect(stage.violations).toBe(1);
  });

  it('holds over offsets of control batches, and over holes', () => {
    const stage = Stage.ready([consumerOrder]);
    stage.append(1, ['a']);
    stage.append(1, ['commit marker'], { isControl: true });
    stage.append(1, ['b']);
    stage.highWatermark(1, 3);
    stage.reset(READER, 0);
    stage.poll(READER, 1, [0, 2]);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', compared: 2 });
  });

  it('holds over what retention took', () => {
    const stage = filled();
    stage.poll(READER, 1, [0]);
    stage.advanceLogStart(1, 3);
    stage.poll(READER, 1, [3, 4]);
    expect(stage.verdict()).toMatchObject({ verdict: 'held' });
  });

  it('does not hold uncommitted records against a consumer', () => {
    const stage = filled();
    stage.append(1, ['f', 'g', 'h']);
    stage.poll(READER, 1, [0, 1, 2, 3, 4, 7]);
    expect(stage.verdict()).toMatchObject({ verdict: 'held' });
  });

  it('holds across a reset, a restart, consumers and partitions', () => {
    const stage = filled();
    stage.poll(READER, 1, [0, 1, 2]);
    stage.reset(READER, 1, 'outOfRange');
    stage.poll(READER, 1, [1, 2]);
    stage.poll(OTHER_READER, 1, [4]);
    stage.start(READER, 2);
    stage.poll(READER, 1, [0]);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', evidence: [] });
  });

  it('is vacuous when nobody read on from a known position', () => {
    const stage = Stage.ready([consumerOrder]);
    stage.replicate(1, [2, 3], ['a']);
    stage.poll(READER, 1, [0]);
    expect(stage.verdict()).toMatchObject({ verdict: 'vacuous', compared: 0 });
  });

  it('a fork has its own positions', () => {
    const stage = filled();
    stage.poll(READER, 1, [0, 1]);
    const fork = stage.fork();
    fork.poll(READER, 1, [2, 3]);
    stage.poll(READER, 1, [2]);
    fork.poll(READER, 1, [3]);
    expect([stage.violations, fork.violations]).toEqual([0, 1]);
  });
});
