/**
 * Signs for Notary Project what is signed for Docker Content Trust, in repositories or in a whole
 * registry, or answers whether content trust can go. Changes no trust data. What a run has done is
 * found in the registry by the next, which goes on from there.
 */
import { resolveScopedPins } from '../../azure/index.js';
import { isTrustError, TrustError } from '../../errors.js';
import {
  createProgress,
  settleByListing,
  settleByLooking,
  settleBySigning,
  settleByVerifying,
  settleImages,
  takeExpiredInventory,
  takeInventory,
  type ImagePorts,
  type Inventory,
  type RepositoryOutcome,
} from '../../migration/index.js';
import { createRevocationCheck, type SignatureTrust } from '../../notation/index.js';
import {
  createRegistryClient,
  describeManifest,
  isIndexMediaType,
  platformManifests,
  type RepositoryAccess,
} from '../../registry/index.js';
import {
  createTrustServer,
  describePin,
  matchedPin,
  readRepository,
  type Pin,
  type TrustedView,
  warnOfFirstUse,
} from '../../trust/index.js';
import { type Session, signatureStore } from '../../access/index.js';
import { defineCommand } from '../command.js';
import { pinsFor, type ScopedPin } from '../../verification/index.js';
import { eachRepository, type Result } from '../../repositories/index.js';
import { openNotaryProject, orderOf, type NotaryProjectPlan } from '../../image-signing/index.js';
import type { Run } from '../run.js';
import { migrateInputs, readMigration, type Mode } from './migrate-inputs.js';
import { migrationReport } from './migration-report.js';
import { pacedSessions, type OpenPaced } from './paced-session.js';
import { selectRepositories, type SelectedRepository } from './select-repositories.js';
import { counted } from '../../report/text.js';

export const migrate = defineCommand({
  name: 'migrate',
  label: 'Migrate',
  help: 'Signs for Notary Project what is signed for Docker Content Trust. Some repositories or the whole registry. With `check`, answers whether it is safe to switch content trust off. Changes no trust data, and can be run again at any time.',
  example: ['registry', 'signing-key', 'dry-run'],
  inputs: migrateInputs,
  outputs: ['safe-to-switch-off', 'missing-signatures'],
  parse: readMigration,
  run: async (configuration, run) => {
    const { selection, mode, pins: given } = configuration;
    const open = pacedSessions(run);
    const azure = run.access.azure([...selection.listings, ...selection.named][0]?.registry);
    // What signs is opened beside everything else, and is right before anything is signed.
    const notaryProject = mode.kind === 'check' ? undefined : mode.notaryProject;
    const opening = notaryProject && openNotaryProject(notaryProject, azure, run, false);
    const opened = await openMode(mode, run);
    const pins = await resolveScopedPins(given, azure, run);
    const selected = await run.log.group('Repositories', () =>
      selectRepositories(selection, open, run),
    );
    const works = await run.log.group('Trust data', () =>
      readAll(selected, { open, pins, mode, run }),
    );
    const plan = await opening;
    const outcomes = await run.log.group('Images', () => settleAll(works, opened, plan, run));
    return migrationReport(outcomes, configuration, plan?.signer, run);
  },
});

interface Reading {
  readonly open: OpenPaced;
  readonly pins: readonly ScopedPin<Pin>[];
  readonly mode: Mode;
  readonly run: Run;
}

/** A repository whose trust data was read. */
interface Work extends Pick<RepositoryOutcome, 'gun' | 'trustData' | 'pinnedBy'> {
  /** Undefined without trust data. */
  readonly inventory: Inventory | undefined;
  /** Undefined where there is nothing to look for in the registry. */
  readonly access: RepositoryAccess | undefined;
  /** What its root is trusted by, where that is nothing but first use. */
  readonly firstUse: Pick<TrustedView, 'gun' | 'pinnedBy'> | undefined;
}

/** Reads all trust data: of each repository only what is signed is kept. */
async function readAll(
  selected: readonly SelectedRepository[],
  reading: Reading,
): Promise<readonly Result<Work>[]> {
  const { log, nameInput } = reading.run;
  const progress = createProgress(selected.length, 'repositories', (line) => {
    log.info(line);
  });
  const results = await eachRepository(selected, async (repository) => {
    const work = await readTrustData(repository, reading);
    progress.step();
    return work;
  });
  for (const { gun, error } of results) {
    if (error) log.warn(`${gun} cannot be read: ${error.message}`);
  }
  const signed = results.flatMap(({ value }) => value?.inventory?.signed ?? []);
  log.info(
    `${counted(results.length, 'repository', 'repositories')}, ${counted(signed.length, 'signed tag')}`,
  );
  const unpinned = results.flatMap(({ value }) => value?.firstUse ?? []);
  if (unpinned.length > mostUnpinnedTold) {
    log.warn(
      `The roots of ${unpinned.length} repositories are trusted on first use: nothing but the trust server says that they are genuine. If their owners say so too, pin them: ${nameInput('trust-pin')}.`,
    );
  } else for (const view of unpinned) warnOfFirstUse(view, nameInput, log);
  return results;
}

/** Beyond this many, one warning is for all. */
const mostUnpinnedTold = 5;

/** @throws {TrustError} for what cannot be read, and for a repository that does not exist. */
async function readTrustData(
  { isNamed, ...named }: SelectedRepository,
  { open, pins, mode, run }: Reading,
): Promise<Work> {
  const { gun, repository } = named;
  const { clock, signal, log } = run;
  const session = await open(named);
  const isSigning = mode.kind === 'sign';
  session.expect(named, { image: isSigning ? 'pull,push' : 'pull', trust: 'pull' });
  const read = (expiry: 'enforce' | 'report'): Promise<TrustedView | undefined> =>
    readRepository(createTrustServer({ url: session.trustServer, gun, ...session.trust, log }), {
      pins: pinsFor(pins, gun),
      now: clock(),
      expiry,
      signal,
    });
  const unread = { gun, inventory: undefined, access: undefined, firstUse: undefined };
  let view: TrustedView | undefined;
  try {
    view = await read('enforce');
  } catch (error) {
    if (!isTrustError(error, 'TRUST_DATA_EXPIRED')) throw error;
    log.warn(`${error.message.replace(/\.?$/, '.')} What it lists is not signed.`);
    view = await read('report');
    const inventory = view && takeExpiredInventory(view, error.message);
    return { ...unread, trustData: 'expired', inventory, pinnedBy: matchedPin(view) };
  }
  if (!view) {
    if (isNamed) await requireRepository(session, named);
    return { ...unread, trustData: 'unsigned' };
  }
  const inventory = takeInventory(view);
  log.info(`${gun}  ${counted(inventory.signed.length, 'signed tag')}, ${describePin(view)}`);
  for (const { message } of view.warnings) log.warn(message);
  const { pinnedBy } = view;
  const access =
    inventory.signed.length > 0 ? { ...session.client, repository, signal } : undefined;
  return {
    gun,
    trustData: 'verified',
    pinnedBy: matchedPin(view),
    inventory,
    access,
    firstUse: pinnedBy.kind === 'first-use' ? { gun, pinnedBy } : undefined,
  };
}

/** A name that is wrong must not pass for a repository in which nothing is signed. */
async function requireRepository(
  { images }: Session,
  { gun, repository }: { readonly gun: string; readonly repository: string },
): Promise<void> {
  if (await images.listTags(repository)) return;
  throw new TrustError('MANIFEST_NOT_FOUND', `There is no repository ${gun}.`, {
    remedy: 'Check registry and repository, and that something was pushed to it.',
  });
}

type OpenedMode =
  | Exclude<Mode, { readonly kind: 'check' }>
  | { readonly kind: 'check'; readonly trust: SignatureTrust };

async function openMode(mode: Mode, run: Run): Promise<OpenedMode> {
  return mode.kind === 'check' ? { kind: 'check', trust: await mode.openTrust(run) } : mode;
}

/** Settles the images of all repositories; what became of each is kept, whatever fails. */
async function settleAll(
  results: readonly Result<Work>[],
  mode: OpenedMode,
  plan: NotaryProjectPlan | undefined,
  run: Run,
): Promise<readonly RepositoryOutcome[]> {
  const works = results.map(
    ({ gun, value, error }) => value ?? { gun, error, trustData: 'unreadable' as const },
  );
  const total = results.flatMap(({ value }) => value?.inventory?.signed ?? []).length;
  const progress = createProgress(total, 'signed tags', (line) => {
    run.log.info(line);
  });
  let made = 0;
  run.onFailure(() => ({
    sentences: made === 0 ? [] : [`Tags with a signature of this run: ${made}.`],
    steps: made === 0 ? [] : ['Run it again: it goes on where this run has ended.'],
  }));
  const settleOf = settling(mode, plan, run);
  const settled = await eachRepository(works, async (work): Promise<RepositoryOutcome> => {
    if ('error' in work) return { ...nothing, ...work };
    const { gun, inventory, access, trustData, pinnedBy } = work;
    const { signed, ...others } = inventory ?? { ...nothing, signed: [] };
    const tags = access
      ? await settleImages(signed, {
          describe: (reference) => describeManifest(access, reference),
          settle: settleOf(gun, access),
          includesMoved: mode.kind === 'check',
          onDone: (outcomes) => {
            progress.step(outcomes.length);
            made += outcomes.filter(({ isNew }) => isNew).length;
          },
        })
      : [];
    const error = tags.find((tag) => tag.error)?.error;
    return { gun, trustData, pinnedBy, ...others, tags, error };
  });
  return settled.map(
    ({ gun, value, error }) => value ?? { ...nothing, gun, trustData: 'unreadable', error },
  );
}

const nothing = { tags: [], unverifiable: [], thresholds: [] };

/** How the images of a repository are settled. */
function settling(
  mode: OpenedMode,
  plan: NotaryProjectPlan | undefined,
  { access: registries, clock, signal }: Run,
): (gun: string, access: RepositoryAccess) => ImagePorts['settle'] {
  if (mode.kind === 'check') {
    const { http } = registries.azure(undefined);
    const checkRevocation = createRevocationCheck({ http, clock, signal });
    return (gun, access) =>
      settleByVerifying(signatureStore(access), gun, mode.trust, { now: clock(), checkRevocation });
  }
  if (!plan) return () => settleByListing;
  const { signer, configuration } = plan;
  return (gun, access) => {
    const order = orderOf(plan, gun, clock);
    const store = signatureStore(access);
    if (mode.kind === 'dry-run') return settleByLooking(store, signer, order);
    const { getManifest } = createRegistryClient(access);
    return settleBySigning(store, signer, order, async ({ mediaType, digest }) => {
      if (!configuration.isWithPlatforms || !isIndexMediaType(mediaType)) return [];
      const index = await getManifest(access.repository, digest);
      return index ? platformManifests(index) : [];
    });
  };
}
