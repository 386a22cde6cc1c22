/**
 * Removes a signer from repositories, so that its keys sign nothing any more. Before the first
 * repository is changed, it says what would be lost in any of them.
 */
import type { InputValues } from '../inputs/values.js';
import type { Log } from '../../ports.js';
import {
  listSigners,
  tagLossNotConfirmed,
  planSignerRemoval,
  removeSigner,
  roleOfSigner,
  type PullChange,
  type SignerRemovalPlan,
  type TrustedView,
} from '../../trust/index.js';
import type { RunContext } from '../context.js';
import { eachRepository } from '../repositories/index.js';
import type { SignerChange } from './change-report.js';
import { readRemoveConfiguration, type RemoveConfiguration } from './configuration.js';
import { finishChange, logChanges } from './finish.js';
import { prepareChange, type Preparation } from './prepare.js';
import { someOf } from '../report/some-of.js';

/**
 * Runs `signers remove`.
 * @throws {TrustError} CONFIRMATION_MISSING when a repository would lose signed tags, KEY_NOT_AUTHORIZED
 * without the repository key, both before anything is changed; what a repository could not be changed
 * for, after all were tried.
 */
export async function removeRepositorySigner(
  inputs: InputValues,
  context: RunContext,
): Promise<void> {
  const { workingDirectory, nameInput, clock, problems } = context;
  const configuration = readRemoveConfiguration(inputs, workingDirectory, problems);
  const { log, warnings } = context;
  const { signer, dryRun, confirmed } = configuration;
  const azure = context.access.azure(configuration.repositories[0]?.registry);
  const plan = (view: TrustedView, signers: Parameters<typeof planSignerRemoval>[2]) => {
    const removal = planSignerRemoval(view, signer, signers, clock());
    if (dryRun || removal.lost.length === 0 || confirmed.has(view.gun)) return removal;
    throw tagLossNotConfirmed(view, signer, removal.lost, {
      keys: nameInput('keys'),
      confirm: nameInput('confirm'),
    });
  };
  const preparation = await prepareChange(configuration, azure, context, plan);
  for (const { gun, view, plan: removal } of preparation.repositories) {
    if (!removal.isListed) warnOfUnknown(gun, signer, view, log);
  }
  const changes = await log.group(dryRun ? 'Dry run' : 'Signers', async () => {
    const done = dryRun
      ? planned(preparation, log)
      : await carryOut(preparation, configuration, context);
    return logChanges('signersRemove', done, dryRun, log);
  });
  const used = preparation.repositories.flatMap(({ plan: { files } }) => files);
  await finishChange(
    { command: 'signersRemove', signer, dryRun, keys: [], changes, warnings },
    used.flatMap(({ signedBy }) => signedBy.map(({ signer: { keyId } }) => keyId)),
    configuration.reportPath,
    context,
  );
}

function planned(
  { repositories }: Preparation<SignerRemovalPlan>,
  log: Log,
): readonly SignerChange[] {
  return repositories.map(({ gun, plan }): SignerChange => {
    for (const warning of plan.warnings) log.warn(warning);
    warnOfLoss(gun, plan.lost, 'would lose', log);
    return {
      gun,
      state: plan.isListed ? 'to be removed' : 'not listed',
      keyIds: plan.removedKeys,
      releases: plan.releases,
      pulls: plan.lost,
      error: undefined,
    };
  });
}

async function carryOut(
  { repositories, signers }: Preparation<SignerRemovalPlan>,
  { signer, confirmed }: RemoveConfiguration,
  { clock, signal, log }: RunContext,
): Promise<readonly SignerChange[]> {
  const attempted = await eachRepository(
    repositories,
    async ({ gun, server, explain, view, pins }) => {
      const { removal } = await explain(() =>
        removeSigner(server, {
          name: signer,
          signers,
          isLossConfirmed: confirmed.has(gun),
          known: view,
          pins,
          clock,
          signal,
          log,
        }),
      );
      warnOfLoss(gun, removal.lost, 'has lost', log);
      if (Object.keys(view.targets.get(roleOfSigner(signer))?.signed.targets ?? {}).length > 0) {
        log.info(
          `${gun}: tags that ${signer} signed and that other roles list stay signed. To take signatures away, revoke tags.`,
        );
      }
      return removal;
    },
  );
  return attempted.map((one): SignerChange => {
    const { gun } = one;
    if (one.error) return { gun, state: 'failed', keyIds: [], pulls: [], error: one.error };
    const { isListed, removedKeys, releases, lost } = one.value;
    const state = isListed ? 'removed' : 'not listed';
    return { gun, state, keyIds: removedKeys, releases, pulls: lost, error: undefined };
  });
}

function warnOfUnknown(gun: string, signer: string, view: TrustedView, log: Log): void {
  const names = listSigners(view).signers.map(({ name }) => name);
  const has = names.length === 0 ? 'It has no signers.' : `Its signers are ${someOf(names)}.`;
  log.warn(`${gun} has no signer ${signer}: there is nothing to remove. ${has}`);
}

function warnOfLoss(
  gun: string,
  lost: readonly PullChange[],
  verb: 'would lose' | 'has lost',
  log: Log,
): void {
  if (lost.length === 0) return;
  const gone = lost.filter(({ after }) => after === undefined).map(({ tag }) => tag);
  const older = lost.flatMap(({ tag, after }) => (after === undefined ? [] : `${tag} as ${after}`));
  if (gone.length > 0) log.warn(`${gun} ${verb} signed tags: ${someOf(gone)}.`);
  if (older.length > 0) {
    log.warn(`${gun}: what targets lists counts again for ${someOf(older)}.`);
  }
}
