/** What keeps a run of `keys import` from having succeeded, as one failure. Facts only. */
import { TrustError } from '../../../errors.js';
import { cappedList } from '../../report/capped-list.js';
import { remediesOf } from '../../report/failure-of-many.js';
import type { ImportFacts } from './report.js';

interface Part {
  readonly what: string;
  readonly error: TrustError;
}

/** Undefined when every key was brought in, and every repository that was named was looked at. */
export function failureOf(facts: ImportFacts): TrustError | undefined {
  const { keys, closed, unusable, looked, archive, dryRun } = facts;
  const parts: readonly Part[] = [
    ...keys.flatMap(({ key, error }) => (error ? [{ what: key.paths.join(', '), error }] : [])),
    ...closed.map(({ path, error }) => ({ what: path, error })),
    ...unusable.map(({ path, why }) => ({ what: path, error: unread(path, why, archive) })),
  ];
  const repositories = looked.flatMap(({ gun, isNamed, error }) =>
    isNamed && error ? [{ what: gun, error }] : [],
  );
  const [first] = [...parts, ...repositories];
  if (!first) return undefined;
  if (parts.length + repositories.length === 1 && keys.length + closed.length <= 1) {
    return first.error;
  }
  const total = keys.length + closed.length + unusable.length;
  const sentences = [
    ...(parts.length === 0
      ? [dryRun ? 'Every key could be imported.' : 'Every key was imported.']
      : [`${parts.length} of ${total} keys ${dryRun ? 'cannot be' : 'were not'} imported.`]),
    ...listOf(parts),
    ...(repositories.length === 0
      ? []
      : ['It is not known which of the keys serve these repositories.']),
    ...listOf(repositories),
  ];
  const remedies = remediesOf([...parts, ...repositories].map(({ error }) => error));
  return new TrustError(first.error.code, sentences.join(' '), {
    remedy: `${remedies}\nThen run again: keys that are in the vault are left as they are.`,
    cause: first.error,
  });
}

function listOf(parts: readonly Part[]): readonly string[] {
  return cappedList(
    parts.map(({ what, error }) => `${what}: ${error.message}.`),
    20,
  );
}

function unread(path: string, why: string, archive: string): TrustError {
  return new TrustError('ARCHIVE_INVALID', `${path} of ${archive} ${why}`, {
    remedy: 'Look at the file; take it out of the folder if it is no key.',
  });
}
