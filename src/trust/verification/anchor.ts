/**
 * What vouches for a root besides the server that handed it out. Whoever signs extends what the server
 * shows, so without such an anchor a lying server would get its own content signed. Pure.
 */
import { canonicalKeyIdOf, own, type KeyId } from '../metadata/index.js';
import type { Signer } from '../signer.js';
import { pinMismatch } from './failures.js';
import type { Pin } from './pins.js';
import { rootKeyIds, timelessRootKeyIds } from './root.js';
import { countSignatures } from './signatures.js';
import { canonicalIds } from './tags.js';
import type { TrustedView } from './view.js';

/** What is known of a key that can vouch for a root: by itself, or by what its vault records. */
export type VouchingKey = Pick<Signer, 'keyId' | 'description' | 'recordedRoots'>;

/** What vouches for the root of a view. */
export type Anchor =
  /** The user's pins, by which the view was read. */
  | { readonly kind: 'pin' }
  /** A root key that the run has; `pins` hold later readings to it. */
  | { readonly kind: 'root-key'; readonly pins: readonly Pin[] }
  /** The record at a key that signs. */
  | { readonly kind: 'record'; readonly pins: readonly Pin[] }
  /** Nothing but the server. */
  | { readonly kind: 'none' };

/** The keys of a run, as far as they can say whose root a repository has. */
export interface VouchingKeys {
  /** Every key that the run has: a root that these have signed is genuine. */
  readonly available: readonly Pick<VouchingKey, 'keyId' | 'description'>[];
  /** Those that sign: their records bind the run. */
  readonly signing: readonly VouchingKey[];
}

/**
 * Finds out what vouches for the root of `view`.
 * @throws {TrustError} TRUST_PIN_MISMATCH when a key that signs is recorded for another root.
 */
export function anchorOf(view: TrustedView, { available, signing }: VouchingKeys): Anchor {
  if (view.pinnedBy.kind === 'pin') return { kind: 'pin' };
  const availableIds = available.map(({ keyId }) => keyId);
  if (isRootSignedBy(view, availableIds)) {
    return { kind: 'root-key', pins: availableIds.map((keyId) => ({ kind: 'key-id', keyId })) };
  }
  const recorded = signing.filter(({ recordedRoots = [] }) => recordedRoots.length > 0);
  for (const { recordedRoots = [], description } of recorded) {
    if (isRootSignedBy(view, recordedRoots)) continue;
    const expected = `key ID ${recordedRoots.join(' or ')} (recorded at the ${description})`;
    throw pinMismatch(view.gun, expected, `key ID ${presentedRootKeys(view).join(', ')}`);
  }
  if (recorded.length === 0) return { kind: 'none' };
  const pins = recorded.flatMap(({ recordedRoots = [], description }) =>
    recordedRoots.map((keyId): Pin => ({ kind: 'key-id', keyId, recordedAt: description })),
  );
  return { kind: 'record', pins };
}

/** What later readings are held to: the pins of the user, or what the anchor makes of them. */
export function pinsFrom(anchor: Anchor, pins: readonly Pin[]): readonly Pin[] {
  return anchor.kind === 'root-key' || anchor.kind === 'record' ? anchor.pins : pins;
}

/** Canonical IDs of the root keys that the server presented, each once. */
export function presentedRootKeys({ root }: TrustedView): readonly KeyId[] {
  return [
    ...new Set(canonicalIds(rootKeyIds(root).flatMap((id) => own(root.signed.keys, id) ?? []))),
  ];
}

/**
 * Whether the root keys among `keyIds` (canonical) have signed the root as often as it asks for. That it
 * lists them says nothing: whoever makes a root can list any key.
 */
export function isRootSignedBy({ gun, root }: TrustedView, keyIds: readonly KeyId[]): boolean {
  const keyids = timelessRootKeyIds(root, { gun, allowWildcard: false }).filter((id) => {
    const key = own(root.signed.keys, id);
    return key !== undefined && keyIds.includes(canonicalKeyIdOf(key));
  });
  if (keyids.length === 0) return false;
  const threshold = own(root.signed.roles, 'root')?.threshold ?? 0;
  return countSignatures(root, { keyids, threshold }, root.signed.keys).isEnough;
}
