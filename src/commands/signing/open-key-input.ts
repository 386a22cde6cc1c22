/** From a key that an input names to one that can sign, and what to say where it may not be used. */
import { openKey, type OpenedKey } from '../../azure/index.js';
import { isTrustError, TrustError } from '../../errors.js';
import type { AzureAccess } from '../access/access.js';
import type { KeyConfiguration } from '../configuration/types.js';
import type { Run } from '../context.js';

/** Opens a key of the inputs. @throws {TrustError} */
export async function openKeyInput(
  { reference, passphrase, passphraseInput }: KeyConfiguration,
  { credential }: Pick<AzureAccess, 'credential'>,
  { secrets, signal, clock, nameInput }: Pick<Run, 'secrets' | 'signal' | 'clock' | 'nameInput'>,
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
