/** What a rotation means for one repository: which keys are replaced, and who signs that. */
import {
  draftRotation,
  draftServerKeys,
  heldServerRoles,
  requireSeparateKey,
  type FileToSign,
  type KeyId,
  type KeyName,
  type KeyReplacement,
  type RoleName,
  type Signer,
  type SignerInfo,
} from '../trust/index.js';
import type { AccessRun } from '../access/index.js';
import type { Outcome, ReadRepository } from '../repositories/index.js';
import type { NewKey } from './new-key.js';
import type { Rotation } from './rotation.js';

export interface RotationPlan {
  /** Which keys are replaced; none when there is nothing to do. */
  readonly replacements: readonly KeyReplacement[];
  readonly files: readonly FileToSign[];
  /** Why there is nothing to do. */
  readonly unchanged: string | undefined;
}

/** Keys of one role that were replaced, and by which. */
export interface KeyChange {
  readonly role: RoleName;
  /** Canonical IDs. */
  readonly oldKeyIds: readonly KeyId[];
  /** Canonical; undefined for a key that is yet to be made. */
  readonly newKeyId: KeyId | undefined;
}

/** What became of a repository, or what would. */
export interface RotatedRepository extends Outcome {
  readonly state: 'rotated' | 'unchanged' | 'to be rotated' | 'failed';
  readonly exchanges: readonly KeyChange[];
  /** What is signed again, and by which keys. */
  readonly signedBy: readonly { readonly role: RoleName; readonly keys: readonly string[] }[];
  /** Why there was nothing to do. */
  readonly unchanged: string | undefined;
  readonly rootKeys: readonly KeyName[];
  /** Roles that still list an old key. */
  readonly stillListed: readonly RoleName[];
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
  { clock, signal, log }: AccessRun,
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
  if (newKey) requireSeparateKey(view, role, newKey.signer.keyId, newKey.url);
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
