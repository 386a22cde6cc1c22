/**
 * What is in a backup folder: the manifest, as it is written and as it is read again. A manifest that
 * is read may have been changed by anybody; nothing in it is taken for true but by comparing.
 */
import path from 'node:path';
import { TrustError } from '../../../errors.js';
import type { VaultReference } from '../../../signing/index.js';

/** Its name in the folder. */
export const manifestName = 'manifest.json';

/** A version of a backed up object. */
export interface BackupVersion {
  /** 32 hexadecimal digits. */
  readonly version: string;
  /** Absent for a secret whose key cannot be told, and for keys content trust has no name for. */
  readonly keyId?: string;
}

/** An object of the vault, and the file that holds its backup. */
export interface BackupObject {
  readonly kind: 'key' | 'secret' | 'certificate';
  readonly name: string;
  /** Name of a file in the folder, without any path. */
  readonly file: string;
  /** SHA-256 of the file, in hexadecimal digits. */
  readonly sha256: string;
  /** When the backup was made, ISO 8601. */
  readonly takenAt: string;
  /** What its tags said it is for, if they did. */
  readonly role?: string;
  readonly gun?: string;
  /** Newest first, at least one; of a secret the newest only. */
  readonly versions: readonly BackupVersion[];
}

/** All objects are of one vault: keys that are kept apart are backed up apart. */
export interface Manifest {
  readonly formatVersion: 1;
  /** URL of the vault. */
  readonly vault: string;
  /** In order of kind and name. */
  readonly objects: readonly BackupObject[];
}

/** The object as a reference into `vaultUrl`, without a version. */
export function referenceOf(
  { kind, name }: Pick<BackupObject, 'kind' | 'name'>,
  vaultUrl: string,
): VaultReference {
  return { kind: `vault-${kind}`, vaultUrl, name, version: undefined };
}

/** The text of a manifest, in which the full key identifiers are spelt out for people. */
export function formatManifest({ formatVersion, vault, objects }: Manifest): string {
  const shown = objects.map(({ versions, ...object }) => ({
    ...object,
    versions: versions.map((one) => ({
      id: `${vault}/${object.kind}s/${object.name}/${one.version}`,
      ...one,
    })),
  }));
  return `${JSON.stringify({ formatVersion, vault, objects: shown }, null, 2)}\n`;
}

/** @throws {TrustError} ARCHIVE_INVALID unless `text` is a manifest */
export function parseManifest(text: string, folder: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalidBackup(folder, `its ${manifestName} is no JSON`, cause);
  }
  if (isRecord(value) && typeof value.formatVersion === 'number' && value.formatVersion > 1) {
    throw invalidBackup(folder, 'it was made by a newer version of this product');
  }
  if (!isManifest(value)) throw invalidBackup(folder, `its ${manifestName} is not one of ours`);
  return value;
}

/** ARCHIVE_INVALID for a folder that is no backup, or a damaged one. */
export function invalidBackup(folder: string, why: string, cause?: unknown): TrustError {
  return new TrustError('ARCHIVE_INVALID', `There is no usable backup in ${folder}: ${why}`, {
    remedy:
      'Give the folder that "keys backup" wrote, complete and unchanged, or another copy of it.',
    ...(cause === undefined ? {} : { cause }),
  });
}

function isManifest(value: unknown): value is Manifest {
  return (
    isRecord(value) &&
    value.formatVersion === 1 &&
    typeof value.vault === 'string' &&
    Array.isArray(value.objects) &&
    value.objects.length > 0 &&
    value.objects.every(isObject)
  );
}

function isObject(value: unknown): value is BackupObject {
  if (!isRecord(value)) return false;
  const { kind, name, file, sha256, takenAt, role, gun, versions } = value;
  return (
    (kind === 'key' || kind === 'secret' || kind === 'certificate') &&
    matches(name, /^[0-9a-zA-Z-]{1,127}$/) &&
    // A name that led out of the folder would have us read somebody else's files.
    typeof file === 'string' &&
    file === path.basename(file) &&
    matches(file, /^[\w.-]+\.backup$/) &&
    matches(sha256, /^[0-9a-f]{64}$/) &&
    typeof takenAt === 'string' &&
    (role === undefined || typeof role === 'string') &&
    (gun === undefined || typeof gun === 'string') &&
    Array.isArray(versions) &&
    versions.length > 0 &&
    versions.every(
      (one) =>
        isRecord(one) &&
        matches(one.version, /^[0-9a-f]{32}$/) &&
        (one.keyId === undefined || matches(one.keyId, /^[0-9a-f]{64}$/)),
    )
  );
}

function matches(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
