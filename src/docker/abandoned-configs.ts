/**
 * Removes private configurations whose runs were killed. Only folders of this user, made by a run
 * that has certainly ended, or so old that no run lives that long.
 */
import { lstat, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode, messageOf } from '../errors.js';
import { limits } from '../limits.js';
import { isPrivateConfigName, markerFile } from './private-config-folder.js';
import { hasEnded } from './run-mark.js';

/**
 * Looks through `tempDirectory`.
 * @returns what could not be removed, a sentence each.
 */
export async function removeAbandonedConfigs(
  tempDirectory: string,
  now: Date,
): Promise<readonly string[]> {
  // A folder that is not there holds nothing; whoever needs it says so.
  const names = await readdir(tempDirectory).catch((): string[] => []);
  const problems: string[] = [];
  for (const name of names.filter(isPrivateConfigName)) {
    const folder = join(tempDirectory, name);
    try {
      if (await isAbandoned(folder, now)) await rm(folder, { recursive: true, force: true });
    } catch (error) {
      // Another run may be tidying up as well.
      if (hasCode(error, 'ENOENT')) continue;
      problems.push(
        `The private folder ${folder} of an earlier run could not be removed: ${messageOf(error)}`,
      );
    }
  }
  return problems;
}

async function isAbandoned(folder: string, now: Date): Promise<boolean> {
  const user = process.getuid?.();
  const marker = join(folder, markerFile);
  const [directory, mark] = [await lstat(folder), await lstat(marker)];
  const isOurs =
    directory.isDirectory() &&
    mark.isFile() &&
    (user === undefined || (directory.uid === user && mark.uid === user));
  if (!isOurs) return false;
  const isAged = now.getTime() - mark.mtimeMs > limits.abandonedAfterMs;
  return isAged || hasEnded(await readFile(marker, 'utf8'));
}
