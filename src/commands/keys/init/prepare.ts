/**
 * Everything that must hold before `keys init` makes its first key: who may publish where, what the
 * repositories have already, and which keys exist. Changes nothing.
 */
import type { InputValues } from '../../inputs/values.js';
import { limits } from '../../../limits.js';
import { formatKeyReference } from '../../../signing/index.js';
import { readRepository, type TrustedView } from '../../../trust/index.js';
import { mapConcurrent } from '../../../concurrency.js';
import type { KeyConfiguration } from '../../configuration/types.js';
import type { RunContext } from '../../context.js';
import {
  eachRepository,
  loginToAll,
  unwrapAll,
  requirePublish,
  type OpenRepository,
} from '../../repositories/index.js';
import type { AzureAccess } from '../../access/access.js';
import { asOwner } from '../../signing/open-key-input.js';
import type { InitConfiguration } from './configuration.js';
import { keyIdsOf, problemOf } from './judge.js';
import { findKey, listedVersionOf, openFound, type FoundKey, type ReadyKey } from './keys.js';

/** A repository that can be published to, and its repository key as it was found. */
export interface PreparedRepository extends OpenRepository {
  /** Undefined while it has no trust data. */
  readonly view: TrustedView | undefined;
  /** The root key in the version that has signed the root; of the inputs where there is none. */
  readonly rootKey: FoundKey;
  readonly targetsKey: FoundKey;
}

export interface Preparation {
  readonly azure: AzureAccess;
  readonly repositories: readonly PreparedRepository[];
  readonly rootKey: FoundKey;
  /** The keys that are there, by their references, each proven to sign if it is to. */
  readonly ready: ReadonlyMap<string, ReadyKey>;
}

/** @throws {TrustError} whatever would keep any of the repositories from being initialised */
export async function prepare(
  configuration: InitConfiguration,
  inputs: InputValues,
  context: RunContext,
): Promise<Preparation> {
  const { log } = context;
  const { repositories } = configuration;
  const azure = context.access.azure(configuration.repositories[0]?.registry);
  const open = await loginToAll(configuration.repositories, context);
  const looked = await log.group('Trust data', async () => {
    const attempted = await eachRepository(open, async (repository) => {
      const { server, gun } = repository;
      await requirePublish(repository, context.signal);
      const view = await readRepository(server, {
        pins: [],
        now: context.clock(),
        expiry: 'report',
        signal: context.signal,
      });
      log.info(view ? `${gun} has trust data` : `${gun} has no trust data yet`);
      return { ...repository, view };
    });
    return unwrapAll(attempted, 'cannot be initialised');
  });
  return log.group('Keys', async () => {
    const found = await asOwner(() => findKeys(configuration, azure, context));
    const keyOf = (key: KeyConfiguration): FoundKey => {
      const one = found.get(formatKeyReference(key.reference));
      if (!one) throw new TypeError('a key got lost on the way');
      return one;
    };
    const rootKey = keyOf(configuration.rootKey);
    const wanted = new Map(repositories.map(({ gun, targetsKey }) => [gun, keyOf(targetsKey)]));
    const judged = await eachRepository(looked, async (repository): Promise<PreparedRepository> => {
      const named = wanted.get(repository.gun);
      if (!named) throw new TypeError('a repository got lost on the way');
      const { view } = repository;
      const listed = async (key: FoundKey, role: 'root' | 'targets'): Promise<FoundKey> => {
        const one = view ? await listedVersionOf(key, keyIdsOf(view, role), azure, context) : key;
        if (one !== key) log.warn(olderVersion(repository.gun, one, key));
        return one;
      };
      const [root, targetsKey] = [await listed(rootKey, 'root'), await listed(named, 'targets')];
      const problem = problemOf(repository, root, targetsKey, inputs, context.nameInput);
      if (problem) throw problem;
      return { ...repository, rootKey: root, targetsKey };
    });
    const prepared = unwrapAll(judged, 'cannot be initialised; nothing was made or changed');
    const ready = await asOwner(() => openThere(prepared, rootKey, azure, context));
    // What initialises; where nothing is left to be initialised, what has done so.
    const [first] = prepared.every(({ view }) => view) ? prepared : [];
    return { azure, repositories: prepared, rootKey: first?.rootKey ?? rootKey, ready };
  });
}

function olderVersion(gun: string, listed: FoundKey, newest: FoundKey): string {
  const [old, latest] = [listed, newest].map(({ reference }) => formatKeyReference(reference));
  return `${gun} lists ${old ?? ''}, not the newest version ${latest ?? ''}: name the version when you sign, or authorise the newest with "keys rotate".`;
}

/** The keys of the inputs, each looked for once, by their references. */
async function findKeys(
  { rootKey, repositories }: InitConfiguration,
  azure: AzureAccess,
  context: RunContext,
): Promise<ReadonlyMap<string, FoundKey>> {
  const named = new Map(
    [rootKey, ...repositories.map(({ targetsKey }) => targetsKey)].map((key) => [
      formatKeyReference(key.reference),
      key,
    ]),
  );
  const found = await mapConcurrent(
    [...named],
    limits.concurrentVaultKeys,
    async ([name, key]) => [name, await findKey(key, azure, context)] as const,
  );
  return new Map(found);
}

/** Opens the keys that are there and will sign, so that none is made in vain. */
async function openThere(
  repositories: readonly PreparedRepository[],
  rootKey: FoundKey,
  azure: AzureAccess,
  context: RunContext,
): Promise<ReadonlyMap<string, ReadyKey>> {
  const { log } = context;
  const needed = new Map<string, Extract<FoundKey, { kind: 'there' }>>();
  const toInitialise = repositories.filter(({ view }) => !view);
  const keys = toInitialise.length === 0 ? [] : [rootKey];
  for (const key of [...keys, ...toInitialise.map(({ targetsKey }) => targetsKey)]) {
    if (key.kind === 'there') needed.set(formatKeyReference(key.reference), key);
  }
  const opened = await mapConcurrent(
    [...needed],
    limits.concurrentVaultKeys,
    async ([name, key]) => {
      const ready = await openFound(key, azure, context);
      log.info(ready.signer.description);
      log.info(`key ID ${ready.signer.keyId}`);
      return [name, ready] as const;
    },
  );
  return new Map(opened);
}
