/** Build contexts for tiny real images: busybox from scratch, about two megabytes. */
import { chmod, copyFile, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { StackInfo } from '../info.js';

export interface ImageContextOptions {
  /** Replaces the default Dockerfile; `busybox` lies in the context. */
  readonly dockerfile?: string;
  /** Further files of the context, by relative path. */
  readonly files?: Readonly<Record<string, string>>;
}

/** An image whose content nobody else's has, because of the marker; it can be run. */
const DEFAULT_DOCKERFILE = `FROM scratch
COPY busybox /bin/busybox
COPY marker /marker
CMD ["/bin/busybox", "cat", "/marker"]
`;

/** Makes a build context and answers its folder. `marker` ends up in the image as /marker. */
export async function makeImageContext(
  info: StackInfo,
  marker: string,
  options: ImageContextOptions = {},
): Promise<string> {
  const parent = join(info.folder, 'contexts');
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, 'context-'));
  await copyFile(info.tools.programs.busybox, join(folder, 'busybox'));
  await chmod(join(folder, 'busybox'), 0o755);
  const files = { Dockerfile: options.dockerfile ?? DEFAULT_DOCKERFILE, marker, ...options.files };
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}
