/**
 * A run that violated something shrinks to a few faults and records that violate the same property in the same way, and
 * reads back from its text; with another budget it stays valid; twice the same run gives twice the same text.
 */
import { describe, expect, it } from 'vitest';
import { requestOf, requestOfClosed, sendsOf } from '../../src/explorer/request.ts';
import { evidenceOf } from '../../src/explorer/shrink/fingerprint.ts';
import { recordsOf } from '../../src/explorer/shrink/plan-passes.ts';
import { shrink, type Shrunk } from '../../src/explorer/shrink/shrink.ts';
import { drawStory, explain } from '../../src/explorer/story.ts';
import { parseScenario } from '../../src/scenarios/parse.ts';
import { execute } from '../../src/scenarios/run.ts';
import { builtIn } from '../support/runs.ts';

/** Far more seeds than these mutants take. */
const LAST_SEED = 100;

/** Of the first seed that violates the property. */
function shrunkOf(hunt: string, mutant: string, property: string, runs = 250): Shrunk {
  for (let seed = 1; seed <= LAST_SEED; seed += 1) {
    const asked = requestOf(builtIn(hunt), String(seed), [mutant]);
    const shrunk = shrink(asked, execute(asked).verdicts, { execute, runs, properties: [property] });
    if ('text' in shrunk) return shrunk;
  }
  throw new Error(`no seed up to ${LAST_SEED} violates ${property} with ${mutant}`);
}

describe.each([
  { mutant: 'minimal-isr', hunt: 'hunt_fail_stop', property: 'isr-in-sync' },
  { mutant: 'truncate-to-high-watermark', hunt: 'hunt_fail_stop', property: 'truncation-safe' },
])('a detection of $mutant', ({ mutant, hunt, property }) => {
  const shrunk = shrunkOf(hunt, mutant, property);

  it('shrinks to at most five faults and sixty records, from dozens and hundreds', () => {
    expect(shrunk.before.faults).toBeGreaterThan(20);
    expect(shrunk.before.records).toBeGreaterThan(500);
    expect(shrunk.after.faults).toBeLessThanOrEqual(5);
    expect(shrunk.after.records).toBeLessThanOrEqual(60);
    expect(shrunk.runs).toBeLessThan(200);
    expect(shrunk.isExhausted).toBe(false);
  });

  it('is the same violation when the text is read and run', () => {
    const parsed = parseScenario({ file: 'min.yaml', content: shrunk.text });
    expect(parsed).toEqual({ value: shrunk.minimal });
    const result = execute(requestOfClosed(shrunk.minimal));
    expect(result.digest).toBe(shrunk.result.digest);
    expect(evidenceOf(shrunk.fingerprint, result.verdicts, shrunk.minimal)).toEqual(shrunk.evidence);
    expect(shrunk.fingerprint.property).toBe(property);
  });

  it('needs every fault and every record that is left', () => {
    const { minimal, fingerprint } = shrunk;
    const records = recordsOf(minimal);
    const smaller = [
      ...minimal.faults.map((_, i) => ({ ...minimal, faults: minimal.faults.filter((__, index) => index !== i) })),
      ...records.map((_, i) => ({ ...minimal, workload: sendsOf(records.filter((__, index) => index !== i), minimal) })),
    ];
    for (const without of smaller) expect(evidenceOf(fingerprint, execute(requestOfClosed(without)).verdicts, without)).toBeUndefined();
  });

  it('holds with the rule of Kafka in force again', () => {
    const { mutants: _, ...correct } = shrunk.minimal;
    expect(execute(requestOfClosed(correct)).verdicts.filter(({ verdict }) => verdict === 'violated')).toEqual([]);
  });

  it('is told in one sentence and one diagram', () => {
    expect(explain(shrunk.minimal, shrunk.evidence, shrunk.result)).toContain(`(mutant ${mutant}): ${shrunk.evidence.sentence}.`);
    const story = drawStory(shrunk.minimal, shrunk.evidence, execute).split('\n');
    expect(story[0]).toBe('sequenceDiagram');
    expect(story.filter((line) => line.includes('VIOLATED'))).toHaveLength(1);
    expect(story.filter((line) => line.includes('ProduceRequest')).length).toBeGreaterThan(0);
    expect(story.length).toBeLessThan(80);
  });
});

describe('the shrinker', () => {
  it('comes to the same text for the same run and budget', () => {
    const [one, two] = [1, 2].map(() => shrunkOf('hunt_fail_stop', 'minimal-isr', 'isr-in-sync', 30));
    expect(one?.text).toBe(two?.text);
    expect(one?.runs).toBeLessThanOrEqual(30);
    expect(one?.isExhausted).toBe(true);
  });

  it('refuses a run that violated nothing', () => {
    const asked = requestOf(builtIn('small_faulty_cluster'), '1');
    expect(shrink(asked, execute(asked).verdicts, { execute })).toEqual({ reason: 'no property was violated' });
  });

  it('refuses a record whose violation does not come back', () => {
    const asked = requestOf(builtIn('small_faulty_cluster'), '1');
    const verdicts = execute(asked).verdicts.map((verdict) => ({ ...verdict, verdict: 'violated' as const, evidence: [{ atUs: 5, sentence: 'made up', details: {} }] }));
    expect(shrink(asked, verdicts, { execute })).toHaveProperty('reason');
  });
});
