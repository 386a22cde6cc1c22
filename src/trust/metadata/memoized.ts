/** What is computed of a key once and asked for again and again: certificates take long to read. */
import type { PublicKey } from './types.js';

type Outcome<T> = { readonly value: T } | { readonly error: unknown };

/** `compute`, but once for each key as long as somebody holds it; a failure is remembered as well. */
export function memoized<T>(compute: (key: PublicKey) => T): (key: PublicKey) => T {
  const known = new WeakMap<PublicKey, Outcome<T>>();
  return (key) => {
    const outcome = known.get(key) ?? attempt(() => compute(key));
    known.set(key, outcome);
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  };
}

function attempt<T>(work: () => T): Outcome<T> {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}
