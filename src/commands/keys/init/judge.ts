/** Whether a repository can have the keys of a run, or has them already. Asks nobody. */
import { TrustError } from '../../../errors.js';
import type { NameInput } from '../../../inputs/index.js';
import type { InputValues } from '../../inputs/values.js';
import { formatKeyReference, type KeyReference } from '../../../signing/index.js';
import {
  isRootSignedBy,
  keyNamesOf,
  presentedRootKeys,
  type Gun,
  type KeyId,
  type TrustedView,
} from '../../../trust/index.js';
import { separateKeys } from '../../configuration/key-inputs.js';
import type { FoundKey } from './keys.js';

/** A key as far as it is known: one that is yet to be made has no ID. */
export interface WantedKey {
  readonly reference: KeyReference;
  readonly keyId: KeyId | undefined;
}

/** The canonical IDs of the keys that the root lists for a role. */
export function keyIdsOf(view: TrustedView, role: 'root' | 'targets'): readonly KeyId[] {
  return keyNamesOf(view.root, role).map(({ keyId }) => keyId);
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
  if (flaws.length === 0) return unsignedRoot(view, wanted.root);
  return new TrustError(
    'KEY_NOT_AUTHORIZED',
    `${view.gun} is initialised with other keys: ${flaws.join('; ')}.`,
    {
      remedy: `Give the keys it was initialised with in ${nameInput('root-key')} and ${nameInput('signing-key')}, with their version where they were rotated in the vault, or leave the repository out. To put another key in the place of one of them, use "keys rotate"; if one is lost, run "keys recover".`,
    },
  );
}

/** A root that lists the root key without its signature: anybody could have made that. */
function unsignedRoot(view: TrustedView, { keyId, reference }: WantedKey): TrustError | undefined {
  if (keyId === undefined || isRootSignedBy(view, [keyId])) return undefined;
  return new TrustError(
    'TRUST_PIN_MISMATCH',
    `The root that the trust server presents for ${view.gun} lists the root key ${keyId} (${formatKeyReference(reference)}), and is not signed by it alone: its root keys are ${presentedRootKeys(view).join(', ')}.`,
    {
      remedy:
        'If the owners of the repository have given it several root keys that sign together, leave it out here.\nOtherwise treat it as an attack: the trust server, or something on the way to it, presents a root of its own.',
    },
  );
}

/** What keeps a repository from being initialised with these keys, or from having been. */
export function problemOf(
  { gun, view }: { readonly gun: Gun; readonly view: TrustedView | undefined },
  rootKey: FoundKey,
  targetsKey: FoundKey,
  { vault }: Pick<InputValues, 'vault'>,
  nameInput: NameInput,
): TrustError | undefined {
  if (view) {
    const keys = { root: wantedOf(rootKey), targets: wantedOf(targetsKey) };
    return otherKeys(view, keys, nameInput);
  }
  if (targetsKey.kind === 'missing') return undefined;
  const name = formatKeyReference(targetsKey.reference);
  if (rootKey.kind === 'there' && rootKey.keyId === targetsKey.keyId) {
    return new TrustError(
      'KEY_CONFLICT',
      `The root key and the repository key of ${gun} are one and the same key (${name}).`,
      { remedy: separateKeys },
    );
  }
  if (vault !== undefined && targetsKey.gun !== undefined && targetsKey.gun !== gun) {
    return new TrustError(
      'KEY_CONFLICT',
      `${name} is the repository key of ${targetsKey.gun}, and was to become that of ${gun}.`,
      {
        remedy: `Name another vault. If both repositories are to share the key, name the key in ${nameInput('signing-key')} instead of ${nameInput('vault')}.`,
      },
    );
  }
  return undefined;
}

function wantedOf(found: FoundKey): WantedKey {
  return { reference: found.reference, keyId: found.kind === 'there' ? found.keyId : undefined };
}
