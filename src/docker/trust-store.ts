/**
 * Docker's trust store inside a private configuration: puts keys and known trust data there for the
 * docker engine and tells which keys are there. It never touches a store that is not in a private configuration of ours.
 */
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { TrustError } from '../errors.js';
import { privateConfigPrefix } from './private-config-folder.js';
import { type PrivateConfig, writePrivateFile } from './private-config.js';

/** A private key in the form Docker stores it. */
interface DockerKey {
  /** Canonical key ID, 64 hex digits. */
  readonly keyId: string;
  /** The file: PEM with `role` and `gun` headers. Secret, even where it is encrypted. */
  readonly text: string;
}

/**
 * Writes `keys` as `trust/private/<keyid>.key`, 0600 in a folder of 0700.
 * @throws {TrustError} UNEXPECTED for a key ID that is none, or a folder that is not ours
 */
export async function writeTrustKeys(
  config: PrivateConfig,
  keys: readonly DockerKey[],
): Promise<void> {
  const folder = keyFolder(config);
  for (const { keyId } of keys) {
    // It becomes a file name.
    if (!/^[0-9a-f]{64}$/.test(keyId)) {
      throw new TrustError('UNEXPECTED', `"${keyId}" is not a key ID`, {
        remedy: 'Report this with the debug log of the step.',
      });
    }
  }
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const { keyId, text } of keys) await writePrivateFile(join(folder, `${keyId}.key`), text);
}

/** What Docker holds everything it reads against, by role; each as the server served it. */
type KnownTrustData = Readonly<Record<'root' | 'targets' | 'snapshot' | 'timestamp', Uint8Array>>;

/**
 * Puts verified trust data where Docker looks for what it has seen before. Docker trusts the first root
 * it meets; with one of ours it takes none that this one has not signed, and no older files (notary
 * client/tufclient.go, bootstrapClient).
 */
export async function writeTrustData(
  config: PrivateConfig,
  gun: string,
  known: KnownTrustData,
): Promise<void> {
  const segments = gun.split('/');
  // They become names of folders.
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) {
    throw new TrustError('UNEXPECTED', `"${gun}" is not the name of a repository`, {
      remedy: 'Report this with the debug log of the step.',
    });
  }
  const folder = join(trustFolder(config), 'tuf', ...segments, 'metadata');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const [role, bytes] of Object.entries(known)) {
    await writePrivateFile(join(folder, `${role}.json`), bytes);
  }
}

function keyFolder(config: PrivateConfig): string {
  return join(trustFolder(config), 'private');
}

function trustFolder(config: PrivateConfig): string {
  if (!basename(config.path).startsWith(privateConfigPrefix)) {
    throw new TrustError(
      'UNEXPECTED',
      `${config.path} is not a private Docker configuration of this product`,
      {
        remedy: 'Report this with the debug log of the step.',
      },
    );
  }
  return join(config.path, 'trust');
}
