/** Logs in for repositories, once for each registry, and opens their trust data. Changes nothing. */
import { TrustError } from '../../errors.js';
import type { InputValues } from '../../inputs/index.js';
import type { Log } from '../../ports.js';
import {
  createTrustServer,
  readRepository,
  type Pin,
  requireAnchor,
  type Anchored,
  type VouchingKey,
  type TrustServer,
} from '../../trust/index.js';
import type { RunContext } from '../context.js';
import { openAzure, openSession, type AzureAccess, type Session } from '../session/session.js';
import { describePin, warnOfFirstUse } from '../signing/pins.js';
import { explainRefusal } from '../signing/registry-rights.js';
import { eachRepository, requireAll, type Attempted } from './each-repository.js';
import type { NamedRepository } from './read-repositories.js';

/** A repository that can be read and, rights permitting, published to. */
export interface OpenRepository extends NamedRepository {
  readonly session: Session;
  readonly server: TrustServer;
  /** Runs what may be refused, and completes a refusal with its likely cause and what mends it. */
  readonly explain: <T>(body: () => Promise<T>) => Promise<T>;
}

/** What logging in depends on. */
export type LoginConfiguration = Pick<InputValues, 'cloud'> & {
  readonly registryLogin: InputValues['registry-login'];
};

/**
 * Opens every repository; those of one registry share its login.
 * @param azure the run's standing with Azure, where it was opened before for the first registry.
 * @returns each repository with its access, or with what keeps the run out of its registry.
 */
export async function openRepositories(
  repositories: readonly NamedRepository[],
  { cloud, registryLogin }: LoginConfiguration,
  inputs: InputValues,
  context: RunContext,
  log: Log,
  azure?: AzureAccess,
): Promise<readonly Attempted<OpenRepository>[]> {
  const sessions = new Map<string, Promise<Session>>();
  return eachRepository(repositories, async (named): Promise<OpenRepository> => {
    const { registry, repository, gun, trustServer } = named;
    const image = { registry, repository, gun, tags: [] };
    const pending =
      sessions.get(registry) ??
      openSession(
        { cloud, registryLogin, image, trustServer },
        inputs,
        { ...context, log },
        registry === repositories[0]?.registry ? azure : undefined,
      );
    sessions.set(registry, pending);
    const session = await pending;
    return {
      ...named,
      session,
      server: createTrustServer({ url: trustServer, gun, ...session.trust, log }),
      explain: (body) => explainRefusal({ registryId: undefined, image }, session, body),
    };
  });
}

/** What a command on repositories was asked for, as far as logging in depends on it. */
export type RepositoriesConfiguration = LoginConfiguration & {
  /** At least one. */
  readonly repositories: readonly NamedRepository[];
};

/** The run's standing with Azure, in the cloud of the first repository; asks nobody yet. */
export function openAzureFor(
  { cloud, repositories }: Pick<RepositoriesConfiguration, 'cloud' | 'repositories'>,
  inputs: InputValues,
  context: RunContext,
): AzureAccess {
  const [first] = repositories;
  if (!first) throw new TypeError('there is no repository');
  return openAzure({ cloud, image: { ...first, tags: [] } }, inputs, context);
}

/**
 * Opens every repository, for commands that begin only when all of them can be.
 * @throws {TrustError} what keeps the run out of any of their registries.
 */
export async function loginToAll(
  configuration: RepositoriesConfiguration,
  azure: AzureAccess,
  inputs: InputValues,
  context: RunContext,
  log: Log,
): Promise<readonly OpenRepository[]> {
  const { repositories } = configuration;
  return log.group('Registry login', async () => {
    const opened = await openRepositories(repositories, configuration, inputs, context, log, azure);
    return requireAll(opened, 'cannot be opened');
  });
}

/** How {@link readTrust} is to look. */
export interface ReadTrustOptions {
  readonly pins: readonly Pin[];
  /** The keys of the run, which may vouch for the root. */
  readonly keys?: readonly VouchingKey[];
  /** `report` reads expired data too, for those who renew or show it. */
  readonly expiry?: 'enforce' | 'report';
  /** Whether the run is about to replace the root key, so that pinning the present one is no advice. */
  readonly isRootLeaving?: boolean;
}

/**
 * Reads and verifies the trust data of a repository, and tells how it came to be trusted.
 * @returns the view with what vouches for its root, and what later readings are held to.
 * @throws {TrustError} TRUST_DATA_MISSING without trust data; TRUST_PIN_MISMATCH when a key of the run
 * is recorded for another root; as readRepository.
 */
export async function readTrust(
  { server, gun }: Pick<OpenRepository, 'server' | 'gun'>,
  { pins, keys = [], expiry, isRootLeaving = false }: ReadTrustOptions,
  { clock, signal, nameInput }: Pick<RunContext, 'clock' | 'signal' | 'nameInput'>,
  log: Log,
): Promise<Anchored> {
  const read = await readRepository(server, { pins, now: clock(), expiry, signal });
  if (!read) throw noTrustData(gun);
  const anchor = requireAnchor({ view: read, pins, files: [], keys });
  const { view } = anchor;
  log.info(`${gun}: root version ${view.root.signed.version}, ${describePin(view)}`);
  warnOfFirstUse(view, nameInput, log, isRootLeaving);
  for (const warning of view.warnings) log.warn(warning.message);
  return anchor;
}

/**
 * Asks the server whether this principal may publish here, without publishing.
 * @throws {TrustError} SIGNER_NOT_AUTHORIZED, completed with what mends it.
 */
export async function requirePublish(
  { server, explain }: OpenRepository,
  signal: AbortSignal,
): Promise<void> {
  // The server wants the right to push for handing out its key (notary server/server.go).
  await explain(() => server.fetchServerKey('timestamp', signal));
}

function noTrustData(gun: string): TrustError {
  return new TrustError('TRUST_DATA_MISSING', `${gun} has no trust data.`, {
    remedy:
      'Check registry and repository.\nA repository that was never signed is initialised by the owner of the keys, with "keys init".',
  });
}
