/** What a configuration is refused with. */
import { TrustError } from '../../src/errors.js';

/** The error that `configure` throws; that it throws none is a failure of the test. */
export function refusalOf(configure: () => unknown): TrustError {
  try {
    configure();
  } catch (error) {
    if (error instanceof TrustError) return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
}
