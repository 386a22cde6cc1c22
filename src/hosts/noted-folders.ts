/** The list of folders one step notes for a later one to remove, as text between the two. */

/** The name under which hosts keep the list. */
export const notedFoldersName = 'foldersToRemove';

/** Writes the list. */
export function writeNotedFolders(folders: readonly string[]): string {
  return JSON.stringify(folders);
}

/** Reads the list; nothing for a text that is none, as state is not ours alone to write. */
export function readNotedFolders(text: string | undefined): readonly string[] {
  if (!text) return [];
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
