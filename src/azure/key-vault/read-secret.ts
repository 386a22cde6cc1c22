/** Reads one secret of Key Vault. What it returns is to be masked before anything else is done. */
import type { TokenCredential } from '@azure/core-auth';
import { SecretClient } from '@azure/keyvault-secrets';

import { TrustError } from '../../errors.js';
import { formatKeyReference, type VaultSecretReference } from '../../signing/index.js';
import { callVault, type VaultOptions } from './call.js';
import { clientOptions } from './pipeline.js';
import { assertUsable } from './key-material.js';
import { failed, unreadable } from './error-mapping.js';

/**
 * The value of a secret, as it is stored.
 * @throws {TrustError} KEY_NOT_FOUND, KEY_DISABLED, KEY_UNSUITABLE (empty), VAULT_FORBIDDEN,
 *   VAULT_UNREACHABLE, VAULT_FAILED, INTERRUPTED; errors of the sign-in as they are
 */
export async function readVaultSecret(
  reference: VaultSecretReference,
  credential: TokenCredential,
  options: VaultOptions = {},
): Promise<string> {
  return (await readSecretVersion(reference, credential, options)).value;
}

/** A secret with what is known of it. */
interface SecretVersion {
  /** As it is stored. */
  readonly value: string;
  /** 32 hexadecimal digits. */
  readonly version: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Of a certificate's secret `application/x-pem-file` or `application/x-pkcs12`. */
  readonly contentType: string | undefined;
}

/** As {@link readVaultSecret}, with the version that was read. */
export async function readSecretVersion(
  reference: VaultSecretReference,
  credential: TokenCredential,
  options: VaultOptions = {},
): Promise<SecretVersion> {
  const { vaultUrl, name, version: asked } = reference;
  const client = new SecretClient(vaultUrl, credential, clientOptions(credential));
  const operation = { reference, action: 'get' } as const;
  const secret = await callVault(operation, options, (call) =>
    client.getSecret(name, { ...call, ...(asked === undefined ? {} : { version: asked }) }),
  );
  // What a type promises, an answer that was altered on the way need not keep.
  const value: unknown = secret.value;
  if (value !== undefined && typeof value !== 'string') throw unreadable(operation);
  // The vault hands out expired secrets all the same; whoever set the date meant it.
  assertUsable(secret.properties, reference, options.clock?.() ?? new Date());
  if (value === undefined || value === '') {
    throw new TrustError('KEY_UNSUITABLE', `The secret ${formatKeyReference(reference)} is empty`, {
      remedy: 'Store the key (PEM or Docker ".key" file) or the passphrase in it.',
    });
  }
  const { version, tags = {}, contentType } = secret.properties;
  if (version === undefined) throw failed(operation, 'its response names no version');
  return { value, version: version.toLowerCase(), tags, contentType };
}
