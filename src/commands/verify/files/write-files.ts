/** Writes files with digests: each whole or not at all, and only over what was read. */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { TrustError, messageOf } from '../../../errors.js';
import type { ImageFile } from './types.js';

/** A file and where it will be written. */
export interface Destination {
  readonly file: ImageFile;
  readonly path: string;
}

/**
 * Where each file goes: over itself, or into `directory` under its own name.
 * @throws {TrustError} INPUT_CONFLICT when two files would get one name, INPUT_INVALID when a
 * place cannot be written to.
 */
export async function destinationsOf(
  files: readonly ImageFile[],
  directory: string | undefined,
): Promise<readonly Destination[]> {
  const destinations = await Promise.all(
    files.map(async (file) => ({
      file,
      path:
        directory === undefined
          ? await realpath(file.path)
          : path.join(directory, path.basename(file.path)),
    })),
  );
  for (const [index, { file, path: place }] of destinations.entries()) {
    const other = destinations.slice(0, index).find((earlier) => earlier.path === place);
    if (!other) continue;
    throw new TrustError(
      'INPUT_CONFLICT',
      `${other.file.name} and ${file.name} would both be written to ${place}.`,
      { remedy: 'Give them to steps of their own, or have them written in place.' },
    );
  }
  const folders = new Set(destinations.map(({ path: place }) => path.dirname(place)));
  for (const folder of folders) await requireWritable(folder, directory !== undefined);
  return destinations;
}

async function requireWritable(folder: string, mayBeMade: boolean): Promise<void> {
  try {
    if (mayBeMade) await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw new TrustError('INPUT_INVALID', `${folder} cannot be written to: ${messageOf(cause)}`, {
      remedy: 'Name a folder that this run may write to.',
      cause,
    });
  }
}

/**
 * Writes `text` to the destination.
 * @throws {TrustError} INPUT_CONFLICT when the file has changed since it was read.
 */
export async function writeImageFile(
  { file, path: place }: Destination,
  text: string,
): Promise<void> {
  const { mode } = await stat(file.path);
  const temporary = path.join(path.dirname(place), `.${path.basename(place)}.${randomUUID()}`);
  try {
    await writeFile(temporary, text, { mode, flag: 'wx' });
    // ignoreBOM keeps a byte order mark, as it was kept when the file was first read.
    const current = new TextDecoder('utf-8', { ignoreBOM: true }).decode(await readFile(file.path));
    if (current !== file.text) {
      throw new TrustError(
        'INPUT_CONFLICT',
        `${file.name} changed while its images were verified.`,
        {
          remedy: 'Run the step again.',
        },
      );
    }
    await rename(temporary, place);
  } finally {
    await rm(temporary, { force: true });
  }
}
