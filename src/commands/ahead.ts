/** Work that is begun before anybody waits for it. */

/**
 * Lets `promise` fail unnoticed until it is awaited, if ever: whoever awaits it first decides which
 * of several failures a run reports.
 */
export function ahead<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
