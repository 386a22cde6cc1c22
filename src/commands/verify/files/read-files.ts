/** Reads the files that name images. All that is wrong is said at once. */
import { readFile, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { isTrustError, messageOf } from '../../../errors.js';
import { limits } from '../../../limits.js';
import { parseImageReference } from '../../../registry/index.js';
import { readPlainList } from './plain-list.js';
import { FileProblem, type ImageFile, type Mentions } from './types.js';
import { readYaml } from './yaml-file.js';

/** What is wrong with a file: a sentence about it, and what to do. */
export interface FileTrouble {
  readonly problem: string;
  readonly remedy: string;
}

/**
 * Reads each of `names`; of a folder, the YAML and JSON files in it. Files that end in .yaml, .yml
 * or .json are compose files or Kubernetes objects, all others are plain lists.
 */
export async function readImageFiles(
  names: readonly string[],
  workingDirectory: string,
): Promise<{ readonly files: readonly ImageFile[]; readonly troubles: readonly FileTrouble[] }> {
  const files: ImageFile[] = [];
  const troubles: FileTrouble[] = [];
  for (const name of names) {
    try {
      for (const one of await filesAt(name, workingDirectory)) {
        if (files.some((file) => file.path === one.path)) continue;
        const read = await readOne(one);
        files.push(read.file);
        troubles.push(...read.troubles);
      }
    } catch (error) {
      if (error instanceof FileProblem) troubles.push(troubleOf(name, error));
      else if (isFileError(error)) {
        const remedy = 'Check the name and who may read it.';
        troubles.push({ problem: `${name} cannot be read: ${messageOf(error)}`, remedy });
      } else throw error;
    }
  }
  return { files, troubles };
}

type Place = Pick<ImageFile, 'name' | 'path'>;

async function filesAt(name: string, workingDirectory: string): Promise<readonly Place[]> {
  const absolute = path.resolve(workingDirectory, name);
  if (!(await stat(absolute)).isDirectory()) return [{ name, path: absolute }];
  const entries = (await readdir(absolute)).filter(isYaml).sort();
  if (entries.length === 0) {
    throw new FileProblem(undefined, 'has no YAML or JSON files', 'Name the files themselves.');
  }
  return entries.map((entry) => ({
    name: path.join(name, entry),
    path: path.join(absolute, entry),
  }));
}

async function readOne({ name, path: file }: Place): Promise<{
  readonly file: ImageFile;
  readonly troubles: readonly FileTrouble[];
}> {
  const text = decode(await readFile(file), name);
  const mentions = inFile(name, () => mentionsOf(name, text));
  const troubles = mentions.mentions.flatMap(({ reference, line }): FileTrouble[] => {
    try {
      parseImageReference(reference);
      return [];
    } catch (error) {
      if (!isTrustError(error)) throw error;
      const problem = `${name}, line ${line}: ${JSON.stringify(reference)} is not an image reference`;
      return [{ problem, remedy: 'Correct the file.' }];
    }
  });
  return { file: { name, path: file, text, ...mentions }, troubles };
}

/** The images that a file of this name and text names. @throws {FileProblem} */
export function mentionsOf(name: string, text: string): Mentions {
  return isYaml(name) ? readYaml(text) : readPlainList(text);
}

function isYaml(name: string): boolean {
  return /\.(?:ya?ml|json)$/i.test(name);
}

function decode(bytes: Buffer, name: string): string {
  if (bytes.length > limits.imageFileBytes) {
    throw new NamedProblem(name, new FileProblem(undefined, 'is too large', 'Split it.'));
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const problem = new FileProblem(undefined, 'is not UTF-8', 'Save it as UTF-8.');
    throw new NamedProblem(name, problem);
  }
}

/** A problem of a file within a folder that the user named. */
class NamedProblem extends FileProblem {
  constructor(
    readonly file: string,
    { line, message, remedy }: FileProblem,
  ) {
    super(line, message, remedy);
  }
}

function inFile<T>(name: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw error instanceof FileProblem ? new NamedProblem(name, error) : error;
  }
}

function troubleOf(given: string, problem: FileProblem): FileTrouble {
  const name = problem instanceof NamedProblem ? problem.file : given;
  const where = problem.line === undefined ? name : `${name}, line ${problem.line},`;
  return { problem: `${where} ${problem.message}`, remedy: problem.remedy };
}

function isFileError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}
