/**
 * Draws the seed of a run of the suite and prints it, before any test file is loaded. The one place in the tests that
 * reads real entropy; see seed.ts.
 */
import { randomInt } from 'node:crypto';
import type { TestProject } from 'vitest/node';
import { parseSeed, SEED_END_EXCLUSIVE } from './seed-value.ts';

export default function setup(project: TestProject): void {
  const seed = parseSeed(process.env['HARROW_SEED']) ?? randomInt(SEED_END_EXCLUSIVE);
  project.provide('harrowSeed', seed);
  process.stdout.write(`seed for this run: ${seed} (repeat with HARROW_SEED=${seed} npm test)\n`);
}
