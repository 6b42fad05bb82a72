/**
 * Makes a fresh clone ready: the right Node, node_modules in line with package-lock.json, dist/ in line with the
 * sources. Called before `npm start`, `npm test` and `npm run bench`; returns at once when there is nothing to do.
 *
 *   node scripts/setup.mjs               dependencies and dist/
 *   node scripts/setup.mjs --no-build    dependencies only
 *   node scripts/setup.mjs --bench       dependencies and dist-bench/
 *
 * Exit codes: 0 ready, 1 something a person must fix, 64 an unknown option, 70 a fault of this script.
 */
import { ensureBuilt, TARGETS } from './lib/build.mjs';
import { ensureDependencies } from './lib/dependencies.mjs';
import { reportError, requireNode, ROOT, say } from './lib/project.mjs';

const OPTIONS = ['--no-build', '--bench'];

async function main(args) {
  const unknown = args.find((arg) => !OPTIONS.includes(arg));
  if (unknown !== undefined) {
    say(`setup does not know ${unknown}; it knows ${OPTIONS.join(' and ')}`);
    return 64;
  }
  requireNode(ROOT);
  await ensureDependencies(ROOT);
  if (args.includes('--bench')) await ensureBuilt(ROOT, TARGETS.bench);
  else if (!args.includes('--no-build')) await ensureBuilt(ROOT, TARGETS.dist);
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = reportError(error);
}
