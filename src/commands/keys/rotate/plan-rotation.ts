/** What a rotation means for one repository: which keys are replaced, and who signs that. */
import { TrustError } from '../../../errors.js';
import {
  adminKeysOf,
  canonicalIds,
  draftRotation,
  draftServerKeys,
  heldServerRoles,
  listingOf,
  type FileToSign,
  type KeyReplacement,
  type RoleName,
  type Signer,
  type SignerInfo,
  type TrustedView,
} from '../../../trust/index.js';
import type { Run } from '../../context.js';
import { separateKeys } from '../../inputs/key-inputs.js';
import type { ReadRepository } from '../../repositories/prepare-change.js';
import type { NewKey } from './new-key.js';
import type { Rotation } from './rotation.js';

export interface RotationPlan {
  /** Which keys are replaced; none when there is nothing to do. */
  readonly replacements: readonly KeyReplacement[];
  readonly files: readonly FileToSign[];
  /** Why there is nothing to do. */
  readonly unchanged: string | undefined;
}

/** Stands for a key that is yet to be made. */
const pendingKey: SignerInfo = { keyId: '', description: 'the new key' };

/**
 * Plans the rotation.
 * @param newKey undefined for a key that is yet to be made, by us or by the server.
 * @throws {TrustError} KEY_NOT_AUTHORIZED without the keys that the change needs; KEY_CONFLICT for the
 * root key in another role.
 */
export async function planRotation(
  rotation: Rotation,
  repository: ReadRepository,
  availableKeys: readonly Signer[],
  newKey: NewKey | undefined,
  { clock, signal, log }: Run,
): Promise<RotationPlan> {
  const { view, pins, server, gun, explain } = repository;
  const judge = { pins, now: clock() };
  if (rotation.kind === 'server-key') {
    const { role, replacesExisting } = rotation;
    const serverManaged = await explain(() => heldServerRoles(server, view, signal));
    const question = { view, role, serverManaged, replacesExisting, availableKeys };
    const { replacements, signedBy } = draftServerKeys(question, judge);
    return replacements.length === 0
      ? nothingToDo(`${server.host} holds the ${role} key of ${gun} already`)
      : { replacements, files: [{ role: 'root', signedBy }], unchanged: undefined };
  }
  const { role, oldKeyId } = rotation;
  if (newKey) refuseSharedKey(view, role, newKey);
  const signer = newKey?.signer ?? pendingKey;
  const draft = draftRotation<SignerInfo>(
    { view, role, newKey: { signer, publicKey: undefined }, oldKeyId, availableKeys },
    judge,
  );
  if ('unchanged' in draft) return nothingToDo(draft.unchanged);
  for (const warning of draft.warnings) log.warn(warning);
  return { ...draft, unchanged: undefined };
}

function nothingToDo(unchanged: string): RotationPlan {
  return { replacements: [], files: [], unchanged };
}

/** The root key must not be another role's key: whoever signs every day could then replace all keys. */
function refuseSharedKey(view: TrustedView, role: RoleName, { signer, url }: NewKey): void {
  const rootKeys = listingOf(view, 'root')?.keys.map(({ key }) => key) ?? [];
  const others = [...view.delegations.values()].flatMap(({ keys }) => [...keys.values()]);
  const taken =
    role === 'root'
      ? [...adminKeysOf(view).repository, ...canonicalIds(others)]
      : canonicalIds(rootKeys);
  if (!taken.includes(signer.keyId)) return;
  throw new TrustError(
    'KEY_CONFLICT',
    role === 'root'
      ? `${url} signs the tags of ${view.gun}, and was to become its root key.`
      : `${url} is the root key of ${view.gun}, and was to become the key of ${role}.`,
    { remedy: separateKeys },
  );
}
