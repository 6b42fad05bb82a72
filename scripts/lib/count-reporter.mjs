/**
 * A vitest reporter that prints nothing and writes `{ passed, failed, skipped }` to the file named by
 * HARROW_TEST_COUNTS, for the last line of check.mjs. What fails without being a test counts too: a file that cannot
 * be loaded, an error outside any test.
 */
import { writeFileSync } from 'node:fs';

export default class CountReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      const failedBefore = counts.failed;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        // A test that never finished has proved nothing.
        counts[state === 'pending' ? 'failed' : state] += 1;
      }
      if (module.state() === 'failed' && counts.failed === failedBefore) counts.failed += 1;
    }
    writeFileSync(process.env.HARROW_TEST_COUNTS, JSON.stringify(counts));
  }
}
