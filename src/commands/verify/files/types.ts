/** What a file says about images, and what is wrong with it. */
import type { Node, Scalar } from 'yaml';

/** What the readers of one kind of document report to. */
export interface Found {
  image(node: Scalar<string>): void;
  unnamed(node: Node, what: string): void;
  /** @throws {FileProblem} always */
  refuse(node: Node, message: string, remedy: string): never;
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
}

/** A file that was read. */
export interface ImageFile extends Mentions {
  /** As the user named it. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly text: string;
}

/** What is wrong with a file, so that it reads after its name; becomes an INPUT_INVALID. */
export class FileProblem extends Error {
  constructor(
    readonly line: number | undefined,
    message: string,
    readonly remedy: string,
  ) {
    super(message);
    this.name = 'FileProblem';
  }
}
