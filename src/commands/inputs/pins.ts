/** The inputs that pin the root of a repository; opening a vault key comes later. */
import { createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { TrustError, messageOf } from '../../errors.js';
import type { Input, Inputs, NameInput } from '../../inputs/index.js';
import { parseNamePattern, type NamePattern } from '../../registry/index.js';
import {
  explain,
  formatPem,
  parseKeyReference,
  readCertificates,
  readKeyText,
  type VaultCertificateReference,
  type VaultKeyReference,
} from '../../signing/index.js';
import type { Pin } from '../../trust/index.js';
import type { Read } from './read.js';

export const trustPin = {
  type: 'list',
  group: 'trust',
  label: 'Pinned root',
  help: "What the repository's root must be: a root key ID, `sha256:` and the fingerprint of the root certificate, the path of a PEM file with the root's CA or public key, or the URL of the Key Vault root key. Any one of several suffices. The ID comes from the owner of the repository (`keys init` prints it), never from the trust server. Without it the record at the signing key counts; without both nothing is signed that others have signed, and the log says that the root is not pinned.",
  example: 'https://contoso-root.vault.azure.net/keys/root',
} as const satisfies Input;

export const pinInputs = { 'trust-pin': trustPin } as const satisfies Inputs;

/**
 * The pins that `trust-pin` names.
 * @param isNeeded whether the run opens them: then their files are looked at before anything.
 */
export function readPins(
  { values, workingDirectory, parse, check, nameInput }: Read<typeof pinInputs>,
  isNeeded = true,
): readonly PinReference[] {
  return values['trust-pin'].flatMap((text) => {
    const pin = parse('trust-pin', () => parsePin(text, workingDirectory));
    if (isNeeded && pin?.kind === 'ca-file') {
      check('trust-pin', () => readPinFile(pin.path, nameInput));
    }
    return pin ?? [];
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

/** The pin in a file. @throws {TrustError} INPUT_INVALID */
export async function readPinFile(file: string, nameInput: NameInput): Promise<Pin> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    throw new TrustError(
      'INPUT_INVALID',
      `The CA file ${file} cannot be read: ${messageOf(cause)}`,
      { remedy: `Correct ${nameInput('trust-pin')}.`, cause },
    );
  }
  return pinIn(bytes, file);
}

function spkiOf(
  { label, der }: { readonly label: string; readonly der: Buffer },
  file: string,
): Buffer {
  try {
    return createPublicKey(formatPem(label, der)).export({ type: 'spki', format: 'der' });
  } catch (cause) {
    throw new TrustError(
      'INPUT_INVALID',
      `The CA file ${file} cannot be used: its public key cannot be read`,
      { remedy: "Give the public key of the repository's root key in PEM.", cause },
    );
  }
}

/**
 * What a file pins: its certificates or, if it holds a public key instead, that key.
 * @throws {TrustError} INPUT_INVALID
 */
function pinIn(bytes: Buffer, file: string): Pin {
  const certificates = readCertificates(bytes);
  if (certificates.length > 0) {
    const pem = certificates.map((der) => formatPem('CERTIFICATE', der)).join('');
    return { kind: 'ca', pem };
  }
  const text = readKeyText(bytes);
  const key = text.blocks.find(({ label }) => label.endsWith('PUBLIC KEY'));
  if (key) return { kind: 'public-key', spki: spkiOf(key, file) };
  const { found, remedy } = explain(text, bytes, 'certificate');
  throw new TrustError('INPUT_INVALID', `The CA file ${file} cannot be used: it holds ${found}`, {
    remedy: remedy ?? 'Give a file with the certificate of the authority, in PEM or DER.',
  });
}

/** Something that roots can be held against, and whose. */
export interface ScopedPin<P = PinReference> {
  /** Undefined: of every repository that no other pin is for. */
  readonly pattern: NamePattern | undefined;
  readonly pin: P;
}

/**
 * Reads a pin with or without a pattern, such as `contoso.azurecr.io/*=` before the pin. What stands
 * before `=` is a pattern only if it begins with the name of a registry, so that paths with `=` stay
 * paths.
 * @throws {TrustError} INPUT_INVALID, KEY_REFERENCE_INVALID
 */
export function parseScopedPin(text: string, workingDirectory: string): ScopedPin {
  const match = /^([^=/\s]*[.:*][^=/\s]*\/[^=\s/][^=\s]*)=(.+)$/.exec(text);
  const [, pattern, pin] = match ?? [];
  return pattern === undefined || pin === undefined
    ? { pattern: undefined, pin: parsePin(text, workingDirectory) }
    : { pattern: parseNamePattern(pattern), pin: parsePin(pin.trim(), workingDirectory) };
}

/** The pins that the root of `gun` is held against: those for it, else those for all. */
export function pinsFor<P>(pins: readonly ScopedPin<P>[], gun: string): readonly P[] {
  const own = pins.filter(({ pattern }) => pattern?.matches(gun) === true);
  const general = pins.filter(({ pattern }) => pattern === undefined);
  return (own.length > 0 ? own : general).map(({ pin }) => pin);
}
