/** What a `sign` of `images` says of each image. Facts only. */
import type { TrustError } from '../../errors.js';
import type { RoleName, Signer } from '../../trust/index.js';
import type { RunContext } from '../context.js';
import { failureOfMany } from '../report/failure-of-many.js';
import { code, escape } from '../report/report.js';
import type { TagState } from '../signing/registry-state.js';
import { moreLines, mostRows, warningLines } from '../report/summary.js';
import { handOnReport } from '../report/report-file.js';
import { signedWords } from '../report/root-words.js';
import { alignColumns } from '../report/text-table.js';

/** One image of the input. */
export interface ImageOutcome {
  /** Registry, repository and tag. */
  readonly image: string;
  readonly gun: string;
  readonly tag: string;
  /** What the tag is, or was to be, signed for; undefined when it was not found. */
  readonly digest: string | undefined;
  /** Size of the manifest in bytes. */
  readonly length: number | undefined;
  /** Whether it was signed and read back. */
  readonly signed: boolean;
  /** What can be said of it; of use where it failed. */
  readonly state: TagState;
  readonly roles: readonly RoleName[];
  /** What the root is pinned by; undefined where nothing but the server says that it is genuine. */
  readonly pinnedBy: string | undefined;
  readonly error: TrustError | undefined;
}

/** What is told of the key. */
export interface KeyFacts {
  readonly id: string;
  readonly method: string;
  readonly description: string;
}

/** Table, outputs, trust report and job summary. Outputs are of what was signed. */
export async function reportImages(
  images: readonly ImageOutcome[],
  signer: Signer | undefined,
  warnings: readonly string[],
  reportPath: string | undefined,
  run: RunContext,
): Promise<void> {
  await run.log.group('Images', () => {
    for (const line of imagesTable(images)) run.log.info(line);
    return Promise.resolve();
  });
  const signed = images.filter((image) => image.signed);
  if (signed.length > 0) {
    const byDigest = new Set(signed.map(({ gun, digest }) => `${gun}@${digest ?? ''}`));
    run.setOutput('images', [...byDigest].join('\n'));
    run.setOutput('signed-tags', signed.map(({ image }) => image).join(','));
    run.setOutput('role', [...new Set(signed.flatMap(({ roles }) => roles))].sort().join(','));
    if (signer) run.setOutput('key-id', signer.keyId);
    const [only, ...others] = byDigest;
    if (only !== undefined && others.length === 0) {
      run.setOutput('digest', signed[0]?.digest ?? '');
      // What others deploy: only of a run that has done all it was asked for.
      if (signed.length === images.length) run.setOutput('image', only);
    }
  }
  const key = signer && {
    id: signer.keyId,
    method: signer.method,
    description: signer.description,
  };
  await handOnReport(imagesReport(images, key, warnings), reportPath, run);
  await run.addSummary(imagesSummary(images, key, warnings));
}

/** What is said of an image that failed, before the code. */
const failureTexts: Readonly<Record<TagState, string>> = {
  untouched: 'NOT SIGNED',
  'push-unknown': 'NOT SIGNED',
  unsigned: 'NOT SIGNED',
  'signing-unknown': 'NOT KNOWN WHETHER SIGNED',
  signed: 'SIGNED',
  'signed-untagged': 'SIGNED',
  'signed-unsettled': 'SIGNED',
  moved: 'SIGNED AND MOVED SINCE',
};

/** The table as lines of text. */
export function imagesTable(images: readonly ImageOutcome[]): readonly string[] {
  return alignColumns([
    ['IMAGE', 'DIGEST', 'ROLES', 'RESULT'],
    ...images.map(({ image, digest, roles, pinnedBy, error, state }) => [
      image,
      digest ?? '-',
      roles.join(', ') || '-',
      error ? `${failureTexts[state]} ${error.code}` : signedWords(pinnedBy),
    ]),
  ]);
}

/** The trust report; `formatVersion` changes when a field changes its meaning. */
export function imagesReport(
  images: readonly ImageOutcome[],
  key: KeyFacts | undefined,
  warnings: readonly string[],
): object {
  return {
    formatVersion: 1,
    command: 'sign',
    key,
    images: images.map(({ error, ...image }) => ({
      ...image,
      ...(error && {
        error: { code: error.code, message: error.message, remedy: error.remedy },
      }),
    })),
    warnings,
  };
}

/** The job summary, as Markdown. */
export function imagesSummary(
  images: readonly ImageOutcome[],
  key: KeyFacts | undefined,
  warnings: readonly string[],
): string {
  const failed = images.filter(({ error }) => error).length;
  const rows = images.slice(0, mostRows).map(({ image, digest, roles, pinnedBy, error }) => {
    const result = error
      ? `❌ ${code(error.code)} ${escape(error.message)}`
      : `✅ ${pinnedBy === undefined ? escape(signedWords(pinnedBy)) : 'signed'}`;
    const cells = [
      code(image),
      digest === undefined ? '' : code(digest),
      roles.map(code).join(', '),
    ];
    return `| ${cells.join(' | ')} | ${result} |`;
  });
  return [
    failed === 0 ? '### Signed images' : `### Images (${failed} failed)`,
    '',
    ...(key ? [`Key ${code(key.id)}: ${escape(key.description)}`, ''] : []),
    '| Image | Digest | Roles | Result |',
    '| --- | --- | --- | --- |',
    ...rows,
    ...moreLines(images.length - mostRows),
    ...warningLines(warnings),
    '',
  ].join('\n');
}

/** One failure for all: of a single image its own, of several a list of them. */
export function failureOf(images: readonly ImageOutcome[]): TrustError | undefined {
  const failed = images.flatMap(({ image, error }) => (error ? [{ name: image, error }] : []));
  const [first, ...others] = failed;
  if (!first || images.length === 1) return first?.error;
  return failureOfMany([first, ...others], `${failed.length} of ${images.length} images failed.`);
}
