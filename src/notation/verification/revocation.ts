/** What a verifier needs to be told of revocation; finding it out takes OCSP and CRLs. */
import type { Certificate, CertificateChain } from '../certificates/index.js';

/** What is known of a certificate that is not a root. */
export interface RevocationStatus {
  readonly certificate: Certificate;
  /** `none`: the certificate names nobody to ask, which is no failure. */
  readonly status: 'good' | 'none' | 'revoked' | 'unknown';
  /** Of `revoked` and `unknown`: who says so, or who could not be asked. */
  readonly detail?: string;
}

/** Finds out about all certificates of a chain but its root. */
export type RevocationCheck = (chain: CertificateChain) => Promise<readonly RevocationStatus[]>;

/** How whoever cannot reach anybody gets on; behind a firewall nothing else is asked as often. */
const wayOut = 'let this machine reach this address, directly or through the proxy in HTTP_PROXY';

/**
 * Why the chain may not be trusted, or undefined where it may.
 * @param override what the policy can say instead, in the words of the remedy.
 */
export function revocationFlaw(
  { length }: CertificateChain,
  statuses: readonly RevocationStatus[],
  override = '',
): string | undefined {
  const revoked = statuses.find(({ status }) => status === 'revoked');
  const unknown = statuses.find(({ status }) => status === 'unknown');
  const found = revoked ?? unknown;
  if (found) {
    const { certificate, detail } = found;
    const what = revoked ? 'is revoked' : 'has an unknown revocation status';
    const why = detail === undefined ? '' : ` (${detail})`;
    const remedy = revoked ? '' : `; ${wayOut}${override}`;
    return `the certificate ${JSON.stringify(certificate.subjectText)} ${what}${why}${remedy}`;
  }
  // One answer for each certificate but the root: what nobody asked about is not known.
  return statuses.length < length - 1
    ? 'the revocation status of a certificate is unknown'
    : undefined;
}
