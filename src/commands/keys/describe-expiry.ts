/** What expires, and who can renew it: in tables, reports, errors and remedies. Pure. */
import { TrustError } from '../../errors.js';
import {
  isClientRenewed,
  isDue,
  type Gun,
  type KeyId,
  type RoleExpiry,
} from '../../trust/index.js';
import { codeColumn, tableOf, type Table } from '../report/table.js';

/** What expires: a role, or the certificate of the root key. */
export function nameOf({ role, part }: Pick<RoleExpiry, 'role' | 'part'>): string {
  return part === 'certificate' ? `${role} certificate` : role;
}

/** The day of a date, for a table or a sentence. */
export function day(date: Date | undefined): string {
  return date?.toISOString().slice(0, 10) ?? '-';
}

/** Whole days until then, rounded down; negative when it is over. */
export function daysUntil(expires: Date, now: Date): number {
  return Math.floor((expires.getTime() - now.getTime()) / (24 * 60 * 60 * 1000));
}

/** Who can renew it. */
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
      return `none available: ${neededKeys(expiry, (keyId) => keyId.slice(0, 12))}${rotation}`;
    }
  }
}

/** The available keys, by where they are. */
function ownersOf({ available }: RoleExpiry): string {
  return available.map(({ description }) => description).join(', ');
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
export function firstExpiry(expiries: readonly RoleExpiry[]): string | undefined {
  return expiries
    .filter(isClientRenewed)
    .flatMap(({ expires }) => expires?.toISOString() ?? [])
    .sort()[0];
}

/** A row for everything that expires. */
export function expiryTable(
  repositories: readonly { readonly gun: Gun; readonly expiries: readonly RoleExpiry[] }[],
  now: Date,
): Table {
  return tableOf(
    repositories.flatMap(({ gun, expiries }) => expiries.map((one) => ({ gun, ...one }))),
    [
      codeColumn('Repository', ({ gun }) => gun),
      codeColumn('Role', nameOf),
      { heading: 'Expires', text: ({ expires }) => day(expires) },
      {
        heading: 'Days',
        text: ({ expires }) => (expires ? String(daysUntil(expires, now)) : '-'),
      },
      {
        heading: 'State',
        text: ({ state }) => (state === 'expired' ? 'EXPIRED' : state),
        markdown: ({ state }) => `${marks[state]} ${state}`.trim(),
      },
      { heading: 'Renewable by', text: renewableBy },
    ],
  );
}

const marks: Readonly<Record<RoleExpiry['state'], string>> = {
  valid: '✅',
  expiring: '⚠️',
  expired: '❌',
  'not published': '',
  'not validly signed': '⚠️',
};

/** One thing that expires, in a report. */
export function factsOf(expiry: RoleExpiry, now: Date): object {
  const { role, part, expires, state, threshold, keyIds, available, remedy } = expiry;
  return {
    role,
    part,
    ...(expires && { expires: expires.toISOString(), days: daysUntil(expires, now) }),
    state,
    threshold,
    keyIds,
    heldKeyIds: available.map(({ keyId }) => keyId),
    renewableBy: remedy.kind,
  };
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
    .map((one) => `${nameOf(one)} on ${day(one.expires)}`)
    .join(', ');
  const expired = troubles
    .filter(({ state }) => state === 'expired')
    .map((one) => `${nameOf(one)} expired at ${one.expires?.toISOString() ?? ''}`)
    .join(', ');
  if (expired === '') {
    const message = `The trust data of ${gun} expires within ${withinDays} days: ${soon}.`;
    return new TrustError('TRUST_DATA_EXPIRING', message, { remedy });
  }
  const next = soon === '' ? '' : ` Within ${withinDays} days more expires: ${soon}.`;
  const message = `The trust data of ${gun} has expired: ${expired}.${next}`;
  return new TrustError('TRUST_DATA_EXPIRED', message, { remedy });
}

/** What to do about all of it, each thing once. */
export function remedyFor(troubles: readonly RoleExpiry[]): string {
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
