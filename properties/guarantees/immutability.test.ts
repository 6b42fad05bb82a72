/** Immutability: what is committed never changes, in no replica that leads, for no reader. */
import { property } from '../../src/testing/vitest.ts';
import { freshSeed } from '../support/seed.ts';
import { cluster } from './clusters.ts';

property('what is committed never changes', { scenario: cluster(), holds: ['committed-prefix-immutable', 'reads-agree', 'log-matching', 'truncation-safe'], runs: 15, seed: freshSeed('immutability') });
