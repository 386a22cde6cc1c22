/** Writes files with verified digests: all of them or none, and only over what was read. */
import type { Dirent } from 'node:fs';
import { readFile, readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { hasCode, TrustError } from '../errors.js';
import { proveOutput, resolveExisting, writeOutputs } from '../output-files/index.js';
import { isYaml } from './find-files.js';
import type { ImageFile } from './types.js';

/** A file and where it will be written. */
export interface Destination {
  readonly file: ImageFile;
  readonly path: string;
}

/**
 * Where each file goes: over itself, or into `directory` as it lay below the folder that was given.
 * @throws {TrustError} INPUT_CONFLICT when two files would get one name, FILE_NOT_WRITTEN when
 * a place cannot be written to.
 */
export async function destinationsOf(
  files: readonly ImageFile[],
  directory: string | undefined,
  workingDirectory: string,
): Promise<readonly Destination[]> {
  const destinations: Destination[] = [];
  for (const file of files) {
    const wanted =
      directory === undefined
        ? await resolveExisting(file.path, workingDirectory)
        : path.join(directory, file.relativePath);
    const place = await proveOutput(wanted, workingDirectory);
    const other = destinations.find((earlier) => earlier.path === place);
    if (other) {
      throw new TrustError(
        'INPUT_CONFLICT',
        `${other.file.name} and ${file.name} would both be written to ${place}.`,
        { remedy: 'Give them to steps of their own, or have them written in place.' },
      );
    }
    destinations.push({ file, path: place });
  }
  return destinations;
}

/** The YAML and JSON files in `directory` that are none of `destinations`: nobody verified them. */
export async function strayFilesIn(
  directory: string,
  destinations: readonly Destination[],
): Promise<readonly string[]> {
  let entries: readonly Dirent[];
  try {
    entries = await readdir(directory, { recursive: true, withFileTypes: true });
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
  const real = await realpath(directory);
  const written = new Set(destinations.map(({ path: place }) => place));
  return entries
    .filter((entry) => !entry.isDirectory() && isYaml(entry.name))
    .map(({ parentPath, name }) => path.join(parentPath, name))
    .filter((file) => !written.has(path.join(real, path.relative(directory, file))));
}

/** A file and the text it is to have. */
export interface NewText {
  readonly destination: Destination;
  readonly text: string;
}

/**
 * Writes all of the texts, or none.
 * @throws {TrustError} FILE_NOT_WRITTEN, also when a file has changed since it was read.
 */
export async function writeImageFiles(
  texts: readonly NewText[],
  workingDirectory: string,
): Promise<void> {
  const outputs = texts.map(async ({ destination, text }) => ({
    path: destination.path,
    content: text,
    mode: (await stat(destination.file.path)).mode & 0o777,
    folderMode: 0o777,
  }));
  await writeOutputs(await Promise.all(outputs), workingDirectory, async () => {
    for (const { destination } of texts) await requireUnchanged(destination.file);
  });
}

async function requireUnchanged({ name, path: file, text }: ImageFile): Promise<void> {
  // ignoreBOM keeps a byte order mark, as it was kept when the file was first read.
  const current = new TextDecoder('utf-8', { ignoreBOM: true }).decode(await readFile(file));
  if (current === text) return;
  throw new TrustError('FILE_NOT_WRITTEN', `${name} changed while its images were verified.`, {
    remedy: 'Run the step again.',
  });
}

/**
 * The file's text, with each reference that `digestOf` knows followed by its digest. All else of it
 * stays as it is, byte for byte.
 */
export function fillIn(
  { text, mentions }: Pick<ImageFile, 'text' | 'mentions'>,
  digestOf: (reference: string) => string | undefined,
): string {
  let result = '';
  let done = 0;
  for (const { reference, start, end, write } of mentions) {
    const digest = digestOf(reference);
    if (digest === undefined || reference.includes('@')) continue;
    result += text.slice(done, start) + write(`${reference}@${digest}`);
    done = end;
  }
  return result + text.slice(done);
}
