/**
 * The one reader of everything that should be a key or a certificate, in the forms in which portals,
 * shells and other programs leave it: PEM with its line ends written out, lost or doubled, in UTF-16,
 * in base64, as a JSON string; DER; public keys of OpenSSH. It opens nothing, and where it gives up
 * it knows what it saw.
 */
import { X509Certificate, createPrivateKey, createPublicKey } from 'node:crypto';

import { sshPublicKey } from './openssh.js';
import { beginLabels, parsePem, type PemBlock } from './pem.js';

/** What it is that holds no block. */
type Unreadable =
  | 'damaged PEM'
  | 'DER of another kind'
  | 'HTML'
  | 'JSON Web Key'
  | 'Java key store'
  | 'PGP'
  | 'PKCS#12'
  | 'PuTTY key'
  | 'SSH2 public key'
  | 'URL'
  | 'nothing known';

type KeyText =
  | { readonly blocks: readonly [PemBlock, ...PemBlock[]]; readonly unreadable?: undefined }
  | {
      readonly blocks: readonly [];
      readonly unreadable: Unreadable;
      /** Of PKCS#12: the bytes, which a password may open. */
      readonly der?: Buffer;
    };

/** How often a text may be wrapped in another form: base64 of a JSON string of UTF-16, and no more. */
const deepest = 4;

/** Reads a text or the bytes of a file. */
export function readKeyText(content: string | Uint8Array, depth = 0): KeyText {
  return typeof content === 'string'
    ? readText(content, depth)
    : readBytes(Buffer.from(content), depth);
}

function unreadable(what: Unreadable): KeyText {
  return { blocks: [], unreadable: what };
}

function readBytes(bytes: Buffer, depth: number): KeyText {
  if (bytes[0] === 0x30) {
    const label = labelOfDer(bytes);
    if (label !== undefined) return { blocks: [{ label, headers: {}, der: bytes }] };
    if (isPkcs12(bytes)) return { blocks: [], unreadable: 'PKCS#12', der: bytes };
    // A text may begin with a zero as well.
    if (isWholeSequence(bytes)) return unreadable('DER of another kind');
  }
  if (bytes.length > 4 && bytes.readUInt32BE(0) === 0xfeedfeed) {
    return unreadable('Java key store');
  }
  return readText(decodeText(bytes), depth);
}

/** UTF-8, or UTF-16 as PowerShell and editors of Windows write it, with or without its mark. */
function decodeText(bytes: Buffer): string {
  const [first, second] = bytes;
  const isLittle = (first === 0xff && second === 0xfe) || (first !== 0 && second === 0);
  const isBig = (first === 0xfe && second === 0xff) || (first === 0 && second !== 0);
  if (isLittle) return bytes.toString('utf16le');
  if (isBig)
    return Buffer.from(bytes.subarray(0, bytes.length & ~1))
      .swap16()
      .toString('utf16le');
  return bytes.toString('utf8');
}

function readText(given: string, depth: number): KeyText {
  const text = given.replaceAll('\uFEFF', '').replaceAll('\u0000', '').trim();
  if (depth >= deepest) return unreadable('nothing known');
  const json = insideJson(text);
  if (json === 'JSON Web Key') return unreadable(json);
  if (json !== undefined) return readText(json, depth + 1);
  const plain = withLineEnds(text);
  const [first, ...others] = parsePem(plain);
  if (first) return { blocks: [first, ...others] };
  const ssh = sshPublicKey(plain);
  if (ssh) return { blocks: [{ label: 'PUBLIC KEY', headers: {}, der: ssh }] };
  const marked = marks.find(([mark]) => mark.test(plain))?.[1];
  if (marked !== undefined) return unreadable(marked);
  const compact = plain.replace(/\s+/g, '').replaceAll('-', '+').replaceAll('_', '/');
  if (compact.length < 16 || !/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) {
    return unreadable('nothing known');
  }
  return readBytes(Buffer.from(compact, 'base64'), depth + 1);
}

/** The text in a JSON string, or in the answer of the Azure CLI about a secret. */
function insideJson(text: string): string | undefined {
  if (!/^["'{]/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'string') return value;
    if (typeof value === 'object' && value !== null) {
      if ('value' in value && typeof value.value === 'string') return value.value;
      if ('kty' in value) return 'JSON Web Key';
    }
  } catch {
    // Not JSON then: a shell leaves quotes around a text, too.
  }
  return /^(["']).*\1$/s.test(text) ? text.slice(1, -1) : undefined;
}

/** Line ends that are written out, by a shell, by JSON (once or twice), by a runner, or for a URL. */
function withLineEnds(text: string): string {
  if (/BEGIN%20/i.test(text)) {
    try {
      return decodeURIComponent(text);
    } catch {
      // Not of a URL after all.
    }
  }
  return text.includes('BEGIN') ? text.replace(/\\+r|\\+n|`r|`n|%0[AaDd]/g, '\n') : text;
}

const marks: readonly (readonly [RegExp, Unreadable])[] = [
  [/-----BEGIN PGP /, 'PGP'],
  [/---- BEGIN SSH2 PUBLIC KEY ----/, 'SSH2 public key'],
  [/-----BEGIN /, 'damaged PEM'],
  [/^PuTTY-User-Key-File/m, 'PuTTY key'],
  [/^\s*<(?:!doctype|html)/i, 'HTML'],
  [/^https?:\/\/\S+$/i, 'URL'],
];

/** What kind of thing DER is; undefined for none that has a block of its own. */
function labelOfDer(der: Buffer): string | undefined {
  const readers: readonly (readonly [string, () => unknown])[] = [
    ['CERTIFICATE', () => new X509Certificate(der)],
    ['PUBLIC KEY', () => createPublicKey({ key: der, format: 'der', type: 'spki' })],
    ['PRIVATE KEY', () => createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })],
    ['EC PRIVATE KEY', () => createPrivateKey({ key: der, format: 'der', type: 'sec1' })],
    ['RSA PRIVATE KEY', () => createPrivateKey({ key: der, format: 'der', type: 'pkcs1' })],
    ['RSA PUBLIC KEY', () => createPublicKey({ key: der, format: 'der', type: 'pkcs1' })],
  ];
  if (isEncryptedPkcs8(der)) return 'ENCRYPTED PRIVATE KEY';
  return readers.find(([, read]) => succeeds(read))?.[0];
}

function succeeds(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    // Node throws plain errors for bytes of another kind.
    return false;
  }
}

/** The content of the outer SEQUENCE of DER. */
function contentOf(der: Buffer): Buffer {
  const length = der[1] ?? 0;
  return der.subarray(length < 0x80 ? 2 : 2 + (length & 0x7f));
}

/** Whether the length that DER gives is the one that it has. */
function isWholeSequence(der: Buffer): boolean {
  const content = contentOf(der);
  const first = der[1] ?? 0;
  const length =
    first < 0x80
      ? first
      : Number(`0x${der.subarray(2, der.length - content.length).toString('hex') || '0'}`);
  return length === content.length;
}

/** RFC 5208: a SEQUENCE that begins with an AlgorithmIdentifier of PKCS#5 or PKCS#12. */
function isEncryptedPkcs8(der: Buffer): boolean {
  const inner = contentOf(der);
  if (inner[0] !== 0x30) return false;
  const oid = contentOf(inner).toString('hex');
  return /^06..2a864886f70d01(?:05|0c)/.test(oid);
}

/** RFC 7292: version 3, then the content. */
function isPkcs12(der: Buffer): boolean {
  return contentOf(der).subarray(0, 4).equals(Buffer.from('02010330', 'hex'));
}

/** What was found, and what to do about it; for messages, which never quote it. */
interface Explanation {
  /** So that it reads after `it holds`. */
  readonly found: string;
  /** Steps, a line each; undefined where only the reader knows what it wanted. */
  readonly remedy: string | undefined;
}

/** What a text that has not the `wanted` is. */
export function explain(text: KeyText, content: string | Uint8Array, wanted: string): Explanation {
  if (text.unreadable !== undefined) {
    if (text.unreadable === 'nothing known') return { found: `no ${wanted}`, remedy: undefined };
    if (text.unreadable === 'damaged PEM') {
      const [label = ''] = beginLabels(
        typeof content === 'string' ? content : decodeText(Buffer.from(content)),
      );
      return {
        found: `a PEM block${label === '' ? '' : ` "${label}"`} that is cut off or damaged`,
        remedy: copyWhole,
      };
    }
    return explanations[text.unreadable];
  }
  const labels = text.blocks.map(({ label }) => label);
  if (labels.includes('OPENSSH PRIVATE KEY')) {
    return { found: 'a private key in OpenSSH format', remedy: fromOpenSsh };
  }
  const [label = ''] = labels;
  return { found: `a PEM block "${label}"`, remedy: undefined };
}

const copyWhole =
  'Copy the whole text again, from its BEGIN line to its END line.\n' +
  'For a Key Vault secret, upload the file itself: az keyvault secret set --vault-name <vault> --name <name> --file <file>';

/** On a copy, since ssh-keygen writes over the file it is given. */
const fromOpenSsh =
  'Convert a copy of it, and give the copy:\n' +
  'cp <file> <copy>\n' +
  "ssh-keygen -p -m PKCS8 -N '' -f <copy>";

/** Reads what OpenSSL 3 reads only with its old algorithms. */
export const fromOldEncryption =
  'Encrypt it again, with OpenSSL 3 (which asks for the passphrases), and give the new file:\n' +
  'openssl pkcs8 -topk8 -provider default -provider legacy -v2 aes-256-cbc -v2prf hmacWithSHA1 -in <file> -out <new file>';

/** The same of PKCS#12. */
export const fromPkcs12 =
  'Convert it, and give the new file:\n' +
  'openssl pkcs12 -legacy -in <file> -nodes -out <new file>';

const explanations: Readonly<
  Record<Exclude<Unreadable, 'damaged PEM' | 'nothing known'>, Explanation>
> = {
  'DER of another kind': {
    found: 'DER that is neither a key nor a certificate',
    remedy: undefined,
  },
  HTML: {
    found: 'an HTML page',
    remedy: 'Download the file itself, not the page that shows it.',
  },
  'JSON Web Key': {
    found: 'a JSON Web Key',
    remedy:
      'Import it into Key Vault and give its URL: az keyvault key import --vault-name <vault> --name <name> --pem-file <file>',
  },
  'Java key store': {
    found: 'a Java key store',
    remedy:
      'Convert it, and give the new file:\n' +
      'keytool -importkeystore -srckeystore <file> -destkeystore <new file> -deststoretype PKCS12',
  },
  PGP: {
    found: 'a PGP key',
    remedy: 'Make a new key: PGP keys cannot sign content trust data.',
  },
  'PKCS#12': { found: 'a PKCS#12 file (.pfx)', remedy: fromPkcs12 },
  'PuTTY key': {
    found: 'a key of PuTTY',
    remedy: 'Convert it, and give the new file:\nputtygen <file> -O private-openssh -o <new file>',
  },
  'SSH2 public key': {
    found: 'a public key in SSH2 format',
    remedy: 'Convert it, and give the new file:\nssh-keygen -i -f <file> > <new file>',
  },
  URL: {
    found: 'a URL',
    remedy: 'Give the URL in place of the file, or put its content into the file.',
  },
};

/** The certificates in a text or the bytes of a file, DER, in order. */
export function readCertificates(content: string | Uint8Array): readonly Buffer[] {
  const labels = ['CERTIFICATE', 'TRUSTED CERTIFICATE', 'X509 CERTIFICATE'];
  return readKeyText(content).blocks.flatMap(({ label, der }) =>
    labels.includes(label) ? [der] : [],
  );
}

/** Whether a private key is in there, readable or not; told without opening anything. */
export function mentionsPrivateKey(content: Uint8Array): boolean {
  const bytes = Buffer.from(content);
  return ['latin1', 'utf16le'].some((encoding) =>
    bytes.includes(Buffer.from('PRIVATE KEY', encoding as BufferEncoding)),
  );
}
