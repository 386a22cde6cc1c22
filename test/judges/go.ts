/**
 * The `go` command. In CI, where no judge may be missing, a Linux machine without one gets Debian's,
 * unpacked into the private cache; a newer tool chain that a go.mod calls for it gets by itself.
 */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { machineEnvironment } from '../machine-environment.js';
import { unpackPackages } from '../stack/tools/apt.js';
import { cacheFolder, fillOnce } from '../stack/tools/cache.js';
import { output } from '../stack/tools/run.js';

const RELEASE = 'go-1.24';
const PACKAGES = ['golang-1.24-go', 'golang-1.24-src'];

export interface Go {
  readonly command: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Go, or undefined where there is none and none is needed.
 * @throws {Error} in CI, where it cannot be downloaded either
 */
export async function findGo(): Promise<Go | undefined> {
  if (await isInstalled()) return { command: 'go', env: machineEnvironment };
  if (process.env.CI !== 'true' || process.platform !== 'linux') return undefined;
  const folder = path.join(cacheFolder(), `${RELEASE}-${process.arch}`);
  const unpack = async (stage: string): Promise<void> => {
    await unpackPackages('trixie', PACKAGES, stage, path.join(stage, 'apt'));
    await rm(path.join(stage, 'apt'), { recursive: true });
  };
  await fillOnce(folder, unpack, () => {
    console.log(`Downloading Go into ${folder} ...`);
  });
  return {
    command: path.join(folder, 'usr/lib', RELEASE, 'bin/go'),
    env: { ...machineEnvironment, GOTOOLCHAIN: 'auto' },
  };
}

function isInstalled(): Promise<boolean> {
  return output('go', ['version']).then(
    () => true,
    () => false,
  );
}
