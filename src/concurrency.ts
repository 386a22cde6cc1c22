/** Does many things at the same time, but not too many. */

/** Results of `body` in the order of `items`, with at most `most` under way; the first error ends it. */
export async function mapConcurrent<T, R>(
  items: readonly T[],
  most: number,
  body: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const waiting = [...items.entries()];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, item] = next;
      try {
        results[index] = await body(item);
      } catch (error) {
        waiting.length = 0;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, work));
  return results;
}

/**
 * Lets `promise` fail unnoticed until it is awaited, if ever: whoever awaits it first decides which
 * of several failures a run reports.
 */
export function startInBackground<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
