/** Reads files that others wrote. */
import { open } from 'node:fs/promises';

/**
 * The bytes of a file, a pipe or a device; undefined where there are more than `maxBytes`.
 * @throws what the system throws.
 */
export async function readBounded(
  file: string,
  maxBytes: number,
  flags: string | number = 'r',
): Promise<Buffer | undefined> {
  const handle = await open(file, flags);
  const chunks: Buffer[] = [];
  // The last byte that is asked for is the first that is too many. The stream closes the file.
  for await (const chunk of handle.createReadStream({ end: maxBytes }))
    chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  return bytes.length > maxBytes ? undefined : bytes;
}
