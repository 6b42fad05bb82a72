import { describe, expect, it } from 'vitest';
import { builtInScenario } from '../../scenarios/catalogue/catalogue.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import { evidenceOf, fingerprintOf, kindOf } from './fingerprint.ts';

const scenario = builtInScenario('small_faulty_cluster') as Scenario;
const kind = (sentence: string): string => kindOf(sentence, scenario);

describe('the kind of a sentence', () => {
  it('is the same for the same thing at other nodes, offsets, times and records', () => {
    const one = kind('broker-2 leads orders-0 in leader epoch 1 without offset 258 (key "user-1-262", value "event 262 #shop-1/262"), acknowledged to shop-1 with acks=all at 00:00:13.136271: the log ends at 258');
    expect(one).toBe('NAME leads NAME in leader epoch # without offset # (key TEXT, value TEXT), acknowledged to NAME with acks=all at #');
    expect(kind('broker-13 leads payments-1 in leader epoch 12 without offset 0 (key "a", value "b"), acknowledged to cashier with acks=all at 00:01:02.000001: it holds another record there')).toBe(one);
  });

  it('tells acks=all from acks=1', () => {
    expect(kind('broker-2 lost 1 of acks=all')).not.toBe(kind('broker-2 lost 1 of acks=1'));
  });

  it('is the same for one and for many', () => {
    expect(kind('broker-1 leads orders-0 without a committed record from offset 2 on')).toBe(kind('broker-1 leads orders-0 without 17 committed records from offset 2 on'));
    expect(kind('the ISR is [broker-1, broker-2]')).toBe(kind('the ISR is [broker-3]'));
  });

  it('is the same for members that drew other ids', () => {
    const owns = kind('the group g-1, at broker-2, does not know that 1brzduz-0i2r1bo, at shop-1, owns orders-1');
    expect(kind('the group g-2, at broker-1, does not know that 1v6re49-1e3kxsu, at cashier, owns payments-0')).toBe(owns);
    expect(kind('the group g-2, at broker-1, does not know that somebody, at cashier, owns payments-0')).not.toBe(owns);
    expect(kind('the group g, at broker-1, assigns orders-0 to consumer-7-00c0ffee12345678')).toBe(kind('the group g, at broker-2, assigns orders-1 to consumer-11-fedcba9876543210'));
  });

  it('takes no word for a drawn id', () => {
    expect(kind('it stopped between-message')).toBe('it stopped between-message');
  });

  it('does not take a name for a part of a longer one', () => {
    const names = { ...scenario, topics: [...scenario.topics, { name: 'orders-late', partitions: 1, replicationFactor: 1, assignment: null, config: {} }] };
    expect(kindOf('orders-late-0 and orders-0 differ', names)).toBe('NAME differ');
  });
});

describe('the fingerprint of a run', () => {
  const verdict = (property: string, ...sentences: string[]) => ({ property, verdict: sentences.length > 0 ? 'violated' as const : 'held' as const, compared: 1, claim: '', evidence: sentences.map((sentence) => ({ atUs: 0, sentence, details: {} })) });
  const verdicts = [verdict('a'), verdict('b', 'broker-1 failed at 7'), verdict('c', 'broker-2 stopped', 'broker-3 failed')];

  it('is that of the first property that is violated, or of those asked for', () => {
    expect(fingerprintOf(verdicts, scenario)).toEqual({ property: 'b', kind: 'NAME failed at #' });
    expect(fingerprintOf(verdicts, scenario, ['a', 'c'])).toEqual({ property: 'c', kind: 'NAME stopped' });
    expect(fingerprintOf(verdicts, scenario, ['a'])).toBeUndefined();
  });

  it('is found again in any evidence of its property, and in no other', () => {
    expect(evidenceOf({ property: 'c', kind: 'NAME failed' }, verdicts, scenario)?.sentence).toBe('broker-3 failed');
    expect(evidenceOf({ property: 'b', kind: 'NAME failed' }, verdicts, scenario)).toBeUndefined();
  });
});
