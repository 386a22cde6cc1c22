/** Says plainly that a vault cannot be asked without a sign-in. */
import type { TokenCredential } from '@azure/core-auth';

import { TrustError } from '../../errors.js';
import { formatKeyReference, type KeyReference } from '../../signing/index.js';

/**
 * @param instead what serves without a sign-in.
 * @throws {TrustError} CREDENTIAL_MISSING
 */
export function requireCredential(
  reference: KeyReference,
  credential: TokenCredential | undefined,
  instead = 'use the path of a local key file',
): TokenCredential {
  if (credential !== undefined) return credential;
  throw new TrustError(
    'CREDENTIAL_MISSING',
    `${formatKeyReference(reference)} needs a sign-in, and there is none`,
    { remedy: `Give the inputs of a service principal, or ${instead}.` },
  );
}
