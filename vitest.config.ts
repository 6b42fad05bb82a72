/**
 * Three projects: `unit` (a module, beside its source), `properties` (whole clusters, one claim per file) and `gates`
 * (the rules of the repository itself, and proof that each gate bites). One seed per run, see properties/support/seed.ts.
 */
import { defineConfig } from 'vitest/config';

const SECOND_MS = 1_000;

export default defineConfig({
  test: {
    globalSetup: ['properties/support/seed.global.ts'],
    // Tests compute and do not wait: more workers than cores only makes each one slower.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'bench/**/*.test.ts'],
          setupFiles: ['properties/support/fast-check.setup.ts'],
          // One module registry for many files: modules hold no mutable state, and a test that finds some should fail.
          pool: 'threads',
          isolate: false,
          testTimeout: 30 * SECOND_MS,
        },
      },
      {
        test: {
          name: 'properties',
          include: ['properties/**/*.test.ts'],
          exclude: ['properties/gates/**'],
          setupFiles: ['properties/support/fast-check.setup.ts'],
          // A process per file: a world that exhausts its memory names the file that made it.
          pool: 'forks',
          testTimeout: 300 * SECOND_MS,
        },
      },
      {
        test: {
          name: 'gates',
          include: ['properties/gates/**/*.test.ts'],
          setupFiles: ['properties/support/fast-check.setup.ts'],
          pool: 'threads',
          testTimeout: 120 * SECOND_MS,
        },
      },
    ],
  },
});
