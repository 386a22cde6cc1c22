/**
 * Cuts a Dockerfile into instructions exactly as BuildKit's parser does (moby/buildkit,
 * frontend/dockerfile/parser/parser.go): directives, comments, continuation lines, here-documents.
 * A trust decision hangs on this, so what it cannot read for certain is an error, never a guess.
 */
import { TrustError } from '../../errors.js';
import { shellWords } from './words.js';

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

export interface DockerfileLines {
  readonly instructions: readonly Instruction[];
  readonly escape: '\\' | '`';
  /** The value of `# syntax=`, with its position. */
  readonly syntax:
    | {
        readonly value: string;
        readonly line: number;
        readonly start: number;
        readonly end: number;
      }
    | undefined;
}

/** BuildKit's reWhitespace; not JavaScript's \s, which knows other blanks. */
export const blank = /[\t\v\f\r ]+/;

const known = new Set([
  ...['ADD', 'ARG', 'CMD', 'COPY', 'ENTRYPOINT', 'ENV', 'EXPOSE', 'FROM', 'HEALTHCHECK', 'LABEL'],
  ...['MAINTAINER', 'ONBUILD', 'RUN', 'SHELL', 'STOPSIGNAL', 'USER', 'VOLUME', 'WORKDIR'],
]);

interface PhysicalLine {
  readonly text: string;
  readonly start: number;
}

/** @throws {TrustError} DOCKERFILE_INVALID */
export function readLines(source: string): DockerfileLines {
  const physical = splitLines(source);
  const { escape, syntax } = readDirectives(physical);
  const continuation = escape === '\\' ? /([^\\])\\[ \t]*$|^\\[ \t]*$/ : /([^`])`[ \t]*$|^`[ \t]*$/;
  const instructions: Instruction[] = [];
  let next = 0;
  while (next < physical.length) {
    const first = next;
    const pieces: PhysicalLine[] = [];
    let complete = false;
    while (!complete && next < physical.length) {
      const line = physical[next++];
      if (line === undefined) break;
      const trimmed = line.text.trimStart();
      // Comments and empty lines count for nothing, in the middle of an instruction as well.
      if (trimmed === '' || trimmed.startsWith('#')) {
        if (pieces.length === 0) break;
        continue;
      }
      const joined = line.text.replace(continuation, '$1');
      complete = joined === line.text;
      pieces.push({ text: joined, start: line.start });
    }
    if (pieces.length === 0) continue;
    const instruction = makeInstruction(pieces, first + 1);
    if (instruction === undefined) continue;
    const terminators = heredocs(instruction);
    for (const { name, chomp } of terminators) {
      next = skipHeredoc(physical, next, name, chomp, instruction.line);
    }
    instructions.push({ ...instruction, hasHeredoc: terminators.length > 0 });
  }
  return { instructions, escape, syntax };
}

/** An error about one line of a Dockerfile. */
export function invalidDockerfile(line: number, why: string): TrustError {
  return new TrustError('DOCKERFILE_INVALID', `Line ${line} of the Dockerfile: ${why}`, {
    remedy:
      'Correct the Dockerfile. If Docker accepts it as it is, set `base-images` to ignore and report the line.',
  });
}

function splitLines(source: string): PhysicalLine[] {
  const lines: PhysicalLine[] = [];
  let start = source.startsWith('\uFEFF') ? 1 : 0;
  while (start <= source.length) {
    const newline = source.indexOf('\n', start);
    const end = newline < 0 ? source.length : newline;
    lines.push({ text: source.slice(start, end).replace(/\r+$/, ''), start });
    if (newline < 0) break;
    start = newline + 1;
  }
  return lines;
}

function readDirectives(lines: readonly PhysicalLine[]): Omit<DockerfileLines, 'instructions'> {
  let escape: '\\' | '`' = '\\';
  let syntax: DockerfileLines['syntax'];
  const seen = new Set<string>();
  for (const [index, { text, start }] of lines.entries()) {
    const match = /^[\t\v\f\r ]*#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$/.exec(text);
    if (match === null) break;
    const name = (match[1] ?? '').toLowerCase();
    const value = match[2] ?? '';
    if (!['escape', 'syntax', 'check'].includes(name)) continue;
    if (seen.has(name)) throw invalidDockerfile(index + 1, `a second "${name}" directive`);
    seen.add(name);
    if (name === 'escape') {
      if (value !== '\\' && value !== '`') {
        throw invalidDockerfile(index + 1, `escape is ${value}, not \\ or \``);
      }
      escape = value;
    } else if (name === 'syntax') {
      // Only the first word names the image; the rest are arguments of the frontend.
      const image = value.split(/\s/)[0] ?? '';
      const at = start + text.indexOf(value, text.indexOf('='));
      syntax = { value: image, line: index + 1, start: at, end: at + image.length };
    }
  }
  return { escape, syntax };
}

function makeInstruction(
  pieces: readonly PhysicalLine[],
  line: number,
): Omit<Instruction, 'hasHeredoc'> | undefined {
  const text = pieces.map((piece) => piece.text).join('');
  const match = /^\s*(\S+)(?:[\t\v\f\r ]+|$)/.exec(text);
  if (match === null) return undefined;
  const keyword = (match[1] ?? '').toUpperCase();
  if (!known.has(keyword))
    throw invalidDockerfile(line, `unknown instruction ${keyword.slice(0, 40)}`);
  const begin = match[0].length;
  const sourceOffset = (index: number): number => {
    let rest = begin + index;
    for (const piece of pieces) {
      if (rest < piece.text.length) return piece.start + rest;
      rest -= piece.text.length;
    }
    const last = pieces.at(-1);
    return last === undefined ? 0 : last.start + last.text.length;
  };
  return { keyword, args: text.slice(begin).trimEnd(), line, sourceOffset };
}

/** The here-documents an instruction opens, in order (parser.go, heredocsFromLine). */
function heredocs(
  instruction: Omit<Instruction, 'hasHeredoc'>,
): { readonly name: string; readonly chomp: boolean }[] {
  const { keyword, args } = instruction;
  const inner = keyword === 'ONBUILD' ? args.split(blank)[0]?.toUpperCase() : keyword;
  if (!['ADD', 'COPY', 'RUN'].includes(inner ?? '') || !args.includes('<<')) return [];
  // An open quote makes BuildKit see no words, hence no here-document, in the whole line.
  return (shellWords(args) ?? []).flatMap((word) => {
    const match = /^\d*<<(-?)([^<]*)$/.exec(word);
    const name = (match?.[2] ?? '').replace(/^(["'])(.*)\1$/, '$2');
    if (match === null || name === '') return [];
    return [{ name, chomp: match[1] === '-' }];
  });
}

function skipHeredoc(
  lines: readonly PhysicalLine[],
  from: number,
  name: string,
  chomp: boolean,
  openedAt: number,
): number {
  for (let index = from; index < lines.length; index++) {
    const text = lines[index]?.text ?? '';
    if ((chomp ? text.replace(/^\t+/, '') : text) === name) return index + 1;
  }
  throw invalidDockerfile(openedAt, `the here-document ${name} does not end`);
}
