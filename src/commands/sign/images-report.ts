/** What a `sign` of `images` says of each image. Facts only. */
import type { TrustError } from '../../errors.js';
import { type RoleName, type Signer, signedWords } from '../../trust/index.js';
import type { ImageSignature } from '../../notation/index.js';
import { failureOfMany } from '../../report/failure-of-many.js';
import {
  keyFacts,
  type JobOutput,
  type TagReport,
  type TagState,
} from '../../image-signing/index.js';
import { code, escape } from '../../report/text.js';
import type { Report } from '../../report/report.js';
import { codeColumn, tableOf } from '../../report/table.js';

/** One image of the input. */
export interface ImageOutcome extends TagReport {
  /** Registry, repository and tag. */
  readonly image: string;
  readonly gun: string;
  readonly roles: readonly RoleName[];
  /** What the root is pinned by; undefined where nothing but the server says that it is genuine. */
  readonly pinnedBy: string | undefined;
  /** Absent where none were made. */
  readonly notaryProject?: readonly ImageSignature[];
  readonly error: TrustError | undefined;
}

/** What is said of an image that failed, before the code. */
function failureText(state: TagState): string {
  if (state === 'moved') return 'SIGNED AND MOVED SINCE';
  if (state === 'signing-unknown') return 'NOT KNOWN WHETHER SIGNED';
  return state.startsWith('signed') ? 'SIGNED' : 'NOT SIGNED';
}

/** A root is a matter of Docker Content Trust, which `signer` signs. */
function resultWords(signer: Signer | undefined, pinnedBy: string | undefined): string {
  return signer ? signedWords(pinnedBy) : 'signed';
}

/** What the run says of all images; outputs are of those that were signed. */
export function imagesReport(
  images: readonly ImageOutcome[],
  signer: Signer | undefined,
): Report<JobOutput | 'images'> {
  const signed = images.filter((image) => image.signed);
  const byDigest = [...new Set(signed.map(({ gun, digest }) => `${gun}@${digest ?? ''}`))];
  const only = byDigest.length === 1 ? byDigest[0] : undefined;
  const roles = new Set(signed.flatMap((image) => image.roles));
  const isAll = signed.length === images.length;
  return {
    title: 'Images',
    heading: 'Signed images',
    failedHeading: `${images.length - signed.length} of ${images.length} images failed`,
    subjects: [...images]
      .sort((a, b) => Number(a.signed) - Number(b.signed))
      .map(({ image }) => image),
    body: [
      ...(signer ? [{ summary: `Key ${code(signer.keyId)}: ${escape(signer.description)}` }] : []),
      tableOf(
        images,
        [
          codeColumn('Image', ({ image }) => image),
          codeColumn('Digest', ({ digest }) => digest ?? '-'),
          {
            heading: 'Roles',
            text: (image) => image.roles.join(', ') || '-',
            markdown: (image) => image.roles.map(code).join(', '),
          },
          ...(images.some(({ notaryProject }) => notaryProject)
            ? [
                codeColumn<ImageOutcome>(
                  'Notary Project',
                  ({ notaryProject = [] }) => notaryProject[0]?.signature ?? '-',
                ),
              ]
            : []),
          {
            heading: 'Result',
            text: ({ error, state, pinnedBy }) =>
              error ? `${failureText(state)} ${error.code}` : resultWords(signer, pinnedBy),
            markdown: ({ error, state, pinnedBy }) =>
              error
                ? `❌ ${failureText(state).toLowerCase()}<br>${code(error.code)} ${escape(error.message)}`
                : `✅ ${pinnedBy === undefined ? escape(resultWords(signer, pinnedBy)) : 'signed'}`,
          },
        ],
        ({ error }) => error !== undefined,
      ),
    ],
    facts: {
      key: signer && keyFacts(signer),
      images: images.map(({ error, ...image }) => ({
        ...image,
        ...(error && {
          error: { code: error.code, message: error.message, remedy: error.remedy },
        }),
      })),
    },
    outputs:
      signed.length === 0
        ? {}
        : {
            images: byDigest.join('\n'),
            'signed-tags': signed.map(({ image }) => image).join(','),
            role: roles.size === 0 ? undefined : [...roles].sort().join(','),
            'key-id': signer?.keyId,
            digest: only && signed[0]?.digest,
            // What others deploy: only of a run that has done all it was asked for.
            image: isAll ? only : undefined,
          },
    failure: failureOf(images),
  };
}

/** One failure for all: of a single image its own, of several a list of them. */
function failureOf(images: readonly ImageOutcome[]): TrustError | undefined {
  const failed = images.flatMap(({ image, error }) => (error ? [{ name: image, error }] : []));
  const [first, ...others] = failed;
  if (!first || images.length === 1) return first?.error;
  return failureOfMany([first, ...others], `${failed.length} of ${images.length} images failed.`);
}
