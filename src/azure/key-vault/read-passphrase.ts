/** Reads a passphrase input to its end. It is masked before anything else is done with it. */
import type { TokenCredential } from '@azure/core-auth';

import type { Secrets } from '../../ports.js';
import type { VaultOptions } from './call.js';
import { isVaultUrl, resolvePassphrase, type PassphraseInput } from './passphrase.js';
import { readVaultSecret } from './read-secret.js';
import { requireCredential } from './require-credential.js';

interface ReadPassphraseOptions extends VaultOptions {
  /** Needed where the input names a secret. */
  readonly credential?: TokenCredential | undefined;
  readonly secrets: Secrets;
}

/**
 * The passphrase, or the value of the Key Vault secret that holds it; undefined without either.
 * @throws {TrustError} KEY_REFERENCE_INVALID, CREDENTIAL_MISSING; as readVaultSecret
 */
export async function readPassphrase(
  input: PassphraseInput,
  options: ReadPassphraseOptions,
): Promise<string | undefined> {
  const { secrets } = options;
  // A reference stays readable: masked, it would be missing from the very error about it.
  const given = input.passphrase;
  if (given !== undefined && !isVaultUrl(given)) secrets.mask(given);
  const passphrase = await resolvePassphrase(input, async (reference) => {
    const credential = requireCredential(reference, options.credential);
    const value = await readVaultSecret(reference, credential, options);
    secrets.mask(value);
    return value;
  });
  if (passphrase !== undefined && passphrase !== given) secrets.mask(passphrase);
  return passphrase;
}
