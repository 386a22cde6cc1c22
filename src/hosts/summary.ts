/**
 * The job summary as a host shows it: without secrets, with short digests and their full values at
 * the end, without what the host does not render, and within its size.
 */
import { limits } from '../limits.js';
import { truncateLines } from './sanitize-documents.js';
import { sanitizeLines } from './sanitize-output.js';
import type { SecretMasker } from './secret-masker.js';

/** What a host's summaries render besides plain Markdown. */
export type SummaryFormat = 'plain' | 'with diagrams and folds';

/** A digest or key ID; Docker's name of a key is said to be Docker's wherever it stands, so it stays. */
const longHash = /(?<!Docker's ID(?: of it)?: )(?:\bsha256:)?\b[0-9a-f]{64}\b/g;

const shortHashDigits = 12;

/** What stands before a remedy in a table. */
const beforeRemedy = '<br>→ ';

/** A line of a list, but for a finding, which starts with its mark. */
const isStep = /^\s*- (?!❌|⚠️)/u;

/** The share of a summary that full values may take. */
const fullValuesBytes = limits.summaryBytes / 4;

/**
 * The summary for a host. Secrets are masked before anything is shortened, so that no part of one
 * stays. What is too long is cut between lines, and never inside a fenced block.
 */
export function renderSummary(
  markdown: string,
  masker: SecretMasker,
  format: SummaryFormat,
): string {
  const isRich = format !== 'plain';
  const masked = sanitizeLines(markdown, masker);
  const { lines, full } = shortenHashes(isRich ? masked : withoutDiagrams(masked));
  const end = fullValues([...full], isRich);
  const { kept, more } = truncateLines(lines, limits.summaryBytes - sizeOf(end));
  const fences = more.length > 0 ? kept.filter(isFence) : [];
  const open = fences.length % 2 === 1 ? fences.at(-1) : undefined;
  const close = open === undefined ? [] : [open.replace('- ', '  ').replace(/```.*/, '```')];
  return [...kept, ...close, ...more, ...end].join('\n');
}

/** Also one that stands in a list. */
function isFence(line: string): boolean {
  return /^\s*(?:- )?```/.test(line);
}

function sizeOf(lines: readonly string[]): number {
  return lines.reduce((bytes, line) => bytes + Buffer.byteLength(line) + 1, 0);
}

function withoutDiagrams(lines: readonly string[]): readonly string[] {
  let isInDiagram = false;
  return lines.filter((line) => {
    const wasInDiagram = isInDiagram;
    if (line.startsWith('```mermaid')) isInDiagram = true;
    else if (wasInDiagram && isFence(line)) isInDiagram = false;
    return !isInDiagram && !wasInDiagram;
  });
}

/** Short hashes, but for those that are there to be copied: in blocks and in steps. */
function shortenHashes(lines: readonly string[]): {
  readonly lines: readonly string[];
  readonly full: ReadonlySet<string>;
} {
  const full = new Set<string>();
  const shorten = (text: string): string =>
    text.replace(longHash, (hash) => {
      full.add(hash);
      return hash.slice(0, hash.length - 64 + shortHashDigits);
    });
  let isInFence = false;
  const shortened = lines.map((line) => {
    if (isFence(line)) isInFence = !isInFence;
    if (isInFence) return line;
    if (isStep.test(line)) return line;
    const [finding = '', ...remedies] = line.split(beforeRemedy);
    return [shorten(finding), ...remedies].join(beforeRemedy);
  });
  return { lines: shortened, full };
}

/** What was shortened, to be copied: folded where the host can. */
function fullValues(values: readonly string[], isRich: boolean): readonly string[] {
  if (values.length === 0) return [];
  const title = 'Digests and key IDs in full';
  const { kept, more } = truncateLines(values, fullValuesBytes);
  const block = ['```text', ...kept, '```', ...more];
  return isRich
    ? [`<details><summary>${title}</summary>`, '', ...block, '', '</details>', '']
    : [`${title}:`, '', ...block, ''];
}
