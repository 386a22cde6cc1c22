/** Reads files that somebody else made: regular ones only, and only so much of them. */
import { open, stat } from 'node:fs/promises';
import { limits } from '../limits.js';
import { FileProblem } from './types.js';

/**
 * The bytes of the file, whatever length it says of itself.
 * @throws {FileProblem} for a device, a pipe, or too many bytes.
 */
export async function readBounded(file: string): Promise<Buffer> {
  // Asked before it is opened: a pipe would wait for somebody to write into it.
  if (!(await stat(file)).isFile()) {
    const remedy = 'Name a regular file or a folder.';
    throw new FileProblem(undefined, 'is a device or something else that is not a file', remedy);
  }
  const handle = await open(file, 'r');
  try {
    const chunks: Buffer[] = [];
    let length = 0;
    for (;;) {
      const { bytesRead, buffer } = await handle.read({ buffer: Buffer.alloc(256 * 1024) });
      if (bytesRead === 0) return Buffer.concat(chunks);
      chunks.push(buffer.subarray(0, bytesRead));
      length += bytesRead;
      if (length > limits.imageFileBytes)
        throw new FileProblem(undefined, 'is too large', 'Split it.');
    }
  } finally {
    await handle.close();
  }
}
