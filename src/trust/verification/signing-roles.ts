/**
 * Which roles our keys may sign a tag into (Docker CLI 28, cli/trust/trust.go GetSignableRoles), and
 * whether a stock Docker client would then see the tag.
 */
import {
  getOwnProperty,
  parentOf,
  pathsCover,
  type KeyId,
  type PublicKey,
  type RoleName,
} from '../metadata/index.js';
import { lookUpTag, pullRoles, targetIn } from './look-up.js';
import { canonicalIdOrNone } from './key-names.js';
import type { TrustedView } from './view.js';
import { pathsOf, walkRoles } from './walk.js';

/** A role that tags could be signed into, and how it stands to our keys. */
export interface SigningCandidate {
  readonly role: RoleName;
  readonly threshold: number;
  /** Canonical IDs of all its keys. */
  readonly keyIds: readonly KeyId[];
  /** Those of them that are ours. */
  readonly ours: readonly KeyId[];
  readonly coversTag: boolean;
  /** Whether our keys alone can sign the tag into it. */
  readonly canSign: boolean;
}

/** The roles to sign into; none when our keys may sign nowhere. */
interface SigningRoles {
  readonly roles: readonly RoleName[];
  /** `targets` and its direct children, in that order. */
  readonly candidates: readonly SigningCandidate[];
  /** Sentences for the log or an error, listing each role with its key IDs. */
  readonly explanation: string;
}

/** Whether a stock Docker pull would get a tag once it is signed into some roles. */
type Visibility =
  | { readonly isVisible: true; readonly role: RoleName }
  | { readonly isVisible: false; readonly reason: string };

/**
 * Decides where keys with the canonical IDs `keyIds` sign `tag`: into every direct child of
 * `targets` that lists one of them, covers the tag and asks for no more signatures than we have;
 * otherwise into `targets`, if it is our key. Departure: Docker refuses `targets` as soon as there
 * are delegations; see {@link visibilityOf} for when that would hide the tag.
 */
export function signingRoles(
  view: TrustedView,
  keyIds: readonly KeyId[],
  tag: string,
): SigningRoles {
  const candidates = [targetsCandidate(view, keyIds), ...childCandidates(view, keyIds, tag)];
  const [targets, ...children] = candidates;
  const signable = children.filter(({ canSign }) => canSign).map(({ role }) => role);
  const roles = signable.length > 0 ? signable : targets?.canSign === true ? ['targets'] : [];
  return { roles, candidates, explanation: explain(view, keyIds, tag, roles, candidates) };
}

/** Tells what Docker's pull would find for `tag` after it was signed into all of `roles`. */
export function visibilityOf(
  view: TrustedView,
  roles: readonly RoleName[],
  tag: string,
): Visibility {
  if (roles.includes('targets/releases') && pathsCover(pathsOf(view, 'targets/releases'), tag)) {
    return { isVisible: true, role: 'targets/releases' };
  }
  const shadow = walkRoles(view, { from: 'targets/releases', target: tag }).find(
    (role) => targetIn(view, role, tag) !== undefined,
  );
  if (shadow !== undefined) {
    const found = lookUpTag(view, tag);
    const digest = found.kind === 'signed' ? ` with ${found.digest}` : '';
    const reason = `${shadow} lists ${tag}${digest}, and Docker reads that first`;
    return { isVisible: false, reason };
  }
  if (roles.includes('targets')) return { isVisible: true, role: 'targets' };
  const into = roles.length === 0 ? 'no role' : roles.join(', ');
  const reason = `${tag} would be signed into ${into}; Docker reads ${pullRoles.join(' and ')} only`;
  return { isVisible: false, reason };
}

function targetsCandidate(view: TrustedView, keyIds: readonly KeyId[]): SigningCandidate {
  const { keys, roles } = view.root.signed;
  const role = getOwnProperty(roles, 'targets') ?? { keyids: [], threshold: 1 };
  const listed = role.keyids.flatMap((id) => getOwnProperty(keys, id) ?? []);
  return candidate('targets', role.threshold, listed, keyIds, true);
}

function childCandidates(
  view: TrustedView,
  keyIds: readonly KeyId[],
  tag: string,
): readonly SigningCandidate[] {
  return [...view.delegations.values()]
    .filter(({ name }) => parentOf(name) === 'targets')
    .map(({ name, threshold, keys, paths }) =>
      candidate(name, threshold, [...keys.values()], keyIds, pathsCover(paths, tag)),
    );
}

function candidate(
  role: RoleName,
  threshold: number,
  keys: readonly PublicKey[],
  available: readonly KeyId[],
  coversTag: boolean,
): SigningCandidate {
  const keyIds = keys.flatMap((key) => canonicalIdOrNone(key) ?? []);
  const ours = keyIds.filter((id) => available.includes(id));
  // The threshold counts key IDs as listed, so one of our keys in two certificates counts twice.
  const canSign = coversTag && ours.length >= threshold;
  return { role, threshold, keyIds, ours: [...new Set(ours)], coversTag, canSign };
}

function explain(
  view: TrustedView,
  keyIds: readonly KeyId[],
  tag: string,
  roles: readonly RoleName[],
  candidates: readonly SigningCandidate[],
): string {
  const ours = keyIds.length === 0 ? 'no key' : `key ${keyIds.join(', ')}`;
  const verdict =
    roles.length === 0
      ? `With ${ours} no role of ${view.gun} can be signed for ${tag}.`
      : `With ${ours} ${tag} of ${view.gun} is signed into ${roles.join(', ')}.`;
  return [verdict, ...candidates.map(describe)].join('\n');
}

function describe({ role, threshold, keyIds, ours, coversTag }: SigningCandidate): string {
  const notes = [
    threshold > 1 ? `needs ${threshold} signatures` : '',
    coversTag ? '' : 'does not cover the tag',
    ours.length > 0 ? `lists ${ours.join(', ')}` : 'lists none of ours',
  ].filter((note) => note !== '');
  const keys = keyIds.length === 0 ? 'no key' : keyIds.join(', ');
  return `${role}: ${keys} (${notes.join('; ')})`;
}
