/**
 * The certificate of a service principal, checked before any request. The Azure SDK takes PEM with
 * an RSA key only and reports everything else as a failure of its own internals.
 */
import { X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import { codeOf, TrustError, isTrustError } from '../errors.js';
import { limits } from '../limits.js';
import type { Clock, Secrets } from '../ports.js';
import { readBounded } from '../read-file.js';
import {
  explain,
  fromPkcs12,
  isDecryptionError,
  isPrivateKeyBlock,
  openBlock,
  openPkcs12,
  readKeyText,
  type PemBlock,
} from '../signing/index.js';
import type { CertificateIdentity } from './identity.js';

/**
 * Reads and checks the certificate of `identity` and returns it as unencrypted PEM: the key, its
 * certificate, then the rest of the chain.
 * @throws {TrustError} CREDENTIAL_INVALID
 */
export async function loadCertificate(
  identity: CertificateIdentity,
  secrets: Pick<Secrets, 'mask'>,
  clock: Clock,
): Promise<string> {
  const blocks = await readBlocks(identity);
  const certificates = blocks
    .filter(({ label }) => label.endsWith('CERTIFICATE'))
    .map(({ der }) => parseCertificate(der));
  if (certificates.length === 0) {
    throw invalid('has no certificate', 'Add the certificate to the PEM, next to its private key.');
  }
  const key = readKey(blocks, identity.password);
  const own = certificates.find((certificate) => certificate.checkPrivateKey(key));
  if (own === undefined) {
    throw invalid(
      'does not match the private key beside it',
      'Put the certificate and the private key it was made for into one PEM.',
    );
  }
  if (new Date(own.validTo) < clock()) {
    throw invalid(
      `expired on ${new Date(own.validTo).toISOString()}`,
      'Make a new certificate and add it to the app registration.',
    );
  }
  const keyPem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  secrets.mask(keyPem);
  const chain = [own, ...certificates.filter((certificate) => certificate !== own)];
  return [keyPem, ...chain.map(String)].join('\n');
}

/** What the input holds, or the file that it names. */
async function readBlocks({
  certificate,
  password,
}: CertificateIdentity): Promise<readonly PemBlock[]> {
  const inline = readKeyText(certificate);
  const isInline =
    inline.blocks.length > 0 || !['nothing known', 'URL'].includes(inline.unreadable ?? '');
  const content = isInline ? certificate : await readBytes(certificate);
  const text = isInline ? inline : readKeyText(content);
  if (text.blocks.length > 0) return text.blocks;
  if (text.unreadable === 'PKCS#12' && text.der) return openPfx(text.der, password);
  const { found, remedy } = explain(text, content, 'certificate');
  throw invalid(
    `is ${found}`,
    remedy ?? `Give the certificate with its private key, in PEM or PKCS#12 (.pfx).`,
  );
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    const bytes = await readBounded(file, limits.trustFileBytes);
    if (bytes) return bytes;
  } catch (error) {
    // What is no certificate may be a secret pasted in the wrong form, so it is never repeated; no
    // cause either: the text of a file system error repeats the path.
    throw invalid(
      `is neither PEM nor the path of a readable file (${codeOf(error) || 'unknown'})`,
      givePath,
    );
  }
  throw invalid('is in a file that is far too large', givePath);
}

const givePath =
  'Give the path of a PEM or PKCS#12 (.pfx) file, or the text of one (of PKCS#12 in base64).';

function openPfx(der: Buffer, password: string | undefined): readonly PemBlock[] {
  try {
    return openPkcs12(der, password ?? '');
  } catch (cause) {
    if (isDecryptionError(cause)) {
      throw invalid(
        password === undefined
          ? 'is encrypted, but no password was given'
          : 'cannot be decrypted with the password',
        password === undefined
          ? 'Give the password as `client-certificate-password`.'
          : 'Check client-certificate-password.',
        cause,
      );
    }
    throw invalid(
      'is a PKCS#12 file that is damaged or uses an unsupported encryption',
      fromPkcs12,
      cause,
    );
  }
}

function parseCertificate(der: Buffer): X509Certificate {
  try {
    return new X509Certificate(der);
  } catch (cause) {
    throw invalid('cannot be parsed', 'Check that it is complete, line breaks included.', cause);
  }
}

function readKey(blocks: readonly PemBlock[], password: string | undefined): KeyObject {
  const block = blocks.find(isPrivateKeyBlock);
  if (block === undefined) {
    throw invalid('has no private key', 'Add the private key to the PEM, or give the .pfx file.');
  }
  const key = openKey(block, password);
  if (key.asymmetricKeyType !== 'rsa') {
    throw invalid(
      `has a key of type ${key.asymmetricKeyType ?? 'unknown'}; Entra ID accepts RSA only`,
      'Make a certificate with an RSA key and add it to the app registration.',
    );
  }
  return key;
}

function openKey(block: PemBlock, passphrase: string | undefined): KeyObject {
  const passphraseInput = 'client-certificate-password';
  try {
    return openBlock(block, { source: 'the client certificate', passphrase, passphraseInput });
  } catch (cause) {
    if (isTrustError(cause, 'KEY_PASSPHRASE_MISSING')) {
      const what = 'has an encrypted private key, but no password was given';
      throw invalid(what, `Give the password as ${passphraseInput}.`);
    }
    if (isTrustError(cause, 'KEY_PASSPHRASE_WRONG')) {
      throw invalid(
        'has a private key that the password does not decrypt',
        `Check ${passphraseInput}.`,
        cause,
      );
    }
    if (!isTrustError(cause)) throw cause;
    throw invalid('has a private key that cannot be parsed', cause.remedy, cause);
  }
}

function invalid(what: string, remedy: string, cause?: unknown): TrustError {
  return new TrustError('CREDENTIAL_INVALID', `The client certificate ${what}`, {
    remedy,
    cause,
  });
}
