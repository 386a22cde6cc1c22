/**
 * Writes an archive of keys as Docker's documentation has people make it, a tar.gz with the folder
 * `private`: unpacked below `~/.docker/trust`, it is Docker's own store. The file is for its owner
 * only from its first byte on, replaces nothing, and is never left half-written.
 */
import { constants } from 'node:fs';
import { access, lstat, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

import { packTar } from 'modern-tar';

import { hasCode, TrustError, messageOf } from '../../errors.js';
import { resolveExisting } from '../../output-files/index.js';
import type { KeyId } from '../../trust/metadata/index.js';
import type { DockerKeyFile } from '../docker-key-file.js';
import { createMemorySigner } from '../memory-signer.js';
import { readKeyStore } from './key-store.js';

/**
 * Makes sure, before anything else is done, that a new file can be made at `path`.
 * @throws {TrustError} FILE_NOT_WRITTEN
 */
export async function checkNewFile(path: string, workingDirectory: string): Promise<void> {
  await resolveExisting(dirname(path), workingDirectory);
  try {
    await access(dirname(path), constants.W_OK);
  } catch (cause) {
    throw unwritable(path, cause);
  }
  try {
    await lstat(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw unwritable(path, error);
  }
  throw unwritable(path, Object.assign(new Error('it exists'), { code: 'EEXIST' }));
}

/**
 * Writes `files`, each with a name of its own, to the new archive `path`.
 * @param now the time of the files within
 * @throws {TrustError} FILE_NOT_WRITTEN when there is a file already, or none can be written there
 */
export async function writeKeyArchive(
  path: string,
  files: readonly DockerKeyFile[],
  now: Date,
): Promise<void> {
  const archive = await promisify(gzip)(await packTar(entriesOf(files, now)));
  const handle = await open(path, 'wx', 0o600).catch((cause: unknown) => {
    throw unwritable(path, cause);
  });
  try {
    try {
      await handle.writeFile(archive);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    await rm(path, { force: true });
    throw unwritable(path, cause);
  }
}

/**
 * Opens every key of a new archive again.
 * @throws {TrustError} READ_BACK_FAILED; what was written is removed then
 */
export async function readBackArchive(
  file: string,
  exported: readonly { readonly keyId: KeyId }[],
  passphrase: string,
): Promise<void> {
  try {
    const { keys: stored } = await readKeyStore(file);
    const found = new Set(
      stored.map((key) => createMemorySigner(key.open(passphrase, '').privateKey, key.path).keyId),
    );
    const missing = exported.map(({ keyId }) => keyId).filter((keyId) => !found.has(keyId));
    if (missing.length === 0) return;
    throw new TrustError(
      'READ_BACK_FAILED',
      `${file} does not hold what was written to it: ${missing.join(', ')}`,
      { remedy: 'Check the disk of this agent, then run it again.' },
    );
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
}

function entriesOf(files: readonly DockerKeyFile[], mtime: Date) {
  return [
    { header: { name: 'private/', type: 'directory' as const, size: 0, mode: 0o700, mtime } },
    ...files.map(({ fileName, text }) => {
      const body = Buffer.from(text, 'utf8');
      return {
        header: { name: `private/${fileName}`, size: body.length, mode: 0o600, mtime },
        body,
      };
    }),
  ];
}

function unwritable(path: string, cause: unknown): TrustError {
  const exists = hasCode(cause, 'EEXIST');
  return new TrustError(
    'FILE_NOT_WRITTEN',
    `The archive of keys cannot be written to ${path}: ${exists ? 'a file of this name exists' : messageOf(cause)}`,
    {
      remedy:
        'Name a new file in a folder that exists and that this run may write to; nothing is ' +
        'ever overwritten.',
      cause,
    },
  );
}
