/** As long as commands read their inputs themselves. */
import type { ProblemList } from '../../inputs/index.js';
import { readRepositories as read, type NamedRepository } from '../inputs/repositories.js';
import type { InputValues } from '../inputs/values.js';

export type { NamedRepository } from '../inputs/repositories.js';

export type RepositoryInputs = Pick<
  InputValues,
  'registry' | 'repository' | 'images' | 'trust-server'
>;

export function readRepositories(
  values: RepositoryInputs,
  problems: ProblemList,
  options?: { readonly needed?: boolean },
): readonly NamedRepository[] {
  return read({ ...problems, values, workingDirectory: '' }, options);
}
