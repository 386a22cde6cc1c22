/**
 * Everything that must hold before the first repository gets another key: who may publish, whether the
 * keys at hand may sign the change, and that each of them signs at all. Changes nothing.
 */
import { TrustError } from '../../../errors.js';
import { proveSigner } from '../../../signing/index.js';
import {
  adminKeysOf,
  canonicalIds,
  draftServerKeys,
  draftRotation,
  listingOf,
  requireAnchor,
  type Anchored,
  type FileToSign,
  type SignerInfo,
  type Pin,
  type KeyReplacement,
  type RoleName,
  type Signer,
  type TrustedView,
} from '../../../trust/index.js';
import type { RunContext } from '../../context.js';
import {
  eachRepository,
  heldServerRoles,
  loginToAll,
  readTrust,
  requireAll,
  requireServerKeys,
  type OpenRepository,
} from '../../repositories/index.js';
import type { AzureAccess } from '../../access/access.js';
import { openAvailableKeys, type AvailableKey } from '../../signing/available-keys.js';
import { resolvePin } from '../../signing/pins.js';
import { separateKeys } from '../../configuration/key-inputs.js';
import type { RotateConfiguration, Rotation } from './configuration.js';
import { pendingKey, openNewKey, type OpenedNewKey } from './new-key.js';
import { pinsForRoot } from './pins.js';

/** A repository, and what the rotation means for it. */
export interface ReadyRepository extends OpenRepository {
  readonly view: TrustedView;
  /** What every later reading is held to. */
  readonly pins: readonly Pin[];
  /** Which keys go; none when there is nothing to do. */
  readonly replacements: readonly KeyReplacement[];
  /** Who signs what. */
  readonly files: readonly { readonly role: RoleName; readonly signers: readonly SignerInfo[] }[];
  /** Why there is nothing to do. */
  readonly unchanged: string | undefined;
  readonly warnings: readonly string[];
}

/** What the run can go on with. */
export interface Preparation {
  readonly azure: AzureAccess;
  readonly repositories: readonly ReadyRepository[];
  readonly availableKeys: readonly Signer[];
  /** Where the keys at hand are. */
  readonly keys: readonly AvailableKey[];
  /** Undefined for a key that is yet to be made, by us or by the server. */
  readonly newKey: OpenedNewKey | undefined;
}

/** @throws {TrustError} whatever would keep any of the repositories from getting the key. */
export async function prepare(
  configuration: RotateConfiguration,
  context: RunContext,
): Promise<Preparation> {
  const { log } = context;
  const { rotation, dryRun } = configuration;
  const azure = context.access.azure(configuration.repositories[0]?.registry);
  const open = await loginToAll(configuration.repositories, context);
  const keys = await log.group('Keys', () => openKeys(configuration, azure, context));
  return log.group('Trust data', async () => {
    const { availableKeys, newKey, pins } = keys;
    const known = [...availableKeys, ...(newKey ? [newKey.signer] : [])];
    const attempted = await eachRepository(open, async (repository): Promise<ReadyRepository> => {
      const isRootLeaving = rotation.role === 'root';
      const how = { pins, keys: known, expiry: 'report', isRootLeaving } as const;
      const anchor = await readTrust(repository, how, context);
      const work = await examine(repository, anchor, rotation, { availableKeys, newKey }, context);
      return { ...repository, ...anchor, ...work };
    });
    const ready = requireAll(attempted, 'cannot be rotated; nothing was changed anywhere');
    if (!dryRun) await proveKeys(ready, known);
    return { azure, repositories: ready, ...keys };
  });
}

type Keys = Pick<Preparation, 'availableKeys' | 'keys' | 'newKey'> & {
  readonly pins: readonly Pin[];
};

async function openKeys(
  { keys, pins, rotation }: RotateConfiguration,
  azure: AzureAccess,
  context: RunContext,
): Promise<Keys> {
  const { log } = context;
  const open = async (): Promise<OpenedNewKey | undefined> =>
    rotation.kind === 'key' && rotation.newKey.kind === 'given'
      ? openNewKey(rotation.newKey.key, azure, context)
      : undefined;
  // The keys at hand before a new version of one of them can be made.
  const [availableKeys, newKey, resolved] = await Promise.all([
    openAvailableKeys(keys, azure, context),
    open(),
    Promise.all(pins.map((pin) => resolvePin(pin, azure, context))),
  ]);
  if (newKey) log.info(`${newKey.signer.keyId}  ${newKey.signer.description}, the new key`);
  const signers = availableKeys.map(({ signer }) => signer);
  const held = rotation.role === 'root' ? pinsForRoot(resolved, newKey?.signer, signers) : resolved;
  return { availableKeys: signers, keys: availableKeys, newKey, pins: held };
}

type Work = Omit<ReadyRepository, keyof OpenRepository | keyof Anchored>;

async function examine(
  repository: OpenRepository,
  { view, pins }: Anchored,
  rotation: Rotation,
  { availableKeys, newKey }: Pick<Keys, 'availableKeys' | 'newKey'>,
  { clock, signal, nameInput }: RunContext,
): Promise<Work> {
  const judge = { pins, now: clock() };
  // Before a key is made that nothing will be signed with.
  const gate = (files: readonly FileToSign[]): void => {
    const keys = [...availableKeys, ...(newKey ? [newKey.signer] : [])];
    requireAnchor({ view, pins, files, keys, pinInput: nameInput('trust-pin') });
  };
  if (rotation.kind === 'hand-over') {
    const { role, renews: replacesExisting } = rotation;
    const serverManaged = await heldServerRoles(repository, view, signal);
    const draft = draftServerKeys(
      { view, role, serverManaged, replacesExisting, availableKeys },
      judge,
    );
    if (draft.replacements.length === 0) {
      return nothingToDo(`${repository.server.host} holds the ${role} key of ${view.gun} already`);
    }
    gate([{ role: 'root', signedBy: draft.signedBy }]);
    const signers = draft.signedBy.map(({ signer }) => signer);
    const { replacements } = draft;
    return { replacements, files: [{ role: 'root', signers }], unchanged: undefined, warnings: [] };
  }
  await requireServerKeys(repository, view, signal);
  const { role, oldKeyId } = rotation;
  if (newKey) refuseSharedKey(view, role, newKey);
  const draft = draftRotation<SignerInfo>(
    {
      view,
      role,
      newKey: { signer: newKey?.signer ?? pendingKey, publicKey: undefined },
      oldKeyId,
      availableKeys,
    },
    judge,
  );
  if ('unchanged' in draft) return nothingToDo(draft.unchanged);
  gate(draft.files);
  return {
    replacements: draft.replacements,
    files: draft.files.map((file) => ({
      role: file.role,
      signers: file.signedBy.map(({ signer }) => signer),
    })),
    unchanged: undefined,
    warnings: draft.warnings,
  };
}

function nothingToDo(unchanged: string): Work {
  return { replacements: [], files: [], unchanged, warnings: [] };
}

/** The root key must be no other role's key: who signs every day could then replace all keys. */
function refuseSharedKey(
  view: TrustedView,
  role: RoleName,
  { signer, reference }: OpenedNewKey,
): void {
  const { keyId } = signer;
  const rootKeys = listingOf(view, 'root')?.keys.map(({ key }) => key) ?? [];
  const others = [...view.delegations.values()].flatMap(({ keys }) => [...keys.values()]);
  const taken =
    role === 'root'
      ? [...adminKeysOf(view).repository, ...canonicalIds(others)]
      : canonicalIds(rootKeys);
  if (!taken.includes(keyId)) return;
  throw new TrustError(
    'KEY_CONFLICT',
    role === 'root'
      ? `${reference} signs the tags of ${view.gun}, and was to become its root key.`
      : `${reference} is the root key of ${view.gun}, and was to become the key of ${role}.`,
    { remedy: separateKeys },
  );
}

/** Each key that is going to sign signs something first, so that no run ends half done for it. */
async function proveKeys(
  repositories: readonly ReadyRepository[],
  keys: readonly Signer[],
): Promise<void> {
  const needed = new Set(
    repositories.flatMap(({ files }) =>
      files.flatMap(({ signers }) => signers.map(({ keyId }) => keyId)),
    ),
  );
  const byId = new Map(keys.map((key) => [key.keyId, key]));
  await Promise.all(
    [...byId.values()].filter(({ keyId }) => needed.has(keyId)).map((key) => proveSigner(key)),
  );
}
