/** One certificate as the rules for chains need it. Parses only; ./chain-rules.ts judges. */
import { createHash, X509Certificate } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  BasicConstraints,
  Certificate as CertificateSchema,
  ExtendedKeyUsage,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  KeyUsage,
  type AlgorithmIdentifier,
} from '@peculiar/asn1-x509';
import { childrenOf, type DerValue } from '../../der.js';
import { limits } from '../../limits.js';
import { readOrRefuse, RuleError } from '../rule-error.js';
import { fitsAlgorithm, isStrongAlgorithm } from '../x509-signature.js';
import { readDer } from './der.js';
import { readExtensions, type Extensions, type Found } from './extensions.js';
import { formatSubject, readName, type DistinguishedName } from './name.js';

/** What is in a certificate. */
export interface Certificate {
  readonly der: Buffer;
  /** For its key and its signature. */
  readonly x509: X509Certificate;
  /** Lower-case hex SHA-256 of the DER bytes. */
  readonly thumbprint: string;
  readonly subject: DistinguishedName;
  /** RFC 4514, for messages. */
  readonly subjectText: string;
  /** DER of the names, which chain byte by byte. */
  readonly subjectDer: Buffer;
  readonly issuerDer: Buffer;
  readonly serialDer: Buffer;
  /** The key as its hash is made of it (RFC 6960, 4.1.1). */
  readonly keyBits: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Whether its own signature is over SHA-256 or better, and of a kind that is known. */
  readonly isStronglySigned: boolean;
  /** Of its own signature. */
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly basicConstraints:
    Found<{ readonly isCa: boolean; readonly pathLength: number | undefined }> | undefined;
  /** Bits as in KeyUsageFlags. */
  readonly keyUsage: Found<number> | undefined;
  /** Object identifiers. */
  readonly extendedKeyUsage: Found<readonly string[]> | undefined;
  readonly extensions: Extensions;
}

/** Reads one certificate and nothing after it. @throws {RuleError} */
export function readCertificate(der: Uint8Array, what = 'the certificate'): Certificate {
  const value = readDer(der, what);
  return readOrRefuse(`${what} cannot be read`, () => read(value, what));
}

/** Reads certificates that come together. @throws {RuleError} also for more than anybody needs. */
export function readAllCertificates(
  all: readonly Uint8Array[],
  where: string,
): readonly Certificate[] {
  if (all.length > limits.certificatesPerKey) {
    throw new RuleError(`${where} has more than ${limits.certificatesPerKey} certificates`);
  }
  return all.map((der, index) => readCertificate(der, `certificate ${index + 1} of ${where}`));
}

/** Reads a chain, leaf first. @throws {RuleError} */
export function readChain(chain: readonly Uint8Array[]): readonly [Certificate, ...Certificate[]] {
  const [leaf, ...issuers] = readAllCertificates(chain, 'the chain');
  if (leaf) return [leaf, ...issuers];
  throw new RuleError('there is no certificate');
}

function read(value: DerValue, what: string): Certificate {
  const { tbsCertificate, signatureAlgorithm } = AsnConvert.parse(value.raw, CertificateSchema);
  const extensions = readExtensions(tbsCertificate.extensions ?? [], what);
  const find = <T>(id: string, parse: (bytes: Buffer) => T): Found<T> | undefined => {
    const extension = extensions.get(id);
    return extension && { ...extension, value: parse(extension.read()) };
  };
  const subject = readName(tbsCertificate.subject);
  const names = namesOf(value);
  return {
    der: value.raw,
    x509: new X509Certificate(value.raw),
    thumbprint: createHash('sha256').update(value.raw).digest('hex'),
    subject,
    subjectText: formatSubject(subject),
    ...names,
    notBefore: tbsCertificate.validity.notBefore.getTime(),
    notAfter: tbsCertificate.validity.notAfter.getTime(),
    isStronglySigned: isStrongAlgorithm(signatureAlgorithm),
    signatureAlgorithm,
    basicConstraints: find(id_ce_basicConstraints, (bytes) => {
      const { cA, pathLenConstraint } = AsnConvert.parse(bytes, BasicConstraints);
      return { isCa: cA, pathLength: pathLenConstraint };
    }),
    keyUsage: find(id_ce_keyUsage, (bytes) => AsnConvert.parse(bytes, KeyUsage).toNumber()),
    extendedKeyUsage: find(id_ce_extKeyUsage, (bytes) => [
      ...AsnConvert.parse(bytes, ExtendedKeyUsage),
    ]),
    extensions,
  };
}

/** RFC 5280, 4.1: [version], serial number, signature algorithm, issuer, validity, subject, ... */
function namesOf(certificate: DerValue) {
  const [tbs] = childrenOf(certificate);
  const fields = tbs ? childrenOf(tbs) : [];
  const isVersioned = fields[0]?.tag === 0xa0;
  const [serial, , issuer, , subject, keyInfo] = fields.slice(isVersioned ? 1 : 0);
  const key = keyInfo && childrenOf(keyInfo)[1];
  if (!serial || !issuer || !subject || !key) throw new RuleError('the certificate is cut off');
  return {
    serialDer: serial.raw,
    issuerDer: issuer.raw,
    subjectDer: subject.raw,
    // A bit string begins with the number of its unused bits.
    keyBits: key.content.subarray(1),
  };
}

/** Names chain byte by byte, and the signature is of the issuer's key. */
export function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  return certificate.issuerDer.equals(issuer.subjectDer) && isSignedWithKeyOf(certificate, issuer);
}

/** Issued by and for the same name, with its own key. */
export function isSelfSigned(certificate: Certificate): boolean {
  return isIssuedBy(certificate, certificate);
}

/** Whether it is the certificate of a signer and of nobody's authority: it issues no others. */
export function isOfSignerAlone(certificate: Certificate): boolean {
  return isSelfSigned(certificate) && certificate.basicConstraints?.value.isCa !== true;
}

function isSignedWithKeyOf(certificate: Certificate, issuer: Certificate): boolean {
  try {
    const { publicKey } = issuer.x509;
    return (
      fitsAlgorithm(publicKey, certificate.signatureAlgorithm) && certificate.x509.verify(publicKey)
    );
  } catch {
    // A key of a kind that nobody here knows.
    return false;
  }
}

/** Whether `time` lies in the validity, its ends included. */
export function isValidAt({ notBefore, notAfter }: Certificate, time: Date): boolean {
  return notBefore <= time && time <= notAfter;
}
