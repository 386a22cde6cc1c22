/**
 * The stages of a Dockerfile and the images they name, before any variable is filled in. Knows
 * the syntax of FROM, COPY --from, RUN --mount and ONBUILD, and nothing of registries.
 */
import { type FlagWord, type Flags, scanFlags } from './flags.js';
import { invalidDockerfile } from './invalid.js';
import { type DockerfileLines, type Instruction, readLines } from './lines.js';
import { blanks } from './white-space.js';
import { splitWords } from './words.js';

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
  /** Why it cannot be told which image this is, or whether it is one; half a sentence. */
  readonly doubt?: string;
}

export interface Stage {
  readonly index: number;
  /** In small letters, as Docker compares it. */
  readonly name?: string;
  readonly from: NamedImage;
  /** Of COPY --from and RUN --mount, and flags that may be such, in order. */
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
      stages.push(readFrom(instruction, stages.length, escape));
    } else if (stage === undefined) {
      if (instruction.keyword !== 'ARG') {
        throw invalidDockerfile(instruction.line, `${instruction.keyword} before the first FROM`);
      }
      globals.push(...readGlobalArgs(instruction, escape));
    } else {
      stage.uses.push(...readUses(instruction, escape));
    }
  }
  if (stages.length === 0) throw invalidDockerfile(1, 'there is no FROM in the file');
  const heredocLine = instructions.find((instruction) => instruction.hasHeredoc)?.line;
  return { globals, stages, escape, syntax, heredocLine };
}

function flagsOf(instruction: Instruction, from: number, escape: string): Flags {
  const read = scanFlags(instruction.args, from, escape);
  if (read.isOpen) throw invalidDockerfile(instruction.line, 'a quote in a flag is not closed');
  return read;
}

function readFrom(
  instruction: Instruction,
  index: number,
  escape: string,
): Stage & { readonly uses: NamedImage[] } {
  const { flags, end } = flagsOf(instruction, 0, escape);
  const words = instruction.args.slice(end).split(blanks);
  const [image = '', as, name, ...rest] = words;
  const isNamed = as?.toUpperCase() === 'AS' && name !== undefined;
  if (image === '' || rest.length > 0 || (as !== undefined && !isNamed)) {
    throw invalidDockerfile(instruction.line, 'FROM needs an image, or an image, AS and a name');
  }
  if (isNamed && !/^[a-z][a-z0-9_.-]*$/.test(name.toLowerCase())) {
    throw invalidDockerfile(instruction.line, `"${name}" is not a valid stage name`);
  }
  return {
    index,
    ...(isNamed ? { name: name.toLowerCase() } : {}),
    from: named(instruction, 'from', image, end, false),
    uses: doubtfulFlags(instruction, 'from', flags, false),
  };
}

function readGlobalArgs(instruction: Instruction, escape: string): GlobalArg[] {
  const { flags, end } = flagsOf(instruction, 0, escape);
  if (flags.length > 0) throw invalidDockerfile(instruction.line, 'ARG has no flags');
  const words = splitWords(instruction.args.slice(end), escape);
  if (words === undefined) throw invalidDockerfile(instruction.line, 'a quote is not closed');
  return words.map((word) => {
    const equals = word.indexOf('=');
    return equals < 0
      ? { name: word }
      : { name: word.slice(0, equals), fallback: word.slice(equals + 1) };
  });
}

/** The images that COPY --from and RUN --mount=from= of one instruction name. */
function readUses(instruction: Instruction, escape: string): NamedImage[] {
  let { keyword } = instruction;
  let from = 0;
  const onBuild = keyword === 'ONBUILD';
  if (onBuild) {
    const [inner = ''] = instruction.args.split(blanks, 1);
    if (inner === '') throw invalidDockerfile(instruction.line, 'ONBUILD without an instruction');
    keyword = inner.toUpperCase();
    from = inner.length;
  }
  if (keyword !== 'COPY' && keyword !== 'RUN') return [];
  const kind = keyword === 'COPY' ? 'copy' : 'mount';
  const { flags } = flagsOf(instruction, from, escape);
  const images = doubtfulFlags(instruction, kind, flags, onBuild);
  for (const { text, index, isPlain } of flags) {
    if (!isPlain) continue;
    if (kind === 'copy') {
      if (!text.startsWith('--from=')) continue;
      const at = '--from='.length;
      images.push(named(instruction, kind, text.slice(at), index + at, onBuild));
    } else if (text.startsWith('--mount=')) {
      // Fields with a comma in between, keys without case; the last of a key counts.
      const field = [...text.matchAll(/(?<=^--mount=|,)from=([^,]*)/gi)].at(-1);
      if (field === undefined) continue;
      const at = index + field.index + 'from='.length;
      images.push(named(instruction, kind, field[1] ?? '', at, onBuild));
    }
  }
  return images;
}

/** Flags that may name an image and that nobody can read for certain. */
function doubtfulFlags(
  instruction: Instruction,
  kind: NamedImage['kind'],
  flags: readonly FlagWord[],
  onBuild: boolean,
): NamedImage[] {
  return flags
    .filter(({ isPlain }) => !isPlain)
    .map(({ text, index }) => ({
      ...named(instruction, kind, text, index, onBuild),
      doubt: 'a flag with quotes, escape characters or letters beyond ASCII is not supported here',
    }));
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
