/**
 * The main job: check everything, build, push, sign, read back. `build` and `push` are parts of it.
 * Whatever could keep the run from ending signed is found before the build.
 */
import type { InputValues } from '../../inputs/index.js';
import { buildImage, prepareBuild, verifyBaseImages } from './build-image.js';
import type { Configuration } from '../configuration/types.js';
import type { RunContext } from '../context.js';
import {
  checkDocker,
  openPrivateDocker,
  withPrivateDocker,
  type PrivateDocker,
} from './docker-setup.js';
import { openJournal } from '../report/journal.js';
import { pushAndSign } from './push-and-sign.js';
import { openAzure, openSession, requirePush } from '../session/session.js';
import { beginSigning, examine, prepareSigning } from '../signing/signing-preflight.js';
import { chooseTagOrder } from '../signing/tag-order.js';

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
  const order = chooseTagOrder(configuration, docker);
  const prepared = build && (await prepareBuild(configuration, build, docker, order, context));
  const azure = openAzure(configuration, inputs, context);
  const opening = signing && beginSigning(signing, azure, context);
  const session = await log.group('Registry login', async () => {
    const opened = await openSession(configuration, inputs, context, azure);
    if (configuration.command !== 'build') await requirePush(opened, configuration);
    return opened;
  });
  const plan =
    signing &&
    opening &&
    (await log.group('Trust data', () => {
      const examination = examine(configuration, session, context, opening);
      return prepareSigning(configuration, signing, session, context, log, examination);
    }));
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
    await pushAndSign({ configuration, session, context, journal, plan, order, built, open });
  }
  await journal.close();
}
