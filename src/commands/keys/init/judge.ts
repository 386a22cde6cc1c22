/** Whether the keys of a run are those that a repository was initialised with. Facts only. */
import { TrustError } from '../../../errors.js';
import type { NameInput } from '../../../inputs/index.js';
import { formatKeyReference, type KeyReference } from '../../../signing/index.js';
import { canonicalKeyIdOf, own, type KeyId, type TrustedView } from '../../../trust/index.js';

/** A key as far as it is known: one that is yet to be made has no ID. */
export interface WantedKey {
  readonly reference: KeyReference;
  readonly keyId: KeyId | undefined;
}

/** The canonical IDs of the keys that the root lists for a role. */
export function keyIdsOf(view: TrustedView, role: 'root' | 'targets'): readonly KeyId[] {
  const { keys, roles } = view.root.signed;
  const listed = own(roles, role)?.keyids ?? [];
  return listed.flatMap((id) => {
    const key = own(keys, id);
    return key ? [canonicalKeyIdOf(key)] : [];
  });
}

/** What an initialised repository has instead of the wanted keys; undefined when it has these. */
export function otherKeys(
  view: TrustedView,
  wanted: { readonly root: WantedKey; readonly targets: WantedKey },
  nameInput: NameInput,
): TrustError | undefined {
  const flaws = (['root', 'targets'] as const).flatMap((role) => {
    const present = keyIdsOf(view, role);
    const { reference, keyId } = wanted[role];
    if (keyId !== undefined && present.includes(keyId)) return [];
    const named = formatKeyReference(reference);
    const ours = keyId === undefined ? `${named} does not exist` : `${named} has the ID ${keyId}`;
    const noun = role === 'root' ? 'root key' : 'repository key';
    return [`its ${noun} is ${present.join(', ')}, and ${ours}`];
  });
  if (flaws.length === 0) return undefined;
  return new TrustError(
    'KEY_NOT_AUTHORIZED',
    `${view.gun} is initialised with other keys: ${flaws.join('; ')}.`,
    {
      remedy: `Give the keys it was initialised with in ${nameInput('root-key')} and ${nameInput('signing-key')}, with their version where they were rotated in the vault, or leave the repository out. To put another key in the place of one of them, use "keys rotate"; where one is lost, "keys lost" shows the ways out.`,
    },
  );
}
