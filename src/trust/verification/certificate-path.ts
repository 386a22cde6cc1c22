/**
 * Whether a root certificate chains to a pinned authority (RFC 5280, 6.1), for the chains that occur
 * here: a leaf with few intermediates. Where Go's crypto/x509 and OpenSSL differ, a chain must please
 * both; an extension that one of them would have to know is refused unless it is handled here.
 */
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  ExtendedKeyUsage,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_certificatePolicies,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_nameConstraints,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_codeSigning,
  id_kp_serverAuth,
  KeyUsage,
  KeyUsageFlags,
} from '@peculiar/asn1-x509';
import { limits } from '../../limits.js';
import { isKeyFor, type CertificateExtension, type CertificateFacts } from '../metadata/index.js';
import { areNamesAllowed } from './name-constraints.js';

/**
 * Purposes of which all certificates of a chain must allow one. Notary's own client asks for
 * serverAuth (trustpinning/trustpin.go), and makes its certificates for codeSigning.
 */
const purposes = [id_kp_codeSigning, id_kp_serverAuth];
const anyPurpose = '2.5.29.37.0';

const handled = new Set([
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_certificatePolicies,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_nameConstraints,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
]);

/**
 * Tells whether `leaf` is one of `anchors`, or was issued by one of them, directly or through
 * `intermediates`. The dates of the leaf are for others to judge.
 */
export function chainsTo(
  anchors: readonly CertificateFacts[],
  [leaf, ...intermediates]: readonly [CertificateFacts, ...CertificateFacts[]],
  now: Date,
): boolean {
  const first = { certificates: [leaf] };
  if (!isAcceptable(leaf)) return false;
  if (anchors.some(({ fingerprint }) => fingerprint === leaf.fingerprint)) return true;
  const unused = new Map(intermediates.map((one) => [one.fingerprint, one]));
  const paths: { readonly certificates: readonly CertificateFacts[] }[] = [first];
  // As in Go, so many signatures are checked at most: n certificates could be put in n! orders.
  let checks = 0;
  for (let path = paths.shift(); path !== undefined; path = paths.shift()) {
    const top = path.certificates.at(-1) ?? leaf;
    const used = new Set(path.certificates.map(({ fingerprint }) => fingerprint));
    for (const [isAnchor, candidates] of [
      [true, anchors],
      [false, [...unused.values()]],
    ] as const) {
      for (const issuer of candidates) {
        if (used.has(issuer.fingerprint) || !mayIssue(issuer, path.certificates, now)) continue;
        checks += 1;
        if (checks > limits.pathSignatures) return false;
        if (!hasSigned(issuer, top)) continue;
        const certificates = [...path.certificates, issuer];
        if (isAnchor) {
          if (allowOnePurpose(certificates)) return true;
        } else paths.push({ certificates });
      }
    }
  }
  return false;
}

/** All but the signature: whether `issuer` may stand above `below`, which begins with the leaf. */
function mayIssue(
  issuer: CertificateFacts,
  below: readonly CertificateFacts[],
  now: Date,
): boolean {
  // RFC 5280, 6.1.3 (a)(2): the dates.
  if (now < issuer.notBefore || issuer.notAfter < now) return false;
  // 6.1.4 (k): a CA.
  if (!issuer.isCa || !isAcceptable(issuer)) return false;
  // 6.1.4 (l), (m): the path length; as Go counts it, self-issued certificates included.
  if (issuer.pathLength !== undefined && issuer.pathLength < below.length - 1) return false;
  // 6.1.4 (n): the key is for certificates.
  const usage = extensionOf(issuer, id_ce_keyUsage);
  if (usage !== undefined && !isForCertificates(usage)) return false;
  // 6.1.3 (b), (c): the names of all below.
  const constraints = extensionOf(issuer, id_ce_nameConstraints);
  return constraints === undefined || areNamesAllowed(constraints, below);
}

/**
 * 6.1.3 (a)(1), (4): names chain, and the signature is the issuer's, of an algorithm that vouches
 * for anything. How an authority signed itself does not matter.
 */
function hasSigned(issuer: CertificateFacts, subject: CertificateFacts): boolean {
  try {
    const { publicKey } = issuer.x509;
    return (
      subject.signatureAlgorithm !== undefined &&
      isKeyFor(subject.signatureAlgorithm, publicKey) &&
      subject.x509.checkIssued(issuer.x509) &&
      subject.x509.verify(publicKey)
    );
  } catch {
    // A key of a kind that nobody here knows.
    return false;
  }
}

/** 6.1.4 (o), 6.1.5 (f): no critical extension that is not handled, and none twice (4.2). */
function isAcceptable({ extensions }: CertificateFacts): boolean {
  const ids = extensions.map(({ id }) => id);
  return (
    new Set(ids).size === ids.length &&
    extensions.every(({ isCritical, id }) => !isCritical || handled.has(id))
  );
}

function isForCertificates(usage: CertificateExtension): boolean {
  const flags = readOrNone(() => AsnConvert.parse(usage.value, KeyUsage).toNumber());
  return flags !== undefined && (flags & KeyUsageFlags.keyCertSign) !== 0;
}

/** 4.2.1.12, for whole chains as both verifiers read it: each certificate narrows what is below. */
function allowOnePurpose(certificates: readonly CertificateFacts[]): boolean {
  return purposes.some((purpose) =>
    certificates.every((certificate) => {
      const usage = extensionOf(certificate, id_ce_extKeyUsage);
      if (usage === undefined) return true;
      const ids = readOrNone(() => [...AsnConvert.parse(usage.value, ExtendedKeyUsage)]);
      return ids?.some((id) => id === purpose || id === anyPurpose) === true;
    }),
  );
}

function extensionOf(
  { extensions }: CertificateFacts,
  id: string,
): CertificateExtension | undefined {
  return extensions.find((one) => one.id === id);
}

/** What `read` gives, or undefined where the bytes are not what they should be. */
function readOrNone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
