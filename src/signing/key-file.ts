/**
 * Opens the text of a private key file: what Docker and notary keep in `<trust>/private`, what
 * they read besides (theupdateframework/notary tuf/utils/pkcs8.go, x509.go), and what OpenSSL and
 * Node write. Nothing of the text or the passphrase ever enters an error.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';

import { PrivateKeyInfo } from '@peculiar/asn1-pkcs8';
import { AsnConvert } from '@peculiar/asn1-schema';

import { codeOf, TrustError } from '../errors.js';
import { fromNotaryEd25519, notaryEd25519 } from './notary-ed25519.js';
import { DecryptionError, UnsupportedEncryptionError, decryptPkcs8 } from './pbes2.js';
import { explain, fromOldEncryption, fromPkcs12, readKeyText } from './key-text.js';
import { formatPem, type PemBlock } from './pem.js';
import { openPkcs12 } from './pkcs12.js';
import { describeKey, neededKey, rawKeyTypeOf } from './public-key.js';

/** Where the text came from and what opens it. */
export interface KeyFileContext {
  /** For messages, such as `secret "app-key" in contoso.vault.azure.net`. */
  readonly source: string;
  readonly passphrase: string | undefined;
  /** The input that holds the passphrase, such as `signing-key-passphrase`. */
  readonly passphraseInput: string;
}

export interface KeyFile {
  /** Suitable for Notary v1: ECDSA P-256, RSA of 2048 bits or more, or Ed25519. */
  readonly privateKey: KeyObject;
  /** `root`, `targets`, `snapshot`, a signer's name or `delegation`; from the file's headers. */
  readonly role: string | undefined;
  readonly gun: string | undefined;
}

/** What a key file says of itself to anybody. */
interface KeyFileHeaders extends Pick<KeyFile, 'role' | 'gun'> {
  /** Where notary kept it, in what its `key export` wrote; with slashes. */
  readonly path: string | undefined;
  /** Whether it takes a passphrase to open. */
  readonly isEncrypted: boolean;
}

const privateLabels: readonly string[] = [
  'ENCRYPTED PRIVATE KEY',
  'PRIVATE KEY',
  'EC PRIVATE KEY',
  'RSA PRIVATE KEY',
];

/** Whether a block holds a private key that can be read here. */
export function isPrivateKeyBlock({ label }: PemBlock): boolean {
  return privateLabels.includes(label);
}

/**
 * Reads the private key in a text or the bytes of a file, in any form that key-text.ts reads, PKCS#12
 * included. Certificates beside the key, as in the secret of an exportable Key Vault certificate, are
 * passed over.
 * @throws {TrustError} KEY_UNSUITABLE, KEY_PASSPHRASE_MISSING, KEY_PASSPHRASE_WRONG
 */
export function readKeyFile(content: string | Uint8Array, context: KeyFileContext): KeyFile {
  const block = privateBlock(content, context, context);
  const privateKey = openBlock(block, context);
  if (rawKeyTypeOf(privateKey) === undefined) {
    throw unsuitable(context, describeKey(privateKey), `Use ${neededKey}.`);
  }
  return { privateKey, role: block.headers.role, gun: block.headers.gun };
}

/**
 * Looks at the same texts as {@link readKeyFile} without opening the key.
 * @throws {TrustError} KEY_UNSUITABLE when there is no private key, or more than one
 */
export function peekKeyFile(content: string | Uint8Array, source: string): KeyFileHeaders {
  const { label, headers } = privateBlock(content, { source });
  return {
    role: headers.role,
    gun: headers.gun,
    path: headers.path?.replaceAll('\\', '/'),
    isEncrypted: label === 'ENCRYPTED PRIVATE KEY' || headers['dek-info'] !== undefined,
  };
}

/** The block of the one private key; PKCS#12 is opened with `opening`, and else told by its label. */
function privateBlock(
  content: string | Uint8Array,
  context: Pick<KeyFileContext, 'source'>,
  opening?: KeyFileContext,
): PemBlock {
  const text = readKeyText(content);
  const blocks =
    text.unreadable === 'PKCS#12' && text.der
      ? pkcs12Blocks(text.der, context, opening)
      : text.blocks;
  const found = blocks.filter(isPrivateKeyBlock);
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  const remedy = `Give the private key in PEM, or a Docker or notary ".key" file: ${neededKey}.`;
  if (found.length > 1) {
    throw unsuitable(
      context,
      `${found.length} private keys, so it is unclear which one to use`,
      remedy,
    );
  }
  const labels = blocks.map(({ label }) => label);
  if (labels.includes('OPENSSH PRIVATE KEY') || blocks.length === 0) {
    const explanation = explain(text, content, 'private key in PEM');
    throw unsuitable(context, explanation.found, explanation.remedy ?? remedy);
  }
  if (labels.some((label) => label.endsWith('PUBLIC KEY'))) {
    throw unsuitable(context, 'a public key, which cannot sign', remedy);
  }
  if (labels.includes('CERTIFICATE')) {
    throw unsuitable(context, 'a certificate without its private key', remedy);
  }
  throw unsuitable(context, explain(text, content, 'private key').found, remedy);
}

function pkcs12Blocks(
  der: Buffer,
  context: Pick<KeyFileContext, 'source'>,
  opening: KeyFileContext | undefined,
): readonly PemBlock[] {
  try {
    return openPkcs12(der, opening?.passphrase ?? '');
  } catch (cause) {
    if (cause instanceof UnsupportedEncryptionError) {
      throw unsuitable(
        context,
        'a PKCS#12 file that is damaged or uses an unsupported encryption',
        fromPkcs12,
        cause,
      );
    }
    if (!(cause instanceof DecryptionError)) throw cause;
    // Whoever only looks need not open it.
    if (!opening) return [{ label: 'ENCRYPTED PRIVATE KEY', headers: {}, der }];
    requirePassphrase(opening);
    throw wrongPassphrase(opening, cause);
  }
}

/**
 * The key in a block, fit to sign or not.
 * @throws {TrustError} KEY_UNSUITABLE, KEY_PASSPHRASE_MISSING, KEY_PASSPHRASE_WRONG
 */
export function openBlock(block: PemBlock, context: KeyFileContext): KeyObject {
  if (block.label === 'ENCRYPTED PRIVATE KEY') return openEncrypted(block, context);
  if (block.headers['dek-info'] !== undefined) return openLegacy(block, context);
  const key = openPlain(block);
  if (key !== undefined) return key;
  throw unsuitable(context, `a damaged "${block.label}" block`, `Use ${neededKey}.`);
}

function openEncrypted(block: PemBlock, context: KeyFileContext): KeyObject {
  const passphrase = requirePassphrase(context);
  try {
    const key = openPlain({
      ...block,
      label: 'PRIVATE KEY',
      der: decryptPkcs8(block.der, passphrase),
    });
    if (key !== undefined) return key;
  } catch (cause) {
    if (cause instanceof UnsupportedEncryptionError) {
      throw unsuitable(context, 'a key with an unsupported encryption', fromOldEncryption, cause);
    }
    if (!(cause instanceof DecryptionError)) throw cause;
    throw wrongPassphrase(context, cause);
  }
  // One wrong passphrase in 256 passes the padding check and leaves garbage.
  throw wrongPassphrase(context);
}

/** OpenSSL's old encryption, RFC 1421 headers: the only scheme we leave to Node whole. */
function openLegacy(block: PemBlock, context: KeyFileContext): KeyObject {
  const passphrase = requirePassphrase(context);
  const pem = formatPem(block.label, block.der).replace(
    '-----\n',
    `-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: ${block.headers['dek-info'] ?? ''}\n\n`,
  );
  try {
    return createPrivateKey({ key: pem, passphrase });
  } catch (cause) {
    if (codeOf(cause).includes('UNSUPPORTED')) {
      throw unsuitable(context, 'a key with an unsupported encryption', fromOldEncryption, cause);
    }
    throw wrongPassphrase(context, cause);
  }
}

/** The key in an unencrypted block; undefined when the bytes are no key. */
function openPlain({ label, der }: PemBlock): KeyObject | undefined {
  try {
    if (label !== 'PRIVATE KEY') {
      const type = label === 'RSA PRIVATE KEY' ? 'pkcs1' : 'sec1';
      return createPrivateKey({ key: der, format: 'der', type });
    }
    return openPkcs8(der);
  } catch {
    // Both parsers throw plain errors for bytes that are no key; the caller says what that means.
    return undefined;
  }
}

function openPkcs8(der: Buffer): KeyObject | undefined {
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  } catch (cause) {
    const { privateKeyAlgorithm, privateKey } = AsnConvert.parse(der, PrivateKeyInfo);
    if (privateKeyAlgorithm.algorithm !== notaryEd25519) throw cause;
    return fromNotaryEd25519(Buffer.from(privateKey.buffer));
  }
}

function requirePassphrase({ source, passphrase, passphraseInput }: KeyFileContext): string {
  if (passphrase !== undefined && passphrase !== '') return passphrase;
  throw new TrustError('KEY_PASSPHRASE_MISSING', `The private key in ${source} is encrypted`, {
    remedy: `Give its passphrase in the input "${passphraseInput}".`,
  });
}

function wrongPassphrase({ source, passphraseInput }: KeyFileContext, cause?: unknown): TrustError {
  return new TrustError(
    'KEY_PASSPHRASE_WRONG',
    `The passphrase does not decrypt the private key in ${source}`,
    {
      remedy:
        `Correct the input "${passphraseInput}". Docker keeps two passphrases: one for the root ` +
        'key, one for repository and delegation keys.',
      cause,
    },
  );
}

function unsuitable(
  { source }: Pick<KeyFileContext, 'source'>,
  found: string,
  remedy: string,
  cause?: unknown,
): TrustError {
  return new TrustError('KEY_UNSUITABLE', `No usable signing key in ${source}: it holds ${found}`, {
    remedy,
    cause,
  });
}
