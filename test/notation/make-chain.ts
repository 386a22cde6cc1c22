/** Chains of certificates with their keys, of every kind that signs or must not. */
import 'reflect-metadata';
import { constants, createPrivateKey, sign, type KeyObject } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509CertificateGenerator,
  type Extension,
} from '@peculiar/x509';
import type { SignatureAlgorithm } from '../../src/notation/index.js';

const { subtle } = globalThis.crypto;

/** The kinds of keys that sign. */
export const keyKinds = ['rsa2048', 'rsa3072', 'rsa4096', 'p256', 'p384', 'p521'] as const;
export type KeyKind = (typeof keyKinds)[number];

type Keys = Awaited<ReturnType<typeof makeKeys>>;

/** A chain, leaf first, root last, and the key of its leaf. */
export interface MadeChain {
  readonly chain: readonly Buffer[];
  readonly key: KeyObject;
}

export interface LeafOptions {
  readonly kind?: KeyKind;
  readonly subject?: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly extensions?: readonly Extension[];
}

export const goodSubject = 'CN=signer,O=ACME,ST=WA,C=US';
export const goodUsage = new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true);
/** What the portal's default policy puts into a certificate. */
export const portalExtensions = [
  new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
  new ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']),
];

const ecCurves: Readonly<Record<string, string>> = { p256: 'P-256', p384: 'P-384', p521: 'P-521' };

async function makeKeys(kind: KeyKind) {
  const namedCurve = ecCurves[kind];
  const algorithm =
    namedCurve === undefined
      ? {
          name: 'RSASSA-PKCS1-v1_5',
          hash: 'SHA-256',
          modulusLength: Number(kind.slice(3)),
          publicExponent: new Uint8Array([1, 0, 1]),
        }
      : { name: 'ECDSA', namedCurve };
  return subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function privateKey({ privateKey: key }: Keys): Promise<KeyObject> {
  const der = Buffer.from(await subtle.exportKey('pkcs8', key));
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

const [begin, end] = [new Date('2020-01-01T00:00:00Z'), new Date('2090-01-01T00:00:00Z')];
const byAuthority = { name: 'ECDSA', hash: 'SHA-256' };

async function authority(name: string, keys: Keys, issuer?: { name: string; keys: Keys }) {
  const certificate = await X509CertificateGenerator.create({
    serialNumber: '01',
    subject: name,
    issuer: issuer?.name ?? name,
    notBefore: begin,
    notAfter: end,
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    signingAlgorithm: byAuthority,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
    ],
  });
  return Buffer.from(certificate.rawData);
}

/** Leaf, intermediate and root. */
export async function makeChain(options: LeafOptions = {}): Promise<MadeChain> {
  const [rootKeys, issuingKeys] = await Promise.all([makeKeys('p256'), makeKeys('p256')]);
  const root = { name: 'CN=Root,O=ACME,C=US', keys: rootKeys };
  const issuing = { name: 'CN=Issuing,O=ACME,C=US', keys: issuingKeys };
  const keys = await makeKeys(options.kind ?? 'p256');
  const certificate = await X509CertificateGenerator.create({
    serialNumber: '02',
    subject: options.subject ?? goodSubject,
    issuer: issuing.name,
    notBefore: options.notBefore ?? begin,
    notAfter: options.notAfter ?? end,
    publicKey: keys.publicKey,
    signingKey: issuingKeys.privateKey,
    signingAlgorithm: byAuthority,
    extensions: [...(options.extensions ?? [goodUsage])],
  });
  return {
    chain: [
      Buffer.from(certificate.rawData),
      await authority(issuing.name, issuingKeys, root),
      await authority(root.name, rootKeys),
    ],
    key: await privateKey(keys),
  };
}

/** One certificate that is its own root, as Key Vault makes it. */
export async function makeSelfSigned(options: LeafOptions = {}): Promise<MadeChain> {
  const keys = await makeKeys('p256');
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '03',
    name: options.subject ?? goodSubject,
    notBefore: options.notBefore ?? begin,
    notAfter: options.notAfter ?? end,
    keys,
    signingAlgorithm: byAuthority,
    extensions: [...(options.extensions ?? [goodUsage])],
  });
  return { chain: [Buffer.from(certificate.rawData)], key: await privateKey(keys) };
}

/** Signs as Key Vault does: raw r||s, or PSS with a salt of the hash's length. */
export function signWith(key: KeyObject, { hash }: SignatureAlgorithm, input: Buffer): Buffer {
  return sign(
    hash,
    input,
    key.asymmetricKeyType === 'ec'
      ? { key, dsaEncoding: 'ieee-p1363' }
      : {
          key,
          padding: constants.RSA_PKCS1_PSS_PADDING,
          saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
        },
  );
}
