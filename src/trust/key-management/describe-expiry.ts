/** Says what expires, who can renew it and how: in errors, remedies and reports. Pure. */
import { TrustError } from '../../errors.js';
import type { Gun, KeyId } from '../metadata/index.js';
import { isClientRenewed, isDue, type RoleExpiry } from './expiry.js';

/** What expires: a role, or the certificate of the root key. */
export function nameOfExpiry({ role, part }: Pick<RoleExpiry, 'role' | 'part'>): string {
  return part === 'certificate' ? `${role} certificate` : role;
}

/** The day of a date, for a table or a sentence. */
export function dayOf(date: Date | undefined): string {
  return date?.toISOString().slice(0, 10) ?? '-';
}

/** The available keys, by where they are. */
function ownersOf({ available }: RoleExpiry): string {
  return available.map(({ description }) => description).join(', ');
}

/** Who can renew it, for a table. */
export function renewableBy(expiry: RoleExpiry): string {
  const { remedy, state } = expiry;
  switch (remedy.kind) {
    case 'server':
      if (state === 'expired') return 'the server, which has not renewed it';
      return remedy.isKnown ? 'the server' : 'the server, presumably';
    case 'keys':
      return ownersOf(expiry);
    case 'rotation':
      return `keys rotate --role ${remedy.role}, with ${ownersOf(expiry)}`;
    case 'signing':
      return state === 'not published' ? '-' : 'signing a tag into it';
    case 'others': {
      const rotation = remedy.rotation ? ` (keys rotate --role ${remedy.rotation})` : '';
      return `${neededKeys(expiry, (keyId) => keyId.slice(0, 12))}, not available${rotation}`;
    }
  }
}

/** Which keys are needed, and how many of them. */
export function neededKeys(
  { keyIds, threshold }: Pick<RoleExpiry, 'keyIds' | 'threshold'>,
  format: (keyId: KeyId) => string = (keyId) => keyId,
): string {
  if (keyIds.length === 0) return 'no key that can be read';
  const ids = keyIds.map(format);
  if (threshold > 1) return `${threshold} of ${ids.join(', ')}`;
  return `key ${ids.join(' or ')}`;
}

/** What a person has to see to, an expired role of the server included. */
export function troublesOf(expiries: readonly RoleExpiry[]): readonly RoleExpiry[] {
  return expiries.filter((one) => (isClientRenewed(one) ? isDue(one) : one.state === 'expired'));
}

/** The first expiry of what the server does not renew. */
export function firstRoleExpiry(expiries: readonly RoleExpiry[]): string | undefined {
  return expiries
    .filter(isClientRenewed)
    .flatMap(({ expires }) => expires?.toISOString() ?? [])
    .sort()[0];
}

/** The error for what has expired or does so soon; undefined when nothing does. */
export function expiryError(
  gun: Gun,
  troubles: readonly RoleExpiry[],
  withinDays: number,
): TrustError | undefined {
  if (troubles.length === 0) return undefined;
  const remedy = remedyFor(troubles);
  const soon = troubles
    .filter(({ state }) => state === 'expiring')
    .map((one) => `${nameOfExpiry(one)} on ${dayOf(one.expires)}`)
    .join(', ');
  const expired = troubles
    .filter(({ state }) => state === 'expired')
    .map((one) => `${nameOfExpiry(one)} expired at ${one.expires?.toISOString() ?? ''}`)
    .join(', ');
  if (expired === '') {
    const message = `The trust data of ${gun} expires within ${withinDays} days: ${soon}.`;
    return new TrustError('TRUST_DATA_EXPIRING', message, { remedy });
  }
  const next = soon === '' ? '' : ` Within ${withinDays} days more expires: ${soon}.`;
  const message = `The trust data of ${gun} has expired: ${expired}.${next}`;
  return new TrustError('TRUST_DATA_EXPIRED', message, { remedy });
}

/** The error for what the available keys have not renewed; undefined when nothing is due. */
export function renewalError(
  gun: Gun,
  remaining: readonly RoleExpiry[],
  withinDays: number,
): TrustError | undefined {
  const others = remaining.filter(({ remedy }) => remedy.kind === 'others');
  if (others.length === 0) {
    const due = remaining.filter((one) => isDue(one) && isClientRenewed(one));
    return expiryError(gun, due, withinDays);
  }
  const each = others.map((one) => {
    const verb = one.state === 'expired' ? 'expired' : 'expires';
    return `${nameOfExpiry(one)} (${verb} on ${dayOf(one.expires)}) needs ${neededKeys(one)}`;
  });
  return new TrustError(
    'KEY_NOT_AUTHORIZED',
    `The available keys cannot renew all of ${gun}: ${each.join('; ')}.`,
    { remedy: remedyFor(remaining) },
  );
}

/** What to do about all of it, each thing once. */
function remedyFor(troubles: readonly RoleExpiry[]): string {
  return [...new Set(troubles.map(remedyOf))].join('\n');
}

function remedyOf(expiry: RoleExpiry): string {
  const { remedy, role } = expiry;
  switch (remedy.kind) {
    case 'keys':
      return `Run "keys renew" with the available keys: ${ownersOf(expiry)}.`;
    case 'rotation':
      return `${rotation(remedy.role, ownersOf(expiry))}.`;
    case 'server':
      return `Check the trust server, caches before it and the clock of this machine: the server renews the ${role} by itself, but an expired one was returned.`;
    case 'signing':
      return `Have the owner of a key of ${role} sign a tag into it.`;
    case 'others': {
      const step = remedy.rotation
        ? rotation(remedy.rotation, neededKeys(expiry))
        : `Run "keys renew" for ${role} with ${neededKeys(expiry)}`;
      return `${step}. That key is not available here; if it is lost, run "keys recover".`;
    }
  }
}

function rotation(role: 'root' | 'snapshot', keys: string): string {
  const why =
    role === 'root'
      ? 'a certificate cannot be renewed'
      : 'a client keeps the snapshot key, so the server cannot publish without it';
  return `Run "keys rotate --role ${role}" with ${keys}: ${why}`;
}
