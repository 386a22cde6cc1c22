/** What a file says about images, and what is wrong with it. */
import type { YamlNode, YamlText } from './yaml-tree.js';

/** What the readers of one kind of document report to. */
export interface Found {
  image(node: YamlText): void;
  /** Something that may run an image which is not verified; `what` reads after file and line. */
  unnamed(node: YamlNode, what: string): void;
  /** @throws {FileProblem} always */
  refuse(node: Pick<YamlNode, 'line'>, message: string, remedy: FileRemedy): never;
  /** Whether `node` was not asked about before: aliases lead to one node again and again. */
  isNew(node: YamlNode): boolean;
}

/** One place of a file where an image is named. */
export interface Mention {
  /** As it is written there, quotes and escapes resolved. */
  readonly reference: string;
  /** Line of the file, from 1. */
  readonly line: number;
  /** Offsets of the text to replace. */
  readonly start: number;
  readonly end: number;
  /** The text that names `reference` in the same place, in the style of what was there. */
  readonly write: (reference: string) => string;
}

/** Something that may run an image that is not named here. */
export interface Unnamed {
  readonly line: number;
  /** As it reads after the file's name: `service "web" is built here`. */
  readonly what: string;
}

/** The images of one text. */
export interface Mentions {
  readonly mentions: readonly Mention[];
  readonly unnamed: readonly Unnamed[];
  /** Whether a file of this sort without any image is nothing to wonder about. */
  readonly mayNameNone: boolean;
}

/** A file that was read. */
export interface ImageFile extends Mentions {
  /** As the user named it, or the folder it is in. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** Below the folder that the user named; of a file that was named itself its name. */
  readonly relativePath: string;
  readonly text: string;
}

/** How files are read. */
export interface ReadingOptions {
  /** Leaves out the images of compose services that are built where they run. */
  readonly skipBuilt: boolean;
  /** A folder that is not read with the folder it lies in: what an earlier run has written there. */
  readonly outputDirectory?: string | undefined;
}

/** What to do about a problem; where it is a command, with the name of the file in it. */
export type FileRemedy = string | ((file: string) => string);

/** The name as one word of a POSIX shell. */
export function shellWord(name: string): string {
  return /^[\w@%+=:,./-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;
}

/** What is wrong with a file, so that it reads after its name; becomes an INPUT_INVALID. */
export class FileProblem extends Error {
  constructor(
    readonly line: number | undefined,
    message: string,
    readonly remedy: FileRemedy,
  ) {
    super(message);
    this.name = 'FileProblem';
  }
}
