/**
 * Everything that must hold before `keys init` makes its first key: who may publish where, what the
 * repositories have already, and which keys exist. Changes nothing.
 */
import {
  asOwner,
  findNamedKeys,
  listedVersionOf,
  openFoundKeys,
  type FoundKey,
  type ReadyKey,
} from '../../../azure/index.js';
import { formatKeyReference } from '../../../signing/index.js';
import { readRepository, type TrustedView } from '../../../trust/index.js';
import type { AzureAccess } from '../../../access/index.js';
import type { Run } from '../../run.js';
import {
  eachRepository,
  loginToAll,
  requirePublish,
  unwrapAll,
  type OpenRepository,
} from '../../../repositories/index.js';
import type { InitConfiguration } from './init-inputs.js';
import { keyIdsOf, requireFreeKeys, requireSameKeys, type OwnedRole } from './validate-keys.js';

/** A repository that can be published to. */
export interface PreparedRepository extends OpenRepository {
  /** Undefined while it has no trust data. */
  readonly view: TrustedView | undefined;
  /** In the versions that its trust data lists; as the inputs name them where there is none. */
  readonly keys: Readonly<Record<OwnedRole, FoundKey>>;
}

export interface Preparation {
  readonly azure: AzureAccess;
  readonly repositories: readonly PreparedRepository[];
  /** What initialises; where nothing is left to be initialised, what has done so. */
  readonly rootKey: FoundKey;
  /** The keys that exist and are to sign, by their references. */
  readonly ready: ReadonlyMap<string, ReadyKey>;
}

/** @throws {TrustError} whatever would keep any of the repositories from being initialised */
export async function prepare(
  { repositories: named, rootKey: rootInput, isKeyShared }: InitConfiguration,
  run: Run,
): Promise<Preparation> {
  const { log, clock, signal, nameInput } = run;
  const azure = run.access.azure(named[0]?.registry);
  const open = await loginToAll(named, run);
  const read = await log.group('Trust data', async () => {
    const results = await eachRepository(open, async (repository) => {
      const { server, gun } = repository;
      await requirePublish(repository, signal);
      const how = { pins: [], now: clock(), expiry: 'report', signal } as const;
      const view = await readRepository(server, how);
      log.info(view ? `${gun} has trust data` : `${gun} has no trust data yet`);
      return { ...repository, view };
    });
    return unwrapAll(results, 'cannot be initialised');
  });
  return log.group('Keys', async () => {
    const inputs = [rootInput, ...read.map(({ repositoryKey }) => repositoryKey)];
    const [root, ...others] = await asOwner(() => findNamedKeys(inputs, azure, run));
    const withKeys = read.map((repository, index) => ({ ...repository, targets: others[index] }));
    const results = await eachRepository(withKeys, async ({ targets, ...repository }) => {
      if (!root || !targets) throw new TypeError('invariant violated: missing key');
      const { gun, view } = repository;
      if (!view) {
        const keys = { root, targets };
        requireFreeKeys(gun, keys, isKeyShared, nameInput);
        return { ...repository, keys };
      }
      const keys = await listedKeys(view, { root, targets }, azure, run);
      requireSameKeys(view, keys, nameInput);
      return { ...repository, keys };
    });
    const repositories = unwrapAll(results, 'cannot be initialised; nothing was made or changed');
    const fresh = repositories.filter(({ view }) => !view);
    const toSign = fresh.flatMap(({ keys }) => [keys.root, keys.targets]);
    const ready = await asOwner(() => openFoundKeys(toSign, azure, run));
    const [first] = fresh.length > 0 ? fresh : repositories;
    if (!first) throw new TypeError('invariant violated: missing repository');
    return { azure, repositories, rootKey: first.keys.root, ready };
  });
}

/** The keys in the versions that the trust data lists. */
async function listedKeys(
  view: TrustedView,
  keys: PreparedRepository['keys'],
  azure: AzureAccess,
  run: Run,
): Promise<PreparedRepository['keys']> {
  const listed = async (role: OwnedRole): Promise<FoundKey> => {
    const newest = keys[role];
    const key = await listedVersionOf(newest, keyIdsOf(view, role), azure, run);
    if (key !== newest) {
      const [old, latest] = [key, newest].map(({ reference }) => formatKeyReference(reference));
      run.log.warn(
        `${view.gun} lists ${old ?? ''}, not the newest version ${latest ?? ''}: name the version when you sign, or authorise the newest with "keys rotate".`,
      );
    }
    return key;
  };
  return { root: await listed('root'), targets: await listed('targets') };
}
