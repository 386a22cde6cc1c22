/**
 * Certificate revocation lists (RFC 5280, 5 and 6.3): signed by the issuer, complete or a delta to a
 * complete one. A list may have a million entries, so its signature is checked first, and it is
 * read where it lies. Pure.
 */
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  CRLReasons,
  Extensions as ExtensionsSchema,
  id_ce_cRLNumber,
  id_ce_cRLReasons,
  id_ce_deltaCRLIndicator,
  id_ce_freshestCRL,
  id_ce_invalidityDate,
  id_ce_issuingDistributionPoint,
  IssuingDistributionPoint,
  KeyUsageFlags,
} from '@peculiar/asn1-x509';
import {
  childrenOf,
  eachChildOf,
  readDer,
  readExtensions,
  readLargeDer,
  readTime,
  requireUnderstood,
  type Certificate,
  type DerValue,
  type Extensions,
} from '../certificates/index.js';
import { readOrRefuse, RuleError } from '../rule-error.js';
import { isSignedWith } from '../x509-signature.js';
import { crlAddresses, namesOf } from './addresses.js';
import { describeRevocation, readReason, requireFresh } from './freshness.js';
import type { Finding } from './ocsp.js';

/** A list that the issuer of a certificate signed, and that holds now. */
export interface Crl {
  readonly extensions: Extensions;
  /** What it says of the certificate that it was read for. */
  readonly entries: readonly Entry[];
}

interface Entry {
  readonly time: Date;
  readonly reason: CRLReasons;
}

/** In an extension that is critical, and perhaps in others. */
const criticalMark = Buffer.from('0101ff', 'hex');

/**
 * Reads a list for `certificate`.
 * @throws {RuleError} for one that `issuer` did not sign, or that does not hold at `now`.
 */
export function readCrl(
  bytes: Buffer,
  certificate: Certificate,
  issuer: Certificate,
  now: Date,
): Crl {
  return readOrRefuse('the CRL cannot be read', () =>
    readLargeDer(bytes, 'the CRL', (list) => {
      const [signed, algorithm, signature, ...rest] = childrenOf(list);
      if (!signed || !algorithm || !signature || rest.length > 0) {
        throw new RuleError('the CRL is cut off');
      }
      requireSignature(issuer, signed, algorithm, signature);
      const fields = childrenOf(signed);
      const [inner, name, from, ...optional] = fields.slice(fields[0]?.tag === 0x02 ? 1 : 0);
      if (!inner?.raw.equals(algorithm.raw) || !name?.raw.equals(issuer.subjectDer) || !from) {
        throw new RuleError('the CRL is not of the issuer of the certificate');
      }
      const until = optional.find(({ tag }) => tag === 0x17 || tag === 0x18);
      requireFresh('the CRL', readTime(from), until && readTime(until), now);
      const wrapper = optional.find(({ tag }) => tag === 0xa0);
      const extensions = extensionsIn(wrapper && childrenOf(wrapper)[0]);
      const understood = [id_ce_issuingDistributionPoint, id_ce_deltaCRLIndicator];
      requireUnderstood(extensions, understood, 'the CRL');
      const entries = optional.find(({ tag }) => tag === 0x30);
      return { extensions, entries: entries ? entriesFor(certificate, entries) : [] };
    }),
  );
}

function requireSignature(
  { x509, keyUsage, subjectText }: Certificate,
  signed: DerValue,
  algorithm: DerValue,
  signature: DerValue,
): void {
  if (keyUsage && (keyUsage.value & KeyUsageFlags.cRLSign) === 0) {
    throw new RuleError(
      `${JSON.stringify(subjectText)} may not sign CRLs (its key usage lacks cRLSign)`,
    );
  }
  const { raw } = readDer(algorithm.raw, 'the algorithm of the CRL');
  const isSigned =
    signature.content[0] === 0 &&
    isSignedWith(
      x509.publicKey,
      AsnConvert.parse(raw, AlgorithmIdentifier),
      signed.raw,
      signature.content.subarray(1),
    );
  if (!isSigned) throw new RuleError('the CRL is not signed by the issuer of the certificate');
}

/** { serial number, time, extensions } */
function entriesFor({ serialDer }: Certificate, list: DerValue): readonly Entry[] {
  const found: Entry[] = [];
  for (const entry of eachChildOf(list)) {
    const [serial, time, more] = childrenOf(entry);
    // RFC 5280, 5.3: what is critical and unknown in any entry spoils the whole list.
    const isCritical = more?.content.includes(criticalMark) === true;
    const isOurs = serial?.raw.equals(serialDer) === true;
    if (!isCritical && !isOurs) continue;
    const extensions = extensionsIn(more);
    requireUnderstood(extensions, [id_ce_cRLReasons, id_ce_invalidityDate], 'an entry of the CRL');
    if (!isOurs) continue;
    if (!time) throw new RuleError('the CRL is cut off');
    const reason = extensions.get(id_ce_cRLReasons)?.read();
    found.push({
      time: readTime(time),
      reason: readReason(reason && readDer(reason, 'the reason')),
    });
  }
  return found;
}

function extensionsIn(value: DerValue | undefined): Extensions {
  const list = value ? [...AsnConvert.parse(value.raw, ExtensionsSchema)] : [];
  return readExtensions(list, 'the CRL');
}

/**
 * A complete list says nothing of what lies outside of its scope (6.3.3, b).
 * @param addresses of the lists that the certificate names.
 * @throws {RuleError} for a list that is no complete one for `certificate`.
 */
export function requireComplete(
  { extensions }: Crl,
  { basicConstraints }: Certificate,
  addresses: readonly string[],
): void {
  if (extensions.has(id_ce_deltaCRLIndicator)) {
    throw new RuleError('the CRL is a delta to another one');
  }
  const scope = extensions.get(id_ce_issuingDistributionPoint);
  if (!scope) return;
  const {
    distributionPoint,
    onlyContainsUserCerts,
    onlyContainsCACerts,
    onlyContainsAttributeCerts,
    onlySomeReasons,
    indirectCRL,
  } = readOrRefuse('the scope of the CRL cannot be read', () =>
    AsnConvert.parse(scope.read(), IssuingDistributionPoint),
  );
  const isCa = basicConstraints?.value.isCa === true;
  const isOther =
    (distributionPoint && !namesOf(distributionPoint).some((name) => addresses.includes(name))) ??
    false;
  const isPartial = isCa ? onlyContainsUserCerts : onlyContainsCACerts;
  if (isOther || isPartial || onlyContainsAttributeCerts || onlySomeReasons || indirectCRL) {
    throw new RuleError('the CRL is for other certificates (issuingDistributionPoint)');
  }
}

/** Where deltas to `crl` are; the certificate may say so too. @throws {RuleError} */
export function deltaAddresses(crl: Crl, certificate: Certificate): readonly string[] {
  return readOrRefuse('the addresses of delta CRLs cannot be read', () => {
    const addresses = crlAddresses(crl.extensions, id_ce_freshestCRL);
    return addresses.length > 0
      ? addresses
      : crlAddresses(certificate.extensions, id_ce_freshestCRL);
  });
}

/** @throws {RuleError} for a list that is no delta to `complete` (5.2.4). */
export function requireDelta(delta: Crl, complete: Crl): void {
  const base = numberIn(delta, id_ce_deltaCRLIndicator);
  const [number, completeNumber] = [delta, complete].map((crl) => numberIn(crl, id_ce_cRLNumber));
  if (base === undefined || number === undefined || completeNumber === undefined) {
    throw new RuleError('the delta CRL and the CRL it completes have no numbers');
  }
  const [scope, completeScope] = [delta, complete].map(({ extensions }) =>
    extensions.get(id_ce_issuingDistributionPoint)?.read().toString('hex'),
  );
  if (base > completeNumber || number < completeNumber || scope !== completeScope) {
    throw new RuleError(
      `the delta CRL (number ${number}, to ${base}) does not complete the CRL (number ${completeNumber})`,
    );
  }
}

function numberIn({ extensions }: Crl, id: string): bigint | undefined {
  const value = extensions.get(id)?.read();
  if (!value) return undefined;
  const { tag, content } = readDer(value, 'the number of the CRL');
  const isNumber = tag === 0x02 && content.length <= 21 && (content[0] ?? 0x80) < 0x80;
  if (isNumber) return BigInt(`0x${content.toString('hex')}`);
  throw new RuleError('the number of the CRL is not a number');
}

/** Only a hold can be lifted, by a later list; all else is for good (5.3.1). */
export function findingIn(...lists: readonly Crl[]): Finding {
  const entries = lists.flatMap((list) => list.entries);
  const isLasting = ({ reason }: Entry): boolean =>
    reason !== CRLReasons.certificateHold && reason !== CRLReasons.removeFromCRL;
  const entry = entries.find(isLasting) ?? entries.at(-1);
  if (!entry || entry.reason === CRLReasons.removeFromCRL) return { status: 'good' };
  return { status: 'revoked', detail: describeRevocation(entry.time, entry.reason) };
}
