/** Carries a rotation out in every repository, side by side, once all of them are ready for it. */
import {
  canonicalKeyIdOf,
  keyNamesOf,
  newServerKey,
  publishServerKeys,
  rolesWithKeys,
  rotateKey,
  serverRoles,
  type Gun,
  type KeyReplacement,
  type PublicKey,
  type RoleName,
  type Signer,
  type TrustedView,
} from '../trust/index.js';
import type { Log } from '../ports.js';
import { listedForm } from '../signing/index.js';
import type { AccessRun } from '../access/index.js';
import {
  eachRepository,
  unwrapAll,
  type PreparedChange,
  type PreparedRepository,
} from '../repositories/index.js';
import { makeNewKey, type NewKey } from './new-key.js';
import type { KeyChange, RotatedRepository, RotationPlan } from './plan-rotation.js';
import type { Rotation, RotationRun } from './rotation.js';
import { recordRotation } from './rotation-records.js';

export type Prepared = PreparedRepository<RotationPlan>;

/** The new key, and what became of each repository. */
export interface Work {
  /** Undefined for a key that is yet to be made, or that the server makes. */
  readonly newKey: NewKey | undefined;
  readonly repositories: readonly RotatedRepository[];
}

/** What would be done. */
export function planned({ gun, plan, view }: Prepared): RotatedRepository {
  const { replacements, files, unchanged } = plan;
  return {
    gun,
    state: replacements.length === 0 ? 'unchanged' : 'to be rotated',
    exchanges: replacements.map((replacement) => changeOf(replacement)),
    signedBy: files.map(({ role, signedBy }) => ({
      role,
      keys: signedBy.map(({ signer: { description } }) => description),
    })),
    unchanged,
    rootKeys: keyNamesOf(view.root, 'root'),
    stillListed: [],
  };
}

/**
 * Makes the new key if it is to be made, and rotates.
 * @throws {TrustError} what keeps the key from being made, or one of the repositories from listing it.
 */
export async function carryOut(
  rotation: Rotation,
  prepared: PreparedChange<RotationPlan>,
  given: NewKey | undefined,
  run: RotationRun,
): Promise<Work> {
  const { repositories, signers } = prepared;
  const todo = repositories.filter(({ plan }) => plan.replacements.length > 0);
  const newKey = todo.length === 0 ? given : await theNewKey(rotation, repositories, given, run);
  if (newKey?.url.startsWith('https:') === true) run.setOutput('keys', newKey.url);
  // For all of them, before the first is published.
  const equipped = unwrapAll(
    await eachRepository(todo, (repository) => equip(repository, rotation, newKey, signers, run)),
    'cannot be rotated; no repository was changed',
  );
  const results = await eachRepository(equipped, (repository) => rotateIn(repository, run.log));
  const byGun = new Map(results.map((result) => [result.gun, result]));
  const outcomes = repositories.map((repository): RotatedRepository => {
    const { value, error } = byGun.get(repository.gun) ?? {};
    return value ?? { ...planned(repository), ...(error && { state: 'failed', error }) };
  });
  if (rotation.kind === 'key' && newKey) {
    await recordRotation(rotation.role, prepared, newKey, outcomes, run);
  }
  return { newKey, repositories: outcomes };
}

async function theNewKey(
  rotation: Rotation,
  repositories: readonly Prepared[],
  given: NewKey | undefined,
  run: AccessRun,
): Promise<NewKey | undefined> {
  if (rotation.kind !== 'key' || rotation.newKey.kind !== 'create') return given;
  const azure = run.access.azure(repositories[0]?.registry);
  const guns = repositories.map(({ gun }) => gun);
  return makeNewKey(rotation.newKey, rotation, guns, azure, run);
}

/** A repository with its new keys, in the form that it is to list. */
interface Equipped {
  readonly gun: Gun;
  readonly repository: Prepared;
  readonly newKeyOf: (role: RoleName) => PublicKey | undefined;
  readonly publish: () => Promise<{
    readonly view: TrustedView;
    readonly replacements: readonly KeyReplacement[];
    readonly unchanged?: string | undefined;
  }>;
}

async function equip(
  repository: Prepared,
  rotation: Rotation,
  newKey: NewKey | undefined,
  availableKeys: readonly Signer[],
  { clock, signal, log }: AccessRun,
): Promise<Equipped> {
  const { gun, server, view: known, plan, pins, explain } = repository;
  const options = { known, availableKeys, pins, clock, signal, log };
  if (rotation.kind === 'server-key') {
    const roles = serverRoles.filter((name) => plan.replacements.some(({ role }) => role === name));
    const made = await explain(() =>
      Promise.all(
        roles.map(async (role) => [role, await newServerKey(server, known, role, signal)] as const),
      ),
    );
    const newKeys = new Map(made);
    return {
      gun,
      repository,
      newKeyOf: (role) => new Map<string, PublicKey>(made).get(role),
      publish: () => publishServerKeys(server, { ...options, newKeys }),
    };
  }
  if (!newKey) throw new TypeError('invariant violated: missing new key');
  const { role, oldKeyId } = rotation;
  const { signer } = newKey;
  const publicKey = await listedForm(newKey, role, gun, clock());
  return {
    gun,
    repository,
    newKeyOf: () => publicKey,
    publish: () => rotateKey(server, { ...options, role, oldKeyId, newKey: { signer, publicKey } }),
  };
}

async function rotateIn(
  { repository, newKeyOf, publish }: Equipped,
  log: Log,
): Promise<RotatedRepository> {
  const { view, replacements, unchanged } = await repository.explain(publish);
  for (const { message } of view.warnings) log.warn(message);
  const gone = replacements.flatMap(({ removed }) => removed.flatMap(({ keyId }) => keyId ?? []));
  return {
    ...planned(repository),
    state: unchanged === undefined ? 'rotated' : 'unchanged',
    unchanged,
    exchanges: replacements.map((replacement) => changeOf(replacement, newKeyOf)),
    rootKeys: keyNamesOf(view.root, 'root'),
    stillListed: [...rolesWithKeys(view, gone)].sort(),
  };
}

function changeOf(
  { role, removed }: KeyReplacement,
  newKeyOf: Equipped['newKeyOf'] = () => undefined,
): KeyChange {
  const key = newKeyOf(role);
  return {
    role,
    oldKeyIds: [...new Set(removed.map(({ id, keyId }) => keyId ?? id))],
    newKeyId: key && canonicalKeyIdOf(key),
  };
}
