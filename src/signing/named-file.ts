/** A small file that an input names, such as certificates or a public key. */
import { messageOf, TrustError } from '../errors.js';
import { limits } from '../limits.js';
import { readBounded } from '../read-file.js';

/**
 * Its bytes.
 * @param what names it in messages, such as its path.
 * @param input how the host names the input, for the remedy.
 * @throws {TrustError} INPUT_INVALID
 */
export async function readNamedFile(file: string, what: string, input: string): Promise<Buffer> {
  const unreadable = (why: string, cause?: unknown): TrustError =>
    new TrustError('INPUT_INVALID', `${what} cannot be read: ${why}`, {
      remedy: `Correct the path in ${input}.`,
      cause,
    });
  let bytes: Buffer | undefined;
  try {
    bytes = await readBounded(file, limits.trustFileBytes);
  } catch (cause) {
    throw unreadable(messageOf(cause), cause);
  }
  if (bytes) return bytes;
  throw unreadable(`it is larger than ${limits.trustFileBytes} bytes`);
}
