/** Finds generated files, bundles and versions that do not agree with their sources. */
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { version } from '../../src/version.js';
import { buildAll } from '../build.js';
import { releasesOf } from '../changelog.js';
import { generatedFiles, packageVersion, root, taskFolder } from '../generate.js';

/** Generated files that differ from what their generator makes. */
export async function generatedProblems(): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const [file, text] of await generatedFiles()) {
    if ((await readOrNothing(path.join(root, file))) !== text) {
      problems.push(`${file} is not current: npm run generate`);
    }
  }
  return problems;
}

/** Files of dist/ that differ from a fresh build. */
export async function distProblems(): Promise<readonly string[]> {
  const fresh = await mkdtemp(path.join(tmpdir(), 'acr-content-trust-build-'));
  try {
    await buildAll(fresh);
    const dist = path.join(root, 'dist');
    const files = new Set([...(await filesOf(fresh)), ...(await filesOf(dist))]);
    const problems: string[] = [];
    for (const file of [...files].sort()) {
      const [built, committed] = await Promise.all(
        [fresh, dist].map((folder) => readOrNothing(path.join(folder, file), 'latin1')),
      );
      if (built !== committed) problems.push(`dist/${file} is not current: npm run build`);
    }
    return problems;
  } finally {
    await rm(fresh, { recursive: true });
  }
}

/** Places that state another version than package.json. */
export async function versionProblems(): Promise<readonly string[]> {
  const expected = await packageVersion();
  const json = async (file: string) =>
    JSON.parse(await readFile(path.join(root, file), 'utf8')) as { readonly version: unknown };
  const task = (await json(`${taskFolder}/task.json`)).version as Record<string, number>;
  const stated = {
    'package-lock.json': (await json('package-lock.json')).version,
    'vss-extension.json': (await json('vss-extension.json')).version,
    'task.json': [task.Major, task.Minor, task.Patch].join('.'),
    'src/version.ts': version,
    'CHANGELOG.md': releasesOf(await readFile(path.join(root, 'CHANGELOG.md'), 'utf8'))[0]?.version,
  };
  return Object.entries(stated)
    .filter(([, found]) => found !== expected)
    .map(([file, found]) => `${file} says ${String(found)}, package.json says ${expected}`);
}

async function filesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
}

async function readOrNothing(
  file: string,
  encoding: BufferEncoding = 'utf8',
): Promise<string | undefined> {
  try {
    return await readFile(file, encoding);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
