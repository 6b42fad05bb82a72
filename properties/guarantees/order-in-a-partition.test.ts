/** Order: with one request in flight the records of a producer keep their order within a partition, and readers see that order. */
import { property } from '../../src/testing/vitest.ts';
import { freshSeed } from '../support/seed.ts';
import { cluster } from './clusters.ts';

property('a partition keeps the order of its producer', { scenario: cluster(), holds: ['producer-order', 'consumer-order', 'key-in-one-partition'], runs: 15, seed: freshSeed('order') });
