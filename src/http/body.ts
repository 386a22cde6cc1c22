/**
 * Reads the body of an answer with a bound. It trusts no Content-Length: a stated length above the
 * bound fails at once, an unstated or false one fails when the bound is crossed.
 */
import type { Answer } from './transport.js';
import { HttpError } from './types.js';

/**
 * `seen` hears of every piece that arrives.
 * @throws {HttpError} `too-large` once more than `maxBytes` were read; `what` names the request.
 */
export async function readBody(
  response: Answer,
  maxBytes: number,
  what: string,
  seen: () => void,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await passBody(response, maxBytes, what, (chunk) => {
    seen();
    chunks.push(chunk);
  });
  return Buffer.concat(chunks);
}

/**
 * Hands the body to `take` piece by piece, and reads no further before it is done with one.
 * @throws {HttpError} as {@link readBody}; what `take` throws.
 */
export async function passBody(
  response: Answer,
  maxBytes: number,
  what: string,
  take: (chunk: Buffer) => Promise<void> | void,
): Promise<void> {
  const stream = response.body;
  if (stream === undefined) return;
  const tooLarge = (): HttpError =>
    new HttpError('too-large', `${what} returned more than the ${maxBytes} bytes allowed`);
  if (Number(response.header('content-length') ?? 0) > maxBytes) {
    discardBody(response);
    throw tooLarge();
  }
  let length = 0;
  // Leaving the loop early destroys the stream and with it the connection.
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) {
      throw tooLarge();
    }
    await take(chunk);
  }
}

/** Gives up an answer whose body nobody will read. */
export function discardBody(response: Answer): void {
  response.body?.destroy();
}
