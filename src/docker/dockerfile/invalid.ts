/** The one error about the text of a Dockerfile. */
import { TrustError } from '../../errors.js';

/** An error about one line of a Dockerfile. */
export function invalidDockerfile(line: number, why: string): TrustError {
  return new TrustError('DOCKERFILE_INVALID', `Line ${line} of the Dockerfile: ${why}`, {
    remedy:
      'Correct the Dockerfile. If Docker accepts it as it is, set `base-images` to ignore and report the line.',
  });
}
