/**
 * Which keys an object of a vault is, version by version: what a backup notes, and what a restore is
 * held against. Reads only; secrets are masked before anything is done with them.
 */
import {
  listKeyVersions,
  purposeOf,
  readSecretVersion,
  readVersionIdentity,
  type KeyPurpose,
  keyIdInSecret,
} from '../../../azure/index.js';
import { isTrustError } from '../../../errors.js';
import { limits } from '../../../limits.js';
import { type VaultReference, type VaultSecretReference } from '../../../signing/index.js';
import type { KeyId } from '../../../trust/index.js';
import { mapConcurrent } from '../../../concurrency.js';
import type { RunContext } from '../../context.js';
import type { AzureAccess } from '../../access/access.js';
import type { BackupObject, BackupVersion } from './manifest.js';

/** An object as it is in a vault now. */
export interface Identity {
  /** A key that belongs to a certificate is told as that certificate. */
  readonly kind: BackupObject['kind'];
  readonly purpose: KeyPurpose | undefined;
  /** Newest first, at least one; of a secret the newest only. */
  readonly versions: readonly BackupVersion[];
}

type Azure = Pick<AzureAccess, 'credential'>;
type Context = Pick<RunContext, 'signal' | 'clock' | 'secrets'>;

/** @throws {TrustError} KEY_NOT_FOUND, and whatever else keeps the object from being read */
export async function identify(
  reference: VaultReference,
  azure: Azure,
  context: Context,
): Promise<Identity> {
  if (reference.kind === 'vault-secret') return identifySecret(reference, azure, context);
  const { vaultUrl, name } = reference;
  const { credential } = azure;
  const { signal, clock } = context;
  const options = { signal, clock };
  // The key of a certificate has its name and its versions.
  const key = { kind: 'vault-key', vaultUrl, name, version: undefined } as const;
  const newest = await readVersionIdentity(key, credential, options);
  const newestVersion = versionOf(newest.kid);
  const listed = await listKeyVersions(key, credential, options);
  const older = listed.map(({ version }) => version).filter((one) => one !== newestVersion);
  const read = await mapConcurrent(older, limits.concurrentVaultKeys, async (version) => {
    const { keyId } = await readVersionIdentity({ ...key, version }, credential, options);
    return asVersion(version, keyId);
  });
  return {
    kind: newest.isManaged || reference.kind === 'vault-certificate' ? 'certificate' : 'key',
    purpose: purposeOf(newest.tags),
    versions: [asVersion(newestVersion, newest.keyId), ...read],
  };
}

/** As {@link identify}; undefined when there is no such object, or it was deleted. */
export async function identifyIfThere(
  reference: VaultReference,
  azure: Azure,
  context: Context,
): Promise<Identity | undefined> {
  try {
    return await identify(reference, azure, context);
  } catch (error) {
    if (isTrustError(error, 'KEY_NOT_FOUND')) return undefined;
    throw error;
  }
}

async function identifySecret(
  reference: VaultSecretReference,
  { credential }: Azure,
  { signal, clock, secrets }: Context,
): Promise<Identity> {
  const newest = { ...reference, version: undefined };
  const { value, version, tags } = await readSecretVersion(newest, credential, { signal, clock });
  secrets.mask(value);
  return {
    kind: 'secret',
    purpose: purposeOf(tags),
    versions: [asVersion(version, keyIdInSecret(value))],
  };
}

function asVersion(version: string, keyId: KeyId | undefined): BackupVersion {
  return { version, ...(keyId === undefined ? {} : { keyId }) };
}

function versionOf(kid: string): string {
  return kid.slice(kid.lastIndexOf('/') + 1).toLowerCase();
}
