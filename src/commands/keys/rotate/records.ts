/**
 * Keeps the records of root keys true when keys are replaced: a new signing key gets one, and after a
 * new root key every key that this run can reach names it in place of the old one.
 */
import { listVaultKeys } from '../../../azure/index.js';
import { isTrustError } from '../../../errors.js';
import {
  formatKeyReference,
  parseKeyReference,
  type KeyReference,
  type VaultReference,
} from '../../../signing/index.js';
import { keyIdsFor, type KeyId, type TrustedView } from '../../../trust/index.js';
import type { RunContext } from '../../context.js';
import { noteRoots } from '../../signing/root-record.js';
import type { Rotation } from './configuration.js';
import type { OpenedNewKey } from './new-key.js';
import type { Preparation } from './prepare.js';
import type { RotatedRepository } from './report.js';

/** Writes the records that follow from a rotation. What cannot be written is told, and no failure. */
export async function recordRotation(
  rotation: Rotation,
  { azure, keys, repositories: prepared }: Preparation,
  newKey: OpenedNewKey | undefined,
  repositories: readonly RotatedRepository[],
  context: RunContext,
): Promise<void> {
  if (rotation.kind !== 'key' || !newKey) return;
  // Only what more than the server vouches for may be recorded.
  const views = prepared.filter(({ view }) => view.pinnedBy.kind === 'pin');
  const known = new Map(views.map(({ gun, view }) => [gun, view]));
  const done = repositories.filter(
    ({ gun, state }) => (state === 'rotated' || state === 'unchanged') && known.has(gun),
  );
  const add = unique(done.flatMap(({ rootKeys }) => rootKeys.map(({ keyId }) => keyId)));
  if (add.length === 0) return;
  if (rotation.role !== 'root') {
    const given = rotation.newKey.kind === 'given' ? rotation.newKey.key.reference : undefined;
    await noteRoots(given ?? parseKeyReference(newKey.reference), { add }, azure, context);
    return;
  }
  const old = done.flatMap(({ exchanges }) => exchanges.flatMap(({ oldKeyIds }) => oldKeyIds));
  const stillInUse = repositories
    .filter(({ state }) => state === 'failed')
    .flatMap(({ rootKeys }) => rootKeys.map(({ keyId }) => keyId));
  const remove = unique(old).filter((id) => !add.includes(id) && !stillInUse.includes(id));
  const listed = keys.filter(({ signer: { keyId } }) =>
    [...known.values()].some((view) => signsTags(view, keyId)),
  );
  const carrying = await keysCarrying(old, vaultsOf([...keys, newKeyAt(newKey)]), azure, context);
  const all = new Map<string, KeyReference>();
  for (const { reference } of [...listed, ...carrying])
    all.set(formatKeyReference(reference), reference);
  for (const reference of all.values()) {
    await noteRoots(reference, { add, remove }, azure, context);
  }
}

/** Whether any role but the root lists the key. */
function signsTags(view: TrustedView, keyId: KeyId): boolean {
  return ['targets', ...view.delegations.keys()].some(
    (role) => keyIdsFor(view, role, keyId).length > 0,
  );
}

/** The keys in some vaults whose record names one of `old`. */
async function keysCarrying(
  old: readonly KeyId[],
  vaultUrls: readonly string[],
  { credential }: Preparation['azure'],
  { signal, clock, log }: RunContext,
): Promise<readonly { readonly reference: VaultReference }[]> {
  const found = await Promise.all(
    vaultUrls.map(async (vaultUrl) => {
      try {
        return await listVaultKeys(vaultUrl, credential, { signal, clock });
      } catch (error) {
        if (!isTrustError(error)) throw error;
        log.warn(
          `The keys of ${vaultUrl} could not be looked through for records of the old root key: ${error.message}`,
        );
        return [];
      }
    }),
  );
  return found
    .flat()
    .filter(({ tags }) =>
      Object.entries(tags).some(([, text]) => old.some((id) => text.includes(id))),
    );
}

function newKeyAt({ reference }: OpenedNewKey): { readonly reference: KeyReference } {
  return { reference: parseKeyReference(reference) };
}

function vaultsOf(keys: readonly { readonly reference: KeyReference }[]): readonly string[] {
  return unique(
    keys.flatMap(({ reference }) => (reference.kind === 'file' ? [] : [reference.vaultUrl])),
  );
}

function unique<T>(items: readonly T[]): readonly T[] {
  return [...new Set(items)];
}
