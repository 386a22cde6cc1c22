/** Throw-away keys and certificates for tests; everything really signs. */
import {
  constants,
  createHash,
  generateKeyPairSync,
  randomBytes,
  sign,
  type KeyObject,
} from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  BasicConstraints,
  Certificate,
  Extension,
  Extensions,
  Name,
  RelativeDistinguishedName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';
import {
  canonicalKeyIdOf,
  keyIdOf,
  publicKeyFromCertificates,
  publicKeyFromSpki,
  type KeyId,
  type PublicKey,
  type Signature,
  type SignatureMethod,
} from '../../src/trust/metadata/index.js';

/** A key that signs; `publicKey` may be the x509 form of it. */
export interface TestKey {
  readonly publicKey: PublicKey;
  /** TUF ID of {@link publicKey}. */
  readonly keyId: KeyId;
  /** ID of the raw key. */
  readonly canonicalId: KeyId;
  readonly method: SignatureMethod;
  readonly privateKey: KeyObject;
  /** SubjectPublicKeyInfo in DER. */
  readonly spki: Buffer;
  /** Raw signature bytes as metadata wants them. */
  sign(message: Uint8Array): Buffer;
}

type Curve = 'P-224' | 'P-256' | 'P-384' | 'P-521' | 'secp256k1';

export function ecdsaKey(curve: Curve = 'P-256'): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: curve });
  return testKey(privateKey, publicKey, 'ecdsa');
}

export function ed25519Key(): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return testKey(privateKey, publicKey, 'eddsa');
}

export function rsaKey(modulusLength = 2048, method: 'rsapss' | 'rsapkcs1v15' = 'rsapss'): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength });
  return testKey(privateKey, publicKey, method);
}

/** One signature of `key` over `message`, listed under `keyid`. */
export function signatureOf(key: TestKey, message: Uint8Array, keyid = key.keyId): Signature {
  return { keyid, method: key.method, sig: key.sign(message).toString('base64') };
}

export interface CertificateOptions {
  readonly commonName: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly isCa?: boolean;
  readonly pathLength?: number;
  /** Default: SHA-256. */
  readonly hash?: 'sha256' | 'sha1';
  /** Besides the basic constraints. */
  readonly extensions?: readonly Extension[];
  /** Who signs; default: the key itself, under its own name. */
  readonly issuer?: { readonly key: TestKey; readonly commonName: string };
}

/** A certificate in DER for an EC or RSA key. */
export function makeCertificate(key: TestKey, options: CertificateOptions): Buffer {
  const { commonName, isCa = false, hash = 'sha256' } = options;
  const issuer = options.issuer ?? { key, commonName };
  const isEc = issuer.key.method === 'ecdsa';
  const algorithm = new AlgorithmIdentifier({
    algorithm: signatureOids[`${isEc ? 'ecdsa' : 'rsa'}-${hash}`],
    ...(isEc ? {} : { parameters: null }),
  });
  const constraints = new BasicConstraints({
    cA: isCa,
    ...(options.pathLength === undefined ? {} : { pathLenConstraint: options.pathLength }),
  });
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: exact(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    signature: algorithm,
    issuer: nameOf(issuer.commonName),
    subject: nameOf(commonName),
    validity: new Validity({
      notBefore: options.notBefore ?? new Date('2026-01-01T00:00:00Z'),
      notAfter: options.notAfter ?? new Date('2036-01-01T00:00:00Z'),
    }),
    subjectPublicKeyInfo: AsnConvert.parse(exact(key.spki), SubjectPublicKeyInfo),
    extensions: new Extensions([
      new Extension({
        extnID: '2.5.29.19',
        critical: true,
        extnValue: new OctetString(AsnConvert.serialize(constraints)),
      }),
      ...(options.extensions ?? []),
    ]),
  });
  const signed = Buffer.from(AsnConvert.serialize(tbsCertificate));
  const certificate = new Certificate({
    tbsCertificate,
    signatureAlgorithm: algorithm,
    signatureValue: exact(sign(hash, signed, issuer.key.privateKey)),
  });
  return Buffer.from(AsnConvert.serialize(certificate));
}

/** An extension of a certificate with a value of the library's own types, or in DER. */
export function extension(extnID: string, critical: boolean, value: unknown): Extension {
  const der = value instanceof ArrayBuffer ? value : AsnConvert.serialize(value);
  return new Extension({ extnID, critical, extnValue: new OctetString(der) });
}

/** The x509 form of a key: same private key, public part wrapped in certificates (leaf first). */
export function withCertificates(key: TestKey, certificates: readonly Uint8Array[]): TestKey {
  return withPublicKey(key, publicKeyFromCertificates(certificates));
}

/** The same private key under another public form, right or wrong. */
export function withPublicKey(key: TestKey, publicKey: PublicKey): TestKey {
  return { ...key, publicKey, keyId: keyIdOf(publicKey) };
}

/** A root key for `gun` as Notary makes it: P-256 in a self-signed certificate. */
export function rootKey(
  gun: string,
  options: Partial<CertificateOptions> & { readonly key?: TestKey } = {},
): TestKey {
  const key = options.key ?? ecdsaKey();
  return withCertificates(key, [makeCertificate(key, { commonName: gun, ...options })]);
}

const signatureOids = {
  'ecdsa-sha256': '1.2.840.10045.4.3.2',
  'ecdsa-sha1': '1.2.840.10045.4.1',
  'rsa-sha256': '1.2.840.113549.1.1.11',
  'rsa-sha1': '1.2.840.113549.1.1.5',
} as const;

function testKey(privateKey: KeyObject, publicKey: KeyObject, method: SignatureMethod): TestKey {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const model = publicKeyFromSpki(spki);
  return {
    publicKey: model,
    keyId: keyIdOf(model),
    canonicalId: canonicalKeyIdOf(model),
    method,
    privateKey,
    spki,
    sign: (message) => signWith(privateKey, method, message),
  };
}

function signWith(key: KeyObject, method: SignatureMethod, message: Uint8Array): Buffer {
  switch (method) {
    case 'ecdsa':
      return sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' });
    case 'rsapss':
      return sign('sha256', message, {
        key,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: 32,
      });
    case 'rsapkcs1v15':
      return sign('sha256', message, { key, padding: constants.RSA_PKCS1_PADDING });
    case 'eddsa':
      return sign(null, message, key);
  }
}

function nameOf(commonName: string): Name {
  const value = new AttributeValue({ utf8String: commonName });
  return new Name([
    new RelativeDistinguishedName([new AttributeTypeAndValue({ type: '2.5.4.3', value })]),
  ]);
}

/** The library wants an ArrayBuffer that holds these bytes and nothing else. */
function exact(bytes: Buffer): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}

/** Lower-case hex SHA-256. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
