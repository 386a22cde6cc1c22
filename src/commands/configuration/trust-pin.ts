/** What the text of a `trust-pin` means; opening a CA file or a vault key comes later. */
import path from 'node:path';
import { TrustError } from '../../errors.js';
import {
  parseKeyReference,
  type VaultCertificateReference,
  type VaultKeyReference,
} from '../../signing/index.js';

/** Something a repository's root can be held against. */
export type PinReference =
  | { readonly kind: 'key-id'; readonly keyId: string }
  | { readonly kind: 'certificate-sha256'; readonly fingerprint: string }
  | { readonly kind: 'ca-file'; readonly path: string }
  | {
      readonly kind: 'vault-key';
      readonly reference: VaultKeyReference | VaultCertificateReference;
    };

/**
 * Reads one pin: 64 hex digits (a key ID), `sha256:` and 64 hex digits, with or without colons (a
 * certificate's fingerprint), a Key Vault key or certificate URL, or the path of a CA file.
 * @throws {TrustError} INPUT_INVALID, KEY_REFERENCE_INVALID
 */
export function parsePin(text: string, workingDirectory: string): PinReference {
  if (/^[0-9a-f]{64}$/i.test(text)) return { kind: 'key-id', keyId: text.toLowerCase() };
  const fingerprint = /^sha256:([0-9a-f:]+)$/i.exec(text)?.[1]?.replaceAll(':', '').toLowerCase();
  if (fingerprint !== undefined) {
    if (fingerprint.length !== 64) {
      throw new TrustError('INPUT_INVALID', 'the fingerprint does not have 64 hex digits', {
        remedy:
          'Give the SHA-256 fingerprint of the root certificate, as `openssl x509 -in <file> -noout -fingerprint -sha256` prints it.',
      });
    }
    return { kind: 'certificate-sha256', fingerprint };
  }
  const reference = parseKeyReference(text);
  switch (reference.kind) {
    case 'file':
      return { kind: 'ca-file', path: path.resolve(workingDirectory, reference.path) };
    case 'vault-secret':
      throw new TrustError('INPUT_INVALID', 'a Key Vault secret cannot be a pin', {
        remedy: 'Pin the Key Vault key or certificate whose private key is the root key.',
      });
    case 'vault-key':
    case 'vault-certificate':
      return { kind: 'vault-key', reference };
  }
}
