/** At least once, the producer's half: with acks=all and min.insync.replicas=2, what was acknowledged stays, whoever fails. */
import { property } from '../../src/testing/vitest.ts';
import { freshSeed } from '../support/seed.ts';
import { cluster } from './clusters.ts';

property('no acknowledged record is lost with acks=all', { scenario: cluster(), holds: ['acknowledged-records-survive', 'min-isr-on-ack'], runs: 15, seed: freshSeed('no acknowledged loss') });
