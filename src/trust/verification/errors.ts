/** The errors of verification: each names GUN, role and the rule that was violated. */
import { TrustError } from '../../errors.js';
import type { Gun, KeyId, RoleName } from '../metadata/index.js';
import type { Signer } from '../signer.js';

const doNotUse =
  'Do not use what this data vouches for. Try again in a minute; if it stays, the trust server or ' +
  'something between you and it serves damaged or altered data: compare with another network and ' +
  'with whoever publishes the repository.';

/** Data that breaks a rule. */
export function invalidData(gun: Gun, role: RoleName, rule: string, cause?: unknown): TrustError {
  return new TrustError(
    'TRUST_DATA_INVALID',
    `The trust data of ${gun} is invalid: ${role}: ${rule}`,
    {
      remedy: doNotUse,
      ...(cause === undefined ? {} : { cause }),
    },
  );
}

/** A root that does not follow from the one trusted so far. */
export function unchainedRoot(gun: Gun, rule: string): TrustError {
  return new TrustError(
    'TRUST_DATA_INVALID',
    `The trust data of ${gun} is invalid: root: ${rule}`,
    {
      remedy:
        'The repository has a root that the one you trusted before did not sign. If its owner ' +
        'deleted its trust data and started again (switching content trust off and on does that), ' +
        'have them confirm the new root key, then remove the earlier state or change the pin. ' +
        'Otherwise treat it as an attack.',
    },
  );
}

/** Data that was valid once. */
export function expiredData(gun: Gun, role: RoleName, at: Date): TrustError {
  return new TrustError(
    'TRUST_DATA_EXPIRED',
    `The trust data of ${gun} has expired: ${role} expired at ${at.toISOString()}`,
    { remedy: renewalOf(role) },
  );
}

/** A root certificate past its date. */
export function expiredCertificate(gun: Gun, flaw: string): TrustError {
  return new TrustError(
    'TRUST_DATA_EXPIRED',
    `The trust data of ${gun} has expired: root: no root certificate is valid any more: ${flaw}`,
    {
      remedy:
        'The owner of the root key must rotate it to a new certificate and publish: "keys rotate" ' +
        'with the role root.',
    },
  );
}

/** A root that none of the user's pins vouches for. */
export function pinMismatch(gun: Gun, expected: string, found: string): TrustError {
  return new TrustError(
    'TRUST_PIN_MISMATCH',
    `The root of the trust data of ${gun} is not the pinned one: root: expected ${expected}, ` +
      `found ${found}`,
    {
      remedy:
        'If the owner of the repository rotated the root key or started its trust data anew, have ' +
        'them confirm the new key and change the pin. Otherwise treat it as an attack.',
    },
  );
}

/** A root that the record at a signing key does not name. */
export function recordMismatch(
  gun: Gun,
  { description, recordedRoots = [] }: Pick<Signer, 'description' | 'recordedRoots'>,
  presented: readonly KeyId[],
): TrustError {
  const expected = `key ID ${recordedRoots.join(' or ')} (recorded at the ${description})`;
  return new TrustError(
    'TRUST_PIN_MISMATCH',
    `The root of the trust data of ${gun} is not the recorded one: root: expected ${expected}, found key ID ${presented.join(', ')}`,
    {
      remedy: [
        `Ask the owner of the repository whether its root key is ${presented.join(', ')} now. Do not take it from the trust server.`,
        'If the owner has replaced the root key, have them correct the tag acr-content-trust-root of the signing key ("keys rotate" prints the command). Until then trust-pin, set to the root key that the owner names, goes before the record.',
        'Otherwise treat it as an attack: nothing was signed.',
      ].join('\n'),
    },
  );
}

function renewalOf(role: RoleName): string {
  switch (role) {
    case 'timestamp':
    case 'snapshot':
      return (
        `The server renews the ${role} when it is asked for it. An expired one means that its key ` +
        'is missing there, that a cache answered with an old file, or that this clock is wrong.'
      );
    case 'root':
      return (
        'The owner of the root key must sign the root again and publish it: "keys renew" with that ' +
        'key at hand does it.'
      );
    case 'targets':
      return (
        'The holder of the repository key must sign targets again and publish it: "keys renew" with ' +
        'that key at hand does it. Signing into delegations does not renew targets; "keys status" in ' +
        'a scheduled pipeline tells in time.'
      );
    default:
      return (
        `Whoever holds a key of ${role} must sign any tag into it again, which renews it, or run ` +
        '"keys renew".'
      );
  }
}
