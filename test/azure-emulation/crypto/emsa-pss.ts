/**
 * EMSA-PSS encoding of a ready-made digest (RFC 8017, 9.1.1), salt as long as the hash. Node can
 * sign PSS only over a message; Key Vault is given the digest.
 */
import { createHash, randomBytes } from 'node:crypto';

/**
 * Encodes `digest` for a modulus of `modulusBits`.
 * @throws RangeError when the modulus is too small for the hash.
 */
export function emsaPssEncode(hash: string, digest: Uint8Array, modulusBits: number): Buffer {
  const bits = modulusBits - 1;
  const length = Math.ceil(bits / 8);
  const salt = randomBytes(digest.length);
  const dbLength = length - digest.length - 1;
  if (dbLength < salt.length + 1) throw new RangeError('modulus too small for this hash');
  // RFC 8017, 9.1.1 steps 5 and 6: M' = eight zero octets || mHash || salt; H = Hash(M').
  const h = createHash(hash).update(Buffer.alloc(8)).update(digest).update(salt).digest();
  // Steps 7 to 10: DB = zeros || 01 || salt, masked with MGF1(H).
  const db = Buffer.alloc(dbLength);
  db[dbLength - salt.length - 1] = 1;
  salt.copy(db, dbLength - salt.length);
  const mask = mgf1(hash, h, dbLength);
  for (const [i, octet] of mask.entries()) db.writeUInt8(db.readUInt8(i) ^ octet, i);
  // Step 11: clear the bits beyond the modulus.
  db.writeUInt8(db.readUInt8(0) & (0xff >> (8 * length - bits)), 0);
  // For a modulus of 8k+1 bits the encoding is one octet shorter than the modulus.
  const encoded = Buffer.concat([db, h, Buffer.from([0xbc])]);
  return Buffer.concat([Buffer.alloc(Math.ceil(modulusBits / 8) - length), encoded]);
}

/** The mask generation function MGF1 (RFC 8017, B.2.1). */
export function mgf1(hash: string, seed: Uint8Array, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let counter = 0, made = 0; made < length; counter += 1) {
    const octets = Buffer.alloc(4);
    octets.writeUInt32BE(counter);
    const block = createHash(hash).update(seed).update(octets).digest();
    blocks.push(block);
    made += block.length;
  }
  return Buffer.concat(blocks).subarray(0, length);
}
