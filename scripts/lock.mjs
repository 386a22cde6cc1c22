/**
 * A lock between processes, as a directory that holds the owner's process id. Plain JavaScript
 * because scripts/bootstrap.mjs needs it before anything is installed. A lock whose owner has died
 * is taken over; never deletes anything but the lock itself.
 */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 200;
/** A lock without a process id this long after its creation belongs to a process that died early. */
const EMPTY_LOCK_MS = 5_000;

/** Runs `body` while holding the lock directory `path`; waits for other processes first. */
export async function withLock(path, body) {
  await mkdir(dirname(path), { recursive: true });
  let emptySince;
  while (!(await tryTake(path))) {
    const owner = await ownerOf(path);
    if (owner !== undefined) emptySince = undefined;
    else emptySince ??= Date.now();
    const stale = owner === undefined ? Date.now() - emptySince > EMPTY_LOCK_MS : !isAlive(owner);
    if (stale) await discard(path);
    else await sleep(POLL_MS);
  }
  try {
    return await body();
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

async function tryTake(path) {
  try {
    await mkdir(path);
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
  await writeFile(join(path, 'pid'), String(process.pid));
  return true;
}

async function ownerOf(path) {
  try {
    const pid = Number(await readFile(join(path, 'pid'), 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: the process is there and belongs to another user.
    return error.code === 'EPERM';
  }
}

/** Renaming first lets exactly one of several waiting processes remove a stale lock. */
async function discard(path) {
  const aside = `${path}.stale-${process.pid}-${Date.now()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  await rm(aside, { recursive: true, force: true });
}
