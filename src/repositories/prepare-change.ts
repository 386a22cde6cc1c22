/**
 * The first half of every change of many repositories: whatever could keep one of them from being
 * changed is known before the first is changed. Changes nothing.
 */
import {
  openAvailableKeys,
  type AvailableKey,
  type KeySource,
  resolvePins,
} from '../azure/index.js';
import { proveSigner, type PinReference } from '../signing/index.js';
import {
  pinsForNewRoot,
  requireAnchor,
  requireServerKeys,
  type Anchored,
  type FileToSign,
  type Signer,
} from '../trust/index.js';
import type { AccessRun } from '../access/index.js';
import { eachRepository, unwrapAll } from './each-repository.js';
import {
  loginToAll,
  readTrust,
  type NamedRepository,
  type OpenRepository,
} from './open-repositories.js';

/** The inputs of such a command. */
export interface ChangeConfiguration {
  /** At least one. */
  readonly repositories: readonly NamedRepository[];
  /** Keys that can sign. */
  readonly keys: readonly KeySource[];
  readonly pins: readonly PinReference[];
  readonly dryRun: boolean;
}

/** An open repository, what vouches for its root, and what every later reading is held to. */
export type ReadRepository = OpenRepository & Anchored;

/** A repository that can be changed as planned. */
export type PreparedRepository<P> = ReadRepository & { readonly plan: P };

/** What the run can go on with. */
export interface PreparedChange<P> {
  readonly repositories: readonly PreparedRepository<P>[];
  /** The available keys, and where they are. */
  readonly keys: readonly AvailableKey[];
  readonly signers: readonly Signer[];
}

/** What a command wants to do. */
export interface Change<P> {
  /** What is to be done to a repository, signed by which of the available keys; it may throw. */
  readonly plan: (repository: ReadRepository, signers: readonly Signer[]) => P | Promise<P>;
  /** A key that exists and that a role is to get. */
  readonly newKey?: Signer | undefined;
  /** Whether the root key is replaced. */
  readonly replacesRoot?: boolean;
  /** Whether the server need not be able to publish yet. */
  readonly replacesServerKey?: boolean;
  /** `report` changes expired trust data, too. */
  readonly expiry?: 'enforce' | 'report';
}

/**
 * Logs in, opens the keys, reads the trust data and plans; each key that is going to sign signs
 * something first, so that no run stops half done for it.
 * @throws {TrustError} whatever would keep any of the repositories from being changed.
 */
export async function prepareChange<P extends { readonly files: readonly FileToSign[] }>(
  { repositories, keys: sources, pins: references, dryRun }: ChangeConfiguration,
  run: AccessRun,
  { plan, newKey, replacesRoot = false, replacesServerKey = false, expiry = 'enforce' }: Change<P>,
): Promise<PreparedChange<P>> {
  const azure = run.access.azure(repositories[0]?.registry);
  const open = await loginToAll(repositories, run);
  const [keys, given] = await run.log.group('Keys', () =>
    Promise.all([openAvailableKeys(sources, azure, run), resolvePins(references, azure, run)]),
  );
  const signers = keys.map(({ signer }) => signer);
  const known = [...signers, ...(newKey ? [newKey] : [])];
  const pins = replacesRoot ? pinsForNewRoot(given, newKey, signers) : given;
  return run.log.group('Trust data', async () => {
    const attempted = await eachRepository(open, async (repository) => {
      const how = { pins, keys: known, expiry, isRootLeaving: replacesRoot };
      const read = await readTrust(repository, how, run);
      if (!replacesServerKey) {
        const { server, explain } = repository;
        await explain(() => requireServerKeys(server, read.view, run.signal));
      }
      const planned = await plan({ ...repository, ...read }, signers);
      const { files } = planned;
      const pinInput = run.nameInput('trust-pin');
      const anchor = requireAnchor({ ...read, files, keys: known, pinInput });
      return { ...repository, ...anchor, plan: planned };
    });
    const ready = unwrapAll(attempted, 'cannot be changed; nothing was changed anywhere');
    if (!dryRun) await proveKeys(ready, known);
    return { repositories: ready, keys, signers };
  });
}

async function proveKeys(
  repositories: readonly PreparedRepository<{ readonly files: readonly FileToSign[] }>[],
  keys: readonly Signer[],
): Promise<void> {
  const needed = repositories.flatMap(({ plan: { files } }) =>
    files.flatMap(({ signedBy }) => signedBy.map(({ signer: { keyId } }) => keyId)),
  );
  const byId = new Map(keys.map((key) => [key.keyId, key]));
  await Promise.all(
    [...byId.values()].filter(({ keyId }) => needed.includes(keyId)).map((key) => proveSigner(key)),
  );
}
