/**
 * Which keys an object of a vault holds, version by version: what a backup notes, and what a restore is
 * compared with. Reads only; secrets are masked before anything is done with them.
 */
import type { TokenCredential } from '@azure/core-auth';
import { mapConcurrent } from '../../concurrency.js';
import { isTrustError } from '../../errors.js';
import { limits } from '../../limits.js';
import type { Secrets } from '../../ports.js';
import type { VaultReference, VaultSecretReference } from '../../signing/index.js';
import type { KeyId } from '../../trust/metadata/index.js';
import type { ObjectIdentity, ObjectVersion } from './backup-manifest.js';
import type { VaultOptions } from './call.js';
import { listKeyVersions } from './list-keys.js';
import { readVersionIdentity } from './read-key.js';
import { readSecretVersion } from './read-secret.js';
import { keyIdInSecret } from './set-secret.js';
import { purposeOf } from './tags.js';

export interface IdentifyOptions extends VaultOptions {
  readonly secrets: Secrets;
}

/** @throws {TrustError} KEY_NOT_FOUND, and whatever else keeps the object from being read */
export async function identifyObject(
  reference: VaultReference,
  credential: TokenCredential,
  options: IdentifyOptions,
): Promise<ObjectIdentity> {
  if (reference.kind === 'vault-secret') return identifySecret(reference, credential, options);
  const { kind, vaultUrl, name } = reference;
  // The key of a certificate has its name and its versions.
  const key = { kind: 'vault-key', vaultUrl, name, version: undefined } as const;
  const newest = await readVersionIdentity(key, credential, options);
  const listed = await listKeyVersions(key, credential, options);
  const older = await mapConcurrent(
    listed.filter(({ version }) => version !== newest.version),
    limits.concurrentVaultKeys,
    async ({ version }) => {
      const { keyId } = await readVersionIdentity({ ...key, version }, credential, options);
      return asVersion(version, keyId);
    },
  );
  return {
    kind: newest.isManaged || kind === 'vault-certificate' ? 'certificate' : 'key',
    name,
    purpose: purposeOf(newest.tags),
    versions: [asVersion(newest.version, newest.keyId), ...older],
  };
}

/** As {@link identifyObject}; undefined when there is no such object, or it was deleted. */
export async function identifyIfThere(
  ...parameters: Parameters<typeof identifyObject>
): Promise<ObjectIdentity | undefined> {
  try {
    return await identifyObject(...parameters);
  } catch (error) {
    if (isTrustError(error, 'KEY_NOT_FOUND')) return undefined;
    throw error;
  }
}

async function identifySecret(
  reference: VaultSecretReference,
  credential: TokenCredential,
  options: IdentifyOptions,
): Promise<ObjectIdentity> {
  const newest = { ...reference, version: undefined };
  const { value, version, tags } = await readSecretVersion(newest, credential, options);
  options.secrets.mask(value);
  return {
    kind: 'secret',
    name: reference.name,
    purpose: purposeOf(tags),
    versions: [asVersion(version, keyIdInSecret(value))],
  };
}

function asVersion(version: string, keyId: KeyId | undefined): ObjectVersion {
  return { version, ...(keyId !== undefined && { keyId }) };
}
