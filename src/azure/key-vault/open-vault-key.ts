/**
 * Opens a key that stays in the vault: resolves its version once, judges it, and gives a signer
 * bound to that version. A rotation during the run therefore changes nothing in the run.
 */
import type { TokenCredential } from '@azure/core-auth';
import { KeyClient } from '@azure/keyvault-keys';

import type { VaultCertificateReference, VaultKeyReference } from '../../signing/index.js';
import { encodeCertificates, keyIdOf } from '../../trust/metadata/index.js';
import type { Signer } from '../../trust/signer.js';
import { callVault, type VaultOptions } from './call.js';
import { clientOptions } from './pipeline.js';
import { validateKey } from './key-material.js';
import { recordedRoots } from './root-record.js';
import { readCertificate } from './read-certificate.js';
import { failed } from './error-mapping.js';
import { createVaultSigner } from './vault-signer.js';

/** A signer whose private key is in Key Vault. */
interface VaultKey extends Signer {
  /** The full key identifier, with the version this signer is bound to. */
  readonly kid: string;
  /** The leaf certificate in PEM as Go prints it; undefined for a reference to a bare key. */
  readonly certificatePem: string | undefined;
  /** When the vault stops signing with it; undefined for never. */
  readonly expires: Date | undefined;
}

/**
 * Opens a key or a certificate of Key Vault or Managed HSM for signing. Signs nothing yet.
 * @throws {TrustError} KEY_NOT_FOUND, KEY_UNSUITABLE, KEY_DISABLED, VAULT_FORBIDDEN,
 *   VAULT_UNREACHABLE, VAULT_FAILED, INTERRUPTED; errors of the sign-in as they are
 */
export async function openVaultKey(
  reference: VaultKeyReference | VaultCertificateReference,
  credential: TokenCredential,
  options: VaultOptions = {},
): Promise<VaultKey> {
  const certificate =
    reference.kind === 'vault-certificate'
      ? await readCertificate(reference, credential, options)
      : undefined;
  const { name, version } = certificate?.key ?? reference;
  const keys = new KeyClient(reference.vaultUrl, credential, clientOptions(credential));
  const bundle = await callVault({ reference, action: 'get' }, options, (call) =>
    keys.getKey(name, { ...call, ...(version === undefined ? {} : { version }) }),
  );
  const material = validateKey(bundle, reference, now(options));
  if (certificate !== undefined && certificate.keyId !== keyIdOf(material.publicKey)) {
    throw failed(
      { reference, action: 'get' },
      'the certificate and its key do not belong together',
    );
  }
  const signer = createVaultSigner(bundle, material, reference, credential, options);
  const certificatePem = certificate && encodeCertificates([certificate.der]);
  const tags = certificate?.tags ?? bundle.properties.tags ?? {};
  return {
    ...signer,
    kid: material.kid,
    certificatePem,
    expires: bundle.properties.expiresOn,
    recordedRoots: recordedRoots(tags, reference),
  };
}

function now({ clock }: VaultOptions): Date {
  return clock === undefined ? new Date() : clock();
}
