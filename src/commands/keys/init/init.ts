/**
 * Makes root and repository keys in Key Vault, as far as they are not there, and initialises
 * repositories with them. Makes nothing before everything was checked, and says "initialised" only of
 * what it read back. A second run finds all as it should be, and changes nothing.
 */
import type { TrustError } from '../../../errors.js';
import type { InputValues } from '../../inputs/values.js';
import type { Log } from '../../../ports.js';
import {
  createRootCertificate,
  formatKeyReference,
  type KeyReference,
} from '../../../signing/index.js';
import { initialiseRepository } from '../../../trust/index.js';
import type { RunContext } from '../../context.js';
import { handOnReport } from '../../report/report-file.js';
import { errorFacts } from '../../report/error-facts.js';
import { noteRoots } from '../../signing/root-record.js';
import { eachRepository, failureOfEach } from '../../repositories/index.js';
import { readInitConfiguration, type InitConfiguration } from './configuration.js';
import { otherKeys } from './judge.js';
import { makeKey, type FoundKey, type ReadyKey } from './keys.js';
import { prepare, type PreparedRepository, type Preparation } from './prepare.js';
import {
  custodyOf,
  initReport,
  initSummary,
  initTable,
  type InitFacts,
  type InitialisedRepository,
  type KeyFacts,
} from './report.js';

/**
 * Runs `keys init`.
 * @throws {TrustError} KEY_NOT_AUTHORIZED, before anything is made, for repositories that have other
 *   keys; KEY_CONFLICT for names that are taken; and whatever keeps a repository from being
 *   initialised, after all were tried.
 */
export async function initKeys(inputs: InputValues, context: RunContext): Promise<void> {
  const { workingDirectory, nameInput, problems } = context;
  const configuration = readInitConfiguration(inputs, workingDirectory, problems);
  const { log, warnings } = context;
  const preparation = await prepare(configuration, inputs, context);
  warnOfCustody(configuration, log);
  const { dryRun } = configuration;
  const { failure, ...done } = await log.group(dryRun ? 'Dry run' : 'Initialisation', async () => {
    const work: Work = dryRun
      ? planned(preparation)
      : await carryOut(configuration, preparation, context);
    const facts = { dryRun, warnings, ...work };
    for (const line of initTable(facts)) log.info(line);
    if (dryRun || facts.repositories.every(({ state }) => state === 'unchanged')) {
      log.info('Nothing was changed.');
    }
    for (const line of custodyOf(facts, nameInput('trust-pin'))) log.info(line);
    return facts;
  });
  setOutputs(done, context);
  await handOnReport(initReport(done), configuration.reportPath, context);
  await context.addSummary(initSummary(done, nameInput('trust-pin')));
  if (failure) throw failure;
}

interface Work extends Pick<InitFacts, 'rootKey' | 'repositories'> {
  /** What to end the run with. */
  readonly failure: TrustError | undefined;
}

/** What would be done. */
function planned({ rootKey, repositories }: Preparation): Work {
  return {
    failure: undefined,
    rootKey: factsOfFound(rootKey),
    repositories: repositories.map(({ gun, view, targetsKey }) => ({
      gun,
      state: view ? 'unchanged' : 'to be initialised',
      repositoryKey: factsOfFound(targetsKey),
      error: undefined,
    })),
  };
}

async function carryOut(
  { hsm }: InitConfiguration,
  { azure, repositories, rootKey, ready }: Preparation,
  context: RunContext,
): Promise<Work> {
  const kids: string[] = [];
  const noteKey = (key: KeyFacts): KeyFacts => {
    // At once: a key that was made must be known even if the run fails later.
    if (/\/[0-9a-f]{32}$/.test(key.reference) && !kids.includes(key.reference)) {
      kids.push(key.reference);
      context.setOutput('keys', kids.join('\n'));
    }
    return key;
  };
  const opened = new Map<string, Promise<ReadyKey>>();
  const open = (found: FoundKey, role: 'root' | 'targets', gun?: string): Promise<ReadyKey> => {
    const name = formatKeyReference(found.reference);
    const there = ready.get(name);
    const making =
      opened.get(name) ??
      (there
        ? Promise.resolve(there)
        : makeKey(mustBeMissing(found), { role, gun }, hsm, azure, context));
    opened.set(name, making);
    return making;
  };
  const shared = new Set(
    repositories.map(({ targetsKey }) => formatKeyReference(targetsKey.reference)),
  );
  const isShared = shared.size < repositories.length;
  const toInitialise = repositories.filter(({ view }) => !view);
  const root = toInitialise.length === 0 ? undefined : await open(rootKey, 'root');
  const rootFacts = noteKey(root ? factsOfReady(root) : factsOfFound(rootKey));
  // Whoever signs with the key is held to this root from now on, without an input.
  const note = (reference: KeyReference, keyId: string) =>
    noteRoots(reference, { add: [keyId] }, azure, context);
  const attempted = await eachRepository(repositories, async (repository) => {
    const { gun, view, targetsKey } = repository;
    if (view || !root) {
      const { keyId } = factsOfFound(repository.rootKey);
      if (keyId !== undefined) await note(targetsKey.reference, keyId);
      return { state: 'unchanged' as const, key: noteKey(factsOfFound(targetsKey)) };
    }
    const targets = await open(targetsKey, 'targets', isShared ? undefined : gun);
    const key = noteKey(factsOfReady(targets));
    const state = await initialise(repository, root, targets, context);
    await note(targets.reference, root.signer.keyId);
    return { state, key };
  });
  return {
    failure: failureOfEach(attempted, 'was not initialised'),
    rootKey: rootFacts,
    repositories: attempted.map((one, index): InitialisedRepository => {
      if (one.value) {
        return {
          gun: one.gun,
          state: one.value.state,
          repositoryKey: one.value.key,
          error: undefined,
        };
      }
      const found = repositories[index]?.targetsKey;
      if (!found) throw new TypeError('a repository got lost on the way');
      return {
        gun: one.gun,
        state: 'failed',
        repositoryKey: factsOfFound(found),
        error: errorFacts(one.error),
      };
    }),
  };
}

/** @throws {TrustError} what keeps the repository from being initialised with these keys */
async function initialise(
  { gun, server, explain }: PreparedRepository,
  root: ReadyKey,
  targets: ReadyKey,
  { clock, signal, nameInput, log }: RunContext,
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
  log.info(`Somebody else initialised ${gun} meanwhile.`);
  const wanted = (key: ReadyKey) => ({ reference: key.reference, keyId: key.signer.keyId });
  const problem = otherKeys(
    outcome.view,
    { root: wanted(root), targets: wanted(targets) },
    nameInput,
  );
  if (problem) throw problem;
  return 'unchanged';
}

function mustBeMissing(found: FoundKey): Extract<FoundKey, { kind: 'missing' }> {
  if (found.kind === 'missing') return found;
  throw new TypeError('a key that is there was not opened');
}

function factsOfFound(found: FoundKey): KeyFacts {
  return {
    reference: formatKeyReference(found.reference),
    keyId: found.kind === 'there' ? found.keyId : undefined,
    isNew: false,
  };
}

function factsOfReady({ kid, reference, signer, isNew }: ReadyKey): KeyFacts {
  return { reference: kid ?? formatKeyReference(reference), keyId: signer.keyId, isNew };
}

/** Keys that are kept together are lost and stolen together. */
function warnOfCustody({ rootKey, repositories }: InitConfiguration, log: Log): void {
  const { reference } = rootKey;
  if (reference.kind === 'file' || reference.kind === 'vault-secret') {
    log.warn(
      `The root key is a ${reference.kind === 'file' ? 'file' : 'Key Vault secret'}: its private key is in the memory of this run. In Key Vault as a key it would never leave the vault.`,
    );
  }
  if (reference.kind === 'file') return;
  const { vaultUrl } = reference;
  const isTogether = repositories.some(
    ({ targetsKey }) =>
      targetsKey.reference.kind !== 'file' && targetsKey.reference.vaultUrl === vaultUrl,
  );
  if (!isTogether) return;
  log.warn(
    `Root key and repository keys are in the same vault, ${vaultUrl}: whoever administers it has both. Keep the root key in a vault of its own, which pipelines cannot reach.`,
  );
}

function setOutputs({ repositories, dryRun }: InitFacts, context: RunContext): void {
  const standing = repositories.filter(({ state }) => state !== 'failed' && !dryRun);
  context.setOutput('repositories', standing.map(({ gun }) => gun).join('\n'));
  const keyIds = new Set(standing.flatMap(({ repositoryKey }) => repositoryKey.keyId ?? []));
  context.setOutput('key-id', [...keyIds].join(','));
}
