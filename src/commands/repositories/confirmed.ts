/** The repositories whose loss a person has confirmed by name. */
import type { InputValues, ProblemList } from '../../inputs/index.js';
import type { Gun } from '../../trust/index.js';
import type { NamedRepository } from './read-repositories.js';

/**
 * What `confirm` names: each name confirms repositories of the run, by their full name or by the one
 * within their registry. Any other name goes into the problems.
 */
export function readConfirmed(
  { confirm }: Pick<InputValues, 'confirm'>,
  repositories: readonly NamedRepository[],
  { add }: ProblemList,
): ReadonlySet<Gun> {
  return new Set(
    confirm.flatMap((name) => {
      const meant = repositories.filter(
        ({ gun, repository }) => name === gun || name === repository,
      );
      if (meant.length > 0) return meant.map(({ gun }) => gun);
      add({
        input: 'confirm',
        problem: `names ${JSON.stringify(name)}, which is none of the repositories of this run`,
        code: 'INPUT_CONFLICT',
        remedy: 'Confirm the loss with the name of the repository, as the run names it.',
      });
      return [];
    }),
  );
}
