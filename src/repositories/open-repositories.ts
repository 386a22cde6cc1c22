/** Logs in for repositories, once for each registry, and opens their trust data. Changes nothing. */
import { explainRefusal } from '../azure/index.js';
import { TrustError } from '../errors.js';
import {
  createTrustServer,
  readRepository,
  type Gun,
  type Pin,
  requireAnchor,
  type Anchored,
  type VouchingKey,
  type TrustServer,
  describePin,
  warnOfFirstUse,
} from '../trust/index.js';
import type { AccessRun, Session } from '../access/index.js';
import { eachRepository, unwrapAll, type Result } from './each-repository.js';

/** A repository, and where its trust data is. */
export interface NamedRepository {
  readonly registry: string;
  readonly repository: string;
  readonly gun: Gun;
  /** Origin of the trust server, such as `https://contoso.azurecr.io`. */
  readonly trustServer: string;
}

/** A repository that can be read and, rights permitting, published to. */
export interface OpenRepository extends NamedRepository {
  readonly session: Session;
  readonly server: TrustServer;
  /** Runs what may be refused, and completes a refusal with its likely cause and its remedy. */
  readonly explain: <T>(body: () => Promise<T>) => Promise<T>;
}

/**
 * Opens every repository; those of one registry share its login.
 * @returns each repository with its access, or with what keeps the run out of its registry.
 */
export async function openRepositories<R extends NamedRepository>(
  repositories: readonly R[],
  { access, log }: Pick<AccessRun, 'access' | 'log'>,
): Promise<readonly Result<R & OpenRepository>[]> {
  return eachRepository(repositories, async (named): Promise<R & OpenRepository> => {
    const { registry, repository, gun, trustServer } = named;
    const image = { registry, repository, gun, tags: [] };
    const session = await access.session(named);
    return {
      ...named,
      session,
      server: createTrustServer({ url: trustServer, gun, ...session.trust, log }),
      explain: (body) => explainRefusal({ registryId: undefined, image }, session, body),
    };
  });
}

/**
 * Opens every repository, for commands that begin only when all of them can be.
 * @throws {TrustError} what keeps the run out of any of their registries.
 */
export async function loginToAll<R extends NamedRepository>(
  repositories: readonly R[],
  run: Pick<AccessRun, 'access' | 'log'>,
): Promise<readonly (R & OpenRepository)[]> {
  return run.log.group('Registry login', async () =>
    unwrapAll(await openRepositories(repositories, run), 'cannot be opened'),
  );
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
  { clock, signal, nameInput, log }: Pick<AccessRun, 'clock' | 'signal' | 'nameInput' | 'log'>,
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
 * @throws {TrustError} SIGNER_NOT_AUTHORIZED, completed with its remedy.
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
