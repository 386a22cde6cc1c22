/**
 * The folder of a backup: read whole and checked, written so that an interrupted run leaves what was
 * there. Folder 0700 and files 0600, because whoever may restore a backup has its keys.
 */
import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { TokenCredential } from '@azure/core-auth';
import { mapConcurrent } from '../../concurrency.js';
import { hasCode, messageOf } from '../../errors.js';
import { limits } from '../../limits.js';
import { writeOutputs } from '../../output-files/index.js';
import type { Clock } from '../../ports.js';
import { readBounded } from '../../read-file.js';
import {
  formatManifest,
  invalidBackup,
  manifestName,
  parseManifest,
  referenceOf,
  type BackupObject,
  type Manifest,
  type ObjectIdentity,
} from './backup-manifest.js';
import { backupVaultObject } from './backup.js';
import type { VaultOptions } from './call.js';

/** A backup with the bytes of its objects, by the names of their files. */
export interface Backup {
  readonly manifest: Manifest;
  readonly blobs: ReadonlyMap<string, Buffer>;
}

/** What is where a backup is to be written. */
export type BackupPlace =
  | { readonly kind: 'free' }
  | { readonly kind: 'backup'; readonly manifest: Manifest }
  | { readonly kind: 'other'; readonly why: string };

/** Looks at a folder and changes nothing. @throws {TrustError} as {@link readBackup} */
export async function readBackupPlace(folder: string): Promise<BackupPlace> {
  let names: readonly string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return { kind: 'free' };
    return { kind: 'other', why: messageOf(error) };
  }
  if (names.length === 0) return { kind: 'free' };
  if (!names.includes(manifestName)) return { kind: 'other', why: 'it holds other files' };
  const { manifest } = await readBackup(folder);
  return { kind: 'backup', manifest };
}

/**
 * Reads a backup and checks each file against the manifest.
 * @throws {TrustError} ARCHIVE_INVALID
 */
export async function readBackup(folder: string): Promise<Backup> {
  const text = await readPart(folder, manifestName);
  const manifest = parseManifest(text.toString('utf8'), folder);
  const blobs = new Map<string, Buffer>();
  for (const { file, sha256 } of manifest.objects) {
    const bytes = await readPart(folder, file);
    if (sha256Of(bytes) !== sha256) {
      throw invalidBackup(folder, `${file} is not what was backed up: it was changed or damaged`);
    }
    blobs.set(file, bytes);
  }
  return { manifest, blobs };
}

/** Has the vault back up each of `objects`. @throws {TrustError} as backupVaultObject */
export async function takeBackup(
  objects: readonly ObjectIdentity[],
  vaultUrl: string,
  credential: TokenCredential,
  options: VaultOptions & { readonly clock: Clock },
): Promise<Backup> {
  const taken = await mapConcurrent(objects, limits.concurrentVaultKeys, async (object) =>
    asBackup(
      object,
      await backupVaultObject(referenceOf(object, vaultUrl), credential, options),
      options.clock(),
    ),
  );
  return {
    manifest: { formatVersion: 1, vault: vaultUrl, objects: taken.map(({ object }) => object) },
    blobs: new Map(taken.map(({ object, bytes }) => [object.file, bytes])),
  };
}

/** What the manifest says of a backup of `bytes`; another backup never overwrites its file. */
export function asBackup(
  { kind, name, purpose, versions }: ObjectIdentity,
  bytes: Buffer,
  now: Date,
): { readonly object: BackupObject; readonly bytes: Buffer } {
  const sha256 = sha256Of(bytes);
  const object = {
    kind,
    name,
    file: `${kind}-${name}-${sha256.slice(0, 16)}.backup`,
    sha256,
    takenAt: now.toISOString(),
    ...(purpose && { role: purpose.role }),
    ...(purpose?.gun !== undefined && { gun: purpose.gun }),
    versions,
  };
  return { object, bytes };
}

/**
 * Writes a backup, in place of `former` if there is one, and reads it again.
 * @throws {TrustError} as writeOutputs; ARCHIVE_INVALID when what was written is not what is read
 */
export async function writeBackup(
  folder: string,
  { manifest, blobs }: Backup,
  former: Manifest | undefined,
  workingDirectory: string,
): Promise<void> {
  // The manifest last: until then the former backup is whole.
  const files = [...blobs, [manifestName, formatManifest(manifest)] as const];
  const rights = { mode: 0o600, folderMode: 0o700 };
  await writeOutputs(
    files.map(([name, content]) => ({ path: path.join(folder, name), content, ...rights })),
    workingDirectory,
  );
  await readBackup(folder);
  for (const { file } of former?.objects ?? []) {
    if (!blobs.has(file)) await rm(path.join(folder, file), { force: true });
  }
}

/** Whether users other than its owner can read the folder; false where there are no such rights. */
export async function isOpenToOthers(folder: string, platform: NodeJS.Platform): Promise<boolean> {
  return platform !== 'win32' && ((await stat(folder)).mode & 0o077) !== 0;
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function readPart(folder: string, name: string): Promise<Buffer> {
  let bytes: Buffer | undefined;
  try {
    bytes = await readBounded(path.join(folder, name), limits.backupFileBytes);
  } catch (cause) {
    throw invalidBackup(folder, messageOf(cause), cause);
  }
  if (bytes) return bytes;
  throw invalidBackup(folder, `${name} is far too large`);
}
