/**
 * Opens the text of a private key file: what Docker and notary keep in `<trust>/private`, what
 * they read besides (theupdateframework/notary tuf/utils/pkcs8.go, x509.go), and what OpenSSL and
 * Node write. Nothing of the text or the passphrase ever enters an error.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';

import { PrivateKeyInfo } from '@peculiar/asn1-pkcs8';
import { AsnConvert } from '@peculiar/asn1-schema';

import { TrustError } from '../errors.js';
import { fromNotaryEd25519, notaryEd25519 } from './notary-ed25519.js';
import { DecryptionError, UnsupportedEncryptionError, decryptPkcs8 } from './pbes2.js';
import { formatPem, parsePem, type PemBlock } from './pem.js';
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
export interface KeyFileHeaders extends Pick<KeyFile, 'role' | 'gun'> {
  /** Whether it takes a passphrase to open. */
  readonly isEncrypted: boolean;
}

const privateLabels: readonly string[] = [
  'ENCRYPTED PRIVATE KEY',
  'PRIVATE KEY',
  'EC PRIVATE KEY',
  'RSA PRIVATE KEY',
];

/**
 * Reads a PEM or Docker `.key` text, or the base64 of one. Certificates beside the key, as in the
 * secret of an exportable Key Vault certificate, are passed over.
 * @throws {TrustError} KEY_UNSUITABLE, KEY_PASSPHRASE_MISSING, KEY_PASSPHRASE_WRONG
 */
export function readKeyFile(text: string, context: KeyFileContext): KeyFile {
  const block = privateBlock(text, context);
  const privateKey = open(block, context);
  if (rawKeyTypeOf(privateKey) === undefined) {
    throw unsuitable(context, describeKey(privateKey), `Use ${neededKey}.`);
  }
  return { privateKey, role: block.headers.role, gun: block.headers.gun };
}

/**
 * Looks at the same texts as {@link readKeyFile} without opening the key.
 * @throws {TrustError} KEY_UNSUITABLE when there is no private key, or more than one
 */
export function peekKeyFile(text: string, source: string): KeyFileHeaders {
  const { label, headers } = privateBlock(text, { source });
  return {
    role: headers.role,
    gun: headers.gun,
    isEncrypted: label === 'ENCRYPTED PRIVATE KEY' || headers['dek-info'] !== undefined,
  };
}

function privateBlock(text: string, context: Pick<KeyFileContext, 'source'>): PemBlock {
  let blocks = parsePem(text);
  if (blocks.length === 0) blocks = parsePem(Buffer.from(text, 'base64').toString('latin1'));
  const found = blocks.filter(({ label }) => privateLabels.includes(label));
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  const remedy = `Give the private key in PEM, or a Docker or notary ".key" file: ${neededKey}.`;
  if (found.length > 1) {
    throw unsuitable(context, `${found.length} private keys, so which to use is unclear`, remedy);
  }
  const labels = blocks.map(({ label }) => label);
  if (labels.includes('OPENSSH PRIVATE KEY')) {
    throw unsuitable(context, 'a private key in OpenSSH format', opensslRemedy);
  }
  if (labels.some((label) => label.endsWith('PUBLIC KEY'))) {
    throw unsuitable(context, 'a public key, which cannot sign', remedy);
  }
  if (labels.includes('CERTIFICATE')) {
    throw unsuitable(context, 'a certificate without its private key', remedy);
  }
  const [label] = labels;
  if (label !== undefined) throw unsuitable(context, `a PEM block "${label}"`, remedy);
  throw unsuitable(
    context,
    'no private key in PEM',
    `${remedy} A PKCS#12 file (.pfx) must be converted: openssl pkcs12 -in <file> -nocerts -nodes.`,
  );
}

function open(block: PemBlock, context: KeyFileContext): KeyObject {
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
      throw unsuitable(context, 'a key in an encryption not known here', opensslRemedy, cause);
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
      throw unsuitable(context, 'a key in an encryption not known here', opensslRemedy, cause);
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
    const info = AsnConvert.parse(der, PrivateKeyInfo);
    if (info.privateKeyAlgorithm.algorithm === notaryEd25519) {
      return fromNotaryEd25519(Buffer.from(info.privateKey.buffer));
    }
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  } catch {
    // Both parsers throw plain errors for bytes that are no key; the caller says what that means.
    return undefined;
  }
}

const opensslRemedy =
  'Convert it with: openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA1 -in <old> -out <new> ' +
  '(for an OpenSSH key first: ssh-keygen -p -m PEM -f <copy>).';

function requirePassphrase({ source, passphrase, passphraseInput }: KeyFileContext): string {
  if (passphrase !== undefined && passphrase !== '') return passphrase;
  throw new TrustError('KEY_PASSPHRASE_MISSING', `The private key in ${source} is encrypted`, {
    remedy: `Give its passphrase in the input "${passphraseInput}".`,
  });
}

function wrongPassphrase({ source, passphraseInput }: KeyFileContext, cause?: unknown): TrustError {
  return new TrustError(
    'KEY_PASSPHRASE_WRONG',
    `The passphrase does not open the private key in ${source}`,
    {
      remedy:
        `Correct the input "${passphraseInput}". Docker keeps two passphrases: one for the root ` +
        'key, one for repository and delegation keys.',
      ...(cause === undefined ? {} : { cause }),
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
    ...(cause === undefined ? {} : { cause }),
  });
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
}
