import { describe, expect, it } from 'vitest';
import { MetadataImage } from '../kafka/metadata.ts';
import { highWatermarkMonotone } from './high-watermark-monotone.ts';
import { plantedContext, plantedRaftView } from './planted.ts';
import { Stage, TOPIC } from './staging.ts';

describe('high watermark monotone', () => {
  it('is violated when a leader lowers it within its epoch', () => {
    const stage = Stage.ready([highWatermarkMonotone]);
    stage.replicate(1, [2, 3], ['a', 'b']);
    stage.highWatermark(1, 1);
    expect(stage.verdict()).toMatchObject({
      verdict: 'violated', compared: 2, evidence: [{ sentence: 'broker-1, leader of orders-0 in leader epoch 0, lowered its high watermark from 2 to 1' }],
    });
  });

  it('holds when a follower lowers it, and when a new leader begins below its predecessor', () => {
    const stage = Stage.ready([highWatermarkMonotone]);
    stage.replicate(1, [2, 3], ['a', 'b']);
    stage.highWatermark(2, 1);
    stage.elect(2, [2, 3]);
    stage.lead(2);
    stage.highWatermark(2, 2);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', compared: 2 });
  });

  it('is vacuous when no leader ever moved it', () => {
    const stage = Stage.ready([highWatermarkMonotone]);
    stage.append(1, ['a']);
    expect(stage.verdict()).toMatchObject({ verdict: 'vacuous' });
  });

  it('is violated when a node lowers that of the metadata log, or goes back in what it has applied, while it lives', () => {
    const checker = highWatermarkMonotone.check(plantedContext());
    const view = plantedRaftView(1, { role: 'Follower', epoch: 1, leaderId: 2, highWatermark: 4 });
    checker.raftChanged?.(view, { ...view, highWatermark: 5 }, 1);
    checker.raftChanged?.(view, { ...view, highWatermark: 3 }, 2);
    const image = MetadataImage.empty().apply({ type: 'TopicRecord', name: TOPIC, topicId: 'id' }, 7);
    checker.imageSeen?.(3, image.apply({ type: 'TopicRecord', name: 'other', topicId: 'id-2' }, 8), 3);
    checker.imageSeen?.(3, image, 4);
    checker.processStarted?.(3, 5);
    checker.imageSeen?.(3, MetadataImage.empty(), 6);
    expect(checker.verdict(9).evidence.map(({ sentence }) => sentence)).toEqual([
      'broker-1 lowered the high watermark of the metadata log from 4 to 3',
      'broker-3 lowered what it has applied of the metadata log from 8 to 7',
    ]);
  });
});
