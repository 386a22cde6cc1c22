/** From a key that an input names to one that can sign, and what to say where it may not be used. */
import type { TokenCredential } from '@azure/core-auth';
import { isTrustError, TrustError } from '../../errors.js';
import type { Clock, Log, Secrets } from '../../ports.js';
import type { KeyReference } from '../../signing/index.js';
import { openKey, type OpenedKey } from './open-key.js';

/** A key, and what opens it. */
export interface NamedKey {
  readonly reference: KeyReference;
  readonly passphrase: string | undefined;
  /** The input that the passphrase is from, such as `signing-key-passphrase`. */
  readonly passphraseInput: string;
}

/** Who asks a vault. */
export interface VaultAccess {
  readonly credential: TokenCredential;
}

/** The run that works with a key. */
export interface KeyUser {
  readonly log: Pick<Log, 'info' | 'warn' | 'debug'>;
  readonly secrets: Secrets;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** An input, by the name that it has on this host. */
  readonly nameInput: (name: string) => string;
}

/** Opens a key of the inputs. @throws {TrustError} as openKey. */
export async function openNamedKey(
  { reference, passphrase, passphraseInput }: NamedKey,
  { credential }: VaultAccess,
  { secrets, signal, clock, nameInput }: Omit<KeyUser, 'log'>,
): Promise<OpenedKey> {
  return openKey(reference, {
    credential,
    passphrase,
    passphraseInput: nameInput(passphraseInput),
    secrets,
    signal,
    clock,
  });
}

/**
 * Runs what opens or makes the keys of an owner's command.
 * @throws {TrustError} what `body` throws; a refusal for want of rights is addressed to the owner: a
 * pipeline must never be advised to get the owner's keys.
 */
export async function asOwner<T>(body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!isTrustError(error, 'VAULT_FORBIDDEN') || !isMatterOfRights(error)) throw error;
    throw new TrustError(error.code, error.message, {
      remedy: [
        'This command needs keys of the owner. If this principal is a pipeline, do not give it the right: have the owner of the keys run the command as themselves.',
        `If it is the owner: ${error.remedy}`,
      ].join('\n'),
      cause: error,
    });
  }
}

/** Whether a refusal of a vault is about what the principal may do, and not about networks or tenants. */
export function isMatterOfRights({ remedy }: TrustError): boolean {
  return /role assignment create|set-policy/.test(remedy);
}
