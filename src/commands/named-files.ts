/**
 * The files that inputs name and that no run can do without, looked at with the inputs themselves, so
 * that a missing one is told with all else. Nothing is kept: whoever needs a file reads it again.
 */
import path from 'node:path';
import { readKeyBytes } from '../azure/index.js';
import { locateContext, locateDockerfile } from '../docker/index.js';
import type { InputValues } from './inputs/values.js';
import { parseKeyReference } from '../signing/index.js';
import { isTrustError } from '../errors.js';
import { parsePin } from './configuration/trust-pin.js';
import type { HostContext } from './context.js';
import { readPinFile } from './signing/pins.js';

const building: readonly string[] = ['buildAndPush', 'build'];
/** Of a root key or other keys it depends on the repository whether they are needed. */
const signing: readonly string[] = ['buildAndPush', 'push', 'sign', 'promote', 'revoke'];

/** Notes each file that `command` needs and that cannot be read. */
export async function checkNamedFiles(
  command: string,
  inputs: InputValues,
  { problems, workingDirectory, nameInput }: HostContext,
): Promise<void> {
  if (building.includes(command)) {
    const { context, dockerfile } = inputs;
    await problems.check('context', () => locateContext(context, workingDirectory));
    if (!problems.has('context')) {
      await problems.check('dockerfile', () =>
        locateDockerfile({ context, dockerfile, workingDirectory }),
      );
    }
  }
  if (!signing.includes(command) || !inputs['content-trust']) return;
  const { 'signing-key': signingKey, 'trust-pin': pins } = inputs;
  const key = signingKey === undefined ? undefined : readable(() => parseKeyReference(signingKey));
  if (key?.kind === 'file') {
    const file = path.resolve(workingDirectory, key.path);
    await problems.check('signing-key', () => readKeyBytes(file));
  }
  for (const text of pins) {
    const pin = readable(() => parsePin(text, workingDirectory));
    if (pin?.kind !== 'ca-file') continue;
    await problems.check('trust-pin', () => readPinFile(pin.path, nameInput));
  }
}

/** What `read` gives; undefined where the reader of the input refuses it itself. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!isTrustError(error)) throw error;
    return undefined;
  }
}
