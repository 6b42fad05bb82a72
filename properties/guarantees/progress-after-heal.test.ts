/** Progress: once faults are over there are leaders, full ISRs and high watermarks that arrive, and readers reach them. */
import { property } from '../../src/testing/vitest.ts';
import { freshSeed } from '../support/seed.ts';
import { cluster } from './clusters.ts';

property('a cluster that is left in peace recovers', { scenario: cluster(), holds: ['progress-after-heal', 'leader-elected', 'isr-recovers', 'high-watermark-arrives', 'brokers-return'], runs: 15, seed: freshSeed('progress') });
