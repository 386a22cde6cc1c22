/**
 * Reads a file with the public half of another user's key, as it is handed over to be listed for a
 * signer: what OpenSSL, Azure and `docker trust key generate` write. Private keys are refused, since
 * whoever adds a signer has no business with them. Nothing of a file ever enters an error.
 */
import { createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';

import { TrustError } from '../errors.js';
import {
  canonicalKeyIdOf,
  delegationCertificateFlaw,
  publicKeyFromCertificates,
  type KeyId,
  type PublicKey,
} from '../trust/metadata/index.js';
import { explain, readKeyText } from './key-text.js';
import type { PemBlock } from './pem.js';
import { describeKey, neededKey, rawKeyTypeOf, toPublicKey } from './public-key.js';

/** A public key that a role can list. */
export interface SignerPublicKey {
  /** Raw, or the x509 form of the leaf certificate. */
  readonly publicKey: PublicKey;
  /** Canonical: that of the raw key. */
  readonly keyId: KeyId;
}

/** What a file holds. */
export interface PublicKeyFile extends SignerPublicKey {
  /** The signer that Docker made the key for, where the file says so. */
  readonly role: string | undefined;
}

/** Where the bytes came from, and when it is. */
interface PublicKeyContext {
  /** For messages, such as `the file ci.pub`. */
  readonly source: string;
  readonly now: Date;
}

const publicLabels: readonly string[] = ['PUBLIC KEY', 'RSA PUBLIC KEY', 'CERTIFICATE'];

/**
 * Reads a public key or a certificate, in any form that key-text.ts reads. Of a chain of certificates, leaf first, the leaf
 * is taken, as Notary takes it: nobody looks at the others (tuf/utils/x509.go ParsePEMPublicKey).
 * @throws {TrustError} KEY_UNSUITABLE
 */
export function readPublicKeyFile(bytes: Buffer, context: PublicKeyContext): PublicKeyFile {
  const text = readKeyText(bytes);
  const { blocks } = text;
  refusePrivate(blocks, context);
  const usable = blocks.filter(({ label }) => publicLabels.includes(label));
  const [first, ...others] = usable;
  if (first === undefined) {
    const { found, remedy } = explain(text, bytes, 'public key');
    throw unsuitable(context, `it holds ${found}`, remedy ?? giveRemedy);
  }
  const role = first.headers.role;
  if (first.label === 'CERTIFICATE' && others.every(({ label }) => label === 'CERTIFICATE')) {
    const chain = usable.map(({ der }) => certificateOf(der, context));
    return { ...readCertificates(chain, context), role };
  }
  if (others.length > 0) {
    const what = `it holds ${usable.length} keys and certificates, so it is unclear which one is meant`;
    throw unsuitable(context, what, 'Give each key of the signer in a file of its own.');
  }
  const key = publicKeyIn(first);
  if (key === undefined) {
    throw unsuitable(context, `its block "${first.label}" is damaged`, giveRemedy);
  }
  return { ...fit(key, toPublicKey, context), role };
}

/**
 * The x509 form of a leaf certificate.
 * @throws {TrustError} KEY_UNSUITABLE for what Notary would not add: expired, signed with SHA-1, with
 *   a key that is too short or of a kind it cannot use
 */
export function publicKeyOfCertificate(
  der: Uint8Array,
  context: PublicKeyContext,
): SignerPublicKey {
  return readCertificates([certificateOf(der, context)], context);
}

function readCertificates(
  [leaf, ...others]: readonly X509Certificate[],
  context: PublicKeyContext,
): SignerPublicKey {
  if (leaf === undefined) throw new TypeError('there is no certificate');
  if (others.some((other) => other.checkIssued(leaf))) {
    throw unsuitable(
      context,
      'its first certificate has issued another one in it, so it is not the leaf',
      'Give the chain with the leaf first, or the leaf alone.',
    );
  }
  const made = fit(leaf.publicKey, () => publicKeyFromCertificates([leaf.raw]), context);
  const flaw = delegationCertificateFlaw(made.publicKey, context.now);
  if (flaw === undefined) return made;
  throw unsuitable(
    context,
    `its certificate cannot be used: ${flaw}`,
    'Have the signer renew the certificate. A bare public key works as well and never expires.',
  );
}

function fit(
  key: KeyObject,
  form: (key: KeyObject) => PublicKey,
  context: PublicKeyContext,
): SignerPublicKey {
  const type = rawKeyTypeOf(key);
  // Notary has no x509 form for Ed25519 (tuf/utils/x509.go CertToKey).
  if (type === undefined) {
    throw unsuitable(context, `it is ${describeKey(key)}`, `A signer needs ${neededKey}.`);
  }
  try {
    const publicKey = form(key);
    return { publicKey, keyId: canonicalKeyIdOf(publicKey) };
  } catch (cause) {
    const what = `a certificate cannot hold ${describeKey(key)} here`;
    throw unsuitable(context, what, 'Give the public key itself.', cause);
  }
}

function readX509(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    // Node throws plain errors for bytes that are no certificate; the caller says what that means.
    return undefined;
  }
}

function certificateOf(der: Uint8Array, context: PublicKeyContext): X509Certificate {
  const found = readX509(der);
  if (found) return found;
  throw unsuitable(context, 'its certificate cannot be read', giveRemedy);
}

function publicKeyIn({ label, der }: PemBlock): KeyObject | undefined {
  try {
    const type = label === 'RSA PUBLIC KEY' ? 'pkcs1' : 'spki';
    return createPublicKey({ key: der, format: 'der', type });
  } catch {
    // As above.
    return undefined;
  }
}

function refusePrivate(blocks: readonly PemBlock[], context: PublicKeyContext): void {
  if (!blocks.some(({ label }) => label.endsWith('PRIVATE KEY'))) return;
  throw unsuitable(
    context,
    'it holds a private key, and a signer is added by the public half alone',
    'Give the public half, which `openssl pkey -in <file> -pubout` prints.\n' +
      'If the owner of this private key handed it over, consider it exposed: have the signer make a new one and hand over its public half.',
  );
}

const giveRemedy =
  'Give a public key in PEM ("BEGIN PUBLIC KEY", or the .pub file of "docker trust key generate") or ' +
  `a certificate, of ${neededKey}.`;

function unsuitable(
  { source }: PublicKeyContext,
  why: string,
  remedy: string,
  cause?: unknown,
): TrustError {
  return new TrustError('KEY_UNSUITABLE', `${source} cannot be a signer's key: ${why}`, {
    remedy,
    cause,
  });
}
