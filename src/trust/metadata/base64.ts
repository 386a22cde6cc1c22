/**
 * Standard padded base64, strictly: Node's own decoder also takes URL-safe and unpadded text, which
 * Go refuses, and would let one value have several spellings.
 */
import { MetadataError } from './error.js';

/** The last digit before the padding has bits that no byte needs: they are zero. */
const printed = /^[A-Za-z\d+/]*(?:[AQgw]==|[AEIMQUYcgkosw048]=)?$/;

/** Tells whether `text` is exactly what an encoder prints: standard alphabet, padded, one spelling. */
export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && printed.test(text);
}

/** Decodes strict base64. @throws {MetadataError} naming `what` when the text is anything else. */
export function decodeBase64(text: string, what: string): Buffer {
  requireBase64(text, what);
  return Buffer.from(text, 'base64');
}

/** As {@link decodeBase64}, for text that stays as it is. @throws {MetadataError} */
export function requireBase64(text: string, what: string): void {
  if (!isBase64(text)) throw new MetadataError(`${what} is not standard padded base64`);
}
