/** At least once, the whole of it: what was acknowledged is delivered once faults are over, and no reader skips a committed record. */
import { property } from '../../src/testing/vitest.ts';
import { freshSeed } from '../support/seed.ts';
import { cluster } from './clusters.ts';

property('what was acknowledged is read, and nothing committed is skipped', { scenario: cluster(), holds: ['acknowledged-records-survive', 'consumer-order', 'progress-after-heal'], runs: 15, seed: freshSeed('at least once') });
