/**
 * The trust data of the repositories that keys may be used in: those that the inputs name, and those
 * that the keys name themselves. Reads only, expired data as well; what cannot be read is only reported.
 */
import { resolvePins } from '../../azure/index.js';
import type { TrustError } from '../../errors.js';
import { readRepository, type Gun, type TrustedView, describePin } from '../../trust/index.js';
import type { AzureAccess } from '../../access/index.js';
import type { Run } from '../run.js';
import { pinInputs, type PinReference } from '../inputs/pins.js';
import type { Read } from '../inputs/read.js';
import { type NamedRepository, openRepositories, mapResults } from '../../repositories/index.js';
import { readRepositories, readTrustServer, repositoryInputs } from '../inputs/repositories.js';

/** Inputs of commands that use the trust data of repositories where there are any. */
export const keyRepositoryInputs = { ...repositoryInputs, ...pinInputs };

/** The repositories that the inputs name. A registry alone is fine: keys name their repositories. */
export function readKeyRepositories(
  read: Read<typeof keyRepositoryInputs>,
): readonly NamedRepository[] {
  const { repository, images } = read.values;
  if (repository !== undefined || images.length > 0) return readRepositories(read);
  readTrustServer(read);
  return [];
}

/** What was found out about a repository. */
export interface KeyRepository {
  readonly gun: Gun;
  /** Whether an input named it. */
  readonly isNamed: boolean;
  /** Undefined when it could not be read, or has no trust data. */
  readonly view: TrustedView | undefined;
  readonly error: TrustError | undefined;
}

/**
 * Reads the trust data of `repositories`, which the inputs name, and of `others`, which keys name.
 * @throws whatever is not a failure of one repository
 */
export async function loadKeyRepositories(
  repositories: readonly NamedRepository[],
  others: readonly NamedRepository[],
  pinReferences: readonly PinReference[],
  azure: AzureAccess,
  run: Run,
): Promise<readonly KeyRepository[]> {
  const { clock, signal, log } = run;
  const all = [...repositories, ...others];
  if (all.length === 0) return [];
  return log.group('Trust data', async () => {
    const pins = await resolvePins(pinReferences, azure, run);
    const opened = await openRepositories(all, run);
    const loaded = await mapResults(opened, async ({ server }) => ({
      view: await readRepository(server, { pins, now: clock(), expiry: 'report', signal }),
    }));
    return loaded.map(({ gun, value, error }): KeyRepository => {
      const view = value?.view;
      const isNamed = repositories.some((named) => named.gun === gun);
      if (error) log.warn(`${gun} cannot be read: ${error.message}`);
      else if (view) {
        log.info(`${gun}: root version ${view.root.signed.version}, ${describePin(view)}`);
      } else if (isNamed) log.warn(`${gun} has no trust data.`);
      else log.info(`${gun} has no trust data`);
      for (const { message } of view?.warnings ?? []) log.warn(message);
      return { gun, isNamed, view, error };
    });
  });
}

/** The trust data that could be read, by repository. */
export function viewsOf(loaded: readonly KeyRepository[]): ReadonlyMap<Gun, TrustedView> {
  return new Map(loaded.flatMap(({ gun, view }) => (view ? [[gun, view] as const] : [])));
}
