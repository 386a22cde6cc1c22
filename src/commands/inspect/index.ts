/** Shows who may sign repositories and what is signed in them. */
import { TrustError } from '../../errors.js';
import type { InputValues } from '../../inputs/index.js';
import type { RunContext } from '../context.js';

/** Runs `inspect`. */
export function inspectRepositories(_inputs: InputValues, _context: RunContext): Promise<void> {
  return Promise.reject(new TrustError('UNEXPECTED', 'not there yet', { remedy: 'Wait.' }));
}
