/**
 * Password-based encryption of a PKCS#8 key: PBES2 of RFC 8018 with PBKDF2 and a CBC cipher. Node
 * can do most of this itself, but not what notary needs: its reader always derives with
 * HMAC-SHA-1 (theupdateframework/notary tuf/utils/pkcs8.go), Node's writer never does, and
 * Node cannot return the inner structure of a key type it does not know.
 */
import { createCipheriv, createDecipheriv, pbkdf2Sync, randomBytes } from 'node:crypto';

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

/**
 * Decrypts an EncryptedPrivateKeyInfo and returns what is inside. With a wrong passphrase about one
 * result in 256 is garbage instead of an error: the caller must parse it.
 * @throws {UnsupportedEncryptionError} for other schemes, and for absurd iteration counts
 * @throws {DecryptionError}
 */
export function decryptPkcs8(der: Uint8Array, passphrase: string): Buffer {
  const info = read(der, EncryptedPrivateKeyInfo, 'not an EncryptedPrivateKeyInfo');
  if (info.encryptionAlgorithm.algorithm !== pbes2) {
    throw new UnsupportedEncryptionError(`algorithm ${info.encryptionAlgorithm.algorithm}`);
  }
  const params = read(info.encryptionAlgorithm.parameters, Pbes2Params, 'PBES2 parameters');
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
  if (iterationCount < 1 || iterationCount > limits.pbkdf2Iterations) {
    throw new UnsupportedEncryptionError(`${iterationCount} PBKDF2 iterations`);
  }
  const iv = Buffer.from(read(scheme?.parameters, OctetString, 'initialisation vector').buffer);
  if (iv.length !== cipher.ivBytes) throw new UnsupportedEncryptionError('initialisation vector');
  const key = pbkdf2Sync(
    passphrase,
    Buffer.from(salt.buffer),
    iterationCount,
    cipher.keyBytes,
    hash,
  );
  const decipher = createDecipheriv(cipher.name, key, iv);
  try {
    const data = Buffer.from(info.encryptedData.buffer);
    return Buffer.concat([decipher.update(data), decipher.final()]);
  } catch (cause) {
    throw new DecryptionError({ cause });
  }
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
