/** The step after ours: removes what a run that was cut short could not. */
import { messageOf } from '../errors.js';
import { removePrivateConfig } from '../docker/private-config.js';

/**
 * Removes `folders`, each only if it is one that a run of ours made.
 * @returns what went wrong, a sentence each; the rest is removed all the same.
 */
export async function removeNoted(folders: readonly string[]): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const folder of folders) {
    try {
      await removePrivateConfig(folder);
    } catch (error) {
      problems.push(`The private folder ${folder} could not be removed: ${messageOf(error)}`);
    }
  }
  return problems;
}
