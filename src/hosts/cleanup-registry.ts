/**
 * The private folders that a run registers for clean-up: the step after the job removes those that
 * a killed run left. The list passes between the two steps as text.
 */
import { messageOf } from '../errors.js';
import { removePrivateConfig } from '../docker/private-config-folder.js';

/** The name under which hosts keep the list. */
export const cleanupVariable = 'foldersToRemove';

/** Writes the list. */
export function serializeCleanup(folders: readonly string[]): string {
  return JSON.stringify(folders);
}

/** Reads the list; empty for any other text, because others can write that variable too. */
export function parseCleanup(text: string | undefined): readonly string[] {
  if (!text) return [];
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

/**
 * Removes each of `folders` that one of our runs made.
 * @returns what could not be removed, a sentence each; a failure does not stop the others.
 */
export async function runCleanup(folders: readonly string[]): Promise<readonly string[]> {
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
