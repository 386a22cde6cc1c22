/** PEM certificates in exactly the layout of Go's encoder (encoding/pem), which key IDs depend on. */
import { limits } from '../../limits.js';
import { MetadataError } from './error.js';

const block = /-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=\n]*?)-----END CERTIFICATE-----\n/g;

/** Prints DER certificates as Go does: 64 columns, `\n`, final newline. */
export function encodeCertificates(certificates: readonly Uint8Array[]): string {
  return certificates
    .map((der) => {
      const lines =
        Buffer.from(der)
          .toString('base64')
          .match(/.{1,64}/g) ?? [];
      return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
    })
    .join('');
}

/**
 * The DER certificates in `pem`. @throws {MetadataError} unless the text is what Go would print for
 * them: Go recomputes the key ID from the parsed certificates, so CRLF, headers or text around them
 * make the root unusable.
 */
export function decodeCertificates(pem: string): readonly [Buffer, ...Buffer[]] {
  const found = [...pem.matchAll(block)].map((match) => Buffer.from(match[1] ?? '', 'base64'));
  if (found.length > limits.certificatesPerKey) {
    throw new MetadataError(`a key comes with more than ${limits.certificatesPerKey} certificates`);
  }
  const [first, ...rest] = found;
  if (first === undefined || encodeCertificates(found) !== pem) {
    throw new MetadataError('the certificate is not PEM in the layout Go prints');
  }
  return [first, ...rest];
}
