/** Lists the keys of a vault and the versions of a key. The right to read keys is enough. */
import type { TokenCredential } from '@azure/core-auth';
import { KeyClient, type KeyProperties } from '@azure/keyvault-keys';

import { mapConcurrent } from '../../concurrency.js';
import { isTrustError, type TrustError } from '../../errors.js';
import { limits } from '../../limits.js';
import type { VaultKeyReference } from '../../signing/index.js';
import { callVault, type VaultOptions } from './call.js';
import { allOf } from './wording.js';
import { clientOptions } from './pipeline.js';
import { getKey, infoOf, type VaultKeyInfo, type VaultName } from './read-key.js';

interface ListKeysOptions extends VaultOptions {
  /** Hears of keys in force that cannot sign content trust data, such as keys for encryption. */
  readonly onPassedOver?: ((name: string, why: TrustError) => void) | undefined;
}

/** A version of a key, as a list tells it: without the public half. */
interface VaultKeyVersion {
  readonly version: string;
  readonly kid: string;
  readonly isEnabled: boolean;
  readonly createdOn: Date | undefined;
}

/**
 * The keys of a vault that can sign content trust data, each at its newest version, in order of their
 * names. Keys that are disabled or out of their dates are left out.
 * @throws {TrustError} VAULT_FORBIDDEN, VAULT_UNREACHABLE, VAULT_FAILED, INTERRUPTED; errors of the
 *   sign-in as they are
 */
export async function listVaultKeys(
  vaultUrl: string,
  credential: TokenCredential,
  options: ListKeysOptions = {},
): Promise<readonly VaultKeyInfo[]> {
  const client = new KeyClient(vaultUrl, credential, clientOptions(credential));
  const operation = { reference: allOf('vault-key', vaultUrl), action: 'list' } as const;
  const listed = await callVault(operation, options, (call) =>
    collect(client.listPropertiesOfKeys(call)),
  );
  const names = listed.filter(({ enabled }) => enabled !== false).map(({ name }) => name);
  const read = await mapConcurrent(names, limits.concurrentVaultKeys, async (name) => {
    const reference = { kind: 'vault-key', vaultUrl, name, version: undefined } as const;
    try {
      const bundle = await getKey(client, { reference, action: 'get' }, options);
      return [infoOf(bundle, reference, options)];
    } catch (error) {
      // Deleted since it was listed, or its newest version is out of its dates: not available.
      if (isTrustError(error, 'KEY_NOT_FOUND', 'KEY_DISABLED')) return [];
      if (!isTrustError(error, 'KEY_UNSUITABLE')) throw error;
      options.onPassedOver?.(name, error);
      return [];
    }
  });
  return read.flat().sort((a, b) => (a.reference.name < b.reference.name ? -1 : 1));
}

/**
 * All versions of a key, newest first.
 * @throws {TrustError} as {@link listVaultKeys}; an unknown name has no versions
 */
export async function listKeyVersions(
  { vaultUrl, name }: VaultName,
  credential: TokenCredential,
  options: VaultOptions = {},
): Promise<readonly VaultKeyVersion[]> {
  const client = new KeyClient(vaultUrl, credential, clientOptions(credential));
  const reference: VaultKeyReference = { kind: 'vault-key', vaultUrl, name, version: undefined };
  const listed = await callVault({ reference, action: 'list' }, options, (call) =>
    collect(client.listPropertiesOfKeyVersions(name, call)),
  );
  return listed
    .flatMap(({ version, id, enabled, createdOn }) =>
      version === undefined || id === undefined
        ? []
        : [{ version: version.toLowerCase(), kid: id, isEnabled: enabled !== false, createdOn }],
    )
    .sort((a, b) => (b.createdOn?.getTime() ?? 0) - (a.createdOn?.getTime() ?? 0));
}

async function collect(pages: AsyncIterable<KeyProperties>): Promise<KeyProperties[]> {
  const all: KeyProperties[] = [];
  for await (const one of pages) all.push(one);
  return all;
}
