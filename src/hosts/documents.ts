/**
 * Documents that leave the run: JSON and Markdown, without the secrets of the run and harmless
 * wherever they are printed. Redacted before they are encoded, so that what stays is well-formed.
 */
import { limits } from '../limits.js';
import { withinBudget } from './budget.js';
import type { Masks } from './masks.js';
import { safeLines } from './safe-lines.js';

/** What begins a command, moves a cursor or is not shown; JSON can spell all of it. */
const notPlain = /[#\u007f-\u009f\u2028\u2029]|\p{Default_Ignorable_Code_Point}/gu;

/**
 * `document` as JSON: the same to whoever parses it, but no line of it is a command to a host. With
 * a line end behind it.
 */
export function safeJson(document: object, indent: number, masks: Masks): string {
  const json = JSON.stringify(
    document,
    (_key, value: unknown) => (typeof value === 'string' ? masks.redact(value) : value),
    indent,
  );
  return `${json.replace(notPlain, inUnicode)}\n`;
}

/** Markdown of a size that hosts take, cut between lines and outside a fenced block. */
export function safeMarkdown(markdown: string, masks: Masks): string {
  const lines = safeLines(markdown, masks);
  const budget = withinBudget(lines, limits.summaryBytes);
  const isCutInFence = budget.kept.filter((line) => line.startsWith('```')).length % 2 === 1;
  return [...budget.kept, ...(isCutInFence ? ['```'] : []), ...budget.more].join('\n');
}

function inUnicode(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}
