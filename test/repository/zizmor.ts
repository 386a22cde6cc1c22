/** zizmor as a judge of workflows: a program that PyPI has, in the version of test/repository/zizmor. */
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../docs/pages.js';
import { machineEnvironment } from '../machine-environment.js';
import { unpackPackages } from '../stack/tools/apt.js';
import { cacheFolder, fillOnce } from '../stack/tools/cache.js';
import { output } from '../stack/tools/run.js';

/** What of Debian runs pip. */
const PACKAGES = [
  ...['python3.11-minimal', 'libpython3.11-minimal', 'libpython3.11-stdlib', 'media-types'],
  ...['python3-pip', 'python3-setuptools', 'python3-pkg-resources', 'python3-wheel'],
];

interface Python {
  readonly command: string;
  readonly env: NodeJS.ProcessEnv;
}

/** A Python with pip. In CI a Linux machine without one gets Debian's; it stays below `work`. */
async function findPython(work: string): Promise<Python | undefined> {
  for (const command of ['python3', 'python']) {
    const version = await output(command, ['-m', 'pip', '--version']).catch(() => undefined);
    if (version !== undefined) return { command, env: machineEnvironment };
  }
  if (process.env.CI !== 'true' || process.platform !== 'linux') return undefined;
  await unpackPackages('bookworm', PACKAGES, work, path.join(work, 'apt'));
  const home = path.join(work, 'usr');
  return {
    command: path.join(home, 'bin/python3.11'),
    env: {
      ...machineEnvironment,
      PYTHONHOME: home,
      PYTHONPATH: path.join(home, 'lib/python3/dist-packages'),
    },
  };
}

/**
 * zizmor, or undefined where it cannot be had.
 * @throws {Error} in CI, where it must be there
 */
async function install(): Promise<string | undefined> {
  const wanted = path.join(root, 'test/repository/zizmor/requirements.txt');
  const hash = createHash('sha256').update(await readFile(wanted));
  const folder = path.join(cacheFolder(), `judges/zizmor-${hash.digest('hex').slice(0, 16)}`);
  const fill = async (stage: string): Promise<void> => {
    const work = path.join(stage, 'work');
    const python = await findPython(work);
    if (!python) throw new Error('this machine has no Python with pip');
    const quiet = ['--quiet', '--disable-pip-version-check', '--no-deps'];
    await output(
      python.command,
      ['-m', 'pip', 'install', ...quiet, '--target', stage, '--require-hashes', '-r', wanted],
      { env: python.env },
    );
    await rm(work, { recursive: true, force: true });
  };
  try {
    await fillOnce(folder, fill, () => {
      console.log(`Downloading zizmor into ${folder} ...`);
    });
  } catch (error) {
    if (process.env.CI === 'true') throw error;
    return undefined;
  }
  return path.join(folder, 'bin', process.platform === 'win32' ? 'zizmor.exe' : 'zizmor');
}

interface Finding {
  readonly ident: string;
  readonly desc: string;
  readonly ignored: boolean;
  readonly locations: readonly {
    readonly symbolic: { readonly key: { readonly Local?: { readonly verbatim_path: string } } };
    readonly concrete: { readonly location: { readonly start_point: { readonly row: number } } };
  }[];
}

/** What is wrong with each of `files`; undefined where there is no judge, which in CI there must be. */
export async function zizmor(files: readonly string[]): Promise<readonly string[] | undefined> {
  const program = await install();
  if (program === undefined) return undefined;
  // The file itself must be named: of a folder, zizmor only takes those in .github/workflows.
  const options = ['--offline', '--no-progress', '--quiet', '--no-exit-codes', '--format=json-v1'];
  const config = path.join(root, '.github/zizmor.yml');
  const printed = await output(
    program,
    [...options, '--strict-collection', '--config', config, ...files],
    { cwd: root },
  );
  const findings = JSON.parse(printed) as readonly Finding[];
  return findings
    .filter(({ ignored }) => !ignored)
    .map(({ ident, desc, locations: [at] }) => {
      const row = at?.concrete.location.start_point.row ?? 0;
      return `${at?.symbolic.key.Local?.verbatim_path ?? ''}:${row + 1}: ${ident}: ${desc}`;
    });
}
