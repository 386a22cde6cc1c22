/** What verified trust data says about one image, as Docker's pull would decide it. */
import type { RoleName } from '../metadata/index.js';
import { expiriesOf } from './expiries.js';
import { lookUpTag } from './look-up.js';
import { rolesListing } from './roles-listing.js';
import { listTags, signersAmong } from './tags.js';
import type { TrustedView } from './view.js';

/** A signed image. */
export interface SignedImage {
  readonly kind: 'signed';
  readonly digest: string;
  /** Bytes of the manifest, as signed. */
  readonly length: number;
  /** The tags that are signed with this digest: the one asked for, or all. */
  readonly tags: readonly string[];
  /** The role that decides, as Docker has it. */
  readonly role: RoleName;
  /** Every role that lists the tag (any of the tags) with this digest. */
  readonly roles: readonly RoleName[];
  /** Those of them that are signers, by name, as `docker trust inspect` names them. */
  readonly signers: readonly string[];
  /** The first to expire of the roles that the image depends on. */
  readonly expires: { readonly role: RoleName; readonly at: Date } | undefined;
}

/** An image that is not, and why. */
interface UnsignedImage {
  /** `other`: signed, but for another digest than asked for. */
  readonly kind: 'unsigned' | 'other';
  readonly reason: string;
}

/** Looks up a tag, a digest, or both, which must agree then. */
export function lookUpImage(
  view: TrustedView,
  { tag, digest }: { readonly tag?: string | undefined; readonly digest?: string | undefined },
  requiredRoles: readonly RoleName[],
): SignedImage | UnsignedImage {
  if (tag === undefined) return lookUpDigest(view, digest ?? '', requiredRoles);
  const found = lookUpTag(view, tag);
  if (found.kind === 'unsigned') return { kind: 'unsigned', reason: `tag ${tag} is not signed` };
  if (found.kind === 'refused') return { kind: 'unsigned', reason: found.reason };
  if (digest !== undefined && digest !== found.digest) {
    const reason = `tag ${tag} is signed for ${found.digest}, not for this digest`;
    return { kind: 'other', reason };
  }
  const roles = rolesListing(view, tag, found.digest);
  return signed(view, { ...found, tags: [tag], roles }, requiredRoles);
}

/**
 * A digest counts while some tag points to it as Docker reads it: an entry of `targets` that
 * `targets/releases` overrides is history.
 */
function lookUpDigest(
  view: TrustedView,
  digest: string,
  requiredRoles: readonly RoleName[],
): SignedImage | UnsignedImage {
  const rows = listTags(view)
    .filter((row) => row.isPulled && row.digest === digest)
    .map(({ tag, length }) => ({ tag, length, roles: rolesListing(view, tag, digest) }));
  // Where roles are asked for, one and the same tag must have them all.
  const complete = rows.filter(({ roles }) => requiredRoles.every((role) => roles.includes(role)));
  const counted = complete.length > 0 ? complete : rows;
  const [first] = counted;
  const found = first && lookUpTag(view, first.tag);
  if (!first || found?.kind !== 'signed') {
    return { kind: 'unsigned', reason: 'no tag is signed with this digest' };
  }
  const tags = counted.map(({ tag }) => tag);
  return signed(view, { ...first, digest, tags, role: found.role }, requiredRoles);
}

function signed(
  view: TrustedView,
  { digest, length, tags, role, roles }: Omit<SignedImage, 'kind' | 'signers' | 'expires'>,
  requiredRoles: readonly RoleName[],
): SignedImage {
  const signers = [...signersAmong(roles)].reverse();
  const expires = firstExpiry(view, role, requiredRoles);
  return { kind: 'signed', digest, length, tags, role, roles, signers, expires };
}

/** The timestamp does not count: it lasts two weeks, and the server renews it by itself. */
function firstExpiry(
  view: TrustedView,
  role: RoleName,
  requiredRoles: readonly RoleName[],
): SignedImage['expires'] {
  const counting = new Set<RoleName>(['root', 'snapshot', 'targets', role, ...requiredRoles]);
  const first = [...expiriesOf(view)].find(([name]) => counting.has(name));
  return first && { role: first[0], at: first[1] };
}
