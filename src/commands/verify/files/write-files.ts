/** Writes files with digests: each whole or not at all, and only over what was read. */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import {
  access,
  chmod,
  mkdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
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
  for (const folder of folders) await requireWritable(folder);
  return destinations;
}

/** Checks without making anything: nothing is written before everything is verified. */
async function requireWritable(folder: string): Promise<void> {
  try {
    await access(await existingPart(folder), constants.W_OK);
  } catch (cause) {
    throw new TrustError('INPUT_INVALID', `${folder} cannot be written to: ${messageOf(cause)}`, {
      remedy: 'Name a folder that this run may write to.',
      cause,
    });
  }
}

/** The folder, or the nearest above it that is there. */
async function existingPart(folder: string): Promise<string> {
  try {
    await stat(folder);
    return folder;
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const above = path.dirname(folder);
    if (!isMissing || above === folder) throw error;
    return existingPart(above);
  }
}

/** A file and the text it is to have. */
export interface NewText {
  readonly destination: Destination;
  readonly text: string;
}

/**
 * Writes all of the texts, once all of them are on the disk under other names.
 * @throws {TrustError} INPUT_CONFLICT when a file has changed since it was read.
 */
export async function writeImageFiles(texts: readonly NewText[]): Promise<void> {
  const temporaries: string[] = [];
  try {
    for (const { destination, text } of texts) {
      const { file, path: place } = destination;
      await mkdir(path.dirname(place), { recursive: true });
      const temporary = path.join(path.dirname(place), `.${path.basename(place)}.${randomUUID()}`);
      temporaries.push(temporary);
      await writeFile(temporary, text, { flag: 'wx' });
      await chmod(temporary, (await stat(file.path)).mode & 0o777);
      await requireUnchanged(file);
    }
    for (const [index, { destination }] of texts.entries()) {
      await rename(temporaries[index] ?? '', destination.path);
    }
  } finally {
    for (const temporary of temporaries) await rm(temporary, { force: true });
  }
}

async function requireUnchanged({ name, path: file, text }: ImageFile): Promise<void> {
  // ignoreBOM keeps a byte order mark, as it was kept when the file was first read.
  const current = new TextDecoder('utf-8', { ignoreBOM: true }).decode(await readFile(file));
  if (current === text) return;
  throw new TrustError('INPUT_CONFLICT', `${name} changed while its images were verified.`, {
    remedy: 'Run the step again.',
  });
}
