/**
 * The manifest of a backup folder, as it is written and read again, and what it says of another backup.
 * Anybody may have changed a manifest that is read: nothing in it is believed without comparing. Pure.
 */
import path from 'node:path';
import { TrustError } from '../../errors.js';
import { isRecord } from '../../json.js';
import type { VaultReference } from '../../signing/index.js';
import type { KeyPurpose } from './tags.js';

/** Its name in the folder. */
export const manifestName = 'manifest.json';

/** A version of an object. */
export interface ObjectVersion {
  /** 32 hexadecimal digits. */
  readonly version: string;
  /** Absent for a secret whose key cannot be read, and for keys that content trust has no ID for. */
  readonly keyId?: string;
}

/** Which keys an object of a vault holds. */
export interface ObjectIdentity {
  /** A key that belongs to a certificate is that certificate. */
  readonly kind: 'key' | 'secret' | 'certificate';
  readonly name: string;
  readonly purpose: KeyPurpose | undefined;
  /** Newest first, at least one; of a secret the newest only. */
  readonly versions: readonly ObjectVersion[];
}

/** An object of the vault, and the file that holds its backup. */
export interface BackupObject extends Omit<ObjectIdentity, 'purpose'> {
  /** Name of a file in the folder, without any path. */
  readonly file: string;
  /** SHA-256 of the file, in hexadecimal digits. */
  readonly sha256: string;
  /** When the backup was made, ISO 8601. */
  readonly takenAt: string;
  /** What its tags said it is for, if they did. */
  readonly role?: string;
  readonly gun?: string;
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
  { kind, name }: Pick<ObjectIdentity, 'kind' | 'name'>,
  vaultUrl: string,
): VaultReference {
  return { kind: `vault-${kind}`, vaultUrl, name, version: undefined };
}

/** What a backup has and one of `wanted` would not have, each named for people. */
export function lostObjects(
  { vault, objects }: Manifest,
  vaultUrl: string,
  wanted: readonly ObjectIdentity[],
): readonly string[] {
  if (vault !== vaultUrl) return [`keys of ${vault}`];
  return objects.flatMap(({ kind, name, versions }) => {
    const kept = versionsOf(wanted, { kind, name });
    if (!kept) return [`${kind} ${name}`];
    return versions
      .filter(({ version }) => !kept.has(version) && kind !== 'secret')
      .map(({ version }) => `${kind} ${name} version ${version}`);
  });
}

/** Whether a backup has these very objects and versions. */
export function hasSameVersions({ objects }: Manifest, wanted: readonly ObjectIdentity[]): boolean {
  return (
    objects.length === wanted.length &&
    objects.every((object) => {
      const now = versionsOf(wanted, object);
      return (
        now?.size === object.versions.length &&
        object.versions.every(({ version }) => now.has(version))
      );
    })
  );
}

function versionsOf(
  objects: readonly ObjectIdentity[],
  { kind, name }: Pick<ObjectIdentity, 'kind' | 'name'>,
): ReadonlySet<string> | undefined {
  const found = objects.find((object) => object.kind === kind && object.name === name);
  return found && new Set(found.versions.map(({ version }) => version));
}

/** The text of a manifest, in which the full key identifiers are spelt out for people. */
export function formatManifest({ formatVersion, vault, objects }: Manifest): string {
  const shown = objects.map(({ versions, ...object }) => ({
    ...object,
    versions: versions.map((version) => ({
      id: `${vault}/${object.kind}s/${object.name}/${version.version}`,
      ...version,
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
    throw invalidBackup(folder, `its ${manifestName} is not valid JSON`, cause);
  }
  if (isRecord(value) && typeof value.formatVersion === 'number' && value.formatVersion > 1) {
    throw invalidBackup(folder, 'it was made by a newer version of this product');
  }
  if (isManifest(value)) return value;
  throw invalidBackup(folder, `its ${manifestName} is not a manifest of "keys backup"`);
}

/** ARCHIVE_INVALID for a folder that is not a backup, or a damaged one. */
export function invalidBackup(folder: string, why: string, cause?: unknown): TrustError {
  return new TrustError('ARCHIVE_INVALID', `There is no usable backup in ${folder}: ${why}`, {
    remedy:
      'Give the folder that "keys backup" wrote, complete and unchanged, or another copy of it.',
    cause,
  });
}

function isManifest(value: unknown): value is Manifest {
  return (
    isRecord(value) &&
    value.formatVersion === 1 &&
    typeof value.vault === 'string' &&
    isListOf(value.objects, isObject)
  );
}

function isObject(value: unknown): value is BackupObject {
  if (!isRecord(value)) return false;
  const { kind, name, file, sha256, takenAt, role, gun, versions } = value;
  return (
    (kind === 'key' || kind === 'secret' || kind === 'certificate') &&
    matches(name, /^[0-9a-zA-Z-]{1,127}$/) &&
    // A name that leads out of the folder would make us read other files.
    matches(file, /^[\w.-]+\.backup$/) &&
    file === path.basename(file) &&
    matches(sha256, /^[0-9a-f]{64}$/) &&
    typeof takenAt === 'string' &&
    (role === undefined || typeof role === 'string') &&
    (gun === undefined || typeof gun === 'string') &&
    isListOf(versions, isVersion)
  );
}

function isVersion(value: unknown): value is ObjectVersion {
  return (
    isRecord(value) &&
    matches(value.version, /^[0-9a-f]{32}$/) &&
    (value.keyId === undefined || matches(value.keyId, /^[0-9a-f]{64}$/))
  );
}

/** None are as wrong as one that is not right. */
function isListOf<T>(value: unknown, is: (one: unknown) => one is T): value is readonly T[] {
  return Array.isArray(value) && value.length > 0 && value.every(is);
}

function matches(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}
