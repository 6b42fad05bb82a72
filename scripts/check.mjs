/**
 * Everything that must hold, as `npm test` runs it: a list of gates, cheap ones first. A gate that fails says so at
 * once; the others still run, and the end names every gate that failed. The last line is `N passed, N failed`, the
 * numbers of tests as vitest reports them; a failing gate without a failing test counts as one failure, so that
 * `0 failed` and exit code 0 mean the same.
 *
 *   npm test                                everything
 *   npm test -- --only unit                 some gates: types, lint, build, unit, properties, gates
 *   npm test -- --only unit src/kernel      only test files whose path contains the text
 *   npm test -- --bail                      stop at the first gate that fails
 *
 * Exit codes: 0 all hold, 1 a gate failed, 64 an unknown option, 70 a fault of this script.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt, TARGETS } from './lib/build.mjs';
import { ensureDependencies } from './lib/dependencies.mjs';
import { readJsonIfAny, reportError, requireNode, ROOT, say, SetupError } from './lib/project.mjs';

const VITEST_PROJECTS = ['unit', 'properties', 'gates'];
const STATIC_GATES = ['types', 'lint', 'build'];
const GATES = [...STATIC_GATES, ...VITEST_PROJECTS];

/** Runs one of our tools on our own terminal. Returns its exit code. */
function runTool(script, args, environment = {}) {
  const result = spawnSync(process.execPath, [join(ROOT, 'node_modules', script), ...args], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  if (result.error) throw result.error;
  return result.status ?? 1;
}

async function runStatic(gate) {
  switch (gate) {
    case 'types':
      return ['tsconfig.json', 'tsconfig.page.json'].every((project) => runTool('typescript/bin/tsc', ['-p', project]) === 0);
    case 'lint':
      return runTool('oxlint/bin/oxlint', ['--deny-warnings', '--report-unused-disable-directives']) === 0;
    case 'build':
      try {
        await ensureBuilt(ROOT, TARGETS.dist);
        return true;
      } catch (error) {
        if (!(error instanceof SetupError)) throw error;
        say(error.message);
        return false;
      }
    default:
      throw new Error(`no such gate: ${gate}`);
  }
}

/** Runs the vitest projects in one process, so that they share a seed and a summary. */
function runTests(projects, filters) {
  const folder = mkdtempSync(join(tmpdir(), 'harrow-check-'));
  const countsPath = join(folder, 'counts.json');
  try {
    const args = [
      'run',
      ...projects.flatMap((project) => ['--project', project]),
      '--reporter=default',
      '--reporter=./scripts/lib/count-reporter.mjs',
      ...(process.env.GITHUB_ACTIONS === 'true' ? ['--reporter=github-actions'] : []),
      ...filters,
    ];
    const code = runTool('vitest/vitest.mjs', args, { HARROW_TEST_COUNTS: countsPath });
    const { passed, failed } = readJsonIfAny(countsPath) ?? { passed: 0, failed: 0 };
    return { holds: code === 0 && failed === 0, passed, failed };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function parseArguments(args) {
  const options = { gates: GATES, bail: false, filters: [] };
  for (let i = 0; i < args.length; i += 1) {
    const [name, inline] = args[i].split('=');
    if (name === '--bail') options.bail = true;
    else if (name === '--only') {
      const value = inline ?? args[(i += 1)] ?? '';
      const wanted = value.split(',');
      const unknown = wanted.find((gate) => !GATES.includes(gate));
      if (unknown !== undefined) return { usage: `--only does not know "${unknown}"; it knows ${GATES.join(', ')} (joined by commas)` };
      options.gates = GATES.filter((gate) => wanted.includes(gate));
    } else if (name.startsWith('-')) return { usage: `unknown option ${name}; there are --only <gates> and --bail, see the top of scripts/check.mjs` };
    else options.filters.push(args[i]);
  }
  return options;
}

const seconds = (sinceMs) => `${((Date.now() - sinceMs) / 1000).toFixed(1)} s`;

async function main(args) {
  const { usage, gates, bail, filters } = parseArguments(args);
  if (usage !== undefined) {
    say(usage);
    return 64;
  }
  requireNode(ROOT);
  await ensureDependencies(ROOT);

  const failing = [];
  const finish = (name, holds, startedAt) => {
    process.stdout.write(`gate ${name}: ${holds ? 'ok' : 'FAILED'} (${seconds(startedAt)})\n`);
    if (!holds) failing.push(name);
  };
  const mayGoOn = () => !(bail && failing.length > 0);

  for (const gate of STATIC_GATES.filter((name) => gates.includes(name))) {
    if (!mayGoOn()) break;
    const startedAt = Date.now();
    finish(gate, await runStatic(gate), startedAt);
  }
  const staticFailures = failing.length;
  const projects = VITEST_PROJECTS.filter((name) => gates.includes(name));
  let tests = { holds: true, passed: 0, failed: 0 };
  if (projects.length > 0 && mayGoOn()) {
    const startedAt = Date.now();
    tests = runTests(projects, filters);
    finish(`tests (${projects.join(', ')})`, tests.holds, startedAt);
  }
  if (failing.length > 0) process.stdout.write(`failing gates: ${failing.join(', ')}\n`);
  const failed = staticFailures + (tests.holds ? 0 : Math.max(tests.failed, 1));
  process.stdout.write(`${tests.passed} passed, ${failed} failed\n`);
  return failing.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = reportError(error);
}
