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
} from '../../docker/index.js';
import { isTrustError, TrustError } from '../../errors.js';
import { writeDockerKeyFile } from '../../signing/index.js';
import { readRepository, type TrustedView } from '../../trust/index.js';
import { ahead } from '../ahead.js';
import type { Configuration, ImageConfiguration } from '../configuration/types.js';
import type { RunContext } from '../context.js';
import { withPrivateDocker, type PrivateDocker } from './docker-setup.js';
import type { Journal, SignedResult, TaggedContent } from '../report/journal.js';
import { resolvePushed } from './pushed-content.js';
import { signedWords } from '../report/root-words.js';
import { putTags } from '../signing/put-tags.js';
import type { Session } from '../session/session.js';
import { settleTags, type BothSides } from '../signing/settle-tags.js';
import {
  initialiseForDocker,
  readBackSigned,
  tellUnsigned,
  tellUntagged,
} from '../signing/sign-tags.js';
import { signNoted } from '../signing/sign-noted.js';
import type { SigningPlan } from '../signing/signing-preflight.js';
import {
  lookAfterSigning,
  lookUpTags,
  requireUnmoved,
  type Standing,
} from '../signing/standing.js';
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
  const tell = <T>(body: () => Promise<T>): Promise<T> => {
    if (!plan) return body();
    return order.kind === 'tags-first'
      ? tellUnsigned(image.gun, image.tags, body)
      : tellUntagged(image.gun, order, body);
  };
  // The build took its time: what stands there by now is read while the registry is asked.
  const known =
    plan?.view && plan.engine === 'native' ? ahead(readAgain(plan, plan.view, context)) : undefined;
  const manifest = await log.group('Digest', () =>
    tell(async () => {
      const pushed = await resolvePushed(session.images, tagged(image, order), content);
      log.info(`${image.gun}@${pushed.digest}  ${pushed.length} bytes`);
      return pushed;
    }),
  );
  const { digest, length } = manifest;
  const tags = new Map<string, TaggedContent>(image.tags.map((tag) => [tag, { digest, length }]));
  journal.noteTags(tags);
  if (!plan) {
    log.warn(`${image.gun} was pushed without a signature: ${image.tags.join(', ')}.`);
    return;
  }
  const look = (): Promise<Standing> => lookUpTags(session.images, image, image.tags);
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
      },
      context,
      log,
    );
  const result = await log.group('Signature', async () => {
    let standing: Promise<Standing> | undefined;
    let isReadingBack = false;
    const isTagged = order.kind === 'tags-first';
    const signing = async (): Promise<SignedResult> =>
      plan.engine === 'docker'
        ? readBackSigned(plan, tags, initialised, context)
        : signNoted(plan, tags, context, journal, {
            known: await known,
            ...(isTagged && {
              recheck: async () => {
                requireUnmoved(image.gun, tags, await look());
              },
            }),
            onReadBack: () => {
              isReadingBack = true;
              if (isTagged) standing = ahead(look());
            },
          });
    const signed = await tell(async () => {
      try {
        return await signing();
      } catch (error) {
        // Signed, and then signed by another run: no tag is without a signature.
        if (isReadingBack && isTrustError(error, 'TAG_MOVED')) return error;
        throw error;
      }
    });
    if (signed instanceof TrustError) {
      if (isTagged) await settle();
      throw signed;
    }
    journal.noteReadBack(signed);
    const after = isTagged ? await lookAfterSigning(image.gun, standing ?? look(), log) : undefined;
    if (after) await settle({ view: signed.view, standing: after });
    return signed;
  });
  if (order.kind !== 'tags-first') {
    await log.group('Tags', async () => {
      await putTags(session.images, image, manifest);
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

/** Tells the journal that from now on nobody knows what the registry has, until the push has ended. */
export function notePushing({ kind }: TagOrder, journal: Journal): void {
  journal.notePush('unknown');
  if (kind === 'tags-first') journal.noteTagState('push-unknown');
}

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
  notePushing(order, journal);
  if (order.kind === 'staging-tag') {
    return pushUnder(
      cli,
      { repository: gun, reference: `${gun}:${order.tag}`, imageId },
      journal.log,
    );
  }
  const request = { repository: gun, tags: references, imageId };
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
  // Docker reads anew and would trust whatever root it meets: it gets the one that was verified here.
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
