/**
 * The second half of the main job: push, digest, signature, tags, in the order that the run has
 * chosen. The one place that knows what is in the registry at which moment.
 */
import { randomBytes } from 'node:crypto';
import {
  pushAndSignTags,
  pushTags,
  pushUnder,
  renameLocally,
  resolveLocalImage,
  writeTrustData,
  writeTrustKeys,
  type BuildResult,
  type PushedContent,
  type PushProgress,
} from '../../docker/index.js';
import { writeDockerKeyFile } from '../../signing/index.js';
import { readRepository, type TrustedView } from '../../trust/index.js';
import { ahead } from '../ahead.js';
import type { Configuration, ImageConfiguration } from '../configuration/types.js';
import type { RunContext } from '../context.js';
import { withPrivateDocker, type PrivateDocker } from './docker-setup.js';
import type { Manifest } from '../../registry/index.js';
import type { Journal, TaggedContent } from '../report/journal.js';
import type { TagState } from '../report/tag-states.js';
import { resolvePushed } from './pushed-content.js';
import { signedWords } from '../report/root-words.js';
import { putTags } from '../signing/put-tags.js';
import type { Session } from '../session/session.js';
import { settleTags, type BothSides } from '../signing/settle-tags.js';
import { initialiseForDocker } from '../signing/sign-tags.js';
import {
  readBackWithJournal,
  signWithJournal,
  type RegistryWatch,
} from '../signing/sign-with-journal.js';
import type { SigningPlan } from '../signing/signing-preflight.js';
import { lookUpTags, movedBefore, requireNoneMoved } from '../signing/standing.js';
import { stagingTagPrefix, type TagOrder } from '../signing/tag-order.js';

/** What the first half of the job has made ready. */
export interface PushRun {
  readonly configuration: Configuration;
  readonly session: Session;
  readonly context: RunContext;
  readonly journal: Journal;
  readonly plan: SigningPlan | undefined;
  readonly order: TagOrder;
  readonly built: BuildResult | undefined;
  readonly open: () => Promise<PrivateDocker>;
}

/**
 * Pushes, signs and reads back.
 * @throws {TrustError} for whatever keeps the tags from being signed, and what is left then.
 */
export async function pushAndSign(run: PushRun): Promise<void> {
  const { configuration, session, context, journal, plan, order, built } = run;
  const { image } = configuration;
  const { log } = journal;
  const initialisation =
    plan?.engine === 'docker' && plan.root
      ? await log.group('Initialisation', () => initialiseForDocker(plan, context, log))
      : undefined;
  const initialised = initialisation?.kind === 'created';
  if (initialised) journal.noteInitialised();
  const content = await pushedBy(run, built, initialisation?.view ?? plan?.view);
  journal.notePush('yes');
  if (order.kind === 'tags-first') {
    journal.noteTagState(plan?.engine === 'docker' ? 'signing-unknown' : 'unsigned');
  }
  // The build took its time: what stands there by now is read while the registry is asked.
  const known =
    plan?.view && plan.engine === 'native' ? ahead(readAgain(plan, plan.view, context)) : undefined;
  const manifest = await log.group('Digest', async () => {
    const pushed = await resolvePushed(session.images, tagged(image, order), content);
    log.info(`${image.gun}@${pushed.digest}  ${pushed.length} bytes`);
    return pushed;
  });
  const { digest, length } = manifest;
  const tags = new Map<string, TaggedContent>(image.tags.map((tag) => [tag, { digest, length }]));
  journal.noteTags(tags);
  if (!plan) {
    log.warn(`${image.gun} was pushed without a signature: ${image.tags.join(', ')}.`);
    journal.noteUnsigned();
    return;
  }
  const settle = (first?: BothSides, seen = first?.view): Promise<void> =>
    settleTags(
      {
        images: session.images,
        image,
        plan,
        manifest,
        hasPut: true,
        seen,
        ...(first && { first }),
        noteTagState: journal.noteTagState,
      },
      context,
      log,
    );
  const result = await log.group('Signature', async () => {
    const watch = watchOf(run, manifest, settle);
    const signed =
      plan.engine === 'docker'
        ? await readBackWithJournal(plan, tags, initialised, context, journal, watch)
        : await signWithJournal(plan, tags, context, journal, { ...watch, known: await known });
    const { standing } = signed;
    if (standing) await settle({ view: signed.result.view, standing });
    return signed.result;
  });
  if (order.kind !== 'tags-first') {
    await log.group('Tags', async () => {
      await putTags(session.images, image, manifest, journal);
      await settle(undefined, result.view);
      for (const tag of tags.keys()) log.info(`${image.gun}:${tag}  ${digest}`);
      if (order.kind === 'staging-tag') {
        log.info(
          `The staging tag ${order.tag} remains. Tags ${stagingTagPrefix}… can be purged at any time after their run.`,
        );
      }
    });
  }
  journal.noteSigned();
  for (const tag of tags.keys()) {
    log.info(`${image.gun}:${tag}  ${signedWords(result.pinnedBy)}`);
  }
  log.info(`${result.roles.join(', ')}  key ${result.signer.keyId}`);
}

/** What of the registry has to stay as it is until the image is signed, and to be as it should afterwards. */
function watchOf(
  { configuration: { image }, session: { images }, order }: PushRun,
  { digest }: Manifest,
  settle: () => Promise<void>,
): RegistryWatch {
  const isTagged = order.kind === 'tags-first';
  const references = order.kind === 'by-digest' ? [digest] : tagged(image, order).tags;
  const wanted = new Map(references.map((reference) => [reference, { digest }]));
  return {
    recheck: async () => {
      const standing = await lookUpTags(images, image, references);
      requireNoneMoved(image.gun, movedBefore(image.gun, wanted, standing));
    },
    ...(isTagged && { look: () => lookUpTags(images, image, image.tags), onOvertaken: settle }),
  };
}

/** Tells the journal that from now on nobody knows what the registry has, until the push has ended. */
export function notePushing({ kind }: TagOrder, journal: Journal): void {
  journal.notePush('unknown');
  if (kind === 'tags-first') journal.noteTagState('push-unknown');
}

/** How the journal calls what Docker's push says of a tag. */
const stateOf: Readonly<Record<PushProgress, TagState>> = {
  pushing: 'push-unknown',
  refused: 'untouched',
  unsigned: 'unsigned',
  'maybe-signed': 'signing-unknown',
};

/** What the registry holds of this run by now, pushed by the builder or by us. */
async function pushedBy(
  run: PushRun,
  built: BuildResult | undefined,
  known: TrustedView | undefined,
): Promise<PushedContent> {
  const { configuration, context, journal, order, open } = run;
  const { gun, tags } = configuration.image;
  const { log } = journal;
  const { clock } = context;
  if (built?.kind !== 'pushed') {
    return log.group('Push', () =>
      // A new configuration, because the login in the one of the build may have aged.
      withPrivateDocker(open, { log, clock }, (own) => push(run, own, built?.imageId, known)),
    );
  }
  if (order.kind === 'staging-tag') {
    const wanted = tags.map((tag) => `${gun}:${tag}`);
    await withPrivateDocker(open, { log, clock }, ({ cli }) =>
      renameLocally(cli, `${gun}:${order.tag}`, wanted, log),
    );
  }
  return built.content;
}

/** The image as it is in the registry before it has its tags. */
function tagged(image: ImageConfiguration, order: TagOrder): ImageConfiguration {
  switch (order.kind) {
    case 'tags-first':
      return image;
    case 'by-digest':
      return { ...image, tags: [] };
    case 'staging-tag':
      return { ...image, tags: [order.tag] };
  }
}

function readAgain(
  { server, pins }: SigningPlan,
  previous: TrustedView,
  { clock, signal }: RunContext,
): Promise<TrustedView | undefined> {
  return readRepository(server, { pins, now: clock(), previous, signal });
}

/** Pushes local tags; with the docker engine, the Docker CLI signs them as it goes. */
async function push(
  { configuration, context, journal, plan, order }: PushRun,
  { cli, config }: PrivateDocker,
  builtId: string | undefined,
  known: TrustedView | undefined,
): Promise<PushedContent> {
  const { gun, registry, tags } = configuration.image;
  const references = tags.map((tag) => `${gun}:${tag}`);
  const imageId = builtId ?? (await resolveLocalImage(cli, references)).id;
  if (order.kind === 'staging-tag') {
    notePushing(order, journal);
    return pushUnder(
      cli,
      { repository: gun, reference: `${gun}:${order.tag}`, imageId },
      journal.log,
    );
  }
  let isRefused = true;
  const onProgress = (reference: string, progress: PushProgress): void => {
    isRefused &&= progress === 'pushing' || progress === 'refused';
    journal.notePush(progress === 'refused' && isRefused ? 'no' : 'unknown');
    journal.noteTagState(stateOf[progress], [reference.slice(gun.length + 1)]);
  };
  const request = { repository: gun, tags: references, imageId, onProgress };
  if (plan?.engine !== 'docker') return pushTags(cli, request, journal.log);
  const { privateKey } = plan.key;
  if (!privateKey) throw new TypeError('the docker engine was planned without a private key');
  // The key gets a passphrase of this run's own: the user's never leaves our memory.
  const passphrase = randomBytes(24).toString('base64url');
  context.secrets.mask(passphrase);
  const isDelegation = plan.roles.some((role) => role !== 'targets');
  const { text } = writeDockerKeyFile(
    privateKey,
    isDelegation ? { role: 'delegation', passphrase } : { role: 'targets', gun, passphrase },
  );
  // Docker reads again and would trust whatever root it meets: it gets the one that was verified here.
  if (!known) throw new TypeError('the docker engine was planned without trust data');
  const { root, snapshot, timestamp } = known;
  const targets = known.targets.get('targets');
  if (!targets) throw new TypeError('a view without targets');
  await writeTrustData(config, gun, {
    root: root.bytes,
    targets: targets.bytes,
    snapshot: snapshot.bytes,
    timestamp: timestamp.bytes,
  });
  await writeTrustKeys(config, [{ keyId: plan.key.signer.keyId, text }]);
  return pushAndSignTags(
    cli,
    {
      ...request,
      repositoryPassphrase: passphrase,
      ...(configuration.trustServer === `https://${registry}`
        ? {}
        : { trustServer: configuration.trustServer }),
    },
    journal.log,
  );
}
