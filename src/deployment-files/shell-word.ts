/** Names of files in commands that people copy. */

/** The name as one word of a POSIX shell. */
export function shellWord(name: string): string {
  return /^[\w@%+=:,./-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;
}
