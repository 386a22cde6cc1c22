/**
 * Opens a key that stays in the vault: resolves its version once, judges it, and gives a signer
 * bound to that version. A rotation during the run therefore changes nothing in the run.
 */
import { X509Certificate } from 'node:crypto';

import type { TokenCredential } from '@azure/core-auth';
import { CertificateClient } from '@azure/keyvault-certificates';
import { KeyClient } from '@azure/keyvault-keys';

import type { VaultCertificateReference, VaultKeyReference } from '../../signing/index.js';
import { encodeCertificates, keyIdOf, publicKeyFromSpki } from '../../trust/metadata/index.js';
import type { Signer } from '../../trust/signer.js';
import { callVault, type VaultOptions } from './call.js';
import { clientOptions } from './pipeline.js';
import { assertInForce, judgeKey } from './key-material.js';
import { failed } from './refusals.js';
import { createVaultSigner } from './vault-signer.js';

/** A signer whose private key is in Key Vault. */
export interface VaultKey extends Signer {
  /** The full key identifier, with the version this signer is bound to. */
  readonly kid: string;
  /** The leaf certificate in PEM as Go prints it; undefined for a reference to a bare key. */
  readonly certificatePem: string | undefined;
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
  const { name, version } = certificate ?? reference;
  const keys = new KeyClient(reference.vaultUrl, credential, clientOptions());
  const bundle = await callVault({ reference, action: 'get' }, options, (call) =>
    keys.getKey(name, { ...call, ...(version === undefined ? {} : { version }) }),
  );
  const material = judgeKey(bundle, reference, now(options));
  if (certificate !== undefined && certificate.keyId !== keyIdOf(material.publicKey)) {
    throw failed(
      { reference, action: 'get' },
      'the certificate and its key do not belong together',
    );
  }
  const signer = createVaultSigner(bundle, material, reference, credential, options);
  return { ...signer, kid: material.kid, certificatePem: certificate?.pem };
}

/** A certificate and where its key is: the key of the same name, at the version it names. */
async function readCertificate(
  reference: VaultCertificateReference,
  credential: TokenCredential,
  options: VaultOptions,
): Promise<{ name: string; version: string; keyId: string; pem: string }> {
  const client = new CertificateClient(reference.vaultUrl, credential, clientOptions());
  const { name, version } = reference;
  const operation = { reference, action: 'get' } as const;
  const found = await callVault(operation, options, (call) =>
    version === undefined
      ? client.getCertificate(name, call)
      : client.getCertificateVersion(name, version, call),
  );
  assertInForce(found.properties, reference, now(options));
  const kid = /\/keys\/([0-9a-zA-Z-]+)\/([0-9a-f]{32})$/i.exec(found.keyId ?? '');
  if (found.cer === undefined || kid?.[1] === undefined || kid[2] === undefined) {
    throw failed(operation, 'its answer holds no certificate with a key');
  }
  let spki: Buffer;
  try {
    spki = new X509Certificate(found.cer).publicKey.export({ format: 'der', type: 'spki' });
  } catch (cause) {
    throw failed(operation, 'its certificate cannot be read', cause);
  }
  return {
    name: kid[1],
    version: kid[2],
    keyId: keyIdOf(publicKeyFromSpki(spki)),
    pem: encodeCertificates([found.cer]),
  };
}

function now({ clock }: VaultOptions): Date {
  return clock === undefined ? new Date() : clock();
}
