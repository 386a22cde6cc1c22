/** The push of the main job: by the builder, by Docker, or by Docker with a signature of its own. */
import { randomBytes } from 'node:crypto';
import {
  pushAndSignTags,
  pushTags,
  pushUnder,
  renameLocally,
  resolveLocalImage,
  withPrivateDocker,
  writeTrustData,
  writeTrustKeys,
  type BaseImageDecisions,
  type BuildResult,
  type DockerUse,
  type PreparedBuild,
  type PrivateDocker,
  type PushedContent,
  type PushProgress,
  type PushRequest,
} from '../../docker/index.js';
import { writeDockerKeyFile } from '../../signing/index.js';
import type { TrustedView } from '../../trust/index.js';
import type { Run } from '../run.js';
import type { Session } from '../../access/index.js';
import {
  type NotaryProjectPlan,
  type JobProgress,
  type SigningPlan,
  nothingPushed,
  tagStateOf,
  withTags,
  type Progress,
  type TagState,
  pushedState,
  pushingState,
  type TagOrder,
} from '../../image-signing/index.js';
import type { JobConfiguration } from './job-inputs.js';

/** A run that has passed its preflight. */
export interface Job {
  readonly configuration: JobConfiguration;
  readonly docker: DockerUse;
  readonly session: Session;
  /** Where the image is between push and signature. */
  readonly order: TagOrder;
  /** Undefined where nothing is signed for Docker Content Trust. */
  readonly plan: SigningPlan | undefined;
  /** Undefined where nothing is signed for Notary Project. */
  readonly notaryProject: NotaryProjectPlan | undefined;
  /** Undefined where nothing is built. */
  readonly prepared: PreparedBuild | undefined;
  readonly decisions: BaseImageDecisions | undefined;
  readonly progress: JobProgress;
}

/**
 * From nothing pushed, or from what the builder has pushed, to an image in the registry: under its
 * tags, or without them.
 * @param view the repository's trust data, which the Docker CLI is given where it signs.
 * @param onPushed may be told that the registry has all, while Docker is still asked what it has pushed.
 * @throws {TrustError} what Docker's push ends with.
 */
export async function pushImage(
  job: Job,
  built: BuildResult | undefined,
  view: TrustedView | undefined,
  run: Run,
  onPushed: () => void,
): Promise<PushedContent> {
  const { configuration, order, plan, progress } = job;
  const { gun, tags } = configuration.image;
  const { log } = run;
  let content: PushedContent;
  if (built?.kind === 'pushed') {
    content = built.content;
    if (order.kind === 'staging-tag') {
      const wanted = tags.map((tag) => `${gun}:${tag}`);
      await withPrivateDocker(job.docker, run, ({ cli }) =>
        renameLocally(cli, `${gun}:${order.tag}`, wanted, log),
      );
    }
  } else {
    content = await log.group('Push', () =>
      // A new configuration, because the login in the one of the build may have aged.
      withPrivateDocker(job.docker, run, (docker) =>
        push(job, docker, built?.imageId, view, run, onPushed),
      ),
    );
  }
  const pushed = pushedState(order);
  progress.state = plan?.engine === 'docker' ? withTags(pushed, tags, 'signing-unknown') : pushed;
  return content;
}

async function push(
  { configuration, order, plan, progress }: Job,
  docker: PrivateDocker,
  builtId: string | undefined,
  view: TrustedView | undefined,
  run: Run,
  onPushed: () => void,
): Promise<PushedContent> {
  const { gun, tags } = configuration.image;
  const { cli } = docker;
  const { log } = run;
  const references = tags.map((tag) => `${gun}:${tag}`);
  const imageId = builtId ?? (await resolveLocalImage(cli, references)).id;
  if (order.kind === 'staging-tag') {
    progress.state = pushingState(order, tags);
    const request = { repository: gun, reference: `${gun}:${order.tag}`, imageId };
    return pushUnder(cli, request, log);
  }
  const request: PushRequest = {
    repository: gun,
    tags: references,
    imageId,
    onProgress: (reference, now) => {
      notePushed(progress, tags, reference.slice(gun.length + 1), now);
    },
  };
  if (plan?.engine !== 'docker') return pushTags(cli, { ...request, onPushed }, log);
  const passphrase = await prepareDockerTrust(plan, docker, view, run);
  const { trustServer, image } = configuration;
  return pushAndSignTags(
    cli,
    {
      ...request,
      repositoryPassphrase: passphrase,
      ...(trustServer === `https://${image.registry}` ? {} : { trustServer }),
    },
    log,
  );
}

/** What Docker's push says of a tag, as a state. */
const stateOf: Readonly<Record<PushProgress, TagState>> = {
  pushing: 'push-unknown',
  refused: 'untouched',
  unsigned: 'unsigned',
  'maybe-signed': 'signing-unknown',
};

function notePushed(
  progress: Progress,
  tags: readonly string[],
  tag: string,
  now: PushProgress,
): void {
  const state = withTags(progress.state, [tag], stateOf[now]);
  const isUntouched = tags.every((each) => tagStateOf(state, each) === 'untouched');
  progress.state = isUntouched ? nothingPushed : state;
}

/**
 * Gives the Docker CLI the key, and the trust data that was verified here: it reads again, and would
 * trust whatever root it meets.
 * @returns the passphrase of the key, made for this run: the user's own never leaves our memory.
 */
async function prepareDockerTrust(
  { key: { privateKey, signer }, roles, server: { gun } }: SigningPlan,
  { config }: PrivateDocker,
  view: TrustedView | undefined,
  { secrets }: Run,
): Promise<string> {
  const targets = view?.targets.get('targets');
  if (!privateKey || !view || !targets) {
    throw new TypeError('the docker engine was planned without a private key or trust data');
  }
  const passphrase = randomBytes(24).toString('base64url');
  secrets.mask(passphrase);
  const isDelegation = roles.some((role) => role !== 'targets');
  const { text } = writeDockerKeyFile(
    privateKey,
    isDelegation ? { role: 'delegation', passphrase } : { role: 'targets', gun, passphrase },
  );
  await writeTrustData(config, gun, {
    root: view.root.bytes,
    targets: targets.bytes,
    snapshot: view.snapshot.bytes,
    timestamp: view.timestamp.bytes,
  });
  await writeTrustKeys(config, [{ keyId: signer.keyId, text }]);
  return passphrase;
}
