/**
 * Canaries: properties that must fail. A checker, a nemesis or a shrinker that has died is noticed here: what Kafka does not
 * promise, and what a reverted rule breaks, is found within a few cases and told with a small plan.
 */
import { describe, expect, it } from 'vitest';
import { PropertyViolated, check, type PropertyOptions } from '../../src/testing/vitest.ts';
import { nodeTestOutside } from '../../src/testing/outside.ts';
import { freshSeed } from '../support/seed.ts';
import { cluster } from './clusters.ts';

/** Nothing is written where the repository is. */
const outside = { ...nodeTestOutside, write: (folder: string, name: string) => `${folder}/${name}` };

function violationOf(options: PropertyOptions): PropertyViolated {
  try {
    check({ runs: 60, shrinkRuns: 120, seed: freshSeed(options.name ?? ''), ...options }, outside);
  } catch (error) {
    if (error instanceof PropertyViolated) return error;
    throw error;
  }
  throw new Error(`${options.name ?? ''} held`);
}

describe('a canary', () => {
  it.each([
    { name: 'acks=1 loses what it acknowledged', scenario: cluster({ producer: 'acks: 1', more: 'mustSurvive: every-ack\n', kinds: 'crash, powerLoss, isolate, slow' }), holds: ['acknowledged-records-survive'] },
    { name: 'followers that truncate to their high watermark', scenario: cluster({ topic: 'min.insync.replicas: 1' }), holds: ['truncation-safe'], mutants: ['truncate-to-high-watermark'] },
    { name: 'an ISR that is counted too small', scenario: cluster({ topic: 'min.insync.replicas: 1' }), holds: ['isr-in-sync'], mutants: ['minimal-isr'] },
  ])('sings: $name', (options) => {
    const { shrunk, message } = violationOf(options);
    expect(shrunk.after.faults).toBeLessThanOrEqual(5);
    expect(shrunk.after.records).toBeLessThanOrEqual(60);
    expect(message).toContain(shrunk.evidence.sentence);
  });
});
