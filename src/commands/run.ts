/** The way from a command's name to its use case. */
import type { CommandName, InputValues } from '../inputs/index.js';
import type { RunContext } from './context.js';

/**
 * Runs `command` to its end.
 * @throws {TrustError} for everything a user can meet; nothing is reported as done that is not.
 */
export async function runCommand(
  command: CommandName,
  inputs: InputValues,
  context: RunContext,
): Promise<void> {
  await Promise.reject(new Error(`${command} ${inputs.registry ?? ''} ${context.platform}`));
}
