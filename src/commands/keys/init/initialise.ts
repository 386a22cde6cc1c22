/** Makes the keys that do not exist yet, and initialises repositories with them. */
import {
  makeVaultKey,
  noteRoots,
  type FoundKey,
  type KeyPurpose,
  type ReadyKey,
} from '../../../azure/index.js';
import {
  createRootCertificate,
  formatKeyReference,
  type KeyReference,
} from '../../../signing/index.js';
import { initialiseRepository, type KeyId } from '../../../trust/index.js';
import type { AzureAccess } from '../../../access/index.js';
import type { Run } from '../../run.js';
import { eachRepository, type Outcome } from '../../../repositories/index.js';
import type { InitConfiguration } from './init-inputs.js';
import type { Preparation, PreparedRepository } from './prepare.js';
import { requireSameKeys } from './validate-keys.js';

/** A key of the run; one that would only be made has no ID yet. */
export interface KeyFacts {
  /** URL, with version for a vault key; path for a file. */
  readonly reference: string;
  readonly keyId: KeyId | undefined;
  readonly isNew: boolean;
}

/** What became of a repository, or what would. */
export interface InitialisedRepository extends Outcome {
  readonly state: 'initialised' | 'unchanged' | 'to be initialised' | 'failed';
  readonly repositoryKey: KeyFacts;
}

/** The root key, and what became of each repository. */
export interface Work {
  readonly rootKey: KeyFacts;
  readonly repositories: readonly InitialisedRepository[];
}

/** What would be done. */
export function planned({ rootKey, repositories }: Preparation): Work {
  return {
    rootKey: factsOfFound(rootKey),
    repositories: repositories.map(({ gun, view, keys }) => ({
      gun,
      state: view ? 'unchanged' : 'to be initialised',
      repositoryKey: factsOfFound(keys.targets),
    })),
  };
}

/**
 * Makes what is missing, and initialises. What keeps one repository from it stands in the result.
 * @throws {TrustError} what keeps the root key from being made.
 */
export async function carryOut(
  { hsm, isKeyShared }: InitConfiguration,
  { azure, repositories, rootKey, ready }: Preparation,
  run: Run<'keys'>,
): Promise<Work> {
  const opened = new Map([...ready].map(([name, key]) => [name, Promise.resolve(key)]));
  const open = (key: FoundKey, purpose: KeyPurpose): Promise<ReadyKey> => {
    const name = formatKeyReference(key.reference);
    const opening = opened.get(name) ?? makeKey(key, purpose, hsm, azure, run);
    opened.set(name, opening);
    return opening;
  };
  const note = keyNotes(run);
  // Whoever signs with the key is held to this root from now on, without an input.
  const record = (reference: KeyReference, keyId: KeyId) =>
    noteRoots(reference, { add: [keyId] }, azure, run);
  const isAnyFresh = repositories.some(({ view }) => !view);
  const root = isAnyFresh ? await open(rootKey, { role: 'root' }) : undefined;
  const rootFacts = note(root ? factsOfReady(root) : factsOfFound(rootKey));
  const isForMany = isKeyShared && repositories.length > 1;
  const results = await eachRepository(repositories, async (repository) => {
    const { gun, view, keys } = repository;
    if (view || !root) {
      const { keyId } = keys.root;
      if (keyId !== undefined) await record(keys.targets.reference, keyId);
      return { state: 'unchanged' as const, repositoryKey: note(factsOfFound(keys.targets)) };
    }
    const purpose = { role: 'targets', gun: isForMany ? undefined : gun } as const;
    const targets = await open(keys.targets, purpose);
    const repositoryKey = note(factsOfReady(targets));
    const state = await initialise(repository, root, targets, run);
    await record(targets.reference, root.signer.keyId);
    return { state, repositoryKey };
  });
  return {
    rootKey: rootFacts,
    repositories: repositories.map(({ gun, keys }, index): InitialisedRepository => {
      const { value, error } = results[index] ?? {};
      return value
        ? { gun, ...value }
        : { gun, state: 'failed', repositoryKey: factsOfFound(keys.targets), error };
    }),
  };
}

/** Hands on the URL of each key at once: a key that was made must be known even if the run fails. */
function keyNotes({ setOutput }: Run<'keys'>): (key: KeyFacts) => KeyFacts {
  const urls = new Set<string>();
  return (key) => {
    if (/\/[0-9a-f]{32}$/.test(key.reference)) {
      urls.add(key.reference);
      setOutput('keys', [...urls].join('\n'));
    }
    return key;
  };
}

async function makeKey(
  { reference }: FoundKey,
  purpose: KeyPurpose,
  hsm: boolean,
  azure: AzureAccess,
  run: Run,
): Promise<ReadyKey> {
  if (reference.kind !== 'vault-key') throw new TypeError('invariant violated: key not opened');
  return { ...(await makeVaultKey({ reference, hsm }, purpose, azure, run)), isNew: true };
}

/** @throws {TrustError} what keeps the repository from being initialised with these keys */
async function initialise(
  { gun, server, explain }: PreparedRepository,
  root: ReadyKey,
  targets: ReadyKey,
  { clock, signal, nameInput, log }: Run,
): Promise<'initialised' | 'unchanged'> {
  const rootCertificate = await createRootCertificate(gun, root.signer, clock());
  const { keyId } = root.signer;
  const outcome = await explain(() =>
    initialiseRepository(server, {
      pins: [{ kind: 'key-id', keyId }],
      clock,
      log,
      signal,
      rootSigner: root.signer,
      rootCertificate,
      targetsSigner: targets.signer,
    }),
  );
  if (outcome.kind === 'created') return 'initialised';
  log.info(`Another run initialised ${gun} in the meantime.`);
  const known = ({ reference, signer }: ReadyKey) => ({ reference, keyId: signer.keyId });
  requireSameKeys(outcome.view, { root: known(root), targets: known(targets) }, nameInput);
  return 'unchanged';
}

function factsOfFound({ reference, keyId }: FoundKey): KeyFacts {
  return { reference: formatKeyReference(reference), keyId, isNew: false };
}

function factsOfReady({ url, signer, isNew }: ReadyKey): KeyFacts {
  return { reference: url, keyId: signer.keyId, isNew };
}
