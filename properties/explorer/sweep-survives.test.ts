/**
 * A sweep that is killed at any moment goes on where it stood: no seed is lost, none counts twice, and the sum is that of a
 * sweep that nobody disturbed. So it is when single workers are killed, and when the work is shared out to shards.
 *
 * `HARROW_KILLS=20 npx vitest run properties/explorer/sweep-survives.test.ts` kills the sweep twenty times and workers twenty times.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { appendFileSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { stream } from '../../src/kernel/random.ts';
import { builtProgram } from '../support/built.ts';
import { freshSeed } from '../support/seed.ts';

const MAIN = await builtProgram();
const folder = mkdtempSync(join(tmpdir(), 'harrow-sweep-'));
const SCENARIO = join(folder, 'tiny.yaml');
/** What sweeps and their workers say on stderr: nothing, also when the one is killed that they would answer. */
const SAID = join(folder, 'said.txt');
const said = openSync(SAID, 'a');
/** Four for each of two workers. */
const SEEDS_AT_WORK = 8;
const KILLS = Number(process.env['HARROW_KILLS'] ?? 10);
/** Enough that there is work left at the last kill; shards of three. */
const SEEDS = 120 * KILLS;
/** Workers killed at once: all of them, then one at a time, while the other goes on. */
const AT_ONCE = [2, 2, 2, 2, 1, 1];
const draws = stream(String(freshSeed('sweeps survive')), 'kills');

writeFileSync(SCENARIO, `scenario: tiny
duration: 2s
cluster: { brokers: 1 }
topics: [{ name: t }]
producers: [{ name: p }]
workload: [{ producer: p, topic: t, every: 500ms }]
nemesis: { kinds: [pause, slow], meanInterval: 500ms, faultDuration: { min: 50ms, max: 200ms }, start: 200ms, quietAfter: 1s }
checks: [acknowledged-records-survive, type-ok, sends-settle]
`);

interface Summary {
  readonly runs: number;
  readonly repeated: number;
  readonly digest: string;
  readonly properties: unknown;
  readonly faults: unknown;
  readonly errors: number;
}

function sweepArguments(file: string, ...more: string[]): string[] {
  return [MAIN, 'sweep', SCENARIO, '--seeds', `1..${SEEDS}`, '--workers', '2', '--quiet', '--file', file, '--out', folder, ...more];
}

function start(file: string): ChildProcess {
  return spawn(process.execPath, sweepArguments(file), { stdio: ['ignore', 'ignore', said] });
}

async function ended(child: ChildProcess): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) await sleep(20);
}

function merged(...files: string[]): Summary {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'merge', ...files, '--json'], { encoding: 'utf8' });
  expect([0, 2], stderr).toContain(status);
  return JSON.parse(stdout) as Summary;
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
const seedsIn = (file: string): number[] => [...(sizeOf(file) === 0 ? '' : readFileSync(file, 'utf8')).matchAll(/^\{"seed":(\d+).*\n/gm)].map(([, seed]) => Number(seed));

function workersOf({ pid }: ChildProcess): number[] {
  const { stdout } = spawnSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line !== '').map(Number);
}

const facts = ({ runs, repeated, digest, properties, faults, errors }: Summary): unknown => ({ runs, repeated, digest, properties, faults, errors });

function sweptInPeace(): Summary {
  const file = join(folder, 'peace.ndjson');
  spawnSync(process.execPath, sweepArguments(file));
  return merged(file);
}

afterAll(() => {
  closeSync(said);
  rmSync(folder, { recursive: true, force: true });
});

describe('a sweep', () => {
  const peace = sweptInPeace();

  it('runs every seed once', () => {
    expect(peace).toMatchObject({ runs: SEEDS, repeated: 0, errors: 0 });
  });

  it(`comes to the same when it is killed ${KILLS} times, at random moments`, async () => {
    const file = join(folder, 'killed.ndjson');
    for (let i = 0; i < KILLS; i += 1) {
      const child = start(file);
      // Somewhere in its life: before it reads, while it starts workers, while it writes.
      const before = sizeOf(file);
      const inTheMiddle = draws.below(4) > 0;
      for (let waited = 0; inTheMiddle && sizeOf(file) === before && child.exitCode === null && waited < 500; waited += 1) await sleep(20);
      await sleep(draws.below(400));
      child.kill('SIGKILL');
      await ended(child);
    }
    await ended(start(file));
    expect(facts(merged(file))).toEqual(facts(peace));
    expect(readFileSync(SAID, 'utf8')).toBe('');
  });

  it(`comes to the same when ${KILLS} of its workers are killed`, async () => {
    const file = join(folder, 'workers.ndjson');
    const child = start(file);
    let kills = 0;
    for (let i = 0; kills < KILLS; i += 1) {
      const count = Math.min(AT_ONCE[i % AT_ONCE.length] as number, KILLS - kills);
      while (child.exitCode === null && workersOf(child).length < 2) await sleep(20);
      await sleep(draws.below(200));
      const workers = workersOf(child);
      for (const pid of draws.shuffle(workers).slice(0, count)) {
        process.kill(pid, 'SIGKILL');
        kills += 1;
      }
      // Until the work of the dead is done: a job that ends three workers in a row is given up, as it must be.
      const done = Math.max(0, ...seedsIn(file)) + SEEDS_AT_WORK;
      while (child.exitCode === null && seedsIn(file).filter((seed) => seed <= done).length < Math.min(done, SEEDS)) await sleep(20);
    }
    await ended(child);
    expect(kills).toBe(KILLS);
    expect(facts(merged(file))).toEqual(facts(peace));
  });

  it('drops a torn line at the end, and refuses a broken one in the middle', async () => {
    const file = join(folder, 'torn.ndjson');
    writeFileSync(file, readFileSync(join(folder, 'peace.ndjson')).subarray(0, -37));
    await ended(start(file));
    expect(facts(merged(file))).toEqual(facts(peace));
    appendFileSync(file, 'nonsense\n');
    const { status, stderr } = spawnSync(process.execPath, [MAIN, 'merge', file], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([64, expect.stringContaining('is no run of a campaign')]);
  });

  it('adds up from its shards, and a shard that is there twice counts once', () => {
    const files = [1, 2, 3].map((shard) => {
      const file = join(folder, `shard-${shard}.ndjson`);
      spawnSync(process.execPath, sweepArguments(file, '--shard', `${shard}/3`));
      return file;
    });
    expect(facts(merged(...files))).toEqual(facts(peace));
    expect(merged(...files, files[0] as string)).toMatchObject({ runs: SEEDS, repeated: SEEDS / 3, digest: peace.digest });
  });

  it('leaves a file alone that is no campaign, and says so of a folder', () => {
    const notes = join(folder, 'notes.json');
    writeFileSync(notes, '{"mine":1}');
    const told = [notes, folder].map((path) => spawnSync(process.execPath, [MAIN, 'sweep', SCENARIO, '--seeds', '1..2', '--file', path, '--out', folder], { encoding: 'utf8' }));
    expect(told.map(({ status }) => status)).toEqual([64, 64]);
    expect(told.map(({ stderr }) => stderr)).toEqual([expect.stringContaining('notes.json is no campaign'), expect.stringContaining(`cannot read ${folder}`)]);
    expect(readFileSync(notes, 'utf8')).toBe('{"mine":1}');
  });

  it('reverts what the command line says, and nothing of the scenario when that is none', () => {
    const reverting = join(folder, 'reverting.yaml');
    writeFileSync(reverting, `${readFileSync(SCENARIO, 'utf8')}mutants: [minimal-isr]\n`);
    const sweptWith = (...more: string[]): { readonly mutants: readonly string[]; readonly digest: string } => {
      const { stdout } = spawnSync(process.execPath, [MAIN, 'sweep', reverting, '--seeds', '1..2', '--out', folder, '--quiet', '--json', ...more], { encoding: 'utf8' });
      return JSON.parse(stdout) as ReturnType<typeof sweptWith>;
    };
    expect([sweptWith().mutants, sweptWith('--mutant', 'none').mutants]).toEqual([['minimal-isr'], []]);
  });

  it('gives up the one seed that no process survives, and runs those that were in its batch', () => {
    const file = join(folder, 'deadly.ndjson');
    const deadly = join(folder, 'deadly.cjs');
    writeFileSync(deadly, `if (process.send) {
  const on = process.on.bind(process);
  process.on = (name, listener) => on(name, name !== 'message' ? listener : (message) => (Array.isArray(message?.job) && message.job.includes(6) ? process.kill(process.pid, 'SIGKILL') : listener(message)));
}
`);
    const sweep = ['sweep', SCENARIO, '--seeds', '1..12', '--workers', '1', '--quiet', '--file', file, '--out', folder];
    const { status, stderr } = spawnSync(process.execPath, [MAIN, ...sweep], { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: `--require ${deadly}` } });
    expect([status, stderr]).toEqual([70, expect.stringContaining('three times in a row: seeds 6; they are not in')]);
    expect(seedsIn(file).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12]);
    spawnSync(process.execPath, [MAIN, ...sweep]);
    expect(seedsIn(file)).toContain(6);
  });

  it('adds up with no campaign of another scenario, though they have seeds in common', () => {
    const [tiny, other] = ['tiny-2.ndjson', 'other-2.ndjson'].map((name) => join(folder, name)) as [string, string];
    for (const [file, scenario] of [[tiny, SCENARIO], [other, 'quickstart']] as const) {
      spawnSync(process.execPath, [MAIN, 'sweep', scenario, '--seeds', '1..2', '--workers', '1', '--quiet', '--file', file, '--out', folder]);
    }
    const { status, stderr } = spawnSync(process.execPath, [MAIN, 'merge', tiny, other], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([64, expect.stringContaining('differ in scenario: their runs do not add up')]);
  });

  it('says nothing of the machines that other code had', () => {
    const file = join(folder, 'other-code.ndjson');
    spawnSync(process.execPath, [MAIN, 'sweep', SCENARIO, '--seeds', '1..3', '--workers', '1', '--quiet', '--file', file, '--out', folder]);
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"code":"[0-9a-f]{64}"/, `"code":"${'0'.repeat(64)}"`));
    const { stdout } = spawnSync(process.execPath, [MAIN, 'merge', file], { encoding: 'utf8' });
    expect(stdout).toContain('Other code made this campaign');
    expect(stdout).not.toMatch(/of [0-9]+ (states|transitions|outcomes of guards)/);
    expect(stdout).toMatch(/of [0-9]+ kinds of faults/);
  });

  it('does not go on in the file of another scenario', () => {
    const { status, stderr } = spawnSync(process.execPath, [MAIN, 'sweep', 'quickstart', '--seeds', '1..2', '--file', join(folder, 'peace.ndjson'), '--out', folder], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([64, expect.stringContaining('differ in scenario')]);
  });
});
