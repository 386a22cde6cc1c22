/** Fills verified digests into the text of a file; all else of it stays as it is, byte for byte. */
import type { ImageFile } from './types.js';

/** The file's text, with each reference that `digestOf` knows followed by its digest. */
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
