/**
 * The main job: check everything, build, push, sign, read back. `build` and `push` are parts of it.
 * Whatever could keep the run from ending signed is found before the build.
 */
import { randomBytes } from 'node:crypto';
import {
  pushAndSignTags,
  pushTags,
  resolveLocalImage,
  writeTrustKeys,
  type BuildResult,
  type PushedContent,
} from '../docker/index.js';
import type { InputValues } from '../inputs/index.js';
import type { Log } from '../ports.js';
import { writeDockerKeyFile } from '../signing/index.js';
import { buildImage, prepareBuild, verifyBaseImages } from './build-image.js';
import type { Configuration } from './configuration.js';
import type { RunContext } from './context.js';
import { checkDocker, openPrivateDocker, type PrivateDocker } from './docker-setup.js';
import { openJournal, type Journal, type TaggedContent } from './journal.js';
import { resolvePushed } from './pushed-content.js';
import { openSession, requirePush, type Session } from './session.js';
import { initialiseForDocker, readBackSigned, signTags, tellUnsigned } from './sign-tags.js';
import { prepareSigning, type SigningPlan } from './signing-preflight.js';

/**
 * Runs `buildAndPush`, `build` or `push`.
 * @throws {TrustError} for whatever keeps the run from doing all it was asked for.
 */
export async function buildPushSign(
  configuration: Configuration,
  inputs: InputValues,
  context: RunContext,
): Promise<void> {
  const { build, signing } = configuration;
  const journal = openJournal(configuration, context);
  const { log } = journal;
  if (!configuration.contentTrust) {
    log.warn('Content trust is off for this step: nothing is verified and nothing is signed.');
  }
  const docker = await log.group('Docker', () => checkDocker(configuration, context));
  const prepared = build && (await prepareBuild(configuration, build, docker, context));
  const session = await log.group('Registry login', async () => {
    const opened = await openSession(configuration, inputs, context);
    if (configuration.command !== 'build') await requirePush(opened, configuration);
    return opened;
  });
  const plan =
    signing &&
    (await log.group('Trust data', () =>
      prepareSigning(configuration, signing, session, context, log),
    ));
  const decisions =
    prepared && build.baseImages !== 'ignore'
      ? await log.group('Base images', () =>
          verifyBaseImages(prepared, configuration, docker, session, context, log),
        )
      : undefined;
  if (decisions) journal.noteBaseImages(decisions.reports);

  const open = (): Promise<PrivateDocker> =>
    openPrivateDocker(docker, configuration, session, context);
  const built =
    prepared &&
    (await log.group('Build', () =>
      withPrivateDocker(open, log, (own) =>
        buildImage(prepared, decisions, configuration, own, context, log),
      ),
    ));
  if (configuration.command === 'build') {
    if (built?.kind === 'loaded') log.info(`Built ${built.imageId}; nothing was pushed.`);
  } else {
    await pushAndSign({ configuration, session, context, journal, plan, built, open });
  }
  await journal.close();
}

interface PushRun {
  readonly configuration: Configuration;
  readonly session: Session;
  readonly context: RunContext;
  readonly journal: Journal;
  readonly plan: SigningPlan | undefined;
  readonly built: BuildResult | undefined;
  readonly open: () => Promise<PrivateDocker>;
}

async function pushAndSign(run: PushRun): Promise<void> {
  const { configuration, session, context, journal, plan, built, open } = run;
  const { image } = configuration;
  const { log } = journal;
  let initialised = false;
  if (plan?.engine === 'docker' && plan.root) {
    initialised = await log.group('Initialisation', () => initialiseForDocker(plan, context, log));
  }
  const content =
    built?.kind === 'pushed'
      ? built.content
      : await log.group('Push', () =>
          // A new configuration, because the login in the one of the build may have aged.
          withPrivateDocker(open, log, (own) => push(run, own, built?.imageId)),
        );
  const tell = <T>(body: () => Promise<T>): Promise<T> =>
    plan ? tellUnsigned(image.gun, image.tags, body) : body();
  const tags = await log.group('Digest', () =>
    tell(async () => {
      const manifest = await resolvePushed(session.images, image, content);
      log.info(`${image.gun}@${manifest.digest}  ${manifest.length} bytes`);
      return new Map<string, TaggedContent>(
        image.tags.map((tag) => [tag, { digest: manifest.digest, length: manifest.length }]),
      );
    }),
  );
  journal.noteTags(tags);
  if (!plan) {
    log.warn(`${image.gun} was pushed without a signature: ${image.tags.join(', ')}.`);
    return;
  }
  await log.group('Signature', () =>
    tell(async () => {
      const result =
        plan.engine === 'docker'
          ? await readBackSigned(plan, tags, initialised, context)
          : await signTags(plan, tags, context, log);
      journal.noteSigned(result);
      for (const tag of tags.keys()) log.info(`${image.gun}:${tag}  signed and verified`);
      log.info(`${result.roles.join(', ')}  key ${result.signer.keyId}`);
    }),
  );
}

/** Pushes local tags; with the docker engine, the Docker CLI signs them as it goes. */
async function push(
  { configuration, context, journal, plan }: PushRun,
  { cli, config }: PrivateDocker,
  builtId: string | undefined,
): Promise<PushedContent> {
  const { gun, registry, tags } = configuration.image;
  const references = tags.map((tag) => `${gun}:${tag}`);
  const imageId = builtId ?? (await resolveLocalImage(cli, references)).id;
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

/** Runs `body` with a private configuration and removes it, whatever happens. */
async function withPrivateDocker<T>(
  open: () => Promise<PrivateDocker>,
  log: Pick<Log, 'warn'>,
  body: (docker: PrivateDocker) => Promise<T>,
): Promise<T> {
  const docker = await open();
  let result: T;
  try {
    result = await body(docker);
  } catch (error) {
    // The primary failure is the one to report; what could not be removed is named beside it.
    await docker.config.dispose().catch((thrown: unknown) => {
      log.warn(`${docker.config.path} could not be removed: ${String(thrown)}`);
    });
    throw error;
  }
  await docker.config.dispose();
  return result;
}
