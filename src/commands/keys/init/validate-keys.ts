/** Whether a repository can have the keys of a run, or has them already. Asks nobody. */
import type { FoundKey } from '../../../azure/index.js';
import { TrustError } from '../../../errors.js';
import type { NameInput } from '../../../inputs/index.js';
import { formatKeyReference } from '../../../signing/index.js';
import {
  isRootSignedBy,
  keyNamesOf,
  presentedRootKeys,
  separateKeys,
  type Gun,
  type KeyId,
  type TrustedView,
} from '../../../trust/index.js';

/** The roles whose keys this command gives. */
const ownedRoles = ['root', 'targets'] as const;

export type OwnedRole = (typeof ownedRoles)[number];

/** A key as far as it is known: one that is yet to be made has no ID. */
type KnownKey = Pick<FoundKey, 'reference' | 'keyId'>;

/** The canonical IDs of the keys that the root lists for a role. */
export function keyIdsOf(view: TrustedView, role: OwnedRole): readonly KeyId[] {
  return keyNamesOf(view.root, role).map(({ keyId }) => keyId);
}

/**
 * For a repository that is initialised.
 * @throws {TrustError} KEY_NOT_AUTHORIZED for other keys; TRUST_PIN_MISMATCH for a root that the root
 * key has not signed.
 */
export function requireSameKeys(
  view: TrustedView,
  keys: Readonly<Record<OwnedRole, KnownKey>>,
  nameInput: NameInput,
): void {
  const flaws = ownedRoles.flatMap((role) => {
    const present = keyIdsOf(view, role);
    const { reference, keyId } = keys[role];
    if (keyId !== undefined && present.includes(keyId)) return [];
    const named = formatKeyReference(reference);
    const ours = keyId === undefined ? `${named} does not exist` : `${named} has the ID ${keyId}`;
    const noun = role === 'root' ? 'root key' : 'repository key';
    return [`its ${noun} is ${present.join(', ')}, and ${ours}`];
  });
  if (flaws.length > 0) {
    throw new TrustError(
      'KEY_NOT_AUTHORIZED',
      `${view.gun} is initialised with other keys: ${flaws.join('; ')}.`,
      {
        remedy: `Give the keys it was initialised with in ${nameInput('root-key')} and ${nameInput('signing-key')}, with their version where they were rotated in the vault, or leave the repository out. To put another key in the place of one of them, use "keys rotate"; if one is lost, run "keys recover".`,
      },
    );
  }
  requireSignedRoot(view, keys.root);
}

/** A root that lists the root key without its signature: anybody could have made that. */
function requireSignedRoot(view: TrustedView, { keyId, reference }: KnownKey): void {
  if (keyId === undefined || isRootSignedBy(view, [keyId])) return;
  throw new TrustError(
    'TRUST_PIN_MISMATCH',
    `The root that the trust server presents for ${view.gun} lists the root key ${keyId} (${formatKeyReference(reference)}), and is not signed by it alone: its root keys are ${presentedRootKeys(view).join(', ')}.`,
    {
      remedy:
        'If the owners of the repository have given it several root keys that sign together, leave it out here.\nOtherwise treat it as an attack: the trust server, or something on the way to it, presents a root of its own.',
    },
  );
}

/**
 * For a repository that is yet to be initialised.
 * @param isKeyShared whether an input names the repository key itself, and not only its vault.
 * @throws {TrustError} KEY_CONFLICT for one key in both roles, and for the key of another repository.
 */
export function requireFreeKeys(
  gun: Gun,
  { root, targets }: Readonly<Record<OwnedRole, FoundKey>>,
  isKeyShared: boolean,
  nameInput: NameInput,
): void {
  if (targets.keyId === undefined) return;
  const name = formatKeyReference(targets.reference);
  if (root.keyId === targets.keyId) {
    throw new TrustError(
      'KEY_CONFLICT',
      `The root key and the repository key of ${gun} are one and the same key (${name}).`,
      { remedy: separateKeys },
    );
  }
  if (!isKeyShared && targets.gun !== undefined && targets.gun !== gun) {
    throw new TrustError(
      'KEY_CONFLICT',
      `${name} is the repository key of ${targets.gun}, and was to become that of ${gun}.`,
      {
        remedy: `Name another vault. If both repositories are to share the key, name the key in ${nameInput('signing-key')} instead of ${nameInput('vault')}.`,
      },
    );
  }
}
