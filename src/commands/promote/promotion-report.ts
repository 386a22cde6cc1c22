/** How far a run of `promote` has come, and what it says of that. Decides nothing. */
import { matchedPin, rootWords } from '../../trust/index.js';
import type { ImageSignature } from '../../notation/index.js';
import { sizeOf, type AttachedCopy, type CopyFacts } from '../../registry/index.js';
import { jobOutputs } from '../inputs/signing.js';
import {
  keyFacts,
  type SigningPlan,
  leastCertain,
  nothingPushed,
  pushedIn,
  stateTexts,
  type AttachProgress,
  type SigningProgress,
} from '../../image-signing/index.js';
import { code, counted, escape } from '../../report/text.js';
import type { OutputValues, Report } from '../../report/report.js';
import { codeColumn, tableOf, type Column } from '../../report/table.js';
import type { Promotion } from './promote-inputs.js';
import type { SignatureCopies } from './copy-signatures.js';
import type { VerifiedImage } from './source.js';

/** Filled in as the run goes on. */
export interface PromotionProgress extends SigningProgress, AttachProgress {
  /** Once all of them are verified. */
  images?: readonly VerifiedImage[];
  /** What is to be copied, by digest; then what was. */
  copies: ReadonlyMap<string, CopyFacts>;
  /** Notary Project signatures and other artifacts of the images, by digest of the image. */
  signatures: ReadonlyMap<string, SignatureCopies>;
  plan?: SigningPlan;
  /** Whether the run has found everything done. */
  unchanged: boolean;
}

/** Nothing has happened. */
export function startProgress(): PromotionProgress {
  return {
    state: nothingPushed,
    copies: new Map(),
    signatures: new Map(),
    attached: [],
    attaching: new Set(),
    unchanged: false,
  };
}

export const promoteOutputs = [...jobOutputs, 'images'] as const;

export type PromoteOutput = (typeof promoteOutputs)[number];

/** What can be said now. */
export function promotionReport(
  promotion: Promotion,
  progress: PromotionProgress,
  outputs: OutputValues<PromoteOutput>,
  failure?: unknown,
): Report<PromoteOutput> {
  const { gun } = promotion.target.image;
  const { dryRun } = promotion;
  const facts = factsOf(promotion, progress);
  const isDone = failure === undefined;
  const table = tableOf(facts.images, columnsOf(gun, dryRun));
  return {
    title: dryRun ? 'Dry run' : 'Images',
    heading: dryRun ? 'Images that would be promoted' : 'Promoted images',
    body: [
      isDone
        ? { summary: `To ${code(gun)}${signatureOf(facts)}` }
        : {
            summary: `To ${code(gun)}. Tags: ${stateTexts[facts.state] || 'signed'}. Content: ${contentTexts[facts.copied]}.`,
          },
      isDone ? table : { ...table, text: [] },
      ...(isDone ? [lastLine(facts)] : []),
    ],
    facts,
    outputs,
    failure,
  };
}

type Facts = ReturnType<typeof factsOf>;
type PromotedFacts = Facts['images'][number];

/** The fields of the trust report. */
function factsOf({ target, images, dryRun }: Promotion, progress: PromotionProgress) {
  const { registry, repository, gun, tags } = target.image;
  const { plan, signed, copies, signatures, state, attached: made, unchanged } = progress;
  return {
    registry,
    repository,
    gun,
    dryRun,
    copied: pushedIn(state),
    state: leastCertain(state, tags),
    unchanged,
    key: plan && keyFacts(plan.key.signer),
    roles: signed?.roles ?? plan?.roles ?? [],
    initialised: signed?.initialised ?? false,
    pinnedBy: signed?.pinnedBy ?? matchedPin(plan?.view),
    ...(made.length > 0 && { notaryProject: made }),
    images: images.map((image, index) => {
      const verified = progress.images?.[index];
      const digest = verified?.manifest.digest;
      const attached = digest === undefined ? undefined : signatures.get(digest);
      return {
        source: image.reference,
        sourceSigners: verified?.signers ?? [],
        sourceRoles: verified?.roles ?? [],
        digest,
        length: verified?.manifest.length,
        image: digest === undefined ? undefined : `${gun}@${digest}`,
        tags: image.tags,
        copy: digest === undefined ? undefined : copies.get(digest),
        signatures: attached && [...attached.signatures.values()].map(signatureFacts),
        attached: attached?.others,
      };
    }),
  };
}

function signatureFacts({ subject, digest, isThere }: AttachedCopy) {
  return { digest: subject, signature: digest, listed: isThere };
}

function columnsOf(gun: string, dryRun: boolean): readonly Column<PromotedFacts>[] {
  return [
    codeColumn('Source', ({ source }) => source),
    {
      heading: dryRun ? 'Would become' : 'Became',
      text: ({ tags }) => tags.map((tag) => `${gun}:${tag}`).join(', '),
      only: 'log',
    },
    { heading: 'Signed by', text: (image) => image.sourceSigners.join(', '), only: 'summary' },
    {
      heading: 'Tags',
      text: ({ tags }) => tags.join(', '),
      markdown: ({ tags }) => tags.map(code).join(', '),
      only: 'summary',
    },
    { ...codeColumn<PromotedFacts>('Digest', ({ digest = '' }) => digest), only: 'summary' },
    { heading: 'Copy', text: ({ copy }) => copyText(copy) },
    {
      heading: 'Notary Project signatures',
      text: ({ signatures = [] }) => String(signatures.length),
      only: 'summary',
    },
  ];
}

function copyText(copy: CopyFacts | undefined): string {
  if (!copy) return '-';
  const { manifests, blobs, mounted, bytes } = copy;
  if (manifests === 0) return 'was there';
  const taken = mounted > 0 ? `, ${mounted} of them reused` : '';
  const size = bytes === undefined ? '' : `, ${sizeOf(bytes)}`;
  return `${counted(manifests, 'manifest')}, ${counted(blobs, 'blob')}${taken}${size}`;
}

const contentTexts: Readonly<Record<Facts['copied'], string>> = {
  no: 'not copied by this run',
  unknown: 'copied in part',
  yes: 'copied',
};

function signatureOf({ key, roles, dryRun, pinnedBy, notaryProject }: Facts): string {
  const when = dryRun ? 'to be signed' : 'signed';
  return [
    key &&
      `, ${when} with key ${code(key.id)} (${escape(key.description)}) in ${roles.map(code).join(', ')}; root ${escape(rootWords(pinnedBy))}`,
    notaryProject && `, ${madeText(notaryProject)}`,
  ]
    .filter((part) => part !== undefined)
    .join('');
}

function madeText(made: readonly ImageSignature[]): string {
  return `signed for Notary Project: ${made.filter(({ isNew }) => isNew).length} new, ${made.length} in all`;
}

function lastLine(facts: Facts): Report['body'][number] {
  const { dryRun, unchanged, roles, key, notaryProject } = facts;
  if (dryRun) return { log: 'Nothing was changed.' };
  if (unchanged) {
    return {
      log: 'All of it was there and signed before: nothing was copied, signed or tagged.',
      summary: 'All of it was there and signed before: nothing was changed.',
    };
  }
  const parts = [
    key && `${roles.join(', ')}  key ${key.id}`,
    notaryProject && madeText(notaryProject),
  ];
  return { log: parts.filter((part) => part !== undefined).join('  ') };
}
