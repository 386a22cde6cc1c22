/** Reads files that others made: regular ones only, and only so much of them. */
import { stat } from 'node:fs/promises';
import { limits } from '../limits.js';
import { readBounded } from '../read-file.js';
import { FileProblem } from './types.js';

/** @throws {FileProblem} for a device, a pipe, or too many bytes. */
export async function readRegularFile(file: string): Promise<Buffer> {
  // Asked before it is opened: a pipe would wait for somebody to write into it.
  if (!(await stat(file)).isFile()) {
    const remedy = 'Name a regular file or a folder.';
    throw new FileProblem(undefined, 'is a device or something else that is not a file', remedy);
  }
  const bytes = await readBounded(file, limits.imageFileBytes);
  if (bytes) return bytes;
  throw new FileProblem(undefined, 'is too large', 'Split it.');
}
