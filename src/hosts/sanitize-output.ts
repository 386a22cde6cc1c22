/**
 * Makes foreign text harmless before it reaches a host's standard output, where a line can be a
 * command: `##vso[...]` for Azure Pipelines, `::name::` and the older `##[name]` for GitHub
 * Actions. Every host uses the same rules, since the command line too runs inside pipelines.
 * Works on whole lines, so that a marker split over two chunks is still seen.
 */
import { StringDecoder } from 'node:string_decoder';
import type { SecretMasker } from './secret-masker.js';

/** A line longer than this is broken, so that output without line ends cannot fill the memory. */
export const longestLine = 64 * 1024;

/** Characters without a width; culture-aware comparison, as runners use it, skips them. */
const ignorable = String.raw`\p{Default_Ignorable_Code_Point}`;
const colour = String.raw`\x1b\[[0-9;:]*m`;
const hidden = `(?:[${ignorable}]|${colour})*`;

/** Agents read lines with .NET, for which a lone carriage return ends a line as well. */
const lineEnd = /\r\n|\r|\n/;

/** `##[` and `##vso[` anywhere; a longer run of `#` ends with the same two. */
const bracketMarker = new RegExp(
  `(#${hidden}#${hidden}(?:v${hidden}s${hidden}o${hidden})?)\\[`,
  'giu',
);

/** `::` at the start, after whatever a runner trims or does not see. */
const colonMarker = new RegExp(`^((?:[\\s\\u0085${ignorable}]|${colour})*:${hidden}):`, 'u');

/** Escape sequences but colours, and control characters but tab: they move cursors and titles. */
const controls =
  // eslint-disable-next-line no-control-regex -- that is what it looks for
  /\x1b\[[0-?]*[ -/]*[@-ln-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b(?!\[[0-9;:]*m)|[\0-\x08\x0b-\x1a\x1c-\x1f\x7f\x80-\x9f]/g;

/** The lines of `text`, each without secrets and harmless to print as a line of its own. */
export function sanitizeLines(text: string, masker: SecretMasker): readonly string[] {
  return text.split(lineEnd).map((line) => sanitizeLine(line, masker));
}

/** `text` as one harmless line: for titles and values that must not break. */
export function sanitizeText(text: string, masker: SecretMasker): string {
  return sanitizeLine(text.split(lineEnd).join(' '), masker);
}

function sanitizeLine(line: string, masker: SecretMasker): string {
  // First what is not shown, as taking it away may bring a marker or a secret together.
  return masker
    .redact(line.replace(controls, ''))
    .replace(bracketMarker, '$1 [')
    .replace(colonMarker, '$1 :');
}

/** Cuts a stream of bytes into lines, across chunks and across the bytes of one character. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  readonly #take: (line: string) => void;
  #rest = '';

  constructor(take: (line: string) => void) {
    this.#take = take;
  }

  push(chunk: Uint8Array): void {
    this.#rest += this.#decoder.write(Buffer.from(chunk));
    // A carriage return at the end waits: the line feed that belongs to it may be in the next chunk.
    const waiting = this.#rest.endsWith('\r') ? '\r' : '';
    const lines = this.#rest.slice(0, this.#rest.length - waiting.length).split(lineEnd);
    this.#rest = (lines.pop() ?? '') + waiting;
    for (const line of lines) this.#take(line);
    while (this.#rest.length > longestLine) {
      this.#take(this.#rest.slice(0, longestLine));
      this.#rest = this.#rest.slice(longestLine);
    }
  }

  /** Gives the last line, if it had no end. */
  end(): void {
    const last = (this.#rest + this.#decoder.end()).replace(/\r$/, '');
    this.#rest = '';
    if (last !== '') this.#take(last);
  }
}
