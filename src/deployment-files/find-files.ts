/** From what the user named to the files in it: folders are read whole, with the folders in them. */
import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { hasCode } from '../errors.js';
import { limits } from '../limits.js';
import { sourceProblem } from './rendered.js';
import { FileProblem, type ImageFile } from './types.js';

/** A file, and what it is called. */
export type FilePlace = Pick<ImageFile, 'name' | 'path' | 'relativePath'>;

/** A problem of a file within a folder that the user named. */
export class NamedProblem extends FileProblem {
  constructor(
    readonly file: string,
    { line, message, remedy }: FileProblem,
  ) {
    super(line, message, remedy);
  }
}

/** Whether a file of this name is read as YAML. */
export function isYaml(name: string): boolean {
  return /\.(?:ya?ml|json)$/i.test(name);
}

/**
 * The file of this name, or the files in the folder and below it that are YAML or JSON, or that such
 * files are rendered from.
 * @throws {FileProblem} when there are none, or too many.
 */
export async function filesAt(
  name: string,
  workingDirectory: string,
  outputDirectory?: string,
): Promise<readonly FilePlace[]> {
  const absolute = path.resolve(workingDirectory, name);
  if (!(await stat(absolute)).isDirectory()) {
    return [{ name, path: absolute, relativePath: path.basename(absolute) }];
  }
  const places: FilePlace[] = [];
  const done = new Set(outputDirectory === absolute ? [] : [outputDirectory]);
  await walk({ name, path: absolute, relativePath: '' }, places, done);
  if (places.length === 0) {
    throw new FileProblem(undefined, 'has no YAML or JSON files', 'Name the files themselves.');
  }
  return places;
}

/** @param done folders that are not read, or not again. */
async function walk(
  folder: FilePlace,
  places: FilePlace[],
  done: Set<string | undefined>,
): Promise<void> {
  const real = await realpath(folder.path);
  if (done.has(real) || done.has(folder.path)) return;
  done.add(real);
  if (folder.relativePath.split(path.sep).length > limits.imageFolderDepth) {
    throw new NamedProblem(folder.name, tooMuch('has folders that lie too deep in each other'));
  }
  const below: FilePlace[] = [];
  for (const entry of (await readdir(folder.path)).sort()) {
    // Git's own folder is not part of what is deployed.
    if (entry === '.git') continue;
    const place = {
      name: path.join(folder.name, entry),
      path: path.join(folder.path, entry),
      relativePath: path.join(folder.relativePath, entry),
    };
    if (await isFolder(place.path)) below.push(place);
    else if (isYaml(entry) || sourceProblem(entry)) places.push(place);
    if (places.length > limits.imageFiles) {
      throw new NamedProblem(folder.name, tooMuch('has too many files'));
    }
  }
  for (const place of below) await walk(place, places, done);
}

async function isFolder(place: string): Promise<boolean> {
  try {
    return (await stat(place)).isDirectory();
  } catch (error) {
    // A link to nowhere is told of when it is read, if it is one of the files at all.
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

function tooMuch(what: string): FileProblem {
  return new FileProblem(undefined, what, 'Name the files themselves, or smaller folders.');
}
