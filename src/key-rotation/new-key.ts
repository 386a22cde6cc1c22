/** The key that a role is to get: opened, or made when everything else is known to be in order. */
import { asOwner, makeVaultKey, openNamedKey, type NamedKey } from '../azure/index.js';
import type { KeyReference } from '../signing/index.js';
import { isDelegation, type Gun, type Signer } from '../trust/index.js';
import type { AzureAccess, AccessRun } from '../access/index.js';
import type { KeyRotation, NewKeySource } from './rotation.js';

/** A key that exists and can sign. */
export interface NewKey {
  readonly signer: Signer;
  /** URL with version; the path of a file. */
  readonly url: string;
  /** Where the record of its roots is: where the input says, or with the version that was made. */
  readonly reference: KeyReference;
  /** PEM of the certificate, where one was named. */
  readonly certificatePem: string | undefined;
}

/** Opens a key that exists. @throws {TrustError} */
export async function openNewKey(
  key: NamedKey,
  azure: AzureAccess,
  run: AccessRun,
): Promise<NewKey> {
  return run.log.group('New key', async () => {
    const { signer, url, certificatePem } = await asOwner(() => openNamedKey(key, azure, run));
    run.log.info(`${signer.keyId}  ${signer.description}, the new key`);
    return { signer, url, reference: key.reference, certificatePem };
  });
}

/**
 * Makes the key: a new version where the name exists.
 * @param guns the repositories that get it; its tags name one that is alone.
 * @throws {TrustError}
 */
export async function makeNewKey(
  source: Extract<NewKeySource, { kind: 'create' }>,
  { role }: KeyRotation,
  [gun, ...others]: readonly Gun[],
  azure: AzureAccess,
  run: AccessRun,
): Promise<NewKey> {
  const purpose = {
    role: isDelegation(role) ? 'delegation' : role === 'root' ? role : 'targets',
    gun: others.length === 0 ? gun : undefined,
  } as const;
  return { ...(await makeVaultKey(source, purpose, azure, run)), certificatePem: undefined };
}
