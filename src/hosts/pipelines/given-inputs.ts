/**
 * The names of the inputs that the agent handed over. Must be loaded before azure-pipelines-task-lib,
 * which takes them out of the environment as soon as it is.
 */
const { env } = process;

/** Names without their prefix, in upper case, of inputs that have a value. */
export const givenInputs: readonly string[] = Object.keys(env)
  .filter((name) => name.startsWith('INPUT_') && env[name] !== '')
  // Variables of the pipeline, such as "input.x", look the same and are not meant for us.
  .filter((name) => !variablesOfPipeline().has(name))
  .map((name) => name.slice('INPUT_'.length));

function variablesOfPipeline(): ReadonlySet<string> {
  const lists = [env.VSTS_PUBLIC_VARIABLES, env.VSTS_SECRET_VARIABLES];
  return new Set(lists.flatMap(namesIn).map((name) => name.replace(/[. ]/g, '_').toUpperCase()));
}

/** The agent writes a JSON array of names. */
export function namesIn(text: string | undefined): readonly string[] {
  try {
    const names: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
  } catch {
    // Not the agent's list then: no name is a variable's.
    return [];
  }
}
