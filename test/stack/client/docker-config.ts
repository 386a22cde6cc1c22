/** Fresh Docker client configurations: nothing of the user's own, nothing kept between two of them. */
import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { StackInfo } from '../info.js';

/** User name and password for a registry, as `docker login` takes them. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

export interface DockerConfigOptions {
  /** Logins by login server. */
  readonly logins?: Readonly<Record<string, Login>>;
  /** Make buildx available. Default: false. */
  readonly buildx?: boolean;
}

/** Makes a new DOCKER_CONFIG folder below the stack's own, so that it goes when the stack goes. */
export async function makeDockerConfig(
  info: StackInfo,
  options: DockerConfigOptions = {},
): Promise<string> {
  const parent = join(info.folder, 'docker-config');
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, 'config-'));
  const auths = Object.fromEntries(
    Object.entries(options.logins ?? {}).map(([server, { username, password }]) => [
      server,
      { auth: Buffer.from(`${username}:${password}`).toString('base64') },
    ]),
  );
  await writeFile(join(folder, 'config.json'), JSON.stringify({ auths }), { mode: 0o600 });
  if (options.buildx === true) await symlink(info.tools.cliPlugins, join(folder, 'cli-plugins'));
  return folder;
}
