/** The form in which roles list a key. */
import {
  decodeCertificates,
  isDelegation,
  type Gun,
  type PublicKey,
  type RoleName,
} from '../trust/metadata/index.js';
import type { Signer } from '../trust/signer.js';
import { publicKeyOfCertificate } from './public-key-file.js';
import { createRootCertificate } from './root-certificate.js';

/** A key that can sign, and where it is. */
interface SigningKey {
  readonly signer: Signer;
  /** For messages. */
  readonly url: string;
  /** PEM of the certificate, where one was named. */
  readonly certificatePem: string | undefined;
}

/**
 * The key as the role of one repository is to list it: root keys in a certificate for that repository,
 * a delegation's in the certificate that was named, others bare.
 * @throws {TrustError} KEY_UNSUITABLE
 */
export async function listedForm(
  { signer, url, certificatePem }: SigningKey,
  role: RoleName,
  gun: Gun,
  now: Date,
): Promise<PublicKey> {
  if (role === 'root') return createRootCertificate(gun, signer, now);
  if (certificatePem === undefined || !isDelegation(role)) return signer.publicKey;
  const [der] = decodeCertificates(certificatePem);
  return publicKeyOfCertificate(der, { source: url, now }).publicKey;
}
