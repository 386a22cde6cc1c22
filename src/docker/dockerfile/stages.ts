/**
 * The stages of a Dockerfile and the images they name, before any variable is filled in. Knows
 * the syntax of FROM, COPY --from, RUN --mount and ONBUILD, and nothing of registries.
 */
import { type DockerfileLines, type Instruction, invalidDockerfile, readLines } from './lines.js';
import { shellWords } from './words.js';

/** Something in a Dockerfile that may be an image. */
export interface NamedImage {
  readonly kind: 'from' | 'copy' | 'mount';
  /** As written. */
  readonly text: string;
  readonly line: number;
  /** Its place in the file, `end` excluded. */
  readonly start: number;
  readonly end: number;
  /** Only takes effect in stages built from this one (ONBUILD). */
  readonly onBuild: boolean;
}

export interface Stage {
  readonly index: number;
  /** In small letters, as Docker compares it. */
  readonly name?: string;
  readonly from: NamedImage;
  /** The value of `FROM --platform`, as written. */
  readonly platform?: string;
  /** Of COPY --from and RUN --mount, in order. */
  readonly uses: readonly NamedImage[];
}

/** A global build argument: `ARG` before the first `FROM`. */
export interface GlobalArg {
  readonly name: string;
  /** As written, with quotes. */
  readonly fallback?: string;
}

export interface DockerfileModel {
  readonly globals: readonly GlobalArg[];
  readonly stages: readonly Stage[];
  readonly escape: string;
  readonly syntax: DockerfileLines['syntax'];
  /** Line of the first here-document, which only BuildKit understands. */
  readonly heredocLine: number | undefined;
}

/** @throws {TrustError} DOCKERFILE_INVALID */
export function readDockerfile(source: string): DockerfileModel {
  const { instructions, escape, syntax } = readLines(source);
  const globals: GlobalArg[] = [];
  const stages: (Stage & { readonly uses: NamedImage[] })[] = [];
  for (const instruction of instructions) {
    const stage = stages.at(-1);
    if (instruction.keyword === 'FROM') {
      stages.push(readFrom(instruction, stages.length));
    } else if (stage === undefined) {
      if (instruction.keyword !== 'ARG') {
        throw invalidDockerfile(instruction.line, `${instruction.keyword} before the first FROM`);
      }
      globals.push(...readGlobalArgs(instruction, escape));
    } else {
      stage.uses.push(...readUses(instruction));
    }
  }
  if (stages.length === 0) throw invalidDockerfile(1, 'there is no FROM in the file');
  const heredocLine = instructions.find((instruction) => instruction.hasHeredoc)?.line;
  return { globals, stages, escape, syntax, heredocLine };
}

interface Token {
  readonly text: string;
  readonly index: number;
}

function tokens(text: string, from = 0): Token[] {
  return [...text.slice(from).matchAll(/[^\t\v\f\r ]+/g)].map((match) => ({
    text: match[0],
    index: from + match.index,
  }));
}

function readFrom(
  instruction: Instruction,
  index: number,
): Stage & { readonly uses: NamedImage[] } {
  const all = tokens(instruction.args);
  const flags = all.slice(
    0,
    Math.max(
      0,
      all.findIndex(({ text }) => !text.startsWith('--')),
    ),
  );
  const [image, as, name, ...rest] = all.slice(flags.length);
  const isNamed = as?.text.toUpperCase() === 'AS' && name !== undefined;
  if (image === undefined || rest.length > 0 || (as !== undefined && !isNamed)) {
    throw invalidDockerfile(instruction.line, 'FROM takes an image, or an image, AS and a name');
  }
  if (isNamed && !/^[a-z][a-z0-9_.-]*$/.test(name.text.toLowerCase())) {
    throw invalidDockerfile(instruction.line, `"${name.text}" is no name for a stage`);
  }
  const platform = flags.find(({ text }) => text.startsWith('--platform='))?.text.slice(11);
  return {
    index,
    ...(isNamed ? { name: name.text.toLowerCase() } : {}),
    ...(platform === undefined ? {} : { platform }),
    from: named(instruction, 'from', image.text, image.index, false),
    uses: [],
  };
}

function readGlobalArgs(instruction: Instruction, escape: string): GlobalArg[] {
  const words = shellWords(instruction.args, escape);
  if (words === undefined) throw invalidDockerfile(instruction.line, 'a quote is not closed');
  return words.map((word) => {
    const equals = word.indexOf('=');
    return equals < 0
      ? { name: word }
      : { name: word.slice(0, equals), fallback: word.slice(equals + 1) };
  });
}

/** The images that COPY --from and RUN --mount=from= of one instruction name. */
function readUses(instruction: Instruction): NamedImage[] {
  let { keyword } = instruction;
  let from = 0;
  const onBuild = keyword === 'ONBUILD';
  if (onBuild) {
    const [inner] = tokens(instruction.args);
    if (inner === undefined)
      throw invalidDockerfile(instruction.line, 'ONBUILD without an instruction');
    keyword = inner.text.toUpperCase();
    from = inner.index + inner.text.length;
  }
  if (keyword !== 'COPY' && keyword !== 'RUN') return [];
  const images: NamedImage[] = [];
  for (const flag of tokens(instruction.args, from)) {
    if (!flag.text.startsWith('--') || flag.text === '--') break;
    if (keyword === 'COPY' && flag.text.startsWith('--from=')) {
      images.push(value(instruction, 'copy', flag, '--from='.length, flag.text.length, onBuild));
    } else if (keyword === 'RUN' && flag.text.startsWith('--mount=')) {
      // Comma-separated fields, keys without case; a field may be quoted as a whole.
      for (const field of flag.text.matchAll(/(?<=[=,]"?)from=([^,"]*)/gi)) {
        const at = field.index + 'from='.length;
        images.push(value(instruction, 'mount', flag, at, at + (field[1] ?? '').length, onBuild));
      }
    }
  }
  return images;
}

function value(
  instruction: Instruction,
  kind: NamedImage['kind'],
  token: Token,
  begin: number,
  end: number,
  onBuild: boolean,
): NamedImage {
  const raw = token.text.slice(begin, end);
  const unquoted = /^"(.*)"$|^'(.*)'$/.exec(raw);
  return unquoted === null
    ? named(instruction, kind, raw, token.index + begin, onBuild)
    : named(instruction, kind, raw.slice(1, -1), token.index + begin + 1, onBuild);
}

function named(
  instruction: Instruction,
  kind: NamedImage['kind'],
  text: string,
  index: number,
  onBuild: boolean,
): NamedImage {
  const start = instruction.sourceOffset(index);
  // The place after the last character, not the place of the next one: a line may end in between.
  const end = text === '' ? start : instruction.sourceOffset(index + text.length - 1) + 1;
  return { kind, text, line: instruction.line, start, end, onBuild };
}
