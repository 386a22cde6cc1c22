/** Verifies the images that are named by inputs and in files. */
import { TrustError } from '../../errors.js';
import type { InputValues } from '../../inputs/index.js';
import type { RunContext } from '../context.js';

/** Runs `verify`. @throws {TrustError} */
export function verifyImages(inputs: InputValues, { nameInput }: RunContext): Promise<void> {
  const named = inputs.images.length + inputs.files.length;
  return Promise.reject(
    new TrustError('INPUT_INVALID', `The ${named} images or files cannot be verified yet.`, {
      remedy: `Do not use the ${nameInput('command')} verify yet.`,
    }),
  );
}
