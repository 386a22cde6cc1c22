/** Carries a rotation out in every repository, side by side, once all of them are ready for it. */
import {
  publishServerKeys,
  newServerKey,
  rotateKey,
  serverRoles,
  type PublicKey,
  type ServerRole,
} from '../../../trust/index.js';
import type { RunContext } from '../../context.js';
import { eachRepository, requireAll } from '../../repositories/index.js';
import type { Rotation } from './configuration.js';
import { listedForm, makeNewKey, type OpenedNewKey } from './new-key.js';
import { finished, planned } from './outcome.js';
import type { Preparation, ReadyRepository } from './prepare.js';
import { recordRotation } from './records.js';
import type { RotatedRepository } from './report.js';

/** The new key, and what became of each repository. */
export interface Work {
  /** Undefined where the server makes the keys. */
  readonly newKey: OpenedNewKey | undefined;
  readonly repositories: readonly RotatedRepository[];
}

/** A repository with the new key in the form that it is to list. */
interface Equipped extends ReadyRepository {
  readonly publicKeys: ReadonlyMap<string, PublicKey>;
}

/**
 * Makes the new key if it is to be made, and rotates.
 * @throws {TrustError} what keeps the key from being made, or one of the repositories from listing it.
 */
export async function carryOut(
  rotation: Rotation,
  preparation: Preparation,
  context: RunContext,
): Promise<Work> {
  const { repositories } = preparation;
  const todo = repositories.filter(({ replacements }) => replacements.length > 0);
  const newKey =
    todo.length === 0 ? preparation.newKey : await theNewKey(rotation, preparation, context);
  if (newKey?.reference.startsWith('https:') === true) context.setOutput('keys', newKey.reference);
  // For all of them, before the first is published.
  const equipped = requireAll(
    await eachRepository(todo, (repository) => equip(repository, rotation, newKey, context)),
    'cannot be rotated; no repository was changed',
  );
  const done = await eachRepository(equipped, (repository) =>
    rotateOne(repository, rotation, newKey, preparation, context),
  );
  const results = new Map(done.map((one) => [one.gun, one]));
  const outcomes = repositories.map((repository): RotatedRepository => {
    const result = results.get(repository.gun);
    if (!result) return planned(repository);
    if (result.error) return { ...planned(repository), state: 'failed', error: result.error };
    return result.value;
  });
  await recordRotation(rotation, preparation, newKey, outcomes, context);
  return { newKey, repositories: outcomes };
}

async function rotateOne(
  repository: Equipped,
  rotation: Rotation,
  newKey: OpenedNewKey | undefined,
  { availableKeys }: Preparation,
  { clock, signal, log }: RunContext,
): Promise<RotatedRepository> {
  const { server, view, pins, explain, publicKeys } = repository;
  const options = { known: view, availableKeys, pins, clock, signal, log };
  const done = await explain(async () => {
    if (rotation.kind === 'hand-over') {
      const newKeys = new Map(
        serverRoles.flatMap((role): [ServerRole, PublicKey][] => {
          const key = publicKeys.get(role);
          return key ? [[role, key]] : [];
        }),
      );
      return {
        ...(await publishServerKeys(server, { ...options, newKeys })),
        unchanged: undefined,
      };
    }
    const { role, oldKeyId } = rotation;
    const publicKey = publicKeys.get(role);
    if (!newKey || !publicKey) throw new TypeError('a key got lost on the way');
    const key = { signer: newKey.signer, publicKey };
    return rotateKey(server, { ...options, role, oldKeyId, newKey: key });
  });
  for (const { message } of done.view.warnings) log.warn(message);
  return finished(repository, done, publicKeys);
}

async function theNewKey(
  rotation: Rotation,
  { newKey, azure, repositories }: Preparation,
  context: RunContext,
): Promise<OpenedNewKey | undefined> {
  if (rotation.kind !== 'key' || rotation.newKey.kind !== 'create') return newKey;
  const gun = repositories.length === 1 ? repositories[0]?.gun : undefined;
  return makeNewKey(rotation.newKey, rotation.role, gun, azure, context);
}

async function equip(
  repository: ReadyRepository,
  rotation: Rotation,
  newKey: OpenedNewKey | undefined,
  { clock, signal }: RunContext,
): Promise<Equipped> {
  const { replacements, server, gun, explain, view } = repository;
  if (rotation.kind === 'hand-over') {
    const roles = serverRoles.filter((name) => replacements.some(({ role }) => role === name));
    const made = await explain(() =>
      Promise.all(
        roles.map(async (role) => [role, await newServerKey(server, view, role, signal)] as const),
      ),
    );
    return { ...repository, publicKeys: new Map(made) };
  }
  if (!newKey) throw new TypeError('there is no new key');
  const publicKey = await listedForm(newKey, rotation.role, gun, clock());
  return { ...repository, publicKeys: new Map([[rotation.role, publicKey]]) };
}
