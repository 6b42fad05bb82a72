/**
 * What a violation depends on is found by running again: KIP-101's loss goes away under the rules that came after it, and
 * the crash that it takes is told apart from what it does not take.
 */
import { describe, expect, it } from 'vitest';
import { whatIf } from '../../src/report/what-if.ts';
import { execute } from '../../src/scenarios/run.ts';
import { builtIn, requestOf } from '../support/runs.ts';
import { recordOf } from '../support/report-page.ts';

describe('what a violation depends on', () => {
  const record = recordOf(builtIn('kip_101_loss'), '1');
  const asked = whatIf(record, execute);
  const violatedWith = (what: string): readonly string[] | undefined => asked?.answers.find((answer) => answer.what.startsWith(what))?.violated;

  it('is the profile of the story, and the crashes', () => {
    expect(violatedWith('the rules of Kafka 0.10')).toEqual([]);
    expect(violatedWith('crash broker-2')).not.toContain('acknowledged-records-survive');
    expect(violatedWith('crash broker-3')).not.toContain('acknowledged-records-survive');
    expect(violatedWith('min.insync.replicas of topic orders')).toContain('acknowledged-records-survive');
    expect(asked?.answers.every(({ failure }) => failure === null)).toBe(true);
    expect(asked?.notAsked).toBe(0);
  });

  it('asks of each fault what the run without it would have come to', () => {
    const crash = record.faults.findIndex(({ kind, ...fault }) => kind === 'crash' && 'node' in fault && fault.node === 'broker-2');
    const { verdicts } = execute({ ...requestOf(record.scenario, '1'), faults: record.faults.filter((_, i) => i !== crash) });
    expect(violatedWith('crash broker-2')).toEqual(verdicts.filter(({ verdict }) => verdict === 'violated').map(({ property }) => property));
  });

  it('never asks what changes nothing, and nothing of a run that violated nothing', () => {
    expect(asked?.answers.map(({ what }) => what)).not.toContain('acks of producer app');
    expect(whatIf(recordOf(builtIn('quickstart'), '1'), execute)).toBeUndefined();
  });
});
