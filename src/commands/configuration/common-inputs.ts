/** As long as commands read their inputs themselves. */
import type { ProblemList } from '../../inputs/index.js';
import { checkIdentity as check } from '../inputs/identity.js';
import { readPins as pins, type PinReference } from '../inputs/pins.js';
import type { InputValues } from '../inputs/values.js';

export { parseTrustServer } from '../inputs/repositories.js';

export function readPins(
  values: Pick<InputValues, 'trust-pin'>,
  workingDirectory: string,
  problems: ProblemList,
): readonly PinReference[] {
  return pins({ ...problems, values, workingDirectory });
}

export function checkIdentity(values: InputValues, problems: ProblemList): void {
  check({ ...problems, values, workingDirectory: '' });
}
