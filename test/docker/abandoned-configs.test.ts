import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createPrivateConfig, removeAbandonedConfigs } from '../../src/docker/index.js';
import { limits } from '../../src/limits.js';
import { temporaryFolder } from './support/scripted-docker.js';

interface Mark {
  readonly pid: number;
  readonly started: string;
  readonly scope: string;
}

const marker = '.acr-content-trust';

/** A folder as a run makes it, whose mark is changed. */
async function leftBy(
  temp: string,
  change: (own: Mark) => string | Mark = (own) => own,
): Promise<string> {
  const config = await createPrivateConfig({ userConfig: join(temp, 'none'), tempDirectory: temp });
  const file = join(config.path, marker);
  const changed = change(JSON.parse(readFileSync(file, 'utf8')) as Mark);
  writeFileSync(file, typeof changed === 'string' ? changed : JSON.stringify(changed));
  return config.path;
}

/** The number of a process that has ended. */
async function endedPid(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'close');
  return child.pid ?? 0;
}

const now = new Date();

afterEach(() => {
  vi.restoreAllMocks();
});

describe('what a killed run left', () => {
  it('is removed by the next run', async () => {
    const temp = temporaryFolder();
    const pid = await endedPid();
    const left = await leftBy(temp, (own) => ({ ...own, pid }));
    expect(await removeAbandonedConfigs(temp, now)).toEqual([]);
    expect(existsSync(left)).toBe(false);
  });

  it.skipIf(process.platform !== 'linux')(
    'is removed although another process has its number now',
    async () => {
      const temp = temporaryFolder();
      const left = await leftBy(temp, (own) => ({ ...own, started: '1' }));
      expect(await removeAbandonedConfigs(temp, now)).toEqual([]);
      expect(existsSync(left)).toBe(false);
    },
  );

  it.each(['', 'not JSON', '{"pid":-1,"started":"","scope":""}', 'null'])(
    'is removed after a week where the mark says nothing: %j',
    async (text) => {
      const temp = temporaryFolder();
      const left = await leftBy(temp, () => text);
      const later = new Date(now.getTime() + limits.abandonedAfterMs + 60_000);
      expect(await removeAbandonedConfigs(temp, now)).toEqual([]);
      expect(existsSync(left)).toBe(true);
      expect(await removeAbandonedConfigs(temp, later)).toEqual([]);
      expect(existsSync(left)).toBe(false);
    },
  );

  it('is removed without what its links lead to', async () => {
    const temp = temporaryFolder();
    const pid = await endedPid();
    const left = await leftBy(temp, (own) => ({ ...own, pid }));
    mkdirSync(join(temp, 'plugins'));
    writeFileSync(join(temp, 'plugins/docker-x'), 'x');
    symlinkSync(join(temp, 'plugins'), join(left, 'cli-plugins'));
    await removeAbandonedConfigs(temp, now);
    expect(existsSync(left)).toBe(false);
    expect(existsSync(join(temp, 'plugins/docker-x'))).toBe(true);
  });
});

describe('what may be in use', () => {
  it('stays: of a run that lives', async () => {
    const temp = temporaryFolder();
    const left = await leftBy(temp);
    expect(await removeAbandonedConfigs(temp, now)).toEqual([]);
    expect(existsSync(left)).toBe(true);
  });

  it('stays: of a run in another container or on another machine', async () => {
    const temp = temporaryFolder();
    const pid = await endedPid();
    const left = await leftBy(temp, (own) => ({ ...own, pid, scope: `${own.scope}1` }));
    expect(await removeAbandonedConfigs(temp, now)).toEqual([]);
    expect(existsSync(left)).toBe(true);
  });

  it.skipIf(process.platform === 'win32')('stays: of another user', async () => {
    const temp = temporaryFolder();
    const pid = await endedPid();
    const left = await leftBy(temp, (own) => ({ ...own, pid }));
    vi.spyOn(process, 'getuid').mockReturnValue(12345);
    expect(await removeAbandonedConfigs(temp, now)).toEqual([]);
    expect(existsSync(left)).toBe(true);
  });

  it('stays: a folder of that name without a mark, and a link to one', async () => {
    const temp = temporaryFolder();
    const pid = await endedPid();
    const target = await leftBy(temporaryFolder(), (own) => ({ ...own, pid }));
    const folder = join(temp, 'acr-content-trust-docker-AbCd12');
    mkdirSync(folder);
    const old = new Date(0);
    utimesSync(folder, old, old);
    symlinkSync(target, join(temp, 'acr-content-trust-docker-AbCd13'));
    expect(await removeAbandonedConfigs(temp, now)).toEqual([]);
    expect(existsSync(folder)).toBe(true);
    expect(existsSync(target)).toBe(true);
  });

  it('is not looked for where there is no such folder', async () => {
    expect(await removeAbandonedConfigs('/nowhere/at/all', now)).toEqual([]);
  });
});
