/**
 * One setup at a time: two terminals that both say `npm test` on a fresh clone must not both run `npm ci`, which
 * starts by deleting node_modules. The lock is a file made with O_EXCL that holds the owner's pid and host name; a
 * lock whose owner is gone is taken over.
 */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { say, SetupError } from './project.mjs';

const POLL_MS = 100;
const EMPTY_FOR_MS = 2_000;
/** Longer than any npm ci on a slow line; only used where the owner's process cannot be asked (another host, a share). */
const FOREIGN_LOCK_LIFETIME_MS = 30 * 60 * 1000;

function readIfAny(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** True when nobody can still be working under the lock whose file says `owner`. */
function isAbandoned(path, owner) {
  const [pid, host] = owner.split(' ');
  if (host !== hostname()) {
    try {
      return Date.now() - statSync(path).mtimeMs > FOREIGN_LOCK_LIFETIME_MS;
    } catch {
      return false;
    }
  }
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

/** Removes the lock if it still says `owner`; puts it back when somebody took it over in between. */
function takeOver(path, owner) {
  const aside = `${path}.abandoned-${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (readIfAny(aside) !== owner) {
    try {
      linkSync(aside, path);
    } catch {
      // A third process holds the lock by now; the second one's build is still swapped in by rename, so nothing tears.
    }
  }
  rmSync(aside, { force: true });
}

/** Since the file was written to; 0 when it is gone. */
function ageMs(path) {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

/**
 * Calls `work` while holding the lock of `root`, waiting for it as long as its owner lives. Throws a SetupError when
 * the project's folder cannot be written. Returns what `work` returns.
 */
export async function withSetupLock(root, work) {
  const folder = join(root, '.harrow');
  const path = join(folder, 'setup.lock');
  const mine = `${process.pid} ${hostname()}`;
  let told = false;
  for (;;) {
    try {
      mkdirSync(folder, { recursive: true });
      writeFileSync(path, mine, { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw new SetupError(`cannot set up in ${root}: ${error.message}`);
    }
    const owner = readIfAny(path);
    if (owner !== undefined) {
      // Its maker writes its name in the moment after: one that stays empty was made by a process that died, or found the disk full.
      if (owner === '' ? ageMs(path) > EMPTY_FOR_MS : isAbandoned(path, owner)) {
        takeOver(path, owner);
        continue;
      }
      if (!told && owner !== '') say(`another setup is running (process ${owner.split(' ')[0]}); waiting for it`);
      told ||= owner !== '';
    }
    await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}
