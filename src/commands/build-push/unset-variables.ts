/** Warns of what a build would get empty. */
import type { BuildConfiguration } from './configuration.js';
import { readVariable, variableOfBuildArg, variableOfSecret } from '../../docker/index.js';
import type { Run } from '../context.js';

/**
 * A warning for each secret and build argument whose environment variable has no value. They are told
 * by position: what stands in place of a name may be the secret itself.
 */
export function warnOfUnsetVariables(
  build: Pick<BuildConfiguration, 'secrets' | 'buildArgs'> | undefined,
  { environment, platform, nameInput }: Pick<Run, 'environment' | 'platform' | 'nameInput'>,
): readonly string[] {
  const { secrets = [], buildArgs = [] } = build ?? {};
  const isUnset = (name: string | undefined): boolean =>
    name !== undefined && (readVariable(environment, name, platform === 'win32') ?? '') === '';
  // With nothing but an id, BuildKit reads a file of that name where there is no such variable.
  const named = secrets.map((secret) =>
    /(^|,)env=/.test(secret) ? variableOfSecret(secret) : undefined,
  );
  const tell = (
    input: string,
    names: readonly (string | undefined)[],
    result: string,
  ): readonly string[] =>
    names.flatMap((name, index) =>
      isUnset(name)
        ? [
            `"${nameInput(input)}": the environment variable of entry ${index + 1} is not set, ${result}.`,
          ]
        : [],
    );
  return [
    ...tell('secrets', named, 'so the build gets an empty secret or none'),
    ...tell(
      'build-args',
      buildArgs.map(variableOfBuildArg),
      'so the argument keeps the default of the Dockerfile',
    ),
  ];
}
