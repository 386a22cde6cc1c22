/**
 * Stores a private key in a vault as a secret: for the Docker CLI and for keys that Key Vault cannot
 * hold as keys. Whoever may read the secret has the key. Never puts it over anything else.
 */
import type { KeyObject } from 'node:crypto';

import type { TokenCredential } from '@azure/core-auth';
import { SecretClient, type KeyVaultSecret } from '@azure/keyvault-secrets';

import { isTrustError } from '../../errors.js';
import type { Secrets } from '../../ports.js';
import { createMemorySigner, readKeyFile, type VaultSecretReference } from '../../signing/index.js';
import type { KeyId } from '../../trust/metadata/index.js';
import { callVault, type VaultOptions } from './call.js';
import { otherKey } from './conflicts.js';
import { assertUsable } from './key-material.js';
import { clientOptions } from './pipeline.js';
import { failed, unreadable } from './error-mapping.js';
import type { VaultName } from './read-key.js';

interface SetSecretOptions extends VaultOptions {
  readonly secrets: Secrets;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** A key that is in the vault as a secret now. */
interface StoredSecret {
  /** With the version. */
  readonly reference: VaultSecretReference & { readonly version: string };
  readonly keyId: KeyId;
  /** False when the vault held this very key before. */
  readonly isNew: boolean;
}

/** What Key Vault calls PEM, as for the secrets of its certificates. */
const contentType = 'application/x-pem-file';

/**
 * Stores `privateKey` in PEM (PKCS#8, not encrypted: the vault encrypts it) under a name.
 * @throws {TrustError} KEY_UNSUITABLE for a key that cannot sign; KEY_CONFLICT when the name holds
 *   anything else or a deleted secret; KEY_DISABLED, VAULT_FORBIDDEN, VAULT_UNREACHABLE,
 *   VAULT_FAILED, INTERRUPTED; errors of the sign-in as they are
 */
export async function setVaultSecret(
  { vaultUrl, name }: VaultName,
  privateKey: KeyObject,
  credential: TokenCredential,
  options: SetSecretOptions,
): Promise<StoredSecret> {
  const reference: VaultSecretReference = {
    kind: 'vault-secret',
    vaultUrl,
    name,
    version: undefined,
  };
  const { keyId } = createMemorySigner(privateKey, 'key to store');
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  options.secrets.mask(pem);
  const client = new SecretClient(vaultUrl, credential, clientOptions(credential));
  const operation = { reference, action: 'set' } as const;
  const present = await presentSecret(client, reference, keyId, options);
  const stored =
    present ??
    (await callVault(operation, options, (call) =>
      client.setSecret(name, pem, {
        ...call,
        contentType,
        ...(options.tags === undefined ? {} : { tags: { ...options.tags } }),
      }),
    ));
  const { version } = stored.properties;
  if (version === undefined) throw failed(operation, 'its response names no version');
  return { reference: { ...reference, version }, keyId, isNew: present === undefined };
}

/** The secret of the name when it holds this key; undefined when the name is free. */
async function presentSecret(
  client: SecretClient,
  reference: VaultSecretReference,
  keyId: KeyId,
  options: SetSecretOptions,
): Promise<KeyVaultSecret | undefined> {
  let found: KeyVaultSecret;
  try {
    found = await callVault({ reference, action: 'set' }, options, (call) =>
      client.getSecret(reference.name, call),
    );
  } catch (error) {
    if (isTrustError(error, 'KEY_NOT_FOUND')) return undefined;
    throw error;
  }
  const value: unknown = found.value ?? '';
  if (typeof value !== 'string') throw unreadable({ reference, action: 'set' });
  if (value !== '') options.secrets.mask(value);
  assertUsable(found.properties, reference, options.clock?.() ?? new Date());
  const presentId = keyIdInSecret(value);
  if (presentId === keyId) return found;
  const what =
    presentId === undefined ? 'something that is no readable key' : `its key ID is ${presentId}`;
  throw otherKey(reference, what, keyId);
}

/** The ID of the key in a text; undefined when there is none that opens without a passphrase. */
export function keyIdInSecret(text: string): KeyId | undefined {
  const context = { source: 'the secret', passphrase: undefined, passphraseInput: '' };
  try {
    return createMemorySigner(readKeyFile(text, context).privateKey, 'key in the secret').keyId;
  } catch (error) {
    if (isTrustError(error, 'KEY_UNSUITABLE', 'KEY_PASSPHRASE_MISSING')) return undefined;
    throw error;
  }
}
