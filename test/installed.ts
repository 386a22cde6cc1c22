/**
 * The product as its users have it: made from what a release publishes, each in an empty folder of its
 * own, with nothing of this project beside it.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { packExtension } from '../scripts/packages/extension.js';
import { packNpm } from '../scripts/packages/npm.js';

const root = path.resolve(import.meta.dirname, '..');

/** One way to have the product. */
export interface Installed {
  readonly folder: string;
  remove(): Promise<void>;
}

async function install(fill: (empty: string, work: string) => Promise<string>): Promise<Installed> {
  const parent = await mkdtemp(path.join(tmpdir(), 'installed-'));
  const remove = () => rm(parent, { recursive: true });
  try {
    const [empty, work] = [path.join(parent, 'empty'), path.join(parent, 'work')];
    await mkdir(empty);
    await mkdir(work);
    return { folder: await fill(empty, work), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

const execute = promisify(execFile);

/** Installs the tarball `npm install` gets, without the network. Gives the folder that `npx` runs it in. */
export function installPackage(tarball?: string): Promise<Installed> {
  return install(async (cwd, work) => {
    const quiet = ['--offline', '--no-audit', '--no-fund', '--prefix', cwd];
    await execute('npm', ['install', ...quiet, tarball ?? (await packNpm(work))], { cwd });
    return cwd;
  });
}

/** Unzips the extension, as Azure DevOps does. Gives the folder of its task. */
export function unpackTask(extension?: string): Promise<Installed> {
  return install(async (empty, work) => {
    await execute('unzip', ['-q', extension ?? (await packExtension(work)), '-d', empty]);
    return path.join(empty, 'AcrContentTrust/AcrContentTrustV1');
  });
}

/** Checks the action out, as a runner does: the files that a tag would have now, and no others. */
export function checkOutAction(): Promise<Installed> {
  return install(async (empty, work) => {
    const git = async (args: readonly string[], env = process.env): Promise<string> => {
      const { stdout } = await execute('git', args, { cwd: root, env });
      return stdout.trim();
    };
    // An index and new objects of its own: the repository is only read.
    const env = {
      ...process.env,
      GIT_INDEX_FILE: path.join(work, 'index'),
      GIT_OBJECT_DIRECTORY: path.join(work, 'objects'),
      GIT_ALTERNATE_OBJECT_DIRECTORIES: path.resolve(
        root,
        await git(['rev-parse', '--git-path', 'objects']),
      ),
    };
    await mkdir(env.GIT_OBJECT_DIRECTORY);
    await git(['read-tree', 'HEAD'], env);
    await git(['add', '--all'], env);
    const archive = path.join(work, 'action.tar');
    await git(['archive', '--output', archive, await git(['write-tree'], env)], env);
    await execute('tar', ['-xf', archive, '-C', empty]);
    return empty;
  });
}
