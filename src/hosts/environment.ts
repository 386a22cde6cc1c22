/** The process's environment, from which inputs are taken out so that no child process gets them. */

/** Environment variables by name, as in `process.env`. */
export type Environment = Record<string, string | undefined>;

/**
 * Moves the variables whose names begin with `prefix` out of `environment`; their names are given
 * in upper case, without the prefix.
 */
export function takeInputs(environment: Environment, prefix: string): ReadonlyMap<string, string> {
  const taken = new Map<string, string>();
  for (const [name, value] of Object.entries(environment)) {
    if (!name.toUpperCase().startsWith(prefix) || value === undefined) continue;
    taken.set(name.slice(prefix.length).toUpperCase(), value);
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- the only way for process.env
    delete environment[name];
  }
  return taken;
}
