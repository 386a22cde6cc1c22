/**
 * Cuts a Dockerfile into instructions exactly as BuildKit's parser does (moby/buildkit,
 * frontend/dockerfile/parser/parser.go): comments, continuation lines, here-documents. A trust
 * decision hangs on this, so what it cannot read for certain is an error, never a guess.
 */
import { type Directives, type PhysicalLine, readDirectives } from './directives.js';
import { type Heredoc, heredocsOf } from './heredocs.js';
import { invalidDockerfile } from './invalid.js';
import { blanks, trimEnd, trimStart } from './white-space.js';

/** One instruction with its continuation lines joined. */
export interface Instruction {
  /** In capitals. */
  readonly keyword: string;
  /** What follows the keyword, joined, without leading and trailing blanks. */
  readonly args: string;
  /** First line, counted from 1. */
  readonly line: number;
  /** Whether a here-document belongs to it. */
  readonly hasHeredoc: boolean;
  /** Where in the file the character at `index` of {@link args} stands. */
  sourceOffset(index: number): number;
}

export interface DockerfileLines extends Directives {
  readonly instructions: readonly Instruction[];
}

const known = new Set([
  ...['ADD', 'ARG', 'CMD', 'COPY', 'ENTRYPOINT', 'ENV', 'EXPOSE', 'FROM', 'HEALTHCHECK', 'LABEL'],
  ...['MAINTAINER', 'ONBUILD', 'RUN', 'SHELL', 'STOPSIGNAL', 'USER', 'VOLUME', 'WORKDIR'],
]);

/** @throws {TrustError} DOCKERFILE_INVALID */
export function readLines(source: string): DockerfileLines {
  const physical = splitLines(source);
  const directives = readDirectives(physical);
  const continuation =
    directives.escape === '\\' ? /([^\\])\\[ \t]*$|^\\[ \t]*$/ : /([^`])`[ \t]*$|^`[ \t]*$/;
  const instructions: Instruction[] = [];
  let next = 0;
  while (next < physical.length) {
    const first = next;
    const pieces: PhysicalLine[] = [];
    let complete = false;
    while (!complete && next < physical.length) {
      const line = physical[next++];
      if (line === undefined) break;
      const trimmed = trimStart(line.text);
      // Comments and empty lines count for nothing, in the middle of an instruction as well.
      if (trimmed === '' || trimmed.startsWith('#')) {
        if (pieces.length === 0) break;
        continue;
      }
      // White space before an instruction is gone before its end is looked at.
      const text = pieces.length === 0 ? trimmed : line.text;
      const joined = text.replace(continuation, '$1');
      complete = joined === text;
      pieces.push({ text: joined, start: line.start + line.text.length - text.length });
    }
    if (pieces.length === 0) continue;
    const instruction = makeInstruction(pieces, first + 1);
    if (instruction === undefined) continue;
    const heredocs = heredocsIn(instruction, pieces);
    for (const heredoc of heredocs) {
      next = skipHeredoc(physical, next, heredoc, instruction.line);
    }
    instructions.push({ ...instruction, hasHeredoc: heredocs.length > 0 });
  }
  return { ...directives, instructions };
}

function splitLines(source: string): PhysicalLine[] {
  const lines: PhysicalLine[] = [];
  let start = source.startsWith('\uFEFF') ? 1 : 0;
  while (start <= source.length) {
    const newline = source.indexOf('\n', start);
    const end = newline < 0 ? source.length : newline;
    let last = end;
    while (last > start && source.charAt(last - 1) === '\r') last--;
    lines.push({ text: source.slice(start, last), start });
    if (newline < 0) break;
    start = newline + 1;
  }
  return lines;
}

function makeInstruction(
  pieces: readonly PhysicalLine[],
  line: number,
): Omit<Instruction, 'hasHeredoc'> | undefined {
  const joined = pieces.map((piece) => piece.text).join('');
  // What is left of bytes that are not UTF-8. BuildKit reads bytes, and some of them are blanks.
  if (joined.includes('\uFFFD')) throw invalidDockerfile(line, 'it is not in UTF-8');
  const text = trimEnd(joined);
  const skipped = text.length - trimStart(text).length;
  const keyword = text.slice(skipped).split(blanks, 1)[0] ?? '';
  if (keyword === '') return undefined;
  if (!known.has(keyword.toUpperCase())) {
    throw invalidDockerfile(line, `unknown instruction ${keyword.toUpperCase().slice(0, 40)}`);
  }
  const rest = text.slice(skipped + keyword.length);
  const begin = skipped + keyword.length + (/^[\t\v\f\r ]*/.exec(rest)?.[0].length ?? 0);
  // Where each piece begins in the joined text, and in the file.
  let length = 0;
  const places = pieces.map((piece) => {
    const place = { at: length, start: piece.start };
    length += piece.text.length;
    return place;
  });
  const sourceOffset = (index: number): number => {
    const at = begin + index;
    let [low, high] = [0, places.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((places[middle]?.at ?? 0) <= at) low = middle;
      else high = middle;
    }
    const place = places[low];
    return place === undefined ? 0 : place.start + Math.min(at, length) - place.at;
  };
  return { keyword: keyword.toUpperCase(), args: text.slice(begin), line, sourceOffset };
}

function heredocsIn(
  { keyword, args, line }: Omit<Instruction, 'hasHeredoc'>,
  pieces: readonly PhysicalLine[],
): readonly Heredoc[] {
  const inner = keyword === 'ONBUILD' ? args.split(blanks, 1)[0]?.toUpperCase() : keyword;
  if (!['ADD', 'COPY', 'RUN'].includes(inner ?? '')) return [];
  const heredocs = heredocsOf(pieces.map(({ text }) => text).join(''));
  if (heredocs !== undefined) return heredocs;
  throw invalidDockerfile(line, 'versions of BuildKit read its here-document (<<) differently');
}

function skipHeredoc(
  lines: readonly PhysicalLine[],
  from: number,
  { name, chomp }: Heredoc,
  openedAt: number,
): number {
  for (let index = from; index < lines.length; index++) {
    const text = lines[index]?.text ?? '';
    if ((chomp ? text.replace(/^\t+/, '') : text) === name) return index + 1;
  }
  throw invalidDockerfile(openedAt, `the here-document ${name} does not end`);
}
