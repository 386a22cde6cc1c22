/**
 * Adds a signer to repositories. The repository key signs; of the signer's keys nothing but the public
 * half is read. Says "added" only of what a stranger sees.
 */
import { openPublicKey, type OpenedPublicKey } from '../../azure/index.js';
import type { InputValues } from '../inputs/values.js';
import type { Log } from '../../ports.js';
import { formatKeyReference } from '../../signing/index.js';
import {
  addSigner,
  lookUpTag,
  planSignerAddition,
  presentedRootKeys,
  type PublicKey,
  type SignerAddition,
  type TrustedView,
} from '../../trust/index.js';
import { mapConcurrent } from '../../concurrency.js';
import { limits } from '../../limits.js';
import type { RunContext } from '../context.js';
import { eachRepository, type Attempted } from '../repositories/index.js';
import type { AzureAccess } from '../access/access.js';
import { noteRoots } from '../signing/root-record.js';
import type { SignerChange } from './change-report.js';
import { readAddConfiguration, type AddConfiguration } from './configuration.js';
import { finishChange, logChanges } from './finish.js';
import { prepareChange, type Preparation } from './prepare.js';
import { someOf } from '../report/some-of.js';

/**
 * Runs `signers add`.
 * @throws {TrustError} KEY_UNSUITABLE for a key that cannot be a signer's; KEY_NOT_AUTHORIZED without
 * the repository key; both, and whatever else can be known, before anything is changed; what a
 * repository could not be changed for, after all were tried.
 */
export async function addRepositorySigner(inputs: InputValues, context: RunContext): Promise<void> {
  const { workingDirectory, clock, problems } = context;
  const configuration = readAddConfiguration(inputs, workingDirectory, problems);
  const { log, warnings } = context;
  const { signer, dryRun } = configuration;
  const azure = context.access.azure(configuration.repositories[0]?.registry);
  const keys = await log.group('Keys of the signer', () =>
    openSignerKeys(configuration, azure, context),
  );
  const wanted = { name: signer, keys: keys.map(({ publicKey }) => publicKey) };
  const preparation = await prepareChange(configuration, azure, context, (view, signers) =>
    planSignerAddition(view, wanted, signers, clock()),
  );
  const changes = await log.group(dryRun ? 'Dry run' : 'Signers', async () => {
    const done = dryRun ? planned(preparation, log) : await carryOut(preparation, wanted, context);
    if (!dryRun) await recordAt(keys, preparation, done, azure, context);
    return logChanges('signersAdd', done, dryRun, log);
  });
  const used = preparation.repositories.flatMap(({ plan }) => plan.files);
  await finishChange(
    {
      command: 'signersAdd',
      signer,
      dryRun,
      keys: keys.map(({ keyId, publicKey, reference }) => ({
        keyId,
        type: publicKey.keytype,
        reference: formatKeyReference(reference),
      })),
      changes,
      warnings,
    },
    used.flatMap(({ signedBy }) => signedBy.map(({ signer: { keyId } }) => keyId)),
    configuration.reportPath,
    context,
  );
}

async function openSignerKeys(
  { signer, signerKeys }: AddConfiguration,
  { credential }: AzureAccess,
  { signal, clock, log }: RunContext,
): Promise<readonly OpenedPublicKey[]> {
  const opened = await mapConcurrent(signerKeys, limits.concurrentVaultKeys, (reference) =>
    openPublicKey(reference, { credential, signal, clock }),
  );
  const byId = new Map(opened.map((key) => [`${key.publicKey.keytype} ${key.keyId}`, key]));
  for (const { keyId, publicKey, reference, isNewest, role } of byId.values()) {
    const which = isNewest ? ', the newest version' : '';
    log.info(`${keyId}  ${publicKey.keytype}  ${formatKeyReference(reference)}${which}`);
    if (role !== undefined && role !== signer) {
      log.info(`Docker made this key for the signer ${role}; it becomes one of ${signer}.`);
    }
  }
  return [...byId.values()];
}

function planned({ repositories }: Preparation<SignerAddition>, log: Log): readonly SignerChange[] {
  return repositories.map(({ gun, plan }): SignerChange => {
    for (const warning of plan.warnings) log.warn(warning);
    for (const role of plan.returning) {
      log.warn(
        `${role} of ${gun} existed before: as far as it was signed with one of these keys, what it lists is signed again.`,
      );
    }
    const state =
      plan.state === 'unchanged' ? 'unchanged' : (`to be ${stateWord[plan.state]}` as const);
    return { gun, state, keyIds: plan.added, pulls: [], error: undefined };
  });
}

const stateWord = { new: 'added', extended: 'extended' } as const;

async function carryOut(
  { repositories, signers }: Preparation<SignerAddition>,
  wanted: { readonly name: string; readonly keys: readonly PublicKey[] },
  { clock, signal, log }: RunContext,
): Promise<readonly SignerChange[]> {
  const attempted = await eachRepository(
    repositories,
    async ({ gun, server, explain, view, pins }) => {
      const done = await explain(() =>
        addSigner(server, { wanted, signers, known: view, pins, clock, signal, log }),
      );
      const { addition, changes } = done;
      if (addition.state === 'unchanged') log.info(`${gun} has this signer with these keys.`);
      else warnOfConsequences(wanted.name, view, done.view, addition, log);
      for (const role of addition.roles) {
        if (done.view.skipped.get(role)?.reason !== 'signatures') continue;
        log.warn(
          `${role} of ${gun} was signed before, with keys that it no longer lists. Docker's own client cannot sign it again ("trust server rejected operation") until ${wanted.name} has signed a tag with this product.`,
        );
      }
      if (changes.length > 0) {
        const tags = someOf(changes.map(({ tag }) => tag));
        log.warn(
          `${gun}: what ${wanted.name} signed before counts again, as its key is listed again: ${tags}. Revoke what should not be signed.`,
        );
      }
      return done;
    },
  );
  return attempted.map((one): SignerChange => changeOf(one));
}

function changeOf(one: Attempted<Awaited<ReturnType<typeof addSigner>>>): SignerChange {
  if (one.error) return { gun: one.gun, state: 'failed', keyIds: [], pulls: [], error: one.error };
  const { addition, changes } = one.value;
  const state = addition.state === 'unchanged' ? 'unchanged' : stateWord[addition.state];
  return { gun: one.gun, state, keyIds: addition.added, pulls: changes, error: undefined };
}

/** What signers change for those who signed without: Docker signs into delegations where there are any. */
function warnOfConsequences(
  name: string,
  before: TrustedView,
  after: TrustedView,
  { sharedWith }: SignerAddition,
  log: Log,
): void {
  const { gun } = after;
  if (sharedWith.length > 0) {
    log.warn(`${gun}: ${name} has a key of ${sharedWith.join(', ')}; each can sign as the other.`);
  }
  if (before.delegations.size > 0) return;
  const tags = Object.keys(after.targets.get('targets')?.signed.targets ?? {}).filter((tag) => {
    const found = lookUpTag(after, tag);
    return found.kind === 'signed' && found.role === 'targets';
  });
  log.warn(
    `${gun} has signers from now on: Docker's own client signs into their roles only, and no more with the repository key.`,
  );
  if (tags.length === 0) return;
  log.warn(
    `${gun}: tags that are signed in targets go on being pulled from there until a signer signs them (${someOf(tags)}). After that, what the repository key signs into targets for them is not seen.`,
  );
}

/** Binds the signer's own keys to the roots of the repositories, as far as more than the server vouches for them. */
async function recordAt(
  keys: readonly OpenedPublicKey[],
  { repositories }: Preparation<SignerAddition>,
  changes: readonly SignerChange[],
  azure: AzureAccess,
  context: RunContext,
): Promise<void> {
  const failed = new Set(changes.flatMap(({ gun, error }) => (error ? [gun] : [])));
  const roots = repositories
    .filter(({ gun, view }) => !failed.has(gun) && view.pinnedBy.kind === 'pin')
    .flatMap(({ view }) => presentedRootKeys(view));
  for (const { reference } of keys) {
    await noteRoots(reference, { add: [...new Set(roots)] }, azure, context);
  }
}
