/** What OCSP answers and CRLs have in common: when they hold, and why somebody revoked. */
import { CRLReasons } from '@peculiar/asn1-x509';
import { limits } from '../../limits.js';
import type { DerValue } from '../certificates/index.js';
import { RuleError } from '../rule-error.js';

/** @throws {RuleError} for what does not hold at `now`, or does not say until when it does. */
export function requireFresh(
  what: string,
  thisUpdate: Date,
  nextUpdate: Date | undefined,
  now: Date,
): void {
  if (thisUpdate.getTime() > now.getTime() + limits.clockSkewMs) {
    throw new RuleError(
      `${what} is not valid before ${thisUpdate.toISOString()} (is the clock of this machine right?)`,
    );
  }
  if (!nextUpdate) throw new RuleError(`${what} does not say until when it is valid (nextUpdate)`);
  if (now > nextUpdate) throw new RuleError(`${what} expired at ${nextUpdate.toISOString()}`);
}

/** The reason in an ENUMERATED (RFC 5280, 5.3.1); its absence is one too. */
export function readReason(value: DerValue | undefined): CRLReasons {
  if (!value) return CRLReasons.unspecified;
  const { tag, content } = value;
  const reasons = Object.values(CRLReasons).filter((known) => typeof known === 'number');
  const reason = reasons.find((known: number) => known === content[0]);
  if (tag === 0x0a && content.length === 1 && reason !== undefined) return reason;
  throw new RuleError('a reason for revocation is unknown');
}

/** What a revocation says, for messages. */
export function describeRevocation(time: Date, reason: CRLReasons): string {
  return `since ${time.toISOString()}, ${CRLReasons[reason]}`;
}
