/** OCSP (RFC 6960): the question about one certificate, and what the answer to it says. Pure. */
import { createHash } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  Extensions as ExtensionsSchema,
  id_kp_OCSPSigning,
  KeyUsageFlags,
} from '@peculiar/asn1-x509';
import {
  childrenOf,
  isIssuedBy,
  isValidAt,
  readAllCertificates,
  readDer,
  readExtensions,
  readTime,
  requireUnderstood,
  writeDer,
  type Certificate,
  type DerValue,
} from '../certificates/index.js';
import { readOrRefuse, RuleError } from '../rule-error.js';
import { isSignedWith } from '../x509-signature.js';
import { describeRevocation, readReason, requireFresh } from './freshness.js';

/** What a responder or a list says of a certificate. */
export interface Finding {
  readonly status: 'good' | 'revoked' | 'unknown';
  /** Of `revoked`: since when, and why. */
  readonly detail?: string;
}

/** Content type of a request (RFC 6960, A.1). */
export const ocspRequestType = 'application/ocsp-request';

/** AlgorithmIdentifier of SHA-1 with NULL: public authorities know no other hash for names. */
const sha1Algorithm = Buffer.from('300906052b0e03021a0500', 'hex');
const basicResponse = Buffer.from('06092b0601050507300101', 'hex');

/** RFC 6960, 4.2.1; 4 is not used. */
const refusals: Readonly<Record<number, string>> = {
  1: 'malformedRequest',
  2: 'internalError',
  3: 'tryLater',
  5: 'sigRequired',
  6: 'unauthorized',
};

/** The question in DER. Nothing is signed, and there is no nonce: responders answer from a store. */
export function ocspRequest(certificate: Certificate, issuer: Certificate): Buffer {
  const sequence = (...contents: readonly Buffer[]): Buffer => writeDer(0x30, ...contents);
  // OCSPRequest { TBSRequest { list { Request { CertID } } } }
  const id = sequence(sha1Algorithm, ...certificateId(certificate, issuer));
  return sequence(sequence(sequence(sequence(id))));
}

/** CertID (4.1.1) without its algorithm: hash of the issuer's name, of its key, serial number. */
function certificateId(
  { serialDer }: Certificate,
  { subjectDer, keyBits }: Certificate,
): readonly Buffer[] {
  const hashed = (bytes: Buffer): Buffer =>
    writeDer(0x04, createHash('sha1').update(bytes).digest());
  return [hashed(subjectDer), hashed(keyBits), serialDer];
}

/**
 * What the answer says of `certificate`.
 * @throws {RuleError} for one that is no answer, that does not hold now, or that neither `issuer`
 * signed nor whom it delegated.
 */
export function readOcspResponse(
  bytes: Uint8Array,
  certificate: Certificate,
  issuer: Certificate,
  now: Date,
): Finding {
  const what = 'the OCSP response';
  const response = readDer(bytes, what);
  return readOrRefuse(`${what} cannot be read`, () => {
    const basic = readDer(basicResponseIn(response), what);
    const [data, algorithm, signature, certificates] = childrenOf(basic);
    if (!data || !algorithm || !signature) throw new RuleError(`${what} is cut off`);
    requireSigner(
      issuer,
      certificates,
      (key) =>
        signature.content[0] === 0 &&
        isSignedWith(
          key.x509.publicKey,
          AsnConvert.parse(algorithm.raw, AlgorithmIdentifier),
          data.raw,
          signature.content.subarray(1),
        ),
      now,
    );
    // ResponseData { [0] version, responder, produced at, answers, [1] extensions }
    const fields = childrenOf(data);
    const [, , answers, extensions] = fields.slice(fields[0]?.tag === 0xa0 ? 1 : 0);
    requireNothingCritical(extensions);
    return readAnswer(answers, certificateId(certificate, issuer), now);
  });
}

/** OCSPResponse { status, [0] { type, bytes } } */
function basicResponseIn(response: DerValue): Buffer {
  const [status, wrapper] = childrenOf(response);
  const code = status?.tag === 0x0a && status.content.length === 1 ? status.content[0] : undefined;
  if (code === undefined) throw new RuleError('the OCSP response has no status');
  if (code !== 0) {
    throw new RuleError(`the OCSP responder refused (${refusals[code] ?? `status ${code}`})`);
  }
  const body = wrapper && childrenOf(wrapper)[0];
  const [type, bytes] = body ? childrenOf(body) : [];
  if (type?.raw.equals(basicResponse) !== true || !bytes) {
    throw new RuleError('the OCSP response is of an unknown type');
  }
  return bytes.content;
}

/** RFC 6960, 4.2.2.2: the issuer itself, or whom it gave a certificate for this purpose. */
function requireSigner(
  issuer: Certificate,
  certificates: DerValue | undefined,
  hasSigned: (certificate: Certificate) => boolean,
  now: Date,
): void {
  if (hasSigned(issuer)) return;
  const list = certificates?.tag === 0xa0 ? childrenOf(certificates)[0] : undefined;
  const delegate = readAllCertificates(
    (list ? childrenOf(list) : []).map(({ raw }) => raw),
    'the OCSP response',
  ).find(hasSigned);
  if (!delegate) {
    throw new RuleError('the OCSP response is not signed by the issuer of the certificate');
  }
  const { extendedKeyUsage, keyUsage, isStronglySigned } = delegate;
  const mayAnswer =
    isStronglySigned &&
    isIssuedBy(delegate, issuer) &&
    extendedKeyUsage?.value.includes(id_kp_OCSPSigning) === true &&
    (!keyUsage || (keyUsage.value & KeyUsageFlags.digitalSignature) !== 0);
  const name = JSON.stringify(delegate.subjectText);
  if (!mayAnswer) {
    throw new RuleError(
      `the OCSP response is signed by ${name}, to whom the issuer of the certificate gave no certificate for that`,
    );
  }
  if (!isValidAt(delegate, now)) {
    throw new RuleError(
      `the OCSP response is signed by ${name}, whose certificate is not valid now`,
    );
  }
}

/** SingleResponse { id, status, this update, [0] next update, [1] extensions } */
function readAnswer(
  answers: DerValue | undefined,
  [nameHash, keyHash, serial]: readonly Buffer[],
  now: Date,
): Finding {
  const isOurs = (answer: DerValue): boolean => {
    const id = childrenOf(answer)[0];
    const [algorithm, ...hashes] = id ? childrenOf(id) : [];
    const hash = algorithm && childrenOf(algorithm)[0];
    return (
      hash?.raw.equals(sha1Algorithm.subarray(2, 9)) === true &&
      [nameHash, keyHash, serial].every((part, at) => part && hashes[at]?.raw.equals(part))
    );
  };
  const [answer, ...others] = (answers ? childrenOf(answers) : []).filter(isOurs);
  if (!answer || others.length > 0) {
    throw new RuleError('the OCSP response is about another certificate');
  }
  const [, status, from, ...optional] = childrenOf(answer);
  const until = optional.find(({ tag }) => tag === 0xa0);
  const nextUpdate = until && childrenOf(until)[0];
  if (!status || !from) throw new RuleError('the OCSP response is cut off');
  requireNothingCritical(optional.find(({ tag }) => tag === 0xa1));
  requireFresh('the OCSP response', readTime(from), nextUpdate && readTime(nextUpdate), now);
  return readStatus(status);
}

/** [0] good, [1] { time, [0] reason } revoked, [2] unknown */
function readStatus(status: DerValue): Finding {
  switch (status.tag) {
    case 0x80:
      return { status: 'good' };
    case 0xa1: {
      const [time, reason] = childrenOf(status);
      if (!time) throw new RuleError('the OCSP response does not say when it was revoked');
      const value = reason && childrenOf(reason)[0];
      return { status: 'revoked', detail: describeRevocation(readTime(time), readReason(value)) };
    }
    case 0x82:
      return { status: 'unknown' };
    default:
      throw new RuleError('the OCSP response has a status that does not exist');
  }
}

function requireNothingCritical(extensions: DerValue | undefined): void {
  const list = extensions && childrenOf(extensions)[0];
  if (!list) return;
  const what = 'the OCSP response';
  requireUnderstood(
    readExtensions([...AsnConvert.parse(list.raw, ExtensionsSchema)], what),
    [],
    what,
  );
}
