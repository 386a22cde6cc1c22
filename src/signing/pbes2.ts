/**
 * Password-based encryption of a PKCS#8 key: PBES2 of RFC 8018 with PBKDF2 and a CBC cipher. Node
 * can do most of this itself, but not what notary needs: its reader always derives with
 * HMAC-SHA-1 (theupdateframework/notary tuf/utils/pkcs8.go), Node's writer never does, and
 * Node cannot return the inner structure of a key type it does not know.
 */
import { createCipheriv, createDecipheriv, createHash, pbkdf2Sync, randomBytes } from 'node:crypto';

import { EncryptedData, EncryptedPrivateKeyInfo } from '@peculiar/asn1-pkcs8';
import {
  AsnArray,
  AsnConvert,
  AsnProp,
  AsnPropTypes,
  AsnType,
  AsnTypeTypes,
  OctetString,
} from '@peculiar/asn1-schema';
import { AlgorithmIdentifier } from '@peculiar/asn1-x509';

import { limits } from '../limits.js';

/** RFC 8018, appendix A.2. The schema is applied by calls: standard decorators know no properties. */
class Pbkdf2Params {
  salt = new OctetString();
  iterationCount = 0;
  keyLength?: number;
  prf?: AlgorithmIdentifier;
}
AsnType({ type: AsnTypeTypes.Sequence })(Pbkdf2Params);
AsnProp({ type: OctetString })(Pbkdf2Params.prototype, 'salt');
AsnProp({ type: AsnPropTypes.Integer })(Pbkdf2Params.prototype, 'iterationCount');
AsnProp({ type: AsnPropTypes.Integer, optional: true })(Pbkdf2Params.prototype, 'keyLength');
AsnProp({ type: AlgorithmIdentifier, optional: true })(Pbkdf2Params.prototype, 'prf');

/** Key derivation function, then encryption scheme. */
class Pbes2Params extends AsnArray<AlgorithmIdentifier> {}
AsnType({ type: AsnTypeTypes.Sequence, itemType: AlgorithmIdentifier })(Pbes2Params);

/** RFC 7292, appendix C. */
class Pkcs12Params {
  salt = new OctetString();
  iterations = 0;
}
AsnType({ type: AsnTypeTypes.Sequence })(Pkcs12Params);
AsnProp({ type: OctetString })(Pkcs12Params.prototype, 'salt');
AsnProp({ type: AsnPropTypes.Integer })(Pkcs12Params.prototype, 'iterations');

/** pbeWithSHAAnd3-KeyTripleDES-CBC, which older tools and Key Vault write. */
const pkcs12TripleDes = '1.2.840.113549.1.12.1.3';
const pbes2 = '1.2.840.113549.1.5.13';
const pbkdf2 = '1.2.840.113549.1.5.12';
const aes256 = '2.16.840.1.101.3.4.1.42';

const prfs: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.8': 'sha224',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
};

const ciphers: Readonly<Record<string, { name: string; keyBytes: number; ivBytes: number }>> = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', keyBytes: 16, ivBytes: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', keyBytes: 24, ivBytes: 16 },
  [aes256]: { name: 'aes-256-cbc', keyBytes: 32, ivBytes: 16 },
  '1.2.840.113549.3.7': { name: 'des-ede3-cbc', keyBytes: 24, ivBytes: 8 },
};

/** The structure is not PBES2 with a key derivation and a cipher of the tables above. */
export class UnsupportedEncryptionError extends Error {
  constructor(what: string, options?: ErrorOptions) {
    super(`unsupported encryption: ${what}`, options);
    this.name = 'UnsupportedEncryptionError';
  }
}

/** The padding was wrong: nearly always a wrong passphrase, else a damaged file. */
export class DecryptionError extends Error {
  constructor(options?: ErrorOptions) {
    super('decryption failed', options);
    this.name = 'DecryptionError';
  }
}

/** Tells a wrong passphrase from an encryption that is not known. */
export function isDecryptionError(error: unknown): error is DecryptionError {
  return error instanceof DecryptionError;
}

/**
 * Decrypts an EncryptedPrivateKeyInfo and returns what is inside. With a wrong passphrase about one
 * result in 256 is garbage instead of an error: the caller must parse it.
 * @throws {UnsupportedEncryptionError} for other schemes, and for absurd iteration counts
 * @throws {DecryptionError}
 */
export function decryptPkcs8(der: Uint8Array, passphrase: string): Buffer {
  const info = read(der, EncryptedPrivateKeyInfo, 'not an EncryptedPrivateKeyInfo');
  return decryptContent(
    info.encryptionAlgorithm,
    Buffer.from(info.encryptedData.buffer),
    passphrase,
  );
}

/**
 * Decrypts what `algorithm` encrypted: PBES2, or the one scheme of PKCS#12 that is still in use.
 * @throws as {@link decryptPkcs8}
 */
export function decryptContent(
  algorithm: AlgorithmIdentifier,
  data: Buffer,
  passphrase: string,
): Buffer {
  if (algorithm.algorithm === pkcs12TripleDes) {
    const { salt, iterations } = read(algorithm.parameters, Pkcs12Params, 'PKCS#12 parameters');
    checkIterations(iterations, limits.pkcs12Iterations);
    const derive = (password: Buffer, id: 1 | 2, length: number): Buffer =>
      derivePkcs12({ password, salt: Buffer.from(salt.buffer), iterations, id, length });
    const password = bmpString(passphrase);
    // Without a password some writers leave out even the end of the string.
    const candidates = passphrase === '' ? [password, Buffer.alloc(0)] : [password];
    let failure: unknown;
    for (const candidate of candidates) {
      try {
        return decrypt('des-ede3-cbc', derive(candidate, 1, 24), derive(candidate, 2, 8), data);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }
  if (algorithm.algorithm !== pbes2) {
    throw new UnsupportedEncryptionError(`algorithm ${algorithm.algorithm}`);
  }
  const params = read(algorithm.parameters, Pbes2Params, 'PBES2 parameters');
  const [kdf, scheme] = [params[0], params[1]];
  if (kdf?.algorithm !== pbkdf2) {
    throw new UnsupportedEncryptionError(`key derivation ${kdf?.algorithm ?? 'absent'}`);
  }
  const { salt, iterationCount, prf } = read(kdf.parameters, Pbkdf2Params, 'PBKDF2 parameters');
  // RFC 8018: an absent PRF is HMAC-SHA-1, which is how notary and Docker write it.
  const hash = prf === undefined ? 'sha1' : prfs[prf.algorithm];
  const cipher = scheme === undefined ? undefined : ciphers[scheme.algorithm];
  if (hash === undefined) throw new UnsupportedEncryptionError(`PRF ${prf?.algorithm ?? ''}`);
  if (cipher === undefined) {
    throw new UnsupportedEncryptionError(`cipher ${scheme?.algorithm ?? 'absent'}`);
  }
  checkIterations(iterationCount, limits.pbkdf2Iterations);
  const iv = Buffer.from(read(scheme?.parameters, OctetString, 'initialisation vector').buffer);
  if (iv.length !== cipher.ivBytes) throw new UnsupportedEncryptionError('initialisation vector');
  const key = pbkdf2Sync(
    passphrase,
    Buffer.from(salt.buffer),
    iterationCount,
    cipher.keyBytes,
    hash,
  );
  return decrypt(cipher.name, key, iv, data);
}

function checkIterations(count: number, most: number): void {
  if (count < 1 || count > most) throw new UnsupportedEncryptionError(`${count} iterations`);
}

function decrypt(cipher: string, key: Buffer, iv: Buffer, data: Buffer): Buffer {
  const decipher = createDecipheriv(cipher, key, iv);
  try {
    return Buffer.concat([decipher.update(data), decipher.final()]);
  } catch (cause) {
    throw new DecryptionError({ cause });
  }
}

/** RFC 7292, B.1: two bytes a character, and two of zero at the end. */
function bmpString(text: string): Buffer {
  return Buffer.from(`${text}\0`, 'utf16le').swap16();
}

/** RFC 7292, B.2, with SHA-1: blocks of 64 bytes, hashes of 20. */
function derivePkcs12({
  password,
  salt,
  iterations,
  id,
  length,
}: {
  readonly password: Buffer;
  readonly salt: Buffer;
  readonly iterations: number;
  readonly id: 1 | 2;
  readonly length: number;
}): Buffer {
  const block = 64;
  const repeated = (bytes: Buffer): Buffer =>
    Buffer.alloc(block * Math.ceil(bytes.length / block), bytes.length > 0 ? bytes : 0);
  const diversifier = Buffer.alloc(block, id);
  const input = Buffer.concat([repeated(salt), repeated(password)]);
  let derived = Buffer.alloc(0);
  while (derived.length < length) {
    let hash = createHash('sha1').update(diversifier).update(input).digest();
    for (let round = 1; round < iterations; round += 1) {
      hash = createHash('sha1').update(hash).digest();
    }
    derived = Buffer.concat([derived, hash]);
    // Each block of the input becomes itself plus the repeated hash plus one.
    const addend = Buffer.alloc(block, hash);
    for (let start = 0; start < input.length; start += block) {
      let carry = 1;
      for (let at = block - 1; at >= 0; at -= 1) {
        carry += (input[start + at] ?? 0) + (addend[at] ?? 0);
        input[start + at] = carry & 0xff;
        carry >>= 8;
      }
    }
  }
  return derived.subarray(0, length);
}

/**
 * Encrypts a PrivateKeyInfo so that notary and the Docker CLI can read it: PBKDF2 with HMAC-SHA-1
 * and no PRF field, AES-256-CBC. Salt and iteration count are free for them; the count is ours.
 */
export function encryptPkcs8(privateKeyInfo: Uint8Array, passphrase: string): Buffer {
  const salt = randomBytes(16);
  const iv = randomBytes(16);
  const key = pbkdf2Sync(passphrase, salt, writtenIterations, 32, 'sha1');
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  const encrypted = Buffer.concat([cipher.update(privateKeyInfo), cipher.final()]);
  const kdf = new Pbkdf2Params();
  kdf.salt = new OctetString(salt);
  kdf.iterationCount = writtenIterations;
  const params = new Pbes2Params([
    algorithm(pbkdf2, AsnConvert.serialize(kdf)),
    algorithm(aes256, AsnConvert.serialize(new OctetString(iv))),
  ]);
  const info = new EncryptedPrivateKeyInfo({
    encryptionAlgorithm: algorithm(pbes2, AsnConvert.serialize(params)),
    encryptedData: new EncryptedData(encrypted),
  });
  return Buffer.from(AsnConvert.serialize(info));
}

/** notary writes 2048; it reads any count, and this one costs tens of milliseconds. */
const writtenIterations = 100_000;

function algorithm(oid: string, parameters: ArrayBuffer): AlgorithmIdentifier {
  return new AlgorithmIdentifier({ algorithm: oid, parameters });
}

function read<T>(
  der: ArrayBuffer | ArrayBufferView | null | undefined,
  type: new () => T,
  what: string,
): T {
  if (der === null || der === undefined) throw new UnsupportedEncryptionError(`no ${what}`);
  try {
    return AsnConvert.parse(der, type);
  } catch (cause) {
    throw new UnsupportedEncryptionError(what, { cause });
  }
}
