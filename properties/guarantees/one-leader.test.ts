/** Exclusive ownership, of a partition by its leader: never two in one epoch, and only from the ISR. */
import { property } from '../../src/testing/vitest.ts';
import { freshSeed } from '../support/seed.ts';
import { cluster } from './clusters.ts';

property('a partition has one leader in an epoch', { scenario: cluster(), holds: ['one-leader-per-epoch', 'leader-in-isr', 'leader-completeness', 'epoch-fencing'], runs: 15, seed: freshSeed('one leader') });
