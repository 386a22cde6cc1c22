/**
 * Puts the Dockerfile that was checked where a builder can take it from, outside the user's tree:
 * what is built is what was read, even if another process writes to the tree in the meantime. The build context stays the
 * user's own; nothing in it is touched.
 */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';

import { hasCode } from '../errors.js';
import type { LocatedDockerfile } from './locate-dockerfile.js';
import { writePrivateFile } from './private-config.js';

/**
 * What builders look for beside a Dockerfile: BuildKit prefers such an ignore file over the
 * context's (frontend/dockerui/config.go), and buildx (0.31 and newer) holds builds to such a policy.
 */
const companions = ['.dockerignore', '.rego'];

/**
 * Writes the Dockerfile into `folder`, which must be private to this run, and returns the path for
 * `--file`.
 * @param text the Dockerfile with its base images pinned; default: as it was read
 */
export async function copyDockerfile(
  folder: string,
  original: LocatedDockerfile,
  text: string | Buffer = original.bytes,
): Promise<string> {
  const path = join(folder, 'Dockerfile');
  await writePrivateFile(path, text);
  for (const suffix of companions) {
    try {
      await copyFile(`${original.path}${suffix}`, `${path}${suffix}`);
    } catch (error) {
      // Most Dockerfiles have none.
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }
  return path;
}
