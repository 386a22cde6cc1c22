/**
 * Removes a signer from repositories, so that its keys no longer sign anything. Before the first
 * repository is changed, it says what would be lost in any of them.
 */
import type { Log } from '../../ports.js';
import {
  listSigners,
  planSignerRemoval,
  removeSigner,
  roleOfSigner,
  tagLossNotConfirmed,
  type PullChange,
  type Signer,
  type SignerRemovalPlan,
  type TrustedView,
} from '../../trust/index.js';
import { defineCommand } from '../command.js';
import type { Run } from '../run.js';
import { keysInputs, readKeySources } from '../inputs/key-inputs.js';
import { confirm, readConfirmed } from '../inputs/repositories.js';
import { truncateList } from '../../report/text.js';
import { prepareChange, type PreparedRepository } from '../../repositories/index.js';
import {
  changeEach,
  readSignerChange,
  signerChangeInputs,
  signerReport,
  type SignerChange,
  type SignerConfiguration,
} from './signer-change.js';

interface RemoveConfiguration extends SignerConfiguration {
  /** GUNs of repositories that may lose signed tags. */
  readonly confirmed: ReadonlySet<string>;
}

export const signersRemove = defineCommand({
  name: 'signersRemove',
  label: 'Signers: remove',
  help: 'Removes a signer from repositories. What is signed with its keys afterwards is rejected.',
  example: ['registry', 'repository', 'signer', 'keys'],
  inputs: {
    ...signerChangeInputs,
    keys: {
      ...keysInputs.keys,
      note: 'A key of a signer who stays signs `targets/releases` again, so that nothing is lost.',
    },
    confirm: {
      ...confirm,
      note: 'Needed for repositories that lose signed tags, as with their last signer.',
    },
  },
  outputs: ['repositories', 'key-id', 'keys'],
  parse: (read): RemoveConfiguration => {
    const change = readSignerChange(read);
    return {
      ...change,
      keys: [...change.keys, ...readKeySources(read)],
      confirmed: readConfirmed(read, change.repositories),
    };
  },
  run: async (configuration, run) => {
    const { signer, dryRun } = configuration;
    const prepared = await prepareChange(configuration, run, {
      plan: ({ view }, signers) => planRemoval(view, signers, configuration, run),
    });
    for (const { view, plan } of prepared.repositories) {
      if (!plan.isListed) warnOfUnknown(signer, view, run.log);
    }
    const changes = await run.log.group(dryRun ? 'Dry run' : 'Signers', () =>
      changeEach(prepared.repositories, (repository) =>
        dryRun
          ? Promise.resolve(planned(repository, run.log))
          : removeFrom(repository, configuration, prepared.signers, run),
      ),
    );
    return signerReport('removed', configuration, prepared, [], changes);
  },
});

/** @throws {TrustError} CONFIRMATION_MISSING when signed tags would be lost; KEY_NOT_AUTHORIZED. */
function planRemoval(
  view: TrustedView,
  signers: readonly Signer[],
  { signer, dryRun, confirmed }: RemoveConfiguration,
  { clock, nameInput }: Run,
): SignerRemovalPlan {
  const removal = planSignerRemoval(view, signer, signers, clock());
  if (dryRun || removal.lost.length === 0 || confirmed.has(view.gun)) return removal;
  throw tagLossNotConfirmed(view, signer, removal.lost, {
    keys: nameInput('keys'),
    confirm: nameInput('confirm'),
  });
}

function planned(
  { gun, plan }: PreparedRepository<SignerRemovalPlan>,
  log: Log,
): Omit<SignerChange, 'gun'> {
  for (const warning of plan.warnings) log.warn(warning);
  warnOfLoss(gun, plan.lost, 'would lose', log);
  return changeOf(plan, 'to be removed');
}

async function removeFrom(
  { gun, server, explain, view, pins }: PreparedRepository<SignerRemovalPlan>,
  { signer, confirmed }: RemoveConfiguration,
  signers: readonly Signer[],
  { clock, signal, log }: Run,
): Promise<Omit<SignerChange, 'gun'>> {
  const options = { signers, known: view, pins, clock, signal, log };
  const isLossConfirmed = confirmed.has(gun);
  const { removal } = await explain(() =>
    removeSigner(server, { ...options, name: signer, isLossConfirmed }),
  );
  warnOfLoss(gun, removal.lost, 'has lost', log);
  if (Object.keys(view.targets.get(roleOfSigner(signer))?.signed.targets ?? {}).length > 0) {
    log.info(
      `${gun}: tags that ${signer} signed and that other roles list stay signed. To remove signatures, revoke tags.`,
    );
  }
  return changeOf(removal, 'removed');
}

function changeOf(
  { isListed, removedKeys, releases, lost }: SignerRemovalPlan,
  state: 'removed' | 'to be removed',
): Omit<SignerChange, 'gun'> {
  return { state: isListed ? state : 'not listed', keyIds: removedKeys, releases, pulls: lost };
}

function warnOfUnknown(signer: string, view: TrustedView, log: Log): void {
  const names = listSigners(view).signers.map(({ name }) => name);
  const has = names.length === 0 ? 'It has no signers.' : `Its signers are ${truncateList(names)}.`;
  log.warn(`${view.gun} has no signer ${signer}: there is nothing to remove. ${has}`);
}

function warnOfLoss(
  gun: string,
  lost: readonly PullChange[],
  verb: 'would lose' | 'has lost',
  log: Log,
): void {
  const gone = lost.filter(({ after }) => after === undefined).map(({ tag }) => tag);
  const older = lost.flatMap(({ tag, after }) => (after === undefined ? [] : `${tag} as ${after}`));
  if (gone.length > 0) log.warn(`${gun} ${verb} signed tags: ${truncateList(gone)}.`);
  if (older.length > 0) {
    log.warn(`${gun}: what targets lists counts again for ${truncateList(older)}.`);
  }
}
