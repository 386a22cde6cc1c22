/** Reads a local key file, bounded; it looks at nothing but that file. */
import { hasCode, messageOf, TrustError } from '../../errors.js';
import { limits } from '../../limits.js';
import { readBounded } from '../../read-file.js';

/**
 * The bytes of a key file.
 * @throws {TrustError} KEY_NOT_FOUND when there is no such file or it may not be read;
 *   KEY_UNSUITABLE when it is a folder, or larger than any key
 */
export async function readKeyBytes(path: string): Promise<Buffer> {
  try {
    const bytes = await readBounded(path, limits.keyFileBytes);
    if (bytes) return bytes;
  } catch (cause) {
    if (!hasCode(cause, 'EISDIR'))
      throw new TrustError('KEY_NOT_FOUND', `The key file cannot be read: ${messageOf(cause)}`, {
        remedy: 'Check the path and that the user who runs this may read the file.',
        cause,
      });
  }
  throw new TrustError('KEY_UNSUITABLE', `${path} is not a key file: a folder, or far too large`, {
    remedy: 'Give the path of a key in PEM or of a Docker or notary ".key" file.',
  });
}
