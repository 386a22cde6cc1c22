/**
 * Whether a time stamp may be trusted (Notary Project, signature specification, "Timestamp
 * Countersignature"): signed by an authority whose root the caller names, at the time it states.
 */
import {
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_kp_timeStamping,
} from '@peculiar/asn1-x509';
import {
  endEntityFlaws,
  isIssuedBy,
  isSelfSigned,
  isValidAt,
  requireChain,
  requireUnderstood,
  type Certificate,
  type CertificateChain,
  type Flaw,
} from '../certificates/index.js';
import { limits } from '../../limits.js';
import { RuleError, ruleOf } from '../rule-error.js';
import { openToken, type SignedMessage } from './signed-data.js';
import { readTstInfo, type StampedTime } from './tst-info.js';

/** A time stamp that may be trusted, unless a certificate of its chain was revoked. */
export interface VerifiedTimestamp extends StampedTime {
  /** From the authority's certificate to the trusted root. */
  readonly chain: CertificateChain;
}

/** The time that a token states, whoever made it; undefined where it is no time stamp of `message`. */
export function stampedTime(token: Uint8Array, message: Uint8Array): Date | undefined {
  try {
    return readTstInfo(openToken(token).content, message).time;
  } catch (error) {
    ruleOf(error);
    return undefined;
  }
}

const anyPurpose = '2.5.29.37.0';

/**
 * Verifies a token over `message`, the raw bytes of a signature.
 * @param roots self-signed roots of time stamping authorities.
 * @throws {RuleError}
 */
export function verifyToken(
  token: Uint8Array,
  message: Uint8Array,
  roots: readonly Certificate[],
): VerifiedTimestamp {
  const signed = openToken(token);
  const stamped = readTstInfo(signed.content, message);
  const chain = chainOf(signed, roots, stamped.time);
  requireChain(chain, timestampingFlaws);
  const [, ...issuers] = chain;
  if (!issuers.every(allowsTimestamping)) {
    throw new RuleError('a CA of the time stamp is not for time stamps');
  }
  for (const { extensions } of chain) {
    // The rules look at these.
    const handled = [id_ce_basicConstraints, id_ce_extKeyUsage, id_ce_keyUsage];
    requireUnderstood(extensions, handled, 'a certificate of the time stamp');
  }
  const { signingTime } = signed;
  if (signingTime && !chain.every((certificate) => isValidAt(certificate, signingTime))) {
    throw new RuleError('the signing time of the time stamp lies outside its certificates');
  }
  return { ...stamped, chain };
}

/** RFC 3161, 2.3, and the rules for the leaf of a signature, but for its key. */
function timestampingFlaws(leaf: Certificate): readonly Flaw[] {
  const usage = leaf.extendedKeyUsage;
  const isForTimestamps = usage?.value.length === 1 && usage.value[0] === id_kp_timeStamping;
  return [
    ...endEntityFlaws(leaf),
    ...(isForTimestamps ? [] : [{ rule: 'its extended key usage is not timeStamping alone' }]),
    ...(usage?.isCritical === false ? [{ rule: 'its extended key usage is not critical' }] : []),
  ];
}

/** RFC 5280, 4.2.1.12, as Go and OpenSSL read it for whole chains. */
function allowsTimestamping({ extendedKeyUsage }: Certificate): boolean {
  return (
    extendedKeyUsage?.value.some((id) => id === id_kp_timeStamping || id === anyPurpose) ?? true
  );
}

/**
 * From the signer to one of `roots`, all valid at `time`. A root is preferred to what the token has
 * under the same name: authorities send cross certificates, which lead to roots nobody named.
 */
function chainOf(
  { signer, certificates }: SignedMessage,
  roots: readonly Certificate[],
  time: Date,
): CertificateChain {
  const paths: CertificateChain[] = [[signer]];
  for (let tried = 0; tried < limits.pathSignatures; tried += 1) {
    const path = paths.shift();
    if (!path) break;
    const top = path.at(-1) ?? signer;
    const isNext = (issuer: Certificate): boolean =>
      !path.some(({ thumbprint }) => thumbprint === issuer.thumbprint) &&
      isValidAt(issuer, time) &&
      isIssuedBy(top, issuer);
    if (!isValidAt(top, time)) break;
    const root = roots.find(isNext);
    if (root) return [...path, root];
    for (const issuer of certificates) {
      if (!isSelfSigned(issuer) && isNext(issuer)) paths.push([...path, issuer]);
    }
  }
  throw new RuleError(
    `the time stamp of ${JSON.stringify(signer.subjectText)} leads to no trusted root that was valid at ${time.toISOString()}`,
  );
}
