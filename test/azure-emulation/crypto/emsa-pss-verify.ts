/** EMSA-PSS verification of a ready-made digest (RFC 8017, 9.1.2), salt as long as the hash. */
import { createHash } from 'node:crypto';

import { mgf1 } from './emsa-pss.js';

/** Tells whether `opened`, the RSA-decrypted signature, encodes `digest`. */
export function emsaPssVerify(
  hash: string,
  digest: Uint8Array,
  opened: Buffer,
  modulusBits: number,
): boolean {
  const bits = modulusBits - 1;
  const length = Math.ceil(bits / 8);
  const encoded = opened.subarray(opened.length - length);
  const dbLength = length - digest.length - 1;
  // RFC 8017, 9.1.2 step 4.
  if (encoded.at(-1) !== 0xbc) return false;
  const h = encoded.subarray(dbLength, dbLength + digest.length);
  const mask = mgf1(hash, h, dbLength);
  const db = Buffer.from(encoded.subarray(0, dbLength).map((octet, i) => octet ^ (mask[i] ?? 0)));
  // Step 9: the bits beyond the modulus are not part of the encoding.
  db.writeUInt8(db.readUInt8(0) & (0xff >> (8 * length - bits)), 0);
  // Step 10: zeros, then 01, then the salt.
  const one = dbLength - digest.length - 1;
  if (db.subarray(0, one).some((octet) => octet !== 0) || db[one] !== 1) return false;
  // Steps 12 to 14.
  const again = createHash(hash)
    .update(Buffer.alloc(8))
    .update(digest)
    .update(db.subarray(one + 1))
    .digest();
  return again.equals(h);
}
