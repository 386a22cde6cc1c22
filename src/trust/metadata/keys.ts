/**
 * Public keys and their IDs (tuf/data/keys.go, tuf/utils/x509.go). Knows public keys only; nothing
 * private ever passes here.
 */
import { createHash, createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import { decodeBase64 } from './base64.js';
import { canonicalJson } from './canonical-json.js';
import { MetadataError } from './error.js';
import { asBase64, asString, asStruct } from './guards.js';
import type { JsonValue } from './json-text.js';
import { decodeCertificates, encodeCertificates } from './pem.js';
import { memoized } from './memoized.js';
import type { KeyId, PublicKey } from './types.js';

/** RSA keys below this size never verify. */
export const minRsaBits = 2048;

/** OpenSSL's name of each curve that verifies, with the length of r and of s in bytes. */
export const curveBytes: Readonly<Record<string, number>> = {
  secp224r1: 28,
  prime256v1: 32,
  secp384r1: 48,
  secp521r1: 66,
};

/** SubjectPublicKeyInfo of an Ed25519 key without the key itself (RFC 8410, 4). */
const ed25519Prefix = Buffer.from('302a300506032b6570032100', 'hex');

/** Makes a key of the model; `bytes` is what `public` encodes. */
export function publicKeyOf(keytype: string, bytes: Uint8Array): PublicKey {
  return { keytype, keyval: { private: null, public: Buffer.from(bytes).toString('base64') } };
}

/** Reads a key from metadata or from a key endpoint. @throws {MetadataError} */
export function readPublicKey(value: JsonValue, what: string): PublicKey {
  const key = asStruct(value, what, ['keytype', 'keyval']);
  const keyval = asStruct(key.keyval, `${what}.keyval`, ['public', 'private']);
  if (keyval.private !== undefined && keyval.private !== null) {
    throw new MetadataError(`${what} holds a private key`);
  }
  return {
    keytype: asString(key.keytype, `${what}.keytype`),
    keyval: { private: null, public: asBase64(keyval.public, `${what}.keyval.public`) },
  };
}

/** The TUF ID of a key: hex SHA-256 of its canonical JSON, `"private":null` included. */
export function keyIdOf(key: PublicKey): KeyId {
  const form = canonicalJson({
    keytype: key.keytype,
    keyval: { private: null, public: key.keyval.public },
  });
  return createHash('sha256').update(form).digest('hex');
}

/**
 * The canonical ID of a key: for x509 types the ID of the raw key in the leaf certificate, under
 * which key stores file it; for raw types the TUF ID. @throws {MetadataError} for a broken
 * certificate.
 */
export const canonicalKeyIdOf = memoized((key): KeyId => keyIdOf(rawKeyOf(key)));

/** The raw key within an x509 key; any other key as it is. @throws {MetadataError} */
export function rawKeyOf(key: PublicKey): PublicKey {
  if (!key.keytype.endsWith('-x509')) return key;
  return publicKeyFromSpki(keyObjectOf(key).export({ type: 'spki', format: 'der' }));
}

/**
 * The raw key (`ecdsa`, `rsa` or `ed25519`) for a SubjectPublicKeyInfo in DER.
 * @throws {MetadataError} for anything else.
 */
export function publicKeyFromSpki(spki: Uint8Array): PublicKey {
  const key = keyFromDer(spki);
  const der = key.export({ type: 'spki', format: 'der' });
  const type = key.asymmetricKeyType;
  if (type === 'ec') return publicKeyOf('ecdsa', der);
  if (type === 'rsa') return publicKeyOf('rsa', der);
  if (type === 'ed25519') return publicKeyOf('ed25519', der.subarray(ed25519Prefix.length));
  throw new MetadataError(`Notary v1 does not support keys of type ${String(type)}`);
}

/** The x509 key for a certificate chain in DER, leaf first. @throws {MetadataError} */
export function publicKeyFromCertificates(certificates: readonly Uint8Array[]): PublicKey {
  const pem = Buffer.from(encodeCertificates(certificates), 'latin1');
  const type = keyObjectOf(publicKeyOf('x509', pem)).asymmetricKeyType;
  if (type !== 'ec' && type !== 'rsa') {
    throw new MetadataError(
      `Notary v1 does not support certificates with keys of type ${String(type)}`,
    );
  }
  return publicKeyOf(type === 'ec' ? 'ecdsa-x509' : 'rsa-x509', pem);
}

/** Node's object for a public key. @throws {MetadataError} when its bytes are not such a key. */
export const keyObjectOf = memoized((key): KeyObject => {
  const bytes = decodeBase64(key.keyval.public, 'the public key');
  if (key.keytype === 'ed25519') {
    if (bytes.length !== 32) throw new MetadataError('the ed25519 key is not 32 bytes long');
    return keyFromDer(Buffer.concat([ed25519Prefix, bytes]));
  }
  if (key.keytype.endsWith('x509')) return publicKeyIn(leafOf(key));
  return keyFromDer(bytes);
});

/** The leaf certificate of an x509 key. @throws {MetadataError} */
function leafOf(key: PublicKey): X509Certificate {
  const pem = decodeBase64(key.keyval.public, 'the certificate').toString('latin1');
  try {
    return new X509Certificate(decodeCertificates(pem)[0]);
  } catch (cause) {
    if (cause instanceof MetadataError) throw cause;
    throw new MetadataError('the certificate cannot be read', { cause });
  }
}

/** Node.js reads a certificate whose key it does not know, and throws only for the key. */
function publicKeyIn(certificate: X509Certificate): KeyObject {
  try {
    return certificate.publicKey;
  } catch (cause) {
    throw new MetadataError('the certificate holds a key of an unknown kind', { cause });
  }
}

function keyFromDer(der: Uint8Array): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
  } catch (cause) {
    throw new MetadataError('the public key is not a readable SubjectPublicKeyInfo', { cause });
  }
}
