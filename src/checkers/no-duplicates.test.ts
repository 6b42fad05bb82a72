import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../kafka/config.ts';
import { noDuplicates } from './no-duplicates.ts';
import type { CheckConfig } from './checker.ts';
import { APP, Stage, TOPIC, type AppendOptions } from './staging.ts';
import { US_PER_S } from '../kernel/time.ts';

const PLAIN = { producers: [{ node: APP, config: { ...defaultConfig('producer'), enableIdempotence: false }, namesPartitionOf: [] }] };

interface Copied {
  /** Id, epoch and sequence of the second copy; the first is (7, 0, 0). Null: neither has a sequence. */
  readonly second: NonNullable<AppendOptions['as']> | null;
  /** What ended the send of the record that stands twice. */
  readonly end?: 'answered' | 'retried blindly' | 'unknown' | 'never';
  /** Another send of the producer is given up first, and its epoch begins. */
  readonly givesUp?: boolean;
}

/** `a` and `b` are sent, and `a` stands twice. */
function copied({ second, end = 'retried blindly', givesUp = false }: Copied): Stage {
  const stage = Stage.ready([noDuplicates], second === null ? PLAIN : {});
  stage.sendOnly('a');
  stage.sendOnly('b');
  stage.replicate(1, [2, 3], ['a'], 0, second === null ? {} : { as: [7, 0, 0] });
  if (givesUp) stage.complete(2, 0, -1, 'unknown');
  if (second !== null && second[1] > 0) stage.beginEpoch(second[0], second[1]);
  stage.replicate(1, [2, 3], ['a'], 0, second === null ? {} : { as: second });
  if (end === 'unknown') stage.complete(1, 0, -1, 'unknown');
  else if (end !== 'never') stage.complete(1, 0, 1, 'ok', APP, 'NONE', end === 'retried blindly');
  return stage;
}

describe('no duplicates', () => {
  it('holds while every value stands once', () => {
    const stage = Stage.ready([noDuplicates]);
    stage.sendOnly('a');
    stage.sendOnly('b');
    stage.replicate(1, [2, 3], ['a', 'b']);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', compared: 1 });
  });

  it.each<[string, Copied, string]>([
    ['the same sequence in the same epoch', { second: [7, 0, 0] }, 'violated'],
    ['another sequence in the same epoch', { second: [7, 0, 1] }, 'violated'],
    ['the next epoch, for no reason', { second: [7, 1, 0] }, 'violated'],
    ['the next epoch, after a batch was given up', { second: [7, 1, 0], givesUp: true }, 'held'],
    ['the next epoch, though its only attempt was answered', { second: [7, 1, 0], givesUp: true, end: 'answered' }, 'violated'],
    ['another producer id', { second: [8, 0, 0], givesUp: true }, 'violated'],
    ['no sequence, by a producer that retried blindly', { second: null }, 'held'],
    ['no sequence, and its outcome is unknown', { second: null, end: 'unknown' }, 'held'],
    ['no sequence, though its only attempt was answered', { second: null, end: 'answered' }, 'violated'],
  ])('judges a second copy with %s', (_, what, expected) => {
    expect(copied(what).verdict().verdict).toBe(expected);
  });

  it('counts what the configuration does not promise, with the reason', () => {
    expect(copied({ second: null }).verdict().note).toContain('the producer retries without idempotence');
  });

  it('names both copies and who sent them', () => {
    expect(copied({ second: [7, 0, 0] }).verdict().evidence[0]?.sentence).toBe(
      '"a", which app-1 sent once, stands in orders-0 twice: at offset 0 (epoch 0, sequence 0) and at offset 1 (epoch 0, sequence 0)');
  });

  describe('of a record that retention took', () => {
    const topics = [{ name: TOPIC, partitionCounts: [1], minInsyncReplicas: 1, uncleanLeaderElectionEnable: false, isCleaned: true }];
    /** Sequence 0 of producer 7 is `a`; it is deleted, and comes again. */
    const again = (second: NonNullable<AppendOptions['as']>, { changes = {}, isElected = false, isMuchLater = false, between = () => undefined }: { readonly changes?: Partial<CheckConfig>; readonly isElected?: boolean; readonly isMuchLater?: boolean; readonly between?: (stage: Stage) => void } = {}): Stage => {
      const stage = Stage.ready([noDuplicates], { topics, ...changes });
      stage.sendOnly('a');
      stage.replicate(1, [2, 3], ['a'], 0, { as: [7, 0, 0] });
      stage.replicate(1, [2, 3], ['other']);
      if (isMuchLater) stage.waitUntil(stage.atUs + 300 * US_PER_S);
      between(stage);
      stage.advanceLogStart(1, 1);
      if (isElected) {
        stage.advanceLogStart(2, 1);
        stage.elect(2, [2, 3]);
        stage.lead(2);
      }
      stage.replicate(isElected ? 2 : 1, [3], ['a'], 0, { as: second });
      stage.complete(1, 0, 2, 'ok', APP, 'NONE', true);
      return stage;
    };

    it('is violated by a second copy, in whichever epoch, also when that one was deleted since', () => {
      for (const second of [[7, 0, 0], [7, 1, 0]] as const) {
        const stage = again(second);
        stage.replicate(1, [3], ['last']);
        stage.advanceLogStart(1, 3);
        expect([again(second).verdict().verdict, stage.verdict().evidence.length]).toEqual(['violated', 1]);
      }
      const both = again([7, 0, 0], { between: (stage) => stage.replicate(1, [2, 3], ['a'], 0, { as: [7, 0, 0] }) });
      expect(both.verdict().evidence.length).toBeGreaterThan(0);
    });

    it('expects one of versions that forget a producer with its records, and of a leader who only has what is left', () => {
      expect(again([7, 1, 0], { changes: { producerStateOutlivesRecords: false } }).verdict()).toMatchObject({ verdict: 'held', note: '1 expected: leaders forget a producer with the last of its records' });
      expect(again([7, 0, 0], { isElected: true }).verdict()).toMatchObject({ verdict: 'held', note: expect.stringContaining('did not know the producer') as string });
    });

    it('does not remember what was old when it was deleted: no retry of it can come', () => {
      expect(again([7, 0, 0], { isMuchLater: true }).verdict().verdict).toBe('held');
    });
  });

  it('does not look at what was lost', () => {
    const stage = copied({ second: [7, 0, 0] });
    for (const broker of [1, 2, 3]) stage.truncate(broker, 1);
    expect(stage.verdict().verdict).not.toBe('violated');
  });
});
