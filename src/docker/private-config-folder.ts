/**
 * By what the folder of a private configuration is known, and its removal. On its own, as it is all of
 * it that a post step needs.
 */
import { lstat, readdir, rm } from 'node:fs/promises';
import { basename } from 'node:path';

import { TrustError } from '../errors.js';
import { ignoreMissing } from './share-entries.js';

/** Every private configuration is a folder that is called this and random characters, so that others can exclude it. */
export const privateConfigPrefix = 'acr-content-trust-docker-';

/** Written first: it says that a folder is ours to remove, and which run made it. */
export const markerFile = '.acr-content-trust';

/**
 * Removes what a killed run left behind; a folder that is gone is fine.
 * @throws {TrustError} UNEXPECTED for a path that is not a private configuration of ours
 */
export async function removePrivateConfig(path: string): Promise<void> {
  const stats = await lstat(path).catch(ignoreMissing);
  if (stats === undefined) return;
  const entries = stats.isDirectory() ? await readdir(path) : [];
  const isOurs =
    isPrivateConfigName(basename(path)) &&
    stats.isDirectory() &&
    (entries.length === 0 || entries.includes(markerFile));
  if (!isOurs) {
    throw new TrustError(
      'UNEXPECTED',
      `${path} is not a private Docker configuration of this product`,
      {
        remedy: 'Nothing was removed. Remove it by hand if it is no longer needed.',
      },
    );
  }
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
}

/** Whether a folder is named like one of ours. */
export function isPrivateConfigName(name: string): boolean {
  return new RegExp(`^${privateConfigPrefix}[A-Za-z0-9]{6}$`).test(name);
}
