/** Makes signing keys inside a vault. Their private half is never anywhere else. */
import { createHash } from 'node:crypto';
import type { TokenCredential } from '@azure/core-auth';
import { KeyClient } from '@azure/keyvault-keys';

import { proveSigner, type VaultKeyReference } from '../../signing/index.js';
import type { Signer } from '../../trust/signer.js';
import { callVault, type VaultOptions } from './call.js';
import { isInManagedHsm } from './wording.js';
import { asOwner, type KeyUser, type VaultAccess } from './named-key.js';
import { openVaultKey } from './open-vault-key.js';
import { clientOptions } from './pipeline.js';
import { infoOf, type VaultKeyInfo, type VaultName } from './read-key.js';
import { tagsFor, type KeyPurpose } from './tags.js';

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

/** A key that was made in its vault. */
export interface NewVaultKey {
  readonly signer: Signer;
  /** With the version that was made. */
  readonly url: string;
  readonly reference: VaultKeyReference;
}

/** Makes a key in its vault, and has it prove that it signs. @throws {TrustError} */
export async function makeVaultKey(
  { reference, hsm }: { readonly reference: VaultKeyReference; readonly hsm: boolean },
  purpose: KeyPurpose,
  { credential }: VaultAccess,
  { signal, clock, log }: Pick<KeyUser, 'signal' | 'clock' | 'log'>,
): Promise<NewVaultKey> {
  const options = { signal, clock, hsm, tags: tagsFor(purpose) };
  const made = await asOwner(() => createVaultKey(reference, credential, options));
  log.info(`created ${made.kid}`);
  log.info(`key ID ${made.keyId}`);
  const signer = await openVaultKey(made.reference, credential, { signal, clock });
  await proveSigner(signer);
  return { signer, url: made.kid, reference: made.reference };
}

/** Key Vault's limit for names. */
const maxNameLength = 127;

/**
 * What the key of a repository is called in its vault: letters, digits and hyphens, and a name that no
 * other repository of the registry gets. Where characters had to be replaced, a short hash of the true
 * name follows.
 */
export function keyNameOf(repository: string): string {
  const plain = repository.replace(/[^0-9a-z]/gi, '-');
  if (plain === repository && plain.length <= maxNameLength) return plain;
  const hash = createHash('sha256').update(repository).digest('hex').slice(0, 8);
  return `${plain.slice(0, maxNameLength - hash.length - 1)}-${hash}`;
}
