/**
 * What happens between `git clone` and the first result, run as a person runs it: the scripts as processes, in a small
 * tree of their own. No network: npm is played by a script that writes down what it was asked.
 */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { plant } from './planted-tree.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HEADER = '/** A planted file that is otherwise in order. */\n';

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function copy(root: string, ...paths: string[]): void {
  for (const path of paths) cpSync(join(ROOT, path), join(root, path), { recursive: true });
}

/** A clone with our own scripts and packages, ready to build. Same lock file, so nothing is ever installed into ours. */
function plantClone(files: Readonly<Record<string, string>>): string {
  const root = plant(files);
  copy(root, 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts');
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'), 'dir');
  return root;
}

/** No script of a planted tree may reach the real npm: its node_modules may be a link to ours. */
function environment(root: string, extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  // What vitest tells its own workers must not reach a vitest that a script starts.
  const inherited = Object.entries(process.env).filter(([name]) => !/^(VITEST|TEST|NODE_ENV|GITHUB_ACTIONS|HARROW_)/.test(name));
  return { ...Object.fromEntries(inherited), NO_COLOR: '1', npm_execpath: join(root, 'npm/npm-cli.js'), ...extra };
}

function run(root: string, args: readonly string[], extra: Readonly<Record<string, string>> = {}): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', env: environment(root, extra) });
  return { code: status, out: stdout, err: stderr };
}

function start(root: string, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, env: environment(root) });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (err += chunk));
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

const SETUP = ['scripts/setup.mjs'];

/** The title and the wanted value of a planted test. */
const testFile = (title: string, wanted: number): string =>
  `import { expect, it } from 'vitest';\nit('${title}', () => {\n  expect(1).toBe(${wanted});\n});\n`;

describe('the build', () => {
  it('happens once, brings what the compiler leaves behind, and then says nothing', () => {
    const root = plantClone({ 'src/kernel/a.ts': `${HEADER}export const a = 1;\n`, 'src/kernel/a.test.ts': 'export {};\n', 'src/report/page.html': '<p>\n' });
    expect(run(root, SETUP)).toMatchObject({ code: 0, out: '', err: expect.stringMatching(/^harrow: building dist\/ \.\.\.\nharrow: built in [\d.]+ s\n$/) });
    expect(readFileSync(join(root, 'dist/kernel/a.js'), 'utf8')).toContain('export const a = 1;');
    expect(readFileSync(join(root, 'dist/report/page.html'), 'utf8')).toBe('<p>\n');
    expect(JSON.parse(readFileSync(join(root, 'dist/kernel/a.js.map'), 'utf8'))).toMatchObject({ sources: ['../../src/kernel/a.ts'] });
    expect(existsSync(join(root, 'dist/kernel/a.test.js'))).toBe(false);
    expect(run(root, SETUP)).toEqual({ code: 0, out: '', err: '' });
  });

  it('follows the contents of the sources: changed, deleted, or output gone', () => {
    const root = plantClone({ 'src/kernel/a.ts': `${HEADER}export const a = 1;\n`, 'src/kernel/b.ts': `${HEADER}export const b = 1;\n` });
    run(root, SETUP);
    writeFileSync(join(root, 'src/kernel/a.ts'), `${HEADER}export const a = 2;\n`);
    rmSync(join(root, 'src/kernel/b.ts'));
    expect(run(root, SETUP).err).toContain('built in');
    expect(readFileSync(join(root, 'dist/kernel/a.js'), 'utf8')).toContain('a = 2');
    expect(existsSync(join(root, 'dist/kernel/b.js'))).toBe(false);
    rmSync(join(root, 'dist/kernel/a.js'));
    expect(run(root, SETUP).err).toContain('built in');
    expect(existsSync(join(root, 'dist/kernel/a.js'))).toBe(true);
  });

  it('that fails keeps the last good one, and says where the mistake is', () => {
    const root = plantClone({ 'src/kernel/a.ts': `${HEADER}export const a = 1;\n` });
    run(root, SETUP);
    writeFileSync(join(root, 'src/kernel/a.ts'), `${HEADER}export const a: number = 'one';\n`);
    const { code, err } = run(root, SETUP);
    expect(code).toBe(1);
    expect(err).toContain('src/kernel/a.ts(2,14): error TS2322');
    expect(err).toContain('harrow: the build failed, see the errors above (tsc -p tsconfig.build.json); dist/ is as it was');
    expect(readFileSync(join(root, 'dist/kernel/a.js'), 'utf8')).toContain('a = 1');
  });

  it('happens once when two ask for it at the same time', async () => {
    const root = plantClone({ 'src/kernel/a.ts': `${HEADER}export const a = 1;\n` });
    const outcomes = await Promise.all([start(root, SETUP), start(root, SETUP), start(root, SETUP)]);
    expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(outcomes.filter(({ err }) => err.includes('building dist/'))).toHaveLength(1);
    expect(existsSync(join(root, '.harrow/setup.lock'))).toBe(false);
  });

  it('does not wait for a setup that was killed', () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    const root = plantClone({ 'src/kernel/a.ts': `${HEADER}export const a = 1;\n`, '.harrow/setup.lock': `${pid} ${hostname()}`, 'dist-next-1/half.js': '' });
    expect(run(root, SETUP)).toMatchObject({ code: 0, err: expect.not.stringContaining('waiting') });
    expect(existsSync(join(root, '.harrow/setup.lock'))).toBe(false);
    expect(existsSync(join(root, 'dist-next-1'))).toBe(false);
  });
});

describe('a lock that is empty', () => {
  it('is nobody\'s after a moment: who made it died, or found the disk full', () => {
    const root = plantClone({ 'src/kernel/a.ts': `${HEADER}export const a = 1;\n`, '.harrow/setup.lock': '' });
    expect(run(root, SETUP)).toMatchObject({ code: 0 });
    expect(existsSync(join(root, '.harrow/setup.lock'))).toBe(false);
  });
});

describe('the installation', () => {
  const LOCKED = {
    '': { dependencies: { a: '1.0.0' } },
    'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
    'node_modules/a-other': { version: '1.0.0', integrity: 'sha512-o', optional: true, os: ['never-heard-of'] },
    'node_modules/a-here': { version: '1.0.0', integrity: 'sha512-h', optional: true, os: [process.platform], cpu: [process.arch] },
  };
  const { ['node_modules/a-other']: _other, ['']: _root, ...INSTALLED } = LOCKED;

  /** A clone whose npm writes its arguments to asked.txt and installs what LOCKED says. */
  function plantWithNpm(npmCode = 0): string {
    const root = plant({
      'package.json': JSON.stringify({ type: 'module', engines: { node: '>=20.19' }, dependencies: { a: '1.0.0' } }),
      'package-lock.json': JSON.stringify({ packages: LOCKED }),
      'npm/npm-cli.js':
        "import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';\n" +
        "appendFileSync('asked.txt', process.argv.slice(2).join(' ') + '\\n');\n" +
        `if (${npmCode} !== 0) { console.error('npm error ENOTFOUND'); process.exit(${npmCode}); }\n` +
        "mkdirSync('node_modules/a', { recursive: true });\n" +
        "writeFileSync('node_modules/a/package.json', '{}');\n" +
        `writeFileSync('node_modules/.package-lock.json', ${JSON.stringify(JSON.stringify({ packages: INSTALLED }))});\n`,
    });
    copy(root, 'scripts');
    return root;
  }

  const install = (root: string): Outcome => run(root, ['scripts/setup.mjs', '--no-build']);
  const asked = (root: string): string[] => readFileSync(join(root, 'asked.txt'), 'utf8').trimEnd().split('\n');

  it('happens once, from the lock file, with the tools of development', () => {
    const root = plantWithNpm();
    expect(install(root)).toMatchObject({ code: 0, err: expect.stringContaining('installing dependencies (nothing is installed)') });
    expect(install(root)).toEqual({ code: 0, out: '', err: '' });
    expect(asked(root)).toEqual(['ci --no-audit --no-fund --include=dev --loglevel=error']);
  });

  it('happens again when the lock file moved or a package went away, and says why', () => {
    const root = plantWithNpm();
    install(root);
    rmSync(join(root, 'node_modules/a'), { recursive: true });
    expect(install(root).err).toContain('installing dependencies (a package folder is missing)');
    const moved = { ...LOCKED, 'node_modules/a': { version: '1.1.0', integrity: 'sha512-b' } };
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: moved }));
    expect(install(root).err).toContain('installing dependencies (a is 1.0.0, the lock file says 1.1.0)');
  });

  it('happens again when node_modules came from another kind of machine', () => {
    const root = plantWithNpm();
    const { ['node_modules/a-here']: _here, ...foreign } = INSTALLED;
    mkdirSync(join(root, 'node_modules/a'), { recursive: true });
    writeFileSync(join(root, 'node_modules/a/package.json'), '{}');
    writeFileSync(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages: foreign }));
    expect(install(root).err).toContain('installing dependencies (a-here 1.0.0 is missing)');
  });

  it('by hand counts', () => {
    const root = plantWithNpm();
    run(root, ['npm/npm-cli.js']);
    expect(install(root)).toEqual({ code: 0, out: '', err: '' });
  });

  it('that fails says what to look at, and is tried again', () => {
    const root = plantWithNpm(7);
    const { code, err } = install(root);
    expect(code).toBe(1);
    expect(err).toContain('npm error ENOTFOUND');
    expect(err).toContain('harrow: npm ci failed with exit code 7');
    expect(err).toContain('npm config get registry');
    expect(err).not.toContain('    at ');
    install(root);
    expect(asked(root)).toHaveLength(2);
  });

  it('is not begun on a Node that is too old', () => {
    const root = plantWithNpm();
    writeFileSync(join(root, 'package.json'), JSON.stringify({ engines: { node: '>=99.1' } }));
    const { code, err } = install(root);
    expect(code).toBe(1);
    expect(err).toContain(`harrow: Harrow needs Node >=99.1; this is ${process.version} (${process.execPath}).`);
    expect(existsSync(join(root, 'asked.txt'))).toBe(false);
  });
});

describe('npm test', () => {
  const last = (text: string): string | undefined => text.trimEnd().split('\n').at(-1);

  function plantTested(files: Readonly<Record<string, string>>): string {
    const root = plantClone(files);
    copy(root, 'vitest.config.ts', 'properties/support', 'src/kernel/hash.ts', '.oxlintrc.json');
    return root;
  }

  it('ends with the numbers, alone on a line, and fails when a test does', () => {
    const root = plantTested({ 'src/kernel/a.test.ts': testFile('holds', 1), 'properties/b.test.ts': testFile('does not', 2) });
    const { code, out } = run(root, ['scripts/check.mjs', '--only', 'unit,properties'], { HARROW_SEED: '12' });
    expect(code).toBe(1);
    expect(out).toContain('seed for this run: 12 (repeat with HARROW_SEED=12 npm test)');
    expect(out).toContain('failing gates: tests (unit, properties)');
    expect(last(out)).toBe('1 passed, 1 failed');
    expect(last(run(root, ['scripts/check.mjs', '--only=unit']).out)).toBe('1 passed, 0 failed');
  });

  it('fails when it finds no test', () => {
    const root = plantTested({ 'src/kernel/a.test.ts': testFile('holds', 1) });
    const { code, out } = run(root, ['scripts/check.mjs', '--only=properties']);
    expect([code, last(out)]).toEqual([1, '0 passed, 1 failed']);
  });

  it('counts what fails without being a test', () => {
    const root = plantTested({ 'src/kernel/a.test.ts': `import './gone.ts';\n${testFile('holds', 1)}`, 'src/kernel/b.test.ts': testFile('holds', 1) });
    const { code, out } = run(root, ['scripts/check.mjs', '--only', 'types,lint,unit']);
    expect(code).toBe(1);
    expect(out).toContain('failing gates: types, tests (unit)');
    expect(last(out)).toBe('1 passed, 2 failed');
  });

  it('stops at the first failing gate when asked to', () => {
    const root = plantTested({ 'src/kernel/a.ts': "export const a: number = 'one';\n", 'src/kernel/b.test.ts': testFile('holds', 1) });
    const { code, out } = run(root, ['scripts/check.mjs', '--bail', '--only', 'types,unit']);
    expect(code).toBe(1);
    expect(out).toContain('gate types: FAILED');
    expect(last(out)).toBe('0 passed, 1 failed');
  });

  it('names what it knows when it is asked for something else', () => {
    const root = plantClone({});
    expect(run(root, ['scripts/check.mjs', '--only', 'unti'])).toEqual({
      code: 64,
      out: '',
      err: 'harrow: --only does not know "unti"; it knows types, lint, build, unit, properties, gates (joined by commas)\n',
    });
    expect(run(root, ['scripts/check.mjs', '--fast']).code).toBe(64);
  });

  it('refuses a seed that would repeat nothing', () => {
    const root = plantTested({ 'src/kernel/a.test.ts': testFile('holds', 1) });
    const { code, out, err } = run(root, ['scripts/check.mjs', '--only', 'unit'], { HARROW_SEED: '1x' });
    expect(code).toBe(1);
    expect(out + err).toContain('HARROW_SEED=1x is not a seed: expected an integer from 0 to 2147483647');
    expect(last(out)).toBe('0 passed, 1 failed');
  });
});
