/** Takes signatures away. */
import { TrustError } from '../../errors.js';
import type { InputValues } from '../../inputs/index.js';
import type { RunContext } from '../context.js';

/** Runs `revoke`. */
export function revokeTags(_inputs: InputValues, _context: RunContext): Promise<void> {
  return Promise.reject(new TrustError('UNEXPECTED', 'not there yet', { remedy: 'Wait.' }));
}
