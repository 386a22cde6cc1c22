/** Makes signing keys inside a vault. Their private half is never anywhere else. */
import type { TokenCredential } from '@azure/core-auth';
import { KeyClient } from '@azure/keyvault-keys';

import type { VaultKeyReference } from '../../signing/index.js';
import { callVault, type VaultOptions } from './call.js';
import { isInManagedHsm } from './wording.js';
import { clientOptions } from './pipeline.js';
import { infoOf, type VaultKeyInfo, type VaultName } from './read-key.js';

interface CreateKeyOptions extends VaultOptions {
  /** Make it in hardware (EC-HSM), which needs a vault of the tier Premium. */
  readonly hsm?: boolean | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/**
 * Makes an EC key on curve P-256 that signs, verifies and cannot be exported. Where the name exists,
 * the key becomes its newest version: whoever wants no second key must look first (readVaultKey).
 * @throws {TrustError} KEY_CONFLICT (a deleted key has the name), VAULT_FORBIDDEN,
 *   VAULT_UNREACHABLE, VAULT_FAILED, INTERRUPTED; errors of the sign-in as they are
 */
export async function createVaultKey(
  { vaultUrl, name }: VaultName,
  credential: TokenCredential,
  options: CreateKeyOptions = {},
): Promise<VaultKeyInfo> {
  const reference: VaultKeyReference = { kind: 'vault-key', vaultUrl, name, version: undefined };
  const client = new KeyClient(vaultUrl, credential, clientOptions(credential));
  const bundle = await callVault({ reference, action: 'create' }, options, (call) =>
    client.createEcKey(name, {
      ...call,
      curve: 'P-256',
      keyOps: ['sign', 'verify'],
      // A Managed HSM holds nothing but keys in hardware.
      hsm: options.hsm === true || isInManagedHsm(reference),
      ...(options.tags === undefined ? {} : { tags: { ...options.tags } }),
    }),
  );
  return infoOf(bundle, reference, options);
}
