/**
 * Gives the unpacked programs the shared libraries that this system lacks, as links in one folder
 * for LD_LIBRARY_PATH. A library the system has is never replaced.
 */
import { mkdir, readdir, symlink } from 'node:fs/promises';
import { join, relative } from 'node:path';

import { output } from './run.js';

/**
 * Links what `programs` miss from the tree `source` into the folder `target`.
 * @returns the names that neither the system nor `source` has.
 */
export async function linkMissingLibraries(
  programs: readonly string[],
  source: string,
  target: string,
): Promise<string[]> {
  await mkdir(target, { recursive: true });
  const available = await librariesBelow(source);
  const linked = new Set<string>();
  for (;;) {
    const missing = await missingLibraries(programs, target);
    const next = missing.filter((name) => available.has(name) && !linked.has(name));
    if (next.length === 0) return missing;
    for (const name of next) {
      linked.add(name);
      // Relative, because the whole tree is renamed once it is complete.
      await symlink(relative(target, available.get(name) ?? name), join(target, name));
    }
  }
}

async function missingLibraries(programs: readonly string[], folder: string): Promise<string[]> {
  const env = { ...process.env, LC_ALL: 'C', LD_LIBRARY_PATH: folder };
  const reports = await Promise.all(
    // ldd fails on a static program, which needs nothing.
    programs.map((file) => output('ldd', [file], { env }).catch(() => '')),
  );
  const names = reports.flatMap((report) =>
    [...report.matchAll(/^\s*(\S+) => not found$/gm)].map((match) => match[1] ?? ''),
  );
  return [...new Set(names)];
}

async function librariesBelow(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return new Map(
    entries
      .filter((entry) => !entry.isDirectory() && entry.name.includes('.so'))
      .map((entry) => [entry.name, join(entry.parentPath, entry.name)]),
  );
}
