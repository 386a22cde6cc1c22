/**
 * Does one thing to many repositories at once. If one fails, the others are still processed; the run
 * fails in the end, and says for which.
 */
import { isTrustError, type TrustError } from '../errors.js';
import { limits } from '../limits.js';
import type { Gun } from '../trust/index.js';
import { mapConcurrent } from '../concurrency.js';
import { failureOfMany, type Failed } from '../report/failure-of-many.js';
import { codeColumn, type Column } from '../report/table.js';

/** What became of a repository: a value, or what it failed with. */
export type Result<T> =
  | { readonly gun: Gun; readonly value: T; readonly error?: undefined }
  | { readonly gun: Gun; readonly value?: undefined; readonly error: TrustError };

/**
 * Results of `body` in the order of `items`.
 * @throws whatever is no failure of one repository: a bug, or the wish of the host to stop.
 */
export async function eachRepository<I extends { readonly gun: Gun }, T>(
  items: readonly I[],
  body: (item: I) => Promise<T>,
): Promise<readonly Result<T>[]> {
  return mapConcurrent(items, limits.concurrentRepositories, async (item): Promise<Result<T>> => {
    const { gun } = item;
    try {
      return { gun, value: await body(item) };
    } catch (error) {
      if (!isTrustError(error) || error.code === 'INTERRUPTED') throw error;
      return { gun, error };
    }
  });
}

/** Goes on with what succeeded so far; failures stay as they are. */
export async function mapResults<I extends { readonly gun: Gun }, T>(
  results: readonly Result<I>[],
  body: (item: I) => Promise<T>,
): Promise<readonly Result<T>[]> {
  const next = [...(await eachRepository(valuesOf(results), body))];
  return results.map((result) => {
    const found = result.error ? result : next.shift();
    if (!found) throw new TypeError('invariant violated: missing result for a repository');
    return found;
  });
}

/** What succeeded. */
export function valuesOf<T>(results: readonly Result<T>[]): readonly T[] {
  return results.flatMap(({ value, error }) => (error ? [] : [value]));
}

/** A repository as its result tells of it: what it failed with, if it did. */
export interface Outcome {
  readonly gun: Gun;
  readonly error?: TrustError | undefined;
}

/**
 * One failure for all: of a single repository its own, of several a list of them.
 * @param what happened to a repository that failed, such as `was not rotated`.
 */
export function failureOfEach(outcomes: readonly Outcome[], what: string): TrustError | undefined {
  const [first, ...others] = failuresOf(outcomes);
  if (!first || outcomes.length === 1) return first?.error;
  return failureOfMany(
    [first, ...others],
    `${others.length + 1} of ${outcomes.length} repositories: each ${what}.`,
  );
}

/** What failed, as a report lists it. */
export function failuresOf(outcomes: readonly Outcome[]): readonly Failed[] {
  return outcomes.flatMap(({ gun, error }) => (error ? [{ name: gun, error }] : []));
}

/** Each repository for the trust report, with the code and the message of what it failed with. */
export function outcomeFacts(outcomes: readonly Outcome[]): readonly object[] {
  return outcomes.map(({ error, ...facts }) => ({
    ...facts,
    ...(error && { error: { code: error.code, message: error.message } }),
  }));
}

/** The columns that tell what became of which repository. */
export const outcomeColumns: readonly Column<Outcome & { readonly state: string }>[] = [
  codeColumn('Repository', ({ gun }) => gun),
  {
    heading: 'State',
    text: ({ state }) => state,
    markdown: ({ state }) => `${state === 'failed' ? '❌' : '✅'} ${state}`,
  },
];

/**
 * For commands that begin only when every repository is ready.
 * @throws {TrustError} what any of them failed with.
 */
export function unwrapAll<T>(results: readonly Result<T>[], what: string): readonly T[] {
  const failure = failureOfEach(results, what);
  if (failure) throw failure;
  return valuesOf(results);
}
