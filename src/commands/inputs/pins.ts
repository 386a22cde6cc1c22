/** The inputs that pin the root of a repository; opening a CA file or a vault key comes later. */
import path from 'node:path';
import { TrustError } from '../../errors.js';
import type { Input, Inputs } from '../../inputs/index.js';
import {
  parseKeyReference,
  type VaultCertificateReference,
  type VaultKeyReference,
} from '../../signing/index.js';
import type { Read } from './read.js';

export const trustPin = {
  type: 'list',
  group: 'trust',
  label: 'Pinned root',
  help: "What the repository's root must be: a root key ID, `sha256:` and the fingerprint of the root certificate, the path of a PEM file with the root's CA or public key, or the URL of the Key Vault root key. Any one of several suffices. The ID comes from the owner of the repository (`keys init` prints it), never from the trust server. Without it the record at the signing key counts; without both nothing is signed that others have signed, and the log says that the root is not pinned.",
  example: 'https://contoso-root.vault.azure.net/keys/root',
} as const satisfies Input;

export const pinInputs = { 'trust-pin': trustPin } as const satisfies Inputs;

/** The pins that `trust-pin` names. */
export function readPins({
  values,
  workingDirectory,
  parse,
}: Read<typeof pinInputs>): readonly PinReference[] {
  return values['trust-pin'].flatMap((text) => {
    const pin = parse('trust-pin', () => parsePin(text, workingDirectory));
    return pin ? [pin] : [];
  });
}

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
