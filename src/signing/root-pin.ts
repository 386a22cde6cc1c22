/**
 * What the root of a repository is pinned to, as people write it: an ID, a fingerprint, the text of a
 * certificate or public key, a file with one, or a key in a vault. Nothing of a text or file ever
 * stands in a message, since it may hold a secret.
 */
import { createPublicKey } from 'node:crypto';
import { TrustError } from '../errors.js';
import { keyIdOf, preparePin, type KeyId, type Pin } from '../trust/index.js';
import {
  parseKeyReference,
  type VaultCertificateReference,
  type VaultKeyReference,
} from './key-reference.js';
import { explain, readCertificates, readKeyText } from './key-text.js';
import { readNamedFile } from './named-file.js';
import { formatPem, type PemBlock } from './pem.js';
import { toPublicKey } from './public-key.js';

/** A pin that needs no opening, or what opens as one. */
export type PinReference =
  | Pin
  | {
      readonly kind: 'file';
      readonly path: string;
      /** Reads and judges the file, once. @throws {TrustError} INPUT_INVALID */
      readonly read: () => Promise<Pin>;
    }
  | {
      readonly kind: 'vault-key';
      readonly reference: VaultKeyReference | VaultCertificateReference;
    };

/**
 * Reads one pin: 64 hex digits (a key ID), `sha256:` and 64 hex digits, with or without colons (a
 * certificate's fingerprint), a public key or certificates in PEM, a Key Vault key or certificate
 * URL, or the path of a file.
 * @param input how the host names the input, for the remedy.
 * @throws {TrustError} INPUT_INVALID, KEY_REFERENCE_INVALID
 */
export function parsePin(text: string, workingDirectory: string, input: string): PinReference {
  if (/^[0-9a-f]{64}$/i.test(text)) return { kind: 'key-id', keyId: text.toLowerCase() };
  if (text.includes('-----BEGIN')) return pinIn(text, 'the text');
  const fingerprint = fingerprintIn(text);
  if (fingerprint !== undefined) return { kind: 'certificate-sha256', fingerprint };
  const reference = parseKeyReference(text, workingDirectory);
  switch (reference.kind) {
    case 'file': {
      const file = reference.path;
      let pin: Promise<Pin> | undefined;
      return { kind: 'file', path: file, read: () => (pin ??= readPinFile(file, input)) };
    }
    case 'vault-secret':
      throw new TrustError('INPUT_INVALID', 'a Key Vault secret cannot be a pin', {
        remedy: 'Pin the Key Vault key or certificate whose private key is the root key.',
      });
    case 'vault-key':
    case 'vault-certificate':
      return { kind: 'vault-key', reference };
  }
}

/**
 * The fingerprint that `text` is, with its label or as OpenSSL prints it; undefined for a text that
 * looks like none.
 * @throws {TrustError} INPUT_INVALID for one of another length
 */
function fingerprintIn(text: string): string | undefined {
  const labelled = /^sha-?(?:1|256)(?:\s+fingerprint)?\s*[:=]\s*([^\s/\\]+)$/i.exec(text)?.[1];
  // Nobody names a file so.
  const digits = labelled ?? /^(?:0x)?([0-9a-f:]{32,})$/i.exec(text)?.[1];
  const hex = digits?.replaceAll(':', '').toLowerCase();
  if (hex === undefined || /^[0-9a-f]{64}$/.test(hex)) return hex;
  const found = /^[0-9a-f]+$/.test(hex) ? `it has ${hex.length}` : 'it has others';
  throw new TrustError('INPUT_INVALID', `the fingerprint does not have 64 hex digits: ${found}`, {
    remedy:
      (hex.length === 40 ? 'This is a SHA-1 thumbprint, which pins nothing.\n' : '') +
      'Give the SHA-256 fingerprint of the root certificate, as `openssl x509 -in <file> -noout -fingerprint -sha256` prints it, or the ID of the root key.',
  });
}

async function readPinFile(file: string, input: string): Promise<Pin> {
  const what = `The CA file ${file}`;
  return pinIn(await readNamedFile(file, what, input), what);
}

/** The certificates in a text or file or, if it holds a public key instead, the ID of that key. */
function pinIn(content: string | Buffer, source: string): Pin {
  const certificates = readCertificates(content);
  if (certificates.length > 0) {
    const pem = certificates.map((der) => formatPem('CERTIFICATE', der)).join('');
    const pin: Pin = { kind: 'ca', pem };
    preparePin(pin);
    return pin;
  }
  const text = readKeyText(content);
  const key = text.blocks.find(({ label }) => label.endsWith('PUBLIC KEY'));
  if (key) return { kind: 'key-id', keyId: keyIdIn(key, source) };
  const { found, remedy } = explain(text, content, 'certificate');
  const isPrivate = text.blocks.some(({ label }) => label.endsWith('PRIVATE KEY'));
  throw new TrustError('INPUT_INVALID', `${source} cannot be used: it holds ${found}`, {
    remedy:
      remedy ??
      (isPrivate
        ? 'Give the public half, which `openssl pkey -in <file> -pubout` prints, and consider a private key that was pasted exposed.'
        : "Give the certificate of the authority, in PEM or DER, or the public key of the repository's root key."),
  });
}

function keyIdIn({ label, der }: PemBlock, source: string): KeyId {
  try {
    return keyIdOf(toPublicKey(createPublicKey(formatPem(label, der))));
  } catch (cause) {
    throw new TrustError(
      'INPUT_INVALID',
      `${source} cannot be used: its public key cannot be read`,
      { remedy: "Give the public key of the repository's root key in PEM.", cause },
    );
  }
}
