/** What still works with the available keys and what does not, in sentences. Pure. */
import { isDelegation } from '../metadata/index.js';
import { isRenewableByTargets, type KeyAssessment, type KeysOfRole } from './assess-keys.js';
import { dayOf, neededKeys } from './describe-expiry.js';

/** What still works and what does not, as rows of a table: a subject, and sentences on it. */
export function findingsOf(
  assessment: KeyAssessment,
): readonly { readonly about: string; readonly text: string }[] {
  const { roles } = assessment;
  const complete = roles.filter(({ isComplete }) => isComplete);
  const missing = roles.filter(({ isComplete }) => !isComplete);
  const keysOf = ({ role, available }: KeysOfRole): string =>
    `${role}: ${available.map(({ description }) => description).join(', ')}`;
  return [
    { about: 'available', text: complete.map(keysOf).join('; ') || 'nothing' },
    { about: 'not available', text: missing.map(missingRole).join('; ') || 'nothing' },
    { about: 'pulling', text: pulling(assessment) },
    { about: 'signing', text: signing(assessment) },
    { about: 'changing keys', text: changingKeys(assessment) },
  ];
}

function pulling({ expired: [expired], end, next, fading }: KeyAssessment): string {
  if (expired) {
    return `Fails: ${expired.what} expired on ${dayOf(expired.at)}, so clients refuse every tag.`;
  }
  const limit = end
    ? `Works until ${dayOf(end.at)}, when ${end.what} expires, which the available keys cannot renew: then clients refuse every tag.`
    : `Works. ${next ? `${next.what} expires first, on ${dayOf(next.at)}` : 'Nothing expires'}; the available keys can renew it.`;
  if (fading.length === 0) return limit;
  const roles = fading.map(({ what, at }) => `${what} (until ${dayOf(at)})`).join(', ');
  return `${limit} Tags that only these roles list are refused earlier, unless the owners of their keys sign again: ${roles}.`;
}

function signing({ roles, expired, isSnapshotWithClient, end }: KeyAssessment): string {
  if (isSnapshotWithClient) {
    return 'Fails here: a client keeps the snapshot key, so the server cannot publish. Only that client (notary) can sign, while it has all the keys it needs.';
  }
  if (expired.length > 0) {
    return `Fails until ${expired.map(({ what }) => what).join(', ')} is renewed.`;
  }
  const until = end ? ` until ${dayOf(end.at)}` : '';
  const signable = roles.filter(({ role }) => role !== 'root');
  const here = signable.filter(({ isComplete }) => isComplete).map(({ role }) => role);
  const elsewhere = signable.filter(({ role, isComplete }) => isDelegation(role) && !isComplete);
  const own =
    here.length > 0
      ? `Works with the available keys${until}, into ${here.join(', ')}.`
      : 'Fails with the available keys.';
  if (elsewhere.length === 0) return own;
  return `${own} The owners of these keys can sign${until}: ${elsewhere.map(missingRole).join('; ')}.`;
}

function changingKeys(assessment: KeyAssessment): string {
  const { missing, isSnapshotWithClient } = assessment;
  switch (missing) {
    case 'nothing':
    case 'delegations':
      return isSnapshotWithClient
        ? 'Every key can be rotated once the server has the snapshot role, which the root key can give it.'
        : 'Every key can be rotated, and signers can be added and removed.';
    case 'targets':
      return 'The root key can give every role a new key, including targets. After that, signers can be added and removed.';
    case 'root':
      if (isSnapshotWithClient)
        return 'Nothing can be changed: a client keeps the snapshot key, and only the root key can give the role to the server.';
      return isRenewableByTargets(assessment)
        ? 'The repository key can add and remove signers and give them new keys. The keys of root, targets and snapshot cannot be rotated.'
        : 'Nothing can be changed that a client would accept.';
    case 'root and targets':
      return 'Nothing can be changed: no key can be rotated, and no signer added or removed.';
  }
}

function missingRole(one: KeysOfRole): string {
  const some = one.available.length > 0 ? `, of which ${one.available.length} available` : '';
  return `${one.role}: ${neededKeys(one)}${some}`;
}
