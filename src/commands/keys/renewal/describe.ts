/** Words for what ends, and for who can put it off: in tables, errors and remedies. Pure. */
import { TrustError } from '../../../errors.js';
import {
  isDue,
  isClientRenewed,
  type Gun,
  type KeyId,
  type RoleExpiry,
} from '../../../trust/index.js';

/** A key ID short enough for a table, long enough to be found. */
export function shortId(keyId: KeyId): string {
  return keyId.slice(0, 12);
}

/** What ends: a role, or the certificate of the root key. */
export function nameOf({ role, part }: Pick<RoleExpiry, 'role' | 'part'>): string {
  return part === 'certificate' ? `${role} certificate` : role;
}

/** The cell that says who can put the end off. */
export function renewableBy(renewal: RoleExpiry): string {
  const { remedy, state } = renewal;
  switch (remedy.kind) {
    case 'server':
      if (state === 'expired') return 'the server, which has not done so';
      return remedy.isKnown ? 'the server' : 'the server, presumably';
    case 'keys':
      return holdersOf(renewal);
    case 'rotation':
      return `keys rotate --role ${remedy.role}, with ${holdersOf(renewal)}`;
    case 'signing':
      return state === 'not published' ? '-' : 'signing a tag into it';
    case 'others':
      return `none at hand: ${neededKeys(renewal, shortId)}${remedy.rotation ? ` (keys rotate --role ${remedy.rotation})` : ''}`;
  }
}

/** The keys at hand, by where they are. */
function holdersOf({ available }: RoleExpiry): string {
  return available.map(({ description }) => description).join(', ');
}

/** Which keys it takes, and how many of them. */
export function neededKeys(
  { keyIds, threshold }: Pick<RoleExpiry, 'keyIds' | 'threshold'>,
  format: (keyId: KeyId) => string = (keyId) => keyId,
): string {
  if (keyIds.length === 0) return 'no key that can be read';
  const ids = keyIds.map(format).join(keyIds.length > threshold ? ' or ' : ' and ');
  return threshold > 1 ? `${threshold} of ${keyIds.map(format).join(', ')}` : `key ${ids}`;
}

/** Whole days until then, rounded down; negative when it is over. */
export function daysUntil(expires: Date, now: Date): number {
  return Math.floor((expires.getTime() - now.getTime()) / (24 * 60 * 60 * 1000));
}

/** What a person has to see to, a role of the server that has expired included. */
export function troublesOf(renewals: readonly RoleExpiry[]): readonly RoleExpiry[] {
  return renewals.filter((one) => (isClientRenewed(one) ? isDue(one) : one.state === 'expired'));
}

/** The first end that no server puts off. */
export function firstEnd(renewals: readonly RoleExpiry[]): Date | undefined {
  const ends = renewals.filter(isClientRenewed).flatMap(({ expires }) => expires?.getTime() ?? []);
  return ends.length === 0 ? undefined : new Date(Math.min(...ends));
}

/** The error for what has expired or does so soon; undefined when nothing does. */
export function expiryError(
  gun: Gun,
  troubles: readonly RoleExpiry[],
  withinDays: number,
): TrustError | undefined {
  if (troubles.length === 0) return undefined;
  const remedy = remedyFor(troubles);
  const expired = troubles.filter(({ state }) => state === 'expired');
  const soon = troubles
    .filter(({ state }) => state === 'expiring')
    .map((one) => `${nameOf(one)} on ${one.expires?.toISOString().slice(0, 10) ?? ''}`);
  if (expired.length === 0) {
    return new TrustError(
      'TRUST_DATA_EXPIRING',
      `The trust data of ${gun} expires within ${withinDays} days: ${soon.join(', ')}.`,
      { remedy },
    );
  }
  const over = expired.map(
    (one) => `${nameOf(one)} expired at ${one.expires?.toISOString() ?? ''}`,
  );
  const next =
    soon.length > 0 ? ` Within ${withinDays} days more expires: ${soon.join(', ')}.` : '';
  return new TrustError(
    'TRUST_DATA_EXPIRED',
    `The trust data of ${gun} has expired: ${over.join(', ')}.${next}`,
    { remedy },
  );
}

/** What to do about all of it, each thing once. */
export function remedyFor(troubles: readonly RoleExpiry[]): string {
  return [...new Set(troubles.map(remedyOf))].join(' ');
}

function remedyOf(renewal: RoleExpiry): string {
  const { remedy } = renewal;
  switch (remedy.kind) {
    case 'keys':
      return `"keys renew" signs it again with the keys at hand: ${holdersOf(renewal)}.`;
    case 'rotation':
      return `${rotationOf(remedy.role)} with ${holdersOf(renewal)}.`;
    case 'server':
      return `The server renews the ${renewal.role} when it is asked for it. An expired one means that its key is missing there, that a cache answered with an old file, or that this clock is wrong.`;
    case 'signing':
      return `Whoever holds a key of ${renewal.role} must sign a tag into it again.`;
    case 'others': {
      const what = remedy.rotation
        ? `${rotationOf(remedy.rotation)}, with`
        : `Run "keys renew", for ${renewal.role} with`;
      return `${what} ${neededKeys(renewal)}, which is not at hand here. If it is lost, "keys lost" says what is left to do.`;
    }
  }
}

function rotationOf(role: 'root' | 'snapshot'): string {
  return role === 'root'
    ? 'Signing again gives a certificate no later date. Give the root a new one: "keys rotate --role root"'
    : 'A client keeps the snapshot key, without which the server cannot publish. Hand the role over to it: "keys rotate --role snapshot"';
}
