import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../kafka/config.ts';
import { endOffsetsMonotone } from './end-offsets-monotone.ts';
import { OTHER_READER, READER, Stage, TOPIC, stagedConfig } from './staging.ts';

const LATEST = { consumers: [READER, OTHER_READER].map((node) => ({ node, config: { ...defaultConfig('consumer'), autoOffsetReset: 'latest' as const }, topics: [TOPIC] })) };

/** Three records are committed; broker-2 leads epoch 1 after broker-1. */
function failedOver(changes: ConstructorParameters<typeof Stage>[1] = {}): Stage {
  const stage = Stage.ready([endOffsetsMonotone], { ...LATEST, ...changes });
  stage.replicate(1, [2, 3], ['a', 'b', 'c']);
  stage.listOffsets(READER, 3, 0);
  stage.elect(2, [2, 3]);
  stage.lead(2);
  return stage;
}

describe('end offsets monotone', () => {
  it('is violated when a new leader gives a smaller end than the one before it', () => {
    const stage = failedOver();
    stage.start(READER, 2);
    stage.listOffsets(READER, 2, 1);
    expect(stage.verdict()).toMatchObject({
      verdict: 'violated', compared: 2,
      evidence: [{ sentence: 'reader-1 was told that orders-0 ends at 2 (leader epoch 1), after it had been told 3 (leader epoch 0)' }],
    });
  });

  it('is violated when one leader goes back', () => {
    const stage = failedOver();
    stage.listOffsets(READER, 2, 0, 'outOfRange');
    expect(stage.verdict()).toMatchObject({ verdict: 'violated' });
  });

  it('holds when the end stays or rises, and compares each application with itself', () => {
    const stage = failedOver();
    stage.listOffsets(OTHER_READER, 2, 1);
    stage.listOffsets(READER, 3, 1);
    stage.highWatermark(2, 7);
    stage.listOffsets(READER, 7, 1);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', compared: 4 });
  });

  it('is violated by an end beyond every high watermark of a leader', () => {
    const stage = failedOver();
    stage.append(2, ['d', 'e']);
    stage.listOffsets(READER, 5, 1);
    expect(stage.verdict().evidence.map(({ sentence }) => sentence)).toEqual(["reader-1 was told that orders-0 ends at 5 (leader epoch 1), and no leader's high watermark was ever above 3"]);
  });

  it('expects an old end from a leader that was replaced, and forgets nothing over it', () => {
    const stage = failedOver();
    stage.highWatermark(2, 5);
    stage.listOffsets(READER, 5, 1);
    stage.listOffsets(READER, 3, 0);
    stage.listOffsets(READER, 4, 1);
    const { verdict, evidence, note } = stage.verdict();
    expect([verdict, evidence.length, note]).toEqual(['violated', 1, '1 expected: a leader that was replaced and did not know it gave an end that its successor had passed']);
  });

  it('excuses what disks have lost, and unclean elections', () => {
    const lost = failedOver();
    lost.goDown(3, 1);
    lost.listOffsets(READER, 1, 1);
    expect(lost.verdict()).toMatchObject({ verdict: 'held', note: '1 excused: the disk of broker-3 lost records' });
    const unclean = failedOver({ topics: [{ name: TOPIC, partitionCounts: [1], minInsyncReplicas: 1, uncleanLeaderElectionEnable: true }] });
    unclean.elect(-1, [2]);
    unclean.elect(1, [1]);
    unclean.listOffsets(READER, 1, 3);
    expect(unclean.verdict()).toMatchObject({ verdict: 'held', note: '1 excused: a leader was elected uncleanly' });
  });

  it('asks nothing of who begins at the beginning, or goes where its position was cut', () => {
    const stage = Stage.ready([endOffsetsMonotone]);
    stage.listOffsets(READER, 3, 0);
    stage.listOffsets(READER, 2, 1);
    expect(stage.verdict()).toMatchObject({ verdict: 'vacuous' });
    const cut = failedOver();
    cut.reset(READER, 1, 'truncation');
    expect(cut.verdict()).toMatchObject({ verdict: 'held', compared: 1 });
  });

  it('applies where somebody begins at the end', () => {
    expect(endOffsetsMonotone.appliesTo?.(stagedConfig(LATEST))).toBe(true);
    expect(endOffsetsMonotone.appliesTo?.(stagedConfig())).toBe(false);
  });
});
