/**
 * The folder of a backup: read whole and checked, written so that a broken run leaves what was there.
 * Folder 0700 and files 0600, because a backup is as good as the keys to whoever may restore it.
 */
import { createHash } from 'node:crypto';
import { open, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../../../errors.js';
import { limits } from '../../../limits.js';
import { writeOutputs } from '../../../output-files/index.js';
import {
  formatManifest,
  invalidBackup,
  manifestName,
  parseManifest,
  type BackupObject,
  type Manifest,
} from './manifest.js';

/** A backup with the bytes of its objects, by the names of their files. */
export interface BackupFolder {
  readonly manifest: Manifest;
  readonly blobs: ReadonlyMap<string, Buffer>;
}

/** What stands in the place where a backup is to be. */
export type Place =
  | { readonly kind: 'free' }
  | { readonly kind: 'backup'; readonly backup: BackupFolder }
  | { readonly kind: 'other'; readonly why: string };

/** Looks at a folder and changes nothing. */
export async function lookAt(folder: string): Promise<Place> {
  let names: readonly string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return { kind: 'free' };
    return { kind: 'other', why: messageOf(error) };
  }
  if (names.length === 0) return { kind: 'free' };
  if (!names.includes(manifestName)) return { kind: 'other', why: 'it holds other files' };
  return { kind: 'backup', backup: await readBackup(folder) };
}

/**
 * Reads a backup and checks each file against the manifest.
 * @throws {TrustError} ARCHIVE_INVALID
 */
export async function readBackup(folder: string): Promise<BackupFolder> {
  const text = await readBounded(folder, manifestName);
  const manifest = parseManifest(text.toString('utf8'), folder);
  const blobs = new Map<string, Buffer>();
  for (const { file, sha256 } of manifest.objects) {
    const bytes = await readBounded(folder, file);
    if (sha256Of(bytes) !== sha256) {
      throw invalidBackup(folder, `${file} is not what was backed up: it was changed or damaged`);
    }
    blobs.set(file, bytes);
  }
  return { manifest, blobs };
}

/** The name of the file for a backup of these bytes: another backup never overwrites it. */
export function fileNameFor(
  { kind, name }: Pick<BackupObject, 'kind' | 'name'>,
  bytes: Buffer,
): string {
  return `${kind}-${name}-${sha256Of(bytes).slice(0, 16)}.backup`;
}

/** SHA-256 in hexadecimal digits. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * Writes a backup, in place of `former` if there is one, and reads it again.
 * @throws {TrustError} as writeOutputs; ARCHIVE_INVALID when what was written is not what is read
 */
export async function writeBackup(
  folder: string,
  { manifest, blobs }: BackupFolder,
  former: Manifest | undefined,
  workingDirectory: string,
): Promise<void> {
  // The manifest last: until then the former backup is whole.
  const files = [...blobs, [manifestName, formatManifest(manifest)] as const].map(
    ([name, content]) => ({
      path: path.join(folder, name),
      content,
      mode: 0o600,
      folderMode: 0o700,
    }),
  );
  await writeOutputs(files, workingDirectory);
  await readBackup(folder);
  for (const { file } of former?.objects ?? []) {
    if (!blobs.has(file)) await rm(path.join(folder, file), { force: true });
  }
}

/** Whether others than the owner may look into the folder; false where there are no such rights. */
export async function isOpenToOthers(folder: string, platform: NodeJS.Platform): Promise<boolean> {
  if (platform === 'win32') return false;
  return ((await stat(folder)).mode & 0o077) !== 0;
}

async function readBounded(folder: string, name: string): Promise<Buffer> {
  let handle;
  try {
    handle = await open(path.join(folder, name), 'r');
    const { size } = await handle.stat();
    if (size > limits.backupFileBytes) throw new Error(`${name} is far too large`);
    return await handle.readFile();
  } catch (cause) {
    throw invalidBackup(folder, messageOf(cause), cause);
  } finally {
    await handle?.close();
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
