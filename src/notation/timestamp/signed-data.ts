/**
 * The CMS message that a time stamp is (RFC 5652, 5; RFC 3161, 2.4.2; RFC 5816): one signer, who is
 * named in what is signed. Whether that signer may be trusted is ./verify-token.ts's to say.
 */
import type { KeyObject } from 'node:crypto';
import {
  CMSVersion,
  ContentInfo,
  id_contentType,
  id_messageDigest,
  id_signedData,
  id_signingTime,
  SignedData,
  type SignerInfo,
} from '@peculiar/asn1-cms';
import { AsnConvert } from '@peculiar/asn1-schema';
import { id_ct_tstInfo } from '@peculiar/asn1-tsp';
import { AlgorithmIdentifier, Time } from '@peculiar/asn1-x509';
import {
  childrenOf,
  readAllCertificates,
  readDer,
  type Certificate,
  type DerValue,
} from '../certificates/index.js';
import { digestOf, hashOfOid, type HashName } from '../hashes.js';
import { readOrRefuse, RuleError } from '../rule-error.js';
import { isSignedWith } from '../x509-signature.js';

/** A message whose signature is that of {@link signer}. */
export interface SignedMessage {
  /** DER of the TSTInfo. */
  readonly content: Buffer;
  readonly signer: Certificate;
  /** All certificates of the message. */
  readonly certificates: readonly Certificate[];
  /** The signed attribute signing-time. */
  readonly signingTime: Date | undefined;
}

const signingCertificateV2 = '1.2.840.113549.1.9.16.2.47';

/** DER of the object identifier of a TSTInfo. */
const tstInfoType = Buffer.from('060b2a864886f70d0109100104', 'hex');

/** Opens a TimeStampToken and checks its signature. @throws {RuleError} */
export function openToken(token: Uint8Array): SignedMessage {
  const value = readDer(token, 'the time stamp');
  return readOrRefuse('the time stamp cannot be read', () => open(value));
}

function open(token: DerValue): SignedMessage {
  const { contentType, content } = AsnConvert.parse(token.raw, ContentInfo);
  if (contentType !== id_signedData) throw new RuleError('the time stamp is not signed data');
  const { version, encapContentInfo, signerInfos } = AsnConvert.parse(content, SignedData);
  // RFC 5652, 5.1: version 3, because the content is no id-data.
  if (version !== CMSVersion.v3)
    throw new RuleError('the signed data of the time stamp has not version 3');
  const signed = encapContentInfo.eContent?.single;
  if (encapContentInfo.eContentType !== id_ct_tstInfo || !signed) {
    throw new RuleError('the time stamp holds no TSTInfo');
  }
  const [info, ...others] = [...signerInfos];
  if (!info || others.length > 0) throw new RuleError('the time stamp has not one signer');
  const { known, signerName, signedAttributes } = rawPartsOf(token);
  const signer = findSigner(info, signerName, known);
  const bytes = Buffer.from(signed.buffer);
  const attributes = readAttributes(info);
  requireContent(info, attributes, bytes);
  requireSignerNamed(attributes, signer);
  requireSignature(info, signedAttributes, signer.x509.publicKey);
  return { content: bytes, signer, certificates: known, signingTime: signingTimeOf(attributes) };
}

/** Certificates and names byte for byte; what a library writes again may differ. */
function rawPartsOf(token: DerValue): {
  readonly known: readonly Certificate[];
  readonly signerName: readonly DerValue[];
  readonly signedAttributes: DerValue | undefined;
} {
  // ContentInfo { type, [0] SignedData { version, digests, content, [0] certificates, ..., signers } }
  const fields = childrenOf(token)[1];
  const data = fields && childrenOf(fields)[0];
  const parts = data ? childrenOf(data) : [];
  const certificates = parts.find(({ tag }) => tag === 0xa0);
  const signers = parts.at(-1);
  const signer = signers && childrenOf(signers)[0];
  // SignerInfo { version, name, digest, [0] attributes, ... }
  const [, name, , attributes] = signer ? childrenOf(signer) : [];
  return {
    known: readAllCertificates(
      (certificates ? childrenOf(certificates) : [])
        .filter(({ tag }) => tag === 0x30)
        .map(({ raw }) => raw),
      'the time stamp',
    ),
    signerName: name ? childrenOf(name) : [],
    signedAttributes: attributes?.tag === 0xa0 ? attributes : undefined,
  };
}

/** RFC 5652, 5.3: version 1 names the signer by issuer and serial number. */
function findSigner(
  { version, sid }: SignerInfo,
  [issuer, serial]: readonly DerValue[],
  known: readonly Certificate[],
): Certificate {
  if (version !== CMSVersion.v1 || !sid.issuerAndSerialNumber) {
    throw new RuleError('the time stamp does not name its signer by issuer and serial number');
  }
  const signer = known.find(
    ({ issuerDer, serialDer }) =>
      issuer?.raw.equals(issuerDer) === true && serial?.raw.equals(serialDer) === true,
  );
  if (signer) return signer;
  throw new RuleError('the time stamp does not contain the certificate of its signer');
}

type Attributes = ReadonlyMap<string, Buffer>;

/** RFC 5652, 11: each type once, with one value. */
function readAttributes({ signedAttrs }: SignerInfo): Attributes {
  const attributes = new Map<string, Buffer>();
  for (const { attrType, attrValues } of signedAttrs ?? []) {
    const [value, ...others] = attrValues;
    if (!value || others.length > 0 || attributes.has(attrType)) {
      throw new RuleError(`the time stamp has not one value of the attribute ${attrType}`);
    }
    attributes.set(attrType, Buffer.from(value));
  }
  return attributes;
}

/** RFC 5652, 5.4 and 11.1, 11.2: what is signed are the attributes; they name type and digest. */
function requireContent(info: SignerInfo, attributes: Attributes, content: Buffer): void {
  const type = attributes.get(id_contentType);
  if (type?.equals(tstInfoType) !== true) {
    throw new RuleError('the time stamp does not sign its content type');
  }
  const digest = attributes.get(id_messageDigest);
  const hash = requireHash(info.digestAlgorithm);
  if (!digest || !readDer(digest, 'its digest').content.equals(digestOf(hash, content))) {
    throw new RuleError('the time stamp was altered: its digest differs');
  }
}

/** RFC 5816, 2.2.1: ESSCertIDv2, whose hash is SHA-256 unless it says otherwise. */
function requireSignerNamed(attributes: Attributes, signer: Certificate): void {
  const value = attributes.get(signingCertificateV2);
  if (!value)
    throw new RuleError('the time stamp does not sign who signed it (signingCertificateV2)');
  // SigningCertificateV2 { certs { ESSCertIDv2 { [hashAlgorithm], certHash, [issuerSerial] } ... } }
  const [certs] = childrenOf(readDer(value, 'signingCertificateV2'));
  const [first] = certs ? childrenOf(certs) : [];
  const fields = first ? childrenOf(first) : [];
  const hash =
    fields[0]?.tag === 0x30
      ? requireHash(AsnConvert.parse(fields[0].raw, AlgorithmIdentifier))
      : 'sha256';
  const certHash = fields.find(({ tag }) => tag === 0x04)?.content;
  if (certHash?.equals(digestOf(hash, signer.der)) !== true) {
    throw new RuleError('the time stamp names another certificate as its signer');
  }
}

function signingTimeOf(attributes: Attributes): Date | undefined {
  const value = attributes.get(id_signingTime);
  return value && AsnConvert.parse(value, Time).getTime();
}

/** RFC 5652, 5.4: the attributes are signed under the tag of a SET, not under the one they have. */
function requireSignature(
  { signatureAlgorithm, digestAlgorithm, signature }: SignerInfo,
  attributes: DerValue | undefined,
  key: KeyObject,
): void {
  if (!attributes) throw new RuleError('the time stamp has no signed attributes');
  const input = Buffer.from(attributes.raw);
  input[0] = 0x31;
  const digest = requireHash(digestAlgorithm);
  const bytes = Buffer.from(signature.buffer);
  if (isSignedWith(key, signatureAlgorithm, input, bytes, digest)) return;
  throw new RuleError('the signature of the time stamp is not of its signer');
}

function requireHash({ algorithm }: AlgorithmIdentifier): HashName {
  const hash = hashOfOid(algorithm);
  if (hash) return hash;
  throw new RuleError('the time stamp uses a hash other than SHA-256, SHA-384 and SHA-512');
}
