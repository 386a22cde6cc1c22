/**
 * What a vault tells of a key without signing with it: its public half, its version and its tags. The
 * right to read keys is enough.
 */
import type { TokenCredential } from '@azure/core-auth';
import { KeyClient, type KeyVaultKey } from '@azure/keyvault-keys';

import type { VaultKeyReference, VaultObject } from '../../signing/index.js';
import { keyIdOf } from '../../trust/metadata/index.js';
import type { KeyId, PublicKey } from '../../trust/metadata/index.js';
import { callVault, type VaultOptions } from './call.js';
import { validateKey, keyIdOfBundle } from './key-material.js';
import type { VaultOperation } from './wording.js';
import { clientOptions } from './pipeline.js';
import { failed } from './error-mapping.js';

/** A name in a vault. */
export type VaultName = Pick<VaultObject, 'vaultUrl' | 'name'>;

/** A key in a vault that may sign content trust data. */
export interface VaultKeyInfo {
  /** With the version. */
  readonly reference: VaultKeyReference & { readonly version: string };
  /** The full key identifier: the reference as a URL. */
  readonly kid: string;
  readonly publicKey: PublicKey;
  /** Canonical key ID. */
  readonly keyId: KeyId;
  readonly tags: Readonly<Record<string, string>>;
  /** Belongs to a certificate of the same name. */
  readonly isManaged: boolean;
}

/**
 * Reads a key; without a version the newest one.
 * @throws {TrustError} as openVaultKey
 */
export async function readVaultKey(
  reference: VaultKeyReference,
  credential: TokenCredential,
  options: VaultOptions = {},
): Promise<VaultKeyInfo> {
  const client = new KeyClient(reference.vaultUrl, credential, clientOptions(credential));
  const bundle = await getKey(client, { reference, action: 'get' }, options);
  return infoOf(bundle, reference, options);
}

/** Which key a version is, fit to sign or not, in its dates or not. */
interface VersionIdentity {
  /** In lower case. */
  readonly version: string;
  /** Undefined for a kind of key that content trust has no name for. */
  readonly keyId: KeyId | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly isManaged: boolean;
}

/**
 * Reads which key a version is (the newest, where none is named) without judging it.
 * @throws {TrustError} KEY_NOT_FOUND, VAULT_FORBIDDEN, VAULT_UNREACHABLE, VAULT_FAILED, INTERRUPTED;
 *   errors of the sign-in as they are
 */
export async function readVersionIdentity(
  reference: VaultKeyReference,
  credential: TokenCredential,
  options: VaultOptions = {},
): Promise<VersionIdentity> {
  const client = new KeyClient(reference.vaultUrl, credential, clientOptions(credential));
  const operation = { reference, action: 'get' } as const;
  const bundle = await getKey(client, operation, options);
  if (bundle.id === undefined) throw failed(operation, 'its response does not identify the key');
  const { tags = {}, managed } = bundle.properties;
  const version = versionOf(bundle.id);
  return { version, keyId: keyIdOfBundle(bundle), tags, isManaged: managed === true };
}

/** The answer of the vault to a get, not judged. @throws {TrustError} */
export function getKey(
  client: KeyClient,
  operation: VaultOperation,
  options: VaultOptions,
): Promise<KeyVaultKey> {
  const { name, version } = operation.reference;
  return callVault(operation, options, (call) =>
    client.getKey(name, { ...call, ...(version === undefined ? {} : { version }) }),
  );
}

/** Judges what the vault answered for `reference`. @throws {TrustError} as validateKey */
export function infoOf(
  bundle: KeyVaultKey,
  reference: VaultKeyReference,
  { clock }: VaultOptions,
): VaultKeyInfo {
  const { publicKey, kid } = validateKey(bundle, reference, clock?.() ?? new Date());
  return {
    reference: { ...reference, version: versionOf(kid) },
    kid,
    publicKey,
    keyId: keyIdOf(publicKey),
    tags: bundle.properties.tags ?? {},
    isManaged: bundle.properties.managed === true,
  };
}

function versionOf(kid: string): string {
  return kid.slice(kid.lastIndexOf('/') + 1).toLowerCase();
}
