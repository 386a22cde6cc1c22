/** What still works in a repository, and what does not, in sentences. Pure. */
import { neededKeys } from '../describe-expiry.js';
import { mendsByTargets, type Custody, type FixedEnd, type Loss } from './judge.js';

/** One thing that was found: a heading of a word or two, and sentences. */
export interface Finding {
  readonly about: 'at hand' | 'not at hand' | 'pulling' | 'signing' | 'changing keys';
  readonly text: string;
}

/** All findings, in a fixed order. */
export function findingsOf(loss: Loss): readonly Finding[] {
  const { custody } = loss;
  const atHand = custody.filter(({ isAtHand }) => isAtHand);
  const missing = custody.filter(({ isAtHand }) => !isAtHand);
  return [
    {
      about: 'at hand',
      text:
        atHand
          .map(({ role, held }) => `${role}: ${held.map((one) => one.description).join(', ')}`)
          .join('; ') || 'nothing',
    },
    { about: 'not at hand', text: missing.map(missingOne).join('; ') || 'nothing' },
    { about: 'pulling', text: pulling(loss) },
    { about: 'signing', text: signing(loss) },
    { about: 'changing keys', text: changing(loss) },
  ];
}

function missingOne(one: Custody): string {
  const some = one.held.length > 0 ? `, of which ${one.held.length} at hand` : '';
  return `${one.role}: ${neededKeys(one)}${some}`;
}

function pulling({ expired, end, next, fading }: Loss): string {
  const [first] = expired;
  if (first) {
    return `Does not work: ${first.what} expired on ${day(first)}, and clients refuse everything.`;
  }
  const limit = end
    ? `Works until ${day(end)}, when ${end.what} expires and the keys at hand cannot put that off: from then on clients refuse everything.`
    : `Works. The first end is that of ${next ? `${next.what} on ${day(next)}` : 'nothing'}, and the keys at hand can put it off.`;
  if (fading.length === 0) return limit;
  const roles = fading.map((one) => `${one.what} (until ${day(one)})`).join(', ');
  return `${limit} Tags that only these roles list are refused earlier, unless whoever holds their keys signs again: ${roles}.`;
}

function signing({ custody, canSign, expired, isSnapshotWithClient, end }: Loss): string {
  if (isSnapshotWithClient) {
    return 'Does not work here: a client keeps the snapshot key, so that the server cannot publish. Only that client (notary) can, as long as it has all it needs.';
  }
  if (!canSign) {
    const what = expired.map((one) => one.what).join(', ');
    return `Does not work before ${what} is renewed.`;
  }
  const [, targets, ...delegations] = custody;
  const here = [targets, ...delegations].flatMap((one) => (one?.isAtHand ? [one.role] : []));
  const elsewhere = delegations.filter(({ isAtHand }) => !isAtHand).map(missingOne);
  const until = end ? ` until ${day(end)}` : '';
  return [
    here.length > 0
      ? `Works with the keys at hand${until}, into ${here.join(', ')}.`
      : 'Does not work with the keys at hand.',
    ...(elsewhere.length > 0
      ? [`Whoever holds these keys goes on signing${until}: ${elsewhere.join('; ')}.`]
      : []),
  ].join(' ');
}

function changing(loss: Loss): string {
  const { kind, isSnapshotWithClient } = loss;
  switch (kind) {
    case 'nothing':
    case 'delegations':
      return isSnapshotWithClient
        ? 'Every key can be rotated once the snapshot role is with the server, which the root key can give it.'
        : 'Every key can be rotated, and signers can be added and removed.';
    case 'targets':
      return 'The root key can give every role a new key, targets among them. Signers can be added and removed after that.';
    case 'root':
      return isSnapshotWithClient
        ? 'Nothing can be changed: the snapshot key is with a client, and handing it over takes the root key.'
        : mendsByTargets(loss)
          ? 'Signers can be added, removed and given new keys with the repository key. The keys of root, targets and snapshot cannot be rotated any more.'
          : 'Nothing can be changed that a client would accept.';
    case 'root and targets':
      return 'Nothing can be changed: no key can be rotated, and no signer added or removed.';
  }
}

function day({ at }: FixedEnd): string {
  return at.toISOString().slice(0, 10);
}
