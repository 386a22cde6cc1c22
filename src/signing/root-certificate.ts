/**
 * Makes the self-signed certificate under which a root key appears in root metadata, as notary does
 * (theupdateframework/notary tuf/utils/x509.go NewCertificate, cryptoservice/certificate.go). It
 * needs the signer only, so the private key may stay in a vault. Each call makes another
 * certificate, and a root key is its certificate: keep what root.json holds, never make it again.
 */
import { randomBytes } from 'node:crypto';

import { ECDSASigValue, ecdsaWithSHA256 } from '@peculiar/asn1-ecc';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_kp_codeSigning,
} from '@peculiar/asn1-x509';

import { TrustError } from '../errors.js';
import { publicKeyFromCertificates, type Gun, type PublicKey } from '../trust/metadata/index.js';
import type { Signer } from '../trust/signer.js';

/** const.go and cryptoservice/certificate.go: ten years of 365 days. */
const validityMs = 10 * 365 * 24 * 60 * 60 * 1000;

const commonName = '2.5.4.3';

/**
 * RSASSA-PSS with SHA-256, MGF1-SHA-256, salt 32 (RFC 4055, 3.1). notary would write
 * sha256WithRSAEncryption, but our signers make PSS only, so that one key never signs in two
 * paddings; Go reads both, and Notary's verifiers do not check this signature at all. The NULLs
 * are explicit because Go's parser knows no other spelling (crypto/x509, getSignatureAlgorithmFromAI).
 */
const pssParameters = Buffer.from(
  '3034' +
    'a00f300d06096086480165030402010500' +
    'a11c301a06092a864886f70d010108300d06096086480165030402010500' +
    'a203020120',
  'hex',
);

/**
 * Makes the x509 form (`ecdsa-x509` or `rsa-x509`) of the signer's key for one repository.
 * @throws {TrustError} KEY_UNSUITABLE for an Ed25519 key; whatever the signer throws.
 */
export async function createRootCertificate(
  gun: Gun,
  signer: Signer,
  now: Date,
): Promise<PublicKey> {
  const algorithm = signatureAlgorithmOf(signer);
  const tbs = new TBSCertificate({
    version: Version.v3,
    serialNumber: toArrayBuffer(serialNumber()),
    signature: algorithm,
    issuer: nameOf(gun),
    validity: validityFrom(now),
    subject: nameOf(gun),
    subjectPublicKeyInfo: AsnConvert.parse(
      Buffer.from(signer.publicKey.keyval.public, 'base64'),
      SubjectPublicKeyInfo,
    ),
    extensions: extensions(),
  });
  const signature = await signer.sign(new Uint8Array(AsnConvert.serialize(tbs)));
  const certificate = new Certificate({
    tbsCertificate: tbs,
    signatureAlgorithm: algorithm,
    signatureValue: toArrayBuffer(
      signer.method === 'ecdsa' ? ecdsaSignatureToDer(signature) : signature,
    ),
  });
  return publicKeyFromCertificates([new Uint8Array(AsnConvert.serialize(certificate))]);
}

/** ECDSA as X.509 wants it, from r||s: RFC 5480, SEQUENCE { r INTEGER, s INTEGER }. */
function ecdsaSignatureToDer(signature: Buffer): Buffer {
  const half = signature.length / 2;
  const value = new ECDSASigValue({
    r: toArrayBuffer(unsignedInteger(signature.subarray(0, half))),
    s: toArrayBuffer(unsignedInteger(signature.subarray(half))),
  });
  return Buffer.from(AsnConvert.serialize(value));
}

/** The content of a DER INTEGER for a non-negative number: shortest form, sign bit clear. */
function unsignedInteger(bytes: Buffer): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0);
  const shortest = start === -1 ? Buffer.alloc(1) : bytes.subarray(start);
  return (shortest[0] ?? 0) < 0x80 ? shortest : Buffer.concat([Buffer.alloc(1), shortest]);
}

function signatureAlgorithmOf(signer: Signer): AlgorithmIdentifier {
  if (signer.method === 'ecdsa') return ecdsaWithSHA256;
  if (signer.method === 'rsapss') {
    const parameters = toArrayBuffer(pssParameters);
    return new AlgorithmIdentifier({ algorithm: '1.2.840.113549.1.1.10', parameters });
  }
  throw new TrustError(
    'KEY_UNSUITABLE',
    `The ${signer.description} cannot be a root key: root keys are ECDSA P-256 or RSA`,
    { remedy: 'Give an EC key on curve P-256 (or RSA of 2048 bits or more) as the root key.' },
  );
}

/** 128 random bits; the top bits keep it positive and of full length. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

/** CN = GUN and nothing else. RFC 5280's 64 characters for a CN bind none of the readers. */
function nameOf(gun: Gun): Name {
  const value = new AttributeValue({ utf8String: gun });
  return new Name([
    new RelativeDistinguishedName([new AttributeTypeAndValue({ type: commonName, value })]),
  ]);
}

function validityFrom(now: Date): Validity {
  // X.509 times have whole seconds; a fraction would not be valid DER from 2050 on.
  const start = Math.floor(now.getTime() / 1000) * 1000;
  return new Validity({ notBefore: new Date(start), notAfter: new Date(start + validityMs) });
}

/** The three extensions of notary's template, in Go's order. */
function extensions(): Extensions {
  const usage = KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment;
  return new Extensions([
    extension(id_ce_keyUsage, true, AsnConvert.serialize(new KeyUsage(usage))),
    extension(
      id_ce_extKeyUsage,
      false,
      AsnConvert.serialize(new ExtendedKeyUsage([id_kp_codeSigning])),
    ),
    extension(id_ce_basicConstraints, true, AsnConvert.serialize(new BasicConstraints())),
  ]);
}

function extension(extnID: string, critical: boolean, value: ArrayBuffer): Extension {
  return new Extension({ extnID, critical, extnValue: new OctetString(value) });
}

function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
