/** Checks of the certificates that signatures are verified by: can they be read, and when do they expire? */
import type { Certificate } from '../notation/index.js';
import type { Clock } from '../ports.js';
import { dayOf, expiresWithin } from '../trust/index.js';
import { pass, warn, type Check, type Observation } from './check.js';

/** Certificates that are trusted, and what is soon. */
export interface TrustedToCheck {
  readonly read: () => Promise<readonly Certificate[]>;
  readonly clock: Clock;
  readonly withinDays: number;
}

/** One check that has a finding for each certificate. */
export function trustedCertificateChecks(trusted: TrustedToCheck): readonly Check[] {
  const check = 'trusted certificate';
  const look = async () => (await trusted.read()).map((one) => judge(one, trusted));
  return [{ area: 'keys', check, look }];
}

function judge(
  { subjectText, notAfter, thumbprint }: Certificate,
  { clock, withinDays }: TrustedToCheck,
): Observation {
  const facts = { subject: subjectText, sha256: thumbprint, expires: notAfter.toISOString() };
  const now = clock();
  const seen = `${JSON.stringify(subjectText)}, SHA-256 ${thumbprint}`;
  if (!expiresWithin(notAfter, now, withinDays)) {
    return pass(`${seen}, until ${dayOf(notAfter)}`, { facts });
  }
  return warn(
    notAfter > now
      ? `${seen}, expires on ${dayOf(notAfter)}`
      : `${seen}, expired on ${dayOf(notAfter)}: only signatures with a time stamp from before count`,
    'Trust the certificate that follows it as well: name both until nothing that was signed under the old one is deployed.',
    { facts },
  );
}
