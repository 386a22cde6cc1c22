/**
 * What is signed in a repository for Docker Content Trust, by its verified trust data, and what is
 * listed there and does not verify. Pure.
 */
import { isTrustError } from '../errors.js';
import { parseTag } from '../registry/index.js';
import {
  getOwnProperty,
  listTags,
  lookUpImage,
  lookUpTag,
  sha256HexOf,
  type RoleName,
  type TrustedView,
} from '../trust/index.js';

/** A tag as it is signed now. */
export interface SignedTagFacts {
  readonly tag: string;
  readonly digest: string;
  /** Bytes of the manifest, as signed. */
  readonly length: number;
  readonly roles: readonly RoleName[];
  readonly signers: readonly string[];
  /** When the first of the roles expires that it depends on. */
  readonly expires: string | undefined;
}

/** A tag that trust data lists, and that Docker's pull does not accept now. */
export interface UnverifiableTag {
  readonly tag: string;
  readonly digest: string | undefined;
  readonly state: 'expired' | 'refused';
  readonly reason: string;
}

/** What trust data says of a repository. */
export interface Inventory {
  /** What verifies now: each tag once, in natural order. */
  readonly signed: readonly SignedTagFacts[];
  readonly unverifiable: readonly UnverifiableTag[];
  /** Roles that need several signatures, which no Notary Project signature can demand. */
  readonly thresholds: readonly RoleName[];
}

/** Takes the inventory of trust data that verifies now. */
export function takeInventory(view: TrustedView): Inventory {
  const signed = listTags(view).flatMap(({ tag, digest, isPulled }): SignedTagFacts[] => {
    const found = isPulled && isTag(tag) ? lookUpImage(view, { tag }, []) : undefined;
    if (found?.kind !== 'signed') return [];
    const { length, roles, signers, expires } = found;
    return [{ tag, digest, length, roles, signers, expires: expires?.at.toISOString() }];
  });
  const known = new Set(signed.map(({ tag }) => tag));
  const unverifiable = new Map<string, UnverifiableTag>();
  const add = (one: UnverifiableTag): void => {
    if (!known.has(one.tag) && !unverifiable.has(one.tag)) unverifiable.set(one.tag, one);
  };
  for (const [role, { reason, envelope }] of view.skipped) {
    // What a file without valid signatures lists is anyone's word.
    if (reason !== 'expired') continue;
    const { targets, expires } = envelope.signed;
    for (const [tag, target] of Object.entries(targets)) {
      const digest = digestOf(target);
      add({ tag, digest, state: 'expired', reason: `${role} has expired on ${expires}` });
    }
  }
  for (const { signed: file } of view.targets.values()) {
    for (const tag of Object.keys(file.targets)) {
      if (known.has(tag)) continue;
      const digest = digestOf(getOwnProperty(file.targets, tag));
      add({ tag, digest, state: 'refused', reason: refusalOf(view, tag) });
    }
  }
  return { signed, unverifiable: [...unverifiable.values()], thresholds: thresholdsOf(view) };
}

/** The inventory of trust data that has expired: nothing verifies, and what would have is listed. */
export function takeExpiredInventory(view: TrustedView, reason: string): Inventory {
  const { signed, unverifiable, thresholds } = takeInventory(view);
  const expired = signed.map(({ tag, digest }): UnverifiableTag => ({
    tag,
    digest,
    state: 'expired',
    reason,
  }));
  return { signed: [], unverifiable: [...expired, ...unverifiable], thresholds };
}

function digestOf(target: Parameters<typeof sha256HexOf>[0] | undefined): string | undefined {
  const hex = target && sha256HexOf(target);
  return hex === undefined ? undefined : `sha256:${hex}`;
}

function refusalOf(view: TrustedView, tag: string): string {
  const found = lookUpTag(view, tag);
  if (found.kind === 'refused') return found.reason;
  return found.kind === 'signed' ? 'it is not a valid tag' : 'its role may not sign this tag';
}

/** Targets of other clients may have any name. */
function isTag(name: string): boolean {
  try {
    return parseTag(name) === name;
  } catch (error) {
    if (isTrustError(error)) return false;
    throw error;
  }
}

function thresholdsOf({ root, delegations }: TrustedView): readonly RoleName[] {
  const { roles } = root.signed;
  return [
    ...((roles.targets?.threshold ?? 1) > 1 ? (['targets'] as const) : []),
    ...[...delegations.values()].filter(({ threshold }) => threshold > 1).map(({ name }) => name),
  ];
}
