/**
 * What a root certificate must be (tuf/utils/x509.go ValidateCertificate, trustpinning/certs.go
 * validRootLeafCerts). Its own signature, key usage and extended key usage are not looked at there,
 * nor here: the root document vouches for the certificate, not the other way round.
 */
import { createHash, X509Certificate, type KeyObject } from 'node:crypto';
import { childrenOf, DerError, openDer, readObjectId, readTime, type DerValue } from '../../der.js';
import { x509AlgorithmOf, type X509Algorithm } from './x509-algorithm.js';
import { decodeBase64 } from './base64.js';
import { MetadataError } from './error.js';
import { keyObjectOf, minRsaBits } from './keys.js';
import { decodeCertificates } from './pem.js';
import { memoized } from './memoized.js';
import type { Gun, PublicKey } from './types.js';

const commonNameId = '2.5.4.3';
const basicConstraintsId = '2.5.29.19';
const dayMs = 24 * 60 * 60 * 1000;

/** Signature algorithms over SHA-1 or MD5, by OID: RSA, DSA and ECDSA. */
const weakSignatures = new Set([
  '1.2.840.113549.1.1.4',
  '1.2.840.113549.1.1.5',
  '1.2.840.10040.4.3',
  '1.2.840.10045.4.1',
]);

/** One attribute of a name. */
interface NameAttribute {
  readonly id: string;
  readonly text: string;
}

/** One extension, not read any further. */
export interface CertificateExtension {
  readonly id: string;
  readonly isCritical: boolean;
  readonly value: Buffer;
}

/** What our checks need to know of one certificate. */
export interface CertificateFacts {
  readonly der: Buffer;
  readonly x509: X509Certificate;
  /** The attributes of the subject, in its order. */
  readonly subject: readonly NameAttribute[];
  readonly extensions: readonly CertificateExtension[];
  /** The last common name of the subject, as Go takes it; empty without one. */
  readonly commonName: string;
  readonly isCa: boolean;
  /** How many CAs may stand between this one and a leaf; undefined means any number. */
  readonly pathLength: number | undefined;
  /** Whether Notary refuses it for the algorithm of its signature, as a root of its own as well. */
  readonly isWeaklySigned: boolean;
  /** Undefined for one by which no certificate vouches for another. */
  readonly signatureAlgorithm: X509Algorithm | undefined;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Lower-case hex SHA-256 of the DER bytes. */
  readonly fingerprint: string;
}

/** The certificates of an x509 key, leaf first. @throws {MetadataError} */
export const certificatesOf = memoized(
  (key): readonly [CertificateFacts, ...CertificateFacts[]] => {
    const pem = decodeBase64(key.keyval.public, 'the certificate').toString('latin1');
    const [leaf, ...rest] = decodeCertificates(pem);
    return [certificateFactsOf(leaf), ...rest.map(certificateFactsOf)];
  },
);

/** Which rules a root certificate is held to. */
interface RootCertificateRules {
  readonly gun: Gun;
  /** Left out, the validity period is not checked: old roots are judged by their successors. */
  readonly now?: Date;
  /**
   * Whether a common name `prefix*` may stand for every GUN below it, `*` for all. Notary allows
   * it; we do not by default, since such a certificate vouches for names it never saw.
   */
  readonly allowWildcard?: boolean;
}

/** Why `key` cannot be a root key of the GUN, or undefined if it can. */
export function rootCertificateFlaw(
  key: PublicKey,
  rules: RootCertificateRules,
): string | undefined {
  if (!key.keytype.endsWith('-x509')) return `it is a bare ${key.keytype} key, not a certificate`;
  try {
    const [leaf, ...intermediates] = certificatesOf(key);
    if (!matchesGun(leaf.commonName, rules)) {
      return `its common name is ${JSON.stringify(leaf.commonName)}`;
    }
    if (leaf.isCa) return 'it is a CA certificate';
    if (intermediates.some((certificate) => !certificate.isCa)) {
      return 'it comes with more than one certificate that is not a CA';
    }
    return (
      weaknessOf(leaf, keyObjectOf(key)) ??
      validityFlaw(leaf, rules.now) ??
      intermediatesFlaw(intermediates, rules.now)
    );
  } catch (error) {
    if (error instanceof MetadataError) return error.message;
    throw error;
  }
}

/**
 * Why the certificate of a delegation's key makes Notary refuse all trust data, or undefined if it
 * does not. Its names and dates do not matter: the expiry of the role does (tuf/tuf.go
 * GetDelegationRole). A certificate that cannot be read is no reason; it signs nothing either.
 * @param now given where a key is to be added: then, and only then, Notary looks at the dates
 * (tuf/utils/x509.go ParsePEMPublicKey).
 */
export function delegationCertificateFlaw(key: PublicKey, now?: Date): string | undefined {
  if (!key.keytype.endsWith('-x509')) return undefined;
  try {
    const [leaf] = certificatesOf(key);
    return weaknessOf(leaf, keyObjectOf(key)) ?? validityFlaw(leaf, now);
  } catch (error) {
    if (error instanceof MetadataError) return undefined;
    throw error;
  }
}

function weaknessOf(leaf: CertificateFacts, key: KeyObject): string | undefined {
  if (leaf.isWeaklySigned) return 'it is signed with SHA-1 or MD5';
  const bits = key.asymmetricKeyDetails?.modulusLength ?? minRsaBits;
  return bits < minRsaBits ? `its RSA key is shorter than ${minRsaBits} bits` : undefined;
}

function matchesGun(commonName: string, rules: RootCertificateRules): boolean {
  if (commonName === rules.gun) return true;
  if (rules.allowWildcard !== true || !commonName.endsWith('*')) return false;
  return rules.gun.startsWith(commonName.slice(0, -1));
}

function validityFlaw(leaf: CertificateFacts, now: Date | undefined): string | undefined {
  if (leaf.notBefore > leaf.notAfter) return 'it ends before it begins';
  if (now === undefined) return undefined;
  if (leaf.notAfter < now) return `it expired on ${leaf.notAfter.toISOString()}`;
  if (leaf.notBefore.getTime() > now.getTime() + dayMs) {
    return `it is not valid before ${leaf.notBefore.toISOString()}`;
  }
  return undefined;
}

function intermediatesFlaw(
  intermediates: readonly CertificateFacts[],
  now: Date | undefined,
): string | undefined {
  const weak = intermediates.find(({ isWeaklySigned }) => isWeaklySigned);
  if (weak)
    return `its intermediate ${JSON.stringify(weak.commonName)} is signed with SHA-1 or MD5`;
  const expired = intermediates.find(({ notAfter }) => now !== undefined && notAfter < now);
  return expired && `its intermediate ${JSON.stringify(expired.commonName)} has expired`;
}

/** Reads one certificate. @throws {MetadataError} */
export function certificateFactsOf(der: Buffer): CertificateFacts {
  try {
    return readFacts(der);
  } catch (cause) {
    throw new MetadataError('the certificate cannot be read', { cause });
  }
}

/**
 * RFC 5280, 4.1. OpenSSL reads the certificate as well, and refuses whatever is wrong with the rest of it.
 * The ASN.1 library is not asked: to load it takes as long as all other checks of trust data.
 */
function readFacts(der: Buffer): CertificateFacts {
  const [tbs, algorithm] = sequence(openDer(der));
  const all = sequence(tbs);
  // The version is left out of the first.
  const fields = all[0]?.tag === 0xa0 ? all.slice(1) : all;
  const [, , , validity, subjectName, , ...optional] = fields;
  const [notBefore, notAfter] = sequence(validity).map(readTime);
  const [algorithmId] = sequence(algorithm);
  const subject = sequence(subjectName).flatMap(setOf).map(readAttribute);
  const inTag = optional.find(({ tag }) => tag === 0xa3);
  const extensions = inTag ? childrenOf(inTag).flatMap(sequence).map(readExtension) : [];
  const constraints = extensions.find(({ id }) => id === basicConstraintsId);
  const [isCa, pathLength] = constraints ? readBasicConstraints(constraints.value) : [false];
  if (!notBefore || !notAfter || !algorithm || !algorithmId) throw new DerError('cut off');
  return {
    der,
    x509: new X509Certificate(der),
    subject,
    extensions,
    commonName: subject.findLast(({ id }) => id === commonNameId)?.text ?? '',
    isCa,
    pathLength,
    isWeaklySigned: weakSignatures.has(readObjectId(algorithmId)),
    signatureAlgorithm: x509AlgorithmOf(algorithm),
    notBefore,
    notAfter,
    fingerprint: createHash('sha256').update(der).digest('hex'),
  };
}

function sequence(value: DerValue | undefined): readonly DerValue[] {
  if (value?.tag !== 0x30) throw new DerError('no sequence');
  return childrenOf(value);
}

function setOf(value: DerValue): readonly DerValue[] {
  if (value.tag !== 0x31) throw new DerError('no set');
  return childrenOf(value);
}

function readAttribute(attribute: DerValue): NameAttribute {
  const [id, value] = sequence(attribute);
  if (!id || !value) throw new DerError('cut off');
  return { id: readObjectId(id), text: textOf(value) };
}

/** A text of a name; of a kind that no client reads, its bytes. */
function textOf({ tag, content, raw }: DerValue): string {
  if (tag === 0x0c) return content.toString();
  // PrintableString, TeletexString, IA5String.
  if (tag === 0x13 || tag === 0x14 || tag === 0x16) return content.toString('latin1');
  return tag === 0x1e ? new TextDecoder('utf-16be').decode(content) : raw.toString('hex');
}

function readExtension(extension: DerValue): CertificateExtension {
  const [id, ...rest] = sequence(extension);
  const value = rest.at(-1);
  if (!id || value?.tag !== 0x04) throw new DerError('no extension');
  return {
    id: readObjectId(id),
    isCritical: rest[0]?.tag === 0x01 && rest[0].content[0] !== 0,
    value: value.content,
  };
}

/** Whether it is a CA's, and how many may stand below (RFC 5280, 4.2.1.9). */
function readBasicConstraints(value: Buffer): readonly [boolean, number?] {
  const fields = [...sequence(openDer(value))];
  const flag = fields[0]?.tag === 0x01 ? fields.shift() : undefined;
  const [length, ...others] = fields;
  const isCa = flag !== undefined && flag.content[0] !== 0;
  if (!length) return [isCa];
  const { tag, content } = length;
  const [first = 0x80] = content;
  if (others.length > 0 || tag !== 0x02 || first >= 0x80 || content.length > 4) {
    throw new DerError('no basic constraints');
  }
  return [isCa, content.readUIntBE(0, content.length)];
}
