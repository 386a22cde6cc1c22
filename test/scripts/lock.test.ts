/** The lock between processes: one at a time, and no dead owner keeps it. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { withLock } from '../../scripts/lock.mjs';

/** Above the largest process id that Linux gives. */
const NO_PROCESS = 2 ** 22 + 1;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('withLock', () => {
  it('lets one body run at a time and leaves no lock', async () => {
    const path = join(folder, 'lock');
    const events: string[] = [];
    const body = (name: string) => async () => {
      events.push(`${name} in`);
      await sleep(20);
      events.push(`${name} out`);
      return name;
    };
    const results = await Promise.all([withLock(path, body('a')), withLock(path, body('b'))]);
    expect(results).toEqual(['a', 'b']);
    expect(events[1]).toBe(events[0]?.replace('in', 'out'));
    expect(await readdir(folder)).toEqual([]);
  });

  it('gives the lock back when the body fails', async () => {
    const path = join(folder, 'lock');
    const failing = withLock(path, () => Promise.reject(new Error('broken')));
    await expect(failing).rejects.toThrow('broken');
    expect(await withLock(path, () => Promise.resolve('next'))).toBe('next');
  });

  it('takes over the lock of a process that died', async () => {
    const path = join(folder, 'lock');
    await mkdir(path);
    await writeFile(join(path, 'pid'), String(NO_PROCESS));
    expect(await withLock(path, () => Promise.resolve('mine'))).toBe('mine');
    expect(await readdir(folder)).toEqual([]);
  });
});
