/** Whether a name in a vault holds a key, is free, or is kept by a deleted key. Changes nothing. */
import type { TokenCredential } from '@azure/core-auth';
import { KeyClient } from '@azure/keyvault-keys';

import { isTrustError } from '../../errors.js';
import type { VaultKeyReference } from '../../signing/index.js';
import { isDeleted } from './backup.js';
import type { VaultOptions } from './call.js';
import { softDeleted } from './conflicts.js';
import { clientOptions } from './pipeline.js';
import { getKey, infoOf, type VaultKeyInfo } from './read-key.js';

/**
 * The key of a name; undefined when a key can be made there.
 * @throws {TrustError} KEY_CONFLICT when a deleted key has the name; as openVaultKey for a key that is
 *   there
 */
export async function findVaultKey(
  reference: VaultKeyReference,
  credential: TokenCredential,
  options: VaultOptions = {},
): Promise<VaultKeyInfo | undefined> {
  const client = new KeyClient(reference.vaultUrl, credential, clientOptions(credential));
  try {
    const bundle = await getKey(client, { reference, action: 'create' }, options);
    return infoOf(bundle, reference, options);
  } catch (error) {
    // A version that is not there cannot be made.
    if (!isTrustError(error, 'KEY_NOT_FOUND') || reference.version !== undefined) throw error;
  }
  if (await isDeleted(reference, credential, options)) throw softDeleted(reference);
  return undefined;
}
