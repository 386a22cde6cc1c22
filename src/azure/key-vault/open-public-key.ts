/**
 * The public half of a key that others sign with: from a vault or a file. Reading is all it
 * needs, and all it does: whoever lists a signer's key need not be able to use it.
 */
import type { TokenCredential } from '@azure/core-auth';
import { KeyClient } from '@azure/keyvault-keys';

import { TrustError } from '../../errors.js';
import {
  formatKeyReference,
  publicKeyOfCertificate,
  readPublicKeyFile,
  type FileKeyReference,
  type KeyReference,
  type SignerPublicKey,
  type VaultCertificateReference,
  type VaultKeyReference,
} from '../../signing/index.js';
import type { VaultOptions } from './call.js';
import { clientOptions } from './pipeline.js';
import { readCertificate } from './read-certificate.js';
import { getKey, infoOf } from './read-key.js';
import { readKeyBytes } from './read-key-bytes.js';
import { requireCredential } from './require-credential.js';

interface OpenPublicKeyOptions extends VaultOptions {
  /** Needed for every reference into a vault; local files do without. */
  readonly credential?: TokenCredential | undefined;
}

/** A signer's key. */
export interface OpenedPublicKey extends SignerPublicKey {
  /** Where it is; in a vault with the version that was read. */
  readonly reference: KeyReference;
  /** Whether no version was asked for, so that the newest one was taken. */
  readonly isNewest: boolean;
  /** The signer that Docker made the key for, where a file says so. */
  readonly role: string | undefined;
}

/**
 * Reads a key or certificate of Key Vault, or a file. A certificate gives the x509 form of its key.
 * @throws {TrustError} KEY_UNSUITABLE, KEY_NOT_FOUND, KEY_DISABLED, KEY_REFERENCE_INVALID (a secret),
 *   CREDENTIAL_MISSING, VAULT_FORBIDDEN, VAULT_UNREACHABLE, VAULT_FAILED, INTERRUPTED; errors of the
 *   sign-in as they are
 */
export async function openPublicKey(
  reference: KeyReference,
  options: OpenPublicKeyOptions = {},
): Promise<OpenedPublicKey> {
  const { credential } = options;
  const instead = 'the path of a file with the public key';
  switch (reference.kind) {
    case 'file':
      return ofFile(reference, options);
    case 'vault-key':
      return ofKey(reference, requireCredential(reference, credential, instead), options);
    case 'vault-certificate':
      return ofCertificate(reference, requireCredential(reference, credential, instead), options);
    case 'vault-secret':
      throw new TrustError(
        'KEY_REFERENCE_INVALID',
        `${formatKeyReference(reference)} is a secret, and a signer is added by its public key`,
        {
          remedy:
            'Give the Key Vault key or certificate.\n' +
            'Or give a file with the public half of what the secret holds, as `openssl pkey -in <file> -pubout` prints it.',
        },
      );
  }
}

async function ofFile(
  reference: FileKeyReference,
  { clock }: OpenPublicKeyOptions,
): Promise<OpenedPublicKey> {
  const bytes = await readKeyBytes(reference.path);
  const source = `The file ${reference.path}`;
  const file = readPublicKeyFile(bytes, { source, now: clock?.() ?? new Date() });
  return { ...file, reference, isNewest: false };
}

async function ofKey(
  reference: VaultKeyReference,
  credential: TokenCredential,
  options: OpenPublicKeyOptions,
): Promise<OpenedPublicKey> {
  const client = new KeyClient(reference.vaultUrl, credential, clientOptions(credential));
  const bundle = await getKey(client, { reference, action: 'get-public' }, options);
  const info = infoOf(bundle, reference, options);
  return {
    publicKey: info.publicKey,
    keyId: info.keyId,
    reference: info.reference,
    isNewest: reference.version === undefined,
    role: undefined,
  };
}

async function ofCertificate(
  reference: VaultCertificateReference,
  credential: TokenCredential,
  options: OpenPublicKeyOptions,
): Promise<OpenedPublicKey> {
  const found = await readCertificate(reference, credential, options, 'get-public');
  const source = formatKeyReference(reference);
  const now = options.clock?.() ?? new Date();
  return {
    ...publicKeyOfCertificate(found.der, { source, now }),
    reference: { ...reference, version: found.version },
    isNewest: reference.version === undefined,
    role: undefined,
  };
}
