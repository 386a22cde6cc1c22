/**
 * notary's own form of an Ed25519 private key: PrivateKeyInfo under OID 1.3.6.1.4.1.11591.15.1 with
 * 96 raw bytes, public key (32), seed (32), public key again (32); RFC 8410 came later and
 * notary does not read it (theupdateframework/notary tuf/utils/pkcs8.go, tuf/data/keys.go).
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';

import { PrivateKey, PrivateKeyInfo } from '@peculiar/asn1-pkcs8';
import { AsnConvert } from '@peculiar/asn1-schema';
import { AlgorithmIdentifier } from '@peculiar/asn1-x509';

import { toPublicKey } from './public-key.js';

export const notaryEd25519 = '1.3.6.1.4.1.11591.15.1';

/** What precedes the 32-byte seed in the PrivateKeyInfo of RFC 8410, section 7. */
const rfc8410Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * The key in the 96 bytes; undefined when their length is wrong or the halves do not belong
 * together.
 */
export function fromNotaryEd25519(bytes: Buffer): KeyObject | undefined {
  if (bytes.length !== 96) return undefined;
  const der = Buffer.concat([rfc8410Prefix, bytes.subarray(32, 64)]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const raw = rawPublicKey(key);
  return raw.equals(bytes.subarray(0, 32)) && raw.equals(bytes.subarray(64)) ? key : undefined;
}

/** The key as notary's PrivateKeyInfo, DER. */
export function toNotaryEd25519(key: KeyObject): Buffer {
  const pkcs8 = key.export({ format: 'der', type: 'pkcs8' });
  const raw = rawPublicKey(key);
  const bytes = Buffer.concat([raw, pkcs8.subarray(rfc8410Prefix.length), raw]);
  const info = new PrivateKeyInfo({
    privateKeyAlgorithm: new AlgorithmIdentifier({ algorithm: notaryEd25519 }),
    privateKey: new PrivateKey(bytes),
  });
  return Buffer.from(AsnConvert.serialize(info));
}

function rawPublicKey(key: KeyObject): Buffer {
  return Buffer.from(toPublicKey(key).keyval.public, 'base64');
}
