/** The errors of verification: each names GUN, role and the rule that was violated. */
import { TrustError } from '../../errors.js';
import type { Gun, KeyId, RoleName } from '../metadata/index.js';
import type { Signer } from '../signer.js';

const doNotUse =
  'Do not use images that depend on this data. Try again in a minute. If the error persists, the trust server or a proxy in front of it serves damaged or altered data: compare from another network, and ask the publisher of the repository.';

/** Data that breaks a rule. */
export function invalidData(gun: Gun, role: RoleName, rule: string, cause?: unknown): TrustError {
  return new TrustError(
    'TRUST_DATA_INVALID',
    `The trust data of ${gun} is invalid: ${role}: ${rule}`,
    {
      remedy: doNotUse,
      cause,
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
        'The repository has a root that the one you trusted before did not sign. If its owner deleted its trust data and started again (switching content trust off and on does that), ask them to confirm the new root key, then remove the earlier state or change the pin. Otherwise treat it as an attack.',
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
        'If the owner of the repository rotated the root key or initialised its trust data again, ask them to confirm the new key and change the pin. Otherwise treat it as an attack.',
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
        'If the owner has replaced the root key, ask them to correct the tag acr-content-trust-root of the signing key ("keys rotate" prints the command). Until then, set `trust-pin` to the root key that the owner names: it overrides the record.',
        'Otherwise treat it as an attack: nothing was signed.',
      ].join('\n'),
    },
  );
}

function renewalOf(role: RoleName): string {
  switch (role) {
    case 'timestamp':
    case 'snapshot':
      return `The server renews the ${role} on request. An expired one means that the server lacks its key, that a cache served an old file, or that the clock of this machine is wrong.`;
    case 'root':
      return 'The owner of the root key must renew the root: run "keys renew" with that key.';
    case 'targets':
      return 'The holder of the repository key must renew targets: run "keys renew" with that key. Signing into delegations does not renew targets; "keys status" in a scheduled pipeline warns in time.';
    default:
      return `A holder of a key of ${role} must sign a tag into it, which renews it, or run "keys renew".`;
  }
}
