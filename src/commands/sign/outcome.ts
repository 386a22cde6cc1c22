/** What became of each image that was to be signed, and what a run says of it. Facts only. */
import type { TrustError } from '../../errors.js';
import type { RoleName } from '../../trust/index.js';
import { failureOfMany } from '../report/failure-of-many.js';
import { code, escape } from '../report/report.js';
import type { TagState } from '../report/tag-states.js';
import { moreLines, mostRows, warningLines } from '../report/summary.js';
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
  /** What vouches for the root; undefined where nothing but the server does. */
  readonly pinnedBy: string | undefined;
  readonly error: TrustError | undefined;
}

/** What is told of the key. */
export interface KeyFacts {
  readonly id: string;
  readonly method: string;
  readonly description: string;
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
