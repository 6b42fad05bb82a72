/**
 * A project elsewhere on the disk, with the package as it is published, vitest, and the property of the README: it finds what
 * acks=1 loses, prints the minimal plan, and passes with acks=all.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { builtProgram } from '../support/built.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'harrow-project-'));
await builtProgram();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function command(file: string, args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}) {
  const { VITEST: _vitest, VITEST_POOL_ID: _pool, VITEST_WORKER_ID: _worker, CI: _ci, HARROW_SEED: _seed, ...rest } = process.env;
  return spawnSync(file, args, { cwd, encoding: 'utf8', env: { ...rest, NO_COLOR: '1', ...env } });
}

/** What `npm install` of the package does, from the tarball and with the dependencies that are here. */
function installPackage(): void {
  const packed = command('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], ROOT);
  const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }];
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, 'harrow'), { recursive: true });
  expect(command('tar', ['-xzf', join(folder, filename), '--strip-components=1', '-C', join(modules, 'harrow')], folder).status).toBe(0);
  for (const name of readdirSync(join(ROOT, 'node_modules')).filter((each) => !each.startsWith('.') && each !== 'harrow')) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
}

/** The block of the README that is a test. */
function propertyOfReadme(): string {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const block = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code as string).find((code) => code.includes('harrow/testing/vitest'));
  if (block === undefined) throw new Error('the README shows no property');
  return block;
}

describe('a fresh project with the property of the README', () => {
  installPackage();
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  writeFileSync(join(folder, 'package.json'), '{ "name": "fresh", "private": true, "type": "module" }\n');
  const test = (acks: string, env: Readonly<Record<string, string>>) => {
    writeFileSync(join(folder, 'orders.test.ts'), propertyOfReadme().replace('acks: 1', `acks: ${acks}`));
    const { status, stdout, stderr } = command(process.execPath, [vitest, 'run'], folder, env);
    return { status, output: `${stdout}${stderr}` };
  };

  it('has at most fifteen lines of code', () => {
    expect(propertyOfReadme().trim().split('\n').filter((line) => line !== '').length).toBeLessThanOrEqual(15);
  });

  it('fails with acks=1, and prints the minimal plan and one command that replays it', () => {
    const { status, output } = test('1', { HARROW_SEED: '5' });
    expect(status).toBe(1);
    expect(output).toContain('PROPERTY acknowledged-records-survive violated after');
    expect(output).toContain('harrow: seed 5 (repeat with HARROW_SEED=5)');
    expect(output).toMatch(/acknowledged to shop with acks=1 at/);
    // The plan: how much is left, then each fault with its time.
    const [, faults] = /([1-5]) faults?, [0-9]{1,2} records? offered, \d brokers?, \S.*:\n/.exec(output) ?? [];
    expect([...output.matchAll(/^ *[0-9.]+m?s {2}(?:crash|power loss|partition|isolate|cut|clog|slow|flaky|pause|stop|wipe|reset|disk|clock).*$/gm)].length).toBeGreaterThanOrEqual(Number(faults));
    const replay = /replay: npx harrow run (\S+\.min\.yaml)/.exec(output)?.[1] as string;
    expect(readFileSync(join(folder, replay), 'utf8').split('\n').length).toBeLessThan(30);
    const again = command(process.execPath, [join(folder, 'node_modules', 'harrow', 'dist', 'cli', 'main.js'), 'run', replay, '--quiet'], folder);
    expect(again.status).toBe(1);
    expect(again.stdout).toContain('VIOLATED: acknowledged-records-survive');
  });

  it('fails in CI without a seed, whatever it would find', () => {
    const { status, output } = test('1', { CI: 'true' });
    expect(status).toBe(1);
    expect(output).toContain('no HARROW_SEED: in CI a property needs one');
  });

  it('passes with acks=all', () => {
    const { status, output } = test('all', { HARROW_SEED: '5' });
    expect(output).toContain('1 passed');
    expect(status).toBe(0);
  });
});
