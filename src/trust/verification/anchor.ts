/**
 * What vouches for a root besides the server that handed it out. Whoever signs extends what the server
 * shows, so without such an anchor a lying server would get its own content signed. Pure.
 */
import { canonicalKeyIdOf, getOwnProperty, type KeyId } from '../metadata/index.js';
import type { Signer } from '../signer.js';
import { recordMismatch } from './errors.js';
import { keyNamesOf } from './key-names.js';
import type { Pin } from './pins.js';
import { rootKeyIdsIgnoringDates } from './root.js';
import { countSignatures } from './signatures.js';
import type { TrustedView } from './view.js';

/** What is known of a key that can vouch for a root: by itself, or by what its vault records. */
export type VouchingKey = Pick<Signer, 'keyId' | 'description' | 'recordedRoots'>;

/** The keys of a run, as far as they can say whose root a repository has. */
interface VouchingKeys {
  /** Every key that the run has: a root that these have signed is genuine. */
  readonly available: readonly Pick<VouchingKey, 'keyId'>[];
  /** Those that sign: their records bind the run. */
  readonly signing: readonly VouchingKey[];
}

/** A view with what vouches for its root, and what later readings are held to. */
export interface Anchored {
  /** `pinnedBy` is a pin where anything vouches for the root. */
  readonly view: TrustedView;
  readonly pins: readonly Pin[];
}

/**
 * Looks for what vouches for the root of `view`: the pins it was read by, then a root key of the run,
 * then the records of the keys that sign.
 * @throws {TrustError} TRUST_PIN_MISMATCH when a key that signs is recorded for another root.
 */
export function anchored(
  view: TrustedView,
  pins: readonly Pin[],
  { available, signing }: VouchingKeys,
): Anchored {
  if (view.pinnedBy.kind === 'pin') return { view, pins };
  const ids = available.map(({ keyId }) => keyId);
  if (isRootSignedBy(view, ids)) {
    return pinnedTo(
      view,
      ids.map((keyId) => ({ kind: 'key-id', keyId })),
    );
  }
  const recorded = signing.filter(({ recordedRoots = [] }) => recordedRoots.length > 0);
  const strange = recorded.find(({ recordedRoots = [] }) => !isRootSignedBy(view, recordedRoots));
  if (strange) throw recordMismatch(view.gun, strange, presentedRootKeys(view));
  if (recorded.length === 0) return { view, pins };
  return pinnedTo(
    view,
    recorded.flatMap(({ recordedRoots = [], description }) =>
      recordedRoots.map((keyId) => ({ kind: 'key-id', keyId, recordedAt: description }) as const),
    ),
  );
}

function pinnedTo(view: TrustedView, pins: readonly Extract<Pin, { kind: 'key-id' }>[]): Anchored {
  for (const rootKey of keyNamesOf(view.root, 'root')) {
    const pin = pins.find(({ keyId }) => keyId === rootKey.keyId);
    if (pin) return { view: { ...view, pinnedBy: { kind: 'pin', pin, rootKey } }, pins };
  }
  throw new TypeError('invariant violated: an anchored root lists none of the keys');
}

/** Canonical IDs of the root keys that the server presented, each once. */
export function presentedRootKeys({ root }: Pick<TrustedView, 'root'>): readonly KeyId[] {
  return [...new Set(keyNamesOf(root, 'root').map(({ keyId }) => keyId))];
}

/**
 * Whether the root keys among `keyIds` (canonical) have signed the root as often as it asks for. That it
 * lists them says nothing: whoever makes a root can list any key.
 */
export function isRootSignedBy(
  { gun, root }: Pick<TrustedView, 'gun' | 'root'>,
  keyIds: readonly KeyId[],
): boolean {
  const keyids = rootKeyIdsIgnoringDates(root, { gun, allowWildcard: false }).filter((id) => {
    const key = getOwnProperty(root.signed.keys, id);
    return key !== undefined && keyIds.includes(canonicalKeyIdOf(key));
  });
  if (keyids.length === 0) return false;
  const threshold = getOwnProperty(root.signed.roles, 'root')?.threshold ?? 0;
  return countSignatures(root, { keyids, threshold }, root.signed.keys).isEnough;
}
