/**
 * Compiles TypeScript into dist/ (the product) or dist-bench/ (benchmarks with it), bundles the report page into one HTML
 * file beside it (vite, configured in src/report/page), and does nothing when the output
 * belongs to the present sources. "Present" is a hash of their contents: times lie after a checkout, a copy or a
 * cache restore. The compiler writes into a folder beside the target, which replaces the target only when it
 * succeeded, so a broken build leaves the last good one and a deleted source leaves no orphan.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { withSetupLock } from './lock.mjs';
import { readJsonIfAny, runOnStderr, say, SetupError } from './project.mjs';

const STAMP = '.build-stamp.json';

export const TARGETS = {
  dist: { out: 'dist', project: 'tsconfig.build.json', folders: ['src'], assetsFrom: 'src', assetsTo: '.' },
  bench: { out: 'dist-bench', project: 'tsconfig.bench.json', folders: ['src', 'bench'], assetsFrom: 'src', assetsTo: 'src' },
};

/** Every file under `folder`, as paths relative to `root` with `/`, in code unit order. */
export function filesUnder(root, folder) {
  const found = [];
  const visit = (path) => {
    for (const entry of readdirSync(join(root, path), { withFileTypes: true })) {
      const child = `${path}/${entry.name}`;
      if (entry.isDirectory()) visit(child);
      else if (entry.isFile()) found.push(child);
    }
  };
  if (existsSync(join(root, folder))) visit(folder);
  return found.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

const isTest = (path) => path.endsWith('.test.ts');
/** What the compiler leaves where it is but the product needs: page templates, catalogue files. */
const isAsset = (path) => !path.endsWith('.ts') && !path.endsWith('.md') && !path.startsWith(PAGE);
/** Sources of the report page, which become one file. */
const PAGE = 'src/report/page/';
const PAGE_CONFIG = `${PAGE}vite.config.mjs`;

/** The inputs of a build, and their hash. */
export function buildInputs(root, target) {
  const sources = target.folders.flatMap((folder) => filesUnder(root, folder)).filter((path) => !isTest(path));
  const hash = createHash('sha256');
  for (const path of ['tsconfig.json', target.project, 'package-lock.json', ...sources]) {
    const bytes = readFileSync(join(root, path));
    hash.update(`${path} ${bytes.length}\n`).update(bytes);
  }
  return { sources, key: hash.digest('hex') };
}

function isFresh(root, target, key) {
  const stamp = readJsonIfAny(join(root, target.out, STAMP));
  return stamp !== undefined && stamp.key === key && stamp.files.every((file) => existsSync(join(root, target.out, file)));
}

function compile(root, target, inputs, next) {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [tsc, '-p', target.project, '--outDir', relative(root, next), '--noEmitOnError', '--pretty', 'false'];
  const code = runOnStderr({ file: process.execPath, args: [] }, args, root);
  if (code !== 0) {
    const kept = existsSync(join(root, target.out)) ? `; ${target.out}/ is as it was` : '';
    throw new SetupError(`the build failed, see the errors above (tsc -p ${target.project})${kept}`);
  }
  for (const path of inputs.sources.filter((source) => source.startsWith(`${target.assetsFrom}/`) && isAsset(source))) {
    const to = join(next, target.assetsTo, path.slice(target.assetsFrom.length + 1));
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(join(root, path), to);
  }
  if (inputs.sources.includes(PAGE_CONFIG)) bundlePage(root, join(next, target.assetsTo, 'report'));
}

function bundlePage(root, into) {
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const code = runOnStderr({ file: process.execPath, args: [] }, [vite, 'build', '--config', PAGE_CONFIG, '--outDir', into], root);
  if (code !== 0) throw new SetupError(`the build of the report page failed, see the errors above (vite build --config ${PAGE_CONFIG})`);
}

function swapIn(root, target, next) {
  const current = join(root, target.out);
  const previous = join(root, `${target.out}-previous-${process.pid}`);
  if (existsSync(current)) renameSync(current, previous);
  renameSync(next, current);
  rmSync(previous, { recursive: true, force: true });
}

/** Removes what a build left that was killed half way. Under the lock, so no living build loses its folder. */
function sweep(root, target) {
  for (const name of readdirSync(root)) {
    if (name.startsWith(`${target.out}-next-`) || name.startsWith(`${target.out}-previous-`)) {
      rmSync(join(root, name), { recursive: true, force: true });
    }
  }
}

/** Builds `target` unless it is there and belongs to the sources. Throws a SetupError when the compiler objects. */
export async function ensureBuilt(root, target) {
  if (isFresh(root, target, buildInputs(root, target).key)) return;
  await withSetupLock(root, () => {
    const inputs = buildInputs(root, target);
    if (isFresh(root, target, inputs.key)) return;
    say(`building ${target.out}/ ...`);
    sweep(root, target);
    const startedAt = Date.now();
    // Beside the target, not inside .harrow/: source maps hold paths relative to the folder they were written for.
    const next = join(root, `${target.out}-next-${process.pid}`);
    try {
      mkdirSync(next, { recursive: true });
      compile(root, target, inputs, next);
      const files = filesUnder(next, '.').map((file) => file.slice('./'.length).split(sep).join('/'));
      // The root .gitignore knows dist/ only; the other folders ignore themselves.
      if (target.out !== 'dist') writeFileSync(join(next, '.gitignore'), '*\n');
      writeFileSync(join(next, STAMP), `${JSON.stringify({ key: inputs.key, files })}\n`);
      swapIn(root, target, next);
    } finally {
      rmSync(next, { recursive: true, force: true });
    }
    say(`built in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  });
}
