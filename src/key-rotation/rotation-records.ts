/**
 * Keeps the records of root keys true when keys are replaced: a new signing key gets one, and after a
 * new root key every key that this run can reach names it in place of the old one.
 */
import { keysWithRecord, noteRoots } from '../azure/index.js';
import { formatKeyReference, type KeyReference } from '../signing/index.js';
import { isDelegation, rolesWithKeys, type KeyId, type RoleName } from '../trust/index.js';
import type { AccessRun } from '../access/index.js';
import type { PreparedChange } from '../repositories/index.js';
import type { RotatedRepository } from './plan-rotation.js';
import type { NewKey } from './new-key.js';

/** Writes the records that follow from a rotation. What cannot be written is a warning, not a failure. */
export async function recordRotation(
  role: RoleName,
  { keys, repositories: prepared }: PreparedChange<unknown>,
  newKey: NewKey,
  repositories: readonly RotatedRepository[],
  run: AccessRun,
): Promise<void> {
  // Only what more than the server confirms may be recorded.
  const views = new Map(
    prepared.filter(({ view }) => view.pinnedBy.kind === 'pin').map(({ gun, view }) => [gun, view]),
  );
  const done = repositories.filter(
    ({ gun, state }) => (state === 'rotated' || state === 'unchanged') && views.has(gun),
  );
  const add = rootKeyIdsOf(done);
  if (add.length === 0) return;
  const azure = run.access.azure(prepared[0]?.registry);
  if (role !== 'root') {
    await noteRoots(newKey.reference, { add }, azure, run);
    return;
  }
  const old = done.flatMap(({ exchanges }) => exchanges.flatMap(({ oldKeyIds }) => oldKeyIds));
  const stillInUse = rootKeyIdsOf(repositories.filter(({ error }) => error !== undefined));
  const remove = unique(old).filter((id) => !add.includes(id) && !stillInUse.includes(id));
  const listed = keys.filter(({ signer: { keyId } }) =>
    [...views.values()].some((view) =>
      rolesWithKeys(view, [keyId]).some((name) => name === 'targets' || isDelegation(name)),
    ),
  );
  const carrying = await keysWithRecord(old, vaultsOf([...keys, newKey]), azure.credential, run);
  const references = new Map(
    [...listed, ...carrying].map(({ reference }) => [formatKeyReference(reference), reference]),
  );
  for (const reference of references.values()) {
    await noteRoots(reference, { add, remove }, azure, run);
  }
}

function rootKeyIdsOf(repositories: readonly RotatedRepository[]): readonly KeyId[] {
  return unique(repositories.flatMap(({ rootKeys }) => rootKeys.map(({ keyId }) => keyId)));
}

function vaultsOf(keys: readonly { readonly reference: KeyReference }[]): readonly string[] {
  return unique(
    keys.flatMap(({ reference }) => (reference.kind === 'file' ? [] : [reference.vaultUrl])),
  );
}

function unique<T>(items: readonly T[]): readonly T[] {
  return [...new Set(items)];
}
