/** The way from a command's name to its use case. */
import type { RawValues } from '../inputs/index.js';
import { all, type CommandName } from './commands.js';
import type { HostContext } from './context.js';

/**
 * Runs `command` to its end.
 * @throws {TrustError} for everything a user can meet; nothing is reported as done that is not.
 */
export async function runCommand(
  command: CommandName,
  values: RawValues,
  context: HostContext,
): Promise<void> {
  await all.find(({ name }) => name === command)?.execute(values, context);
}
