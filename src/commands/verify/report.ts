/** What a run of `verify` says of itself: table for the log, job summary, trust report. Facts only. */
import { code, escape } from '../report/report.js';
import { moreLines, mostRows, warningLines } from '../report/summary.js';
import { alignColumns } from '../report/text-table.js';
import type { Verdict } from './verdict.js';

/** The trust report of `verify`; `formatVersion` changes when a field changes its meaning. */
export interface VerificationReport {
  readonly formatVersion: 1;
  readonly command: 'verify';
  /** How many images were verified. */
  readonly verified: number;
  readonly images: readonly ImageReport[];
  /** Paths of the files that digests were written into. */
  readonly writtenFiles: readonly string[];
  readonly warnings: readonly string[];
}

/** One image in it. */
export interface ImageReport {
  readonly reference: string;
  readonly places: readonly string[];
  readonly gun: string;
  readonly status: Verdict['status'];
  readonly digest: string | undefined;
  readonly image: string | undefined;
  readonly tags: readonly string[];
  readonly roles: readonly string[];
  readonly signers: readonly string[];
  readonly expires: { readonly role: string; readonly expires: string } | undefined;
  readonly created: string | undefined;
  readonly problems: Verdict['problems'];
}

/** What the status of an image reads like. */
const words = {
  verified: 'verified',
  'allowed-unsigned': 'unsigned, allowed',
  failed: 'FAILED',
} as const;

/** The same in the summary. */
const marks = {
  verified: '✅ verified',
  'allowed-unsigned': '⚠️ unsigned, allowed',
  failed: '❌ not verified',
} as const;

/** The images by digest, each once, in the order they were asked for. */
export function imagesOf(verdicts: readonly Verdict[]): readonly string[] {
  const verified = verdicts.filter(({ status }) => status === 'verified');
  return [...new Set(verified.map(({ request, digest }) => `${request.gun}@${digest ?? ''}`))];
}

/** The table as lines of text, columns aligned. */
export function tableOf(verdicts: readonly Verdict[]): readonly string[] {
  return alignColumns([
    ['IMAGE', 'DIGEST', 'SIGNERS', 'EXPIRY', 'VERDICT'],
    ...verdicts.map((verdict) => [
      verdict.request.reference,
      verdict.digest ?? '-',
      verdict.signers.join(', ') || '-',
      expiryOf(verdict) || '-',
      [words[verdict.status], ...codesOf(verdict)].join(' '),
    ]),
  ]);
}

/** The job summary, as Markdown. */
export function verificationSummary(
  verdicts: readonly Verdict[],
  warnings: readonly string[],
): string {
  const failed = verdicts.filter(({ status }) => status === 'failed').length;
  const title = failed === 0 ? 'Verified images' : `Images (${failed} not verified)`;
  const rows = verdicts.slice(0, mostRows).map((verdict) => {
    const cells = [
      code(verdict.request.reference),
      verdict.digest === undefined ? '' : code(verdict.digest),
      verdict.signers.map(escape).join(', '),
      escape(expiryOf(verdict)),
      [
        marks[verdict.status],
        ...verdict.problems.map(({ code: name, message }) => `${code(name)} ${escape(message)}`),
      ].join('<br>'),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    `### ${title}`,
    '',
    '| Image | Digest | Signers | Expiry | Verdict |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    ...moreLines(verdicts.length - rows.length),
    ...warningLines(warnings),
    '',
  ].join('\n');
}

/** The content of the trust report; docs/verify.md explains it. */
export function verificationReport(
  verdicts: readonly Verdict[],
  warnings: readonly string[],
  writtenFiles: readonly string[],
): VerificationReport {
  return {
    formatVersion: 1,
    command: 'verify',
    verified: verdicts.filter(({ status }) => status === 'verified').length,
    images: verdicts.map(({ request, status, digest, tags, roles, signers, ...more }) => ({
      reference: request.reference,
      places: request.places,
      gun: request.gun,
      status,
      digest,
      image: status === 'verified' ? `${request.gun}@${digest ?? ''}` : undefined,
      tags,
      roles,
      signers,
      expires: more.expires && {
        role: more.expires.role,
        expires: more.expires.at.toISOString(),
      },
      created: more.created?.toISOString(),
      problems: more.problems,
    })),
    writtenFiles,
    warnings,
  };
}

function expiryOf({ expires }: Verdict): string {
  return expires ? `${expires.at.toISOString().slice(0, 10)} ${expires.role}` : '';
}

function codesOf({ problems }: Verdict): readonly string[] {
  return [...new Set(problems.map((problem) => problem.code))];
}
