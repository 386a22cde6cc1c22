/** As long as `promote` and `revoke` read their inputs themselves. */
import type { InputValues } from './inputs/values.js';
import type { HostContext } from './context.js';
import { checkKeyFile, readKeyInput } from './inputs/key-inputs.js';
import { readPins } from './inputs/pins.js';

/** Notes each file that `command` needs and that cannot be read. */
export async function checkNamedFiles(
  command: string,
  values: InputValues,
  { problems, workingDirectory }: HostContext,
): Promise<void> {
  if (command !== 'promote' && command !== 'revoke') return;
  const read = { ...problems, values, workingDirectory };
  checkKeyFile('signing-key', readKeyInput('signing-key', read), read);
  readPins(read);
  await problems.runChecks();
}
