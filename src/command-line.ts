/** Command lines to copy into a shell. */

/** What our own command is called. */
const program = 'acr-content-trust';

/** Flags by name; a list is given as one value, undefined is left out, `true` needs no value. */
export type Flags = Readonly<Record<string, string | readonly string[] | true | undefined>>;

/** Our own command line, such as `acr-content-trust keys renew --registry …`. */
export function ourCommand(words: string, flags: Flags): string {
  return commandLine([program, ...words.split(' ')], flags);
}

/** A command line, with whatever a shell would take apart in quotes. */
export function commandLine(words: readonly string[], flags: Flags = {}): string {
  const given = Object.entries(flags).flatMap(([name, value]) => {
    if (value === undefined) return [];
    if (value === true) return [`--${name}`];
    return [`--${name}`, quote(typeof value === 'string' ? value : value.join(','))];
  });
  return [...words.map(quote), ...given].join(' ');
}

function quote(text: string): string {
  return /^[\w@%+=:,./~-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
