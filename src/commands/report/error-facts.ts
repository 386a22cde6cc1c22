/** What a report says of a failure. */
import { isTrustError, messageOf } from '../../errors.js';
import type { ErrorFacts } from './report-model.js';
import { completed, type Aftermath } from '../signing/registry-state.js';

/** Code, message and remedy of whatever was thrown, completed with what the run has made. */
export function errorFacts(
  thrown: unknown,
  aftermath: Aftermath = { sentences: [], steps: [] },
): ErrorFacts {
  const failure = isTrustError(thrown)
    ? thrown
    : { code: 'UNEXPECTED', message: messageOf(thrown), remedy: 'See the log of the run.' };
  return { code: failure.code, ...completed(failure, aftermath) };
}
