/**
 * Verifies images: all of them are looked at, then the step fails if any is not as required. Files
 * are written and images pulled only when nothing failed.
 */
import { TrustError } from '../../errors.js';
import type { InputValues } from '../inputs/values.js';
import { limits } from '../../limits.js';
import { openTrustCache, type Pin } from '../../trust/index.js';
import type { RunContext } from '../context.js';
import { handOnReport } from '../report/report-file.js';
import { resolvePin } from '../signing/pins.js';
import { createAccess, type Access } from './access.js';
import { mapConcurrent } from '../../concurrency.js';
import { readVerifyConfiguration, type VerifyConfiguration } from './configuration.js';
import {
  destinationsOf,
  fillIn,
  strayFilesIn,
  writeImageFiles,
  type Destination,
} from '../../deployment-files/index.js';
import { failureOf } from './failure.js';
import { judge, type Repository } from './judge.js';
import type { ScopedPin } from './pins.js';
import { openPuller } from './pull.js';
import { readRepositories } from './read-repositories.js';
import { imagesOf, tableOf, verificationReport, verificationSummary } from './report.js';
import { keyOf, requestsOf, type ImageRequest } from './requests.js';
import type { Verdict } from './verdict.js';

/**
 * Runs `verify`.
 * @throws {TrustError} TAG_NOT_SIGNED, POLICY_NOT_MET and what else an image failed with, once all
 * have been looked at; whatever keeps the run from looking.
 */
export async function verifyImages(inputs: InputValues, context: RunContext): Promise<void> {
  const { workingDirectory, problems, signal } = context;
  const configuration = await readVerifyConfiguration(inputs, workingDirectory, problems, signal);
  const destinations = configuration.writeDigests
    ? await destinationsOf(configuration.files, configuration.outputDirectory, workingDirectory)
    : [];
  const { cacheDirectory } = configuration;
  const cache = cacheDirectory === undefined ? undefined : openTrustCache(cacheDirectory, context);
  await cache?.prove();
  const { log, warnings } = context;
  const requests = requestsOf(configuration);
  tellImages(requests, configuration, context);
  const { outputDirectory } = configuration;
  for (const file of outputDirectory === undefined
    ? []
    : await strayFilesIn(outputDirectory, destinations)) {
    log.warn(
      `${file} is not written by this run, and not verified. Remove it before the folder is deployed.`,
    );
  }
  const puller = configuration.pull
    ? await log.group('Docker', () => openPuller(configuration.passEnvironment, context))
    : undefined;

  const access = createAccess(configuration, inputs, context);
  const repositories = await log.group('Trust data', async () => {
    const pins = await openPins(configuration, requests, access, context);
    return readRepositories(requests, { access, pins, cache, context, log });
  });
  const verdicts = await log.group('Verification', async () => {
    const judged = await judgeAll(requests, repositories, configuration, context);
    for (const line of tableOf(judged)) log.info(line);
    if (configuration.files.length > 0) log.info(unseen);
    return judged;
  });
  const verified = verdicts.filter(({ status }) => status === 'verified');
  context.setOutput('images', imagesOf(verdicts).join('\n'));
  context.setOutput('verified', String(verified.length));

  const failed = verdicts.filter(({ status }) => status === 'failed');
  const written: string[] = [];
  try {
    if (failed.length > 0) throw failureOf(failed, verdicts.length);
    if (puller) await log.group('Pull', () => puller.pull(verified, access, log));
    if (destinations.length > 0) {
      await log.group('Files', () => writeAll(destinations, verdicts, written, context));
    }
  } finally {
    const report = verificationReport(verdicts, warnings, written);
    await handOnReport(report, configuration.reportPath, context);
    await context.addSummary(verificationSummary(verdicts, warnings));
  }
}

/** What no look at files can show, said in every run on files. */
const unseen =
  'Not seen: images that programs in the cluster add (operators, injectors, admission), and those in texts of a ConfigMap or Secret.';

function tellImages(
  requests: readonly ImageRequest[],
  { files }: VerifyConfiguration,
  { nameInput, log }: RunContext,
): void {
  for (const { name, mentions, unnamed, mayNameNone } of files) {
    if (mentions.length === 0 && !mayNameNone) log.warn(`${name} names no image.`);
    for (const { line, what } of unnamed) log.warn(`${name}, line ${line}: ${what}; not verified.`);
  }
  if (requests.length > 0) return;
  throw new TrustError('INPUT_INVALID', 'The files name no image, so there is nothing to verify.', {
    remedy: `Check ${nameInput('files')}.`,
  });
}

/** Vault keys are read in the cloud of the first image's registry. */
async function openPins(
  { pins }: VerifyConfiguration,
  [first]: readonly ImageRequest[],
  access: Access,
  context: RunContext,
): Promise<readonly ScopedPin<Pin>[]> {
  const host = first?.image.host ?? '';
  return Promise.all(
    pins.map(async ({ pattern, pin }) => ({
      pattern,
      // Only a pin that is a vault key needs an identity.
      pin: await resolvePin(pin, { credential: access.credential(host) }, context),
    })),
  );
}

async function judgeAll(
  requests: readonly ImageRequest[],
  repositories: ReadonlyMap<string, Repository>,
  { policy, writeDigests, pull }: VerifyConfiguration,
  { clock, nameInput, log }: RunContext,
): Promise<readonly Verdict[]> {
  const isUsedByDigest = ({ image, isInFilesOnly }: ImageRequest): boolean =>
    pull || image.digest !== undefined || (writeDigests && isInFilesOnly);
  const judging = { policy, isUsedByDigest, nameInput, log, now: clock() };
  return mapConcurrent(requests, limits.concurrentRepositories, (request) =>
    judge(request, repositories.get(request.gun) ?? { kind: 'none' }, judging),
  );
}

async function writeAll(
  destinations: readonly Destination[],
  verdicts: readonly Verdict[],
  written: string[],
  { workingDirectory, log }: RunContext,
): Promise<void> {
  const digests = new Map(
    verdicts.map(({ request, status, digest }) => [
      keyOf(request.reference),
      status === 'verified' ? digest : undefined,
    ]),
  );
  await writeImageFiles(
    destinations.map((destination) => ({
      destination,
      text: fillIn(destination.file, (reference) => digests.get(keyOf(reference))),
    })),
    workingDirectory,
  );
  for (const { path: place } of destinations) {
    written.push(place);
    log.info(place);
  }
}
