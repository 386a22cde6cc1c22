/** Programs that judge what we do, and whose absence must not make a build pass. */
import { spawnSync } from 'node:child_process';

/**
 * Whether `program` is there.
 * @throws {Error} in CI, where it must be: a test that is left out there proves nothing
 */
export function isInstalled(program: string, ...args: readonly string[]): boolean {
  const isThere = spawnSync(program, args).status === 0;
  if (!isThere && process.env.CI === 'true') {
    throw new Error(`this machine has no ${program}, and in CI no test may be left out for that`);
  }
  return isThere;
}
