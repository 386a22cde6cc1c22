/** The one way tests look at errors. */
import { isTrustError, type TrustError } from '../../../src/errors.js';

/** The error that `work` fails with; anything but a TrustError fails the test. */
export async function failure(work: Promise<unknown>): Promise<TrustError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!isTrustError(error)) throw new Error(`expected a TrustError, got ${String(error)}`);
  return error;
}
