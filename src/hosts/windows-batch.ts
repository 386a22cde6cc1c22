/**
 * Programs that are batch files on Windows. cmd.exe runs those and reads their arguments once more:
 * it puts the values of variables in, and nothing can quote that away.
 */
import { TrustError } from '../errors.js';

/** What cmd.exe takes for more than a character, inside quotes as well. */
const readByCmd = /[%!"\r\n]/;

/**
 * Refuses what would not reach the program as it is.
 * @throws {TrustError} DOCKER_UNSUITABLE; the argument itself is not named, as it may be a secret.
 */
export function requireSafeBatchArguments(
  program: string,
  args: readonly string[],
  platform: NodeJS.Platform,
): void {
  if (platform !== 'win32' || !/\.(?:cmd|bat)$/i.test(program)) return;
  const index = args.findIndex((arg) => readByCmd.test(arg));
  if (index < 0 && !/[%!]/.test(program)) return;
  const what = index < 0 ? 'its own path' : `argument ${index + 1}`;
  throw new TrustError(
    'DOCKER_UNSUITABLE',
    `${program} is a batch file, and ${what} has a character that cmd.exe would change (% ! " or a line end).`,
    {
      remedy:
        'Put the folder of the program itself (docker.exe) before that of the batch file on the PATH.\nOr leave the character out.',
    },
  );
}
