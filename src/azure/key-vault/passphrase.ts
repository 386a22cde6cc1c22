/** A passphrase input: the passphrase itself, or a reference to the vault secret that holds it. */
import { TrustError, isTrustError } from '../../errors.js';
import {
  parseKeyReference,
  vaultServiceOf,
  type VaultSecretReference,
} from '../../signing/index.js';

export interface PassphraseInput {
  readonly passphrase?: string | undefined;
  readonly passphraseInput: string;
}

/**
 * The passphrase to use. A text is a reference only when it is a URL on the host of a vault; every
 * other text, URL or not, is the passphrase.
 * @throws {TrustError} KEY_REFERENCE_INVALID for a vault URL that is no secret, never repeating it;
 *   whatever `readSecret` throws
 */
export async function resolvePassphrase(
  { passphrase, passphraseInput }: PassphraseInput,
  readSecret: (reference: VaultSecretReference) => Promise<string>,
): Promise<string | undefined> {
  if (passphrase === undefined || !isVaultUrl(passphrase)) return passphrase;
  const value = await readSecret(secretReference(passphrase, passphraseInput));
  // Files uploaded as secrets keep the newline their editor added; no passphrase ends in one.
  return value.replace(/\r?\n$/, '');
}

/** Tells whether a text names a vault, and is therefore no passphrase and no secret. */
export function isVaultUrl(text: string): boolean {
  const trimmed = text.trim();
  return URL.canParse(trimmed) && vaultServiceOf(new URL(trimmed).hostname) !== undefined;
}

function secretReference(text: string, input: string): VaultSecretReference {
  let cause: unknown;
  try {
    const reference = parseKeyReference(text);
    if (reference.kind === 'vault-secret') return reference;
  } catch (error) {
    if (!isTrustError(error)) throw error;
    cause = error;
  }
  throw new TrustError(
    'KEY_REFERENCE_INVALID',
    `The input "${input}" names a vault, but not a secret in it`,
    {
      remedy:
        'Give the passphrase itself, or a reference such as ' +
        '"https://contoso.vault.azure.net/secrets/app-passphrase".',
      cause,
    },
  );
}
