import { describe, expect, it } from 'vitest';
import { acknowledgedRecordsSurvive } from './acknowledged-records-survive.ts';
import { allowed, reordering, type Outcome } from './guarantees.ts';
import type { CheckConfig } from './checker.ts';
import { batchOf, withOffsets } from '../kafka/records.ts';
import { plantedContext, plantedRegistration } from './planted.ts';
import { Stage, TOPIC, stagedConfig } from './staging.ts';

const [PRODUCER] = stagedConfig().producers;
const producer = (change: object) => ({ node: 4, namesPartitionOf: [], config: { ...(PRODUCER as NonNullable<typeof PRODUCER>).config, ...change } });

describe('what a configuration allows', () => {
  it('counts an acks=1 record that went with its leader as expected', () => {
    const stage = Stage.ready([acknowledgedRecordsSurvive]);
    stage.append(1, ['a']);
    stage.send({ value: 'a', acks: 1, offset: 0 });
    stage.elect(2, [2, 3]);
    stage.lead(2);
    const { evidence, note } = stage.verdict();
    expect(evidence).toEqual([]);
    expect(note).toContain('1 expected: acks=1, and the leader was replaced');
  });

  it('counts one that a replaced leader took, which does not know yet', () => {
    const stage = Stage.ready([acknowledgedRecordsSurvive]);
    stage.elect(2, [2, 3]);
    stage.lead(2);
    stage.append(1, ['zombie']);
    stage.send({ value: 'zombie', acks: 1, offset: 0 });
    expect(stage.verdict()).toMatchObject({ evidence: [], note: expect.stringContaining('1 expected') });
  });

  it('takes the loss of an acks=1 record for a bug when its leader neither was replaced nor lost its disk', () => {
    const stage = Stage.ready([acknowledgedRecordsSurvive]);
    stage.append(1, ['a']);
    stage.send({ value: 'a', acks: 1, offset: 0 });
    stage.truncate(1, 0);
    expect(stage.verdict().evidence[0]?.sentence).toContain('acknowledged to app-1 with acks=1');
  });

  it('blames the disk of the leader for acks=1, and not for acks=all while others hold the record', () => {
    const run = (acks: -1 | 1): Stage => {
      const stage = Stage.ready([acknowledgedRecordsSurvive]);
      stage.replicate(1, acks === 1 ? [] : [2, 3], ['a']);
      stage.send({ value: 'a', acks, offset: 0 });
      if (acks === 1) stage.goDown(1, 0);
      else stage.truncate(1, 0);
      return stage;
    };
    expect(run(1).verdict()).toMatchObject({ evidence: [], note: expect.stringContaining('lost') });
    expect(run(-1).verdict().verdict).toBe('violated');
  });

  it('takes no power loss for an excuse where every append is flushed, and a wipe it does', () => {
    const run = (keptOffset: number): Stage => {
      const stage = Stage.ready([acknowledgedRecordsSurvive], { topics: [{ name: TOPIC, partitionCounts: [1], minInsyncReplicas: 1, uncleanLeaderElectionEnable: false, flushMessages: 1 }] });
      stage.changeIsr([1]);
      stage.replicate(1, [], ['a', 'b']);
      stage.send({ value: 'b', offset: 1 });
      stage.goDown(1, keptOffset);
      return stage;
    };
    expect(run(1).verdict().verdict).toBe('violated');
    expect(run(0).verdict()).toMatchObject({ verdict: 'held', note: expect.stringContaining('excused') });
  });

  it('keeps the order of producers that cannot overtake themselves', () => {
    expect(reordering(producer({ enableIdempotence: false, retries: 5, maxInFlightRequestsPerConnection: 5 }))).toContain('retries with several requests in flight');
    for (const safe of [{ enableIdempotence: true }, { enableIdempotence: false, maxInFlightRequestsPerConnection: 1 }, { enableIdempotence: false, retries: 0, maxInFlightRequestsPerConnection: 5 }]) {
      expect(reordering(producer(safe))).toBeUndefined();
    }
  });

  it('allows duplicates of producers that retry without idempotence, and of applications that send again', () => {
    const { config, trace, cluster } = plantedContext();
    const partition = cluster.partition(TOPIC, 0);
    const ask = (change: object, facts: Partial<Outcome & { kind: 'duplicated' }> = {}) =>
      allowed({ kind: 'duplicated', producer: producer(change), copies: 'without sequences', isSentAgain: false, isUndecided: true, wasBatchGivenUp: false, isForgotten: false, firstBatch: undefined, isFirstDeleted: false, partition, sentAtUs: 0, ...facts }, config, trace);
    expect(ask({ enableIdempotence: false, retries: 5 })).toBe('the producer retries without idempotence');
    expect(ask({ enableIdempotence: false, retries: 5 }, { isUndecided: false })).toBeUndefined();
    expect(ask({ enableIdempotence: false, retries: 0 })).toBeUndefined();
    expect(ask({ enableIdempotence: true, retries: 5 })).toBeUndefined();
    expect(ask({ enableIdempotence: true }, { isSentAgain: true })).toBe('the application sent it again');
  });

  it('allows an idempotent producer two copies where it raised its epoch for a batch that was given up, or was forgotten', () => {
    const { config, trace, cluster } = plantedContext();
    const partition = cluster.partition(TOPIC, 0);
    const ask = (facts: Partial<Outcome & { kind: 'duplicated' }>) =>
      allowed({ kind: 'duplicated', producer: producer({ enableIdempotence: true }), copies: 'in two epochs', isSentAgain: false, isUndecided: true, wasBatchGivenUp: true, isForgotten: false, firstBatch: undefined, isFirstDeleted: false, partition, sentAtUs: 0, ...facts }, config, trace);
    expect(ask({})).toBe('the producer had given up a batch and raised its epoch');
    expect(ask({ wasBatchGivenUp: false })).toBeUndefined();
    expect(ask({ isUndecided: false })).toBeUndefined();
    expect(ask({ copies: 'in one epoch' })).toBeUndefined();
    expect(ask({ copies: 'in one epoch', isForgotten: true })).toBe('the producer id had expired');
  });

  it('allows it two copies where a batch of it was overtaken, which cannot happen in an empty log since 4.5', () => {
    const { config, trace, cluster } = plantedContext();
    const ask = (baseSequence: number, baseOffset: number, facts: Partial<Outcome & { kind: 'duplicated' }> = {}, changes: Partial<CheckConfig> = {}) => {
      const firstBatch = withOffsets(batchOf([{ key: null, value: 'a', timestampMs: 0 }], { producerId: 7, producerEpoch: 0, baseSequence }), baseOffset, 0);
      return allowed({ kind: 'duplicated', producer: producer({}), copies: 'in two epochs', isSentAgain: false, isUndecided: true, wasBatchGivenUp: false, isForgotten: false, firstBatch, isFirstDeleted: false, partition: cluster.partition(TOPIC, 0), sentAtUs: 0, ...facts }, { ...config, ...changes }, trace);
    };
    expect(ask(3, 4)).toBe('the leader did not know the producer, and took a sequence other than 0');
    expect(ask(3, 0, {}, { firstSequenceOfEmptyLogIsZero: false })).toBe('the leader did not know the producer, and took a sequence other than 0');
    expect([ask(0, 4), ask(3, 0), ask(3, 4, { copies: 'in one epoch' }), ask(3, 4, { isUndecided: false })]).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('allows nothing to change that was read, without an unclean election or a loss of everybody', () => {
    const { config, trace, cluster } = plantedContext();
    const partition = cluster.partition(TOPIC, 0);
    partition.registration = plantedRegistration();
    expect(allowed({ kind: 'changed', partition, offset: 0, value: 'a' }, config, trace)).toBeUndefined();
  });
});
