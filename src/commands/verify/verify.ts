/**
 * The command `verify`: all images are looked at, then the run fails if any is not as required. Files
 * are written and images pulled only when nothing failed.
 */
import {
  destinationsOf,
  fillIn,
  keyOf,
  strayFilesIn,
  writeImageFiles,
  type Destination,
} from '../../deployment-files/index.js';
import { TrustError } from '../../errors.js';
import { openTrustCache } from '../../trust/index.js';
import { defineCommand } from '../command.js';
import type { Run } from '../run.js';
import { code, escape } from '../../report/text.js';
import type { Report } from '../../report/report.js';
import { codeColumn, tableOf, type Column } from '../../report/table.js';
import {
  judgeAll,
  loadTrustData,
  openSignatureLookup,
  failureOf,
  type Verdict,
} from '../../verification/index.js';
import { rejectionsOf, signatureFacts } from './signature-report.js';
import { openPuller } from './pull.js';
import { parseVerify, verifyInputs, type VerifyConfiguration } from './verify-inputs.js';

export const verify = defineCommand({
  name: 'verify',
  label: 'Verify',
  help: 'Verifies the signatures of images, given by name or in deployment files. Outputs them by digest. Fails if any is unsigned or not as required. Needs no Docker.',
  argument: 'images',
  example: ['files', 'write-digests', 'max-age'],
  inputs: verifyInputs,
  outputs: ['images', 'verified'],
  parse: parseVerify,
  run: verifyImages,
});

async function verifyImages(
  configuration: VerifyConfiguration,
  run: Run,
): Promise<Report<'images' | 'verified'>> {
  const { requests, files, policy } = configuration;
  const { log } = run;
  const { cache, destinations } = await proveOutputs(configuration, run);
  tellImages(configuration, run);
  const puller = configuration.pull
    ? await log.group('Docker', () => openPuller(configuration.passEnvironment, run))
    : undefined;
  const reading = { ...configuration, cache };
  const { signatures } = configuration;
  const lookup =
    signatures && (await openSignatureLookup(signatures, configuration.trustServer, run));
  const byTrustData = requests.filter(({ gun }) => signatures?.requires(gun) !== 'notary-project');
  const repositories =
    byTrustData.length === 0
      ? new Map<string, never>()
      : await log.group('Trust data', () => loadTrustData(byTrustData, reading, run));
  const judge = (): Promise<readonly Verdict[]> =>
    judgeAll(requests, repositories, policy, run, lookup);
  const verdicts = await (lookup ? log.group('Signatures', judge) : judge());
  let failure: unknown = failureOf(verdicts);
  let written: readonly string[] = [];
  if (failure === undefined) {
    try {
      if (puller) await log.group('Pull', () => puller(verdicts.filter(isVerified)));
      if (destinations.length > 0) {
        written = await log.group('Files', () => writeAll(destinations, verdicts, run));
      }
    } catch (thrown) {
      failure = thrown;
    }
  }
  return reportOf(verdicts, written, files.length > 0, failure);
}

/** Makes sure that what the run is to leave behind can be written. */
async function proveOutputs(
  { writeDigests, files, outputDirectory, cacheDirectory }: VerifyConfiguration,
  run: Run,
) {
  const destinations = writeDigests
    ? await destinationsOf(files, outputDirectory, run.workingDirectory)
    : [];
  const cache = cacheDirectory === undefined ? undefined : openTrustCache(cacheDirectory, run);
  await cache?.prove();
  const strays =
    outputDirectory === undefined ? [] : await strayFilesIn(outputDirectory, destinations);
  for (const file of strays) {
    run.log.warn(
      `${file} is not written by this run, and not verified. Remove it before the folder is deployed.`,
    );
  }
  return { destinations, cache };
}

function tellImages(
  { files, requests, patterns }: VerifyConfiguration,
  { nameInput, log }: Run,
): void {
  for (const { text, matches } of patterns) {
    if (requests.some(({ gun }) => matches(gun))) continue;
    log.warn(`"${text}" in ${nameInput('signatures-by-image')} fits none of the images.`);
  }
  for (const { name, mentions, unnamed, mayNameNone } of files) {
    if (mentions.length === 0 && !mayNameNone) log.warn(`${name} names no image.`);
    for (const { line, what } of unnamed) log.warn(`${name}, line ${line}: ${what}; not verified.`);
  }
  if (requests.length > 0) return;
  throw new TrustError('INPUT_INVALID', 'The files name no image, so there is nothing to verify.', {
    remedy: `Check ${nameInput('files')}.`,
  });
}

/** Writes all of the files, or none; their paths. */
async function writeAll(
  destinations: readonly Destination[],
  verdicts: readonly Verdict[],
  { workingDirectory, log }: Run,
): Promise<readonly string[]> {
  const digests = new Map(
    verdicts.map((verdict) => [
      keyOf(verdict.request.reference),
      isVerified(verdict) ? verdict.digest : undefined,
    ]),
  );
  await writeImageFiles(
    destinations.map((destination) => ({
      destination,
      text: fillIn(destination.file, (reference) => digests.get(keyOf(reference))),
    })),
    workingDirectory,
  );
  const paths = destinations.map(({ path }) => path);
  for (const path of paths) log.info(path);
  return paths;
}

function isVerified({ status }: Verdict): boolean {
  return status === 'verified';
}

function isFinding({ status }: Verdict): boolean {
  return status !== 'verified';
}

/** What no look at files can show, said in every run on files. */
const unseen =
  'Not seen: images that programs in the cluster add (operators, injectors, admission), and those in texts of a ConfigMap or Secret.';

const statusTexts = {
  verified: { log: 'verified', summary: '✅ verified' },
  'allowed-unsigned': { log: 'unsigned, allowed', summary: '⚠️ unsigned, allowed' },
  failed: { log: 'FAILED', summary: '❌ not verified' },
} as const;

const columns: readonly Column<Verdict>[] = [
  codeColumn('Image', ({ request }) => request.reference),
  codeColumn('Digest', ({ digest = '-' }) => digest),
  {
    heading: 'Signers',
    text: ({ signers }) => signers.join(', ') || '-',
    markdown: ({ signers }) => signers.map(escape).join(', '),
  },
  {
    heading: 'Expiry',
    text: (verdict) => expiryOf(verdict) || '-',
    markdown: (verdict) => escape(expiryOf(verdict)),
  },
  {
    heading: 'Verdict',
    text: ({ status, problems }) =>
      [statusTexts[status].log, ...new Set(problems.map((problem) => problem.code))].join(' '),
    markdown: ({ status, problems, ...verdict }) =>
      [
        statusTexts[status].summary,
        ...problems.map((problem) => `${code(problem.code)} ${escape(problem.message)}`),
        // What is rejected stands among the problems where nothing is accepted.
        ...(problems.length > 0 ? [] : rejectionsOf(verdict).map(escape)),
      ].join('<br>'),
  },
];

/** Which kinds of signatures an image has and needs; told where any may need Notary Project's. */
const kindsColumn: Column<Verdict> = {
  heading: 'Signatures',
  text: ({ found = [], required = 'dct' }) => `${found.join(' + ') || '-'} (${required})`,
};

function reportOf(
  verdicts: readonly Verdict[],
  writtenFiles: readonly string[],
  areFilesNamed: boolean,
  failure: unknown,
): Report<'images' | 'verified'> {
  const verified = verdicts.filter(isVerified);
  const failed = verdicts.filter(({ status }) => status === 'failed');
  const images = new Set(verified.map(imageOf));
  const isDctAlone = verdicts.every(({ required = 'dct' }) => required === 'dct');
  return {
    title: 'Verification',
    heading: 'Verified images',
    ...(failed.length > 0 && {
      failedHeading: `${failed.length} of ${verdicts.length} images not verified`,
    }),
    subjects: (failed.length > 0 ? failed : verdicts).map(({ request }) => request.reference),
    body: [
      tableOf(verdicts, isDctAlone ? columns : [...columns, kindsColumn], isFinding),
      ...(areFilesNamed ? [{ log: unseen }] : []),
    ],
    facts: {
      verified: verified.length,
      images: verdicts.map((verdict) => ({
        reference: verdict.request.reference,
        places: verdict.request.places,
        gun: verdict.request.gun,
        status: verdict.status,
        digest: verdict.digest,
        image: isVerified(verdict) ? imageOf(verdict) : undefined,
        tags: verdict.tags,
        roles: verdict.roles,
        signers: verdict.signers,
        expires: verdict.expires && {
          role: verdict.expires.role,
          expires: verdict.expires.at.toISOString(),
        },
        created: verdict.created?.toISOString(),
        problems: verdict.problems,
        ...signatureFacts(verdict),
      })),
      writtenFiles,
    },
    outputs: { images: [...images].join('\n'), verified: String(verified.length) },
    failure,
  };
}

function imageOf({ request, digest = '' }: Verdict): string {
  return `${request.gun}@${digest}`;
}

function expiryOf({ expires }: Verdict): string {
  return expires ? `${expires.at.toISOString().slice(0, 10)} ${expires.role}` : '';
}
