/** Signature checks of the fake trust server, on node:crypto only (notary tuf/signed/verify.go). */
import {
  X509Certificate,
  constants,
  createHash,
  createPublicKey,
  verify,
  type KeyObject,
} from 'node:crypto';
import { goCanonical, signedBytes, type Json, type JsonObject } from './go-json.js';

/** A key as it stands in metadata. */
export interface WireKey {
  readonly keytype: string;
  readonly keyval: { readonly private: null; readonly public: string };
}

export function tufId(key: WireKey): string {
  const { keytype, keyval } = key;
  const canonical = goCanonical({ keytype, keyval: { private: null, public: keyval.public } });
  return createHash('sha256').update(canonical).digest('hex');
}

function keyObject({ keytype, keyval }: WireKey): KeyObject {
  const raw = Buffer.from(keyval.public, 'base64');
  if (keytype.endsWith('-x509')) return new X509Certificate(raw).publicKey;
  if (keytype === 'ed25519') {
    return createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') },
      format: 'jwk',
    });
  }
  return createPublicKey({ key: raw, format: 'der', type: 'spki' });
}

function isGood(key: WireKey, method: string, message: Buffer, sig: Buffer): boolean {
  const object = keyObject(key);
  switch (method) {
    case 'ecdsa':
      return verify('sha256', message, { key: object, dsaEncoding: 'ieee-p1363' }, sig);
    case 'rsapss':
      return verify(
        'sha256',
        message,
        { key: object, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
        sig,
      );
    case 'rsapkcs1v15':
      return verify('sha256', message, object, sig);
    case 'eddsa':
      return verify(null, message, object, sig);
    default:
      return false;
  }
}

/** How many of `keyids` have signed `document`. */
export function countSignatures(
  document: JsonObject,
  keys: Readonly<Record<string, WireKey>>,
  keyids: readonly string[],
): number {
  const message = signedBytes(document);
  const good = new Set<string>();
  for (const entry of (document.signatures ?? []) as {
    keyid: string;
    method: string;
    sig: string;
  }[]) {
    const key = keys[entry.keyid];
    if (!key || !keyids.includes(entry.keyid) || tufId(key) !== entry.keyid) continue;
    if (isGood(key, entry.method, message, Buffer.from(entry.sig, 'base64'))) good.add(entry.keyid);
  }
  return good.size;
}

export type { Json };
