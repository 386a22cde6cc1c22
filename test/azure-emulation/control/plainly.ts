/** Refusals as plain errors: control calls answer no request, so their caller reads a message. */
import { Refusal } from '../core/call.js';

/** Turns the refusal a request would have got into an error that a test can read. */
export async function plainly<T>(make: () => T | Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    if (error instanceof Refusal)
      throw new Error(JSON.stringify(error.answer.body), { cause: error });
    throw error;
  }
}
