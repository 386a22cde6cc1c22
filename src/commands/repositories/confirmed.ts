/** As long as commands read their inputs themselves. */
import type { ProblemList } from '../../inputs/index.js';
import type { Gun } from '../../trust/index.js';
import { readConfirmed as read, type NamedRepository } from '../inputs/repositories.js';
import type { InputValues } from '../inputs/values.js';

export function readConfirmed(
  values: Pick<InputValues, 'confirm'>,
  repositories: readonly NamedRepository[],
  problems: ProblemList,
): ReadonlySet<Gun> {
  return read({ ...problems, values, workingDirectory: '' }, repositories);
}
