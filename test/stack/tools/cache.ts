/** The private cache of downloaded and built programs, shared by parallel runs. */
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';

import { withLock } from '../../../scripts/lock.mjs';

export const cacheFolder = (): string =>
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'acr-content-trust');

/** Fills a folder that then appears whole, under its final name, or not at all. */
export async function fillOnce(
  folder: string,
  fill: (stage: string) => Promise<void>,
  announce: () => void,
): Promise<void> {
  const isThere = () =>
    access(folder).then(
      () => true,
      () => false,
    );
  if (await isThere()) return;
  await mkdir(dirname(folder), { recursive: true });
  await withLock(`${folder}.lock`, async () => {
    if (await isThere()) return;
    announce();
    const stage = await mkdtemp(join(dirname(folder), `.${basename(folder)}-`));
    try {
      await fill(stage);
      await rename(stage, folder);
    } finally {
      await rm(stage, { recursive: true, force: true });
    }
  });
}
