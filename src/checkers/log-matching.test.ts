import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { KEPT_EPOCHS, logMatching } from './log-matching.ts';
import { Stage } from './staging.ts';

describe('log matching', () => {
  it('is violated when two replicas have different batches of one epoch at one offset', () => {
    const stage = Stage.ready([logMatching]);
    stage.append(1, ['a']);
    stage.append(2, ['x'], { epoch: 0 });
    expect(stage.verdict()).toMatchObject({
      verdict: 'violated',
      evidence: [{ sentence: 'broker-2 and broker-1 both hold a batch of leader epoch 0 at offset 0 of orders-0, but their logs part at offset 0 (leader epochs 0 and 0)' }],
    });
  });

  it('is violated when they agree at an offset and differ below it', () => {
    const stage = Stage.ready([logMatching]);
    stage.append(1, ['a']);
    stage.copy(1, 2);
    stage.append(1, ['b']);
    // Broker 2 kept a record of epoch 1 where epoch 0 went on elsewhere; both then hold epoch 2.
    stage.append(2, ['x'], { epoch: 1 });
    stage.append(1, ['c'], { epoch: 2 });
    stage.copy(1, 2);
    expect(stage.verdict()).toMatchObject({
      verdict: 'violated', evidence: [{ details: { offset: 2, leaderEpoch: 2, partedAtOffset: 1 } }],
    });
  });

  it('is violated by a truncated batch that is appended again with other content', () => {
    const stage = Stage.ready([logMatching]);
    stage.append(1, ['a', 'b']);
    stage.truncate(1, 1);
    stage.append(1, ['other'], { epoch: 0 });
    expect(stage.verdict().verdict).toBe('violated');
  });

  it('is violated by a replica that a crash kept from being seen', () => {
    const stage = Stage.ready([logMatching]);
    stage.append(1, ['a']);
    stage.goDown(1);
    stage.append(2, ['x'], { epoch: 0 });
    expect(stage.verdict().verdict).toBe('violated');
  });

  it('is violated when the first batch of a new epoch stands on another prefix', () => {
    const stage = Stage.ready([logMatching]);
    stage.append(1, ['a', 'b']);
    stage.append(2, ['a', 'x', 'c'], { epoch: [0, 0, 2] });
    expect(stage.verdict()).toMatchObject({ verdict: 'violated', evidence: [{ details: { offset: 1, leaderEpoch: 0, partedAtOffset: 1 } }] });
  });

  it('holds for logs that part in different epochs and are truncated later', () => {
    const stage = Stage.ready([logMatching]);
    stage.replicate(1, [2, 3], ['a']);
    stage.append(1, ['zombie 1', 'zombie 2']);
    stage.elect(2, [2, 3]);
    stage.lead(2);
    stage.replicate(2, [3], ['b', 'c']);
    stage.truncate(1, 1);
    stage.copy(2, 1);
    const { verdict, compared, evidence } = stage.verdict();
    expect(evidence).toEqual([]);
    expect(verdict).toBe('held');
    expect(compared).toBeGreaterThan(3);
  });

  it('holds for logs that retention cut at different offsets', () => {
    const stage = Stage.ready([logMatching]);
    stage.replicate(1, [2, 3], ['a', 'b', 'c']);
    stage.advanceLogStart(1, 2);
    stage.replicate(1, [2, 3], ['d']);
    expect(stage.verdict()).toMatchObject({ verdict: 'held', evidence: [] });
  });

  it('is vacuous when no two replicas ever held the same epoch', () => {
    const stage = Stage.ready([logMatching]);
    stage.append(1, ['a', 'b', 'c']);
    expect(stage.verdict()).toMatchObject({ verdict: 'vacuous', compared: 0 });
  });

  it('finds any one altered batch, whatever follows it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(), fc.nat({ max: 4 }), (length, at, epochs) => {
        const stage = Stage.ready([logMatching]);
        const altered = at % length;
        for (let i = 0; i < length; i += 1) {
          const epoch = Math.min(epochs, i);
          stage.append(1, [`value ${i}`], { epoch });
          stage.append(2, [i === altered ? 'altered' : `value ${i}`], { epoch });
        }
        const { verdict, evidence } = stage.verdict();
        expect(verdict).toBe('violated');
        expect(evidence[0]?.details['partedAtOffset']).toBe(altered);
      }),
      { numRuns: 60 },
    );
  });

  it('has no complaint about any history of one lineage per epoch', () => {
    const step = fc.record({ follower: fc.integer({ min: 2, max: 3 }), lag: fc.nat({ max: 5 }), elects: fc.boolean(), cut: fc.nat({ max: 6 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const stage = Stage.ready([logMatching]);
        let end = 0;
        let epoch = 0;
        steps.forEach(({ follower, lag, elects, cut }, i) => {
          if (elects) epoch += 1;
          stage.append(1, [`value ${i}`], { epoch });
          end += 1;
          stage.truncate(follower, cut);
          stage.copy(1, follower, Math.max(0, end - lag));
        });
        expect(stage.verdict().evidence).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('still compares a replica that returns after more epochs than are kept', () => {
    const stage = Stage.ready([logMatching]);
    stage.append(1, ['a']);
    stage.append(2, ['x'], { epoch: 7 });
    for (let epoch = 1; epoch <= KEPT_EPOCHS + 3; epoch += 1) stage.append(1, [`epoch ${epoch}`], { epoch: epoch + 7 });
    stage.copy(1, 2);
    expect(stage.verdict()).toMatchObject({ verdict: 'violated', evidence: [{ details: { partedAtOffset: 0 } }] });
  });

  it('holds where the logs part below what retention has passed on one of them', () => {
    const stage = Stage.ready([logMatching]);
    stage.replicate(1, [2], ['a']);
    stage.append(2, ['never committed']);
    stage.elect(1, [1, 2, 3]);
    stage.lead(1);
    stage.append(1, ['b', 'c']);
    stage.advanceLogStart(1, 2);
    stage.append(2, ['c'], { epoch: stage.logOf(1).lastEpoch });
    expect(stage.verdict()).toMatchObject({ evidence: [] });
  });
});
