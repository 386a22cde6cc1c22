/**
 * Standard padded base64, strictly: Node's own decoder also takes URL-safe and unpadded text, which
 * Go refuses, and would let one value have several spellings.
 */
import { MetadataError } from './error.js';

/** Tells whether `text` is exactly what an encoder prints: standard alphabet, padded, one spelling. */
export function isBase64(text: string): boolean {
  return Buffer.from(text, 'base64').toString('base64') === text;
}

/** Decodes strict base64. @throws {MetadataError} naming `what` when the text is anything else. */
export function decodeBase64(text: string, what: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) {
    throw new MetadataError(`${what} is not standard padded base64`);
  }
  return bytes;
}
