/**
 * One door for every call to a vault: a deadline over sign-in and retries together, and the
 * translation of what is thrown. Nothing of a successful answer leaves by way of an error.
 */
import { TrustError } from '../../errors.js';
import { withDeadline } from '../../http/index.js';
import { limits } from '../../limits.js';
import type { Clock } from '../../ports.js';
import type { VaultOperation } from './wording.js';
import { toVaultError, timedOut } from './error-mapping.js';
import { wasMisjudged } from './pipeline.js';

/** What every operation on a vault takes. */
export interface VaultOptions {
  /** Ends a call in progress; the operation then throws INTERRUPTED. */
  readonly signal?: AbortSignal | undefined;
  /** For dates of validity; default: the system's clock. */
  readonly clock?: Clock | undefined;
  /** For one operation with sign-in and retries; default in src/limits.ts. */
  readonly deadlineMs?: number | undefined;
}

/**
 * Runs one SDK call.
 * @throws {TrustError} as {@link toVaultError} says; INTERRUPTED; errors of the sign-in as they are
 */
export async function callVault<T>(
  operation: VaultOperation,
  { signal, deadlineMs = limits.vaultDeadlineMs }: VaultOptions,
  call: (options: { readonly abortSignal: AbortSignal }) => Promise<T>,
): Promise<T> {
  const late = (): Error => timedOut(operation, deadlineMs);
  try {
    return await withDeadline({ signal, deadlineMs, interrupted, late }, async (abortSignal) => {
      try {
        return await call({ abortSignal });
      } catch (error) {
        if (!wasMisjudged(abortSignal)) throw error;
        return call({ abortSignal });
      }
    });
  } catch (error) {
    // Whoever noticed the cancelling first may have called it something else.
    if (signal?.aborted === true) throw interrupted();
    throw toVaultError(error, operation);
  }
}

function interrupted(): TrustError {
  return new TrustError('INTERRUPTED', 'The run was cancelled while it waited for Key Vault', {
    remedy: 'No signature of this call was used; run the step again.',
  });
}
