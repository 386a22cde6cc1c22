/**
 * Reads the trust data of the repositories that keys may serve: those that the inputs name, and
 * those that the keys name themselves. Reads only, expired data as well, and only tells of what
 * cannot be read.
 */
import type { LoginConfiguration } from '../../access/access.js';
import type { TrustError } from '../../../errors.js';
import { readRepository, type Gun, type Pin, type TrustedView } from '../../../trust/index.js';
import { trustServerOf } from '../../inputs/repositories.js';
import type { RunContext } from '../../context.js';
import { openRepositories, thenEach, type NamedRepository } from '../../repositories/index.js';
import { describePin } from '../../signing/pins.js';
import { imageOfGun } from './stored-key-names.js';

/** What was found out about a repository. */
export interface LookedAt {
  readonly gun: Gun;
  /** Whether an input named it. */
  readonly isNamed: boolean;
  /** Undefined when it could not be read, or has no trust data. */
  readonly view: TrustedView | undefined;
  readonly error: TrustError | undefined;
}

/** What {@link lookAtTrust} is to look at. */
export interface LookConfiguration extends LoginConfiguration {
  /** Those that the inputs name. */
  readonly repositories: readonly NamedRepository[];
}

/**
 * The repositories to look at: those of the inputs first, then those that keys name.
 * @param guns what keys name; a name that is no repository is left out.
 */
export function repositoriesOf(
  {
    repositories,
    trustServer,
  }: Pick<LookConfiguration, 'repositories'> & {
    /** Registry and origin of its trust server, where that is one of its own. */
    readonly trustServer: { readonly registry: string; readonly url: string } | undefined;
  },
  guns: readonly Gun[],
): readonly NamedRepository[] {
  const more = guns.flatMap((gun): NamedRepository[] => {
    const image = imageOfGun(gun);
    if (!image || repositories.some((named) => named.gun === gun)) return [];
    const { registry } = image;
    const url = trustServer?.registry === registry ? trustServer.url : trustServerOf(registry);
    return [{ ...image, gun, trustServer: url }];
  });
  return [...repositories, ...new Map(more.map((one) => [one.gun, one])).values()];
}

/** Reads the trust data of `all`. @throws whatever is no failure of one repository */
export async function lookAtTrust(
  all: readonly NamedRepository[],
  configuration: LookConfiguration,
  pins: readonly Pin[],
  context: RunContext,
): Promise<readonly LookedAt[]> {
  const { clock, signal, log } = context;
  const open = await openRepositories(all, context);
  const read = await thenEach(open, async ({ server }) => {
    const view = await readRepository(server, { pins, now: clock(), expiry: 'report', signal });
    return { view };
  });
  const named = new Set(configuration.repositories.map(({ gun }) => gun));
  return read.map(({ gun, value, error }): LookedAt => {
    const view = value?.view;
    const isNamed = named.has(gun);
    if (error) log.warn(`${gun} cannot be looked at: ${error.message}`);
    else if (view)
      log.info(`${gun}: root version ${view.root.signed.version}, ${describePin(view)}`);
    else if (isNamed) log.warn(`${gun} has no trust data.`);
    else log.info(`${gun} has no trust data`);
    for (const { message } of view?.warnings ?? []) log.warn(message);
    return { gun, isNamed, view, error };
  });
}

/** The trust data that could be read, by repository. */
export function viewsOf(looked: readonly LookedAt[]): ReadonlyMap<Gun, TrustedView> {
  return new Map(
    looked.flatMap(({ gun, view }) => (view === undefined ? [] : [[gun, view] as const])),
  );
}
