/** A small file that an input names, such as certificates or a public key. */
import { readFile } from 'node:fs/promises';
import { TrustError, messageOf } from '../errors.js';

/**
 * Its bytes.
 * @param what names it in messages, such as its path.
 * @param input how the host names the input, for the remedy.
 * @throws {TrustError} INPUT_INVALID
 */
export async function readNamedFile(file: string, what: string, input: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new TrustError('INPUT_INVALID', `${what} cannot be read: ${messageOf(cause)}`, {
      remedy: `Correct the path in ${input}.`,
      cause,
    });
  }
}
