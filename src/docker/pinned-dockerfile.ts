/**
 * Puts a rewritten Dockerfile where a builder can take it from, outside the user's tree. The build
 * context stays the user's own; nothing in it is touched.
 */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { LocatedDockerfile } from './locate-dockerfile.js';
import { writePrivateFile } from './private-config.js';

/**
 * Writes `text` into `folder`, which must be private to this run, and returns the path for
 * `--file`. BuildKit prefers `<Dockerfile>.dockerignore` over the context's `.dockerignore`
 * (frontend/dockerui/config.go), so such a file goes along.
 */
export async function writePinnedDockerfile(
  folder: string,
  original: LocatedDockerfile,
  text: string,
): Promise<string> {
  const path = join(folder, 'Dockerfile');
  await writePrivateFile(path, text);
  try {
    await copyFile(`${original.path}.dockerignore`, `${path}.dockerignore`);
  } catch (error) {
    // Most Dockerfiles have none.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return path;
}
