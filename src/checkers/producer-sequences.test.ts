import { describe, expect, it } from 'vitest';
import type { CheckConfig } from './checker.ts';
import { producerSequences } from './producer-sequences.ts';
import { APP, OTHER_APP, Stage } from './staging.ts';

const PID = 7;

/** Broker 1 leads and replicates what producer 7 wrote, batch by batch. */
function written(...batches: readonly (readonly [epoch: number, sequence: number])[]): Stage {
  const stage = Stage.ready([producerSequences], { producerIdExpirationMs: 1_000 });
  batches.forEach(([epoch, sequence], i) => stage.replicate(1, [2, 3], [`v${i}`], 0, { as: [PID, epoch, sequence] }));
  return stage;
}

/** Producer 7 writes sequences 2 and 3 behind so many records of nobody. */
function writtenBehind(records: number, changes: Partial<CheckConfig>): Stage {
  const stage = Stage.ready([producerSequences], changes);
  for (let i = 0; i < records; i += 1) stage.replicate(1, [2, 3], [`plain ${i}`]);
  for (const sequence of [2, 3]) stage.replicate(1, [2, 3], [`v${sequence}`], 0, { as: [PID, 0, sequence] });
  return stage;
}

describe('producer sequences', () => {
  it('hold while each batch follows on the last, and a new epoch begins at 0', () => {
    expect(written([0, 0], [0, 1], [2, 0], [2, 1]).verdict()).toMatchObject({ verdict: 'held', compared: 4 });
  });

  it.each<[string, ...(readonly [epoch: number, sequence: number])[]]>([
    ['a sequence that is there twice', [0, 0], [0, 1], [0, 1]],
    ['a sequence that is missing', [0, 0], [0, 1], [0, 3]],
    ['a new epoch that does not begin at 0', [0, 0], [0, 1], [1, 2]],
    ['an epoch that was over', [0, 0], [1, 0], [0, 1]],
  ])('are violated by %s', (_, ...batches) => {
    const { verdict, evidence } = written(...batches).verdict();
    expect([verdict, evidence[0]?.details['producerId'], evidence[0]?.details['baseOffset']]).toEqual(['violated', PID, 2]);
  });

  it('begin at 0 in a log that never held a record, since 4.5, and anywhere in one that did', () => {
    expect(written([0, 2], [0, 3]).verdict().evidence.map(({ sentence }) => sentence)).toEqual(['orders-0 begins with sequence 2 of epoch 0 of producer id 7: what it sent before can never be appended']);
    expect(writtenBehind(1, {}).verdict()).toMatchObject({ verdict: 'held', compared: 1 });
    expect(writtenBehind(0, { firstSequenceOfEmptyLogIsZero: false }).verdict()).toMatchObject({ verdict: 'held', compared: 1 });
  });

  it('are not asked for of a producer whose records had all been deleted', () => {
    const stage = written([0, 0], [0, 1]);
    stage.advanceLogStart(1, 2);
    stage.replicate(1, [2, 3], ['x'], 0, { as: [PID, 0, 9] });
    expect(stage.verdict()).toMatchObject({ verdict: 'held', note: expect.stringContaining('all records of the producer had been deleted') });
  });

  it('are not asked for where a cleaning may have taken batches, and are behind it', () => {
    const stage = written([0, 0], [0, 1], [0, 2]);
    const rolled = stage.logOf(1).roll();
    stage.plant(1, { log: rolled.cleaned(rolled.logEndOffset, [...rolled.batches()].slice(2), [0]) });
    stage.replicate(1, [2, 3], ['x'], 0, { as: [PID, 0, 5] });
    expect(stage.verdict().verdict).toBe('violated');
    const taken = written([0, 0]);
    taken.append(1, ['y', 'z'], { as: [PID, 0, 1] });
    const log = taken.logOf(1).roll();
    taken.plant(1, { log: log.cleaned(log.logEndOffset, [...log.batches()].filter(({ baseOffset }) => baseOffset !== 1), [0]), highWatermark: 3 });
    expect(taken.verdict().verdict).not.toBe('violated');
  });

  it('are not asked for of a producer id that had expired, and are of one that had not', () => {
    const later = (atUs: number): Stage => {
      const stage = written([0, 0]);
      stage.waitUntil(stage.atUs + atUs);
      stage.replicate(1, [2, 3], ['x'], 0, { as: [PID, 0, 9] });
      return stage;
    };
    expect(later(1_000_000).verdict()).toMatchObject({ verdict: 'held', note: expect.stringContaining('expired') });
    expect(later(900_000).verdict().verdict).toBe('violated');
  });

  it('begin anew behind a committed record that was lost, which others judge', () => {
    const stage = written([0, 0], [0, 1], [0, 2]);
    for (const broker of [1, 2, 3]) stage.truncate(broker, 1);
    stage.replicate(1, [2, 3], ['x'], 0, { as: [PID, 0, 1] });
    expect(stage.verdict().verdict).toBe('held');
  });

  it('are violated by an id that two producers have, be it two lives of one', () => {
    const shared = Stage.ready([producerSequences]);
    shared.beginEpoch(PID, 0, APP);
    shared.beginEpoch(PID, 1, APP);
    expect(shared.violations).toBe(0);
    shared.beginEpoch(PID, 0, OTHER_APP);
    expect(shared.verdict().evidence[0]?.sentence).toContain('was given producer id 7');
    const restarted = Stage.ready([producerSequences]);
    restarted.beginEpoch(PID, 0, APP);
    restarted.start(APP, 2);
    restarted.beginEpoch(PID, 0, APP);
    expect(restarted.violations).toBe(1);
  });

  it('go on apart in a fork', () => {
    const stage = written([0, 0]);
    const fork = stage.fork();
    stage.replicate(1, [2, 3], ['x'], 0, { as: [PID, 0, 5] });
    fork.replicate(1, [2, 3], ['x'], 0, { as: [PID, 0, 1] });
    expect([stage.violations, fork.violations]).toEqual([1, 0]);
  });

  it('say that there was nothing to compare', () => {
    expect(Stage.ready([producerSequences]).verdict().verdict).toBe('vacuous');
  });
});
